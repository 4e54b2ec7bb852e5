//! What the author has set for the session: names along its `search_path`, and what each step has to set again.

use std::collections::BTreeSet;

use crate::framework::migration::Migration;
use crate::framework::page::can_be_in_a_block;
use crate::operation::{
    ConstraintOperation, Decides, Fixed, Item, ObjectKind, ObjectOperation, Operation, SessionOperation, Setting,
    TransactionControl, search_path,
};
use crate::plan::{Duration, Runner, Step, Transaction};
use crate::postgres::matters;
use crate::schema::Schema;
use crate::sql::{Change, change};

/// Gives the names of a migration their schemas, where a `search_path` of its own says where they are. What stands behind a call
/// of a function that sets a parameter stays there.
pub(super) fn resolve(migration: &mut Migration, before: &Schema) {
    let has_path = migration.items.iter().any(|item| search_path(&item.settings).is_some());
    let makes_functions = || {
        let makes = |item: &Item| {
            matches!(item.operation, Operation::Object(ObjectOperation::Create { kind: ObjectKind::Function, .. }))
        };
        migration.items.iter().any(makes)
    };
    if !has_path && !before.has_setting_functions() && !makes_functions() {
        return;
    }
    let mut schema = before.clone();
    let mut is_set = false;
    for at in 0..migration.items.len() {
        let calls = migration.runs_its_text(at) && schema.calls_setting_function(migration.slice(at));
        let item = &mut migration.items[at];
        if is_set {
            item.fixed = item.fixed.or(Some(Fixed::Session));
        }
        is_set |= calls;
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
pub(super) fn assign_settings(steps: &mut [Step], items: &[Item]) {
    for at in 0..steps.len() {
        let in_force = &items[steps[at].from].settings;
        let needed =
            in_force.iter().filter(|setting| !setting.local && matters(setting, proved(steps, at))).cloned().collect();
        steps[at].settings = needed;
    }
}

/// The constraint that a step validates, where one before it adds it; else what the step does itself.
fn proved(steps: &[Step], at: usize) -> &Operation {
    let Operation::Constraint(ConstraintOperation::Validate { table, name }) = &steps[at].operation else {
        return &steps[at].operation;
    };
    let adds = |operation: &&Operation| match operation {
        Operation::Constraint(ConstraintOperation::Add { table: other, constraint }) => {
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

/// True when an operation is rewritten together with its author's BEGIN and COMMIT and with all that stands between them.
pub(super) fn takes_whole_transaction(items: &[Item], item: usize, claims: &[usize]) -> bool {
    let is_own = |at: &usize| *at == item || claims.contains(at);
    let is = |at: &usize, wanted: TransactionControl| matches!(items[*at].operation, Operation::Session(SessionOperation::Transaction(control)) if control == wanted);
    let begins = (0..item).rev().take_while(is_own).any(|at| is(&at, TransactionControl::Begin));
    let commits = (item + 1..items.len()).take_while(is_own).any(|at| is(&at, TransactionControl::Commit));
    items[item].fixed == Some(Fixed::Transaction) && begins && commits
}

/// The steps that cannot set what their session must be set to, and why.
pub(super) fn unsettable(migration: &Migration, steps: &[Step], runner: Runner) -> Option<(Vec<usize>, String)> {
    if runner.is_one_session() {
        return told_too_late(migration).map(|why| ((0..steps.len()).collect(), why));
    }
    let silent = |step: &Step| {
        let item = &migration.items[step.from];
        let in_words = step.verbatim && matches!(step.duration, Duration::Free | Duration::AsWritten);
        let needs = |setting: &Setting| step.settings.contains(setting) || (in_words && is_name(setting));
        let needed = item.settings.iter().filter(|setting| !setting.local && needs(setting));
        let has_no_room = step.transaction == Transaction::Outside && step.duration != Duration::Backfill;
        let is_control = matches!(
            step.operation,
            Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_))
        );
        let found = needed.filter(|setting| {
            !is_control
                && (has_no_room || (in_words && setting.is_of_whole_session() && !can_be_in_a_block(migration, step)))
        });
        found.map(|setting| (setting.clause.clone(), has_no_room)).next()
    };
    let found: Vec<usize> = (0..steps.len()).filter(|at| silent(&steps[*at]).is_some()).collect();
    let (clause, has_no_room) = found.first().and_then(|at| silent(&steps[*at]))?;
    let why = match has_no_room {
        true => "the file of a concurrent build has no room for it",
        false => "it cannot stand in the DO block that sets it for one file",
    };
    Some((found, format!("SET {clause} before it decides what it does, and {why}")))
}

fn is_name(setting: &Setting) -> bool {
    matches!(setting.decides, Decides::Names(_))
}

/// In a session that has run a part of the file before, its beginning would run under what is set behind it.
fn told_too_late(migration: &Migration) -> Option<String> {
    let is_set = |item: &Item| matches!(item.operation, Operation::Session(SessionOperation::SetParameter { .. }));
    let set = migration.items.iter().position(|item| is_set(item) && decides(item, &item.settings))?;
    migration.items[..set].iter().find(|item| !is_set(item))?;
    let line = migration.source.position(migration.spans[set].start).line;
    Some(format!("the SET at line {line} stands behind other statements, which would run under it the next time"))
}

/// What a migration leaves set behind it.
pub(super) fn left_behind(migration: &Migration, runner: Runner) -> Option<String> {
    let left = left_set(migration).find(|setting| !setting.local)?;
    let Setting { clause, name, .. } = left;
    Some(match left.is_of_whole_session() && !runner.is_one_session() && !is_harmless(left) {
        true => format!(
            "SET {clause} is not taken back at the end of the file, and is in the way of the runner's own statements then: \
             each step sets it for itself"
        ),
        false => format!(
            "SET {clause} holds for the migrations behind it too, unless their run begins with one of them: RESET {name} at \
             its end"
        ),
    })
}

fn left_set(migration: &Migration) -> impl Iterator<Item = &Setting> {
    migration.items.last().into_iter().flat_map(|item| item.settings.iter())
}

/// The runner finds its own tables, by default in `public`.
fn is_harmless(setting: &Setting) -> bool {
    match &setting.decides {
        Decides::Names(path) => path.iter().any(|schema| schema.as_str() == "public"),
        Decides::Who => false,
        _ => true,
    }
}

/// Where a runner works in the session of its files: the statements that set what each step sets for itself, and what takes
/// that back. What the migration leaves set for those behind it stays, unless the runner would stop at it.
pub(super) fn set_by_steps(migration: &Migration, runner: Runner) -> BTreeSet<usize> {
    if runner.is_one_session() {
        return BTreeSet::new();
    }
    let names: Vec<Option<&str>> = migration.items.iter().map(|item| parameter(&item.operation)).collect();
    // Between a SET and what takes it back the session must not have it.
    let is_last = |at: usize| !names[at + 1..].contains(&names[at]);
    let is_own = |at: &usize| {
        let item = &migration.items[*at];
        let Operation::Session(SessionOperation::SetParameter { local: false, .. }) = &item.operation else {
            return false;
        };
        let of_session = match change(&item.operation) {
            Some(Change::Set(setting)) => {
                setting.is_of_whole_session()
                    && !(is_harmless(&setting) && is_last(*at) && left_set(migration).any(|left| *left == setting))
            }
            Some(Change::Reset(name)) => ["search_path", "role", "session_authorization"].contains(&name.as_str()),
            _ => false,
        };
        of_session && item.fixed.is_none() && !migration.statement_of(*at).in_do
    };
    (0..migration.items.len()).filter(is_own).collect()
}

/// The parameter that a statement sets or resets.
fn parameter(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Session(SessionOperation::SetParameter { name, .. }) => Some(name),
        _ => None,
    }
}

fn decides(item: &Item, settings: &[Setting]) -> bool {
    parameter(&item.operation).is_some_and(|name| settings.iter().any(|setting| setting.name == name))
}
