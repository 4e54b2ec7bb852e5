//! What is true of a sequence whose work is done: what of it is gone again, what would do nothing.

use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, Operation,
    QualifiedName, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::schema::same;
use crate::sql::literal;

/// A constraint that a sequence adds and takes away again when it has done its work.
pub fn is_temporary<'a>(table: &QualifiedName, name: &Ident, steps: impl IntoIterator<Item = &'a Step>) -> bool {
    steps.into_iter().any(|step| match &step.operation {
        Operation::Constraint(ConstraintOperation::Drop { table: other, name: dropped, .. }) => {
            same(other, table) && dropped == name
        }
        _ => false,
    })
}

/// True when steps of a sequence take nothing away and change nothing twice, so that any part of them does nothing where
/// `all` of it was done: an index that is dropped and built anew, or built under another name, would be gone after its
/// first half.
pub fn only_adds<'a>(
    some: impl IntoIterator<Item = &'a Step>,
    all: impl IntoIterator<Item = &'a Step> + Clone,
) -> bool {
    let steps = all;
    let once = |operation: &Operation| match operation {
        Operation::Table(TableOperation::Create(_) | TableOperation::Analyze { .. })
        | Operation::Type(TypeOperation::CreateEnum { .. } | TypeOperation::AddValue { .. })
        | Operation::Index(IndexOperation::Create(_))
        | Operation::Column(ColumnOperation::Add { .. } | ColumnOperation::SetNotNull { .. })
        | Operation::Constraint(ConstraintOperation::Validate { .. })
        | Operation::Data(DataOperation::Backfill(_) | DataOperation::Assertion(_)) => true,
        // A check that stands for a time is not added again where its column is NOT NULL.
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            let drops = constraint.name.as_ref().is_some_and(|name| is_temporary(table, name, steps.clone()));
            !drops || done_where_gone(operation, steps.clone()).is_some()
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => steps.clone().into_iter().any(|step| {
            matches!(&step.operation, Operation::Constraint(ConstraintOperation::Add { table: other, constraint })
                if same(other, table) && constraint.name.as_ref() == Some(name))
                && done_where_gone(&step.operation, steps.clone()).is_some()
        }),
        Operation::Column(ColumnOperation::SetDefault { table, column, .. }) => {
            let same_column = |step: &&Step| {
                matches!(
                    &step.operation,
                    Operation::Column(ColumnOperation::SetDefault { table: other, column: too, .. })
                        if same(other, table) && too == column
                )
            };
            steps.clone().into_iter().filter(same_column).count() == 1
        }
        _ => false,
    };
    some.into_iter().all(|step| once(&step.operation))
}

/// What is true when the work of a step's constraint is done and the constraint is gone: its column is NOT NULL.
pub fn done_where_gone<'a>(operation: &Operation, steps: impl IntoIterator<Item = &'a Step> + Clone) -> Option<String> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = operation else { return None };
    let ConstraintKind::Check { .. } = constraint.kind else { return None };
    constraint.name.as_ref().filter(|name| is_temporary(table, name, steps.clone()))?;
    let item = steps.clone().into_iter().find(|s| s.operation == *operation)?.item;
    let column = steps.clone().into_iter().filter(|s| s.item == item).find_map(|s| match &s.operation {
        Operation::Column(ColumnOperation::SetNotNull { table: other, column }) if same(other, table) => Some(column),
        _ => None,
    })?;
    // A column that is NOT NULL before says nothing of what is done.
    let is_loosened = |s: &Step| {
        matches!(
            &s.operation,
            Operation::Column(ColumnOperation::DropNotNull { table: other, column: too })
                if same(other, table) && too == column
        )
    };
    if steps.into_iter().any(is_loosened) {
        return None;
    }
    Some(format!(
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND attnotnull)",
        literal(&table.name.to_string()),
        literal(column.as_str())
    ))
}
