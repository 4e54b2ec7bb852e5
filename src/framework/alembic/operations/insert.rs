//! Rows: `op.bulk_insert`, and `table.insert()`, `.update()` and `.delete()` as far as they are plain.

use super::bind::constant;
use super::clause::{clause, tables};
use super::names::{list, quoted, table};
use super::types::own_name;
use crate::framework::alembic::python::Text;
use crate::framework::alembic::sent::Sent;
use crate::framework::alembic::value::{Arguments, Made, Value, Why};
use crate::source::ByteSpan;

/// `op.bulk_insert(table, rows)`: a statement for each row.
pub(super) fn bulk_insert(arguments: &Arguments, span: ByteSpan) -> Result<Vec<Sent>, Why> {
    arguments.only(2, &["table", "rows", "multiinsert"])?;
    let name = table_name(arguments.get(0, "table").ok_or("no table")?)?;
    let rows = match arguments.get(1, "rows") {
        Some(Value::List(rows)) => rows,
        Some(other) => return Err(format!("rows from {}", other.kind())),
        None => return Err("no rows".to_owned()),
    };
    let sent = |row: &Value| {
        let Value::Dict(pairs) = row else { return Err(format!("a row from {}", row.kind())) };
        let mut values = Row::default();
        values.push_all(pairs)?;
        Ok(values.sent(
            |row| format!("INSERT INTO {name} ({}) VALUES ({})", list(row.names()), row.values().join(", ")),
            span,
        ))
    };
    rows.iter().map(sent).collect()
}

/// Columns with their values; those that are known only when it runs are `$1`, `$2`, ….
#[derive(Default)]
struct Row {
    pairs: Vec<(String, String)>,
    parameters: Vec<String>,
}

impl Row {
    fn push(&mut self, name: String, value: &Value) {
        let sql = constant(value).or_else(|| value.is_clause().then(|| clause(value).ok()).flatten());
        let sql = sql.unwrap_or_else(|| {
            self.parameters.push(value.kind());
            format!("${}", self.parameters.len())
        });
        self.pairs.push((name, sql));
    }

    fn push_all(&mut self, pairs: &[(Value, Value)]) -> Result<(), Why> {
        for (name, value) in pairs {
            let name = name.text().map(str::to_owned).or_else(|| column_name(name)).ok_or_else(|| name.kind())?;
            self.push(name, value);
        }
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    fn values(&self) -> Vec<&str> {
        self.pairs.iter().map(|(_, value)| value.as_str()).collect()
    }

    fn sent(self, sql: impl FnOnce(&Row) -> String, span: ByteSpan) -> Sent {
        let sql = Text::standing_for(sql(&self), span);
        Sent { parameters: self.parameters, ..Sent::known(sql) }
    }
}

/// The column that `table.c.name` is.
fn column_name(value: &Value) -> Option<String> {
    match value {
        Value::Member(of, name) if matches!(of.as_ref(), Value::Member(_, c) if c == "c") => Some(name.clone()),
        _ => None,
    }
}

/// `sa.table(name, …)`, `sa.Table(name, …)`, and what `op.create_table(name, …)` returns.
pub(super) fn table_name(value: &Value) -> Result<String, Why> {
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

/// `table.insert().values(…)`, `table.update().where(…).values(…)`, `table.delete().where(…)`, `sa.update(table)…`.
pub(super) fn data_statement(made: &Made) -> Result<Sent, Why> {
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
        None if own_name(&first.path).is_some() && matches!(verb, "insert" | "update" | "delete") => {
            table_name(first.arguments.positional.first().ok_or_else(|| first.path.clone())?)?
        }
        None => return Err(first.path.clone()),
    };
    let mut wheres = Vec::new();
    let mut row = Row::default();
    let mut others = Vec::new();
    // The tables of conditions come before those of values.
    for method in [".where", ".values"] {
        for made in chain.iter().filter(|made| made.path == method) {
            let named = made.arguments.named.iter().map(|(_, value)| value);
            made.arguments.positional.iter().chain(named).for_each(|argument| tables(argument, &mut others));
        }
    }
    for made in chain.iter().rev().skip(1) {
        match made.path.as_str() {
            ".where" => {
                for condition in &made.arguments.positional {
                    wheres.push(clause(condition)?);
                }
            }
            ".values" => {
                for value in &made.arguments.positional {
                    let Value::Dict(pairs) = value else { return Err(format!("values from {}", value.kind())) };
                    row.push_all(pairs)?;
                }
                for (name, value) in &made.arguments.named {
                    row.push(name.clone(), value);
                }
            }
            other => return Err(format!("a call of {other}")),
        }
    }
    others.retain(|other| *other != name);
    let others = others.join(", ");
    let filter = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
    let from = |word: &str| if others.is_empty() { String::new() } else { format!(" {word} {others}") };
    match verb {
        "update" if !row.pairs.is_empty() => {
            let sql = |row: &Row| {
                let pairs: Vec<String> =
                    row.pairs.iter().map(|(name, value)| format!("{}={value}", quoted(name))).collect();
                format!("UPDATE {name} SET {}{}{filter}", pairs.join(", "), from("FROM"))
            };
            Ok(row.sent(sql, made.span))
        }
        "delete" => Ok(row.sent(|_| format!("DELETE FROM {name}{}{filter}", from("USING")), made.span)),
        "insert" if !row.pairs.is_empty() && filter.is_empty() => {
            let sql =
                |row: &Row| format!("INSERT INTO {name} ({}) VALUES ({})", list(row.names()), row.values().join(", "));
            Ok(row.sent(sql, made.span))
        }
        _ => Err(format!("a call of {}", made.path)),
    }
}
