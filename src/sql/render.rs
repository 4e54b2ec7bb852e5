//! Operations that a rewrite made, as SQL: one statement each, without its semicolon. A clause that its author wrote is printed
//! as it was written, any other from what it means.

mod column;
mod constraint;
mod index;

use crate::operation::{
    ColumnOperation, ConstraintOperation, EnumPosition, Ident, IndexOperation, ObjectKind, ObjectOperation, Operation,
    QualifiedName, TableOperation, TableRef, TypeOperation,
};

pub use column::column_definition;
pub use constraint::{constraint, exclusion, referential_actions};
pub use index::{create_index, index_column, index_definition};

/// The statement of an operation, or `None` for the kinds that no rewrite makes (they are printed from the source).
pub fn statement(operation: &Operation) -> Option<String> {
    if let (Some(table), Some(subcommand)) = (alter_target(operation), subcommand(operation)) {
        return Some(format!("ALTER TABLE {table} {subcommand}"));
    }
    Some(match operation {
        Operation::Index(IndexOperation::Create(index)) => create_index(index),
        Operation::Index(IndexOperation::Drop { names, concurrently, if_exists, cascade }) => format!(
            "DROP INDEX {}{}{}{}",
            if *concurrently { "CONCURRENTLY " } else { "" },
            if *if_exists { "IF EXISTS " } else { "" },
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            if *cascade { " CASCADE" } else { "" },
        ),
        Operation::Index(IndexOperation::Rename { index, to, if_exists }) => {
            format!("ALTER INDEX {}{index} RENAME TO {to}", if *if_exists { "IF EXISTS " } else { "" })
        }
        Operation::Table(TableOperation::Drop { names, if_exists, cascade }) => {
            drop_object("TABLE", names, *if_exists, *cascade)
        }
        Operation::Type(TypeOperation::Drop { names, if_exists, cascade }) => {
            drop_object("TYPE", names, *if_exists, *cascade)
        }
        Operation::Object(ObjectOperation::Create { definition, .. }) => format!("CREATE {definition}"),
        Operation::Object(ObjectOperation::Alter { kind: ObjectKind::Sequence, name: Some(name), action, .. }) => {
            format!("ALTER SEQUENCE {name} {action}")
        }
        Operation::Object(ObjectOperation::Drop { kind: ObjectKind::Sequence, names, cascade, .. }) => {
            drop_object("SEQUENCE", names, true, *cascade)
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            format!("ALTER TABLE {table} RENAME CONSTRAINT {name} TO {to}")
        }
        Operation::Table(TableOperation::Rename { table, to }) => format!("ALTER TABLE {table} RENAME TO {to}"),
        Operation::Column(ColumnOperation::Rename { table, column, to }) => {
            format!("ALTER TABLE {table} RENAME COLUMN {column} TO {to}")
        }
        Operation::Type(TypeOperation::Rename { name, to }) => format!("ALTER TYPE {name} RENAME TO {to}"),
        Operation::Type(TypeOperation::RenameValue { name, from, to }) => {
            format!("ALTER TYPE {name} RENAME VALUE {from} TO {to}")
        }
        Operation::Type(TypeOperation::AddValue { name, value, if_not_exists, position }) => {
            let position = match position {
                EnumPosition::Last => String::new(),
                EnumPosition::Before(label) => format!(" BEFORE {label}"),
                EnumPosition::After(label) => format!(" AFTER {label}"),
            };
            format!(
                "ALTER TYPE {name} ADD VALUE {}{value}{position}",
                if *if_not_exists { "IF NOT EXISTS " } else { "" }
            )
        }
        _ => return None,
    })
}

fn drop_object(kind: &str, names: &[QualifiedName], if_exists: bool, cascade: bool) -> String {
    let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("DROP {kind} {}{names}{}", if if_exists { "IF EXISTS " } else { "" }, if cascade { " CASCADE" } else { "" })
}

/// The table of an operation that can be one of several subcommands of an `ALTER TABLE`.
pub fn alter_target(operation: &Operation) -> Option<&TableRef> {
    match operation {
        Operation::Column(
            ColumnOperation::Add { table, .. }
            | ColumnOperation::Drop { table, .. }
            | ColumnOperation::SetNotNull { table, .. }
            | ColumnOperation::DropNotNull { table, .. }
            | ColumnOperation::SetDefault { table, .. }
            | ColumnOperation::DropDefault { table, .. }
            | ColumnOperation::SetType { table, .. },
        )
        | Operation::Constraint(
            ConstraintOperation::Add { table, .. }
            | ConstraintOperation::Drop { table, .. }
            | ConstraintOperation::Validate { table, .. },
        ) => Some(table),
        _ => None,
    }
}

/// The part of an `ALTER TABLE` after the table's name.
pub fn subcommand(operation: &Operation) -> Option<String> {
    Some(match operation {
        Operation::Column(ColumnOperation::Add { column, if_not_exists, .. }) => {
            format!("ADD COLUMN {}{}", if *if_not_exists { "IF NOT EXISTS " } else { "" }, column_definition(column))
        }
        Operation::Column(ColumnOperation::Drop { column, if_exists, cascade, .. }) => format!(
            "DROP COLUMN {}{column}{}",
            if *if_exists { "IF EXISTS " } else { "" },
            if *cascade { " CASCADE" } else { "" }
        ),
        Operation::Column(ColumnOperation::SetNotNull { column, .. }) => format!("ALTER COLUMN {column} SET NOT NULL"),
        Operation::Column(ColumnOperation::DropNotNull { column, .. }) => {
            format!("ALTER COLUMN {column} DROP NOT NULL")
        }
        Operation::Column(ColumnOperation::SetDefault { column, default, .. }) => {
            format!("ALTER COLUMN {column} SET DEFAULT {default}")
        }
        Operation::Column(ColumnOperation::DropDefault { column, .. }) => format!("ALTER COLUMN {column} DROP DEFAULT"),
        Operation::Column(ColumnOperation::SetType { column, ty, collation, using, .. }) => format!(
            "ALTER COLUMN {column} SET DATA TYPE {ty}{}{}",
            collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default(),
            using.as_ref().map(|u| format!(" USING {u}")).unwrap_or_default(),
        ),
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            format!("ADD {}", self::constraint(constraint))
        }
        Operation::Constraint(ConstraintOperation::Drop { name, if_exists, cascade, .. }) => format!(
            "DROP CONSTRAINT {}{name}{}",
            if *if_exists { "IF EXISTS " } else { "" },
            if *cascade { " CASCADE" } else { "" }
        ),
        Operation::Constraint(ConstraintOperation::Validate { name, .. }) => format!("VALIDATE CONSTRAINT {name}"),
        _ => return None,
    })
}

/// The parts with a blank between.
fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn list(names: &[Ident]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
