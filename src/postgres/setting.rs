//! Which statements a parameter of the session has a say in.

use crate::operation::{
    Backfill, ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex,
    DataOperation, Decides, IndexColumn, IndexOperation, ObjectOperation, Operation, SessionOperation, Setting,
    SqlFragment, TableOperation, TypeName, TypeOperation,
};

/// True when an operation could do something else without the setting. Its names are qualified where they can be.
pub fn matters(setting: &Setting, operation: &Operation) -> bool {
    if matches!(operation, Operation::Session(SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_)))
    {
        return false;
    }
    match setting.decides {
        Decides::Who | Decides::Anything => true,
        Decides::Names(_) => !is_the_same_under_any_path(operation),
        Decides::Values => !computes_nothing(operation),
        Decides::Rows => touches_rows(operation),
        Decides::Storage => builds(operation),
        Decides::Tables => {
            touches_rows(operation)
                || matches!(
                    operation,
                    Operation::Table(TableOperation::Create(_)) | Operation::Object(ObjectOperation::Create { .. })
                )
        }
        Decides::Functions => matches!(
            operation,
            Operation::Object(ObjectOperation::Create { .. } | ObjectOperation::Alter { .. })
                | Operation::Data(DataOperation::Select { .. })
                | Operation::Opaque { .. }
        ),
    }
}

/// Names in it are qualified, and there is nothing else in it that would be looked up.
fn is_the_same_under_any_path(operation: &Operation) -> bool {
    match operation {
        Operation::Column(ColumnOperation::Add { column, .. }) => {
            is_plain_column(column) && column.default.as_ref().is_none_or(is_literal)
        }
        Operation::Column(ColumnOperation::SetDefault { default, .. }) => is_literal(default),
        Operation::Column(ColumnOperation::SetType { ty, collation: None, using: None, .. }) => is_built_in(ty),
        Operation::Data(DataOperation::Backfill(Backfill { value, todo, .. })) => {
            is_literal(value) && asks_for_null(todo)
        }
        other => computes_nothing(other),
    }
}

/// It holds no expression, literal or query.
fn computes_nothing(operation: &Operation) -> bool {
    match operation {
        Operation::Column(ColumnOperation::Add { column, .. }) => {
            is_plain_column(column) && column.default.as_ref().is_none_or(is_number)
        }
        Operation::Column(ColumnOperation::SetDefault { default, .. }) => is_number(default),
        Operation::Data(DataOperation::Backfill(Backfill { value, todo, .. })) => {
            is_number(value) && asks_for_null(todo)
        }
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => is_plain_constraint(constraint),
        Operation::Index(IndexOperation::Create(index)) => is_plain_index(index),
        Operation::Column(
            ColumnOperation::Drop { .. }
            | ColumnOperation::SetNotNull { .. }
            | ColumnOperation::DropNotNull { .. }
            | ColumnOperation::DropDefault { .. },
        )
        | Operation::Constraint(ConstraintOperation::Drop { .. } | ConstraintOperation::Rename { .. })
        | Operation::Index(IndexOperation::Drop { .. } | IndexOperation::Rename { .. })
        | Operation::Table(TableOperation::Drop { .. })
        | Operation::Type(
            TypeOperation::AddValue { .. }
            | TypeOperation::RenameValue { .. }
            | TypeOperation::Rename { .. }
            | TypeOperation::Drop { .. },
        ) => true,
        _ => false,
    }
}

fn is_plain_column(column: &ColumnDefinition) -> bool {
    is_built_in(&column.ty)
        && column.generated.is_none()
        && column.collation.is_none()
        && column.constraints.iter().all(is_plain_constraint)
}

fn is_plain_constraint(constraint: &Constraint) -> bool {
    match &constraint.kind {
        ConstraintKind::Check { expression } => asks_for_null(expression),
        ConstraintKind::Unique { .. }
        | ConstraintKind::PrimaryKey { .. }
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::NotNull { .. } => true,
        ConstraintKind::Exclude(_) => false,
    }
}

/// An index of columns in their order, each with the operator class that its type has.
fn is_plain_index(index: &CreateIndex) -> bool {
    let is_plain = |element: &IndexColumn| {
        element.column().is_some() && element.collation.is_none() && element.operator_class.is_none()
    };
    index.predicate.as_ref().is_none_or(asks_for_null) && index.columns.iter().all(is_plain)
}

/// `"name" IS NULL`, `"name" IS NOT NULL`.
fn asks_for_null(expression: &SqlFragment) -> bool {
    let text = expression.as_str().to_ascii_uppercase();
    let column = text.strip_suffix(" IS NOT NULL").or_else(|| text.strip_suffix(" IS NULL"));
    column.is_some_and(|column| !column.contains(['(', ' ', ':', '\'']))
}

/// A number, a truth value or NULL.
fn is_number(value: &SqlFragment) -> bool {
    let text = value.as_str();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number || ["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str())
}

/// The same or a string.
fn is_literal(value: &SqlFragment) -> bool {
    let inside = value.as_str().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    is_number(value) || inside.is_some_and(|inside| !inside.replace("''", "").contains('\''))
}

/// A type of the system's, or a user's with its schema.
fn is_built_in(ty: &TypeName) -> bool {
    const TYPES: [&str; 45] = [
        "bigserial",
        "bit",
        "bool",
        "box",
        "bpchar",
        "bytea",
        "cidr",
        "circle",
        "date",
        "daterange",
        "float4",
        "float8",
        "inet",
        "int2",
        "int4",
        "int4range",
        "int8",
        "int8range",
        "interval",
        "json",
        "jsonb",
        "line",
        "lseg",
        "macaddr",
        "macaddr8",
        "money",
        "numeric",
        "numrange",
        "oid",
        "path",
        "point",
        "polygon",
        "serial",
        "smallserial",
        "text",
        "time",
        "timestamp",
        "timestamptz",
        "timetz",
        "tsrange",
        "tstzrange",
        "uuid",
        "varbit",
        "varchar",
        "xml",
    ];
    ty.name().schema.is_some() || TYPES.contains(&ty.canonical().trim_end_matches("[]"))
}

/// It reads or changes rows, or nobody can tell.
fn touches_rows(operation: &Operation) -> bool {
    match operation {
        Operation::Table(TableOperation::Create(create)) => create.as_query,
        Operation::Object(ObjectOperation::Create { .. } | ObjectOperation::RefreshMaterializedView { .. })
        | Operation::Data(_)
        | Operation::Opaque { .. } => true,
        _ => false,
    }
}

/// It makes a table or an index, or nobody can tell.
fn builds(operation: &Operation) -> bool {
    let has_index = |constraint: &Constraint| {
        !matches!(
            constraint.kind,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull { .. }
        )
    };
    match operation {
        Operation::Table(TableOperation::Create(_) | TableOperation::AttachPartition { .. })
        | Operation::Index(IndexOperation::Create(_))
        | Operation::Object(ObjectOperation::Create { .. })
        | Operation::Data(DataOperation::Select { .. })
        | Operation::Opaque { .. } => true,
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => has_index(constraint),
        Operation::Column(ColumnOperation::Add { column, .. }) => column.constraints.iter().any(has_index),
        _ => false,
    }
}
