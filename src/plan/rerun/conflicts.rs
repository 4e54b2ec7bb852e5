//! What a statement that runs again would meet, where the steps behind it have run already.
//!
//! A statement in its guarded form asks whether the name that it makes is there. It does harm where that name was given
//! to something else or taken from it since, and it fails where what it reads is gone.

use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, IndexOperation, ObjectKind, ObjectOperation,
    Operation, QualifiedName, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::plan::resource::Resource;
use crate::postgres::idempotence::{Name, drops, freed_by_renaming, makes, own_name};
use crate::schema::{key, mentions, reads_column, same};

/// What is known of the steps around one that runs again.
pub struct Around<'a> {
    /// A step's statement.
    pub text: &'a dyn Fn(&Step) -> String,
    /// True when what runs again drops what has that name before that place.
    pub drops_before: &'a dyn Fn(&Name, usize) -> bool,
}

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
        || later.iter().any(|later| goes_with_its_column(step, later) || takes_away_its_key(step, later))
        || makes_what_is_renamed(step, met, around)
        || later
            .iter()
            .any(|later| reads_what_goes(step, &later.operation, around.text) || takes_away_its_sequence(step, later))
}

fn steps<'a>(met: &[Met<'a>]) -> Vec<&'a Step> {
    met.iter().map(|(_, step)| *step).collect()
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

/// What it reads has another name or is gone, and no guard asks for that.
fn reads_what_goes(step: &Step, later: &Operation, text: &dyn Fn(&Step) -> String) -> bool {
    let (reads_renamed, reads_dropped) = match &step.operation {
        // The guard finds the constraint under its name.
        Operation::Constraint(ConstraintOperation::Add { .. }) => (false, true),
        Operation::Index(IndexOperation::Create(_))
        | Operation::Data(DataOperation::Update { .. } | DataOperation::Backfill(_)) => (true, true),
        Operation::Object(ObjectOperation::Create { or_replace, .. }) => (*or_replace, *or_replace),
        _ => return false,
    };
    let about = |table: &QualifiedName| {
        step.operation.table().is_some_and(|own| same(own, table)) || mentions(&text(step), table.name.as_str())
    };
    let is_own = |table: &QualifiedName| step.operation.table().is_some_and(|own| same(own, table));
    match later {
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => {
            reads_dropped && about(&table.name) && mentions(&text(step), column.as_str())
        }
        Operation::Column(ColumnOperation::Rename { table, column, .. }) => {
            reads_renamed && about(&table.name) && mentions(&text(step), column.as_str())
        }
        // Of its own table, `condition_of_being_there` asks.
        Operation::Table(TableOperation::Drop { names, .. }) => {
            reads_dropped && names.iter().any(|name| !is_own(name) && mentions(&text(step), name.name.as_str()))
        }
        Operation::Table(TableOperation::Rename { table, .. }) => {
            reads_renamed && !is_own(&table.name) && mentions(&text(step), table.name.name.as_str())
        }
        _ => false,
    }
}

/// True when a step takes away what has a name that a later one gives to something made before both: run again without what
/// made it, nothing would have the name.
pub fn is_succeeded_by(step: &Step, later: &Step) -> bool {
    let dropped = drops(&step.operation);
    freed_by_renaming(&later.operation).iter().any(|(_, to)| dropped.contains(to)) || goes_with_its_column(step, later)
}

/// A constraint that is added, and one of its columns that goes later, and the constraint with it: where both are done, it
/// cannot be added again.
fn goes_with_its_column(step: &Step, later: &Step) -> bool {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else { return false };
    let Operation::Column(ColumnOperation::Drop { table: other, column, .. }) = &later.operation else { return false };
    same(table, other)
        && match &constraint.kind {
            ConstraintKind::PrimaryKey { using_index: Some(_), .. }
            | ConstraintKind::Unique { using_index: Some(_), .. } => {
                true // the index has any of the table's columns
            }
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => {
                columns.contains(column)
            }
            ConstraintKind::ForeignKey(key) => key.columns.contains(column),
            ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
            ConstraintKind::Exclude(exclusion) => reads_column(&exclusion.index, column),
            ConstraintKind::NotNull { column: own } => own == column,
        }
}
