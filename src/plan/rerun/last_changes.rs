//! Where in a sequence each thing goes or changes for the last time: what a step makes or is about stays unless that is behind it.

use std::collections::{BTreeMap, HashMap};

use super::super::resource::Resource;
use crate::operation::{
    Backfill, ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, Operation, QualifiedName,
    TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::postgres::idempotence::{
    Name, column_exists, constraint_exists, drops, freed_by_renaming, own_name, table_exists,
};
use crate::schema::{Key, key, mentions};

/// The last step, by its place in the sequence, that does each of these things.
#[derive(Debug, Default)]
pub struct LastChanges {
    /// Drops what has the name, or gives it another one.
    names: HashMap<Name, usize>,
    /// Drops or renames the table.
    tables: BTreeMap<Key, usize>,
    renamed_tables: BTreeMap<Key, usize>,
    /// Drops or renames the column.
    columns: BTreeMap<(Key, Ident), usize>,
    /// The columns that are dropped, with their tables.
    dropped_columns: Vec<(QualifiedName, Ident, usize)>,
    /// Renames any column of the table.
    tables_of_renamed_columns: BTreeMap<Key, usize>,
    /// Changes the column's type.
    retyped: BTreeMap<(Key, Ident), usize>,
    /// Drops a column or a constraint of the table, and with it perhaps a constraint.
    tables_losing_constraints: BTreeMap<Key, usize>,
    /// Renames the constraint.
    renamed_constraints: BTreeMap<(Key, Ident), usize>,
    /// Drops something and what depends on it: of other tables, too.
    cascades: Option<usize>,
    /// Renames or drops a type.
    type_names: Option<usize>,
}

impl LastChanges {
    /// What these steps do, in their order.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut last = LastChanges::default();
        steps.into_iter().enumerate().for_each(|(at, step)| last.take(at, step));
        last
    }

    fn take(&mut self, at: usize, step: &Step) {
        let renamed = freed_by_renaming(&step.operation).into_iter().map(|(from, _)| from);
        self.names.extend(drops(&step.operation).into_iter().chain(renamed).map(|name| (name, at)));
        let column = |table: &QualifiedName, column: &Ident| (key(table), column.clone());
        match &step.operation {
            // its children and partitions go with it
            Operation::Table(TableOperation::Drop { cascade, .. }) => {
                self.cascades = if *cascade { Some(at) } else { self.cascades };
                let relations = step.uses.writes.iter().filter_map(|resource| match resource {
                    Resource::Relation(name) => Some((name.clone(), at)),
                    _ => None,
                });
                self.tables.extend(relations);
            }
            Operation::Table(TableOperation::Rename { table, .. }) => {
                self.tables.insert(key(table), at);
                self.renamed_tables.insert(key(table), at);
            }
            Operation::Column(ColumnOperation::Drop { table, column: gone, cascade, .. }) => {
                self.columns.insert(column(table, gone), at);
                self.dropped_columns.push((table.name.clone(), gone.clone(), at));
                self.take_constraint(table, *cascade, at);
            }
            Operation::Constraint(ConstraintOperation::Drop { table, cascade, .. }) => {
                self.take_constraint(table, *cascade, at);
            }
            Operation::Constraint(ConstraintOperation::Rename { table, name, .. }) => {
                self.renamed_constraints.insert(column(table, name), at);
            }
            Operation::Column(ColumnOperation::Rename { table, column: gone, .. }) => {
                self.columns.insert(column(table, gone), at);
                self.tables_of_renamed_columns.insert(key(table), at);
            }
            Operation::Column(ColumnOperation::SetType { table, column: own, .. }) => {
                self.retyped.insert(column(table, own), at);
            }
            Operation::Type(TypeOperation::Rename { .. } | TypeOperation::Drop { .. }) => self.type_names = Some(at),
            _ => {}
        }
    }

    /// A constraint of the table may go, and with CASCADE one of another.
    fn take_constraint(&mut self, table: &QualifiedName, cascade: bool, at: usize) {
        self.tables_losing_constraints.insert(key(table), at);
        self.cascades = if cascade { Some(at) } else { self.cascades };
    }

    /// True when no step behind a place changes what an operation there makes, so that its guard can ask for more than the name.
    pub fn leave(&self, operation: &Operation, at: usize) -> bool {
        let is_later = |last: Option<&usize>| last.is_some_and(|last| *last > at);
        let own = match freed_by_renaming(operation).as_slice() {
            [] => own_name(operation),
            renames => renames.iter().map(|(_, to)| to.clone()).collect(),
        };
        let is_changed = match operation {
            Operation::Column(ColumnOperation::Add { table, column, .. }) => {
                let own = (key(table), column.name.clone());
                is_later(self.retyped.get(&own)) || is_later(self.type_names.as_ref())
            }
            Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
                let is_renamed = |parent| is_later(self.renamed_tables.get(&key(parent)));
                let refers_to_renamed =
                    matches!(&constraint.kind, ConstraintKind::ForeignKey(fk) if is_renamed(&fk.references));
                refers_to_renamed || is_later(self.tables_of_renamed_columns.get(&key(table)))
            }
            _ => false,
        };
        // What goes with a table or view: its indexes, and what is asked of it.
        let falls = |name: &Name| match name {
            Name::Relation(name) => is_later(self.tables.get(&key(name))),
            _ => false,
        };
        !is_changed && !own.iter().any(|name| is_later(self.names.get(name)) || falls(name))
    }

    /// The condition under which what the step at a place is about is there still, where a later one drops or renames it: its
    /// table, its column or its constraint.
    pub fn condition_of_being_there(&self, step: &Step, at: usize) -> Option<String> {
        if let Operation::Data(DataOperation::Assertion(assertion)) = &step.operation {
            return self.condition_of_a_question(assertion.query.as_str(), at);
        }
        let is_later = |last: Option<&usize>| last.is_some_and(|last| *last > at);
        let table = own_table(step)?;
        let of_table = is_later(self.tables.get(&key(table))).then(|| table_exists(table));
        // It may go with a column, and a foreign key with the key that it stands on.
        if let Operation::Constraint(ConstraintOperation::Alter { name, .. }) = &step.operation {
            let renamed = self.renamed_constraints.get(&(key(table), name.clone()));
            let losing = self.tables_losing_constraints.get(&key(table));
            let may_go = [renamed, losing, self.cascades.as_ref()].into_iter().any(is_later);
            return may_go.then(|| format!("EXISTS ({})", constraint_exists(table, name))).or(of_table);
        }
        let Some(column) = own_column(step) else { return of_table };
        // A column of no table is no column.
        let of_column = is_later(self.columns.get(&(key(table), column.clone())));
        of_column.then(|| format!("EXISTS ({})", column_exists(table, column))).or(of_table)
    }

    /// The same of a query: it can be asked as long as all its columns are there.
    fn condition_of_a_question(&self, query: &str, at: usize) -> Option<String> {
        let speaks_of = |table: &QualifiedName, column: &Ident| {
            mentions(query, table.name.as_str()) && mentions(query, column.as_str())
        };
        let gone = self.dropped_columns.iter().filter(|(table, column, last)| *last > at && speaks_of(table, column));
        let there: Vec<String> =
            gone.map(|(table, column, _)| format!("EXISTS ({})", column_exists(table, column))).collect();
        (!there.is_empty()).then(|| there.join(" AND "))
    }
}

/// The table that a step is about and does not take away itself.
pub(super) fn own_table(step: &Step) -> Option<&QualifiedName> {
    let removes = matches!(
        step.operation,
        Operation::Table(TableOperation::Create(_) | TableOperation::Drop { .. } | TableOperation::Rename { .. })
    );
    step.operation.table().filter(|_| !removes)
}

/// The column that a step is about and does not take away itself.
pub(super) fn own_column(step: &Step) -> Option<&Ident> {
    match &step.operation {
        Operation::Data(DataOperation::Backfill(Backfill { column, .. })) => Some(column),
        operation => changed_column(operation),
    }
}

/// The column that stays and is changed.
pub(super) fn changed_column(operation: &Operation) -> Option<&Ident> {
    match operation {
        Operation::Column(
            ColumnOperation::SetNotNull { column, .. }
            | ColumnOperation::DropNotNull { column, .. }
            | ColumnOperation::SetDefault { column, .. }
            | ColumnOperation::DropDefault { column, .. }
            | ColumnOperation::SetType { column, .. }
            | ColumnOperation::SetAttribute { column, .. },
        ) => Some(column),
        _ => None,
    }
}
