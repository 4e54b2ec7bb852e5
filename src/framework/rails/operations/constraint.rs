//! Foreign keys, checks, unique and exclusion constraints.

use super::arguments::names as names_of;
use super::catalog;
use super::context::Context;
use super::names::{self, hashed, list, quoted, split, table};
use super::sent::{Condition, Sent};
use crate::framework::rails::value::{Arguments, Value, Why};

fn alter(table_name: &str, subcommand: &str) -> Sent {
    Sent::always(format!("ALTER TABLE {} {subcommand}", table(table_name)))
}

fn drop(table_name: &str, name: &str) -> Sent {
    alter(table_name, &format!("DROP CONSTRAINT {}", quoted(name)))
}

/// `foreign_key_column_for`: the column that a foreign key to this table is on.
fn column_for(to: &str, context: &Context<'_>) -> String {
    let to = if context.runs_before(7, 1) { to.to_owned() } else { split(to).1 };
    let own = to.strip_prefix(context.prefix).and_then(|own| own.strip_suffix(context.suffix));
    let own = own.filter(|own| !own.is_empty()).unwrap_or(&to);
    format!("{}_id", context.inflections.singular(own))
}

const KEY_OPTIONS: &[&str] = &[
    "column",
    "primary_key",
    "name",
    "on_delete",
    "on_update",
    "validate",
    "deferrable",
    "if_not_exists",
    // What `add_reference` passes on.
    "to_table",
    "if_exists",
];

/// `CONSTRAINT … FOREIGN KEY …`. `to` is without prefix; `in_table`: in the parentheses of `CREATE TABLE`.
pub(super) fn foreign_key(
    from: &str,
    to: &str,
    options: &Arguments,
    in_table: bool,
    context: &Context<'_>,
) -> Result<String, Why> {
    options.only(KEY_OPTIONS)?;
    let columns = names_of(options.option("column"), "column")?;
    let keys = names_of(options.option("primary_key"), "primary_key")?;
    if (columns.len() > 1 || keys.len() > 1) && context.runs_before(7, 1) {
        return Err("a foreign key of several columns".to_owned());
    }
    // Until 7.0 nobody gives the other table of `ALTER TABLE` its prefix here.
    let to_full = if context.runs_before(7, 0) && !in_table { to.to_owned() } else { context.full(to) };
    let columns = match (columns.is_empty(), keys.len()) {
        (false, _) => columns,
        (true, 0 | 1) => vec![column_for(if in_table { &to_full } else { to }, context)],
        (true, _) => {
            let one = column_for(to, context);
            keys.iter()
                .map(|key| one.strip_suffix("id").map_or_else(|| one.clone(), |one| format!("{one}{key}")))
                .collect()
        }
    };
    let name = match options.text("name")? {
        Some(name) => name.to_owned(),
        None => hashed("fk", &format!("{from}_{}_fk", columns.join("_and_"))),
    };
    let keys = if keys.is_empty() { vec!["id".to_owned()] } else { keys };
    if keys.len() != columns.len() {
        return Err("a foreign key of several columns".to_owned());
    }
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quoted(&name),
        list(&columns),
        table(&to_full),
        list(&keys)
    );
    for (option, word) in [("on_delete", "DELETE"), ("on_update", "UPDATE")] {
        if options.is_on(option) {
            let action = match options.option(option) {
                Value::Symbol(action) if action == "nullify" => "SET NULL",
                Value::Symbol(action) if action == "cascade" => "CASCADE",
                Value::Symbol(action) if action == "restrict" => "RESTRICT",
                other => return Err(format!("{option} is {}", other.kind())),
            };
            sql += &format!(" ON {word} {action}");
        }
    }
    if !context.runs_before(7, 1) || (!context.runs_before(7, 0) && !in_table) {
        sql += &deferrable(options, context)?;
    }
    Ok(sql)
}

fn deferrable(options: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    match options.option("deferrable") {
        Value::Nil | Value::Boolean(false) => Ok(String::new()),
        Value::Symbol(when) if when == "immediate" || when == "deferred" => {
            Ok(format!(" DEFERRABLE INITIALLY {}", when.to_uppercase()))
        }
        Value::Boolean(true) if context.runs_before(7, 1) => Ok(" DEFERRABLE".to_owned()),
        Value::Boolean(true) if context.runs_before(7, 2) => Ok(" DEFERRABLE INITIALLY IMMEDIATE".to_owned()),
        other => Err(format!("deferrable is {}", other.kind())),
    }
}

fn not_valid(options: &Arguments) -> &'static str {
    match options.named("validate") {
        Some(validate) if !validate.is_true() => " NOT VALID",
        _ => "",
    }
}

fn if_there(options: &Arguments, option: &str, condition: Condition, is_known: bool) -> Condition {
    if is_known && options.is_on(option) { condition } else { Condition::Always }
}

/// `add_foreign_key(from, to, …)`.
pub(super) fn add_foreign_key(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (from, to) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the other table")?);
    let options = arguments.options();
    let key = foreign_key(from, to, &options, false, context)?;
    let condition = if_there(&options, "if_not_exists", Condition::UnlessThere, !context.runs_before(7, 0));
    Ok(vec![Sent { condition, ..alter(from, &format!("ADD {key}{}", not_valid(&options))) }])
}

/// `remove_foreign_key(from, to, …)`.
pub(super) fn remove_foreign_key(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let from = arguments.name_at(0, "the table")?;
    arguments.only(KEY_OPTIONS)?;
    // What a foreign key does not have, or is not read with, makes it another one.
    let unread = [("if_exists", (7, 0)), ("deferrable", (7, 0)), ("if_not_exists", (8, 0))];
    if let Some((option, _)) =
        unread.iter().find(|(name, (major, minor))| arguments.has(name) && context.runs_before(*major, *minor))
    {
        return Err(format!("option {option}"));
    }
    let name = found_key(from, arguments, context)?;
    let condition = if_there(arguments, "if_exists", Condition::IfThere, true);
    Ok(vec![Sent { condition, ..drop(from, &name) }])
}

/// The name of the foreign key that these arguments mean.
fn found_key(from: &str, arguments: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    if let Some(name) = arguments.text("name")? {
        return Ok(name.to_owned());
    }
    let to = match arguments.positional.get(1) {
        Some(Value::Nil) | None => arguments.text("to_table")?,
        Some(_) => Some(arguments.name_at(1, "the other table")?),
    };
    let columns = names_of(arguments.option("column"), "column")?;
    let mut keys = catalog::foreign_keys(from, context)?;
    if columns.is_empty() && !context.runs_before(8, 1) && !arguments.is_on("_skip_column_match") {
        let by_default = to.map(|to| column_for(to, context)).unwrap_or_default();
        if keys.iter().any(|key| key.columns == [by_default.clone()]) {
            keys.retain(|key| key.columns == [by_default.clone()]);
        }
    }
    let is_it =
        |key: &&catalog::ForeignKey| to.is_none_or(|to| key.to == to) && (columns.is_empty() || key.columns == columns);
    let found = keys.iter().find(is_it).map(|key| key.name.clone());
    found.ok_or_else(|| format!("no such foreign key of {from} is known"))
}

/// `CONSTRAINT … CHECK (…)`; Active Record does not quote the name.
pub(super) fn check(table_name: &str, expression: &str, options: &Arguments) -> Result<String, Why> {
    options.only(&["name", "validate", "if_not_exists"])?;
    let name = check_name(table_name, expression, options)?;
    Ok(format!("CONSTRAINT {name} CHECK ({expression}){}", not_valid(options)))
}

fn check_name(table_name: &str, expression: &str, options: &Arguments) -> Result<String, Why> {
    let own = options.text("name")?.map(str::to_owned);
    Ok(own.unwrap_or_else(|| names::check_name(table_name, expression)))
}

/// `add_check_constraint(table, expression, …)`.
pub(super) fn add_check(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (table_name, expression) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the expression")?);
    let check = check(table_name, expression, &arguments.options())?;
    let condition = if_there(arguments, "if_not_exists", Condition::UnlessThere, !context.runs_before(7, 1));
    Ok(vec![Sent { condition, ..alter(table_name, &format!("ADD {check}")) }])
}

/// The check that these arguments mean: by its name, or by the one that Active Record gave it.
fn found_check(table_name: &str, arguments: &Arguments) -> Result<String, Why> {
    if let Some(name) = arguments.text("name")? {
        return Ok(name.to_owned());
    }
    let expression = match arguments.positional.get(1) {
        Some(_) => arguments.name_at(1, "the expression")?,
        None => arguments.text("expression")?.ok_or("no name and no expression")?,
    };
    check_name(table_name, expression, &Arguments::default())
}

/// `remove_check_constraint(table, expression, …)`.
pub(super) fn remove_check(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let table_name = arguments.name_at(0, "the table")?;
    arguments.only(&["name", "expression", "validate", "if_exists", "if_not_exists"])?;
    let condition = if_there(arguments, "if_exists", Condition::IfThere, !context.runs_before(7, 1));
    Ok(vec![Sent { condition, ..drop(table_name, &found_check(table_name, arguments)?) }])
}

/// `CONSTRAINT … UNIQUE …`.
pub(super) fn unique(
    table_name: &str,
    columns: &Value,
    options: &Arguments,
    context: &Context<'_>,
) -> Result<String, Why> {
    options.only(&["name", "deferrable", "using_index", "nulls_not_distinct"])?;
    let (columns, index) = (names_of(columns, "a column")?, options.text("using_index")?);
    let of = match (columns.is_empty(), index) {
        (true, Some(index)) => format!("USING INDEX {}", quoted(index)),
        (false, None) => format!("({})", list(&columns)),
        _ => return Err("a unique constraint needs either columns or using_index".to_owned()),
    };
    let name = match options.text("name")? {
        Some(name) => name.to_owned(),
        None => {
            let of = if columns.is_empty() { index.unwrap_or_default().to_owned() } else { columns.join("_and_") };
            hashed("uniq", &format!("{table_name}_{of}_unique"))
        }
    };
    let nulls = options.is_on("nulls_not_distinct") && !context.runs_before(8, 0);
    let nulls = if nulls { " NULLS NOT DISTINCT" } else { "" };
    Ok(format!("CONSTRAINT {} UNIQUE{nulls} {of}{}", quoted(&name), deferrable(options, context)?))
}

/// `add_unique_constraint(table, columns, …)`.
pub(super) fn add_unique(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let table_name = arguments.name_at(0, "the table")?;
    let columns = arguments.positional.get(1).unwrap_or(&Value::Nil);
    Ok(vec![alter(table_name, &format!("ADD {}", unique(table_name, columns, &arguments.options(), context)?))])
}

/// `remove_unique_constraint(table, columns, …)`.
pub(super) fn remove_unique(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let table_name = arguments.name_at(0, "the table")?;
    if context.runs_before(8, 0) && arguments.has("nulls_not_distinct") {
        return Err("option nulls_not_distinct".to_owned());
    }
    if let Some(name) = arguments.text("name")? {
        return Ok(vec![drop(table_name, name)]);
    }
    let columns = names_of(arguments.positional.get(1).unwrap_or(&Value::Nil), "a column")?;
    let nulls = arguments.named("nulls_not_distinct").map(Value::is_true);
    Ok(vec![drop(table_name, &catalog::unique(table_name, &columns, nulls, context)?)])
}

/// `CONSTRAINT … EXCLUDE …`.
pub(super) fn exclusion(
    table_name: &str,
    expression: &str,
    options: &Arguments,
    context: &Context<'_>,
) -> Result<String, Why> {
    options.only(&["name", "using", "where", "deferrable"])?;
    let name = exclusion_name(table_name, expression, options)?;
    let using = options.text("using")?.map(|using| format!(" USING {using}")).unwrap_or_default();
    let predicate = options.text("where")?.map(|predicate| format!(" WHERE ({predicate})")).unwrap_or_default();
    let deferrable = deferrable(options, context)?;
    Ok(format!("CONSTRAINT {} EXCLUDE{using} ({expression}){predicate}{deferrable}", quoted(&name)))
}

fn exclusion_name(table_name: &str, expression: &str, options: &Arguments) -> Result<String, Why> {
    let own = options.text("name")?.map(str::to_owned);
    Ok(own.unwrap_or_else(|| hashed("excl", &format!("{table_name}_{expression}_excl"))))
}

/// `add_exclusion_constraint(table, expression, …)`.
pub(super) fn add_exclusion(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (table_name, expression) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the expression")?);
    let constraint = exclusion(table_name, expression, &arguments.options(), context)?;
    Ok(vec![alter(table_name, &format!("ADD {constraint}"))])
}

/// `remove_exclusion_constraint(table, expression, …)`.
pub(super) fn remove_exclusion(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    let table_name = arguments.name_at(0, "the table")?;
    let expression = match arguments.positional.get(1) {
        Some(_) => arguments.name_at(1, "the expression")?,
        None if arguments.is_on("name") => "",
        None => return Err("no name and no expression".to_owned()),
    };
    Ok(vec![drop(table_name, &exclusion_name(table_name, expression, arguments)?)])
}

fn validate(table_name: &str, name: &str) -> Sent {
    alter(table_name, &format!("VALIDATE CONSTRAINT {}", quoted(name)))
}

/// `validate_constraint(table, name)`.
pub(super) fn validate_constraint(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    Ok(vec![validate(arguments.name_at(0, "the table")?, arguments.name_at(1, "the constraint")?)])
}

/// `validate_foreign_key(from, to, …)`.
pub(super) fn validate_foreign_key(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let from = arguments.name_at(0, "the table")?;
    Ok(vec![validate(from, &found_key(from, arguments, context)?)])
}

/// `validate_check_constraint(table, name:)`.
pub(super) fn validate_check(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    let table_name = arguments.name_at(0, "the table")?;
    Ok(vec![validate(table_name, &found_check(table_name, arguments)?)])
}
