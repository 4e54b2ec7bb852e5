//! Indexes.

use super::arguments::hash_options;
use super::catalog;
use super::comment::index_comment;
use super::context::{Context, Version};
use super::names::{self, Columns, checked_index, list, quoted, split, table};
use super::sent::{Condition, Sent};
use crate::framework::rails::value::{Arguments, Value, Why};

/// The options of `add_index`, which raises for others.
const OPTIONS: &[&str] = &[
    "name",
    "if_not_exists",
    "unique",
    "length",
    "order",
    "opclass",
    "where",
    "type",
    "using",
    "comment",
    "algorithm",
];
/// Those that came with 7.1.
const NEW_OPTIONS: &[&str] = &["include", "nulls_not_distinct"];

/// `add_index(table, columns, …)`.
pub(super) fn add(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let known: Vec<&str> = match context.runs_before(7, 1) {
        true => OPTIONS.to_vec(),
        false => [OPTIONS, NEW_OPTIONS].concat(),
    };
    arguments.only(&known)?;
    let table_name = arguments.name_at(0, "the table")?;
    let columns = Columns::of(arguments.positional.get(1).ok_or("no columns")?)?;
    let own = arguments.text("name")?.map(str::to_owned);
    let name = own.unwrap_or_else(|| names::index(table_name, &columns, context));
    let mut sql = String::from("CREATE ");
    if arguments.is_on("unique") {
        sql += "UNIQUE ";
    }
    sql += "INDEX ";
    sql += algorithm(arguments)?;
    if arguments.is_on("if_not_exists") {
        sql += "IF NOT EXISTS ";
    }
    if let Some(kind) = arguments.text("type")? {
        sql += &format!("{kind} ");
    }
    sql += &format!("{} ON {}", quoted(checked_index(&name)?), table(table_name));
    if let Some(using) = arguments.text("using")? {
        sql += &format!(" USING {using}");
    }
    sql += &format!(" ({})", elements(&columns, arguments)?);
    if arguments.is_on("include") {
        let include = super::arguments::names(arguments.option("include"), "include")?;
        sql += &format!(" INCLUDE ({})", list(&include));
    }
    if arguments.is_on("nulls_not_distinct") {
        sql += " NULLS NOT DISTINCT";
    }
    if let Some(predicate) = arguments.text("where")? {
        // Since 7.1 the name of a column is quoted.
        let is_column = !context.runs_before(7, 1) && catalog::has_column(table_name, predicate, context);
        sql += &format!(" WHERE {}", if is_column { quoted(predicate) } else { predicate.to_owned() });
    }
    let mut sent = vec![Sent::always(sql)];
    if arguments.is_on("comment") {
        sent.push(index_comment(&name, arguments.option("comment"))?);
    }
    Ok(sent)
}

/// `algorithm: :concurrently`, with a blank behind it.
fn algorithm(arguments: &Arguments) -> Result<&'static str, Why> {
    match arguments.option("algorithm") {
        Value::Nil | Value::Boolean(false) => Ok(""),
        Value::Symbol(name) if name == "concurrently" => Ok("CONCURRENTLY "),
        other => Err(format!("algorithm is {}", other.kind())),
    }
}

fn elements(columns: &Columns, arguments: &Arguments) -> Result<String, Why> {
    let columns = match columns {
        Columns::Expression(text) => return Ok(text.clone()),
        Columns::Named(columns) if columns.is_empty() => return Err("no columns".to_owned()),
        Columns::Named(columns) => columns,
    };
    let of = |option: &str, column: &str| -> Result<Option<String>, Why> {
        let value = arguments.option(option);
        let value = match value {
            Value::Hash(_) => hash_options(value)?.option(column).clone(),
            other => other.clone(),
        };
        match value {
            Value::Nil => Ok(None),
            value => {
                value.name().map(|name| Some(name.to_owned())).ok_or_else(|| format!("{option} is {}", value.kind()))
            }
        }
    };
    let element = |column: &String| {
        let mut sql = quoted(column);
        for word in
            [of("opclass", column)?, of("order", column)?.map(|order| order.to_uppercase())].into_iter().flatten()
        {
            if !word.is_empty() {
                sql += &format!(" {word}");
            }
        }
        Ok(sql)
    };
    Ok(columns.iter().map(element).collect::<Result<Vec<_>, Why>>()?.join(", "))
}

/// `remove_index(table, columns, …)`.
pub(super) fn remove(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let table_name = arguments.name_at(0, "the table")?;
    let own = arguments.text("name")?.map(split);
    let (schema, _) = split(table_name);
    let of_index = own.as_ref().and_then(|(schema, _)| schema.clone());
    if schema.is_some() && of_index.is_some() && schema != of_index {
        return Err("an index in another schema than its table".to_owned());
    }
    let schema = schema.or(of_index);
    // Until 7.0 an expression was compared with what the catalog makes of it.
    let columns = arguments.positional.get(1).unwrap_or(arguments.option("column"));
    if own.is_some() && context.runs_before(7, 0) && matches!(Columns::of(columns)?, Columns::Expression(_)) {
        return Err("an expression beside a name".to_owned());
    }
    let name = match own {
        Some((_, name)) => name,
        None => name_for_remove(table_name, arguments, context)?,
    };
    // The name is put together and taken apart again, which a name with a dot does not survive.
    let full = table(&schema.map_or_else(|| name.clone(), |schema| format!("{schema}.{name}")));
    let condition = if arguments.is_on("if_exists") { Condition::IfThere } else { Condition::Always };
    Ok(vec![Sent { condition, ..Sent::always(format!("DROP INDEX {}{full}", algorithm(arguments)?)) }])
}

/// The name of the one index on these columns.
fn name_for_remove(table_name: &str, arguments: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    let columns = arguments.positional.get(1).unwrap_or(arguments.option("column"));
    let columns = Columns::of(columns)?;
    let wanted = names::index(table_name, &columns, context);
    let Columns::Named(named) = columns else {
        let is_there = catalog::indexes(table_name, context)?.iter().any(|index| index.name == wanted);
        return if is_there { Ok(wanted) } else { Err(format!("no index {wanted} of {table_name} is known")) };
    };
    if named.is_empty() {
        return Err("no name or columns".to_owned());
    }
    let is_it = |index: &catalog::Index| {
        let own = index.columns.clone().map(Columns::Named);
        own.is_some_and(|own| names::index(table_name, &own, context) == wanted)
    };
    let mut found = catalog::indexes(table_name, context)?.into_iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index.name),
        (Some(_), Some(_)) => Err(format!("{table_name} has several indexes on {}", named.join(", "))),
        (None, _) => Err(format!("no index of {table_name} is known on {}", named.join(", "))),
    }
}

/// `rename_index(table, old, new)`.
pub(super) fn rename(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(3)?;
    let table_name = arguments.name_at(0, "the table")?;
    let (old, new) = (arguments.name_at(1, "the index")?, arguments.name_at(2, "the new name")?);
    Ok(vec![renamed(table_name, old, new, context)?])
}

fn renamed(table_name: &str, old: &str, new: &str, context: &Context<'_>) -> Result<Sent, Why> {
    let schema = split(table_name).0.filter(|_| !context.runs_before(7, 1));
    let schema = schema.map(|schema| format!("{}.", quoted(&schema))).unwrap_or_default();
    Ok(Sent::always(format!("ALTER INDEX {schema}{} RENAME TO {}", quoted(old), table(checked_index(new)?))))
}

/// What renames the indexes that are named after a column which gets another name.
pub(super) fn renamed_with_column(
    table_name: &str,
    column: &str,
    new: &str,
    context: &Context<'_>,
) -> Result<Vec<Sent>, Why> {
    let mut sent = Vec::new();
    for index in catalog::indexes(table_name, context)? {
        let Some(columns) = index.columns.filter(|columns| columns.iter().any(|own| own == column)) else { continue };
        let name = |columns: Vec<String>| names::index(table_name, &Columns::Named(columns), context);
        let after = columns.iter().map(|own| if own == column { new } else { own }.to_owned()).collect();
        if name(columns.clone()) == index.name {
            sent.push(renamed(table_name, &index.name, &name(after), context)?);
        }
    }
    Ok(sent)
}

/// What renames the indexes that are named after a table which gets another name. `is_old`: as before 7.1.
pub(super) fn renamed_with_table(old: &str, new: &str, is_old: bool, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut sent = Vec::new();
    for index in catalog::indexes(old, context)? {
        let Some(columns) = index.columns.map(Columns::Named) else { continue };
        let name = |table: &str| match is_old {
            true => {
                names::old_index(&if context.runs_before(7, 1) { table.to_owned() } else { split(table).1 }, &columns)
            }
            false => names::index(table, &columns, context),
        };
        if name(old) == index.name {
            sent.push(renamed(new, &index.name, &name(new), context)?);
        }
    }
    Ok(sent)
}

/// The name that the versions up to 7.0 give an index, where a newer one runs them: it is never shortened.
pub(super) fn name_in_bracket(
    table_name: &str,
    arguments: &mut Arguments,
    columns: &Value,
    context: &Context<'_>,
) -> Result<(), Why> {
    if context.bracket < Version(7, 1) && !context.runs_before(7, 1) && *arguments.option("name") == Value::Nil {
        let name = names::old_index(table_name, &Columns::of(columns)?);
        arguments.set("name", Value::Symbol(name));
    }
    Ok(())
}
