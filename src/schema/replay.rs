//! Replaying operations into the catalog.

use super::columns::stored_type;
use super::inheritance::is_check;
use super::redundant::without_redundant_keys;
use super::{Age, Domain, Index, Key, RelationKind, Schema, Table, key};
use crate::operation::{
    ColumnAttribute, Constraint, ConstraintKind, CreateIndex, CreateTable, Generated, Ident, ObjectKind, Operation,
    QualifiedName, SqlFragment, TableAttribute,
};

impl Schema {
    /// Applies one operation as if it succeeded.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable(create) => self.create_table(create),
            Operation::DropTable { names, cascade, .. } => {
                names.iter().for_each(|name| self.drop_relation(name, *cascade))
            }
            Operation::RenameTable { table, to } => self.rename_table(table, &table.sibling(to.clone())),
            Operation::SetSchema { kind, name, to } => self.set_schema(*kind, name, to),
            Operation::SetTableAttribute { table, attribute } => self.table_attribute(table, attribute),
            Operation::AttachPartition { table, partition, bounds } => {
                self.links.child(&table.name, key(partition));
                self.with(partition, |t| {
                    t.parents.push(table.name.clone());
                    t.is_default_partition = is_default(bounds);
                })
            }
            Operation::DetachPartition { table, partition, .. } => self.with(partition, |t| {
                t.parents.retain(|p| key(p) != key(table));
                t.is_default_partition = false;
            }),
            Operation::CreateIndex(index) => self.create_index(index),
            Operation::DropIndex { names, .. } => names.iter().for_each(|name| drop(self.indexes.remove(&key(name)))),
            Operation::RenameIndex { index, to, .. } => self.rename_index(index, to),
            Operation::CreateEnum { .. } | Operation::AddEnumValue { .. } | Operation::RenameEnumValue { .. } => {
                self.apply_enum(operation)
            }
            Operation::RenameType { name, to } => self.rename_type(name, &name.sibling(to.clone())),
            Operation::DropType { names, cascade, .. } => names.iter().for_each(|name| self.drop_type(name, *cascade)),
            Operation::CreateDomain { name, ty, constrained, .. } => {
                self.domains.insert(key(name), Domain { ty: ty.clone(), constrained: *constrained });
            }
            Operation::AlterDomain { name, action } => {
                let adds = action.as_str().to_uppercase();
                if let Some(domain) = self.domains.get_mut(&key(name)) {
                    domain.constrained |= adds.starts_with("ADD") || adds.starts_with("SET NOT NULL");
                }
            }
            Operation::CreateObject { kind, name, on, definition, .. } => {
                self.create_object(*kind, name.as_ref(), on.as_ref(), definition)
            }
            Operation::DropObject { kind, names, on, cascade } => self.drop_object(*kind, names, on.as_ref(), *cascade),
            Operation::SetParameter { name, value, .. } if name == "timezone" => {
                self.timezone = Some(value.trim_matches('\'').to_owned())
            }
            Operation::AlterObject { .. } => self.alter_object(operation),
            _ => self.apply_to_table(operation),
        }
    }

    fn apply_to_table(&mut self, operation: &Operation) {
        match operation {
            Operation::AddColumn { table, column, .. } => {
                self.put_column(table, column);
                for child in self.children(table).iter().map(|t| t.name.clone()).collect::<Vec<_>>() {
                    self.put_column(&child, column);
                }
            }
            Operation::DropColumn { table, column, .. } => self.drop_column(table, column),
            Operation::RenameColumn { table, column, to } => self.rename_column(table, column, to),
            Operation::SetNotNull { table, column } => {
                self.family(table, |t| t.column_mut(column, |c| c.not_null = true))
            }
            Operation::DropNotNull { table, column } => {
                self.family(table, |t| t.column_mut(column, |c| c.not_null = false))
            }
            Operation::SetDefault { table, column, default } => {
                self.with(table, |t| t.column_mut(column, |c| c.default = Some(default.clone())))
            }
            Operation::DropDefault { table, column } => {
                self.with(table, |t| t.column_mut(column, |c| c.default = None))
            }
            Operation::SetType { table, column, ty, collation, .. } => self.family(table, |t| {
                t.column_mut(column, |c| {
                    c.ty = stored_type(ty);
                    c.sure = true;
                    c.collated = collation.is_some();
                });
            }),
            Operation::SetColumnAttribute { table, column, attribute } => self.with(table, |t| {
                t.column_mut(column, |c| match attribute {
                    ColumnAttribute::AddIdentity => {
                        c.generated = Some(Generated::Identity(SqlFragment::new("GENERATED AS IDENTITY")))
                    }
                    ColumnAttribute::DropExpression => c.generated = None,
                    _ => {}
                })
            }),
            Operation::AddConstraint { table, constraint } => {
                self.put_constraint(table, constraint);
                self.pass_on_check(table, constraint);
            }
            Operation::DropConstraint { table, name, .. } => self.drop_constraint(table, name),
            Operation::ValidateConstraint { table, name } => self.validate(table, name),
            Operation::RenameConstraint { table, name, to } => {
                let rename = |t: &mut Table| {
                    t.constraints.iter_mut().filter(|c| c.name == *name).for_each(|c| c.name = to.clone())
                };
                match self.constraint(table, name).is_some_and(|state| is_check(&state.constraint)) {
                    true => self.family(table, rename),
                    false => self.with(table, rename),
                }
                self.rename_index(&table.sibling(name.clone()), to);
            }
            // These take no part in the catalog that is kept here, or `apply` has seen to them.
            Operation::CreateTable(_)
            | Operation::DropTable { .. }
            | Operation::RenameTable { .. }
            | Operation::SetSchema { .. }
            | Operation::SetTableAttribute { .. }
            | Operation::AttachPartition { .. }
            | Operation::DetachPartition { .. }
            | Operation::AlterConstraint { .. }
            | Operation::CreateIndex(_)
            | Operation::DropIndex { .. }
            | Operation::RenameIndex { .. }
            | Operation::AlterIndex { .. }
            | Operation::AttachIndex { .. }
            | Operation::Reindex { .. }
            | Operation::CreateEnum { .. }
            | Operation::AddEnumValue { .. }
            | Operation::RenameEnumValue { .. }
            | Operation::RenameType { .. }
            | Operation::DropType { .. }
            | Operation::CreateDomain { .. }
            | Operation::AlterDomain { .. }
            | Operation::CreateObject { .. }
            | Operation::AlterObject { .. }
            | Operation::DropObject { .. }
            | Operation::RefreshMaterializedView { .. }
            | Operation::Comment { .. }
            | Operation::Grant { .. }
            | Operation::Insert { .. }
            | Operation::Update { .. }
            | Operation::Delete { .. }
            | Operation::Truncate { .. }
            | Operation::Select { .. }
            | Operation::Backfill(_)
            | Operation::SetParameter { .. }
            | Operation::Transaction(_)
            | Operation::LockTable { .. }
            | Operation::Vacuum { .. }
            | Operation::Analyze { .. }
            | Operation::Cluster { .. }
            | Operation::Opaque { .. } => {}
        }
    }

    pub(super) fn with(&mut self, name: &QualifiedName, change: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.get_mut(&key(name)) {
            change(table);
        }
    }

    /// The table and its children.
    pub(super) fn family(&mut self, name: &QualifiedName, change: impl Fn(&mut Table)) {
        let children: Vec<QualifiedName> = self.children(name).iter().map(|t| t.name.clone()).collect();
        for table in std::iter::once(name.clone()).chain(children) {
            self.with(&table, &change);
        }
    }

    fn create_table(&mut self, create: &CreateTable) {
        if self.tables.contains_key(&key(&create.name)) {
            return;
        }
        let parents: Vec<QualifiedName> = create.inherits.iter().chain(&create.partition_of).cloned().collect();
        let mut columns = Vec::new();
        for source in create.like.iter().chain(&parents) {
            columns.extend(self.table(source).map(|t| t.columns.clone()).unwrap_or_default());
        }
        let columns_known = !create.as_query
            && create.like.iter().chain(&parents).all(|t| self.table(t).is_some_and(|t| t.columns_known));
        columns.iter_mut().for_each(|c| c.age = Age::New);
        self.touch(&create.name);
        let kind = if create.partitioned { RelationKind::Partitioned } else { RelationKind::Table };
        let table = Table {
            name: create.name.clone(),
            kind,
            age: Age::New,
            temporary: create.temporary,
            columns,
            columns_known,
            constraints: Vec::new(),
            parents,
            is_default_partition: create.bounds.as_ref().is_some_and(is_default),
        };
        table.parents.iter().for_each(|parent| self.links.child(parent, key(&create.name)));
        let checks = self.inherited_checks(create, &table.parents);
        self.tables.insert(key(&create.name), Table { constraints: checks, ..table });
        let merged = without_redundant_keys(create);
        let create = merged.as_ref().unwrap_or(create);
        create.columns.iter().for_each(|c| self.put_column(&create.name, c));
        create.constraints.iter().for_each(|c| self.put_constraint(&create.name, c));
    }

    pub(super) fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        let gone = key(name);
        let partitions: Vec<QualifiedName> = self.children(name).iter().map(|t| t.name.clone()).collect();
        let pointing: Vec<Key> = self.links.referencing(&gone).cloned().collect();
        let owned = self.tables.remove(&gone).map(|table| self.owned_sequences(&table, |_| true));
        self.sequences.retain(|name| *name != gone && !owned.iter().flatten().any(|owned| owned == name));
        self.drop_indexes(name, |_| true);
        self.dependents.retain(|d| d.on.as_ref().is_none_or(|on| key(on) != gone) && key(&d.name) != gone);
        for table in pointing {
            let Some(table) = self.tables.get_mut(&table) else { continue };
            table.constraints.retain(
                |c| !matches!(&c.constraint.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == gone),
            );
        }
        if cascade || self.tables.get(&gone).is_some_and(|t| t.kind == RelationKind::Partitioned) {
            partitions.iter().for_each(|p| self.drop_relation(p, true));
        }
    }

    pub(super) fn rename_table(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let old = key(from);
        let Some(mut table) = self.tables.remove(&old) else { return };
        table.name = to.clone();
        self.touch(to);
        self.tables.insert(key(to), table);
        let moved = |name: &mut QualifiedName| {
            if key(name) == old {
                *name = to.clone()
            }
        };
        for index in self.indexes.values_mut() {
            moved(&mut index.table);
        }
        for table in self.tables.values_mut() {
            table.parents.iter_mut().for_each(moved);
            for state in &mut table.constraints {
                if let ConstraintKind::ForeignKey(fk) = &mut state.constraint.kind {
                    moved(&mut fk.references);
                }
            }
        }
        self.dependents.iter_mut().filter_map(|d| d.on.as_mut()).for_each(moved);
        self.relink();
    }

    fn set_schema(&mut self, kind: ObjectKind, name: &QualifiedName, to: &Ident) {
        let moved = QualifiedName { schema: Some(to.clone()), name: name.name.clone() };
        match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                self.rename_table(name, &moved);
                let own: Vec<Key> =
                    self.indexes.iter().filter(|(_, i)| key(&i.table) == key(&moved)).map(|(k, _)| k.clone()).collect();
                for old in own {
                    if let Some(mut index) = self.indexes.remove(&old) {
                        index.name.schema = Some(to.clone());
                        self.indexes.insert(key(&index.name), index);
                    }
                }
                self.relink();
            }
            ObjectKind::Type | ObjectKind::Domain => self.rename_type(name, &moved),
            _ => {}
        }
    }

    fn table_attribute(&mut self, table: &QualifiedName, attribute: &TableAttribute) {
        match attribute {
            TableAttribute::Inherit(parent) => {
                self.links.child(parent, key(table));
                self.with(table, |t| t.parents.push(parent.clone()))
            }
            TableAttribute::ToggleTrigger(toggle) => self.toggle("trigger", table, toggle),
            TableAttribute::ToggleRule(toggle) => self.toggle("rule", table, toggle),
            TableAttribute::NoInherit(parent) => self.with(table, |t| t.parents.retain(|p| key(p) != key(parent))),
            _ => {}
        }
    }

    fn create_index(&mut self, index: &CreateIndex) {
        let name = index.name.clone().unwrap_or_else(|| self.index_name(&index.table, &index.columns));
        let name = index.table.sibling(name);
        let state = Index {
            name: name.clone(),
            table: index.table.clone(),
            unique: index.unique,
            columns: index.columns.clone(),
            predicate: index.predicate.clone(),
            definition: index.definition.clone(),
            constraint: None,
            age: Age::New,
            sure: true,
        };
        self.touch(&name);
        self.links.index(&index.table, key(&name));
        self.indexes.entry(key(&name)).or_insert(state);
    }

    fn rename_index(&mut self, from: &QualifiedName, to: &Ident) {
        let Some(mut index) = self.indexes.remove(&key(from)) else { return };
        index.name = index.table.sibling(to.clone());
        if let Some(constraint) = index.constraint.replace(to.clone()) {
            self.with(&index.table.clone(), |t| {
                t.constraints.iter_mut().filter(|c| c.name == constraint).for_each(|c| c.name = to.clone())
            });
        } else {
            index.constraint = None;
        }
        self.touch(&index.name);
        self.links.index(&index.table, key(&index.name));
        self.indexes.insert(key(&index.name), index);
    }

    fn owned_sequences(&self, table: &Table, goes: impl Fn(&Ident) -> bool) -> Vec<Key> {
        let owned = table.columns.iter().filter(|column| goes(&column.name)).filter_map(|c| c.sequence.clone());
        owned.map(|sequence| key(&table.name.sibling(sequence))).collect()
    }

    fn drop_column(&mut self, table: &QualifiedName, column: &Ident) {
        let owned = self.table(table).map(|t| self.owned_sequences(t, |name| name == column));
        self.sequences.retain(|name| !owned.iter().flatten().any(|owned| owned == name));
        self.family(table, |t| {
            t.columns.retain(|c| c.name != *column);
            t.constraints.retain(|c| !uses_column(&c.constraint, column));
        });
        self.drop_indexes(table, |index| index.columns.iter().any(|c| c.column.as_ref() == Some(column)));
    }

    fn drop_constraint(&mut self, table: &QualifiedName, name: &Ident) {
        self.family(table, |t| t.constraints.retain(|c| c.name != *name));
        self.drop_indexes(table, |index| index.constraint.as_ref() == Some(name));
    }

    fn drop_indexes(&mut self, table: &QualifiedName, goes: impl Fn(&Index) -> bool) {
        let gone: Vec<Key> = self.indexes_of(table).filter(|index| goes(index)).map(|index| key(&index.name)).collect();
        gone.iter().for_each(|name| drop(self.indexes.remove(name)));
    }
}

impl Table {
    pub(super) fn column_mut(&mut self, name: &Ident, change: impl FnOnce(&mut super::Column)) {
        if let Some(column) = self.columns.iter_mut().find(|c| c.name == *name) {
            change(column);
        }
    }
}

/// The bounds of a DEFAULT partition.
fn is_default(bounds: &SqlFragment) -> bool {
    bounds.as_str().get(..7).is_some_and(|word| word.eq_ignore_ascii_case("default"))
}

fn uses_column(constraint: &Constraint, column: &Ident) -> bool {
    match &constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => columns.contains(column),
        ConstraintKind::ForeignKey(fk) => fk.columns.contains(column),
        ConstraintKind::Check { expression } => super::mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude { definition } => super::mentions(definition.as_str(), column.as_str()),
    }
}
