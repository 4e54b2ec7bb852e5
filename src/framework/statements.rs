//! A block as the statements that are sent for it, by a runner that goes on at the file that failed: a step is a file, and
//! runs again only where it was rolled back.

use std::collections::BTreeSet;

use super::header::SQL;
use super::layout::width;
use super::line_ends::LineEnds;
use super::page::{Commands, Page, SessionSettings, can_be_in_a_block};
use super::plpgsql::{batches_under, by_itself, by_itself_again, each, if_then, in_words as in_words_in_block, once};
use super::rerun::{Again, validation};
use super::words::slug;
use super::{Body, Sequenced};
use crate::operation::{DataOperation, IndexOperation, Operation};
use crate::plan::{Step, Unit, UnitKind};
use crate::postgres::idempotence::{Idempotent, When};
use crate::sql::render;

/// The statements of a block, with what its author said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    /// The author's comments in front of them, a line each.
    pub comments: String,
    /// The statements.
    pub all: Vec<Statement>,
}

/// A statement that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// One operation, and what it is as SQL.
    Operation(Box<Operation>, String),
    /// SQL that holds more than that.
    Sql(String),
    /// In its author's words, as the file has it, with the comments before it.
    AsWritten(String),
}

impl Statements {
    /// As they stand in a file of SQL.
    pub fn sql(&self) -> String {
        let all = self.all.iter().map(|statement| match statement {
            Statement::Operation(_, text) | Statement::Sql(text) | Statement::AsWritten(text) => text.as_str(),
        });
        std::iter::once(self.comments.as_str()).chain(all).collect()
    }

    /// As they stand in a file of calls: an operation as a call of its own where `call` knows one, or as SQL in a `raw` one.
    pub fn calls(&self, call: impl Fn(&Operation) -> Option<String>, raw: impl Fn(&str) -> String) -> String {
        let all = self.all.iter().map(|statement| match statement {
            Statement::Operation(operation, text) => call(operation).unwrap_or_else(|| raw(text)),
            Statement::Sql(text) => raw(text),
            Statement::AsWritten(text) => text.clone(),
        });
        std::iter::once(self.comments.clone()).chain(all).collect()
    }
}

/// A body for each block of a sequence, as `write` writes its statements.
pub fn by_block(of: &Sequenced<'_>, commands: &dyn Commands, write: &dyn Fn(&Statements) -> String) -> Vec<Body> {
    let Sequenced { migration, sequence, settings, .. } = *of;
    let mut commented = vec![false; migration.statements.len()];
    let count = sequence.blocks.len();
    let line_ends = LineEnds::of(migration.text());
    let bodies = (0..count).map(|at| {
        let page = Page {
            migration,
            sequence,
            settings,
            at,
            commands,
            one_session: false,
            in_transaction: false,
            again: None,
        };
        let statements = statements(&page, &mut commented);
        let mut text = page.header(&statements.sql()) + &write(&statements);
        let trailing = migration.comments_at_the_end();
        if at + 1 == count && !trailing.is_empty() {
            text.push_str(&format!("\n{trailing}\n"));
        }
        let used = migration.name.chars().count() + width(count) + 2;
        let words = (count > 1).then(|| slug(sequence.block(at), used));
        Body { words, text: line_ends.in_text(text), block: at }
    });
    bodies.collect()
}

/// The statements of a block. `commented` are the source's statements whose comments stand somewhere already.
pub fn statements(page: &Page<'_>, commented: &mut [bool]) -> Statements {
    let left_out = page.comments_on_what_is_left_out(commented);
    let of_block = |(comments, sql): (String, String)| (comments, vec![Statement::Sql(sql)]);
    let may_rerun = page.again.is_some();
    let own = page.own();
    let again = page.again.unwrap_or(&own);
    let (comments, all) = match page.kind() {
        UnitKind::Free | UnitKind::AsWritten if may_rerun => {
            let (comments, all): (Vec<String>, Vec<Statement>) =
                page.in_words_again(commented).into_iter().map(|one| (one.comments, Statement::Sql(one.text))).unzip();
            (comments.concat(), all)
        }
        UnitKind::Free | UnitKind::AsWritten => in_words(page, commented),
        // A file that failed runs again, and what it committed before with it.
        UnitKind::Brief if page.units().len() > 1 || may_rerun => {
            let in_turn = page.turn().filter(|_| may_rerun);
            of_block(page.block(|unit| again.brief(unit), in_turn.as_deref(), commented))
        }
        UnitKind::Brief => of_block(page.block(|unit| brief(page, unit), None, commented)),
        UnitKind::Validate if page.units().len() > 1 => {
            let validate = |unit: &Unit| vec![again.validate(unit)];
            of_block(page.block(validate, None, commented))
        }
        UnitKind::Validate => {
            let comments = page.comments(commented);
            let own = validation(&page.steps().collect::<Vec<_>>());
            let statement = if may_rerun { again.validate(&page.units()[0]) } else { own.clone() };
            match (page.set_for_block(false), page.units()[0].steps.as_slice()) {
                (set, [step]) if set.is_empty() && statement == own => (comments, vec![operation(step, statement)]),
                (set, _) if set.is_empty() && statement == own => (comments, vec![Statement::Sql(statement)]),
                (set, _) => (comments, vec![Statement::Sql(by_itself(&format!("{set}{}", statement.trim_end())))]),
            }
        }
        UnitKind::Alone => {
            let comments = page.comments(commented);
            let statement = match page.backfills().as_slice() {
                [] => {
                    let step = &page.units()[0].steps[0];
                    let is_build = matches!(step.operation, Operation::Index(IndexOperation::Create(_)));
                    let text = may_rerun.then(|| again.statement(step)).flatten();
                    if let Some(text) = text.filter(|_| !is_build) {
                        return Statements { comments: left_out + &comments, all: vec![Statement::Sql(text)] };
                    }
                    operation(step, render::statement(&step.operation).unwrap_or_else(|| page.slice(step)) + ";\n")
                }
                fills => Statement::Sql(batches_under(&page.set_for_block(false), fills, page.settings)),
            };
            (comments, vec![statement])
        }
    };
    Statements { comments: left_out + &comments, all }
}

/// A statement in its author's words, in a form that can run again where it has one.
pub struct Rerunnable {
    /// The author's comments in front of it, a line each.
    pub comments: String,
    /// With its semicolon.
    pub text: String,
}

impl Page<'_> {
    /// Its units run again together, where others do not run again with them.
    fn own(&self) -> Again<'_> {
        Again::new(self.migration, self.units())
    }

    /// Every statement of a block in its author's words, so that it can run again.
    pub fn in_words_again(&self, commented: &mut [bool]) -> Vec<Rerunnable> {
        let own = self.own();
        let again = self.again.unwrap_or(&own);
        let mut all = Vec::new();
        let mut whole = BTreeSet::new();
        for step in self.steps() {
            let statement = self.migration.items[step.from].statement;
            let in_do = step.verbatim && self.migration.statements[statement].in_do;
            if in_do && whole.contains(&statement) {
                continue;
            }
            whole.insert(statement);
            let idempotent = again.rerun().idempotent(step);
            let idempotent =
                idempotent.unwrap_or_else(|| Idempotent { when: When::Always, statement: self.slice(step) });
            let there = again.rerun().there(step).filter(|_| !in_do);
            let text = match (&step.operation, &there) {
                (Operation::Data(DataOperation::Assertion(assertion)), Some(there)) => {
                    by_itself(&if_then(there, &render::raised(assertion, "")))
                }
                _ => by_itself_again(&idempotent, there.as_deref()),
            };
            let end = if text.trim_end().ends_with(';') { "" } else { ";" };
            all.push(Rerunnable {
                comments: self.comments_missing_in(&text, step, commented),
                text: format!("{text}{end}"),
            });
        }
        all
    }
}

fn operation(step: &Step, sql: String) -> Statement {
    Statement::Operation(Box::new(step.operation.clone()), sql)
}

/// The statements of a brief unit; where steps need a setting, each by itself behind what it needs.
fn brief(page: &Page<'_>, unit: &Unit) -> Vec<String> {
    let operations: Vec<_> = unit.steps.iter().map(|s| (&s.operation, page.slice(s))).collect();
    let mut session = SessionSettings::default();
    let set = unit.steps.iter().map(|step| {
        let set = page.set_before(step, in_words_in_block(&step.operation), &mut session);
        session.follow(&step.operation);
        set
    });
    let set: Vec<String> = set.collect();
    match set.iter().all(String::is_empty) {
        true => once(&operations),
        false => set.into_iter().zip(each(&operations)).map(|(set, statement)| set + &statement).collect(),
    }
}

/// Statements as their author wrote them, with the comments that are no part of them; in a block where they need a setting that
/// must not outlast the file.
fn in_words(page: &Page<'_>, commented: &mut [bool]) -> (String, Vec<Statement>) {
    let set = page.set_for_block(true);
    if page.migration.comment_sign != SQL {
        return in_calls(page, &set, commented);
    }
    if set.is_empty() {
        let written = page.as_written_by_step(commented).into_iter();
        return (String::new(), written.map(|written| Statement::AsWritten(written.text)).collect());
    }
    let statements = page.as_written(commented).concat();
    let fits = |step: &Step| {
        let is_select = page.migration.slice(step.from).to_ascii_uppercase().starts_with("SELECT");
        !is_select && can_be_in_a_block(page.migration, step)
    };
    let statement = Statement::Sql(match page.steps().all(fits) {
        true => by_itself(&format!("{set}{}", statements.trim_end())),
        false => set.replace("SET LOCAL ", "SET ") + &statements,
    });
    (String::new(), vec![statement])
}

/// The same in a file of calls. What they need is set before them: a call may send what nobody knows.
fn in_calls(page: &Page<'_>, set: &str, commented: &mut [bool]) -> (String, Vec<Statement>) {
    let set = if page.in_transaction { set.to_owned() } else { set.replace("SET LOCAL ", "SET ") };
    let mut comments = String::new();
    let mut all: Vec<Statement> = set.lines().map(|line| Statement::Sql(format!("{line}\n"))).collect();
    for written in page.as_written_by_step(commented) {
        comments += &written.comments;
        all.push(match written.steps.as_slice() {
            _ if written.in_words => Statement::AsWritten(written.text),
            [step] => operation(step, written.text),
            _ => Statement::Sql(written.text),
        });
    }
    (comments, all)
}
