//! Tables, partitions and indexes.

use super::access_methods::has_order;
use super::columns::{is_no_system_column, takes_collation};
use super::expressions::{is_immutable, reads_no_column};
use super::partitions::covers;
use super::*;
use crate::operation::{
    Constraint, ConstraintKind, CreateIndex, CreateTable, Generated, IndexKey, IndexOperation, SqlFragment,
    TableAttribute, TableOperation, Toggle,
};
use crate::schema::columns::stored_type;
use crate::schema::table::is_default;
use crate::schema::{Column, same};

impl Schema {
    pub(super) fn table_applies(&self, operation: &TableOperation, version: u32) -> Applies {
        match operation {
            TableOperation::Create(create) => self.can_create_table(create, version),
            TableOperation::Drop { names, if_exists, cascade } => self.can_drop_tables(names, *if_exists, *cascade),
            TableOperation::Rename { table, to } => self.can_rename_table(table, to),
            TableOperation::SetAttribute { table, attribute } => match attribute {
                TableAttribute::Inherit(parent) => self.can_inherit(table, parent),
                TableAttribute::NoInherit(parent) => self.can_stop_inheriting(table, parent),
                TableAttribute::Persistence(to) => self.can_change_persistence(table, *to, version),
                TableAttribute::RowSecurity(_) => {
                    self.has_table(table)?;
                    self.is_table(table)
                }
                TableAttribute::ToggleTrigger(Toggle { name: Some(name), .. }) => {
                    self.has_table(table)?;
                    self.is_known_on(ObjectKind::Trigger, &QualifiedName::unqualified(name.clone()), table)
                }
                TableAttribute::ToggleRule(Toggle { name: Some(name), .. }) => {
                    self.has_table(table)?;
                    self.is_known_on(ObjectKind::Rule, &QualifiedName::unqualified(name.clone()), table)
                }
                _ => self.has_table(table),
            },
            TableOperation::AttachPartition { table, partition, bounds } => self.can_attach(table, partition, bounds),
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
            IndexOperation::Reindex { kind, name: Some(name), .. } => match kind {
                ObjectKind::Index => {
                    self.has_index(name)?;
                    self.is_a(name, "an index", |kind| kind == Kind::Index)
                }
                ObjectKind::Table => {
                    self.has_relation(name)?;
                    let fits = |kind: Kind| kind.is_table() || kind == Kind::MaterializedView;
                    self.is_a(name, "a table or materialized view", fits)
                }
                _ => Ok(()),
            },
            IndexOperation::Reindex { name: None, .. } => Ok(()),
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
            if self.other_types.contains(&key(&create.name)) {
                return refused(DUPLICATE_TABLE, format!("relation {} already exists", create.name));
            }
        }
        create.sources().try_for_each(|source| self.has_relation(source))?;
        let has_columns = |kind: Kind| kind != Kind::Index && kind != Kind::Sequence;
        create.like.iter().try_for_each(|like| self.is_a(&like.table, "a table or view", has_columns))?;
        create.inherits.iter().try_for_each(|parent| self.can_be_inherited(parent))?;
        self.columns_fit(create)?;
        if let Some(parent) = create.partition_of.as_ref().and_then(|parent| self.table(parent))
            && parent.kind != RelationKind::Partitioned
            && parent.columns_known
        {
            return refused(WRONG_OBJECT_TYPE, format!("{} is not partitioned", parent.name));
        }
        if let (Some(parent), Some(bounds)) = (&create.partition_of, &create.bounds) {
            self.is_only_default(parent, bounds)?;
        }
        for (at, column) in create.columns.iter().enumerate() {
            is_no_system_column(&column.name)?;
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
        self.can_be_parted(create, &constraints)?;
        constraints.iter().try_for_each(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(fk) if !same(&fk.references, &create.name) => {
                self.can_reference(fk, version)?;
                self.lasts_as_long(Some(create.persistence), fk)
            }
            _ => Ok(()),
        })?;
        let keys = constraints.iter().filter(|c| matches!(c.kind, ConstraintKind::PrimaryKey { .. }));
        let primary = keys.filter_map(|c| c.key_columns()).next().unwrap_or_default();
        let own = self.own_columns_of_new(create, primary);
        if let Some(IndexKey::Column(column)) = create.partition_key.iter().flatten().find(|element| match element {
            IndexKey::Column(column) => own.has(std::slice::from_ref(column)).is_err(),
            IndexKey::Expression(_) => false,
        }) {
            return refused(UNDEFINED_COLUMN, format!("column {column} named in partition key does not exist"));
        }
        let defaults = create.columns.iter().filter_map(|column| column.default.as_ref());
        defaults.into_iter().try_for_each(|default| reads_no_column(default, &own))?;
        let keys: Vec<&[Ident]> = constraints.iter().filter_map(|c| c.key_columns()).collect();
        let unserved = constraints.iter().find(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(fk) if create.like.is_empty() && own.is_referenced_by(fk) => {
                let wanted = if fk.referenced.is_empty() { primary } else { &fk.referenced };
                !keys.iter().any(|key| same_columns(key, wanted))
            }
            _ => false,
        });
        if unserved.is_some() {
            return refused(
                "42830",
                format!("no unique constraint of {} matches the keys of its own foreign key", create.name),
            );
        }
        constraints.iter().try_for_each(|constraint| self.fits_columns(&own, constraint))?;
        let generated = create.columns.iter().filter_map(|column| match &column.generated {
            Some(Generated::Stored(text) | Generated::Virtual(text)) => Some(text),
            _ => None,
        });
        generated.into_iter().try_for_each(|text| {
            own.has_what_is_read_by(text)?;
            is_immutable(text, "column generation expression")
        })
    }

    /// Its keys, and those of the table that it is made of, have an order; what parts its rows is in them.
    fn can_be_parted(&self, create: &CreateTable, constraints: &[&Constraint]) -> Applies {
        let key = create.partition_key.as_deref();
        self.can_be_placed(key.is_some(), None)?;
        for columns in constraints.iter().filter_map(|constraint| constraint.key_columns()) {
            covers(key.unwrap_or_default(), columns)?;
            let defined = create.columns.iter().filter(|column| columns.contains(&column.name));
            defined.into_iter().try_for_each(|column| has_order(&column.ty))?;
        }
        Ok(())
    }

    /// The types and defaults of the columns, and the same columns of those that it is made like or inherits from.
    fn columns_fit(&self, create: &CreateTable) -> Applies {
        let copied = create.like.iter().filter_map(|like| self.table(&like.table)).flat_map(|table| &table.columns);
        let mut seen: Vec<&Ident> = Vec::new();
        for name in copied.map(|column| &column.name).chain(create.columns.iter().map(|column| &column.name)) {
            // A partition's columns are those of its parent, said again.
            if seen.contains(&name) && create.partition_of.is_none() {
                return refused(DUPLICATE_COLUMN, format!("column {name} specified more than once"));
            }
            if !create.like.is_empty() {
                seen.push(name);
            }
        }
        for column in &create.columns {
            self.can_be_defined(column)?;
            for parent in &create.inherits {
                let above = self.column(parent, &column.name).filter(|above| above.sure);
                if above.is_some_and(|above| above.ty != stored_type(&column.ty)) {
                    return refused("42804", format!("column {} has a type conflict", column.name));
                }
            }
        }
        Ok(())
    }

    /// A partitioned table has partitions only.
    fn can_be_inherited(&self, parent: &QualifiedName) -> Applies {
        match self.kind_of(parent) {
            Some(Kind::Partitioned) => {
                refused(WRONG_OBJECT_TYPE, format!("cannot inherit from partitioned table {parent}"))
            }
            _ => self.has_own_columns(parent),
        }
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
            self.is_table(name)?;
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
            let is_partitioned = self.kind_of(name) == Some(Kind::Partitioned);
            if let Some(child) = own.iter().find(|t| !is_partitioned && t.is_sure() && !goes(&t.name)) {
                return refused(DEPENDENT_OBJECTS, format!("table {} depends on table {name}", child.name));
            }
            let goes_too = |(table, _): &(&Table, &Column)| !stays(&table.name) || same(&table.name, name);
            self.owned_sequences_can_go(name, |_| true, goes_too)?;
            if let Some(view) = self.views_of(name).next() {
                return feared(DEPENDENT_OBJECTS, format!("{} depends on table {name}", view.what));
            }
        }
        Ok(())
    }

    /// What foreign keys of other tables point at is emptied with them only (`heap_truncate_check_FKs`).
    pub(super) fn can_truncate(&self, names: &[QualifiedName], cascade: bool) -> Applies {
        self.has_relations(names)?;
        let own: Vec<&Table> = names.iter().flat_map(|name| self.children(name)).collect();
        let is_emptied =
            |table: &QualifiedName| names.iter().chain(own.iter().map(|t| &t.name)).any(|name| same(name, table));
        for name in names.iter().filter(|_| !cascade) {
            let pointing = self.referencing(name).into_iter().filter(|(_, state)| state.sure);
            if let Some((table, _)) = pointing.into_iter().find(|(table, _)| !is_emptied(&table.name)) {
                let referenced = format!("cannot truncate table {name}: a foreign key of {} references it", table.name);
                return refused(NOT_SUPPORTED, referenced);
            }
        }
        Ok(())
    }

    pub(super) fn can_rename_table(&self, table: &TableRef, to: &Ident) -> Applies {
        self.has_table(table)?;
        let to = table.sibling(to.clone());
        self.relation_is_free(&to)?;
        let has_row_type = |kind: Kind| kind != Kind::Index && kind != Kind::Sequence;
        if self.kind_of(&table.name).is_some_and(has_row_type) { self.type_is_free(&to) } else { Ok(()) }
    }

    pub(super) fn can_attach(&self, table: &TableRef, partition: &QualifiedName, bounds: &SqlFragment) -> Applies {
        self.has_table(table)?;
        self.has_relation(partition)?;
        if let Some(state) = self.table(partition).filter(|state| !state.parents.is_empty()) {
            return refused(WRONG_OBJECT_TYPE, format!("{} is already a partition", state.name));
        }
        self.is_no_circle(&table.name, partition)?;
        let Some(parent) = self.table(&table.name).filter(|parent| parent.is_sure()) else { return Ok(()) };
        if parent.kind != RelationKind::Partitioned {
            return refused(WRONG_OBJECT_TYPE, format!("{} is not partitioned", table.name));
        }
        self.is_only_default(&table.name, bounds)?;
        self.has_columns_of(partition, parent)
    }

    /// A partitioned table has one DEFAULT partition.
    fn is_only_default(&self, table: &QualifiedName, bounds: &SqlFragment) -> Applies {
        match self.default_partition(table).filter(|_| is_default(bounds)) {
            Some(other) => refused("42P17", format!("{} is the default partition of {table} already", other.name)),
            None => Ok(()),
        }
    }

    fn can_stop_inheriting(&self, table: &TableRef, parent: &QualifiedName) -> Applies {
        self.has_table(table)?;
        self.has_relation(parent)?;
        let known = self.table(&table.name).filter(|t| t.columns_known);
        match known.filter(|t| !t.parents.iter().any(|own| same(own, parent))) {
            Some(_) => refused(UNDEFINED_TABLE, format!("relation {parent} is not a parent of {}", table.name)),
            None => Ok(()),
        }
    }

    /// A child has the columns of its parent, and is as strict about NULL.
    pub(super) fn can_inherit(&self, table: &TableRef, parent: &QualifiedName) -> Applies {
        self.has_table(table)?;
        self.has_relation(parent)?;
        self.can_be_inherited(parent)?;
        let (Some(child), Some(above)) = (self.table(&table.name), self.table(parent)) else { return Ok(()) };
        if child.is_sure() && child.kind == RelationKind::Partitioned {
            return refused(
                WRONG_OBJECT_TYPE,
                format!("cannot change inheritance of partitioned table {}", child.name),
            );
        }
        let is_partition = |table: &Table| table.parents.iter().any(|parent| self.is_partitioned(parent));
        if is_partition(child) {
            return refused(WRONG_OBJECT_TYPE, format!("cannot change inheritance of partition {}", child.name));
        }
        if is_partition(above) {
            return refused(WRONG_OBJECT_TYPE, format!("cannot inherit from partition {}", above.name));
        }
        if child.parents.iter().any(|own| same(own, parent)) {
            return refused(DUPLICATE_TABLE, format!("relation {parent} would be inherited from more than once"));
        }
        self.is_no_circle(parent, &table.name)?;
        self.has_columns_of(&table.name, above)
    }

    /// No table is its own parent, at any depth.
    fn is_no_circle(&self, parent: &QualifiedName, child: &QualifiedName) -> Applies {
        match self.is_or_is_below(parent, child) {
            true => refused(DUPLICATE_TABLE, format!("{parent} is {child} or inherits from it: no circle is allowed")),
            false => Ok(()),
        }
    }

    fn has_columns_of(&self, name: &QualifiedName, above: &Table) -> Applies {
        let Some(child) = self.table(name) else { return Ok(()) };
        for column in &above.columns {
            match child.columns.get(&column.name) {
                None if child.columns_known => {
                    return refused("42804", format!("child table is missing column {}", column.name));
                }
                Some(own) if own.ty != column.ty => {
                    return refused("42804", format!("child table {name} has different type for column {}", own.name));
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
        let fits = |kind: Kind| kind.is_table() || kind == Kind::MaterializedView;
        self.is_a(&index.table, "a table or materialized view", fits)?;
        if let Some(table) = self.table(&index.table) {
            if let Some(column) = index.columns.iter().filter_map(|c| c.column()).find(|c| table.lacks(c)) {
                return refused(UNDEFINED_COLUMN, format!("column {column} does not exist"));
            }
            if let Some(column) = index.parameters.include.iter().find(|column| table.lacks(column)) {
                return refused(UNDEFINED_COLUMN, format!("column {column} does not exist"));
            }
            let expressions = index.columns.iter().filter_map(|column| column.expression());
            let own = self.own_columns(&index.table);
            expressions.clone().chain(&index.predicate).try_for_each(|text| own.has_what_is_read_by(text))?;
            expressions.into_iter().try_for_each(|text| is_immutable(text, "index expression"))?;
            index.predicate.iter().try_for_each(|text| is_immutable(text, "index predicate"))?;
            if index.concurrently && table.kind == RelationKind::Partitioned && !index.only {
                return refused(
                    NOT_SUPPORTED,
                    format!("cannot create index on partitioned table {} concurrently", *index.table),
                );
            }
            let partitioned = table.kind == RelationKind::Partitioned;
            self.can_be_placed(partitioned, Some(&index.parameters))?;
            if index.unique {
                let columns: Vec<Ident> = index.columns.iter().filter_map(|c| c.column().cloned()).collect();
                self.covers_partition_key(&index.table, &columns)?;
            }
            self.suits_its_method(index)?;
            for element in index.columns.iter().filter(|element| element.collation.is_some()) {
                let column = element.column().and_then(|column| self.column(&index.table, column));
                column
                    .filter(|column| column.sure)
                    .map_or(Ok(()), |column| takes_collation(&column.ty, element.collation.as_ref()))?;
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
            self.is_a(name, "an index", |kind| kind == Kind::Index)?;
            if self.is_missing(name) || self.has_no_index(name) {
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
