//! A few words for the file of an operation that passes through.

use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, ObjectOperation,
    Operation, SessionOperation, TableOperation, TypeOperation,
};
use crate::plan::snake_case;

/// `user_add_age`, `create_role`.
pub(super) fn slug_of(operation: &Operation) -> String {
    let table = operation.table().map(|t| snake_case(&t.name)).unwrap_or_default();
    match operation {
        Operation::Table(operation) => of_table(operation, &table),
        Operation::Column(operation) => of_column(operation, &table),
        Operation::Constraint(operation) => of_constraint(operation, &table),
        Operation::Index(operation) => of_index(operation, &table),
        Operation::Type(operation) => of_type(operation),
        Operation::Object(operation) => of_object(operation, &table),
        Operation::Data(operation) => of_data(operation, &table),
        Operation::Session(SessionOperation::SetParameter { name, .. }) => {
            format!("set_{}", snake_case(&Ident::new(name.as_str())))
        }
        Operation::Session(SessionOperation::Transaction(_)) => "transaction".to_owned(),
        Operation::Session(SessionOperation::LockTable { .. }) => with("lock_table", &table),
        Operation::Opaque { .. } => "opaque".to_owned(),
    }
}

fn with(words: &str, table: &str) -> String {
    if table.is_empty() { words.to_owned() } else { format!("{words}_{table}") }
}

fn of_table(operation: &TableOperation, table: &str) -> String {
    with(
        match operation {
            TableOperation::Create(_) => "create",
            TableOperation::Drop { .. } => "drop_table",
            TableOperation::Rename { .. } => "rename_table",
            TableOperation::SetAttribute { .. } => "set_table_attribute",
            TableOperation::AttachPartition { .. } => "attach_partition",
            TableOperation::DetachPartition { .. } => "detach_partition",
            TableOperation::Vacuum { .. } => "vacuum",
            TableOperation::Analyze { .. } => "analyze",
            TableOperation::Cluster { .. } => "cluster",
        },
        table,
    )
}

fn of_column(operation: &ColumnOperation, table: &str) -> String {
    let column = snake_case(operation.column());
    match operation {
        ColumnOperation::Add { .. } => format!("{table}_add_{column}"),
        ColumnOperation::Drop { .. } => format!("{table}_drop_{column}"),
        ColumnOperation::SetDefault { .. } => format!("{table}_set_{column}_default"),
        ColumnOperation::DropDefault { .. } => format!("{table}_drop_{column}_default"),
        ColumnOperation::DropNotNull { .. } => format!("{table}_make_{column}_nullable"),
        ColumnOperation::SetNotNull { .. } => format!("{table}_{column}_not_null"),
        ColumnOperation::Rename { .. } => with("rename_column", table),
        ColumnOperation::SetType { .. } => with("set_type", table),
        ColumnOperation::SetAttribute { .. } => with("set_column_attribute", table),
    }
}

fn of_constraint(operation: &ConstraintOperation, table: &str) -> String {
    match operation {
        ConstraintOperation::Add { constraint, .. } => match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                format!("{table}_{}_fkey", key.columns.iter().map(snake_case).collect::<Vec<_>>().join("_"))
            }
            _ => format!("{table}_add_constraint"),
        },
        ConstraintOperation::Drop { name, .. } => format!("{table}_drop_{}", snake_case(name)),
        ConstraintOperation::Validate { .. } => with("validate_constraint", table),
        ConstraintOperation::Rename { .. } => with("rename_constraint", table),
        ConstraintOperation::Alter { .. } => with("alter_constraint", table),
    }
}

fn of_index(operation: &IndexOperation, table: &str) -> String {
    match operation {
        IndexOperation::Create(_) => format!("{table}_index"),
        IndexOperation::Rename { to, .. } => format!("rename_index_{}", snake_case(to)),
        IndexOperation::Drop { .. } => "drop_index".to_owned(),
        IndexOperation::Alter { .. } => "alter_index".to_owned(),
        IndexOperation::AttachPartition { .. } => "attach_index".to_owned(),
        IndexOperation::Reindex { .. } => "reindex".to_owned(),
    }
}

fn of_type(operation: &TypeOperation) -> String {
    match operation {
        TypeOperation::CreateEnum { name, .. } => format!("create_{}", snake_case(&name.name)),
        TypeOperation::AddValue { name, .. } => format!("{}_add_value", snake_case(&name.name)),
        TypeOperation::RenameValue { .. } => "rename_enum_value".to_owned(),
        TypeOperation::Rename { .. } => "rename_type".to_owned(),
        TypeOperation::Drop { .. } => "drop_type".to_owned(),
        TypeOperation::CreateDomain { .. } => "create_domain".to_owned(),
        TypeOperation::AlterDomain { .. } => "alter_domain".to_owned(),
    }
}

fn of_object(operation: &ObjectOperation, table: &str) -> String {
    with(
        match operation {
            ObjectOperation::Create { .. } => "create_object",
            ObjectOperation::Alter { .. } => "alter_object",
            ObjectOperation::Drop { .. } => "drop_object",
            ObjectOperation::SetSchema { .. } => "set_schema",
            ObjectOperation::RefreshMaterializedView { .. } => "refresh_materialized_view",
            ObjectOperation::Comment { .. } => "comment",
            ObjectOperation::Grant { .. } => "grant",
        },
        table,
    )
}

fn of_data(operation: &DataOperation, table: &str) -> String {
    with(
        match operation {
            DataOperation::Insert { .. } => "insert",
            DataOperation::Update { .. } => "update",
            DataOperation::Delete { .. } => "delete",
            DataOperation::Truncate { .. } => "truncate",
            DataOperation::Select { .. } => "select",
            DataOperation::Backfill(_) => "backfill",
        },
        table,
    )
}
