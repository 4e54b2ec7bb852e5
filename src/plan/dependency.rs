//! What an operation uses: what it reads, what it makes, and what falls or is freed with it.

mod columns;
mod constraints;
mod expressions;
mod indexes;
mod objects;
mod tables;

use super::resource::{Resource, Uses};
use crate::operation::{
    ColumnOperation, ConstraintOperation, DataOperation, IndexOperation, ObjectKind, ObjectOperation, Operation,
    QualifiedName, SessionOperation, TableAttribute, TableOperation, TypeOperation,
};
use crate::postgres::calls_users_function;
use crate::schema::{Schema, key, mentions, same};
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
        Operation::Table(operation) => of_table(&mut uses, operation, text, schema),
        Operation::Column(operation) => of_column(&mut uses, operation, schema),
        Operation::Constraint(operation) => of_constraint(&mut uses, operation, schema),
        Operation::Index(operation) => of_index(&mut uses, operation, schema),
        Operation::Type(operation) => of_type(&mut uses, operation, schema),
        Operation::Object(operation) => of_object(&mut uses, operation, text, schema),
        Operation::Data(operation) => of_data(&mut uses, operation, text, schema),
        // It decides how long the statements behind it may take, and not what they do.
        Operation::Session(SessionOperation::SetParameter { name, local: false, .. }) if is_timeout(name) => {}
        // In place, nothing passes.
        Operation::Session(_) | Operation::Opaque { .. } => uses.barrier = true,
    }
    uses.looks_at_values(operation, text, schema);
    uses
}

fn of_table(uses: &mut Uses, operation: &TableOperation, text: &str, schema: &Schema) {
    match operation {
        TableOperation::Create(create) => creates_table(uses, create, text, schema),
        TableOperation::Drop { names, .. } => names.iter().for_each(|name| drops_table(uses, name, schema)),
        TableOperation::Rename { table, to } => {
            uses.alone(table, schema);
            for name in [table.name.clone(), table.sibling(to.clone())] {
                uses.write(Resource::Relation(key(&name)));
                uses.write(Resource::Type(key(&name)));
            }
        }
        TableOperation::SetAttribute { table, attribute } => match attribute {
            TableAttribute::RowSecurity(_) => {
                let root = uses.table(table, schema);
                uses.write(Resource::Policies(root));
            }
            TableAttribute::Inherit(parent) | TableAttribute::NoInherit(parent) => {
                uses.alone(table, schema);
                uses.alone(parent, schema);
            }
            _ => drop(uses.alone(table, schema)),
        },
        TableOperation::AttachPartition { table, partition, .. }
        | TableOperation::DetachPartition { table, partition, .. } => {
            uses.alone(table, schema);
            uses.alone(partition, schema);
            names_keys_after_who_points_at(uses, table, schema);
        }
        TableOperation::Analyze { tables } if !tables.is_empty() => {
            tables.iter().for_each(|table| drop(uses.alone(table, schema)));
        }
        TableOperation::Analyze { .. } | TableOperation::Vacuum { .. } | TableOperation::Cluster { .. } => {
            uses.barrier = true;
        }
    }
}

fn of_column(uses: &mut Uses, operation: &ColumnOperation, schema: &Schema) {
    let table = &operation.table().name;
    match operation {
        ColumnOperation::Add { column, .. } => adds_column(uses, table, column, operation, schema),
        ColumnOperation::Drop { column, .. } => drops_column(uses, table, column, schema),
        ColumnOperation::Rename { .. } => {
            let root = uses.alone(table, schema);
            uses.write(Resource::Structure(root));
        }
        ColumnOperation::SetDefault { column, default, .. } => {
            changes_default(uses, table, column, Some(default), schema)
        }
        ColumnOperation::DropDefault { column, .. } => changes_default(uses, table, column, None, schema),
        ColumnOperation::SetNotNull { column, .. } | ColumnOperation::DropNotNull { column, .. } => {
            changes_nullability(uses, table, column, schema)
        }
        ColumnOperation::SetType { column, ty, using, .. } => {
            changes_type(uses, table, column, ty, using.as_ref(), schema)
        }
        ColumnOperation::SetAttribute { column, .. } => {
            let root = uses.restructures(table, schema);
            uses.write(Resource::Column(root.clone(), column.clone()));
            uses.write(Resource::Default(root, column.clone()));
        }
    }
}

fn of_constraint(uses: &mut Uses, operation: &ConstraintOperation, schema: &Schema) {
    let table = &operation.table().name;
    match operation {
        ConstraintOperation::Add { constraint, .. } => adds_constraint(uses, table, constraint, schema),
        ConstraintOperation::Drop { name, .. } => drops_constraint(uses, table, name, schema),
        ConstraintOperation::Validate { name, .. } | ConstraintOperation::Alter { name, .. } => {
            let root = uses.table(table, schema);
            uses.write(Resource::Constraint(root, name.clone()));
        }
        ConstraintOperation::Rename { name, to, .. } => {
            let root = uses.table(table, schema);
            for name in [name, to] {
                uses.write(Resource::Constraint(root.clone(), name.clone()));
                uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
            }
            uses.is_no_matter_of_rows();
        }
    }
}

fn of_index(uses: &mut Uses, operation: &IndexOperation, schema: &Schema) {
    match operation {
        IndexOperation::Create(index) => creates_index(uses, index, schema),
        IndexOperation::Drop { names, .. } => names.iter().for_each(|name| drops_index(uses, name, schema)),
        IndexOperation::Rename { index, to, .. } => renames_index(uses, index, to, schema),
        IndexOperation::Alter { index, .. } => uses_index(uses, index, schema),
        IndexOperation::AttachPartition { index, partition } => {
            for name in [index, partition] {
                uses_index(uses, name, schema);
                if let Some(table) = schema.index(name).map(|i| i.table.clone()) {
                    uses.alone(&table, schema);
                }
            }
        }
        IndexOperation::Reindex { .. } => uses.barrier = true,
    }
}

fn of_type(uses: &mut Uses, operation: &TypeOperation, schema: &Schema) {
    match operation {
        TypeOperation::CreateEnum { name, .. }
        | TypeOperation::AddValue { name, .. }
        | TypeOperation::CreateDomain { name, .. } => uses.write(Resource::Type(key(name))),
        // What used it went before it, and what takes its name waits for it.
        TypeOperation::Drop { names, cascade: false, .. } => {
            uses.last = true;
            names.iter().for_each(|name| uses.write(Resource::Type(key(name))));
        }
        // Texts that compare with a label are those of columns of that type.
        TypeOperation::RenameValue { name, .. } => {
            uses.write(Resource::Type(key(name)));
            for table in schema.using_type(name) {
                let root = uses.table(&table.name, schema);
                uses.write(Resource::Structure(root.clone()));
                let columns = table.columns.iter().filter(|column| same(column.ty.name(), name));
                columns.for_each(|column| uses.write(Resource::Column(root.clone(), column.name.clone())));
            }
        }
        TypeOperation::Drop { .. } | TypeOperation::Rename { .. } | TypeOperation::AlterDomain { .. } => {
            uses.barrier = true
        }
    }
}

fn of_object(uses: &mut Uses, operation: &ObjectOperation, text: &str, schema: &Schema) {
    match operation {
        ObjectOperation::Create { kind, name: Some(name), on, definition, .. } => {
            creates_object(uses, *kind, name, on.as_ref(), definition.as_str(), schema)
        }
        ObjectOperation::Drop { kind, names, on, cascade: false, .. } => {
            names.iter().for_each(|name| drops_object(uses, *kind, name, on.as_ref(), schema))
        }
        ObjectOperation::Comment { .. } => comments(uses, text, schema),
        ObjectOperation::Grant { kind, names, .. } => grants(uses, *kind, names, text, schema),
        ObjectOperation::ShareAccess { table, view } => {
            uses.read(Resource::Relation(key(table)));
            grants(uses, ObjectKind::Table, std::slice::from_ref(view), &view.to_string(), schema);
        }
        ObjectOperation::Create { .. }
        | ObjectOperation::Drop { .. }
        | ObjectOperation::Alter { .. }
        | ObjectOperation::SetSchema { .. }
        | ObjectOperation::RefreshMaterializedView { .. } => uses.barrier = true,
    }
}

fn of_data(uses: &mut Uses, operation: &DataOperation, text: &str, schema: &Schema) {
    match operation {
        // The rows that it brings along name no other table; they may be many.
        DataOperation::Insert { table, from_query: false, .. } if text.len() > LONG => {
            uses.rows(table, schema);
            uses.changes_members(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }
        DataOperation::Insert { table, .. }
        | DataOperation::Update { table, .. }
        | DataOperation::Delete { table, .. } => {
            uses.rows(table, schema);
            uses.changes_values(operation, text, schema);
            uses.reads_rows_of_statement(text, schema);
            uses.by_place = mentions(text, "ctid");
            if mentions(text, "constraint") {
                uses.alone(table, schema); // ON CONFLICT ON CONSTRAINT
            }
            uses.barrier |= text.is_empty() || changes_rows_within(text) || may_do_anything(table, text, schema);
        }
        DataOperation::Truncate { tables, .. } => tables.iter().for_each(|table| {
            uses.changes_members(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }),
        DataOperation::Backfill(backfill) => fills_column(uses, backfill, schema),
        DataOperation::Select { .. } => uses.barrier = true,
        DataOperation::Assertion(assertion) => uses.reads_rows_of_statement(assertion.query.as_str(), schema),
    }
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
