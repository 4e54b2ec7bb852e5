//! A unit of a sequence as SQL with comments: what every framework that writes SQL files has in common.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::LayoutSettings;
use super::header::{SQL, StepComment, Steps, comment, undo_lines};
use super::migration::Migration;
use super::origin::slice;
use super::plpgsql::{retried, retried_in_turn};
use super::rerun::Again;
use super::undo::undo;
use crate::operation::{
    Backfill, DataOperation, Decides, Fixed, IndexOperation, Operation, QualifiedName, SessionOperation, Setting,
    TableOperation, TransactionControl,
};
use crate::plan::{Sequence, Step, Unit, UnitKind, changes_answer};
use crate::sql::{Change, change, one_line, read_statement, render, split};

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

    fn first(&self) -> &Step {
        &self.units()[0].steps[0]
    }

    /// What, why it is safe, how to go on when it fails, how to undo it. `sent` is what the runner sends for it.
    pub fn header(&self, sent: &str) -> String {
        self.step_comment(sent, undo(self.steps()))
    }

    /// The same in a file that says in its own language how it is taken back.
    pub fn header_without_undo(&self, sent: &str) -> String {
        self.step_comment(sent, Vec::new())
    }

    fn step_comment(&self, sent: &str, undo: Vec<String>) -> String {
        let (step, of) = (self.at + 1, self.sequence.blocks.len());
        let comment = StepComment {
            step: (of > 1).then_some(Steps { first: step, last: step, of }),
            title: &self.migration.title,
            what: self.what(),
            before: self.before(),
            if_it_fails: self.if_it_fails(sent),
            commands: self.after_failed_build(),
            undo,
            settles: self.steps().filter_map(|step| step.settles).collect::<BTreeSet<_>>().into_iter().collect(),
        };
        comment.lines().iter().map(|line| self.comment(line) + "\n").collect()
    }

    /// How to undo it, as comments.
    pub fn undo(&self) -> Vec<String> {
        undo_lines(&undo(self.steps())).map(|line| self.comment(&line)).collect()
    }

    fn comment(&self, line: &str) -> String {
        comment(self.migration.comment_sign, line)
    }

    /// What it does to those who use the database.
    pub fn what(&self) -> String {
        let lock = strongest(self.steps());
        match self.kind() {
            UnitKind::Free => "locks nothing that is in use".into(),
            UnitKind::Brief => {
                let waits = waits(self.units());
                match &self.settings.lock_timeout {
                    Some(timeout) => format!("instant, waits at most {} for {waits}", spaced(timeout)),
                    None => format!("instant once it has {}", waits.replacen(" at a time", "", 1)),
                }
            }
            UnitKind::Validate => format!("reads all rows; reads and writes go on ({lock})"),
            UnitKind::Alone if matches!(self.first().operation, Operation::Data(DataOperation::Backfill(_))) => {
                format!("fills rows in batches of {}, each with its own commit", self.settings.batch_size)
            }
            UnitKind::Alone => format!("takes its time; reads and writes go on ({lock}){}", self.commands.alone()),
            UnitKind::AsWritten => "as written".into(),
        }
    }

    /// The query that must find nothing, where the rows begin to matter.
    fn before(&self) -> Vec<String> {
        let validates = |at: usize, step: &Step| {
            let units = self.sequence.block(at).iter().filter(|unit| unit.kind == UnitKind::Validate);
            units.flat_map(|unit| &unit.steps).any(|s| s.item == step.item)
        };
        let fails = |step: &Step| match self.kind() {
            UnitKind::Brief | UnitKind::AsWritten => {
                (0..self.sequence.blocks.len()).find(|at| validates(*at, step)).map(|n| n + 1)
            }
            _ => Some(self.at + 1),
        };
        let mut queries = Vec::new();
        for (at, step) in self.steps().enumerate() {
            let Some(query) = &step.preflight else { continue };
            // the same transaction mends rows first, so that some that are found now are none by then
            let is_mended = self.steps().take(at).any(|earlier| changes_answer(&earlier.operation, query));
            let after = if is_mended { " once its rows are changed" } else { "" };
            let fails = match fails(step) {
                Some(number) if number != self.at + 1 => format!("step {number}"),
                _ => "it".to_owned(),
            };
            queries.push(format!("this must find nothing{after}, or {fails} fails:  {};", one_line(query)));
        }
        queries
    }

    fn if_it_fails(&self, sent: &str) -> String {
        let (again, begin_again) = (self.commands.again(), self.commands.begin_again());
        match (self.kind(), &self.first().operation) {
            (UnitKind::Brief, _) if self.units().len() > 1 && !self.in_transaction => {
                format!("the transactions before the failed one stay. {begin_again}: it goes on there")
            }
            (UnitKind::Free | UnitKind::Brief, _) => format!("nothing has changed. {begin_again}"),
            (UnitKind::Validate, _) if self.units().len() > 1 && !self.in_transaction => {
                format!(
                    "some row breaks the rule, or it was interrupted; what it has proved stays. Mend the row, {again}"
                )
            }
            (UnitKind::Validate, _) => {
                format!("some row breaks the rule, or it was interrupted; nothing has changed. Mend the row, {again}")
            }
            (_, Operation::Data(DataOperation::Backfill(_))) => {
                format!("the batches so far are kept. {begin_again}: it goes on where it was")
            }
            (UnitKind::Alone, Operation::Index(IndexOperation::Create(_))) => {
                format!("it leaves an INVALID index.{}", self.commands.after_failed_build())
            }
            (UnitKind::Alone, _) => again,
            (UnitKind::AsWritten, _) if self.in_transaction || is_all_or_nothing(sent) => {
                format!("nothing has changed. {begin_again}")
            }
            (UnitKind::AsWritten, _) => format!("look at what it did, then {again}"),
        }
    }

    /// The commands that go on after a build that failed, one a line.
    fn after_failed_build(&self) -> Vec<String> {
        let Operation::Index(IndexOperation::Create(index)) = &self.first().operation else { return Vec::new() };
        let name = index.name.as_ref().map(|n| index.table.sibling(n.clone()).to_string()).unwrap_or_default();
        match self.kind() {
            UnitKind::Alone => self.commands.commands_after_failed_build(&one_line(&name)),
            UnitKind::Free | UnitKind::Brief | UnitKind::Validate | UnitKind::AsWritten => Vec::new(),
        }
    }

    /// What runners take turns on while they are at it, where there may be several: its table, or all that safestep does.
    pub fn turn(&self) -> Option<String> {
        let table = self.steps().find_map(|step| step.operation.table());
        let turn = table.map_or_else(|| "safestep".to_owned(), ToString::to_string);
        self.migration.runner.needs_turns().then_some(turn)
    }

    /// The author's comments on all of its statements, in front of them.
    pub fn comments(&self, told: &mut [bool]) -> String {
        self.units().iter().map(|unit| self.comments_on_unit(unit, told)).collect()
    }

    /// The author's comments on a unit's statements, each in the first file that says something of its statement.
    fn comments_on_unit(&self, unit: &Unit, told: &mut [bool]) -> String {
        unit.steps.iter().map(|step| self.comments_on(step, told)).collect()
    }

    /// The author's comments before and inside the statement that a step comes from; nothing the second time.
    fn comments_on(&self, step: &Step, told: &mut [bool]) -> String {
        self.comments_missing_in("", step, told)
    }

    /// The same without those that stand in `text` already.
    pub fn comments_missing_in(&self, text: &str, step: &Step, told: &mut [bool]) -> String {
        // The comments on a call stand with its first statement.
        let at = self.migration.statement_of(step.from).call.start;
        if std::mem::replace(&mut told[at], true) {
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
        told: &mut [bool],
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
                let comments = self.in_sql(self.comments_on_unit(unit, told));
                transaction.splice(..0, Some(comments).filter(|text| !text.is_empty()));
                transaction
            };
            let transactions: Vec<Vec<String>> = self.units().iter().map(&mut transaction).collect();
            return (String::new(), retried(&transactions));
        };
        (self.comments_on_unit(unit, told), retried(&[statements(unit)]))
    }

    /// The author's comments as they can stand between SQL statements.
    fn in_sql(&self, comments: String) -> String {
        let sign = self.migration.comment_sign;
        let line = |line: &str| line.strip_prefix(sign).map_or_else(|| line.to_owned(), |rest| format!("{SQL}{rest}"));
        if sign == SQL { comments } else { comments.lines().map(|text| line(text) + "\n").collect() }
    }

    /// Its statements, each as the source wrote it and with its comments: whole where the unit has all of a statement.
    /// A whole one begins with an empty line when another stands before it.
    pub fn as_written(&self, told: &mut [bool]) -> Vec<String> {
        self.as_written_by_step(told).into_iter().map(|written| written.text).collect()
    }

    /// The same, each with the steps that it is.
    pub fn as_written_by_step(&self, told: &mut [bool]) -> Vec<Written<'_>> {
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
                told[call.start] = true;
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
                let (comments, text) = (self.comments_on(step, told), format!("{}\n", self.migration.sql(statement)));
                written.push(Written { comments, text, statement: 0, steps: of_statement, in_words: false });
            } else {
                let rendered = render::statement(&step.operation).filter(|_| !step.verbatim);
                let comments = self.comments_on(step, told);
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
    pub fn comments_on_what_is_left_out(&self, told: &mut [bool]) -> String {
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
        let missing: Vec<usize> = left_out.filter(|at| !std::mem::replace(&mut told[*at], true)).collect();
        let comments = missing.into_iter().map(|at| self.migration.comments_before(&self.migration.statements[at]));
        comments.filter(|comment| !comment.is_empty()).map(|comment| comment + "\n").collect()
    }
}

/// True when nothing of what is sent stays after a failure, also with a runner that sends it statement by statement: it is one
/// statement that commits nothing itself, or all of it stands between BEGIN and COMMIT. What is only set ends with the session.
fn is_all_or_nothing(sent: &str) -> bool {
    let statements = split(sent).pieces.into_iter().map(|piece| piece.span.slice(sent));
    let operations = statements.map(|statement| (statement, read_statement(statement).operations));
    let lasting: Vec<(&str, Option<TransactionControl>)> = operations
        .filter(|(_, all)| {
            !all.iter().all(|one| matches!(one.operation, Operation::Session(SessionOperation::SetParameter { .. })))
                || all.is_empty()
        })
        .map(|(statement, all)| {
            let control = all.iter().find_map(|one| match one.operation {
                Operation::Session(SessionOperation::Transaction(control)) => Some(control),
                _ => None,
            });
            (statement, control)
        })
        .collect();
    let between = match lasting.as_slice() {
        [(_, Some(TransactionControl::Begin)), between @ .., (_, Some(TransactionControl::Commit))] => between,
        [_] => lasting.as_slice(),
        several => return several.is_empty(),
    };
    !between.iter().any(|(statement, control)| control.is_some() || may_commit(statement))
}

/// True for a statement that commits what it has done so far, or may.
fn may_commit(statement: &str) -> bool {
    const WORDS: [&str; 10] = [
        "CONCURRENTLY",
        "COMMIT",
        "ROLLBACK",
        "CALL",
        "VACUUM",
        "REINDEX",
        "CLUSTER",
        "DATABASE",
        "TABLESPACE",
        "SUBSCRIPTION",
    ];
    let upper = statement.to_ascii_uppercase();
    upper.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| WORDS.contains(&word))
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

/// `100ms` → `100 ms`.
fn spaced(duration: &str) -> String {
    let digits = duration.find(|c: char| !c.is_ascii_digit()).unwrap_or(duration.len());
    format!("{} {}", &duration[..digits], &duration[digits..])
}

/// What brief units wait for, one after the other.
fn waits(units: &[Unit]) -> String {
    let tables = |unit: &Unit| listed(&unit.steps.iter().flat_map(Step::locked_tables).collect::<Vec<_>>());
    let brief = units.iter().filter(|unit| unit.kind == UnitKind::Brief);
    let locks: Vec<(String, String)> = brief.map(|unit| (tables(unit), strongest(&unit.steps))).collect();
    let lock = locks.first().map_or("", |(_, lock)| lock);
    match locks.iter().all(|(_, other)| other == lock) {
        true => {
            let tables: Vec<&str> = locks.iter().map(|(tables, _)| tables.as_str()).collect();
            format!("{} at a time ({lock})", tables.join(", then "))
        }
        false => {
            let each: Vec<String> = locks.iter().map(|(tables, lock)| format!("{tables} ({lock})")).collect();
            format!("{} at a time", each.join(", then "))
        }
    }
}

/// The strongest lock that steps take.
fn strongest<'a>(steps: impl IntoIterator<Item = &'a Step>) -> String {
    let strongest = steps.into_iter().flat_map(|step| step.locks.iter().map(|(_, mode)| *mode)).max();
    strongest.map(|lock| lock.to_string()).unwrap_or_default()
}

/// Each table once, also where one statement writes its schema and another does not.
fn listed(tables: &[QualifiedName]) -> String {
    let mut names: Vec<&QualifiedName> = Vec::new();
    for table in tables {
        if !names.iter().any(|known| crate::schema::same(known, table)) {
            names.push(table);
        }
    }
    names.iter().map(|table| one_line(&table.to_string())).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::is_all_or_nothing;

    #[test]
    fn what_stays_after_a_failure() {
        for (sent, expected) in [
            ("UPDATE t SET a = 1;", true),
            ("-- why\nSET lock_timeout = '1s';\nUPDATE t SET a = 1;", true),
            ("DO $$ BEGIN UPDATE t SET a = 1; UPDATE u SET a = 1; END $$;", true),
            ("BEGIN;\nUPDATE t SET a = 1;\nUPDATE u SET a = 1;\nCOMMIT;", true),
            ("UPDATE t SET a = 1;\nUPDATE u SET a = 1;", false),
            ("BEGIN;\nUPDATE t SET a = 1;\nCOMMIT;\nUPDATE u SET a = 1;", false),
            ("BEGIN;\nUPDATE t SET a = 1;\nCOMMIT;\nBEGIN;\nUPDATE u SET a = 1;\nCOMMIT;", false),
            ("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; UPDATE u SET a = 1; END $$;", false),
            ("CREATE INDEX CONCURRENTLY i ON t (a);", false),
            ("CALL fill();", false),
            ("GRANT SELECT ON t TO \"reader\";", true),
        ] {
            assert_eq!(is_all_or_nothing(sent), expected, "{sent}");
        }
    }
}
