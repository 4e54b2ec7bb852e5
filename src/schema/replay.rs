//! Replaying operations into the catalog.

use super::columns::stored_type;
use super::inheritance::{Part, is_check};
use super::store::forget;
use super::table::is_default;
use super::{Column, DEFAULT_TABLESPACE, Key, RelationKind, Schema, Table, key};
use crate::operation::{
    ColumnAttribute, ColumnDefinition, ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation,
    IndexOperation, Operation, QualifiedName, RowSecurity, SessionOperation, SqlFragment, TableAttribute,
    TableOperation, TableRef, TypeName,
};

impl Schema {
    /// Applies one operation as if it succeeded.
    pub fn apply(&mut self, operation: &Operation) {
        self.partly_known = self.partly_known || self.tells_not_all(operation);
        match operation {
            Operation::Table(operation) => self.apply_to_table(operation),
            Operation::Column(operation) => self.apply_to_column(operation),
            Operation::Constraint(operation) => self.apply_to_constraint(operation),
            Operation::Index(operation) => match operation {
                IndexOperation::Create(index) => self.create_index(index),
                IndexOperation::Drop { names, .. } => names.iter().for_each(|name| drop(self.take_index(&key(name)))),
                IndexOperation::Rename { index, to, .. } => self.rename_index(index, to),
                IndexOperation::Alter { index, .. } => self.edit_index(&key(index), |index| index.is_marked = true),
                IndexOperation::AttachPartition { .. } | IndexOperation::Reindex { .. } => {}
            },
            Operation::Type(operation) => self.apply_to_type(operation),
            Operation::Object(operation) => self.apply_to_object(operation),
            Operation::Data(operation) => match operation {
                DataOperation::Truncate { tables, cascade } => self.truncate(tables, *cascade),
                DataOperation::Insert { table, from_query, .. } => {
                    forget(&mut self.emptied, &key(table));
                    if *from_query && self.is_new(table) {
                        self.filled.insert(key(table));
                    }
                }
                // It may insert.
                DataOperation::Select { .. } => self.emptied.clear(),
                DataOperation::Update { .. }
                | DataOperation::Delete { .. }
                | DataOperation::Backfill(_)
                | DataOperation::Assertion(_) => {}
            },
            Operation::Session(SessionOperation::SetParameter { name, value, .. }) if name == "timezone" => {
                self.timezone = Some(value.trim_matches('\'').to_owned())
            }
            Operation::Session(SessionOperation::SetParameter { name, value, .. })
                if name == "default_tablespace" || name == "all" =>
            {
                self.default_tablespace = value.trim_matches(['\'', '"']) == DEFAULT_TABLESPACE;
            }
            Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::LockTable { .. }) => {}
            // It may insert, or end the transaction.
            Operation::Session(SessionOperation::Transaction(_)) => self.emptied.clear(),
            Operation::Opaque { is_program, .. } => {
                self.emptied.clear();
                self.unread = true;
                self.is_doubtful |= is_program;
            }
        }
    }

    fn apply_to_table(&mut self, operation: &TableOperation) {
        match operation {
            TableOperation::Create(create) => {
                self.create_table(create);
                if create.as_query {
                    self.filled.insert(key(&create.name));
                }
            }
            TableOperation::Drop { names, cascade, .. } => {
                names.iter().for_each(|name| self.drop_relation(name, *cascade))
            }
            // ALTER TABLE renames any relation.
            TableOperation::Rename { table, to } if self.index(table).is_some() => self.rename_index(table, to),
            TableOperation::Rename { table, to } if self.sequences.contains(&key(table)) => {
                self.rename_sequence(table, &table.sibling(to.clone()))
            }
            TableOperation::Rename { table, to } => self.rename_table(table, &table.sibling(to.clone())),
            TableOperation::SetAttribute { table, attribute } => self.table_attribute(table, attribute),
            TableOperation::AttachPartition { table, partition, bounds } => {
                self.inherit(partition, table);
                self.with(partition, |t| t.is_default_partition = is_default(bounds));
            }
            TableOperation::DetachPartition { table, partition, .. } => {
                self.with(partition, |t| {
                    t.parents.retain(|p| key(p) != key(table));
                    t.is_default_partition = false;
                    // What it keeps of its parent's keys has names that PostgreSQL chose.
                    t.columns_known = false;
                });
                self.become_local(partition);
            }
            TableOperation::Cluster { table: Some(table) } => self.mark_indexes(table),
            TableOperation::Vacuum { .. }
            | TableOperation::Analyze { .. }
            | TableOperation::Cluster { table: None } => {}
        }
    }

    fn apply_to_column(&mut self, operation: &ColumnOperation) {
        match operation {
            ColumnOperation::Add { table, column, .. } => {
                self.put_column(table, column);
                let mut inherited = self.as_inherited(table, column);
                // Keys and foreign keys are the parent's own, unless the children are its partitions.
                if self.table(table).is_none_or(|own| own.kind != RelationKind::Partitioned) {
                    inherited.constraints.retain(|constraint| {
                        matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. })
                    });
                }
                for child in self.children(table).iter().map(|t| t.name.clone()).collect::<Vec<_>>() {
                    let is_new = self.column(&child, &column.name).is_none();
                    self.put_column(&child, &inherited);
                    if is_new {
                        self.with(&child, |t| t.column_mut(&column.name, |own| own.is_local = false));
                    }
                }
            }
            ColumnOperation::Drop { table, column, cascade, .. } => {
                self.drop_borrowed(table, |own| own == column);
                let losing = self.losing(table, &Part::Column(column));
                self.drop_column(table, &losing, column);
                if *cascade {
                    self.drop_what_reads(table, Some(column));
                }
            }
            ColumnOperation::Rename { table, column, to } => self.rename_column(table, column, to),
            ColumnOperation::SetNotNull { table, column } => {
                self.meant(table, |schema, t| schema.edit_flags(t, |t| t.column_mut(column, |c| c.not_null = true)))
            }
            ColumnOperation::DropNotNull { table, column } => {
                self.meant(table, |schema, t| schema.edit_flags(t, |t| t.column_mut(column, |c| c.not_null = false)))
            }
            ColumnOperation::SetDefault { table, column, default } => {
                let set = |c: &mut Column| c.default = Some(default.clone());
                self.meant(table, |schema, t| schema.edit_column(t, column, set));
            }
            ColumnOperation::DropDefault { table, column } => {
                self.meant(table, |schema, t| schema.edit_column(t, column, |c| c.default = None));
            }
            ColumnOperation::SetType { table, column, ty, collation, .. } => {
                let change = |c: &mut Column| {
                    c.default = c.default.take().map(|default| converted(&default, &c.ty));
                    c.ty = stored_type(ty);
                    c.sure = true;
                    c.collated = collation.is_some();
                };
                self.family(table, |schema, t| schema.edit_column(t, column, change));
            }
            ColumnOperation::SetAttribute { table, column, attribute } => match attribute {
                ColumnAttribute::AddIdentity(identity) => self.add_identity(table, column, identity),
                ColumnAttribute::DropIdentity { .. } => self.drop_identity(table, column),
                ColumnAttribute::DropExpression { .. } => {
                    self.family(table, |schema, t| schema.edit(t, |t| t.column_mut(column, |c| c.generated = None)));
                }
                ColumnAttribute::Statistics
                | ColumnAttribute::Storage
                | ColumnAttribute::Compression
                | ColumnAttribute::ChangeIdentity
                | ColumnAttribute::SetExpression => {}
            },
        }
    }

    fn apply_to_constraint(&mut self, operation: &ConstraintOperation) {
        match operation {
            ConstraintOperation::Add { table, constraint } => {
                self.put_constraint(table, constraint);
                self.pass_on_check(table, constraint);
            }
            ConstraintOperation::Drop { table, name, cascade, .. } => {
                if *cascade {
                    self.drop_what_stands_on(table, name);
                }
                let losing = self.losing(table, &Part::Constraint(name));
                self.drop_constraint(table, &losing, name);
            }
            ConstraintOperation::Validate { table, name } => self.validate(table, name),
            ConstraintOperation::Rename { table, name, to } => {
                let rename = |t: &mut Table| t.rename_constraint(name, to);
                match self.constraint(table, name).is_some_and(|state| is_check(&state.constraint)) {
                    true => self.family(table, |schema, t| schema.edit_constraints(t, rename)),
                    false => self.edit_constraints(&key(table), rename),
                }
                self.rename_index(&table.sibling(name.clone()), to);
            }
            ConstraintOperation::Alter { .. } => {}
        }
    }

    pub(super) fn with(&mut self, name: &QualifiedName, change: impl FnOnce(&mut Table)) {
        self.edit(&key(name), change);
    }

    /// Does something to the table and its children.
    pub(super) fn family<R>(&mut self, name: &QualifiedName, change: impl Fn(&mut Schema, &Key) -> R) {
        let children: Vec<Key> = self.children(name).iter().map(|t| key(&t.name)).collect();
        for table in std::iter::once(key(name)).chain(children) {
            change(self, &table);
        }
    }

    /// A new column as the children get it: a serial counts with the parent's sequence, an identity is the parent's alone.
    fn as_inherited(&self, table: &QualifiedName, column: &ColumnDefinition) -> ColumnDefinition {
        if column.is_identity() {
            return ColumnDefinition { generated: None, not_null: true, ..column.clone() };
        }
        if !column.is_serial() {
            return column.clone();
        }
        let default = self.column(table, &column.name).and_then(|own| own.default.clone());
        ColumnDefinition { ty: stored_type(&column.ty), not_null: true, default, ..column.clone() }
    }

    /// The table and, unless ONLY is said, its children.
    fn meant<R>(&mut self, table: &TableRef, change: impl Fn(&mut Schema, &Key) -> R) {
        match table.only {
            true => drop(change(self, &key(table))),
            false => self.family(table, change),
        }
    }

    /// Emptied are also the partitions, and with CASCADE what references them.
    fn truncate(&mut self, tables: &[QualifiedName], cascade: bool) {
        let mut open: Vec<QualifiedName> = tables.to_vec();
        while let Some(table) = open.pop() {
            if self.emptied.insert(key(&table)).is_some() {
                continue;
            }
            open.extend(self.children(&table).iter().map(|t| t.name.clone()));
            if cascade {
                open.extend(self.referencing(&table).iter().map(|(t, _)| t.name.clone()));
            }
        }
    }

    fn table_attribute(&mut self, table: &QualifiedName, attribute: &TableAttribute) {
        match attribute {
            TableAttribute::Inherit(parent) => self.inherit(table, parent),
            TableAttribute::RowSecurity(RowSecurity::Enable) => self.with(table, |t| t.row_security = true),
            TableAttribute::RowSecurity(RowSecurity::Disable) => self.with(table, |t| t.row_security = false),
            // A partitioned table stores nothing; before 18 nothing happens to it, then it is refused.
            TableAttribute::Persistence(_)
                if self.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned) => {}
            TableAttribute::Persistence(persistence) => self.with(table, |t| t.persistence = *persistence),
            TableAttribute::ToggleTrigger(toggle) => self.toggle("trigger", table, toggle),
            TableAttribute::ToggleRule(toggle) => self.toggle("rule", table, toggle),
            TableAttribute::ReplicaIdentity | TableAttribute::ClusterIndex => self.mark_indexes(table),
            TableAttribute::NoInherit(parent) => {
                self.with(table, |t| t.parents.retain(|p| key(p) != key(parent)));
                if self.table(table).is_some_and(|t| t.parents.is_empty()) {
                    self.become_local(table);
                }
            }
            _ => {}
        }
    }

    /// Something is said of one of a table's indexes.
    fn mark_indexes(&mut self, table: &QualifiedName) {
        for index in self.index_keys(&key(table)) {
            self.edit_index(&index, |index| index.is_marked = true);
        }
    }
}

/// A default whose column changes its type goes through the old one, and so keeps it.
fn converted(default: &SqlFragment, from: &TypeName) -> SqlFragment {
    match from.is_built_in() {
        true => default.clone(),
        false => SqlFragment::new(&format!("({default})::{from}")),
    }
}
