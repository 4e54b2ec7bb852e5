//! A table or an index comes: with what it inherits or copies, and with the names that PostgreSQL chooses.

use super::inheritance::inherited;
use super::redundant::without_redundant_keys;
use super::table::is_default;
use super::{Age, Column, Index, Key, List, RelationKind, Schema, Table, common, key};
use crate::operation::{CreateIndex, CreateTable, QualifiedName};

impl Schema {
    pub(super) fn create_table(&mut self, create: &CreateTable) {
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
        let parents = create.inherits.iter().chain(&create.partition_of);
        let parents: Vec<QualifiedName> =
            parents.filter(|parent| !self.is_or_is_below(parent, &create.name)).cloned().collect();
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
}
