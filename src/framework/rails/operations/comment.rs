//! `COMMENT ON`.

use super::names::{literal, quoted, table};
use super::sent::Sent;
use crate::framework::rails::value::{Value, Why};

/// What a comment is set to.
fn comment(value: &Value) -> Result<String, Why> {
    match value {
        Value::Nil => Ok("NULL".to_owned()),
        value => value.name().map(literal).ok_or_else(|| format!("the comment is {}", value.kind())),
    }
}

/// `COMMENT ON COLUMN …`.
pub(super) fn column_comment(name: &str, column: &str, value: &Value) -> Result<Sent, Why> {
    let (table, column) = (table(name), quoted(column));
    Ok(Sent::always(format!("COMMENT ON COLUMN {table}.{column} IS {}", comment(value)?)))
}

/// `COMMENT ON TABLE …`.
pub(super) fn table_comment(name: &str, value: &Value) -> Result<Sent, Why> {
    Ok(Sent::always(format!("COMMENT ON TABLE {} IS {}", table(name), comment(value)?)))
}

/// `COMMENT ON INDEX …`.
pub(super) fn index_comment(name: &str, value: &Value) -> Result<Sent, Why> {
    Ok(Sent::always(format!("COMMENT ON INDEX {} IS {}", quoted(name), comment(value)?)))
}
