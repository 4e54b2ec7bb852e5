//! `downgrade()` of each step of a sequence: what takes back that step and no other.

use std::collections::BTreeSet;

use super::directive::drop_index;
use super::file::{File, Taken};
use super::written::sql_literal;
use crate::framework::inverse::subjects;
use crate::framework::plpgsql::{Later, guarded as once_each, retried_in_turn};
use crate::framework::undo::{Undone, undone};
use crate::framework::{LayoutSettings, Sequenced};
use crate::operation::{IndexOperation, Operation, TableOperation};
use crate::plan::{Sequence, Step, Undo};
use crate::sql::render;

/// The statements of a `downgrade()`, not indented.
pub(super) type Lines = Vec<String>;

/// How the downgrades of a sequence come about.
pub(super) enum Downgrades {
    /// Each step takes itself back, by these statements.
    Each(Vec<Lines>),
    /// The author's own stays whole, in the file at this index; the others do nothing.
    Whole(usize),
}

/// The downgrades of the steps.
///
/// Each step takes itself back where that can be done, with the author's own statement where nothing else says how. An
/// author's function that does nothing, or only fails, goes on so; one that does more or other than take back what the upgrade
/// does stays whole, in the first step: that is the last one to be taken back.
pub(super) fn downgrades(of: &Sequenced<'_>, file: &File<'_>) -> Downgrades {
    let blocks = of.sequence.blocks.len();
    let own = match file.downgrade() {
        None => return Downgrades::Whole(blocks - 1),
        Some(own) if own.iter().all(|call| call.text.starts_with("raise")) => return Downgrades::Whole(blocks - 1),
        Some(own) => own,
    };
    let made: BTreeSet<String> = of.sequence.steps_of(0..blocks).flat_map(|step| subjects(&step.operation)).collect();
    let takes_back = |call: &Taken<'_>| call.fails || call.subjects.as_ref().is_some_and(|all| all.is_subset(&made));
    if !own.iter().all(takes_back) {
        return Downgrades::Whole(0);
    }
    let each = (0..blocks).map(|at| {
        let undone = undone(steps(of.sequence, at));
        if undone.impossible.is_empty() {
            return lines(&undone, of.settings, file);
        }
        // What cannot be taken back as it was, its author may bring back in some form.
        let impossible = steps(of.sequence, at).filter(|step| matches!(step.undo, Undo::Impossible(_)));
        let wanted = impossible.map(|step| &step.operation).chain(&undone.left_out);
        let wanted: BTreeSet<String> = wanted.flat_map(subjects).collect();
        let calls: Vec<&Taken<'_>> = own
            .iter()
            .filter(|call| call.subjects.as_ref().is_some_and(|all| !all.is_empty() && all.is_subset(&wanted)))
            .collect();
        let mut lines = match undone.statements.is_empty() {
            true if calls.is_empty() => return vec!["pass".to_owned()],
            true => vec![BLOCK.to_owned(), "    pass".to_owned()],
            false => lines(&undone, of.settings, file),
        };
        // Behind the block: they run once, with the row.
        lines.extend(calls.iter().map(|call| call.text.to_owned()));
        lines
    });
    Downgrades::Each(with_comments(each.collect(), of.sequence, &own))
}

/// With the author's comments on a statement in the first step that takes back the same: the downgrade begins at the last.
fn with_comments(mut each: Vec<Lines>, sequence: &Sequence, own: &[Taken<'_>]) -> Vec<Lines> {
    // What always fails is left out, with what Alembic says of it.
    for call in own.iter().rev().filter(|call| !call.fails && !call.comments.is_empty()) {
        let is_own = |at: &usize| {
            let made = steps(sequence, *at).flat_map(|step| subjects(&step.operation));
            made.into_iter().any(|subject| call.subjects.as_ref().is_some_and(|all| all.contains(&subject)))
        };
        let at = (0..each.len()).rev().find(is_own).unwrap_or(each.len() - 1);
        each[at].splice(..0, call.comments.iter().cloned());
    }
    each
}

fn steps(sequence: &Sequence, block: usize) -> impl Iterator<Item = &Step> {
    sequence.steps_of(block..block + 1)
}

fn lines(undone: &Undone, settings: &LayoutSettings, file: &File<'_>) -> Lines {
    if undone.statements.is_empty() {
        return vec!["pass".to_owned()];
    }
    let calls = undone.statements.iter().flat_map(|operations| match operations.as_slice() {
        [Operation::Index(IndexOperation::Drop { names, concurrently: true, if_exists: true, cascade: false })]
            if file.checks_for_index() && names.len() == 1 =>
        {
            drop_index(&names[0], file)
        }
        [only] if is_concurrent(only) => {
            file.call("op.execute", &[sql_literal(&render::statement(only).unwrap_or_default(), file.quote())], 1)
        }
        several => file.call("op.execute", &[sql_literal(&guarded(several, settings), file.quote())], 1),
    });
    std::iter::once(BLOCK.to_owned()).chain(calls).collect()
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

/// Operations with attempts, that do nothing where they were done.
fn guarded(operations: &[Operation], settings: &LayoutSettings) -> String {
    let table = operations.first().and_then(Operation::table);
    let table = table.map_or_else(|| "safestep".to_owned(), ToString::to_string);
    let text = |operation| (operation, render::statement(operation).unwrap_or_default());
    let later = Later { settled: &|_| None, there: &|_| None, stays: &|_| false };
    let statements = once_each(&operations.iter().map(text).collect::<Vec<_>>(), &later);
    retried_in_turn(&[statements], &table, settings).trim_end().trim_end_matches(';').to_owned()
}
