//! SQLAlchemy's clauses as SQL: `sa.text`, `sa.func`, columns, comparisons.

use super::bind::filled;
use super::names::{literal, quoted};
use super::types::{own_name, sql_type};
use crate::framework::alembic::python::Text;
use crate::framework::alembic::value::{Made, Value, Why};

/// Functions that SQL writes without parentheses.
const WITHOUT_PARENTHESES: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "sysdate",
    "user",
];

/// A clause; a plain string is a literal.
pub(super) fn clause(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => Ok(literal(&text.value)),
        Value::Number(number) => Ok(number.replace('_', "")),
        Value::Boolean(on) => Ok(on.to_string()),
        Value::None => Ok("NULL".to_owned()),
        Value::Made(made) => of_made(made),
        Value::Member(of, name) => column(of, name),
        Value::Clause(parts) => {
            let (left, operator, right) = parts.as_ref();
            binary(left, operator, right)
        }
        other => Err(other.kind()),
    }
}

/// What a text that is taken as SQL says: a string, or `sa.text(…)`.
pub(super) fn condition(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => plain(text),
        other => clause(other),
    }
}

fn plain(text: &Text) -> Result<String, Why> {
    filled(text, &[]).map(|sent| sent.sql.value)
}

fn of_made(made: &Made) -> Result<String, Why> {
    let arguments = &made.arguments;
    let first = arguments.positional.first();
    if let Some(receiver) = &made.receiver {
        return method(receiver, made);
    }
    let name =
        own_name(&made.path).or_else(|| (made.path == "alembic.op.inline_literal").then(|| "literal".to_owned()));
    let Some(name) = name else { return Err(made.path.clone()) };
    if let Some(function) = name.strip_prefix("func.") {
        return match WITHOUT_PARENTHESES.contains(&function) {
            true => Ok(function.to_uppercase()),
            false => {
                let parts: Result<Vec<String>, Why> = arguments.positional.iter().map(clause).collect();
                Ok(format!("{function}({})", parts?.join(", ")))
            }
        };
    }
    match name.as_str() {
        "text" => match arguments.get(0, "text") {
            Some(Value::Text(text)) => plain(text),
            Some(other) => Err(format!("text of {}", other.kind())),
            None => Err("text of nothing".to_owned()),
        },
        "literal_column" => Ok(arguments.needed(0, "text")?.to_owned()),
        "column" | "Column" => Ok(quoted(arguments.needed(0, "text").or_else(|_| arguments.needed(0, "name"))?)),
        "true" => Ok("true".to_owned()),
        "false" => Ok("false".to_owned()),
        "null" => Ok("NULL".to_owned()),
        "literal" | "DefaultClause" => clause(first.ok_or("a literal of nothing")?),
        "cast" => {
            let ty = sql_type(arguments.get(1, "type_").ok_or("a cast to nothing")?)?;
            Ok(format!("CAST({} AS {})", clause(first.ok_or("a cast of nothing")?)?, ty.sql))
        }
        "desc" | "asc" => {
            let of = match first {
                Some(Value::Text(name)) => quoted(&name.value),
                Some(other) => clause(other)?,
                None => return Err(format!("{name} of nothing")),
            };
            Ok(format!("{of} {}", name.to_uppercase()))
        }
        "and_" | "or_" => {
            let parts: Result<Vec<String>, Why> =
                arguments.positional.iter().map(|part| grouped(part, &name)).collect();
            Ok(parts?.join(if name == "and_" { " AND " } else { " OR " }))
        }
        _ => Err(made.path.clone()),
    }
}

fn grouped(part: &Value, inside: &str) -> Result<String, Why> {
    let sql = clause(part)?;
    let is_or = match part {
        Value::Made(made) => made.path.ends_with(".or_"),
        Value::Clause(parts) => parts.1 == "|",
        _ => false,
    };
    Ok(if is_or && inside == "and_" { format!("({sql})") } else { sql })
}

fn method(receiver: &Value, made: &Made) -> Result<String, Why> {
    let first = made.arguments.positional.first();
    match (made.path.as_str(), first) {
        (".is_", Some(Value::None)) => Ok(format!("{} IS NULL", clause(receiver)?)),
        (".isnot" | ".is_not", Some(Value::None)) => Ok(format!("{} IS NOT NULL", clause(receiver)?)),
        (".like" | ".ilike", Some(pattern @ Value::Text(_))) if made.arguments.named.is_empty() => {
            let word = if made.path == ".like" { "LIKE" } else { "ILIKE" };
            Ok(format!("{} {word} {}", clause(receiver)?, clause(pattern)?))
        }
        (".desc", None) => Ok(format!("{} DESC", clause(receiver)?)),
        (".asc", None) => Ok(format!("{} ASC", clause(receiver)?)),
        (".in_" | ".notin_" | ".not_in", Some(Value::List(values))) if !values.is_empty() => {
            let values: Result<Vec<String>, Why> = values.iter().map(clause).collect();
            let (left, values) = (clause(receiver)?, values?.join(", "));
            match made.path == ".in_" {
                true => Ok(format!("{left} IN ({values})")),
                false => Ok(format!("({left} NOT IN ({values}))")),
            }
        }
        (name, _) => Err(format!("a call of {name}")),
    }
}

/// The tables whose columns a clause speaks of, in order.
pub(super) fn tables(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Member(of, _) => match of.as_ref() {
            Value::Member(table, c) if c == "c" || c == "columns" => {
                if let Value::Made(made) = table.as_ref()
                    && let Ok(name) = made.arguments.needed(0, "name").map(quoted)
                    && !found.contains(&name)
                {
                    found.push(name);
                }
            }
            other => tables(other, found),
        },
        Value::Clause(parts) => {
            tables(&parts.0, found);
            tables(&parts.2, found);
        }
        Value::Made(made) => {
            made.receiver.iter().for_each(|receiver| tables(receiver, found));
            made.arguments.positional.iter().for_each(|argument| tables(argument, found));
        }
        Value::List(values) => values.iter().for_each(|value| tables(value, found)),
        Value::Dict(pairs) => pairs.iter().for_each(|(_, value)| tables(value, found)),
        _ => {}
    }
}

/// `table.c.name`.
pub(super) fn column(of: &Value, name: &str) -> Result<String, Why> {
    match of {
        Value::Member(table, c) if c == "c" || c == "columns" => match table.as_ref() {
            Value::Made(made) if made.receiver.is_none() => {
                let table = made.arguments.needed(0, "name")?;
                Ok(format!("{}.{}", quoted(table), quoted(name)))
            }
            other => Err(other.kind()),
        },
        other => Err(format!("{}.{name}", other.kind())),
    }
}

fn binary(left: &Value, operator: &str, right: &Value) -> Result<String, Why> {
    let operator = match (operator, right) {
        ("==", Value::None) => "IS",
        ("!=", Value::None) => "IS NOT",
        ("==", _) => "=",
        ("!=" | "<" | ">" | "<=" | ">=", _) => operator,
        ("&" | "|", _) => {
            let inside = if operator == "&" { "and_" } else { "or_" };
            let word = if operator == "&" { "AND" } else { "OR" };
            return Ok(format!("{} {word} {}", grouped(left, inside)?, grouped(right, inside)?));
        }
        _ => return Err(format!("an expression with {operator}")),
    };
    Ok(format!("{} {operator} {}", clause(left)?, clause(right)?))
}
