//! What a statement that runs again would meet, where the steps behind it have run already.
//!
//! A statement in its guarded form asks whether the name that it makes is there. It does harm where that name was given
//! to something else or taken from it since, and it fails where what it reads is gone.

use std::collections::BTreeMap;

use super::around::Around;
use super::named::{is_replaced_again, names_what_goes};
use crate::operation::{
    ColumnAttribute, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, Generated, Ident,
    IndexOperation, ObjectKind, ObjectOperation, Operation, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::plan::resource::Resource;
use crate::postgres::idempotence::{Name, drops, freed_by_renaming, makes, own_name};
use crate::schema::{key, mentions, reads_column, same};

/// A step that has run behind one that runs again, with its place.
pub type Met<'a> = (usize, &'a Step);

/// Whether a step does harm, run again behind those that it met.
pub type Conflicts = dyn Fn(&Step, &[Met<'_>], &Around<'_>) -> bool;

/// True when a step would do harm or fail, run again behind those that it met.
pub fn conflicts(step: &Step, met: &[Met<'_>], around: &Around<'_>) -> bool {
    takes_away_what_is_made(step, &steps(met)) || conflicts_at_once(step, met, around)
}

/// The same where these run again with the step, in one transaction: what the step takes away is made again.
pub fn conflicts_at_once(step: &Step, met: &[Met<'_>], around: &Around<'_>) -> bool {
    let later = steps(met);
    renames_its_label(&step.operation, &later)
        || (takes_away_what_is_made(step, &later) && !is_replaced_at_once(step, &later))
        || takes_an_index_that_goes(&step.operation, &later)
        || goes_with_a_column(step, &later)
        || later.iter().any(|later| takes_away_its_key(step, later))
        || later.iter().any(|later| {
            holds_its_column(&step.operation, later, (around.text)(later).as_str())
                || points_at_its_successor(&step.operation, later)
        })
        || makes_what_is_renamed(step, met, around)
        || later.iter().any(|later| {
            names_what_goes(step, later, around)
                || is_replaced_again(&step.operation, &later.operation)
                || (is_said_of_all(&step.operation) && makes_what_has_privileges(&later.operation))
                || takes_away_its_sequence(step, later)
        })
}

fn steps<'a>(met: &[Met<'a>]) -> Vec<&'a Step> {
    met.iter().map(|(_, step)| *step).collect()
}

/// A column that is changed as nothing may be that a later one makes of it: its type is not changed where something is generated
/// from it, shown by a view or asked by a trigger or policy, and a column of a primary key is NOT NULL.
fn holds_its_column(operation: &Operation, later: &Step, text: &str) -> bool {
    match (operation, &later.operation) {
        (
            Operation::Column(ColumnOperation::SetType { table, column, .. }),
            Operation::Column(ColumnOperation::Add { table: other, column: new, .. }),
        ) => {
            let reads = |generated: &Generated| match generated {
                Generated::Stored(expression) | Generated::Virtual(expression) => {
                    mentions(expression.as_str(), column.as_str())
                }
                Generated::Identity(_) => false,
            };
            same(table, other) && new.generated.as_ref().is_some_and(reads)
        }
        (
            Operation::Column(ColumnOperation::SetType { column, table, .. }),
            Operation::Object(ObjectOperation::Create { kind, .. }),
        ) => {
            let depends = matches!(
                kind,
                ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::Rule
                    | ObjectKind::Trigger
                    | ObjectKind::Policy
            );
            depends && mentions(text, table.name.name.as_str()) && mentions(text, column.as_str())
        }
        (
            Operation::Column(ColumnOperation::DropNotNull { table, column }),
            Operation::Constraint(ConstraintOperation::Add { table: other, constraint }),
        ) => {
            let is_primary = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
            is_primary && same(table, other) && stands_on(later, column)
        }
        _ => false,
    }
}

/// A key that is dropped and has a successor of its name, and a foreign key that a later one adds: it stands on the successor,
/// which cannot be dropped then.
fn points_at_its_successor(operation: &Operation, later: &Step) -> bool {
    let Operation::Constraint(ConstraintOperation::Drop { table, cascade: false, .. }) = operation else {
        return false;
    };
    later.uses.points_at.iter().any(|(parent, _)| *parent == key(table))
}

/// A sequence that is altered and goes later: by its name, or with the table or column that owns it, which the altering
/// itself may have said.
fn takes_away_its_sequence(step: &Step, later: &Step) -> bool {
    let Operation::Object(ObjectOperation::Alter { kind: ObjectKind::Sequence, name, .. }) = &step.operation else {
        return false;
    };
    let drops = match &later.operation {
        Operation::Object(ObjectOperation::Drop { kind, .. }) => *kind == ObjectKind::Sequence,
        Operation::Table(TableOperation::Drop { .. }) | Operation::Column(ColumnOperation::Drop { .. }) => true,
        _ => false,
    };
    drops && name.as_ref().is_some_and(|name| later.uses.writes.contains(&Resource::Relation(key(name))))
}

/// A foreign key that is added, and a primary key or unique constraint that it may stand on and that goes later.
fn takes_away_its_key(step: &Step, later: &Step) -> bool {
    let Operation::Constraint(ConstraintOperation::Add { constraint, .. }) = &step.operation else { return false };
    let ConstraintKind::ForeignKey(fk) = &constraint.kind else { return false };
    later.uses.unique_until.as_ref().is_some_and(|(table, columns)| {
        let serves = fk.referenced.is_empty() || fk.referenced.iter().all(|column| columns.contains(column));
        *table == key(&fk.references) && serves
    })
}

/// Privileges on all that there is in a schema: also on what a later step has made by then.
pub(super) fn is_said_of_all(operation: &Operation) -> bool {
    match operation {
        Operation::Object(ObjectOperation::Grant { names, definition, .. }) => {
            names.is_empty() && mentions(definition.as_str(), "all") && mentions(definition.as_str(), "schema")
        }
        _ => false,
    }
}

/// It makes a table, a view, a sequence or a function.
pub(super) fn makes_what_has_privileges(operation: &Operation) -> bool {
    match operation {
        Operation::Table(TableOperation::Create(_)) => true,
        Operation::Column(ColumnOperation::Add { column, .. }) => column.is_serial() || column.is_identity(),
        Operation::Column(ColumnOperation::SetAttribute { attribute: ColumnAttribute::AddIdentity(_), .. }) => true,
        Operation::Object(ObjectOperation::Create { kind, .. }) => matches!(
            kind,
            ObjectKind::Table
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Sequence
                | ObjectKind::Function
        ),
        _ => false,
    }
}

/// Its guard compares the labels.
fn renames_its_label(operation: &Operation, later: &[&Step]) -> bool {
    let Operation::Type(TypeOperation::CreateEnum { name, .. }) = operation else { return false };
    later.iter().any(|step| {
        matches!(
            &step.operation,
            Operation::Type(TypeOperation::RenameValue { name: other, .. })
                if same(name, other)
        )
    })
}

/// It drops or renames what has that name now, and a later one gives the name to something else.
fn takes_away_what_is_made(step: &Step, later: &[&Step]) -> bool {
    let operation = &step.operation;
    let renamed: Vec<Name> = freed_by_renaming(operation).into_iter().map(|(from, _)| from).collect();
    let dropped = drops(operation);
    later.iter().any(|later| {
        let made = makes(&later.operation);
        let again = match (operation, &later.operation) {
            // Dropped and built again: the same in the end.
            (
                Operation::Index(IndexOperation::Drop { .. }),
                Operation::Index(IndexOperation::Create(_) | IndexOperation::Rename { .. }),
            ) => false,
            (Operation::Constraint(ConstraintOperation::Drop { .. }), _) if step.item == later.item => false,
            _ => made.iter().any(|name| dropped.contains(name)),
        };
        again || made.iter().any(|name| renamed.contains(name))
    })
}

/// It drops a constraint that a later one adds again as it is written, in an instant.
fn is_replaced_at_once(step: &Step, later: &[&Step]) -> bool {
    let Operation::Constraint(ConstraintOperation::Drop { .. }) = &step.operation else { return false };
    let dropped = drops(&step.operation);
    let takes = |later: &&&Step| makes(&later.operation).iter().any(|name| dropped.contains(name));
    let adds = |later: &&Step| match &later.operation {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_))
        }
        _ => false,
    };
    later.iter().filter(takes).all(adds)
}

/// It makes a constraint of an index, and a later one drops the constraint: the index is gone with it.
fn takes_an_index_that_goes(operation: &Operation, later: &[&Step]) -> bool {
    let Operation::Constraint(ConstraintOperation::Add { constraint, .. }) = operation else { return false };
    let (ConstraintKind::Unique { using_index, .. } | ConstraintKind::PrimaryKey { using_index, .. }) =
        &constraint.kind
    else {
        return false;
    };
    let own = own_name(operation);
    using_index.is_some() && later.iter().flat_map(|step| drops(&step.operation)).any(|name| own.contains(&name))
}

/// Its name is free again because a later one renamed it: it would be made once more, and stand in the rename's way, but
/// where what is in the way is dropped first.
fn makes_what_is_renamed(step: &Step, met: &[Met<'_>], around: &Around<'_>) -> bool {
    let own = own_name(&step.operation);
    met.iter().any(|(place, renaming)| {
        let mut renamed = freed_by_renaming(&renaming.operation).into_iter();
        renamed.any(|(from, to)| own.contains(&from) && !(around.drops_before)(&to, *place))
    })
}

/// True when a step takes away what has a name that a later one gives to something made before both: run again without what
/// made it, nothing would have the name.
pub fn is_succeeded_by(step: &Step, later: &Step) -> bool {
    let dropped = drops(&step.operation);
    freed_by_renaming(&later.operation).iter().any(|(_, to)| dropped.contains(to)) || goes_with_a_column(step, &[later])
}

/// A constraint that is added, and one of its columns that goes later, and the constraint with it: where both are done, it
/// cannot be added again. The column may have another name by then.
fn goes_with_a_column(step: &Step, later: &[&Step]) -> bool {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else { return false };
    // what it was called when the constraint came, by its name now; `None` for one that came since
    let mut names: BTreeMap<&Ident, Option<&Ident>> = BTreeMap::new();
    for operation in later.iter().map(|step| &step.operation) {
        match operation {
            Operation::Column(ColumnOperation::Rename { table: other, column, to }) if same(table, other) => {
                let was = names.insert(column, None).unwrap_or(Some(column));
                names.insert(to, was);
            }
            Operation::Column(ColumnOperation::Drop { table: other, column, .. }) if same(table, other) => {
                let was = names.get(column).copied().unwrap_or(Some(column));
                if was.is_some_and(|column| goes_with(step, constraint, column)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

fn goes_with(step: &Step, constraint: &Constraint, column: &Ident) -> bool {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => stands_on(step, column),
        ConstraintKind::ForeignKey(key) => key.columns.contains(column),
        ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
        ConstraintKind::Exclude(exclusion) => reads_column(&exclusion.index, column),
        ConstraintKind::NotNull { column: own } => own == column,
    }
}

/// The key that a step adds goes with the column, as far as is known.
fn stands_on(step: &Step, column: &Ident) -> bool {
    step.uses.stands_on.is_empty() || step.uses.stands_on.contains(column)
}
