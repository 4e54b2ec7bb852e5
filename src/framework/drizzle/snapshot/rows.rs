//! Versions 8 and 9: every object is a row.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Actions, Column, Index, check, create_enum, create_table, foreign_key, primary_key, qualified, unique};
use crate::operation::{ColumnDefinition, Constraint, Operation, QualifiedName};

#[derive(Deserialize)]
#[serde(tag = "entityType", rename_all = "camelCase")]
pub(super) enum Row {
    Tables(Table),
    Columns(Of<Column>),
    Pks(Of<Key>),
    Uniques(Of<Key>),
    Fks(Of<Reference>),
    Checks(Of<Check>),
    Indexes(Of<Index>),
    Enums(Enum),
    /// What is not read: views, policies, roles, sequences, schemas, privileges.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(super) struct Table {
    schema: Option<String>,
    name: String,
}

/// A part of a table.
#[derive(Deserialize)]
pub(super) struct Of<T> {
    schema: Option<String>,
    table: String,
    #[serde(flatten)]
    part: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    name: String,
    columns: Vec<String>,
    #[serde(default)]
    nulls_not_distinct: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    name: String,
    columns: Vec<String>,
    schema_to: Option<String>,
    table_to: String,
    columns_to: Vec<String>,
    #[serde(flatten)]
    on: Actions,
}

#[derive(Deserialize)]
pub(super) struct Check {
    name: String,
    value: String,
}

#[derive(Deserialize)]
pub(super) struct Enum {
    schema: Option<String>,
    name: String,
    values: Vec<String>,
}

/// The parts of one table.
#[derive(Default)]
struct Parts {
    columns: Vec<ColumnDefinition>,
    constraints: Vec<Constraint>,
}

/// The statements that make it all.
pub(super) fn operations(rows: Vec<Row>) -> Vec<Operation> {
    let names = rows.iter().filter_map(|row| match row {
        Row::Enums(e) => Some(e.name.clone()),
        _ => None,
    });
    let enums: BTreeSet<String> = names.collect();
    let mut tables: BTreeMap<QualifiedName, Parts> = BTreeMap::new();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Tables(table) => drop(tables.entry(qualified(table.schema.as_deref(), &table.name)).or_default()),
            Row::Columns(of) => {
                let parts = tables.entry(of.table()).or_default();
                parts.columns.push(of.part.definition(|name| enums.contains(name)));
            }
            Row::Pks(of) => {
                let key = primary_key(&of.part.name, &of.part.columns);
                tables.entry(of.table()).or_default().constraints.push(key);
            }
            Row::Uniques(of) => {
                let key = unique(&of.part.name, &of.part.columns, of.part.nulls_not_distinct);
                tables.entry(of.table()).or_default().constraints.push(key);
            }
            Row::Fks(of) => {
                let Reference { name, columns, schema_to, table_to, columns_to, on } = &of.part;
                let to = qualified(schema_to.as_deref(), table_to);
                let key = foreign_key(name, columns, to, columns_to, on);
                tables.entry(of.table()).or_default().constraints.push(key);
            }
            Row::Checks(of) => {
                let check = check(&of.part.name, &of.part.value);
                tables.entry(of.table()).or_default().constraints.push(check);
            }
            Row::Indexes(of) => last.push(of.part.create(&of.table())),
            Row::Enums(e) => first.push(create_enum(e.schema.as_deref(), &e.name, &e.values)),
            Row::Other => {}
        }
    }
    let tables = tables.into_iter().map(|(name, parts)| create_table(name, parts.columns, parts.constraints));
    first.into_iter().chain(tables).chain(last).collect()
}

impl<T> Of<T> {
    fn table(&self) -> QualifiedName {
        qualified(self.schema.as_deref(), &self.table)
    }
}
