//! Operations that a rewrite made, as SQL: one statement each, without its semicolon. A clause that its author wrote is printed
//! as it was written, any other from what it means.

mod access;
mod column;
mod constraint;
mod index;

use super::literal::{dollar_tag, literal};
use crate::operation::{
    Assertion, ColumnOperation, ConstraintOperation, DataOperation, EnumPosition, Ident, ObjectKind, ObjectOperation,
    Operation, QualifiedName, TableOperation, TableRef, TypeOperation,
};

pub use access::TAG as ACCESS;
pub use column::column_definition;
pub use constraint::{constraint, exclusion, referential_actions};
pub use index::{index_column, index_definition};

/// The statement of an operation, or `None` for the kinds that no rewrite makes (they are printed from the source).
pub fn statement(operation: &Operation) -> Option<String> {
    match operation {
        Operation::Table(TableOperation::Drop { names, if_exists, cascade }) => {
            Some(drop_object("TABLE", names, *if_exists, *cascade))
        }
        Operation::Table(TableOperation::Rename { table, to }) => Some(format!("ALTER TABLE {table} RENAME TO {to}")),
        Operation::Column(ColumnOperation::Rename { table, column, to }) => {
            Some(format!("ALTER TABLE {table} RENAME COLUMN {column} TO {to}"))
        }
        Operation::Constraint(ConstraintOperation::Rename { table, name, to }) => {
            Some(format!("ALTER TABLE {table} RENAME CONSTRAINT {name} TO {to}"))
        }
        Operation::Column(_) | Operation::Constraint(_) => {
            Some(format!("ALTER TABLE {} {}", alter_target(operation)?, subcommand(operation)?))
        }
        Operation::Index(operation) => index::statement(operation),
        Operation::Type(operation) => of_type(operation),
        Operation::Object(operation) => of_object(operation),
        Operation::Data(DataOperation::Assertion(assertion)) => Some(raises(assertion)),
        Operation::Table(_) | Operation::Data(_) | Operation::Session(_) | Operation::Opaque { .. } => None,
    }
}

/// A block that fails where the query finds rows.
fn raises(assertion: &Assertion) -> String {
    let body = format!("BEGIN\n{}END\n", raised(assertion, "  "));
    let tag = dollar_tag("safestep", &body);
    format!("DO {tag}\n{body}{tag}")
}

/// What fails in a block where the query finds rows.
pub fn raised(assertion: &Assertion, indent: &str) -> String {
    format!(
        "{indent}IF EXISTS ({}) THEN
{indent}  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = {};
{indent}END IF;
",
        assertion.query,
        literal(&assertion.condition)
    )
}

fn of_type(operation: &TypeOperation) -> Option<String> {
    Some(match operation {
        TypeOperation::Drop { names, if_exists, cascade } => drop_object("TYPE", names, *if_exists, *cascade),
        TypeOperation::Rename { name, to } => format!("ALTER TYPE {name} RENAME TO {to}"),
        TypeOperation::RenameValue { name, from, to } => format!("ALTER TYPE {name} RENAME VALUE {from} TO {to}"),
        TypeOperation::AddValue { name, value, if_not_exists, position } => {
            let position = match position {
                EnumPosition::Last => String::new(),
                EnumPosition::Before(label) => format!(" BEFORE {label}"),
                EnumPosition::After(label) => format!(" AFTER {label}"),
            };
            format!("ALTER TYPE {name} ADD VALUE {}{value}{position}", word(*if_not_exists, "IF NOT EXISTS "))
        }
        TypeOperation::CreateEnum { name, labels } => format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")),
        TypeOperation::CreateDomain { .. } | TypeOperation::AlterDomain { .. } => return None,
    })
}

fn of_object(operation: &ObjectOperation) -> Option<String> {
    match operation {
        ObjectOperation::Create { definition, .. } => Some(format!("CREATE {definition}")),
        ObjectOperation::Alter { kind: ObjectKind::Sequence, name: Some(name), action, .. } => {
            Some(format!("ALTER SEQUENCE {name} {action}"))
        }
        ObjectOperation::ShareAccess { table, view } => Some(access::shared(table, view)),
        ObjectOperation::Drop { kind, names, on, if_exists, cascade } => {
            let kind = kind_of_object(*kind)?;
            Some(match on {
                Some(table) => {
                    format!("{} ON {table}{}", drop_object(kind, names, *if_exists, false), word(*cascade, " CASCADE"))
                }
                None => drop_object(kind, names, *if_exists, *cascade),
            })
        }
        ObjectOperation::Alter { .. }
        | ObjectOperation::SetSchema { .. }
        | ObjectOperation::RefreshMaterializedView { .. }
        | ObjectOperation::Comment { .. }
        | ObjectOperation::Grant { .. } => None,
    }
}

/// What a `DROP` calls an object. A function is named without its arguments: of two of that name PostgreSQL drops neither.
fn kind_of_object(kind: ObjectKind) -> Option<&'static str> {
    Some(match kind {
        ObjectKind::Table => "TABLE",
        ObjectKind::View => "VIEW",
        ObjectKind::MaterializedView => "MATERIALIZED VIEW",
        ObjectKind::Index => "INDEX",
        ObjectKind::Sequence => "SEQUENCE",
        ObjectKind::Type => "TYPE",
        ObjectKind::Domain => "DOMAIN",
        ObjectKind::Schema => "SCHEMA",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::Policy => "POLICY",
        ObjectKind::Rule => "RULE",
        ObjectKind::Statistics => "STATISTICS",
        ObjectKind::Extension | ObjectKind::Publication | ObjectKind::Other => return None,
    })
}

fn drop_object(kind: &str, names: &[QualifiedName], if_exists: bool, cascade: bool) -> String {
    let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("DROP {kind} {}{names}{}", word(if_exists, "IF EXISTS "), word(cascade, " CASCADE"))
}

/// The table of an operation that can be one of several subcommands of an `ALTER TABLE`.
pub fn alter_target(operation: &Operation) -> Option<&TableRef> {
    match operation {
        Operation::Column(ColumnOperation::Rename { .. } | ColumnOperation::SetAttribute { .. })
        | Operation::Constraint(ConstraintOperation::Rename { .. } | ConstraintOperation::Alter { .. }) => None,
        Operation::Column(operation) => Some(operation.table()),
        Operation::Constraint(operation) => Some(operation.table()),
        _ => None,
    }
}

/// The part of an `ALTER TABLE` after the table's name.
pub fn subcommand(operation: &Operation) -> Option<String> {
    match operation {
        Operation::Column(operation) => column::subcommand(operation),
        Operation::Constraint(operation) => constraint::subcommand(operation),
        _ => None,
    }
}

/// Words that are there or not.
fn word(is_there: bool, words: &str) -> &str {
    if is_there { words } else { "" }
}

/// The parts with a blank between.
fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn list(names: &[Ident]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
