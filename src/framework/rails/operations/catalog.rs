//! What Active Record asks the catalog before it sends something.

use super::context::Context;
use super::names::split;
use super::sent::Sent;
use crate::framework::rails::value::Why;
use crate::operation::{ConstraintKind, Ident, QualifiedName};
use crate::schema::{Schema, Table};
use crate::sql::read_statement;

/// The catalog after what was sent, as if all of it succeeded.
pub fn applied(mut schema: Schema, sent: &[Sent]) -> Schema {
    for sent in sent {
        for located in read_statement(&sent.sql).operations {
            schema.apply(&located.operation);
        }
    }
    schema
}

/// Why there is no SQL of a call for which Active Record asks the catalog, where [`Context::schema`] is missing.
pub const NO_CATALOG: &str = "the catalog that it meets is not known";

/// A name as the catalog has it.
pub(super) fn qualified(name: &str) -> QualifiedName {
    let (schema, name) = split(name);
    QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) }
}

fn schema<'a>(context: &Context<'a>) -> Result<&'a Schema, Why> {
    context.schema.ok_or_else(|| NO_CATALOG.to_owned())
}

fn table_of<'a>(name: &str, context: &Context<'a>) -> Result<&'a Table, Why> {
    schema(context)?.table(&qualified(name)).ok_or_else(|| format!("table {name} is not known"))
}

/// The type of a column, where it is known.
pub(super) fn column_type(table: &str, column: &str, context: &Context<'_>) -> Option<String> {
    let column = context.schema?.column(&qualified(table), &Ident::new(column))?;
    Some(column.ty.text().to_owned())
}

/// An index of a table.
pub(super) struct Index {
    pub(super) name: String,
    /// Its columns; `None` where it is of an expression.
    pub(super) columns: Option<Vec<String>>,
}

/// The indexes of a table in the order of their names, those of primary keys left out.
pub(super) fn indexes(name: &str, context: &Context<'_>) -> Result<Vec<Index>, Why> {
    let table = table_of(name, context)?;
    let is_of_key = |index: &crate::schema::Index| {
        index
            .constraint
            .as_ref()
            .and_then(|name| table.constraints.get(name))
            .is_some_and(|constraint| matches!(constraint.constraint.kind, ConstraintKind::PrimaryKey { .. }))
    };
    let of = |index: &crate::schema::Index| Index {
        name: index.name.name.as_str().to_owned(),
        columns: index.columns.iter().map(|column| column.column().map(|name| name.as_str().to_owned())).collect(),
    };
    let mut indexes: Vec<Index> =
        schema(context)?.indexes_of(&table.name).filter(|index| !is_of_key(index)).map(of).collect();
    indexes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(indexes)
}

/// A foreign key of a table.
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The table that it points at, as Active Record shows it.
    pub(super) to: String,
}

/// The foreign keys of a table in the order of their names.
pub(super) fn foreign_keys(name: &str, context: &Context<'_>) -> Result<Vec<ForeignKey>, Why> {
    let table = table_of(name, context)?;
    let mut keys: Vec<ForeignKey> = Vec::new();
    for constraint in &table.constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.constraint.kind else { continue };
        let schema = key.references.schema.as_ref().filter(|schema| schema.as_str() != "public");
        let to = key.references.name.as_str();
        keys.push(ForeignKey {
            name: constraint.name.as_str().to_owned(),
            columns: key.columns.iter().map(|column| column.as_str().to_owned()).collect(),
            to: schema.map_or_else(|| to.to_owned(), |schema| format!("{}.{to}", schema.as_str())),
        });
    }
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(keys)
}

/// The name of the unique constraint of a table on these columns, with `NULLS NOT DISTINCT` or without it where that is asked.
pub(super) fn unique(
    name: &str,
    columns: &[String],
    nulls_not_distinct: Option<bool>,
    context: &Context<'_>,
) -> Result<String, Why> {
    let table = table_of(name, context)?;
    let is_it = |constraint: &&crate::schema::ConstraintState| match &constraint.constraint.kind {
        ConstraintKind::Unique { columns: own, nulls_not_distinct: nulls, .. } => {
            own.iter().map(Ident::as_str).eq(columns.iter().map(String::as_str))
                && nulls_not_distinct.is_none_or(|asked| asked == *nulls)
        }
        _ => false,
    };
    let found = table.constraints.iter().find(is_it).map(|constraint| constraint.name.as_str().to_owned());
    found.ok_or_else(|| format!("no unique constraint of {name} is known on these columns"))
}

/// The first column of a table's primary key, where a sequence or a function gives it its values, and that sequence.
pub(super) fn key_and_sequence(name: &str, context: &Context<'_>) -> Result<Option<(String, Option<String>)>, Why> {
    let table = table_of(name, context)?;
    let Some(first) = table.primary_key().and_then(|key| key.first()) else { return Ok(None) };
    let Some(column) = table.columns.get(first) else { return Ok(None) };
    if let Some(sequence) = &column.sequence {
        return Ok(Some((first.as_str().to_owned(), Some(sequence.as_str().to_owned()))));
    }
    let default = column.default.as_ref().map(|default| default.as_str().to_lowercase()).unwrap_or_default();
    let functions: &[&str] =
        if context.runs_before(7, 1) { &["uuid_generate"] } else { &["uuid_generate", "gen_random_uuid"] };
    match functions.iter().any(|function| default.contains(function)) {
        // Active Record takes what is called for a sequence, whose name is never the key's.
        true => Ok(Some((first.as_str().to_owned(), None))),
        false => Ok(None),
    }
}

/// A column of a table is known by that name.
pub(super) fn has_column(table: &str, column: &str, context: &Context<'_>) -> bool {
    context.schema.is_some_and(|schema| schema.column(&qualified(table), &Ident::new(column)).is_some())
}
