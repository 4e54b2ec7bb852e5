//! `sa.select(…)` and `table.select()` as far as they are plain: columns of tables, conditions, an order, a limit.

use super::clause::{clause, tables};
use super::insert::table_name;
use super::names::quoted;
use super::types::own_name;
use crate::framework::alembic::python::Text;
use crate::framework::alembic::sent::Sent;
use crate::framework::alembic::value::{Made, Value, Why};

/// The query that a chain of calls makes; `None` when it does not begin as one.
pub(super) fn query(made: &Made) -> Result<Option<Sent>, Why> {
    let mut chain = vec![made];
    let mut first = made;
    while let Some(Value::Made(inner)) = &first.receiver {
        if first.path == ".select" {
            break;
        }
        chain.push(inner);
        first = inner;
    }
    let selected: Vec<&Value> = match (&first.receiver, own_name(&first.path).as_deref()) {
        (Some(table), _) if first.path == ".select" && first.arguments.positional.is_empty() => vec![table],
        // Before SQLAlchemy 1.4 the columns were a list.
        (None, Some("select")) => match &first.arguments.positional[..] {
            [Value::List(columns)] => columns.iter().collect(),
            columns => columns.iter().collect(),
        },
        _ => return Ok(None),
    };
    if !first.arguments.named.is_empty() {
        return Err("a query with named arguments".to_owned());
    }
    let (mut columns, mut from) = (Vec::new(), Vec::new());
    for value in selected {
        match value {
            Value::Member(..) => columns.push(clause(value)?),
            Value::Made(table) if table.receiver.is_none() && table_name(value).is_ok() => {
                let name = table_name(value)?;
                columns.extend(columns_of(table)?.into_iter().map(|column| format!("{name}.{column}")));
                if !from.contains(&name) {
                    from.push(name);
                }
            }
            other => return Err(format!("a query of {}", other.kind())),
        }
        tables(value, &mut from);
    }
    let (mut wheres, mut orders, mut limit) = (Vec::new(), Vec::new(), String::new());
    for made in chain.iter().rev().skip(1) {
        let values = &made.arguments.positional;
        match made.path.as_str() {
            ".where" | ".filter" => {
                values.iter().for_each(|value| tables(value, &mut from));
                let parts: Result<Vec<String>, Why> = values.iter().map(clause).collect();
                wheres.extend(parts?);
            }
            ".order_by" => {
                let parts: Result<Vec<String>, Why> = values.iter().map(clause).collect();
                orders.extend(parts?);
            }
            ".limit" => match &values[..] {
                [Value::Number(number)] => limit = format!(" LIMIT {number}"),
                _ => return Err("a query with a limit".to_owned()),
            },
            other => return Err(format!("a call of {other}")),
        }
    }
    if columns.is_empty() || from.is_empty() {
        return Err("a query of nothing".to_owned());
    }
    let wheres = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
    let orders = if orders.is_empty() { String::new() } else { format!(" ORDER BY {}", orders.join(", ")) };
    let sql = format!("SELECT {} FROM {}{wheres}{orders}{limit}", columns.join(", "), from.join(", "));
    Ok(Some(Sent::known(Text::standing_for(sql, made.span))))
}

/// The columns of `sa.table(name, sa.column(…), …)`.
fn columns_of(table: &Made) -> Result<Vec<String>, Why> {
    let mut names = Vec::new();
    for part in table.arguments.positional.iter().skip(1) {
        match part {
            Value::Made(made) => match own_name(&made.path).as_deref() {
                Some("column" | "Column") => {
                    let name = made.arguments.needed(0, "text").or_else(|_| made.arguments.needed(0, "name"))?;
                    names.push(quoted(name));
                }
                // `MetaData()` of a `sa.Table`, and constraints.
                Some(_) => {}
                None => return Err(format!("a table with {}", made.path)),
            },
            other => return Err(format!("a table with {}", other.kind())),
        }
    }
    match names.is_empty() {
        true => Err("a query of a table without columns".to_owned()),
        false => Ok(names),
    }
}
