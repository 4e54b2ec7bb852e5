//! What a statement makes, as a condition on the catalog. It holds where that very thing is there, as far as the catalog
//! can be compared without the server's own text: where another one has its name it does not hold, so that the statement
//! runs and PostgreSQL says what is in the way.

use super::text::literal;
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, Ident, ObjectKind, Operation, QualifiedName,
};

/// The table of an operation as a condition.
pub fn table_exists(table: &QualifiedName) -> String {
    format!("{} IS NOT NULL", regclass(table))
}

/// A relation by name; NULL where there is none, so that the statement itself says what is missing.
fn regclass(relation: &QualifiedName) -> String {
    format!("to_regclass({})", literal(&relation.to_string()))
}

/// A query for a column that is there.
pub fn column_exists(table: &QualifiedName, column: &Ident) -> String {
    format!(
        "SELECT FROM pg_attribute WHERE attrelid = {} AND attname = {} AND NOT attisdropped",
        regclass(table),
        literal(column.as_str())
    )
}

/// The same for a column of that type. Lengths are not compared.
pub(super) fn column_is(table: &QualifiedName, column: &ColumnDefinition) -> String {
    let ty = match column.ty.canonical().as_str() {
        "serial" => "integer".to_owned(),
        "bigserial" => "bigint".to_owned(),
        "smallserial" => "smallint".to_owned(),
        _ => column.ty.to_string(),
    };
    format!("{} AND atttypid = {}::regtype", column_exists(table, &column.name), literal(&ty))
}

/// A query for a constraint of that name.
pub(super) fn constraint_exists(table: &QualifiedName, name: &Ident) -> String {
    format!(
        "SELECT FROM pg_constraint WHERE conrelid = {} AND conname = {}",
        regclass(table),
        literal(name.as_str())
    )
}

/// The same for one of that kind, on those columns and to that table. What a CHECK says is not compared: the server
/// writes expressions in its own words.
pub(super) fn constraint_is(table: &QualifiedName, name: &Ident, constraint: &Constraint) -> String {
    let mut query = constraint_exists(table, name);
    let (kind, columns) = match &constraint.kind {
        ConstraintKind::Check { .. } => ('c', &[][..]),
        ConstraintKind::Unique { columns, .. } => ('u', columns.as_slice()),
        ConstraintKind::PrimaryKey { columns, .. } => ('p', columns.as_slice()),
        ConstraintKind::ForeignKey(key) => ('f', key.columns.as_slice()),
        ConstraintKind::Exclude { .. } => ('x', &[][..]),
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

/// `conkey` has these columns, in this order.
pub(super) fn constraint_is_on(columns: &[Ident]) -> String {
    format!(
        "ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) ORDER BY \
         array_position(conkey, attnum)) = {}",
        names(columns.iter().map(Some))
    )
}

/// A query for an index that is the one that `build` builds, as far as table, uniqueness and columns go.
pub(super) fn index_is(index: &QualifiedName, build: &CreateIndex) -> String {
    let unique = if build.unique { "indisunique" } else { "NOT indisunique" };
    let partial = if build.predicate.is_some() { "indpred IS NOT NULL" } else { "indpred IS NULL" };
    format!(
        "SELECT FROM pg_index WHERE {} AND {unique} AND {partial}\n  AND ARRAY(SELECT attname FROM unnest(indkey) WITH \
         ORDINALITY AS k (n, at) LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = n\n    WHERE at <= \
         indnkeyatts ORDER BY at) = {}",
        index_on(index, &build.table),
        names(build.columns.iter().map(|column| column.column.as_ref()))
    )
}

/// An index of that name on that table.
pub(super) fn index_on(index: &QualifiedName, table: &QualifiedName) -> String {
    format!("indexrelid = {} AND indrelid = {}", regclass(index), regclass(table))
}

/// An array of names; an expression has none.
fn names<'a>(columns: impl Iterator<Item = Option<&'a Ident>>) -> String {
    let name = |column: Option<&Ident>| column.map_or_else(|| "NULL".to_owned(), |name| literal(name.as_str()));
    format!("ARRAY[{}]::name[]", columns.map(name).collect::<Vec<_>>().join(", "))
}

/// A column's sequence is there: the one that `CREATE SEQUENCE … OWNED BY` makes for a column of a table.
pub(super) fn owns_sequence(operation: &Operation) -> Option<String> {
    let Operation::CreateObject { kind: ObjectKind::Sequence, on: Some(table), definition, .. } = operation else {
        return None;
    };
    let (_, owner) = definition.as_str().rsplit_once("OWNED BY ")?;
    let column = Ident::from_sql(owner.strip_prefix(&format!("{table}."))?);
    let (table, column) = (literal(&table.to_string()), literal(column.as_str()));
    Some(format!("(pg_get_serial_sequence({table}, {column}) IS NOT NULL)"))
}

/// A trigger's or policy's absence as a condition: they have no IF NOT EXISTS.
pub fn is_missing(operation: &Operation) -> Option<String> {
    let Operation::CreateObject { kind, name: Some(name), on: Some(table), .. } = operation else { return None };
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
