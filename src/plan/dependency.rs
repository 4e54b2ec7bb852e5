//! What an operation uses: what it reads, what it makes, and what falls or is freed with it.

mod columns;
mod constraints;
mod expressions;
mod indexes;
mod objects;
mod tables;

use super::resource::{Resource, Uses};
use crate::operation::{Operation, QualifiedName, TableAttribute};
use crate::postgres::calls_users_function;
use crate::schema::{Schema, key};
use crate::sql::changes_rows_within;

use columns::{adds_column, changes_default, changes_nullability, changes_type, drops_column, fills_column};
use constraints::{adds_constraint, drops_constraint};
use indexes::{creates_index, drops_index, renames_index, uses_index};
use objects::{comments, creates_object, drops_object, grants};
use tables::{creates_table, drops_table, names_keys_after_who_points_at};

/// An INSERT of more bytes is rows.
const LONG: usize = 100_000;

/// What an operation uses. `schema` is the catalog before it, `text` the statement as it is written, where it is.
pub fn uses(operation: &Operation, text: &str, schema: &Schema) -> Uses {
    let mut uses = Uses::default();
    match operation {
        Operation::CreateTable(create) => creates_table(&mut uses, create, text, schema),
        Operation::DropTable { names, .. } => names.iter().for_each(|name| drops_table(&mut uses, name, schema)),
        Operation::RenameTable { table, to } => {
            uses.alone(table, schema);
            for name in [table.name.clone(), table.sibling(to.clone())] {
                uses.write(Resource::Relation(key(&name)));
                uses.write(Resource::Type(key(&name)));
            }
        }
        Operation::CreateEnum { name, .. }
        | Operation::AddEnumValue { name, .. }
        | Operation::CreateDomain { name, .. } => uses.write(Resource::Type(key(name))),
        Operation::CreateIndex(index) => creates_index(&mut uses, index, schema),
        Operation::DropIndex { names, .. } => names.iter().for_each(|name| drops_index(&mut uses, name, schema)),
        // It decides how long the statements behind it may take, and not what they do.
        Operation::SetParameter { name, local: false, .. } if is_timeout(name) => {}
        Operation::RenameIndex { index, to, .. } => renames_index(&mut uses, index, to, schema),
        Operation::AlterIndex { index, .. } => uses_index(&mut uses, index, schema),
        Operation::AttachIndex { index, partition } => {
            for name in [index, partition] {
                uses_index(&mut uses, name, schema);
                if let Some(table) = schema.index(name).map(|i| i.table.clone()) {
                    uses.alone(&table, schema);
                }
            }
        }
        Operation::CreateObject { kind, name: Some(name), on, definition, .. } => {
            creates_object(&mut uses, *kind, name, on.as_ref(), definition.as_str(), schema)
        }
        // What used it went before it, and what takes its name waits for it.
        Operation::DropType { names, cascade: false, .. } => {
            uses.last = true;
            names.iter().for_each(|name| uses.write(Resource::Type(key(name))));
        }
        Operation::DropObject { kind, names, on, cascade: false, .. } => {
            names.iter().for_each(|name| drops_object(&mut uses, *kind, name, on.as_ref(), schema))
        }
        Operation::Comment { .. } => comments(&mut uses, text, schema),
        Operation::Grant { kind, names, .. } => grants(&mut uses, *kind, names, text, schema),
        // The rows that it brings along name no other table; they may be many.
        Operation::Insert { table, from_query: false } if text.len() > LONG => {
            uses.rows(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }
        Operation::Insert { table, .. } | Operation::Update { table, .. } | Operation::Delete { table, .. } => {
            uses.rows(table, schema);
            uses.reads_rows_of_statement(text, schema);
            uses.barrier |= text.is_empty() || changes_rows_within(text) || may_do_anything(table, text, schema);
        }
        Operation::Truncate { tables, .. } => tables.iter().for_each(|table| {
            uses.rows(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }),
        Operation::Analyze { tables } if !tables.is_empty() => {
            tables.iter().for_each(|table| drop(uses.alone(table, schema)));
        }
        other => of_table(other, schema, &mut uses),
    }
    uses
}

/// `lock_timeout`, `statement_timeout` and their like.
pub(super) fn is_timeout(parameter: &str) -> bool {
    parameter.ends_with("_timeout")
}

/// A data statement fires triggers, and may call functions of the user's.
fn may_do_anything(table: &QualifiedName, text: &str, schema: &Schema) -> bool {
    schema.table(table).is_none()
        || schema.attached_to(table).any(|d| d.what.starts_with("trigger") || d.what.starts_with("rule"))
        || calls_users_function(text, schema)
}

/// What is done to a table, its columns or its constraints.
fn of_table(operation: &Operation, schema: &Schema, uses: &mut Uses) {
    let Some(table) = operation.table().cloned() else {
        uses.barrier = true;
        return;
    };
    match operation {
        Operation::AddColumn { column, .. } => adds_column(uses, &table, column, operation, schema),
        Operation::SetDefault { column, default, .. } => changes_default(uses, &table, column, Some(default), schema),
        Operation::DropDefault { column, .. } => changes_default(uses, &table, column, None, schema),
        Operation::SetNotNull { column, .. } | Operation::DropNotNull { column, .. } => {
            changes_nullability(uses, &table, column, schema)
        }
        Operation::Backfill(backfill) => fills_column(uses, backfill, schema),
        Operation::AddConstraint { constraint, .. } => adds_constraint(uses, &table, constraint, schema),
        Operation::ValidateConstraint { name, .. } | Operation::AlterConstraint { name, .. } => {
            let root = uses.table(&table, schema);
            uses.write(Resource::Constraint(root, name.clone()));
        }
        Operation::DropConstraint { name, .. } => drops_constraint(uses, &table, name, schema),
        Operation::RenameConstraint { name, to, .. } => {
            let root = uses.table(&table, schema);
            for name in [name, to] {
                uses.write(Resource::Constraint(root.clone(), name.clone()));
                uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
            }
        }
        Operation::DropColumn { column, .. } => drops_column(uses, &table, column, schema),
        Operation::SetType { column, ty, using, .. } => changes_type(uses, &table, column, ty, using.as_ref(), schema),
        Operation::SetColumnAttribute { column, .. } => {
            let root = uses.restructures(&table, schema);
            uses.write(Resource::Column(root.clone(), column.clone()));
            uses.write(Resource::Default(root, column.clone()));
        }
        Operation::RenameColumn { .. } => {
            let root = uses.alone(&table, schema);
            uses.write(Resource::Structure(root));
        }
        Operation::SetTableAttribute { attribute, .. } => match attribute {
            TableAttribute::RowSecurity(_) => {
                let root = uses.table(&table, schema);
                uses.write(Resource::Policies(root));
            }
            TableAttribute::Inherit(parent) | TableAttribute::NoInherit(parent) => {
                uses.alone(&table, schema);
                uses.alone(parent, schema);
            }
            _ => drop(uses.alone(&table, schema)),
        },
        Operation::AttachPartition { partition, .. } | Operation::DetachPartition { partition, .. } => {
            uses.alone(&table, schema);
            uses.alone(partition, schema);
            names_keys_after_who_points_at(uses, &table, schema);
        }
        // Data and everything else: in place, nothing passes.
        Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::SetSchema { .. }
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
        | Operation::SetParameter { .. }
        | Operation::Transaction(_)
        | Operation::LockTable { .. }
        | Operation::Vacuum { .. }
        | Operation::Analyze { .. }
        | Operation::Cluster { .. }
        | Operation::Opaque { .. } => uses.barrier = true,
    }
}
