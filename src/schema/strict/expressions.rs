//! What an expression may be where PostgreSQL keeps it: in a default, a check, an index or a generated column.

use super::own_columns::OwnColumns;
use super::*;
use crate::operation::SqlFragment;
use crate::sql::expression;

/// Of an expression whose value is kept: it is the same whenever it is computed (`CheckMutability`).
pub(super) fn is_immutable(text: &SqlFragment, what: &str) -> Applies {
    let Some(read) = expression::parse(text) else { return Ok(()) };
    if read.has_query() {
        return refused(NOT_SUPPORTED, format!("cannot use subquery in {what}"));
    }
    match read.functions().iter().find(|name| MUTABLE.contains(&name.as_str())) {
        Some(name) => refused("42P17", format!("functions in {what} must be marked IMMUTABLE, and {name} is not")),
        None => Ok(()),
    }
}

/// Of an expression that reads the row it stands in, and no other.
pub(super) fn has_no_query(text: &SqlFragment, what: &str) -> Applies {
    match expression::parse(text).is_some_and(|read| read.has_query()) {
        true => refused(NOT_SUPPORTED, format!("cannot use subquery in {what}")),
        false => Ok(()),
    }
}

/// A default reads no column (`check_nested_generated` and `EXPR_KIND_COLUMN_DEFAULT` in `src/backend/parser/parse_expr.c`).
pub(super) fn reads_no_column(text: &SqlFragment, own: &OwnColumns<'_>) -> Applies {
    has_no_query(text, "DEFAULT expression")?;
    let columns = expression::parse(text).map(|read| read.columns()).unwrap_or_default();
    match columns.into_iter().find(|column| own.type_of(column).is_some() && !own.is_no_column(column)) {
        Some(column) => refused(NOT_SUPPORTED, format!("cannot use column reference {column} in DEFAULT expression")),
        None => Ok(()),
    }
}

/// Functions of PostgreSQL's own, of those that are common, whose value is another one in another statement or row.
const MUTABLE: &[&str] = &[
    "clock_timestamp",
    "concat",
    "concat_ws",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "gen_random_uuid",
    "localtime",
    "localtimestamp",
    "nextval",
    "now",
    "random",
    "statement_timestamp",
    "timeofday",
    "to_char",
    "transaction_timestamp",
];
