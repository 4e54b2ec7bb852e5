//! Tables, partitions and indexes.

use super::*;
use crate::operation::{
    Constraint, ConstraintKind, CreateIndex, CreateTable, IndexOperation, TableAttribute, TableOperation,
};
use crate::schema::same;

impl Schema {
    pub(super) fn table_applies(&self, operation: &TableOperation, version: u32) -> Applies {
        match operation {
            TableOperation::Create(create) => self.can_create_table(create, version),
            TableOperation::Drop { names, if_exists, cascade } => self.can_drop_tables(names, *if_exists, *cascade),
            TableOperation::Rename { table, to } => self.can_rename_table(table, to),
            TableOperation::SetAttribute { table, attribute } => match attribute {
                TableAttribute::Inherit(parent) => self.can_inherit(table, parent),
                TableAttribute::Persistence(to) => self.can_change_persistence(table, *to),
                _ => self.has_table(table),
            },
            TableOperation::AttachPartition { table, partition, .. } => self.can_attach(table, partition),
            TableOperation::DetachPartition { table, partition, .. } => self.can_detach(table, partition),
            TableOperation::Vacuum { tables, .. } | TableOperation::Analyze { tables } => self.has_relations(tables),
            TableOperation::Cluster { .. } => Ok(()),
        }
    }

    pub(super) fn index_applies(&self, operation: &IndexOperation) -> Applies {
        match operation {
            IndexOperation::Create(index) => self.can_create_index(index),
            IndexOperation::Drop { names, if_exists, cascade, .. } => {
                self.can_drop_indexes(names, *if_exists, *cascade)
            }
            IndexOperation::Rename { index, to, if_exists } => self.can_rename_index(index, to, *if_exists),
            IndexOperation::Alter { index, .. } | IndexOperation::AttachPartition { index, .. } => {
                self.has_index(index)
            }
            IndexOperation::Reindex { .. } => Ok(()),
        }
    }

    pub(super) fn can_create_table(&self, create: &CreateTable, version: u32) -> Applies {
        if self.is_relation(&key(&create.name)) && create.if_not_exists {
            return Ok(());
        }
        // temporary tables have a schema of their own
        let is_apart = |t: &Table| t.persistence.is_temporary() != create.persistence.is_temporary();
        if !self.table(&create.name).is_some_and(is_apart) {
            self.relation_is_free(&create.name)?;
            self.type_is_free(&create.name)?;
        }
        create.sources().try_for_each(|source| self.has_relation(source))?;
        if let Some(parent) = create.partition_of.as_ref().and_then(|parent| self.table(parent))
            && parent.kind != RelationKind::Partitioned
            && parent.columns_known
        {
            return refused(WRONG_OBJECT_TYPE, format!("{} is not partitioned", parent.name));
        }
        for (at, column) in create.columns.iter().enumerate() {
            if create.columns[..at].iter().any(|other| other.name == column.name) {
                return refused(DUPLICATE_COLUMN, format!("column {} specified more than once", column.name));
            }
        }
        let inline = create.columns.iter().flat_map(|column| &column.constraints);
        let constraints: Vec<&Constraint> = inline.chain(&create.constraints).collect();
        let primary = constraints.iter().filter(|c| matches!(c.kind, ConstraintKind::PrimaryKey { .. })).count();
        if primary > 1 {
            return refused(
                INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table {} are not allowed", create.name),
            );
        }
        self.names_of_keys_are_free(create, &constraints)?;
        constraints.iter().try_for_each(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(fk) if !same(&fk.references, &create.name) => {
                self.can_reference(fk, version)?;
                self.lasts_as_long(Some(create.persistence), fk)
            }
            _ => Ok(()),
        })
    }

    fn names_of_keys_are_free(&self, create: &CreateTable, constraints: &[&Constraint]) -> Applies {
        let mut names: Vec<&Ident> = Vec::new();
        for constraint in constraints {
            let Some(name) = &constraint.name else { continue };
            if names.contains(&name) {
                return refused(
                    DUPLICATE_OBJECT,
                    format!("constraint {name} for relation {} already exists", create.name),
                );
            }
            names.push(name);
            if constraint.key_columns().is_some() {
                let index = create.name.sibling(name.clone());
                if *name == create.name.name {
                    return refused(DUPLICATE_TABLE, format!("relation {index} already exists"));
                }
                self.relation_is_free(&index)?;
            }
        }
        Ok(())
    }

    pub(super) fn can_drop_tables(&self, names: &[QualifiedName], if_exists: bool, cascade: bool) -> Applies {
        for name in names {
            if self.is_missing(name) {
                if if_exists {
                    continue;
                }
                return refused(UNDEFINED_TABLE, format!("table {name} does not exist"));
            }
            if let Some(table) = self.table(name)
                && matches!(table.kind, RelationKind::View | RelationKind::MaterializedView)
            {
                return refused(WRONG_OBJECT_TYPE, format!("{name} is not a table"));
            }
            if cascade {
                continue;
            }
            let goes = |table: &QualifiedName| names.iter().any(|n| same(n, table));
            let own = self.children(name);
            let stays = |table: &QualifiedName| !goes(table) && !own.iter().any(|t| same(&t.name, table));
            if let Some((table, state)) = self.referencing(name).into_iter().find(|(table, _)| stays(&table.name)) {
                let depends = format!("constraint {} on table {} depends on table {name}", state.name, table.name);
                return refused(DEPENDENT_OBJECTS, depends);
            }
            let mut borrowers = self.borrowers(name, |_| true).into_iter();
            if let Some((other, column)) = borrowers.find(|(other, _)| stays(&other.name)) {
                let depends =
                    format!("default value for column {column} of table {} depends on table {name}", other.name);
                return refused(DEPENDENT_OBJECTS, depends);
            }
            if let Some(view) = self.views_of(name).next() {
                return feared(DEPENDENT_OBJECTS, format!("{} depends on table {name}", view.what));
            }
        }
        Ok(())
    }

    pub(super) fn can_rename_table(&self, table: &TableRef, to: &Ident) -> Applies {
        self.has_table(table)?;
        self.relation_is_free(&table.sibling(to.clone()))
    }

    pub(super) fn can_attach(&self, table: &TableRef, partition: &QualifiedName) -> Applies {
        self.has_table(table)?;
        self.has_relation(partition)?;
        match self.table(partition).filter(|state| !state.parents.is_empty()) {
            Some(_) => refused(WRONG_OBJECT_TYPE, format!("{partition} is already a partition")),
            None => Ok(()),
        }
    }

    /// A child has the columns of its parent, and is as strict about NULL.
    pub(super) fn can_inherit(&self, table: &TableRef, parent: &QualifiedName) -> Applies {
        self.has_table(table)?;
        self.has_relation(parent)?;
        let (Some(child), Some(above)) = (self.table(&table.name), self.table(parent)) else { return Ok(()) };
        for column in &above.columns {
            match child.columns.get(&column.name) {
                None if child.columns_known => {
                    return refused("42804", format!("child table is missing column {}", column.name));
                }
                Some(own) if own.ty != column.ty => {
                    return refused(
                        "42804",
                        format!("child table {} has different type for column {}", table.name, own.name),
                    );
                }
                Some(own) if column.not_null && !own.not_null => {
                    return refused("42804", format!("column {} in child table must be marked NOT NULL", own.name));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn can_detach(&self, table: &TableRef, partition: &QualifiedName) -> Applies {
        self.has_table(table)?;
        self.has_relation(partition)?;
        let own = self.table(partition).filter(|state| state.columns_known);
        match own.filter(|state| !state.parents.iter().any(|parent| same(parent, &table.name))) {
            Some(_) => refused(UNDEFINED_TABLE, format!("relation {partition} is not a partition of {}", table.name)),
            None => Ok(()),
        }
    }

    pub(super) fn can_create_index(&self, index: &CreateIndex) -> Applies {
        self.has_relation(&index.table)?;
        if let Some(table) = self.table(&index.table) {
            if let Some(column) = index.columns.iter().filter_map(|c| c.column()).find(|c| table.lacks(c)) {
                return refused(UNDEFINED_COLUMN, format!("column {column} does not exist"));
            }
            if index.concurrently && table.kind == RelationKind::Partitioned && !index.only {
                return refused(
                    NOT_SUPPORTED,
                    format!("cannot create index on partitioned table {} concurrently", *index.table),
                );
            }
        }
        match &index.name {
            Some(_) if index.if_not_exists => Ok(()),
            Some(name) => self.relation_is_free(&index.table.sibling(name.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn can_drop_indexes(&self, names: &[QualifiedName], if_exists: bool, cascade: bool) -> Applies {
        for name in names {
            if self.is_missing(name) {
                if if_exists {
                    continue;
                }
                return refused(UNDEFINED_OBJECT, format!("index {name} does not exist"));
            }
            let constraint = self.index(name).and_then(|index| Some((index, index.constraint.as_ref()?)));
            if let Some((index, constraint)) = constraint {
                let requires = format!("constraint {constraint} on table {} requires index {name}", index.table);
                return refused(DEPENDENT_OBJECTS, requires);
            }
            if !cascade && let Some(depends) = self.standing_on_index(name) {
                return refused(DEPENDENT_OBJECTS, depends);
            }
        }
        Ok(())
    }

    /// A foreign key that only this unique index serves.
    fn standing_on_index(&self, name: &QualifiedName) -> Option<String> {
        let index = self.index(name).filter(|index| index.unique && index.predicate.is_none())?;
        let columns: Vec<&Ident> = index.columns.iter().filter_map(|c| c.column()).collect();
        let others: Vec<_> = self.unique_columns(&index.table, Some(name));
        let served = |referenced: &[Ident]| others.iter().any(|other| same_columns(other, referenced));
        let stands = |referenced: &[Ident]| {
            referenced.len() == columns.len() && referenced.iter().all(|c| columns.contains(&c)) && !served(referenced)
        };
        let (table, constraint) = self.standing_on(&index.table, stands).into_iter().next()?;
        Some(format!("constraint {constraint} on table {table} depends on index {name}"))
    }

    /// The column lists that a foreign key may point at, without those of one index.
    pub(super) fn unique_columns(&self, table: &QualifiedName, but: Option<&QualifiedName>) -> Vec<Vec<Ident>> {
        let serves = |index: &&super::super::Index| {
            index.unique && index.predicate.is_none() && but.is_none_or(|name| !same(name, &index.name))
        };
        let columns = |index: &super::super::Index| index.columns.iter().map(|c| c.column().cloned()).collect();
        self.indexes_of(table).filter(serves).filter_map(columns).collect()
    }

    pub(super) fn can_rename_index(&self, index: &QualifiedName, to: &Ident, if_exists: bool) -> Applies {
        if self.is_missing(index) {
            return if if_exists { Ok(()) } else { self.has_index(index) };
        }
        self.relation_is_free(&index.sibling(to.clone()))
    }

    pub(super) fn has_index(&self, index: &QualifiedName) -> Applies {
        match self.is_missing(index) {
            true => refused(UNDEFINED_TABLE, format!("relation {index} does not exist")),
            false => Ok(()),
        }
    }
}

/// The same columns in any order.
pub(super) fn same_columns(one: &[Ident], other: &[Ident]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}
