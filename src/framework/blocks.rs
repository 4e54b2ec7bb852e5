//! Which units of a sequence the runner is sent at once: brief ones that follow each other are one statement, which commits
//! after each of them, and so are validations; backfills of one table are one pass over it.

use std::ops::Range;

use super::migration::Migration;
use super::plpgsql::swap;
use crate::operation::{Backfill, DataOperation, Operation, TableOperation};
use crate::plan::rerun::{Growing, Rerun};
use crate::plan::{Sequence, Step, Transaction, Unit, UnitKind};
use crate::schema::mentions;

/// The sequence with units joined. What committed before a later one failed runs again with it, so only brief units join of
/// which each statement can run again behind those that follow it in the block.
pub fn in_blocks(migration: &Migration, sequence: Sequence) -> Sequence {
    let units = sequence.units;
    let mut blocks: Vec<Range<usize>> = Vec::new();
    // The steps of the last block, once somebody has asked for them.
    let mut steps: Option<Growing<'_>> = None;
    for (at, unit) in units.iter().enumerate() {
        let joins = blocks.last().is_some_and(|block| {
            let block = &units[block.clone()];
            let last = &block[block.len() - 1];
            let mut together = || {
                prove_together(block, unit)
                    || fill_together(block, unit)
                    || match migration.runner.commits_by_file() {
                        true => share_file(block, unit),
                        false => repeat_together(migration, (block, &mut steps), unit),
                    }
            };
            ![last, unit].into_iter().any(|unit| is_set_for(migration, unit)) && together()
        });
        match blocks.last_mut().filter(|_| joins) {
            Some(block) => {
                block.end = at + 1;
                steps.iter_mut().for_each(|steps| steps.push(unit));
            }
            None => {
                blocks.push(at..at + 1);
                steps = None;
            }
        }
    }
    drop(steps);
    Sequence { units, blocks }
}

/// True when what the author set in the session decides what a unit does: its transaction sets that first.
fn is_set_for(migration: &Migration, unit: &Unit) -> bool {
    let needs =
        |step: &Step| !step.settings.is_empty() || (step.verbatim && !migration.items[step.from].settings.is_empty());
    unit.steps.iter().any(needs)
}

/// True when validations of other tables follow: what holds already is not read again.
fn prove_together(block: &[Unit], unit: &Unit) -> bool {
    let proves = |other: &Unit| other.kind == UnitKind::Validate && other.phase == unit.phase;
    // All in a block are alike.
    proves(unit) && block.last().is_some_and(proves)
}

/// True when a backfill gives its column values in the same pass as those of a block.
fn fill_together(block: &[Unit], unit: &Unit) -> bool {
    let Some(fill) = backfill(unit) else { return false };
    let is_plain = |fill: &Backfill| fill.todo.as_str() == format!("{} IS NULL", fill.column);
    let goes_with = |other: &Backfill| {
        let same_rows = fill.table == other.table && fill.key == other.key && fill.fires == other.fires;
        // A value is computed from the row as it was.
        let reads = mentions(fill.value.as_str(), other.column.as_str());
        same_rows && is_plain(other) && fill.column != other.column && !reads
    };
    let all = || block.iter().map(backfill);
    is_plain(fill) && block[0].phase == unit.phase && all().all(|other| other.is_some_and(goes_with))
}

fn backfill(unit: &Unit) -> Option<&Backfill> {
    match unit.steps.as_slice() {
        [Step { operation: Operation::Data(DataOperation::Backfill(fill)), .. }] => Some(fill),
        _ => None,
    }
}

/// True when each of a brief unit's statements can run again when the unit is done.
fn can_be_repeated(migration: &Migration, unit: &Unit) -> bool {
    let in_do = unit.steps.iter().any(|step| step.verbatim && migration.statement_of(step.from).in_do);
    // A table that IF NOT EXISTS may not have made is no new one to whoever reads the file.
    let makes_table =
        unit.steps.iter().any(|step| matches!(step.operation, Operation::Table(TableOperation::Create(_))));
    let is_succeeded = || {
        if unit.steps.len() < 2 {
            return false;
        }
        let steps = Growing::of(migration, std::slice::from_ref(unit));
        steps.succeeded().any(|(step, later)| swap(&step.operation, &later.operation).is_none())
    };
    unit.kind == UnitKind::Brief
        && !in_do
        && !makes_table
        && Rerun::new(migration, std::slice::from_ref(unit)).harmful(unit).is_none()
        && !is_succeeded()
}

/// True when a unit may stand beside those of a block in a file that is one transaction: between two units nothing commits there,
/// so it waits for the locks of one set of tables, and what locks nothing in use may stand beside that.
fn share_file(block: &[Unit], unit: &Unit) -> bool {
    let shares = |step: &Step| step.transaction == Transaction::Shared;
    let is_quick = |other: &Unit| {
        matches!(other.kind, UnitKind::Free | UnitKind::Brief)
            && other.phase == unit.phase
            && other.steps.iter().all(shares)
    };
    let all = || block.iter().chain([unit]);
    all().all(is_quick) && all().filter(|other| other.kind == UnitKind::Brief).count() <= 1
}

/// True when a brief unit and those of a block can run again one behind the other. `steps` are those of the block, where they are
/// known.
fn repeat_together<'a>(
    migration: &'a Migration,
    (block, steps): (&'a [Unit], &mut Option<Growing<'a>>),
    unit: &'a Unit,
) -> bool {
    let alike = |other: &Unit| other.kind == unit.kind && other.phase == unit.phase;
    let is_repeated = || block.len() > 1 || can_be_repeated(migration, &block[0]);
    if !block.last().is_some_and(alike) || !can_be_repeated(migration, unit) || !is_repeated() {
        return false;
    }
    let steps = steps.get_or_insert_with(|| Growing::of(migration, block));
    !steps.are_succeeded_by(&unit.steps) && steps.harmful_behind(&unit.steps).is_none()
}
