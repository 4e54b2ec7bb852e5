//! What rolls a call of `change` back (`migration/command_recorder.rb`).

use super::arguments::string;
use super::change_table;
use super::compatibility;
use super::context::{Context, Version};
use crate::framework::rails::value::{Arguments, BlockCall, Call, Receiver, Value, Why};

/// The calls that roll a call of `change` back, in order.
///
/// # Errors
/// Why Active Record raises `IrreversibleMigration`, or why the call is not understood.
pub fn inverse(call: &Call, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    if let Some(unknown) = call.arguments.unknown() {
        return Err(unknown.to_owned());
    }
    let call = match call.receiver {
        Receiver::Migration => compatibility::in_bracket(call, context)?,
        Receiver::Connection => call.clone(),
    };
    let call = Call { receiver: Receiver::Migration, ..call };
    if call.method == "change_table" {
        return of_change_table(&call, context);
    }
    Ok(vec![of(call, context)?])
}

fn of_change_table(call: &Call, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let commands = change_table::commands(call, context)?;
    let inverse = |command: Call| of(Call { receiver: Receiver::Migration, ..command }, context);
    let mut calls: Vec<Call> = commands.into_iter().map(inverse).collect::<Result<_, _>>()?;
    let is_merged = call.arguments.is_on("bulk") && !context.runs_before(7, 1);
    // Until 8.1 what is merged keeps its order.
    if !is_merged || !context.runs_before(8, 1) {
        calls.reverse();
    }
    if !is_merged {
        return Ok(calls);
    }
    // Until 8.1 the table has no prefix here.
    let name = call.arguments.name_at(0, "the table")?;
    let table = string(&if context.runs_before(8, 1) { name.to_owned() } else { context.full(name) });
    let command = |call: Call| {
        let mut arguments = call.arguments;
        arguments.positional[0] = table.clone();
        BlockCall { method: call.method, arguments, span: call.span }
    };
    Ok(vec![Call {
        method: "bulk_change_table".to_owned(),
        receiver: Receiver::Connection,
        arguments: Arguments { positional: vec![table.clone()], named: Vec::new() },
        block: Some(calls.into_iter().map(command).collect()),
        span: call.span,
    }])
}

/// A method that is not recorded is run in both directions.
fn is_unknown_to_recorder(method: &str, context: &Context<'_>) -> bool {
    match method {
        "validate_constraint" | "validate_foreign_key" | "validate_check_constraint" | "rename_schema" => true,
        "create_schema" | "drop_schema" => context.runs_before(8, 0),
        "create_enum" => context.runs_before(7, 1),
        _ => false,
    }
}

/// Methods that the other one of the pair takes back with the same arguments; what is not said of options is as it was.
const PAIRS: &[(&str, &str)] = &[
    ("create_table", "drop_table"),
    ("create_join_table", "drop_join_table"),
    ("drop_join_table", "create_join_table"),
    ("add_column", "remove_column"),
    ("remove_column", "add_column"),
    ("remove_columns", "add_columns"),
    ("add_index", "remove_index"),
    ("add_timestamps", "remove_timestamps"),
    ("remove_timestamps", "add_timestamps"),
    ("add_reference", "remove_reference"),
    ("add_belongs_to", "remove_reference"),
    ("remove_reference", "add_reference"),
    ("remove_belongs_to", "add_reference"),
    ("add_exclusion_constraint", "remove_exclusion_constraint"),
    ("remove_exclusion_constraint", "add_exclusion_constraint"),
    ("add_unique_constraint", "remove_unique_constraint"),
    ("remove_unique_constraint", "add_unique_constraint"),
    ("enable_extension", "disable_extension"),
    ("disable_extension", "enable_extension"),
    ("drop_enum", "create_enum"),
];

fn of(call: Call, context: &Context<'_>) -> Result<Call, Why> {
    let method = call.method.as_str();
    if let Some(without) = missing(&call) {
        return Err(format!("{method} without {without} cannot be reversed"));
    }
    let mut arguments = call.arguments.clone();
    let taken_back = match method {
        "drop_table" => of_drop_table(&call, &mut arguments, context)?,
        "rename_table" => {
            arguments.positional.reverse();
            "rename_table"
        }
        "remove_index" => {
            second(&mut arguments, "column");
            arguments.take("if_exists");
            "add_index"
        }
        "rename_index" | "rename_column" if arguments.positional.len() == 3 => {
            arguments.positional.swap(1, 2);
            method
        }
        "add_foreign_key" => {
            arguments.take("validate");
            "remove_foreign_key"
        }
        "remove_foreign_key" => {
            second(&mut arguments, "to_table");
            "add_foreign_key"
        }
        "add_check_constraint" => {
            if !context.runs_before(7, 1) {
                arguments.take("validate");
                if let Some(guard) = arguments.take("if_not_exists") {
                    arguments.set("if_exists", guard);
                }
            }
            "remove_check_constraint"
        }
        "remove_check_constraint" => {
            if let Some(guard) = arguments.take("if_exists") {
                arguments.set("if_not_exists", guard);
            }
            "add_check_constraint"
        }
        "add_unique_constraint" if arguments.is_on("using_index") => {
            return Err("add_unique_constraint with using_index cannot be reversed".to_owned());
        }
        "create_enum" if !context.runs_before(7, 1) => "drop_enum",
        "create_schema" if !context.runs_before(8, 0) => "drop_schema",
        "drop_schema" if !context.runs_before(8, 0) => "create_schema",
        "change_column_null" => {
            if let Some(null) = arguments.positional.get_mut(2) {
                *null = Value::Boolean(!null.is_true());
            }
            method
        }
        "change_column_comment" | "change_table_comment" if context.bracket < Version(6, 0) => method,
        "change_column_default" | "change_column_comment" | "change_table_comment" | "rename_enum_value" => {
            if let (Some(from), Some(to)) = (arguments.take("from"), arguments.take("to")) {
                arguments.set("from", to);
                arguments.set("to", from);
                method
            } else {
                return Err(format!("{method} without from and to cannot be reversed"));
            }
        }
        "rename_enum" => {
            let old = arguments.positional.first().cloned().unwrap_or(Value::Nil);
            let new = arguments.positional.get(1).cloned().or_else(|| arguments.take("to"));
            let new = new.ok_or("rename_enum without to cannot be reversed")?;
            arguments = Arguments { positional: vec![new], named: vec![("to".to_owned(), old)] };
            method
        }
        method if is_unknown_to_recorder(method, context) => method,
        method => {
            let pair = PAIRS.iter().find(|(one, _)| *one == method);
            pair.ok_or_else(|| format!("{method} cannot be reversed"))?.1
        }
    };
    // What is not recorded is called on the connection at once.
    let receiver = if is_unknown_to_recorder(taken_back, context) { Receiver::Connection } else { call.receiver };
    let method = taken_back.to_owned();
    Ok(Call { method, arguments, receiver, ..call })
}

/// What a call does not say, without which Active Record cannot make again what it takes away.
fn missing(call: &Call) -> Option<&'static str> {
    let (arguments, count) = (&call.arguments, call.arguments.positional.len());
    match call.method.as_str() {
        "remove_column" => (count < 3).then_some("a type"),
        "remove_columns" => (!arguments.has("type")).then_some("a type"),
        "remove_index" => (count < 2 && !arguments.has("column")).then_some("columns"),
        "remove_foreign_key" => (count < 2 && !arguments.has("to_table")).then_some("a second table"),
        "remove_check_constraint" | "remove_exclusion_constraint" => (count < 2).then_some("an expression"),
        "remove_unique_constraint" => (count < 2).then_some("columns"),
        "drop_enum" => (count < 2).then_some("its values"),
        _ => None,
    }
}

/// An option that is the second argument where there is none.
fn second(arguments: &mut Arguments, option: &str) {
    let value = arguments.take(option);
    if arguments.positional.len() < 2 {
        arguments.positional.extend(value);
    }
}

fn of_drop_table(call: &Call, arguments: &mut Arguments, context: &Context<'_>) -> Result<&'static str, Why> {
    if arguments.positional.len() > 1 {
        return Err("drop_table of several tables cannot be reversed".to_owned());
    }
    let had_options = !arguments.named.is_empty();
    arguments.take("if_exists");
    let has_options = if context.runs_before(8, 0) { had_options } else { !arguments.named.is_empty() };
    if !has_options && call.block.is_none() {
        return Err("drop_table without a block cannot be reversed".to_owned());
    }
    Ok("create_table")
}
