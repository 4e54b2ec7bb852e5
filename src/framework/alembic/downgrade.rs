//! `downgrade()` of each step of a sequence: what takes back that step and no other.

use super::written::sql_literal;
use crate::framework::plpgsql::{Later, guarded as once_each, retried_in_turn};
use crate::framework::undo::{Undone, undone};
use crate::framework::{LayoutSettings, Sequenced};
use crate::operation::Operation;
use crate::plan::Sequence;
use crate::sql::{Located, read_statement, render};

/// The statements of a `downgrade()`, not indented.
pub(super) type Lines = Vec<String>;

/// How the downgrades of a sequence come about.
pub(super) enum Downgrades {
    /// Each step takes itself back, by these statements.
    Each(Vec<Lines>),
    /// The author's own stays whole, in the file at this index; the others do nothing.
    Whole(usize),
}

/// The downgrades of the steps. `is_empty` says that the author's own does nothing.
pub(super) fn downgrades(of: &Sequenced<'_>, is_empty: bool, quote: char) -> Downgrades {
    let blocks = of.sequence.blocks.len();
    if is_empty {
        return Downgrades::Whole(blocks - 1);
    }
    let undone: Vec<Undone> = (0..blocks).map(|at| undone(steps(of.sequence, at))).collect();
    if undone.iter().any(|undone| !undone.impossible.is_empty()) {
        // It runs last of all, where everything else has been taken back.
        return Downgrades::Whole(0);
    }
    Downgrades::Each(undone.iter().map(|undone| lines(undone, of.settings, quote)).collect())
}

fn steps(sequence: &Sequence, block: usize) -> impl Iterator<Item = &crate::plan::Step> {
    sequence.steps_of(block..block + 1)
}

fn lines(undone: &Undone, settings: &LayoutSettings, quote: char) -> Lines {
    if undone.statements.is_empty() {
        return vec!["pass".to_owned()];
    }
    let calls = undone.statements.iter().map(|statement| {
        let text = statement.trim_end().trim_end_matches(';');
        let sql = match takes_its_time(text) {
            true => text.to_owned(),
            false => guarded(text, settings),
        };
        format!("    op.execute({})", sql_literal(&sql, quote))
    });
    std::iter::once(BLOCK.to_owned()).chain(calls).collect()
}

/// Ends the transaction that the runner is in.
pub(super) const BLOCK: &str = "with op.get_context().autocommit_block():";

fn takes_its_time(statement: &str) -> bool {
    statement.split_whitespace().any(|word| word.eq_ignore_ascii_case("CONCURRENTLY"))
}

/// A statement with attempts, that does nothing where it was done.
fn guarded(statement: &str, settings: &LayoutSettings) -> String {
    let reading = read_statement(&format!("{statement};"));
    let table = reading.operations.first().and_then(|located| located.operation.table());
    let table = table.map_or_else(|| "safestep".to_owned(), ToString::to_string);
    let operation = |located: &Located| Some((located.operation.clone(), render::statement(&located.operation)?));
    let operations: Option<Vec<(Operation, String)>> = reading.operations.iter().map(operation).collect();
    let later = Later { settled: &|_| None, there: &|_| None, stays: &|_| false };
    let statements = match operations {
        Some(all) => once_each(&all.iter().map(|(one, text)| (one, text.clone())).collect::<Vec<_>>(), &later),
        None => vec![format!("{statement};")],
    };
    retried_in_turn(&[statements], &table, settings).trim_end().trim_end_matches(';').to_owned()
}
