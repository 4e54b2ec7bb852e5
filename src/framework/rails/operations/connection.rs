//! The schema methods of the connection.

use super::arguments::names as names_of;
use super::change_table;
use super::column;
use super::constraint;
use super::context::Context;
use super::index;
use super::names::{literal, quoted, table as quoted_table};
use super::reference::{self, Reference};
use super::sent::{Condition, Sent};
use super::table;
use crate::framework::rails::value::{Arguments, BlockCall, Call, Receiver, Value, Why};

/// The SQL of a call on the connection. The version in brackets is that of the block of `create_table` and `change_table`.
pub(super) fn statements(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let arguments = &call.arguments;
    if let Some((major, minor)) = since(&call.method).filter(|since| context.runs_before(since.0, since.1)) {
        return Err(format!("{} is not there before {major}.{minor}", call.method));
    }
    match call.method.as_str() {
        "create_table" => table::create(call, &[], context),
        "create_join_table" => table::create_join(call, context),
        "drop_table" => table::drop(arguments, context),
        "drop_join_table" => table::drop_join(arguments, context),
        "rename_table" => table::rename(arguments, context),
        "change_table" => change_table::change(call, context, statements),
        "bulk_change_table" => bulk_change_table(call, context),
        "add_column" => column::add(arguments, context),
        "add_columns" => column::add_several(arguments, context),
        "remove_column" => column::remove(arguments),
        "remove_columns" => column::remove_several(arguments, context),
        "change_column" => column::change(arguments, context),
        "change_column_default" => column::change_default(arguments, context),
        "change_column_null" => column::change_null(arguments, context),
        "rename_column" => column::rename(arguments, context),
        "change_column_comment" => column::change_comment(arguments),
        "change_table_comment" => column::change_table_comment(arguments),
        "add_timestamps" => column::add_timestamps(arguments, context),
        "remove_timestamps" => column::remove_timestamps(arguments, context),
        "add_index" => index::add(arguments, context),
        "remove_index" => index::remove(arguments, context),
        "rename_index" => index::rename(arguments, context),
        "add_reference" | "add_belongs_to" => add_reference(arguments, context),
        "remove_reference" | "remove_belongs_to" => remove_reference(call, context),
        "add_foreign_key" => constraint::add_foreign_key(arguments, context),
        "remove_foreign_key" => constraint::remove_foreign_key(arguments, context),
        "add_check_constraint" => constraint::add_check(arguments, context),
        "remove_check_constraint" => constraint::remove_check(arguments, context),
        "add_unique_constraint" => constraint::add_unique(arguments, context),
        "remove_unique_constraint" => constraint::remove_unique(arguments, context),
        "add_exclusion_constraint" => constraint::add_exclusion(arguments, context),
        "remove_exclusion_constraint" => constraint::remove_exclusion(arguments),
        "validate_constraint" => constraint::validate_constraint(arguments),
        "validate_foreign_key" => constraint::validate_foreign_key(arguments, context),
        "validate_check_constraint" => constraint::validate_check(arguments),
        "enable_extension" => enable_extension(arguments, context),
        "disable_extension" => disable_extension(arguments, context),
        "create_schema" => create_schema(arguments, context),
        "drop_schema" => drop_schema(arguments),
        "rename_schema" => rename_schema(arguments),
        "create_enum" => create_enum(arguments, context),
        "drop_enum" => drop_enum(arguments),
        "rename_enum" => rename_enum(arguments, context),
        "add_enum_value" => add_enum_value(arguments, context),
        "rename_enum_value" => rename_enum_value(arguments, context),
        method => Err(method.to_owned()),
    }
}

/// The version that brought a method, where not all have it.
fn since(method: &str) -> Option<(u16, u16)> {
    Some(match method {
        "add_columns" | "add_check_constraint" | "remove_check_constraint" | "validate_check_constraint" => (6, 1),
        "create_enum" => (7, 0),
        "drop_enum"
        | "rename_enum"
        | "add_enum_value"
        | "rename_enum_value"
        | "add_unique_constraint"
        | "remove_unique_constraint"
        | "add_exclusion_constraint"
        | "remove_exclusion_constraint" => (7, 1),
        "rename_schema" => (8, 1),
        _ => return None,
    })
}

/// What `change_table` with `bulk: true` is rolled back with: its block has calls on the connection.
fn bulk_change_table(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let command = |own: &BlockCall| Call {
        method: own.method.clone(),
        arguments: own.arguments.clone(),
        block: None,
        span: own.span,
        receiver: Receiver::Connection,
    };
    let commands: Vec<Call> = call.block.iter().flatten().map(command).collect();
    change_table::merged(call.arguments.name_at(0, "the table")?, &commands, context, statements)
}

/// `add_reference(table, name, …)`.
fn add_reference(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (name, reference) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the reference")?);
    let reference = Reference::new(name, reference, arguments, context)?;
    let of = |positional: Vec<Value>, options: Arguments| Arguments {
        positional: std::iter::once(arguments.positional[0].clone()).chain(positional).collect(),
        named: options.named,
    };
    let columns = reference.column_names();
    let mut sent = Vec::new();
    for (column, ty, options) in reference.columns {
        sent.extend(column::add(&of(vec![Value::Symbol(column), Value::Symbol(ty)], options), context)?);
    }
    if let Some(options) = reference.index {
        sent.extend(index::add(&of(vec![columns], options), context)?);
    }
    if let Some((to, options)) = reference.foreign_key {
        sent.extend(constraint::add_foreign_key(&of(vec![Value::Symbol(to)], options), context)?);
    }
    Ok(sent)
}

/// `remove_reference(table, name, …)`.
fn remove_reference(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut sent = Vec::new();
    for (method, arguments) in reference::removal(&call.arguments, context)? {
        sent.extend(match method {
            "remove_foreign_key" => constraint::remove_foreign_key(&arguments, context)?,
            _ => column::remove(&arguments)?,
        });
    }
    Ok(sent)
}

/// `enable_extension(name)`; with a schema since 7.1.
fn enable_extension(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(1)?;
    let name = arguments.name_at(0, "the extension")?;
    let (schema, name) = match name.rsplit_once('.') {
        Some((schema, name)) if !context.runs_before(7, 1) => (schema.rsplit('.').next(), name),
        _ => (None, name),
    };
    let schema = schema.map(|schema| format!(" SCHEMA {schema}")).unwrap_or_default();
    Ok(vec![Sent::always(format!("CREATE EXTENSION IF NOT EXISTS \"{name}\"{schema}"))])
}

/// `disable_extension(name, force:)`.
fn disable_extension(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(1)?;
    let name = arguments.name_at(0, "the extension")?;
    let name = if context.runs_before(7, 1) { name } else { name.rsplit('.').next().unwrap_or(name) };
    let is_forced = matches!(arguments.option("force"), Value::Symbol(force) if force == "cascade");
    let cascade = if is_forced || context.runs_before(7, 1) { " CASCADE" } else { "" };
    Ok(vec![Sent::always(format!("DROP EXTENSION IF EXISTS \"{name}\"{cascade}"))])
}

/// `create_schema(name, …)`.
fn create_schema(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(1)?;
    arguments.only(if context.runs_before(7, 2) { &[] } else { &["force", "if_not_exists"] })?;
    let name = quoted(arguments.name_at(0, "the schema")?);
    let if_not_exists = if arguments.is_on("if_not_exists") { " IF NOT EXISTS" } else { "" };
    let mut sent = Vec::new();
    if arguments.is_on("force") {
        sent.push(Sent::always(format!("DROP SCHEMA IF EXISTS {name} CASCADE")));
    }
    sent.push(Sent::always(format!("CREATE SCHEMA{if_not_exists} {name}")));
    Ok(sent)
}

/// `drop_schema(name, …)`.
fn drop_schema(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    arguments.at_most(1)?;
    let if_exists = if arguments.is_on("if_exists") { " IF EXISTS" } else { "" };
    let name = quoted(arguments.name_at(0, "the schema")?);
    Ok(vec![Sent::always(format!("DROP SCHEMA{if_exists} {name} CASCADE"))])
}

/// `rename_schema(name, new)`.
fn rename_schema(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    let (name, new) = (arguments.name_at(0, "the schema")?, arguments.name_at(1, "the new name")?);
    Ok(vec![Sent::always(format!("ALTER SCHEMA {} RENAME TO {}", quoted(name), quoted(new)))])
}

/// `create_enum(name, values)`: a block that looks first.
fn create_enum(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let name = arguments.name_at(0, "the enum")?;
    let values = names_of(arguments.positional.get(1).unwrap_or(&Value::Nil), "a value")?;
    // In 7.0 it is put between quotes as it is.
    if let Some(value) = values.iter().find(|value| value.contains('\'') && context.runs_before(7, 1)) {
        return Err(format!("the value {value}"));
    }
    let values = values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    let name = if context.runs_before(7, 1) { quoted(name) } else { quoted_table(name) };
    let sql = format!("CREATE TYPE {name} AS ENUM ({values})");
    Ok(vec![Sent { sql, condition: Condition::UnlessThere }])
}

/// `drop_enum(name, …)`.
fn drop_enum(arguments: &Arguments) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let if_exists = if arguments.is_on("if_exists") { " IF EXISTS" } else { "" };
    Ok(vec![Sent::always(format!("DROP TYPE{if_exists} {}", quoted_table(arguments.name_at(0, "the enum")?)))])
}

/// `rename_enum(name, new)`, or with `to:`.
fn rename_enum(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let name = arguments.name_at(0, "the enum")?;
    let new = match arguments.positional.get(1) {
        Some(_) if !context.runs_before(8, 0) => arguments.name_at(1, "the new name")?,
        Some(_) => return Err("the new name without to:".to_owned()),
        None => arguments.text("to")?.ok_or("no new name")?,
    };
    let new = if context.runs_before(8, 0) { new.to_owned() } else { quoted_table(new) };
    Ok(vec![Sent::always(format!("ALTER TYPE {} RENAME TO {new}", quoted_table(name)))])
}

/// `add_enum_value(name, value, before:, after:)`. `if_not_exists:` is heard since 8.0.
fn add_enum_value(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (name, value) = (arguments.name_at(0, "the enum")?, arguments.name_at(1, "the value")?);
    unescaped(&[Some(value), arguments.text("before")?, arguments.text("after")?], context)?;
    let is_guarded = arguments.is_on("if_not_exists") && !context.runs_before(8, 0);
    let if_not_exists = if is_guarded { " IF NOT EXISTS" } else { "" };
    let place = match (arguments.text("before")?, arguments.text("after")?) {
        (None, None) => String::new(),
        (Some(before), None) => format!(" BEFORE {}", literal(before)),
        (None, Some(after)) => format!(" AFTER {}", literal(after)),
        (Some(_), Some(_)) => return Err("both before and after".to_owned()),
    };
    let sql = format!("ALTER TYPE {} ADD VALUE{if_not_exists} {}{place}", quoted_table(name), literal(value));
    Ok(vec![Sent::always(sql)])
}

/// Until 8.0 values are put between quotes as they are.
fn unescaped(values: &[Option<&str>], context: &Context<'_>) -> Result<(), Why> {
    match values.iter().flatten().find(|value| value.contains('\'') && context.runs_before(8, 0)) {
        Some(value) => Err(format!("the value {value}")),
        None => Ok(()),
    }
}

/// `rename_enum_value(name, from:, to:)`.
fn rename_enum_value(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let name = arguments.name_at(0, "the enum")?;
    let from = arguments.text("from")?.ok_or("no from")?;
    let to = arguments.text("to")?.ok_or("no to")?;
    unescaped(&[Some(from), Some(to)], context)?;
    Ok(vec![Sent::always(format!(
        "ALTER TYPE {} RENAME VALUE {} TO {}",
        quoted_table(name),
        literal(from),
        literal(to)
    ))])
}
