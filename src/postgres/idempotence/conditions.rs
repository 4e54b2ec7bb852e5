//! What a statement makes, as a condition on the catalog. It holds where that very thing is there, as far as the catalog
//! can be compared without the server's own text: where another one has its name it does not hold, so that the statement
//! runs and PostgreSQL says what is in the way.

use crate::operation::{
    ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, CreateIndex, Ident,
    IndexColumn, IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName, TableOperation,
};
use crate::sql::literal;

/// A relation that is there, as a condition.
pub fn table_exists(table: &QualifiedName) -> String {
    format!("{} IS NOT NULL", regclass(table))
}

/// A free name as a condition.
pub fn table_is_missing(table: &QualifiedName) -> String {
    format!("{} IS NULL", regclass(table))
}

/// A relation by name; NULL where there is none, so that the statement itself says what is missing.
fn regclass(relation: &QualifiedName) -> String {
    format!("to_regclass({})", literal(&relation.to_string()))
}

/// What a statement asks with its `IF EXISTS` or `IF NOT EXISTS`, as a condition; `None` where it is about several things, or
/// about one that is not looked up here.
pub fn has_something_to_do(operation: &Operation) -> Option<String> {
    Some(match operation {
        Operation::Table(TableOperation::Create(create)) => table_is_missing(&create.name),
        Operation::Table(TableOperation::Drop { names, .. }) | Operation::Index(IndexOperation::Drop { names, .. }) => {
            match names.as_slice() {
                [name] => table_exists(name),
                _ => return None,
            }
        }
        Operation::Index(IndexOperation::Create(index)) => table_is_missing(&index.table.sibling(index.name.clone()?)),
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => {
            format!("EXISTS ({})", column_exists(&table.name, column))
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            format!("EXISTS ({})", constraint_exists(&table.name, name))
        }
        _ => return None,
    })
}

/// A query for a column that is there. What a dropped one is called is no name that anybody gives.
pub fn column_exists(table: &QualifiedName, column: &Ident) -> String {
    let (table, column) = (regclass(table), literal(column.as_str()));
    format!("SELECT FROM pg_attribute WHERE attrelid = {table} AND attname = {column}")
}

/// The same for a column of that type. Lengths are not compared.
pub fn column_is(table: &QualifiedName, column: &ColumnDefinition) -> String {
    format!("{} AND atttypid = {}", column_exists(table, &column.name), type_of(column))
}

/// Of several columns of one table, each with its type, one that is not there, as a condition.
pub fn a_column_is_missing(columns: &[(&QualifiedName, &ColumnDefinition)]) -> String {
    let table = columns.first().map(|(table, _)| regclass(table)).unwrap_or_default();
    let each = |(_, column): &(&QualifiedName, &ColumnDefinition)| {
        format!("({}, {})", literal(column.name.as_str()), type_of(column))
    };
    let each: Vec<String> = columns.iter().map(each).collect();
    format!(
        "{} > (SELECT count(*) FROM pg_attribute WHERE attrelid = {table}\n  AND (attname, atttypid) IN ({}))",
        columns.len(),
        each.join(", ")
    )
}

fn type_of(column: &ColumnDefinition) -> String {
    let ty = match column.ty.canonical() {
        "serial" => "integer".to_owned(),
        "bigserial" => "bigint".to_owned(),
        "smallserial" => "smallint".to_owned(),
        _ => column.ty.to_string(),
    };
    format!("{}::regtype", literal(&ty))
}

/// A query for a constraint of that name.
pub fn constraint_exists(table: &QualifiedName, name: &Ident) -> String {
    format!("SELECT FROM pg_constraint WHERE conrelid = {} AND conname = {}", regclass(table), literal(name.as_str()))
}

/// The same for one of that kind, on those columns and to that table. What a CHECK says is not compared: the server
/// writes expressions in its own words.
pub fn constraint_is(table: &QualifiedName, name: &Ident, constraint: &Constraint) -> String {
    let mut query = constraint_exists(table, name);
    let (kind, columns) = match &constraint.kind {
        ConstraintKind::Check { .. } => ('c', &[][..]),
        ConstraintKind::Unique { columns, .. } => ('u', columns.as_slice()),
        ConstraintKind::PrimaryKey { columns, .. } => ('p', columns.as_slice()),
        ConstraintKind::ForeignKey(key) => ('f', key.columns.as_slice()),
        ConstraintKind::Exclude(_) => ('x', &[][..]),
        ConstraintKind::NotNull { column } => ('n', std::slice::from_ref(column)),
    };
    query += &format!(" AND contype = '{kind}'");
    if let ConstraintKind::ForeignKey(key) = &constraint.kind {
        query += &format!(" AND confrelid = {}", regclass(&key.references));
    }
    if !columns.is_empty() {
        query += &format!("\n  AND {}", constraint_is_on(columns));
    }
    query
}

/// The constraint is on these columns.
fn constraint_is_on(columns: &[Ident]) -> String {
    let names: Vec<String> = columns.iter().map(|name| literal(name.as_str())).collect();
    format!(
        "conkey <@ ARRAY(SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND attname IN ({}))",
        names.join(", ")
    )
}

/// A query for a valid index that is the one that `build` builds, as far as table, uniqueness and plain columns go.
pub fn valid_index_is(index: &QualifiedName, build: &CreateIndex) -> String {
    let unique = if build.unique { "indisunique" } else { "NOT indisunique" };
    let partial = if build.predicate.is_some() { "indpred IS NOT NULL" } else { "indpred IS NULL" };
    let name = |element: &IndexColumn| element.column().map(|name| literal(name.as_str()));
    let columns: Option<Vec<String>> = build.columns.iter().map(name).collect();
    let on = columns.map(|columns| {
        format!(
            "\n  AND ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid AND attnum <= indnkeyatts ORDER BY \
             attnum)\n    = ARRAY[{}]::name[]",
            columns.join(", ")
        )
    });
    format!(
        "SELECT FROM pg_index WHERE {}\n  AND indisvalid AND {unique} AND {partial}{}",
        index_on(index, &build.table),
        on.unwrap_or_default()
    )
}

/// An index of that name on that table.
pub fn index_on(index: &QualifiedName, table: &QualifiedName) -> String {
    format!("indexrelid = {} AND indrelid = {}", regclass(index), regclass(table))
}

/// The sequence of the column that `CREATE SEQUENCE … OWNED BY` makes one for, as an expression.
pub fn owned_sequence(operation: &Operation) -> Option<String> {
    let Operation::Object(ObjectOperation::Create { kind: ObjectKind::Sequence, on: Some(table), definition, .. }) =
        operation
    else {
        return None;
    };
    let (_, owner) = definition.as_str().rsplit_once("OWNED BY ")?;
    let column = Ident::from_sql(owner.strip_prefix(&format!("{table}."))?);
    let (table, column) = (literal(&table.to_string()), literal(column.as_str()));
    Some(format!("pg_get_serial_sequence({table}, {column})"))
}

/// A trigger's or policy's absence as a condition: they have no IF NOT EXISTS.
pub fn is_missing(operation: &Operation) -> Option<String> {
    let Operation::Object(ObjectOperation::Create { kind, name: Some(name), on: Some(table), .. }) = operation else {
        return None;
    };
    let (catalog, relation, column) = match kind {
        ObjectKind::Trigger => ("pg_trigger", "tgrelid", "tgname"),
        ObjectKind::Policy => ("pg_policy", "polrelid", "polname"),
        _ => return None,
    };
    Some(format!(
        "NOT EXISTS (SELECT FROM {catalog} WHERE {relation} = {} AND {column} = {})",
        regclass(table),
        literal(name.name.as_str())
    ))
}
