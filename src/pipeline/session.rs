//! What the author has set for the session: names along its `search_path`, and what each step has to be told again.

use crate::framework::migration::Migration;
use crate::operation::{Fixed, Item, Operation, Setting, search_path};
use crate::plan::{Duration, Runner, Step, Transaction};
use crate::postgres::matters;
use crate::schema::Schema;

/// Gives the names of a migration their schemas, where a `search_path` of its own says where they are.
pub(super) fn resolve(migration: &mut Migration, before: &Schema) {
    if migration.items.iter().all(|item| search_path(&item.settings).is_none()) {
        return;
    }
    let mut schema = before.clone();
    for item in &mut migration.items {
        if let Some(path) = search_path(&item.settings) {
            match schema.along(path, &item.operation) {
                Ok(found) => item.operation = found,
                Err(_) => item.fixed = item.fixed.or(Some(Fixed::Names)),
            }
        }
        schema.apply(&item.operation);
    }
}

/// Says of each step what its session must be set to.
pub(super) fn tell(steps: &mut [Step], items: &[Item]) {
    for at in 0..steps.len() {
        let in_force = &items[steps[at].from].settings;
        let needed =
            in_force.iter().filter(|setting| !setting.local && matters(setting, proved(steps, at))).cloned().collect();
        steps[at].settings = needed;
    }
}

/// The constraint that a step validates, where one before it adds it; else what the step does itself.
fn proved(steps: &[Step], at: usize) -> &Operation {
    let Operation::ValidateConstraint { table, name } = &steps[at].operation else { return &steps[at].operation };
    let adds = |operation: &&Operation| match operation {
        Operation::AddConstraint { table: other, constraint } => {
            other.name == table.name && constraint.name.as_ref() == Some(name)
        }
        _ => false,
    };
    steps[..at].iter().map(|step| &step.operation).find(adds).unwrap_or(&steps[at].operation)
}

/// True when an operation is rewritten together with others that run under the same settings.
pub(super) fn is_one(items: &[Item], item: usize, claims: &[usize]) -> bool {
    claims.iter().all(|claim| items[*claim].settings == items[item].settings)
}

/// The steps that cannot be told what their session must be set to, and why.
pub(super) fn untold(migration: &Migration, steps: &[Step], runner: Runner) -> Option<(Vec<usize>, String)> {
    if runner.one_session {
        return told_too_late(migration).map(|why| ((0..steps.len()).collect(), why));
    }
    let silent = |step: &Step| step.transaction == Transaction::Outside && step.duration != Duration::Backfill;
    let found: Vec<usize> =
        (0..steps.len()).filter(|at| silent(&steps[*at]) && !steps[*at].settings.is_empty()).collect();
    let setting = found.first().and_then(|at| steps[*at].settings.first())?;
    let why = format!(
        "SET {} before it decides what it does, and the file of a concurrent build has no room for it",
        setting.clause
    );
    Some((found, why))
}

/// In a session that has run a part of the file before, its beginning would run under what is set behind it.
fn told_too_late(migration: &Migration) -> Option<String> {
    let is_set = |item: &Item| matches!(item.operation, Operation::SetParameter { .. });
    let set = migration.items.iter().position(|item| is_set(item) && decides(item, &item.settings))?;
    migration.items[..set].iter().find(|item| !is_set(item))?;
    let line = migration.source.position(migration.spans[set].start).line;
    Some(format!("the SET at line {line} stands behind other statements, which would run under it the next time"))
}

/// What a migration leaves set behind it.
pub(super) fn left_behind(migration: &Migration) -> Option<String> {
    let left = migration.items.last()?.settings.iter().find(|setting| !setting.local)?;
    Some(format!(
        "SET {} holds for the migrations behind it too, unless their run begins with one of them: RESET {} at its end",
        left.clause, left.name
    ))
}

fn decides(item: &Item, settings: &[Setting]) -> bool {
    let Operation::SetParameter { name, .. } = &item.operation else { return false };
    settings.iter().any(|setting| setting.name == *name)
}
