//! What is true of a sequence whose work is done: what of it is gone again, what would do nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, Operation,
    QualifiedName, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::schema::{Key, key};
use crate::sql::literal;

/// The steps of a sequence, by what they do to constraints and columns. A table and the name of what is its own find them.
#[derive(Debug, Default)]
pub struct Finished {
    dropped: BTreeSet<(Key, Ident)>,
    /// The checks that are added, with the items that want them and their tables as they are written.
    checks: BTreeMap<(Key, Ident), Vec<(usize, QualifiedName)>>,
    /// The columns that become NOT NULL, by the item that wants it.
    not_null: BTreeMap<usize, Vec<(Key, Ident)>>,
    loosened: BTreeSet<(Key, Ident)>,
    /// How often a column gets a default.
    defaults: BTreeMap<(Key, Ident), usize>,
}

impl Finished {
    /// All steps of a sequence.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut all = Finished::default();
        for step in steps {
            match &step.operation {
                Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
                    all.dropped.insert((key(table), name.clone()));
                }
                Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                    let is_check = matches!(constraint.kind, ConstraintKind::Check { .. });
                    let name = constraint.name.iter().filter(|_| is_check).map(|name| (key(table), name.clone()));
                    let check = (step.item, table.name.clone());
                    name.for_each(|name| all.checks.entry(name).or_default().push(check.clone()));
                }
                Operation::Column(ColumnOperation::SetNotNull { table, column }) => {
                    all.not_null.entry(step.item).or_default().push((key(table), column.clone()));
                }
                Operation::Column(ColumnOperation::DropNotNull { table, column }) => {
                    all.loosened.insert((key(table), column.clone()));
                }
                Operation::Column(ColumnOperation::SetDefault { table, column, .. }) => {
                    *all.defaults.entry((key(table), column.clone())).or_default() += 1;
                }
                _ => {}
            }
        }
        all
    }

    /// A constraint that a sequence adds and takes away again when it has done its work.
    pub fn is_temporary(&self, table: &QualifiedName, name: &Ident) -> bool {
        self.dropped.contains(&(key(table), name.clone()))
    }

    /// What is true when the work of a step's constraint is done and the constraint is gone: its column is NOT NULL.
    pub fn done_where_gone(&self, step: &Step) -> Option<String> {
        let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else {
            return None;
        };
        let ConstraintKind::Check { .. } = constraint.kind else { return None };
        constraint.name.as_ref().filter(|name| self.is_temporary(table, name))?;
        self.is_not_null(step.item, table)
    }

    /// The column of a table that an item makes NOT NULL is so, as a condition. One that is NOT NULL before says nothing of what
    /// is done.
    fn is_not_null(&self, item: usize, table: &QualifiedName) -> Option<String> {
        let mut of_item = self.not_null.get(&item)?.iter();
        let column = of_item.find(|(of, _)| *of == key(table)).filter(|column| !self.loosened.contains(column))?;
        Some(format!(
            "EXISTS (SELECT FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND attnotnull)",
            literal(&table.to_string()),
            literal(column.1.as_str())
        ))
    }

    /// True when some steps of the sequence take nothing away and change nothing twice, so that any part of them does nothing
    /// where all of it was done: an index that is dropped and built anew, or built under another name, would be gone after its
    /// first half.
    pub fn only_adds<'s>(&self, some: impl IntoIterator<Item = &'s Step>) -> bool {
        some.into_iter().all(|step| self.only_adds_one(step))
    }

    fn only_adds_one(&self, step: &Step) -> bool {
        match &step.operation {
            Operation::Table(TableOperation::Create(_) | TableOperation::Analyze { .. })
            | Operation::Type(TypeOperation::CreateEnum { .. } | TypeOperation::AddValue { .. })
            | Operation::Index(IndexOperation::Create(_))
            | Operation::Column(ColumnOperation::Add { .. } | ColumnOperation::SetNotNull { .. })
            | Operation::Constraint(ConstraintOperation::Validate { .. })
            | Operation::Data(DataOperation::Backfill(_) | DataOperation::Assertion(_)) => true,
            // A check that stands for a time is not added again where its column is NOT NULL.
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                let drops = constraint.name.as_ref().is_some_and(|name| self.is_temporary(table, name));
                !drops || self.done_where_gone(step).is_some()
            }
            Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
                let checks = self.checks.get(&(key(table), name.clone()));
                checks.into_iter().flatten().any(|(item, table)| self.is_not_null(*item, table).is_some())
            }
            Operation::Column(ColumnOperation::SetDefault { table, column, .. }) => {
                self.defaults.get(&(key(table), column.clone())) == Some(&1)
            }
            _ => false,
        }
    }
}
