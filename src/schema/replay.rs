//! Replaying operations into the catalog.

use super::columns::{reads_column, stored_type};
use super::inheritance::{Part, inherited, is_check};
use super::links::Tie;
use super::redundant::without_redundant_keys;
use super::store::forget;
use super::{
    Age, Column, ConstraintState, DEFAULT_TABLESPACE, Index, Key, List, RelationKind, Schema, Table, common, key,
    mentions,
};
use crate::operation::{
    ColumnAttribute, ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex,
    CreateTable, DataOperation, Generated, Ident, IndexOperation, ObjectKind, Operation, QualifiedName, RowSecurity,
    SessionOperation, SqlFragment, TableAttribute, TableOperation, TableRef, TypeName,
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
            TableOperation::AttachPartition { table, partition, bounds } => self.with(partition, |t| {
                t.parents.push(table.name.clone());
                t.is_default_partition = is_default(bounds);
            }),
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

    fn create_table(&mut self, create: &CreateTable) {
        let is_apart = create.persistence.is_temporary(); // in a schema of its own
        if create.if_not_exists && !is_apart && self.has_surely(&create.name) {
            return;
        }
        if let Some(known) = self.table(&create.name) {
            if create.if_not_exists || known.is_sure() || known.age == Age::New {
                return;
            }
            // Only what a framework wrote down knows it: that the statement succeeds proves that it was not there.
            self.drop_relation(&create.name, false);
        }
        let may_be_there = create.if_not_exists && !create.persistence.is_temporary() && !self.is_complete();
        let age = if may_be_there && !self.gone.contains(&key(&create.name)) { Age::Existing } else { Age::New };
        let parents: Vec<QualifiedName> = create.inherits.iter().chain(&create.partition_of).cloned().collect();
        // A column that several of them have is one.
        let mut columns: List<Column> = List::default();
        let copied: Vec<Column> = create.like.iter().flat_map(|like| self.columns_like(like)).collect();
        for mut column in copied {
            if !columns.has(&column.name) {
                self.number_copy(&create.name, &mut column);
                columns.push(column);
            }
        }
        let of_parents = parents.iter().filter_map(|parent| self.table(parent)).flat_map(|t| &t.columns);
        for column in of_parents {
            if !columns.has(&column.name) {
                columns.push(inherited(column, create.partition_of.is_some()));
            }
        }
        let columns_known =
            !create.as_query && create.sources().all(|t| self.table(t).is_some_and(|t| t.columns_known));
        self.touch(&create.name);
        let merged = without_redundant_keys(create);
        let create = merged.as_ref().unwrap_or(create);
        columns.reserve(create.columns.len());
        for definition in &create.columns {
            let column = self.new_column(&create.name, definition);
            columns.change(&column.name, |inherited| inherited.is_local = true);
            if !columns.has(&column.name) {
                self.owns_sequence(&create.name, &column);
                columns.push_shared(common::shared(column));
            }
        }
        let kind = if create.partition_key.is_some() { RelationKind::Partitioned } else { RelationKind::Table };
        let table = Table {
            name: create.name.clone(),
            kind,
            age,
            persistence: create.persistence,
            columns,
            columns_known,
            constraints: List::default(),
            parents,
            partition_key: create.partition_key.clone().unwrap_or_default(),
            is_default_partition: create.bounds.as_ref().is_some_and(is_default),
            row_security: false,
        };
        let checks = self.inherited_checks(create, &table.parents);
        self.put_table(Table { constraints: checks.into_iter().collect(), ..table });
        let inline = create.columns.iter().flat_map(|column| &column.constraints);
        inline.chain(&create.constraints).for_each(|c| self.put_constraint(&create.name, c));
        create.like.iter().for_each(|like| self.copy_indexes(like, &create.name));
        if age == Age::Existing {
            self.age_table(&create.name);
        }
    }

    /// The table and all that is on it may have been there before.
    fn age_table(&mut self, name: &QualifiedName) {
        self.with(name, |table| {
            table.gets_older();
        });
        let indexes: Vec<Key> = self.indexes_of(name).map(|index| key(&index.name)).collect();
        for index in indexes {
            self.edit_index(&index, |index| index.age = Age::Existing);
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

    pub(super) fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        let gone = key(name);
        self.drop_borrowed(name, |_| true);
        self.drop_statistics(name, None);
        let partitions: Vec<QualifiedName> = self.children(name).iter().map(|t| t.name.clone()).collect();
        let pointing: Vec<Key> = self.links.of(Tie::References(gone.clone())).cloned().collect();
        let taken = self.take_table(&gone);
        let owned = taken.iter().flat_map(|table| self.owned_sequences(table, |_| true)).collect::<Vec<_>>();
        owned.iter().for_each(|name| self.take_sequence(name));
        let partitioned = taken.is_some_and(|t| t.kind == RelationKind::Partitioned);
        self.drop_indexes(name, |_| true);
        if cascade {
            self.drop_what_reads(name, None);
        }
        self.dependents.remove_on(&gone);
        self.dependents.remove_named(&gone, |_| true);
        let points = |c: &Constraint| matches!(&c.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == gone);
        for table in pointing {
            self.edit_constraints(&table, |t| t.constraints.retain(|c| !points(&c.constraint)));
        }
        if cascade || partitioned {
            partitions.iter().for_each(|p| self.drop_relation(p, true));
        }
    }

    /// The defaults of other tables that count with a sequence of these columns go with it.
    fn drop_borrowed(&mut self, table: &QualifiedName, columns: impl Fn(&Ident) -> bool) {
        let borrowers =
            self.borrowers(table, columns).into_iter().map(|(other, column)| (key(&other.name), column.clone()));
        for (other, column) in borrowers.collect::<Vec<_>>() {
            self.edit(&other, |t| t.column_mut(&column, |c| c.default = None));
        }
    }

    pub(super) fn rename_table(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let old = key(from);
        let Some(mut table) = self.take_table(&old) else { return };
        table.name = to.clone();
        self.touch(to);
        self.put_table(table);
        for rows in [&mut self.filled, &mut self.emptied] {
            if rows.remove(&old).is_some() {
                rows.insert(key(to));
            }
        }
        let moved = |name: &mut QualifiedName| {
            if key(name) == old {
                *name = to.clone()
            }
        };
        for name in self.index_keys(&old) {
            if let Some(mut index) = self.take_index(&name) {
                moved(&mut index.table);
                self.put_index(index);
            }
        }
        let children = self.links.of(Tie::ChildOf(old.clone()));
        let tied: Vec<Key> = children.chain(self.links.of(Tie::References(old.clone()))).cloned().collect();
        for name in tied {
            self.edit(&name, |t| {
                t.parents.iter_mut().for_each(moved);
                let points = |state: &ConstraintState| matches!(&state.constraint.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == old);
                t.constraints.change_all(points, |state| {
                    if let ConstraintKind::ForeignKey(fk) = &mut state.constraint.kind {
                        fk.references = to.clone();
                    }
                });
            });
        }
        self.rename_in_views(from, &from.name, &to.name);
        self.dependents.move_to(&old, to);
    }

    pub(super) fn set_schema(&mut self, kind: ObjectKind, name: &QualifiedName, to: &Ident) {
        let moved = QualifiedName { schema: Some(to.clone()), name: name.name.clone() };
        match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                self.rename_table(name, &moved);
                let owned = self.table(&moved).into_iter().flat_map(|t| &t.columns);
                let sequences: Vec<Ident> = owned.filter_map(|c| c.sequence.clone()).collect();
                for sequence in sequences {
                    self.rename_sequence(&name.sibling(sequence.clone()), &moved.sibling(sequence));
                }
                for old in self.index_keys(&key(&moved)) {
                    if let Some(mut index) = self.take_index(&old) {
                        index.name.schema = Some(to.clone());
                        self.put_index(index);
                    }
                }
            }
            ObjectKind::Type | ObjectKind::Domain => self.rename_type(name, &moved),
            _ => {}
        }
    }

    fn table_attribute(&mut self, table: &QualifiedName, attribute: &TableAttribute) {
        match attribute {
            TableAttribute::Inherit(parent) => self.with(table, |t| t.parents.push(parent.clone())),
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

    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        let name = index.name.clone().unwrap_or_else(|| self.index_name(index));
        let name = index.table.sibling(name);
        let state = Index {
            name: name.clone(),
            table: QualifiedName::clone(&index.table),
            unique: index.unique,
            definition: index.definition.clone(),
            constraint: None,
            age: Age::New,
            sure: true,
            is_marked: false,
        };
        if index.if_not_exists && self.has_surely(&name) {
            return;
        }
        self.touch(&name);
        if !self.indexes.contains_key(&key(&name)) {
            self.put_index(state);
        }
    }

    fn rename_index(&mut self, from: &QualifiedName, to: &Ident) {
        let Some(mut index) = self.take_index(&key(from)) else { return };
        index.name = index.table.sibling(to.clone());
        if let Some(constraint) = index.constraint.replace(to.clone()) {
            self.edit_constraints(&key(&index.table), |t| t.rename_constraint(&constraint, to));
        } else {
            index.constraint = None;
        }
        self.touch(&index.name);
        self.put_index(index);
    }

    /// `losing` are the table and its children that lose it too.
    fn drop_column(&mut self, table: &QualifiedName, losing: &[QualifiedName], column: &Ident) {
        for (referencing, name) in self.standing_on(table, |columns| columns.contains(column)) {
            self.drop_foreign_key(&referencing, &name);
        }
        let owned = self.table(table).map(|t| self.owned_sequences(t, |name| name == column)).unwrap_or_default();
        owned.iter().for_each(|name| self.take_sequence(name));
        // What is computed from it cannot stay: it goes with CASCADE, before 15 also without.
        let computed = |c: &Column| match &c.generated {
            Some(Generated::Stored(text) | Generated::Virtual(text)) => mentions(text.as_str(), column.as_str()),
            _ => false,
        };
        let goes = |c: &Column| c.name == *column || computed(c);
        for table in losing {
            self.drop_statistics(table, Some(column));
            self.take_parts(&key(table), goes, |state| uses_column(&state.constraint, column));
            self.drop_indexes(table, |index| index.uses_column(column));
        }
    }

    /// The foreign keys that stand on a key: of two that cover the same columns, the older one (`transformFkeyCheckAttrs`). Without
    /// CASCADE there are none, or the key does not go.
    fn drop_what_stands_on(&mut self, table: &QualifiedName, name: &Ident) {
        let Some(state) = self.table(table) else { return };
        let columns = |state: &ConstraintState| state.constraint.key_columns().map(<[Ident]>::to_vec);
        let Some(own) = state.constraints.get(name).and_then(columns) else { return };
        let is_older_twin = |other: &ConstraintState| columns(other).as_ref() == Some(&own);
        if state.constraints.iter().take_while(|other| other.name != *name).any(is_older_twin) {
            return;
        }
        for (referencing, name) in self.standing_on(table, |referenced| referenced == own) {
            self.drop_foreign_key(&referencing, &name);
        }
    }

    /// With the key that it stood on.
    fn drop_foreign_key(&mut self, table: &QualifiedName, name: &Ident) {
        let losing = self.losing(&table.clone().into(), &Part::Constraint(name));
        self.drop_constraint(table, &losing, name);
    }

    /// `losing` are the table and its children that lose it too.
    fn drop_constraint(&mut self, table: &QualifiedName, losing: &[QualifiedName], name: &Ident) {
        for table in losing {
            self.edit_constraints(&key(table), |t| t.constraints.retain(|c| c.name != *name));
        }
        self.drop_indexes(table, |index| index.constraint.as_ref() == Some(name));
    }

    /// The foreign keys that point at columns of a table; one that names none points at its primary key.
    pub(super) fn standing_on(
        &self,
        table: &QualifiedName,
        columns: impl Fn(&[Ident]) -> bool,
    ) -> Vec<(QualifiedName, Ident)> {
        let primary = self.table(table).and_then(Table::primary_key).unwrap_or_default();
        let stands = |state: &ConstraintState| match &state.constraint.kind {
            ConstraintKind::ForeignKey(fk) if fk.referenced.is_empty() => columns(primary),
            ConstraintKind::ForeignKey(fk) => columns(&fk.referenced),
            _ => false,
        };
        let pointing = self.referencing(table).into_iter().filter(|(_, state)| stands(state));
        pointing.map(|(t, state)| (t.name.clone(), state.name.clone())).collect()
    }

    fn drop_indexes(&mut self, table: &QualifiedName, goes: impl Fn(&Index) -> bool) {
        let gone: Vec<Key> = self.indexes_of(table).filter(|index| goes(index)).map(|index| key(&index.name)).collect();
        gone.iter().for_each(|name| drop(self.take_index(name)));
    }
}

impl Table {
    pub(super) fn column_mut(&mut self, name: &Ident, change: impl FnOnce(&mut Column)) {
        self.columns.change(name, change);
    }

    /// What is on it was there before the migration at hand.
    pub(super) fn gets_older(&mut self) {
        self.columns.get_older();
        self.constraints.change_all(|c| c.age == Age::New, |c| c.age = Age::Existing);
    }

    fn rename_constraint(&mut self, name: &Ident, to: &Ident) {
        self.constraints.change(name, |state| state.name = to.clone());
    }
}

/// The bounds of a DEFAULT partition.
pub(super) fn is_default(bounds: &SqlFragment) -> bool {
    bounds.as_str().get(..7).is_some_and(|word| word.eq_ignore_ascii_case("default"))
}

pub(super) fn uses_column(constraint: &Constraint, column: &Ident) -> bool {
    match &constraint.kind {
        ConstraintKind::Unique { columns, index_parameters, .. }
        | ConstraintKind::PrimaryKey { columns, index_parameters, .. } => {
            columns.contains(column) || index_parameters.include.contains(column)
        }
        ConstraintKind::ForeignKey(fk) => fk.columns.contains(column),
        ConstraintKind::Check { expression } => super::mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude(exclusion) => reads_column(&exclusion.index, column),
    }
}

/// A default whose column changes its type goes through the old one, and so keeps it.
fn converted(default: &SqlFragment, from: &TypeName) -> SqlFragment {
    match from.is_built_in() {
        true => default.clone(),
        false => SqlFragment::new(&format!("({default})::{from}")),
    }
}
