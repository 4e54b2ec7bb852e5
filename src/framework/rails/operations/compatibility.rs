//! What the version in brackets changes in a call before the connection gets it (`migration/compatibility.rb`), and the
//! prefix and the suffix of tables.

use super::arguments::{hash_options, string};
use super::catalog;
use super::context::{Context, Version};
use super::index;
use super::names::{self, Columns};
use crate::framework::rails::value::{Arguments, Call, Receiver, Value, Why};

/// The calls on the connection that a call of the migration comes to.
pub(super) fn adapted(call: &Call, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let mut first = Call { receiver: Receiver::Connection, ..in_bracket(call, context)? };
    with_affixes(&mut first, context);
    let mut more = Vec::new();
    if call.method == "change_column" && context.bracket < Version(5, 2) {
        more = change_column_apart(&mut first, call);
    }
    more.insert(0, first);
    Ok(more)
}

/// A call with the arguments that the version in brackets gives it.
pub(super) fn in_bracket(call: &Call, context: &Context<'_>) -> Result<Call, Why> {
    let before = |major, minor| context.is_before(major, minor);
    let mut call = call.clone();
    let options = &mut call.arguments;
    let on = Value::Boolean(true);
    match call.method.as_str() {
        "add_column" | "change_column" if before(7, 1) => {
            options.set("_skip_validate_options", on);
            let ty = options.positional.get(2).and_then(Value::name).map(str::to_owned);
            if before(7, 0) && ty.as_deref() == Some("datetime") {
                options.set_unless_on("precision", Value::Nil);
                options.positional[2] = Value::Symbol("timestamp".to_owned());
            }
            if call.method == "add_column" && before(5, 1) && ty.as_deref() == Some("primary_key") {
                options.positional[2] = Value::Symbol("integer".to_owned());
                options.set("primary_key", Value::Boolean(true));
            }
        }
        "add_index" => {
            let table = options.name_at(0, "the table")?.to_owned();
            let columns = options.positional.get(1).cloned().unwrap_or(Value::Nil);
            index::name_in_bracket(&table, options, &columns, context)?;
        }
        "remove_index" if before(5, 0) => {
            let name = index_name_for_remove(options, context)?;
            options.set("name", string(&name));
        }
        "add_reference" | "add_belongs_to" if before(7, 1) => reference_in_table(options, context),
        "create_table" => create_table(options, context),
        "create_join_table" if before(5, 1) => {
            let mut columns = hash_options(options.option("column_options"))?;
            if !columns.has("type") {
                columns.set("type", Value::Symbol("integer".to_owned()));
            }
            let pairs = columns.named.into_iter().map(|(name, value)| (Value::Symbol(name), value));
            options.set("column_options", Value::Hash(pairs.collect()));
        }
        "rename_table" if before(7, 1) => options.set("_uses_legacy_index_name", on),
        "change_column_null" if before(7, 1) => {
            if let Some(null) = options.positional.get_mut(2) {
                *null = Value::Boolean(null.is_true());
            }
        }
        "disable_extension" if before(7, 1) => options.set("force", Value::Symbol("cascade".to_owned())),
        "add_foreign_key" if before(7, 1) && !context.runs_before(7, 1) && *options.option("deferrable") == on => {
            options.set("deferrable", Value::Symbol("immediate".to_owned()));
        }
        "remove_foreign_key" if before(8, 1) => options.set("_skip_column_match", on),
        "add_timestamps" => timestamps(options, context),
        _ => {}
    }
    Ok(call)
}

/// Up to 4.2 an index is looked for under the name that its columns give, then under its own; without the prefix of its table.
fn index_name_for_remove(options: &Arguments, context: &Context<'_>) -> Result<String, Why> {
    let table = options.name_at(0, "the table")?;
    let columns = options.positional.get(1).unwrap_or(options.option("column"));
    let by_columns = match columns {
        Value::Nil => None,
        columns => Some(names::index(table, &Columns::of(columns)?, context)),
    };
    let known = catalog::indexes(table, context)?;
    let candidates = by_columns.into_iter().chain(options.text("name")?.map(str::to_owned));
    let mut found = candidates.filter(|name| known.iter().any(|index| index.name == *name));
    found.next().ok_or_else(|| format!("no such index of {table} is known"))
}

fn create_table(options: &mut Arguments, context: &Context<'_>) {
    if context.is_before(5, 1) {
        let id = options.option("id").clone();
        if matches!(&id, Value::Symbol(id) if id == "uuid") && !options.has("default") {
            options.set("default", string("uuid_generate_v4()"));
        }
        if matches!(&id, Value::Symbol(id) if id == "integer" || id == "bigint") && !options.has("default") {
            options.set("default", Value::Nil);
        }
        if !options.has("id") {
            options.set("id", Value::Symbol("integer".to_owned()));
        }
    }
    if context.is_before(7, 1) {
        options.set("_skip_validate_options", Value::Boolean(true));
    }
}

/// `change_column` up to 5.1: what is more than the type is set by statements of their own, on the connection.
fn change_column_apart(first: &mut Call, call: &Call) -> Vec<Call> {
    let whole = call.arguments.clone();
    first.arguments = first.arguments.without(&["default", "null", "comment"]);
    let of = |method: &str, more: Vec<Value>| {
        let positional = whole.positional.iter().take(2).cloned().chain(more).collect();
        let arguments = Arguments { positional, named: Vec::new() };
        Call { method: method.to_owned(), receiver: Receiver::Connection, arguments, ..call.clone() }
    };
    let mut calls = Vec::new();
    if let Some(default) = whole.named("default") {
        calls.push(of("change_column_default", vec![default.clone()]));
    }
    if let Some(null) = whole.named("null") {
        calls.push(of("change_column_null", vec![null.clone(), whole.option("default").clone()]));
    }
    if let Some(comment) = whole.named("comment") {
        calls.push(of("change_column_comment", vec![comment.clone()]));
    }
    calls
}

/// `proper_table_name`: of the first argument of every method but a few, and of the other table of some.
fn with_affixes(call: &mut Call, context: &Context<'_>) {
    if matches!(call.method.as_str(), "execute" | "enable_extension" | "disable_extension") {
        return;
    }
    let both = match call.method.as_str() {
        "rename_table" | "remove_foreign_key" => true,
        "add_foreign_key" => context.runs_before(7, 0),
        _ => false,
    };
    for value in call.arguments.positional.iter_mut().take(if both { 2 } else { 1 }) {
        if let Some(name) = value.name() {
            *value = string(&context.full(name));
        }
    }
}

/// `t.column` in a table of the version in brackets.
pub(super) fn column_in_table(options: &mut Arguments, context: &Context<'_>) {
    if context.is_before(7, 1) {
        options.set("_skip_validate_options", Value::Boolean(true));
    }
    if context.is_before(7, 0) {
        options.set_unless_on("precision", Value::Nil);
    }
}

/// `t.references`, and `add_reference`.
pub(super) fn reference_in_table(options: &mut Arguments, context: &Context<'_>) {
    if context.is_before(7, 1) {
        options.set("_skip_validate_options", Value::Boolean(true));
    }
    if context.is_before(6, 1) {
        options.set("_uses_legacy_reference_index_name", Value::Boolean(true));
    }
    if context.is_before(5, 1) && !options.has("type") {
        options.set("type", Value::Symbol("integer".to_owned()));
    }
    if context.is_before(5, 0) {
        options.set_unless_on("index", Value::Boolean(false));
    }
}

/// `t.timestamps`, and `add_timestamps`.
pub(super) fn timestamps(options: &mut Arguments, context: &Context<'_>) {
    if context.is_before(6, 0) {
        options.set_unless_on("precision", Value::Nil);
    }
    if context.is_before(5, 0) && *options.option("null") == Value::Nil {
        options.set("null", Value::Boolean(true));
    }
}
