//! The steps that run again although others behind them have run already, found by what those do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::resource::Resource;
use super::last_changes::{own_column, own_table};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, ObjectKind,
    ObjectOperation, Operation, TableOperation, TypeOperation,
};
use crate::plan::{Step, UnitKind};
use crate::postgres::idempotence::{Name, drops, freed_by_renaming, makes, own_name};
use crate::schema::{Key, key, word_of, words};

/// Steps in order, and what a step that comes behind them finds of them without a search: a migration may have thousands.
#[derive(Default)]
pub(super) struct Before<'a> {
    pub(super) steps: Vec<&'a Step>,
    /// By the names that they free, because what had them is gone or has another one.
    freeing: Places<Name>,
    dropping: Places<Name>,
    /// By the name under which they are known to be done.
    making: Places<Name>,
    /// Those that fail, or do something else, where what they read is gone; by the words in them.
    reading: Places<Arc<str>>,
    readers: Vec<usize>,
    /// Constraints that are made of an index, and exclusion constraints, by their table.
    of_index: Places<Key>,
    /// Foreign keys, by the table that they point at.
    pointing_at: Places<Key>,
    /// Enums that are made, by their names.
    enums: Places<Key>,
    /// Sequences that are altered, by their names.
    sequences: Places<Key>,
    /// Validations, builds and backfills, by the table that they are about, and by its column.
    working_on: Places<Key>,
    working_on_column: Places<(Key, Ident)>,
}

type Places<K> = BTreeMap<K, Vec<usize>>;

impl<'a> Before<'a> {
    /// Puts a step of a unit of that kind behind them. `text` is its statement.
    pub(super) fn push(&mut self, step: &'a Step, kind: UnitKind, text: &dyn Fn(&Step) -> String) {
        let at = self.steps.len();
        self.steps.push(step);
        let operation = &step.operation;
        for name in drops(operation) {
            self.dropping.entry(name.clone()).or_default().push(at);
            self.freeing.entry(name).or_default().push(at);
        }
        for (name, _) in freed_by_renaming(operation) {
            self.freeing.entry(name).or_default().push(at);
        }
        for name in own_name(operation) {
            self.making.entry(name).or_default().push(at);
        }
        if reads(operation) {
            self.readers.push(at);
            let mut own = words(&text(step));
            own.extend(words_of_constraint(operation));
            own.into_iter().for_each(|word| self.reading.entry(word).or_default().push(at));
        }
        match operation {
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => match &constraint.kind {
                ConstraintKind::ForeignKey(fk) => self.pointing_at.entry(key(&fk.references)).or_default().push(at),
                ConstraintKind::PrimaryKey { using_index: Some(_), .. }
                | ConstraintKind::Unique { using_index: Some(_), .. }
                | ConstraintKind::Exclude(_) => {
                    self.of_index.entry(key(table)).or_default().push(at);
                }
                _ => {}
            },
            Operation::Type(TypeOperation::CreateEnum { name, .. }) => {
                self.enums.entry(key(name)).or_default().push(at);
            }
            Operation::Object(ObjectOperation::Alter { kind: ObjectKind::Sequence, name: Some(name), .. }) => {
                self.sequences.entry(key(name)).or_default().push(at);
            }
            _ => {}
        }
        if let Some(table) = own_table(step).filter(|_| matches!(kind, UnitKind::Validate | UnitKind::Alone)) {
            self.working_on.entry(key(table)).or_default().push(at);
            let column = own_column(step).map(|column| (key(table), column.clone()));
            column.into_iter().for_each(|column| self.working_on_column.entry(column).or_default().push(at));
        }
    }

    /// True when one of them from a place on, and before another place, drops what has a name.
    pub(super) fn drop(&self, name: &Name, from: usize, to: usize) -> bool {
        self.dropping.get(name).is_some_and(|places| places.iter().any(|at| (from..to).contains(at)))
    }

    /// Those that a step behind them can be in the way of, in order: all for which `conflicts` looks at it.
    pub(super) fn that_matter_to(&self, later: &Step) -> BTreeSet<usize> {
        let mut places = BTreeSet::new();
        let operation = &later.operation;
        for made in makes(operation) {
            places.extend(self.freeing.get(&made).into_iter().flatten());
        }
        let renamed = freed_by_renaming(operation).into_iter().map(|(from, _)| from);
        for gone in drops(operation).into_iter().chain(renamed) {
            places.extend(self.making.get(&gone).into_iter().flatten());
        }
        let mut of_word = |name: &Ident| match word_of(name.as_str()) {
            Some(word) => places.extend(self.reading.get(&word).into_iter().flatten()),
            None => places.extend(&self.readers),
        };
        match operation {
            Operation::Column(ColumnOperation::Drop { table, column, .. }) => {
                of_word(column);
                places.extend(self.of_index.get(&key(table)).into_iter().flatten());
            }
            Operation::Column(ColumnOperation::Rename { column, .. }) => of_word(column),
            Operation::Table(TableOperation::Drop { names, .. }) => names.iter().for_each(|name| of_word(&name.name)),
            Operation::Table(TableOperation::Rename { table, .. }) => of_word(&table.name.name),
            Operation::Type(TypeOperation::RenameValue { name, .. }) => {
                places.extend(self.enums.get(&key(name)).into_iter().flatten());
            }
            _ => {}
        }
        if let Some((table, _)) = &later.uses.unique_until {
            places.extend(self.pointing_at.get(table).into_iter().flatten());
        }
        if !self.sequences.is_empty() {
            let written = later.uses.writes.iter().filter_map(relation);
            places.extend(written.filter_map(|name| self.sequences.get(name)).flatten());
        }
        places
    }

    /// True when a step takes away what a validation, build or backfill among them is about.
    pub(super) fn are_at_work_on_what_goes(&self, later: &Step) -> bool {
        match &later.operation {
            Operation::Table(TableOperation::Drop { .. }) => {
                later.uses.writes.iter().filter_map(relation).any(|name| self.working_on.contains_key(name))
            }
            Operation::Table(TableOperation::Rename { table, .. }) => self.working_on.contains_key(&key(table)),
            Operation::Column(
                ColumnOperation::Drop { table, column, .. } | ColumnOperation::Rename { table, column, .. },
            ) => self.working_on_column.contains_key(&(key(table), column.clone())),
            _ => false,
        }
    }
}

fn relation(resource: &Resource) -> Option<&Key> {
    match resource {
        Resource::Relation(name) => Some(name),
        _ => None,
    }
}

/// It fails, or does something else, where what it reads is gone.
fn reads(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Constraint(ConstraintOperation::Add { .. })
            | Operation::Index(IndexOperation::Create(_))
            | Operation::Data(DataOperation::Update { .. } | DataOperation::Backfill(_))
            | Operation::Object(ObjectOperation::Create { .. } | ObjectOperation::Alter { .. })
    )
}

/// The words in the names of what a constraint reads, whatever its text is.
fn words_of_constraint(operation: &Operation) -> Vec<Arc<str>> {
    let Operation::Constraint(ConstraintOperation::Add { constraint, .. }) = operation else { return Vec::new() };
    let columns = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => columns.as_slice(),
        ConstraintKind::ForeignKey(key) => &key.columns,
        ConstraintKind::NotNull { column } => std::slice::from_ref(column),
        ConstraintKind::Check { expression } => return words(expression.as_str()).into_iter().collect(),
        ConstraintKind::Exclude(_) => &[],
    };
    columns.iter().filter_map(|column| word_of(column.as_str())).collect()
}
