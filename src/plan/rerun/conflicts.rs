//! What a statement that runs again would meet, where the steps behind it have run already.
//!
//! A statement in its guarded form asks whether the name that it makes is there. It does harm where that name was given
//! to something else or taken from it since, and it fails where what it reads is gone.

use super::named::{is_replaced_again, names_what_goes};
use crate::operation::{
    Backfill, ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Generated, IndexOperation,
    ObjectKind, ObjectOperation, Operation, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::plan::resource::Resource;
use crate::postgres::idempotence::{
    Name, column_exists, constraint_exists, drops, freed_by_renaming, makes, own_name, table_exists,
};
use crate::schema::{key, mentions, reads_column, same};

/// True when a step would do harm or fail, run again behind `later`. Before `later`, `again` runs again, the step among
/// it. `text` is a step's statement.
pub fn conflicts<'a>(step: &'a Step, again: &[&'a Step], later: &[&'a Step], text: &dyn Fn(&Step) -> String) -> bool {
    takes_away_what_is_made(step, later) || conflicts_at_once(step, again, later, text)
}

/// The same where `later` runs again with the step, in one transaction: what the step takes away is made again.
pub fn conflicts_at_once<'a>(
    step: &'a Step,
    again: &[&'a Step],
    later: &[&'a Step],
    text: &dyn Fn(&Step) -> String,
) -> bool {
    let all: Vec<&Step> = again.iter().chain(later).copied().collect();
    renames_its_label(&step.operation, later)
        || (takes_away_what_is_made(step, later) && !is_replaced_at_once(step, later))
        || takes_an_index_that_goes(&step.operation, later)
        || later.iter().any(|later| goes_with_its_column(step, later) || takes_away_its_key(step, later))
        || later.iter().any(|later| holds_its_column(&step.operation, &later.operation, text(later).as_str()))
        || later.iter().any(|later| points_at_its_successor(step, later, &all))
        || makes_what_is_renamed(step, again, later)
        || later.iter().any(|gone| {
            names_what_goes(step, gone, &all, text)
                || is_replaced_again(&step.operation, &gone.operation, &all)
                || takes_away_its_sequence(step, gone)
        })
}

/// A column that is changed as nothing may be that a later one makes of it: its type is not changed where something is generated
/// from it, shown by a view or asked by a trigger or policy, and a column of a primary key is NOT NULL.
fn holds_its_column(operation: &Operation, later: &Operation, text: &str) -> bool {
    match (operation, later) {
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
        ) => match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, using_index, .. } => {
                same(table, other) && (using_index.is_some() || columns.contains(column))
            }
            _ => false,
        },
        _ => false,
    }
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

/// A key that is dropped, has a successor of its name, and a foreign key that a later one adds: it stands on the successor, which
/// cannot be dropped then.
fn points_at_its_successor(step: &Step, later: &Step, all: &[&Step]) -> bool {
    let Operation::Constraint(ConstraintOperation::Drop { table, cascade: false, .. }) = &step.operation else {
        return false;
    };
    let dropped = drops(&step.operation);
    let succeeds = |other: &&Step| match &other.operation {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            let is_key = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
            is_key && makes(&other.operation).iter().any(|name| dropped.contains(name))
        }
        _ => false,
    };
    let mut behind = all.iter().skip_while(|other| !std::ptr::eq(**other, step)).copied();
    later.uses.points_at.iter().any(|(parent, _)| *parent == key(table)) && behind.any(|other| succeeds(&other))
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
fn makes_what_is_renamed(step: &Step, again: &[&Step], later: &[&Step]) -> bool {
    let own = own_name(&step.operation);
    later.iter().enumerate().any(|(at, renaming)| {
        let before = || again.iter().chain(&later[..at]);
        freed_by_renaming(&renaming.operation)
            .iter()
            .any(|(from, to)| own.contains(from) && !before().any(|earlier| drops(&earlier.operation).contains(to)))
    })
}

/// True when a step takes away what has a name that a later one gives to something made before both: run again without what
/// made it, nothing would have the name.
pub fn is_succeeded_by(step: &Step, later: &Step) -> bool {
    let dropped = drops(&step.operation);
    freed_by_renaming(&later.operation).iter().any(|(_, to)| dropped.contains(to)) || goes_with_its_column(step, later)
}

/// True for what `is_succeeded_by` may find behind another step.
pub fn may_succeed(later: &Step) -> bool {
    matches!(later.operation, Operation::Column(ColumnOperation::Drop { .. }))
        || !freed_by_renaming(&later.operation).is_empty()
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

/// True when no later step changes what a step makes, so that its guard can ask for more than the name.
pub fn stays<'a>(operation: &Operation, later: impl IntoIterator<Item = &'a Step>) -> bool {
    let own = match freed_by_renaming(operation).as_slice() {
        [] => own_name(operation),
        renames => renames.iter().map(|(_, to)| to.clone()).collect(),
    };
    let referenced = match operation {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(&key.references),
            _ => None,
        },
        _ => None,
    };
    !later.into_iter().map(|step| &step.operation).any(|later| {
        let renamed = freed_by_renaming(later);
        let gone = drops(later).into_iter().chain(renamed.into_iter().map(|(from, _)| from));
        let changed = match (operation, later) {
            (
                Operation::Column(ColumnOperation::Add { table, column, .. }),
                Operation::Column(ColumnOperation::SetType { table: other, column: own, .. }),
            ) => same(table, other) && column.name == *own,
            (
                Operation::Column(ColumnOperation::Add { .. }),
                Operation::Type(TypeOperation::Rename { .. } | TypeOperation::Drop { .. }),
            ) => true,
            (
                Operation::Constraint(ConstraintOperation::Add { table, .. }),
                Operation::Column(ColumnOperation::Rename { table: other, .. }),
            ) => same(table, other),
            (_, Operation::Table(TableOperation::Rename { table, .. })) => {
                referenced.is_some_and(|parent| same(parent, table))
            }
            _ => false,
        };
        changed || gone.into_iter().any(|name| own.contains(&name))
    })
}

/// The condition under which what a step is about is there still, where a later one drops or renames it: its table, its
/// column or its constraint.
pub fn condition_of_being_there<'a>(
    step: &'a Step,
    later: impl IntoIterator<Item = &'a Step> + Clone,
) -> Option<String> {
    let removes = matches!(
        step.operation,
        Operation::Table(TableOperation::Create(_) | TableOperation::Drop { .. } | TableOperation::Rename { .. })
    );
    let table = step.operation.table().filter(|_| !removes)?;
    let table_goes = |later: &Step| match &later.operation {
        // its children and partitions go with it
        Operation::Table(TableOperation::Drop { .. }) => later.uses.writes.contains(&Resource::Relation(key(table))),
        Operation::Table(TableOperation::Rename { table: other, .. }) => same(other, table),
        _ => false,
    };
    let of_table = later.clone().into_iter().any(table_goes).then(|| table_exists(table));
    let column = match &step.operation {
        Operation::Column(
            ColumnOperation::SetNotNull { column, .. }
            | ColumnOperation::DropNotNull { column, .. }
            | ColumnOperation::SetDefault { column, .. }
            | ColumnOperation::DropDefault { column, .. }
            | ColumnOperation::SetType { column, .. }
            | ColumnOperation::SetAttribute { column, .. },
        )
        | Operation::Data(DataOperation::Backfill(Backfill { column, .. })) => column,
        // It may go with a column, and a foreign key with the key that it stands on.
        Operation::Constraint(ConstraintOperation::Alter { table, name, .. }) => {
            let may_go = |later: &Step| match &later.operation {
                Operation::Column(ColumnOperation::Drop { table: other, cascade, .. })
                | Operation::Constraint(ConstraintOperation::Drop { table: other, cascade, .. }) => {
                    *cascade || same(other, table)
                }
                Operation::Constraint(ConstraintOperation::Rename { table: other, name: gone, .. }) => {
                    same(other, table) && gone == name
                }
                Operation::Table(TableOperation::Drop { cascade, .. }) => *cascade,
                _ => false,
            };
            let there = || format!("EXISTS ({})", constraint_exists(table, name));
            return later.into_iter().any(may_go).then(there).or(of_table);
        }
        _ => return of_table,
    };
    let column_goes = |later: &Step| match &later.operation {
        Operation::Column(
            ColumnOperation::Drop { table: other, column: gone, .. }
            | ColumnOperation::Rename { table: other, column: gone, .. },
        ) => same(other, table) && gone == column,
        _ => false,
    };
    // A column of no table is no column.
    later.into_iter().any(column_goes).then(|| format!("EXISTS ({})", column_exists(table, column))).or(of_table)
}
