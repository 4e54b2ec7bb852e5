//! A revision for each block, or for all blocks that may begin again together.
//!
//! What must not wait behind the run's one transaction is in an `autocommit_block()`, each statement by itself. Alembic
//! writes the revision's row behind it, in the next transaction: a run that is killed in between begins the revision again,
//! so everything in the block can run again. What cannot, and what is quick, commits with the row.

use std::collections::BTreeSet;

use super::calls::revision;
use super::directive::create_index;
use super::downgrade::{BLOCK, Lines, downgrades};
use super::file::{File, INDENT, Number};
use super::model::called;
use super::needed::defined;
use super::written::sql_literal;
use crate::framework::header::{self, Steps};
use crate::framework::layout::width;
use crate::framework::migration::Migration;
use crate::framework::page::{Commands, Page};
use crate::framework::plpgsql::{before_build, must_be_valid};
use crate::framework::rerun::Again;
use crate::framework::statements::{Statement, statements};
use crate::framework::words::slug;
use crate::framework::{Body, Idiom, Sequenced};
use crate::operation::{CreateIndex, IndexOperation, Operation};
use crate::plan::files::{Part, is_label};
use crate::plan::{Phase, Sequence, Step, Unit, UnitKind};
use crate::sql::{one_line, render};

pub(super) struct Functions;

impl Idiom for Functions {
    fn notes(&self, of: &Sequenced<'_>) -> Vec<String> {
        let is_label = |from, to| of.sequence.steps_of(from..to).all(is_own_label);
        let now = of.files.own.map_or(0, |own| own + 1);
        let leaves = of.files.parts[..now.min(of.files.parts.len())]
            .iter()
            .any(|part| part.once > part.from || is_label(part.once, part.to));
        let note = "the first autocommit_block() also commits the revisions that ran before it in the same upgrade";
        leaves.then(|| note.to_owned()).into_iter().collect()
    }

    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body> {
        let Sequenced { migration, sequence, files, .. } = *of;
        // It was read before, from the same text.
        let Ok(revision) = revision(migration.source.clone(), &migration.variables) else { return Vec::new() };
        let file = File::new(&revision);
        let mut commented = vec![false; migration.statements.len()];
        let downgrades = downgrades(of, &file);
        let upgrades: Vec<Lines> = files.parts.iter().map(|part| upgrade(of, *part, &file, &mut commented)).collect();
        // What waits does not see what the others define.
        let (now, count) = (files.own.map_or(0, |own| own + 1), files.parts.len());
        let mut elsewhere = BTreeSet::new();
        let mut bodies: Vec<(usize, Body)> = Vec::new();
        for at in (now..count).chain(0..now) {
            let number = number(sequence, &files.parts, at, now);
            let words = words(sequence.block(files.parts[at].from), number);
            let text = file.of_step(number, &upgrades[at], downgrades[at].as_deref(), &elsewhere);
            elsewhere.extend(defined(&text));
            bodies.push((at, Body { words, text, block: files.parts[at].from }));
        }
        bodies.sort_by_key(|(at, _)| *at);
        bodies.into_iter().map(|(_, body)| body).collect()
    }

    /// Databases are at it and others follow it, so it stays.
    fn nothing_yet(&self, migration: &Migration) -> Option<Body> {
        let revision = revision(migration.source.clone(), &migration.variables).ok()?;
        let lines = [
            format!("{}: nothing runs yet. What it does waits for a deploy.", migration.title),
            format!(
                "`safestep status` says for which one, `safestep release {}` brings it in then.",
                header::shell_word(&called(migration))
            ),
        ];
        let mut lines: Lines = lines.map(|line| header::comment(super::SIGN, &line)).to_vec();
        lines.push("pass".to_owned());
        let only = Number { number: 1, count: 1, waits: None };
        let text = File::new(&revision).of_step(only, &lines, Some(&["pass".to_owned()]), &BTreeSet::new());
        Some(Body { words: None, text, block: 0 })
    }
}

/// Which file of its phase it is; the first `now` files run now.
fn number(sequence: &Sequence, parts: &[Part], at: usize, now: usize) -> Number {
    if at < now {
        return Number { number: at + 1, count: now, waits: None };
    }
    let phase = |part: &Part| sequence.block(part.from).first().map_or(Phase::Expand, |unit| unit.phase);
    let own = phase(&parts[at]);
    let of_phase = |part: &&Part| phase(part) == own;
    let before = parts[now..at].iter().filter(of_phase).count();
    Number { number: before + 1, count: parts[now..].iter().filter(of_phase).count(), waits: Some(own) }
}

/// A few words for the name of a file; `None` for the one that keeps the revision's name.
fn words(units: &[Unit], number: Number) -> Option<String> {
    (!number.is_own()).then(|| slug(units, ID_LENGTH + width(number.count) + 2))
}

/// A new label that is not in its author's words.
fn is_own_label(step: &Step) -> bool {
    is_label(step) && !step.verbatim
}

/// The length of a revision's id, as Alembic makes them.
pub(super) const ID_LENGTH: usize = 12;

/// The statements of `upgrade()` for the blocks of a file, not indented but for what its author wrote.
fn upgrade(of: &Sequenced<'_>, part: Part, file: &File<'_>, commented: &mut [bool]) -> Lines {
    let mut lines = begins_again(of, part);
    let Sequenced { migration, sequence, .. } = *of;
    // A database that ran the revision runs what waits as a no-op, whatever of it.
    let to = if waits(of, part) { sequence.blocks.len() } else { part.to };
    let units = sequence.blocks[part.from].start..sequence.blocks[to - 1].end;
    let again = Again::new(migration, &sequence.units[units]);
    for at in part.from..part.to {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block(of, part, at, (file, &again), commented));
    }
    lines
}

/// It runs in a later phase.
fn waits(of: &Sequenced<'_>, part: Part) -> bool {
    of.files.own.is_none_or(|own| part.from > of.files.parts[own].from)
}

/// What is said of a file of several blocks: where a failed run goes on.
fn begins_again(of: &Sequenced<'_>, part: Part) -> Lines {
    let Sequenced { migration, sequence, files, .. } = of;
    let steps = Steps { first: part.from + 1, last: part.to, of: sequence.blocks.len() };
    let but = match part.to - part.once {
        0 => "",
        1 => ", but for the last one, which commits with the revision's row",
        _ => ", but for the last ones, which commit with the revision's row",
    };
    if part.to - part.from == 1 {
        return Vec::new();
    }
    let lines = header::of_several(steps, &migration.title, but, files.parts.len() == 1);
    lines.map(|line| header::comment(super::SIGN, &line)).to_vec()
}

/// The statements of a block, one of those of a file whose units run `again` together.
fn block(
    of: &Sequenced<'_>,
    part: Part,
    at: usize,
    (file, again): (&File<'_>, &Again<'_>),
    commented: &mut [bool],
) -> Lines {
    let Sequenced { migration, sequence, settings, .. } = *of;
    let inside = at >= part.once;
    let page = Page {
        migration,
        sequence,
        settings,
        at,
        commands: &Upgrade,
        one_session: false,
        in_transaction: inside,
        again: (!inside || waits(of, part)).then_some(again),
    };
    let statements = statements(&page, commented);
    let mut lines: Lines = Vec::new();
    let header = page.header(&statements.sql());
    lines.extend(header.lines().chain(statements.comments.lines()).map(str::to_owned));
    // A single validation is quick to say and the same the second time: it commits with its row.
    let is_block = |statement: &Statement| matches!(statement, Statement::Sql(text) if text.starts_with("DO "));
    let is_alone = part.to - part.from == 1;
    let validates = is_alone && page.kind() == UnitKind::Validate && !statements.all.iter().any(is_block);
    let with_row = (inside && !page.steps().all(is_own_label)) || validates;
    let begins_outside = || {
        let first = page.steps().next().map(|step| migration.items[step.from].statement);
        first.is_some_and(|first| migration.sent[first].is_outside)
    };
    // Behind a block there is nothing to commit.
    if with_row && at == part.from && page.kind() != UnitKind::Free && !begins_outside() {
        lines.push(BLOCK.to_owned());
        lines.push(format!("{INDENT}pass"));
    }
    if !with_row {
        lines.push(BLOCK.to_owned());
    }
    let depth = usize::from(!with_row);
    let execute = |sql: &str| {
        let text = sql_literal(sql.trim().trim_end_matches(';'), file.quote());
        file.call("op.execute", &[text], depth)
    };
    for statement in &statements.all {
        match statement {
            Statement::Operation(operation, text) => match operation.as_ref() {
                Operation::Index(IndexOperation::Create(index)) if index.concurrently && !with_row => {
                    lines.extend(build(&page, index, text, file, &execute));
                }
                _ => lines.extend(execute(text)),
            },
            Statement::Sql(text) => lines.extend(execute(text)),
            Statement::AsWritten(text) => lines.extend(file.as_written(text, &page)),
        }
    }
    lines
}

/// A build between two looks at what an earlier one left.
fn build(page: &Page<'_>, index: &CreateIndex, text: &str, file: &File<'_>, execute: &dyn Fn(&str) -> Lines) -> Lines {
    let Some(name) = &index.name else { return execute(text) };
    let place = index.table.sibling(name.clone());
    let directive = match page.steps().next().filter(|_| file.checks_for_index()) {
        Some(step) => create_index(page.migration, step, index, file),
        None => None,
    };
    let build = directive.unwrap_or_else(|| {
        let build = Operation::Index(IndexOperation::Create(CreateIndex { if_not_exists: true, ..index.clone() }));
        execute(&render::statement(&build).unwrap_or_else(|| text.to_owned()))
    });
    let step = page.at + 1;
    let comment = |text: &str| format!("{INDENT}{}", header::comment(super::SIGN, text));
    let mut lines = vec![comment(&header::before_build(step, &one_line(&place.to_string())))];
    lines.extend(execute(&before_build(&place, &index.table, page.settings)));
    lines.extend(build);
    lines.push(comment(&header::after_build(step)));
    lines.extend(execute(&must_be_valid(&place, index)));
    lines
}

/// How to go on with Alembic: the same command.
struct Upgrade;

impl Commands for Upgrade {
    fn again(&self) -> String {
        "run the same command again".into()
    }

    fn begin_again(&self) -> String {
        "Run the same command again".into()
    }

    fn after_failed_build(&self) -> &'static str {
        " Run the same command again: it is dropped and built anew"
    }
}
