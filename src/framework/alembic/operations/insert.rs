//! Rows: `op.bulk_insert`, and `table.insert()`, `.update()` and `.delete()` as far as they are plain.

use super::clause::clause;
use super::names::{list, quoted, table};
use super::types::own_name;
use crate::framework::alembic::value::{Arguments, Made, Value, Why};

/// `op.bulk_insert(table, rows)`: a statement for each row.
pub(super) fn bulk_insert(arguments: &Arguments) -> Result<Vec<String>, Why> {
    arguments.only(2, &["table", "rows", "multiinsert"])?;
    let name = table_name(arguments.get(0, "table").ok_or("no table")?)?;
    let rows = match arguments.get(1, "rows") {
        Some(Value::List(rows)) => rows,
        Some(other) => return Err(format!("rows from {}", other.kind())),
        None => return Err("no rows".to_owned()),
    };
    rows.iter().map(|row| insert(&name, row)).collect()
}

/// `sa.table(name, …)`, `sa.Table(name, …)`, and what `op.create_table(name, …)` returns.
fn table_name(value: &Value) -> Result<String, Why> {
    match value {
        Value::Made(made) if made.receiver.is_none() => {
            let is_directive = made.path == "alembic.op.create_table";
            match (is_directive, own_name(&made.path).as_deref()) {
                (true, _) | (_, Some("table" | "Table" | "TableClause")) => {
                    let name = if is_directive { "table_name" } else { "name" };
                    Ok(table(made.arguments.text(usize::MAX, "schema")?, made.arguments.needed(0, name)?))
                }
                _ => Err(format!("a table from {}", made.path)),
            }
        }
        other => Err(format!("a table from {}", other.kind())),
    }
}

fn insert(table: &str, row: &Value) -> Result<String, Why> {
    let Value::Dict(pairs) = row else { return Err(format!("a row from {}", row.kind())) };
    let names: Vec<&str> =
        pairs.iter().map(|(name, _)| name.text().ok_or_else(|| name.kind())).collect::<Result<_, _>>()?;
    let values: Vec<String> = pairs.iter().map(|(_, value)| row_value(value)).collect::<Result<_, _>>()?;
    Ok(format!("INSERT INTO {table} ({}) VALUES ({})", list(names), values.join(", ")))
}

fn row_value(value: &Value) -> Result<String, Why> {
    clause(value).map_err(|why| format!("a row with {why}"))
}

/// `table.insert().values(…)`, `table.update().where(…).values(…)`, `table.delete().where(…)`, `sa.update(table)…`.
pub(super) fn data_statement(made: &Made) -> Result<String, Why> {
    let mut chain = vec![made];
    let mut first = made;
    while let Some(Value::Made(inner)) = &first.receiver {
        if own_name(&inner.path).is_some_and(|name| matches!(name.as_str(), "table" | "Table" | "TableClause"))
            || inner.path == "alembic.op.create_table"
        {
            break;
        }
        chain.push(inner);
        first = inner;
    }
    let verb = first.path.rsplit('.').next().unwrap_or_default();
    let name = match &first.receiver {
        Some(receiver) => table_name(receiver)?,
        None if own_name(&first.path).is_some() => {
            table_name(first.arguments.positional.first().ok_or_else(|| first.path.clone())?)?
        }
        None => return Err(first.path.clone()),
    };
    let mut wheres = Vec::new();
    let mut values: Vec<(String, String)> = Vec::new();
    for made in chain.iter().rev().skip(1) {
        match made.path.as_str() {
            ".where" => {
                for condition in &made.arguments.positional {
                    wheres.push(clause(condition)?);
                }
            }
            ".values" => collect(&made.arguments, &mut values)?,
            other => return Err(format!("a call of {other}")),
        }
    }
    let filter = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
    match verb {
        "update" if !values.is_empty() => {
            let values: Vec<String> = values.iter().map(|(name, value)| format!("{}={value}", quoted(name))).collect();
            Ok(format!("UPDATE {name} SET {}{filter}", values.join(", ")))
        }
        "delete" => Ok(format!("DELETE FROM {name}{filter}")),
        "insert" if !values.is_empty() && filter.is_empty() => {
            let (names, values): (Vec<&str>, Vec<&str>) =
                values.iter().map(|(name, value)| (name.as_str(), value.as_str())).unzip();
            Ok(format!("INSERT INTO {name} ({}) VALUES ({})", list(names), values.join(", ")))
        }
        _ => Err(format!("a call of {}", made.path)),
    }
}

fn collect(arguments: &Arguments, values: &mut Vec<(String, String)>) -> Result<(), Why> {
    for value in &arguments.positional {
        let Value::Dict(pairs) = value else { return Err(format!("values from {}", value.kind())) };
        for (name, value) in pairs {
            values.push((name.text().ok_or_else(|| name.kind())?.to_owned(), row_value(value)?));
        }
    }
    for (name, value) in &arguments.named {
        values.push((name.clone(), row_value(value)?));
    }
    Ok(())
}
