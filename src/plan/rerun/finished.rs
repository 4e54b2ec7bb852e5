//! What is true of a sequence whose work is done: what of it is gone again, what would do nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, Operation,
    QualifiedName, SqlFragment, TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::schema::{Key, key, mentions};
use crate::sql::literal;

/// The steps of a sequence, by what they do to constraints and columns. A table and the name of what is its own find them.
#[derive(Debug, Default)]
pub struct Finished {
    dropped: BTreeSet<(Key, Ident)>,
    /// The checks that are added.
    checks: BTreeMap<(Key, Ident), Vec<Check>>,
    /// The columns that become NOT NULL, by the item that wants it: a primary key has several.
    not_null: BTreeMap<usize, Vec<(Key, Ident)>>,
    loosened: BTreeSet<(Key, Ident)>,
    /// How often a column gets a default.
    defaults: BTreeMap<(Key, Ident), usize>,
}

/// A check that an item adds to a table, which is written so.
#[derive(Debug)]
struct Check {
    item: usize,
    table: QualifiedName,
    expression: SqlFragment,
}

impl Check {
    fn of(step: &Step) -> Option<Check> {
        let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else {
            return None;
        };
        let ConstraintKind::Check { expression } = &constraint.kind else { return None };
        Some(Check { item: step.item, table: table.name.clone(), expression: expression.clone() })
    }
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
                    if let (Some(name), Some(check)) = (&constraint.name, Check::of(step)) {
                        all.checks.entry((key(table), name.clone())).or_default().push(check);
                    }
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
        let check = Check::of(step)?;
        constraint.name.as_ref().filter(|name| self.is_temporary(table, name))?;
        self.is_not_null(&check)
    }

    /// The column that a check is about, which its item makes NOT NULL, is so, as a condition. One that is NOT NULL before says
    /// nothing of what is done.
    fn is_not_null(&self, Check { item, table, expression }: &Check) -> Option<String> {
        let is_it = |(of, column): &&(Key, Ident)| *of == key(table) && mentions(expression.as_str(), column.as_str());
        let column = self.not_null.get(item)?.iter().find(is_it).filter(|column| !self.loosened.contains(column))?;
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
                checks.into_iter().flatten().any(|check| self.is_not_null(check).is_some())
            }
            Operation::Column(ColumnOperation::SetDefault { table, column, .. }) => {
                self.defaults.get(&(key(table), column.clone())) == Some(&1)
            }
            _ => false,
        }
    }
}
