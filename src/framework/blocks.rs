//! Which units of a sequence the runner is sent at once: brief ones that follow each other are one statement, which commits
//! after each of them, and so are validations; backfills of one table are one pass over it.

use super::migration::Migration;
use super::plpgsql::swap;
use crate::operation::{Backfill, DataOperation, Operation, TableOperation};
use crate::plan::rerun::{Rerun, is_succeeded_by, may_succeed};
use crate::plan::{Sequence, Step, Transaction, Unit, UnitKind};
use crate::schema::mentions;

/// The sequence with units joined. What committed before a later one failed runs again with it, so only brief units join of
/// which each statement can run again behind those that follow it in the block.
pub fn in_blocks(migration: &Migration, sequence: Sequence) -> Sequence {
    let mut joined = Sequence { blocks: Vec::new(), ..sequence };
    for at in 0..joined.units.len() {
        let joins = joined.blocks.last().is_some_and(|block| {
            let (block, unit) = (&joined.units[block.clone()], &joined.units[at]);
            let last = &block[block.len() - 1];
            let together = || {
                prove_together(block, unit)
                    || fill_together(block, unit)
                    || ((migration.runner.commits_by_file() || can_be_repeated(migration, unit))
                        && join(migration, block, unit))
            };
            ![last, unit].into_iter().any(|unit| is_set_for(migration, unit)) && together()
        });
        match joined.blocks.last_mut().filter(|_| joins) {
            Some(block) => block.end = at + 1,
            None => joined.blocks.push(at..at + 1),
        }
    }
    joined
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
    is_plain(fill)
        && !fill.key.is_empty()
        && block[0].phase == unit.phase
        && all().all(|other| other.is_some_and(goes_with))
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
    let takers = takers(unit);
    let succeeded = |(at, step): (usize, &Step)| {
        let mut later = takers.iter().filter(|(place, _)| *place > at);
        later.any(|(_, later)| is_succeeded_by(step, later) && swap(&step.operation, &later.operation).is_none())
    };
    unit.kind == UnitKind::Brief
        && !in_do
        && !makes_table
        && Rerun { origin: migration, units: std::slice::from_ref(unit) }.harmful(unit).is_none()
        && !unit.steps.iter().enumerate().any(succeeded)
}

/// The steps of a unit that take a name or a column from something, each with its place.
fn takers(unit: &Unit) -> Vec<(usize, &Step)> {
    unit.steps.iter().enumerate().filter(|(_, step)| may_succeed(step)).collect()
}

fn join(migration: &Migration, block: &[Unit], unit: &Unit) -> bool {
    // Between two units nothing commits in a file that is one transaction: it waits for the locks of one set of tables, and
    // what locks nothing in use may stand beside that.
    if migration.runner.commits_by_file() {
        let shares = |step: &Step| step.transaction == Transaction::Shared;
        let is_quick = |other: &Unit| {
            matches!(other.kind, UnitKind::Free | UnitKind::Brief)
                && other.phase == unit.phase
                && other.steps.iter().all(shares)
        };
        let all = || block.iter().chain([unit]);
        return all().all(is_quick) && all().filter(|other| other.kind == UnitKind::Brief).count() <= 1;
    }
    let alike = |other: &Unit| other.kind == unit.kind && other.phase == unit.phase;
    let is_repeated = block.len() > 1 || can_be_repeated(migration, &block[0]);
    let mut steps = block.iter().flat_map(|other| &other.steps);
    let takers = takers(unit);
    is_repeated
        && block.last().is_some_and(alike)
        && (takers.is_empty() || !steps.any(|step| takers.iter().any(|(_, later)| is_succeeded_by(step, later))))
        && Rerun { origin: migration, units: block }.harmful_behind(&unit.steps).is_none()
}
