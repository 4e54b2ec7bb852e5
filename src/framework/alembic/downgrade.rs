//! `downgrade()` of each step of a sequence: what takes back that step and no other.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::directive::drop_index;
use super::file::{File, INDENT, Taken};
use super::old_column::{OldColumn, old_columns, triggers};
use super::python::{Argument, ExpressionKind, Module};
use super::written::sql_literal;
use crate::framework::inverse::subjects;
use crate::framework::plpgsql::{
    Repeated, before_build, by_itself, guarded as once_each, if_then, must_be_valid, retried_in_turn,
};
use crate::framework::text::edited;
use crate::framework::undo::{Undone, renaming_back_is_due, undone};
use crate::framework::{LayoutSettings, Sequenced};
use crate::operation::{ColumnOperation, CreateIndex, Fixed, IndexOperation, Operation, TableOperation};
use crate::plan::files::Part;
use crate::plan::rerun::{LastChanges, can_begin_again};
use crate::plan::{Sequence, Step, Undo};
use crate::postgres::idempotence::Later;
use crate::sql::render;

/// The statements of a `downgrade()`, not indented.
pub(super) type Lines = Vec<String>;

/// The downgrades of the steps, by file; `None` for the author's own as it is.
///
/// Each step takes itself back where that can be done, with the author's own statement where nothing else says how. An
/// author's function that does nothing, or only fails, goes on so; one that does more or other than take back what the upgrade
/// does stays whole, in the first step: that is the last one to be taken back. Where later phases wait, that is their first step, and
/// those that run now take themselves back.
pub(super) fn downgrades(of: &Sequenced<'_>, file: &File<'_>) -> Vec<Option<Lines>> {
    let parts = &of.files.parts;
    let last = parts.len().saturating_sub(1);
    let now = of.files.own.map_or(0, |own| own + 1);
    let pass = || Some(vec!["pass".to_owned()]);
    let is_last_of_phase = |at: usize| at == last || at + 1 == now;
    let at_the_end = || (0..=last).map(|at| if is_last_of_phase(at) { None } else { pass() }).collect();
    let own = match file.downgrade() {
        None => return at_the_end(),
        Some(own) if own.iter().all(|call| call.text.starts_with("raise")) => return at_the_end(),
        Some(own) => own,
    };
    let all_steps = parts.iter().flat_map(|part| steps(of.sequence, *part));
    // What is made under a condition may be somebody else's.
    let is_sure = |step: &&Step| of.migration.items[step.from].fixed != Some(Fixed::Condition);
    let now_steps: Vec<&Step> = parts[..now.min(parts.len())]
        .iter()
        .flat_map(|part| steps(of.sequence, *part))
        .filter(|_| now <= last)
        .collect();
    let old_columns_of = |part: Part| old_columns(&now_steps, steps(of.sequence, part));
    let renamed = parts.iter().flat_map(|part| old_columns_of(*part)).flat_map(|column| column.subjects());
    let made = all_steps.filter(is_sure).flat_map(|step| subjects(&step.operation));
    let made: BTreeSet<String> = made.chain(renamed).collect();
    let takes_back = |call: &Taken<'_>| call.fails || call.subjects.as_ref().is_some_and(|all| all.is_subset(&made));
    let is_whole = !own.iter().all(takes_back);
    if is_whole && now > last {
        return (0..=last).map(|at| if at == 0 { None } else { pass() }).collect();
    }
    // A type that is made where it is missing may have been there before: it goes only where its author takes it away.
    let stays = |step: &Step| {
        let own_subjects = BTreeSet::from_iter(subjects(&step.operation));
        let is_taken_back =
            |call: &Taken<'_>| call.subjects.as_ref().is_some_and(|all| !all.is_disjoint(&own_subjects));
        let statement = &of.migration.statements[of.migration.items[step.from].statement];
        step.verbatim && statement.in_do && !own.iter().any(is_taken_back)
    };
    // Where later phases wait, a column that goes takes NULL until then.
    let relaxed: Vec<&str> = now_steps
        .iter()
        .filter_map(|step| match &step.operation {
            Operation::Column(ColumnOperation::DropNotNull { column, .. }) => Some(column.as_str()),
            _ => None,
        })
        .collect();
    let each = parts.iter().map(|part| {
        let undone = undone(steps(of.sequence, *part).filter(|step| !stays(step)));
        if undone.impossible.is_empty() {
            return lines(&undone, of.settings, file);
        }
        // What cannot be taken back as it was, its author may bring back in some form.
        let impossible = steps(of.sequence, *part).filter(|step| matches!(step.undo, Undo::Impossible(_)));
        let wanted = impossible.map(|step| &step.operation).chain(&undone.left_out);
        let old = old_columns_of(*part);
        let comes_back: Vec<String> = old.iter().flat_map(OldColumn::own_subjects).collect();
        let wanted: BTreeSet<String> =
            wanted.flat_map(subjects).filter(|subject| !comes_back.contains(subject)).collect();
        let calls: Vec<&Taken<'_>> = own
            .iter()
            .filter(|call| call.subjects.as_ref().is_some_and(|all| !all.is_empty() && all.is_subset(&wanted)))
            .collect();
        let mut lines = match undone.statements.is_empty() {
            true if calls.is_empty() && old.is_empty() => return vec!["pass".to_owned()],
            true => commit_point(),
            false => lines(&undone, of.settings, file),
        };
        // Behind the block: they run once, with the row.
        let execute = |sql: String| file.call("op.execute", &[sql_literal(without_semicolon(&sql), file.quote())], 0);
        lines.extend(old.iter().flat_map(OldColumn::statements).flat_map(execute));
        lines.extend(calls.iter().map(|call| as_it_waited(call.text, &relaxed)));
        lines.extend(triggers(&now_steps, steps(of.sequence, *part)).into_iter().flat_map(execute));
        lines
    });
    let each: Vec<Lines> = each.collect();
    match is_whole {
        true => {
            let of_part = |(at, lines): (usize, Lines)| match at.cmp(&now) {
                Ordering::Less => Some(lines),
                Ordering::Equal => None,
                Ordering::Greater => pass(),
            };
            each.into_iter().enumerate().map(of_part).collect()
        }
        false => with_comments(each, of, &own).into_iter().map(Some).collect(),
    }
}

/// The call that adds a column again, which takes NULL where it did before it went.
fn as_it_waited(call: &str, relaxed: &[&str]) -> String {
    let Ok(module) = Module::read(call) else { return call.to_owned() };
    let mut edits = Vec::new();
    for statement in &module.body {
        statement.expressions(&mut |part| {
            let ExpressionKind::Call(_, arguments) = &part.kind else { return };
            let name = arguments.first().map(|first| first.value.span.slice(call).trim_matches(['"', '\'']));
            let says = |argument: &&Argument| argument.name.is_some_and(|name| name.slice(call) == "nullable");
            let nullable = arguments.iter().find(says).filter(|_| name.is_some_and(|name| relaxed.contains(&name)));
            edits.extend(nullable.map(|nullable| (nullable.value.span, "True".to_owned())));
        });
    }
    edited(call, edits)
}

/// With the author's comments on a statement in the first step that takes back the same: the downgrade begins at the last.
fn with_comments(mut each: Vec<Lines>, of: &Sequenced<'_>, own: &[Taken<'_>]) -> Vec<Lines> {
    // What always fails is left out, with what Alembic says of it.
    for call in own.iter().rev().filter(|call| !call.fails && !call.comments.is_empty()) {
        let is_own = |at: &usize| {
            let made = steps(of.sequence, of.files.parts[*at]).flat_map(|step| subjects(&step.operation));
            made.into_iter().any(|subject| call.subjects.as_ref().is_some_and(|all| all.contains(&subject)))
        };
        let at = (0..each.len()).rev().find(is_own).unwrap_or(each.len() - 1);
        each[at].splice(..0, call.comments.iter().cloned());
    }
    each
}

fn steps(sequence: &Sequence, part: Part) -> impl Iterator<Item = &Step> {
    sequence.steps_of(part.from..part.to)
}

fn lines(undone: &Undone, settings: &LayoutSettings, file: &File<'_>) -> Lines {
    let statements = &undone.statements;
    if statements.is_empty() {
        return vec!["pass".to_owned()];
    }
    let execute = |sql: &str, depth| file.call("op.execute", &[sql_literal(sql, file.quote())], depth);
    let last = LastChanges::of(statements.iter().flatten());
    let is_concurrent = statements.iter().flatten().any(|step| is_concurrent(&step.operation));
    // The row is written behind a block, and what is in it begins again where that is lost.
    if !is_concurrent && !can_begin_again(statements) {
        let calls = (0..statements.len()).flat_map(|at| execute(&in_transaction(&guarded(statements, at, &last)), 0));
        return commit_point().into_iter().chain(calls).collect();
    }
    let calls = statements.iter().enumerate().flat_map(|(at, steps)| {
        let of_index = match steps.as_slice() {
            [Step { operation: Operation::Index(operation), .. }] => of_index(operation, settings, file),
            _ => None,
        };
        let renamed = || steps.first().and_then(|step| renamed_back(&step.operation)).map(|rename| vec![rename]);
        let retried =
            || execute(&retried(steps, renamed().unwrap_or_else(|| guarded(statements, at, &last)), settings), 1);
        of_index.unwrap_or_else(retried)
    });
    std::iter::once(BLOCK.to_owned()).chain(calls).collect()
}

/// Ends the transaction that the runner is in, and begins another one.
fn commit_point() -> Lines {
    vec![BLOCK.to_owned(), format!("{INDENT}pass")]
}

/// A constraint or an index that gets a name back.
fn renamed_back(operation: &Operation) -> Option<String> {
    Some(if_then(&renaming_back_is_due(operation)?, &render::statement(operation)?))
}

/// What takes a build or a drop back that waits for others by itself, so that it can begin again.
fn of_index(operation: &IndexOperation, settings: &LayoutSettings, file: &File<'_>) -> Option<Lines> {
    let execute = |sql: &str| file.call("op.execute", &[sql_literal(without_semicolon(sql), file.quote())], 1);
    let statement = |operation: IndexOperation| render::statement(&Operation::Index(operation)).unwrap_or_default();
    Some(match operation {
        IndexOperation::Drop { names, concurrently: true, if_exists: true, cascade: false }
            if file.checks_for_index() && names.len() == 1 =>
        {
            drop_index(&names[0], file)
        }
        IndexOperation::Create(index) if index.concurrently => {
            let place = index.table.sibling(index.name.clone()?);
            let build = IndexOperation::Create(CreateIndex { if_not_exists: true, ..index.clone() });
            let before = execute(&before_build(&place, &index.table, settings));
            [before, execute(&statement(build)), execute(&must_be_valid(&place, index))].concat()
        }
        other if is_concurrent(&Operation::Index(other.clone())) => execute(&statement(other.clone())),
        _ => return None,
    })
}

/// It waits for others by itself, and may stand in no transaction.
fn is_concurrent(operation: &Operation) -> bool {
    match operation {
        Operation::Index(IndexOperation::Create(index)) => index.concurrently,
        Operation::Index(IndexOperation::Drop { concurrently, .. } | IndexOperation::Reindex { concurrently, .. })
        | Operation::Table(TableOperation::DetachPartition { concurrently, .. }) => *concurrently,
        _ => false,
    }
}

/// Ends the transaction that the runner is in.
pub(super) const BLOCK: &str = "with op.get_context().autocommit_block():";

/// The statements of a group, which do nothing where they were done, whatever of those behind them was done, too.
fn guarded(groups: &[Vec<Step>], at: usize, last: &LastChanges) -> Vec<String> {
    let first: usize = groups[..at].iter().map(Vec::len).sum();
    let repeated = groups[at].iter().enumerate().map(|(number, step)| Repeated {
        operation: &step.operation,
        slice: render::statement(&step.operation).unwrap_or_default(),
        later: Later { stays: false, finished_if: None },
        there: last.condition_of_being_there(step, first + number),
    });
    once_each(&repeated.collect::<Vec<_>>())
}

/// The same with attempts.
fn retried(steps: &[Step], statements: Vec<String>, settings: &LayoutSettings) -> String {
    let table = steps.first().and_then(|step| step.operation.table());
    let table = table.map_or_else(|| "safestep".to_owned(), ToString::to_string);
    without_semicolon(&retried_in_turn(&[statements], &table, settings)).to_owned()
}

/// The same in a transaction.
fn in_transaction(statements: &[String]) -> String {
    match statements {
        [only] if !only.starts_with("IF ") => without_semicolon(only).to_owned(),
        several => without_semicolon(&by_itself(&several.join("\n"))).to_owned(),
    }
}

fn without_semicolon(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';')
}
