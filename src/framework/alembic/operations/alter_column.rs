//! `op.alter_column(table, column, …)`: each change is a statement of its own.

use super::column::server_default;
use super::names::{literal, quoted, table};
use super::table::alter_table;
use super::types::{own_name, sql_type};
use crate::framework::alembic::value::{Arguments, Value, Why};

/// The statements, in the order in which Alembic sends them.
pub(super) fn alter_column(arguments: &Arguments) -> Result<Vec<String>, Why> {
    // Arguments of other names are for other databases, or ignored.
    let column = quoted(arguments.needed(1, "column_name")?);
    let alter = format!("{} ALTER COLUMN {column}", alter_table(arguments)?);
    let mut statements = Vec::new();
    if let Some(ty) = arguments.named("type_").filter(|ty| !ty.is_none()) {
        let using = arguments.text(usize::MAX, "postgresql_using")?;
        let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
        statements.push(format!("{alter} TYPE {}{using}", sql_type(ty)?.sql));
    } else if arguments.named("postgresql_using").is_some_and(|using| !using.is_none()) {
        return Err("postgresql_using without type_".to_owned());
    }
    match arguments.switch("nullable")? {
        Some(true) => statements.push(format!("{alter} DROP NOT NULL")),
        Some(false) => statements.push(format!("{alter} SET NOT NULL")),
        None => {}
    }
    match arguments.named("server_default") {
        None | Some(Value::Boolean(false)) => {}
        Some(Value::None) if is_generated(arguments.named("existing_server_default")) == Some("Identity") => {
            statements.push(format!("{alter} DROP IDENTITY"));
        }
        Some(default) => match is_generated(Some(default)).or(is_generated(arguments.named("existing_server_default")))
        {
            Some("Identity") => statements.push(add_identity(&alter, default, arguments)?),
            Some(other) => return Err(format!("a change of {other}")),
            None if default.is_none() => statements.push(format!("{alter} DROP DEFAULT")),
            None => statements.push(format!("{alter} SET DEFAULT {}", server_default(default)?)),
        },
    }
    match arguments.named("comment") {
        None | Some(Value::Boolean(false)) => {}
        Some(_) => {
            let full = table(arguments.text(usize::MAX, "schema")?, arguments.needed(0, "table_name")?);
            let comment = arguments.text(usize::MAX, "comment")?.map_or_else(|| "NULL".to_owned(), literal);
            statements.push(format!("COMMENT ON COLUMN {full}.{column} IS {comment}"));
        }
    }
    if let Some(name) = arguments.text(usize::MAX, "new_column_name")? {
        statements.push(format!("{} RENAME {column} TO {}", alter_table(arguments)?, quoted(name)));
    }
    Ok(statements)
}

/// What of a column's values is made by the server, when that is how they come.
fn is_generated(default: Option<&Value>) -> Option<&'static str> {
    let Some(Value::Made(made)) = default else { return None };
    match own_name(&made.path).as_deref() {
        Some("Identity") => Some("Identity"),
        Some("Computed") => Some("Computed"),
        _ => None,
    }
}

fn add_identity(alter: &str, default: &Value, arguments: &Arguments) -> Result<String, Why> {
    match (default, is_generated(arguments.named("existing_server_default"))) {
        (Value::Made(made), None) => Ok(format!("{alter} ADD {}", super::column::identity(&made.arguments)?)),
        _ => Err("a change of Identity".to_owned()),
    }
}
