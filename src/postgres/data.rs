//! Data statements, and maintenance that reads or writes all rows.

use super::table::truncate;
use super::tally::Tally;
use super::volatility::is_known_function;
use super::{LockMode, Work, object};
use crate::operation::{ColumnOperation, DataOperation, Operation, QualifiedName, Rows, SqlFragment, TypeOperation};
use crate::schema::{Age, Schema, mentions};

/// Counts what an operation on rows does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &DataOperation) {
    match operation {
        DataOperation::Insert { table, .. } => insert(tally, table),
        DataOperation::Update { table, rows, .. } | DataOperation::Delete { table, rows } => change(tally, table, rows),
        DataOperation::Truncate { tables, cascade } => truncate(tally, tables, *cascade),
        DataOperation::Select { definition } => select(tally, definition),
        DataOperation::Backfill(fill) => backfill(tally, &fill.table),
        DataOperation::Assertion(assertion) => read(tally, assertion.query.as_str()),
    }
}

/// `INSERT`: ROW EXCLUSIVE (documentation, 13.3.1). The rows may come from a query over big tables.
fn insert(tally: &mut Tally<'_>, table: &QualifiedName) {
    lock_rows(tally, table);
    tally.work(Work::Rows);
}

/// `UPDATE` and `DELETE`: ROW EXCLUSIVE; how many rows the condition picks is not known. Where the table has none, those that
/// it joins are read all the same.
fn change(tally: &mut Tally<'_>, table: &QualifiedName, rows: &Rows) {
    lock_rows(tally, table);
    let is_empty = tally.schema.is_new(table) || tally.schema.is_emptied(table);
    if !is_empty || matches!(rows, Rows::Picked(condition) if condition.joined) {
        tally.work(Work::Rows);
    }
}

fn lock_rows(tally: &mut Tally<'_>, table: &QualifiedName) {
    if !object::is_view(tally, table) {
        tally.lock(table, LockMode::RowExclusive);
    }
}

/// A batched update: ROW EXCLUSIVE, a commit after each batch.
fn backfill(tally: &mut Tally<'_>, table: &QualifiedName) {
    change(tally, table, &Rows::All);
    tally.outside_transaction();
}

/// `SELECT`: no lock that matters. It reads the tables it names; a function that is not known may do anything.
fn select(tally: &mut Tally<'_>, definition: &SqlFragment) {
    let text = definition.as_str();
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.eq_ignore_ascii_case("call") || calls(text).any(|f| !is_known(tally.schema, &f)) {
        tally.work(Work::Unknown);
    } else if mentions(text, "from") {
        read(tally, text);
    }
}

/// All rows of the tables that a query names.
fn read(tally: &mut Tally<'_>, query: &str) {
    let named = tally.schema.named_in(query).into_iter();
    let tables: Vec<QualifiedName> = named.flat_map(|t| tally.heaps(&t.name, false)).collect();
    tally.work(Work::Scan(tables));
}

/// True when a statement calls a function that the history makes: what it does is not known.
pub fn calls_users_function(text: &str, schema: &Schema) -> bool {
    calls(text).any(|function| schema.has_function(&function))
}

/// The words right before an opening parenthesis, in lower case.
fn calls(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices('(').filter_map(move |(at, _)| {
        let word = text[..at].rsplit(|c| !is_part(c)).next().unwrap_or_default();
        (!word.is_empty()).then(|| word.to_ascii_lowercase())
    })
}

/// A function of PostgreSQL's own that does no more than it says.
fn is_known(schema: &Schema, function: &str) -> bool {
    !schema.has_function(function) && (is_known_function(function) || HARMLESS.contains(&function))
}

/// Aggregates, functions of the session, and key words that stand before a parenthesis.
const HARMLESS: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "cast",
    "count",
    "exists",
    "filter",
    "from",
    "generate_series",
    "in",
    "jsonb_agg",
    "max",
    "min",
    "not",
    "numeric",
    "on",
    "or",
    "over",
    "pg_advisory_lock",
    "pg_advisory_unlock",
    "pg_advisory_xact_lock",
    "pg_get_serial_sequence",
    "pg_notify",
    "pg_try_advisory_lock",
    "select",
    "set_config",
    "string_agg",
    "sum",
    "to_regclass",
    "values",
    "varchar",
    "version",
    "where",
];

/// `LOCK TABLE`: as named, children included.
pub(super) fn lock(tally: &mut Tally<'_>, tables: &[QualifiedName], mode: &str) {
    let modes = [
        LockMode::AccessShare,
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
    ];
    let named = modes.into_iter().find(|m| m.to_string() == mode);
    for table in tables {
        tally.lock_family(table, false, named.unwrap_or(LockMode::AccessExclusive));
    }
}

/// The label that an operation adds and that this transaction cannot use yet: any on a type that was there before, and
/// up to 16 on a new one as well (`check_safe_enum_use`, `src/backend/utils/adt/enum.c`).
pub(super) fn unusable_label(operation: &Operation, schema: &Schema, version: u32) -> Option<String> {
    let Operation::Type(TypeOperation::AddValue { name, value, .. }) = operation else {
        return None;
    };
    let state = schema.enum_type(name);
    let present = state.is_some_and(|e| e.labels.contains(value));
    let new_type = state.is_some_and(|e| e.age == Age::New);
    let usable = present || (new_type && version >= 17);
    (!usable).then(|| value.clone())
}

/// True when the operation's text uses one of those labels.
pub(super) fn uses_label(operation: &Operation, labels: &[String]) -> bool {
    let text = match operation {
        Operation::Column(ColumnOperation::SetDefault { default, .. }) => Some(default),
        Operation::Column(ColumnOperation::Add { column, .. }) => column.default.as_ref(),
        Operation::Data(DataOperation::Select { definition }) => Some(definition),
        _ => None,
    };
    text.is_some_and(|t| labels.iter().any(|label| t.as_str().contains(label.as_str())))
}
