//! A unit of a sequence as SQL with comments: what every framework that writes SQL files has in common.

mod step_comment;

use std::collections::BTreeMap;
use std::ops::Range;

use super::LayoutSettings;
use super::header::SQL;
use super::migration::Migration;
use super::origin::slice;
use super::plpgsql::{retried, retried_in_turn};
use super::rerun::Again;
use crate::operation::{
    Backfill, DataOperation, Decides, Fixed, Operation, SessionOperation, Setting, TableOperation, TransactionControl,
};
use crate::plan::{Sequence, Step, Unit, UnitKind};
use crate::sql::{Change, change, render};

/// The commands of a framework with which somebody goes on after a unit failed, for the comments.
pub trait Commands {
    /// Runs what is left of the sequence.
    fn again(&self) -> String;
    /// The same at the beginning of a sentence.
    fn begin_again(&self) -> String {
        self.again()
    }
    /// The same after a build that left an INVALID index.
    fn after_failed_build(&self) -> &'static str {
        ""
    }
    /// The commands that this needs, one a line of a comment. The index is SQL in one line.
    fn commands_after_failed_build(&self, _index: &str) -> Vec<String> {
        Vec::new()
    }
    /// What to know of a unit that must be alone, with the sign before it; empty when it cannot be otherwise.
    fn alone(&self) -> &'static str {
        ""
    }
}

/// One block of a sequence: what is said of it, and its statements.
pub struct Page<'a> {
    /// The migration that the sequence replaces.
    pub migration: &'a Migration,
    /// The sequence.
    pub sequence: &'a Sequence,
    /// How it is written.
    pub settings: &'a LayoutSettings,
    /// The block, by index.
    pub at: usize,
    /// How to go on when it fails.
    pub commands: &'a dyn Commands,
    /// The whole sequence runs in one session: what the author has set holds in it.
    pub one_session: bool,
    /// The block runs in a transaction that the runner has begun.
    pub in_transaction: bool,
    /// The units that the runner may run again with it although they were done; `None` where it runs once.
    pub again: Option<&'a Again<'a>>,
}

/// A statement in its author's words.
pub struct Written<'a> {
    /// The comments before it where they are no part of the text, in lines of the source's kind.
    pub comments: String,
    /// With the comments before it, but for SQL out of a file that is not SQL.
    pub text: String,
    /// Where it begins itself, in bytes.
    pub statement: usize,
    /// The steps that it is.
    pub steps: Vec<&'a Step>,
    /// It is a whole statement of the source.
    pub in_words: bool,
}

impl Page<'_> {
    /// Its units.
    pub fn units(&self) -> &[Unit] {
        self.sequence.block(self.at)
    }

    /// What its units hold.
    pub fn kind(&self) -> UnitKind {
        self.units().iter().map(|unit| unit.kind).max().unwrap_or(UnitKind::Free)
    }

    /// The steps of its units.
    pub fn steps(&self) -> impl Iterator<Item = &Step> + Clone {
        self.sequence.steps_of(self.at..self.at + 1)
    }

    /// What runners take turns on while they are at it, where there may be several: its table, or all that safestep does.
    pub fn turn(&self) -> Option<String> {
        let table = self.steps().find_map(|step| step.operation.table());
        let turn = table.map_or_else(|| "safestep".to_owned(), ToString::to_string);
        self.migration.runner.needs_turns().then_some(turn)
    }

    /// The author's comments on all of its statements, in front of them.
    pub fn comments(&self, commented: &mut [bool]) -> String {
        self.units().iter().map(|unit| self.comments_on_unit(unit, commented)).collect()
    }

    /// The author's comments on a unit's statements, each in the first file that says something of its statement.
    fn comments_on_unit(&self, unit: &Unit, commented: &mut [bool]) -> String {
        unit.steps.iter().map(|step| self.comments_on(step, commented)).collect()
    }

    /// The author's comments before and inside the statement that a step comes from; nothing the second time.
    fn comments_on(&self, step: &Step, commented: &mut [bool]) -> String {
        self.comments_missing_in("", step, commented)
    }

    /// The same without those that stand in `text` already.
    pub fn comments_missing_in(&self, text: &str, step: &Step, commented: &mut [bool]) -> String {
        // The comments on a call stand with its first statement.
        let at = self.migration.statement_of(step.from).call.start;
        if std::mem::replace(&mut commented[at], true) {
            return String::new();
        }
        let statement = &self.migration.statements[at];
        let source = &self.migration.source.text;
        let leading = self.migration.comments_before(statement);
        let inside =
            if statement.sql.is_some() { Vec::new() } else { crate::sql::comments(statement.span.slice(source)) };
        let inside = inside.into_iter().filter(|c| !text.contains(c));
        let last = &self.migration.statements[statement.call.end - 1];
        let behind = self.migration.comment_behind(last).to_owned();
        let comments = [leading].into_iter().chain(inside).chain([behind]).filter(|comment| !comment.is_empty());
        comments.map(|comment| comment + "\n").collect()
    }

    /// What it fills in batches.
    pub fn backfills(&self) -> Vec<&Backfill> {
        let operations = self.steps().map(|step| &step.operation);
        let fills = operations.filter_map(|operation| match operation {
            Operation::Data(DataOperation::Backfill(fill)) => Some(fill),
            _ => None,
        });
        fills.collect()
    }

    /// The operation as the source wrote it, as a statement of its own.
    pub fn slice(&self, step: &Step) -> String {
        slice(self.migration, step)
    }

    /// Its units as one statement that commits after each of them; brief ones with attempts. `statements` are those of a unit.
    /// The author's comments stand in front of it, or with the statements that they speak of where it commits between them.
    ///
    /// `in_turn` is the name of a lock that runners take turns with. Gives the comments and the statement.
    pub fn block(
        &self,
        statements: impl Fn(&Unit) -> Vec<String>,
        in_turn: Option<&str>,
        commented: &mut [bool],
    ) -> (String, String) {
        // A validation waits for a lock that nobody waits behind.
        let lock_timeout = self.settings.lock_timeout.clone().filter(|_| self.kind() == UnitKind::Brief);
        let settings = LayoutSettings { lock_timeout, ..self.settings.clone() };
        let retried = |transactions: &[Vec<String>]| match in_turn {
            Some(table) => retried_in_turn(transactions, table, &settings),
            None => retried(transactions, &settings),
        };
        let [unit] = self.units() else {
            let mut transaction = |unit: &Unit| {
                let mut transaction = statements(unit);
                let comments = self.in_sql(self.comments_on_unit(unit, commented));
                transaction.splice(..0, Some(comments).filter(|text| !text.is_empty()));
                transaction
            };
            let transactions: Vec<Vec<String>> = self.units().iter().map(&mut transaction).collect();
            return (String::new(), retried(&transactions));
        };
        (self.comments_on_unit(unit, commented), retried(&[statements(unit)]))
    }

    /// The author's comments as they can stand between SQL statements.
    fn in_sql(&self, comments: String) -> String {
        let sign = self.migration.comment_sign;
        let line = |line: &str| line.strip_prefix(sign).map_or_else(|| line.to_owned(), |rest| format!("{SQL}{rest}"));
        if sign == SQL { comments } else { comments.lines().map(|text| line(text) + "\n").collect() }
    }

    /// Its statements, each as the source wrote it and with its comments: whole where the unit has all of a statement.
    /// A whole one begins with an empty line when another stands before it.
    pub fn as_written(&self, commented: &mut [bool]) -> Vec<String> {
        self.as_written_by_step(commented).into_iter().map(|written| written.text).collect()
    }

    /// The same, each with the steps that it is.
    pub fn as_written_by_step(&self, commented: &mut [bool]) -> Vec<Written<'_>> {
        let source = &self.migration.source.text;
        let mut written: Vec<Written<'_>> = Vec::new();
        let mut done = Vec::new();
        let own = |statements: &Range<usize>| -> Vec<&Step> {
            let is_own =
                |step: &&Step| step.verbatim && statements.contains(&self.migration.items[step.from].statement);
            self.steps().filter(is_own).collect()
        };
        let items = |statements: &Range<usize>| -> usize {
            self.migration.statements[statements.clone()].iter().map(|statement| statement.items.len()).sum()
        };
        for step in self.steps() {
            let at = self.migration.items[step.from].statement;
            let statement = &self.migration.statements[at];
            let call = &statement.call;
            let (of_call, of_statement) = (own(call), own(&(at..at + 1)));
            if step.is_assertion() {
                let text = format!("{};\n", render::statement(&step.operation).unwrap_or_default());
                written.push(Written {
                    comments: String::new(),
                    text: if written.is_empty() { text } else { format!("\n{text}") },
                    statement: usize::from(!written.is_empty()),
                    steps: vec![step],
                    in_words: false,
                });
            } else if done.contains(&at) {
                continue;
            } else if step.verbatim && of_call.len() == items(call) {
                done.extend(call.clone());
                commented[call.start] = true;
                let first = &self.migration.statements[call.start];
                let gap = if written.is_empty() { "" } else { "\n" };
                let leading = self.migration.comments_before(first);
                let leading = if leading.is_empty() { String::new() } else { format!("{leading}\n") };
                let whole = statement.span.slice(source);
                let end = if whole.ends_with(';') || statement.sql.is_some() { "" } else { ";" };
                let behind = self.migration.comment_behind(&self.migration.statements[call.end - 1]);
                // Python wants two blanks before a comment.
                let blanks = if self.migration.comment_sign == SQL { " " } else { "  " };
                let behind = if behind.is_empty() { String::new() } else { format!("{blanks}{behind}") };
                let text = format!("{gap}{leading}{whole}{end}{behind}\n");
                let statement = gap.len() + leading.len();
                written.push(Written { comments: String::new(), text, statement, steps: of_call, in_words: true });
            } else if step.verbatim && statement.sql.is_some() && of_statement.len() == statement.items.len() {
                done.push(at);
                let (comments, text) =
                    (self.comments_on(step, commented), format!("{}\n", self.migration.sql(statement)));
                written.push(Written { comments, text, statement: 0, steps: of_statement, in_words: false });
            } else {
                let rendered = render::statement(&step.operation).filter(|_| !step.verbatim);
                let comments = self.comments_on(step, commented);
                let text = format!("{};\n", rendered.unwrap_or_else(|| self.slice(step)));
                let steps = vec![step];
                written.push(match self.migration.comment_sign {
                    SQL => {
                        let (text, statement) = (format!("{comments}{text}"), comments.len());
                        Written { comments: String::new(), text, statement, steps, in_words: false }
                    }
                    _ => Written { comments, text, statement: 0, steps, in_words: false },
                });
            }
        }
        written
    }

    /// What the session must be set to for the block, as far as nothing in it says so before its first statement that needs it;
    /// a line for each parameter.
    pub fn set_for_block(&self, in_words: bool) -> String {
        let mut session = SessionSettings::default();
        let lines = self.steps().map(|step| {
            let lines = self.set_before(step, in_words, &mut session);
            session.follow(&step.operation);
            lines
        });
        lines.collect()
    }

    /// The same before one step.
    pub fn set_before(&self, step: &Step, in_words: bool, session: &mut SessionSettings) -> String {
        if self.one_session
            || matches!(
                step.operation,
                Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_))
            )
        {
            return String::new();
        }
        // The author's own words hold names without a schema.
        let names = |setting: &Setting| in_words && step.verbatim && matches!(setting.decides, Decides::Names(_));
        let in_force = self.migration.items[step.from].settings.iter().filter(|setting| !setting.local);
        let needed = in_force.filter(|setting| step.settings.contains(setting) || names(setting));
        let missing = needed
            .filter(|setting| session.0.insert(setting.name.clone(), (*setting).clone()).as_ref() != Some(setting));
        missing.map(|setting| format!("SET LOCAL {};\n", setting.clause)).collect()
    }

    /// The comments on statements before this unit's that are in no unit, because each step does for itself what they did.
    pub fn comments_on_what_is_left_out(&self, commented: &mut [bool]) -> String {
        let of = |step: &Step| self.migration.items[step.from].statement;
        let Some(last) = self.steps().map(of).max() else { return String::new() };
        let steps = || self.sequence.units.iter().flat_map(|unit| &unit.steps);
        let is_set = |at: usize| {
            let items = &self.migration.items[self.migration.statements[at].items.clone()];
            !items.is_empty()
                && items
                    .iter()
                    .all(|item| matches!(item.operation, Operation::Session(SessionOperation::SetParameter { .. })))
        };
        let left_out = (0..last).filter(|at| is_set(*at) && !steps().any(|step| of(step) == *at));
        let missing: Vec<usize> = left_out.filter(|at| !std::mem::replace(&mut commented[*at], true)).collect();
        let comments = missing.into_iter().map(|at| self.migration.comments_before(&self.migration.statements[at]));
        comments.filter(|comment| !comment.is_empty()).map(|comment| comment + "\n").collect()
    }
}

/// True when a step in the author's words can stand in a `DO` block with others: a statement that gives no rows, or a block
/// that ends no transaction.
pub fn can_be_in_a_block(migration: &Migration, step: &Step) -> bool {
    let statement = migration.statement_of(step.from);
    let words = migration.sql(statement).to_ascii_uppercase();
    let is_read = || {
        !matches!(
            step.operation,
            Operation::Opaque { .. }
                | Operation::Data(DataOperation::Select { .. })
                | Operation::Session(SessionOperation::Transaction(_))
                | Operation::Table(TableOperation::Vacuum { .. })
                | Operation::Table(TableOperation::Cluster { table: None })
        )
    };
    let fits = match statement.in_do {
        true => !words.contains("COMMIT") && !words.contains("ROLLBACK"),
        // SELECT … INTO makes a table only outside.
        false => {
            is_read() && !words.contains("RETURNING") && !words.starts_with("SELECT") && !words.starts_with("WITH")
        }
    };
    fits && migration.items[step.from].fixed != Some(Fixed::Transaction)
}

/// What is set in a session so far.
#[derive(Default)]
pub struct SessionSettings(BTreeMap<String, Setting>);

impl SessionSettings {
    /// A statement that may set something itself.
    pub fn follow(&mut self, operation: &Operation) {
        match change(operation) {
            Some(Change::Set(setting)) => drop(self.0.insert(setting.name.clone(), setting)),
            Some(Change::Reset(name) | Change::Unclear(name)) => drop(self.0.remove(&name)),
            Some(Change::ResetAll) => self.0.clear(),
            None if matches!(
                operation,
                Operation::Session(SessionOperation::Transaction(TransactionControl::Commit))
            ) =>
            {
                self.0.retain(|_, setting| !setting.local);
            }
            None => {}
        }
    }
}
