//! Which statements of a way down that an author wrote take back which operations of the way up.

use crate::operation::{
    ColumnOperation, ConstraintOperation, IndexOperation, ObjectOperation, Operation, QualifiedName, TableOperation,
    TypeOperation,
};

/// What an operation and the one that takes it back have in common; nothing where no operation takes it back.
pub fn subjects(operation: &Operation) -> Vec<String> {
    let name = |what: &str, name: &QualifiedName| format!("{what} {name}");
    match operation {
        Operation::Table(TableOperation::Create(create)) => vec![name("table", &create.name)],
        Operation::Table(TableOperation::Drop { names, .. }) => names.iter().map(|one| name("table", one)).collect(),
        Operation::Table(TableOperation::Rename { table, to }) => {
            vec![renamed("table", &table.name.to_string(), &table.name.sibling(to.clone()).to_string())]
        }
        Operation::Column(operation) => {
            let of = |what: &str, column: &str| vec![format!("{what} {}.{column}", operation.table().name)];
            match operation {
                ColumnOperation::Add { column, .. } => of("column", &column.name.to_string()),
                ColumnOperation::Drop { column, .. } => of("column", &column.to_string()),
                ColumnOperation::Rename { table, column, to } => {
                    vec![renamed(&format!("column of {}", table.name), &column.to_string(), &to.to_string())]
                }
                ColumnOperation::SetNotNull { column, .. } | ColumnOperation::DropNotNull { column, .. } => {
                    of("not null", &column.to_string())
                }
                ColumnOperation::SetDefault { column, .. } | ColumnOperation::DropDefault { column, .. } => {
                    of("default", &column.to_string())
                }
                ColumnOperation::SetType { column, .. } => of("type", &column.to_string()),
                ColumnOperation::SetAttribute { column, .. } => of("attribute", &column.to_string()),
            }
        }
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            constraint.name.iter().map(|own| format!("constraint {} {own}", table.name)).collect()
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            vec![format!("constraint {} {name}", table.name)]
        }
        Operation::Index(IndexOperation::Create(index)) => {
            index.name.iter().map(|own| format!("index {}", index.table.sibling(own.clone()))).collect()
        }
        Operation::Index(IndexOperation::Drop { names, .. }) => names.iter().map(|one| name("index", one)).collect(),
        Operation::Type(TypeOperation::CreateEnum { name: own, .. }) => vec![name("type", own)],
        Operation::Type(TypeOperation::Drop { names, .. }) => names.iter().map(|one| name("type", one)).collect(),
        Operation::Object(ObjectOperation::Comment { .. }) => vec!["comment".to_owned()],
        _ => Vec::new(),
    }
}

/// There and back.
fn renamed(what: &str, from: &str, to: &str) -> String {
    let (first, second) = if from < to { (from, to) } else { (to, from) };
    format!("{what} {first} {second}")
}
