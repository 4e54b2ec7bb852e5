//! The steps that run again although others behind them have run already, found by what those do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::resource::Resource;
use super::conflicts::{is_said_of_all, makes_what_has_privileges};
use super::last_changes::{own_column, own_table};
use super::named::{needs_what_it_names, taken};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, Ident, ObjectKind, ObjectOperation, Operation,
    TableOperation, TypeOperation,
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
    /// Constraints that are added, by their table.
    constraints: Places<Key>,
    /// Foreign keys, by the table that they point at.
    pointing_at: Places<Key>,
    /// Enums that are made, by their names.
    enums: Places<Key>,
    /// Objects that are put in the place of others, by their names in lower case.
    replacing: Places<Arc<str>>,
    /// Columns whose type changes, or that may hold NULL from then on, by their table.
    changing: Places<Key>,
    /// Keys that are dropped and have a successor of their name, by their table.
    succeeded: Places<Key>,
    /// Privileges on all that there is in a schema.
    of_all: Vec<usize>,
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
        if let Some(table) = operation.table().filter(|_| makes_key(operation)) {
            for name in makes(operation) {
                let dropped = self.dropping.get(&name).into_iter().flatten().copied();
                let keys = dropped.filter(|at| matches!(self.steps[*at].operation, Operation::Constraint(_)));
                self.succeeded.entry(key(table)).or_default().extend(keys);
            }
        }
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
        if is_said_of_all(operation) {
            self.of_all.push(at);
        }
        if needs_what_it_names(operation) {
            self.readers.push(at);
            let mut own = words(&text(step));
            own.extend(words_of_constraint(operation));
            own.into_iter().for_each(|word| self.reading.entry(word).or_default().push(at));
        }
        match operation {
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                self.constraints.entry(key(table)).or_default().push(at);
                if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
                    self.pointing_at.entry(key(&fk.references)).or_default().push(at);
                }
            }
            Operation::Type(TypeOperation::CreateEnum { name, .. }) => {
                self.enums.entry(key(name)).or_default().push(at);
            }
            Operation::Object(ObjectOperation::Create { name: Some(name), or_replace: true, .. }) => {
                self.replacing.entry(name.name.as_str().to_lowercase().into()).or_default().push(at);
            }
            Operation::Column(ColumnOperation::SetType { table, .. } | ColumnOperation::DropNotNull { table, .. }) => {
                self.changing.entry(key(table)).or_default().push(at);
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
        taken(operation).into_iter().for_each(&mut of_word);
        match operation {
            Operation::Column(ColumnOperation::Drop { table, .. } | ColumnOperation::Rename { table, .. }) => {
                places.extend(self.constraints.get(&key(table)).into_iter().flatten());
            }
            Operation::Column(ColumnOperation::Add { table, column, .. }) if column.generated.is_some() => {
                places.extend(self.changing.get(&key(table)).into_iter().flatten());
            }
            Operation::Constraint(ConstraintOperation::Add { table, .. }) if makes_key(operation) => {
                places.extend(self.changing.get(&key(table)).into_iter().flatten());
            }
            Operation::Object(ObjectOperation::Create { name, on, .. }) => {
                let name = name.iter().map(|name| Arc::from(name.name.as_str().to_lowercase()));
                places.extend(name.filter_map(|name: Arc<str>| self.replacing.get(&name)).flatten());
                if !self.changing.is_empty() {
                    let named = later.uses.reads.iter().filter_map(relation).cloned().chain(on.as_ref().map(key));
                    places.extend(named.filter_map(|name| self.changing.get(&name)).flatten());
                }
            }
            Operation::Type(TypeOperation::RenameValue { name, .. }) => {
                places.extend(self.enums.get(&key(name)).into_iter().flatten());
            }
            _ => {}
        }
        if makes_what_has_privileges(operation) {
            places.extend(&self.of_all);
        }
        for (parent, _) in &later.uses.points_at {
            places.extend(self.succeeded.get(parent).into_iter().flatten());
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

/// It makes a primary key or a unique constraint.
fn makes_key(operation: &Operation) -> bool {
    let Operation::Constraint(ConstraintOperation::Add { constraint, .. }) = operation else { return false };
    matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
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
