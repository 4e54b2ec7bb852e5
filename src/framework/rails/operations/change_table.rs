//! `change_table` and its block: calls on the connection, one by one or merged into one `ALTER TABLE`.

use super::arguments::{hash_options, string};
use super::catalog;
use super::column;
use super::compatibility;
use super::context::Context;
use super::index;
use super::names::table;
use super::sent::Sent;
use super::types;
use crate::framework::rails::value::{Arguments, BlockCall, Call, Receiver, Value, Why};
use crate::schema::Schema;

/// What gives the SQL of a call on the connection.
pub(super) type Statements = fn(&Call, &Context<'_>) -> Result<Vec<Sent>, Why>;

/// `change_table(table, bulk: …) { |t| … }`.
pub(super) fn change(call: &Call, context: &Context<'_>, statements: Statements) -> Result<Vec<Sent>, Why> {
    call.arguments.at_most(1)?;
    call.arguments.only(&["bulk"])?;
    let commands = commands(call, context)?;
    match call.arguments.is_on("bulk") {
        true => merged(call.arguments.name_at(0, "the table")?, &commands, context, statements),
        false => one_by_one(&commands, context, statements),
    }
}

fn one_by_one(commands: &[Call], context: &Context<'_>, statements: Statements) -> Result<Vec<Sent>, Why> {
    let mut run = Run::new(context, statements);
    for command in commands {
        run.call(command)?;
    }
    Ok(run.sent)
}

/// `bulk_change_table`: what can be a subcommand joins its neighbours.
pub(super) fn merged(
    name: &str,
    commands: &[Call],
    context: &Context<'_>,
    statements: Statements,
) -> Result<Vec<Sent>, Why> {
    let mut run = Run::new(context, statements);
    let (mut subcommands, mut behind) = (Vec::new(), Vec::new());
    for command in commands {
        match column::for_alter(command, &run.context())? {
            Some((more, then)) => {
                subcommands.extend(more);
                behind.extend(then);
            }
            None => {
                run.flush(name, &mut subcommands, &mut behind);
                run.call(command)?;
            }
        }
    }
    run.flush(name, &mut subcommands, &mut behind);
    Ok(run.sent)
}

/// Calls on the connection, each of which meets the catalog that those before it left.
pub(super) struct Run<'a> {
    context: Context<'a>,
    statements: Statements,
    schema: Option<Schema>,
    pub(super) sent: Vec<Sent>,
}

impl<'a> Run<'a> {
    pub(super) fn new(context: &Context<'a>, statements: Statements) -> Run<'a> {
        Run { context: context.on_connection(), statements, schema: context.schema.cloned(), sent: Vec::new() }
    }

    fn context(&self) -> Context<'_> {
        Context { schema: self.schema.as_ref(), ..self.context }
    }

    pub(super) fn call(&mut self, call: &Call) -> Result<(), Why> {
        let sent = (self.statements)(call, &self.context())?;
        self.send(sent);
        Ok(())
    }

    fn send(&mut self, sent: Vec<Sent>) {
        self.schema = self.schema.take().map(|schema| catalog::applied(schema, &sent));
        self.sent.extend(sent);
    }

    fn flush(&mut self, name: &str, subcommands: &mut Vec<String>, behind: &mut Vec<Sent>) {
        if !subcommands.is_empty() {
            self.send(vec![Sent::always(format!("ALTER TABLE {} {}", table(name), subcommands.join(", ")))]);
        }
        subcommands.clear();
        self.send(std::mem::take(behind));
    }
}

/// The calls on the connection that the block makes.
pub(super) fn commands(call: &Call, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let name = call.arguments.name_at(0, "the table")?;
    let mut commands = Vec::new();
    for call in call.block.iter().flatten() {
        if let Some(unknown) = call.arguments.unknown() {
            return Err(unknown.to_owned());
        }
        commands.extend(of_call(name, call, context).map_err(|why| format!("t.{}: {why}", call.method))?);
    }
    Ok(commands)
}

/// Options that the method of a table does not take, or does not pass on as what they are, in the Rails that runs.
fn refused(method: &str, options: &Arguments, context: &Context<'_>) -> Option<&'static str> {
    let takes_conditions = matches!(
        method,
        "check_constraint"
            | "remove_check_constraint"
            | "change_default"
            | "change_null"
            | "rename"
            | "remove_timestamps"
    );
    if !context.is_before(7, 1) && !takes_conditions && (options.has("if_exists") || options.has("if_not_exists")) {
        return Some("option if_exists or if_not_exists");
    }
    // Some did not pass them on when they were new.
    let lost_options = match method {
        "check_constraint" | "remove_check_constraint" => context.runs_before(7, 0),
        method if method.ends_with("_constraint") => context.runs_before(8, 0),
        _ => false,
    };
    (lost_options && !options.named.is_empty()).then_some("options that are not passed on")
}

fn of_call(name: &str, call: &BlockCall, context: &Context<'_>) -> Result<Vec<Call>, Why> {
    let command = |method: &str, positional: &[Value], options: Arguments| {
        let positional = std::iter::once(string(name)).chain(positional.iter().cloned()).collect();
        let arguments = Arguments { positional, named: options.named };
        let span = call.span;
        Call { method: method.to_owned(), receiver: Receiver::Connection, arguments, block: None, span }
    };
    let (positional, mut options) = (&call.arguments.positional[..], call.arguments.options());
    let method = call.method.as_str();
    if let Some(why) = refused(method, &options, context) {
        return Err(why.to_owned());
    }
    let add_column = |column: &Value, ty: &Value, mut options: Arguments| -> Result<Vec<Call>, Why> {
        compatibility::column_in_table(&mut options, context);
        let index = options.take("index").unwrap_or(Value::Nil);
        let mut commands = vec![command("add_column", &[column.clone(), ty.clone()], options)];
        if index.is_true() {
            let mut options = hash_options(&index)?;
            index::name_in_bracket(name, &mut options, column, context)?;
            commands.push(command("add_index", std::slice::from_ref(column), options));
        }
        Ok(commands)
    };
    let one = |method: &str, options: Arguments| Ok(vec![command(method, positional, options)]);
    match method {
        "column" => match positional {
            [column, ty] => add_column(column, ty, options),
            _ => Err("a column and a type".to_owned()),
        },
        "index" => {
            let columns = positional.first().ok_or("no columns")?;
            index::name_in_bracket(name, &mut options, columns, context)?;
            one("add_index", options)
        }
        "rename_index" => one("rename_index", options),
        "timestamps" => {
            compatibility::timestamps(&mut options, context);
            one("add_timestamps", options)
        }
        "change" => {
            compatibility::column_in_table(&mut options, context);
            one("change_column", options)
        }
        "change_default" => one("change_column_default", options),
        "change_null" => one("change_column_null", options),
        "remove" => one("remove_columns", options),
        "remove_column" | "remove_columns" => Err("no method of a table".to_owned()),
        "remove_index" => one("remove_index", options),
        "remove_timestamps" => one("remove_timestamps", options),
        "rename" => one("rename_column", options),
        "references" | "belongs_to" => {
            compatibility::reference_in_table(&mut options, context);
            Ok(positional
                .iter()
                .map(|name| command("add_reference", std::slice::from_ref(name), options.clone()))
                .collect())
        }
        "remove_references" | "remove_belongs_to" => {
            let of = |name: &Value| command("remove_reference", std::slice::from_ref(name), options.clone());
            Ok(positional.iter().map(of).collect())
        }
        "foreign_key" => one("add_foreign_key", options),
        "remove_foreign_key" => {
            if context.is_before(8, 1) {
                options.set("_skip_column_match", Value::Boolean(true));
            }
            one("remove_foreign_key", options)
        }
        "check_constraint" => one("add_check_constraint", options),
        "remove_check_constraint" => one("remove_check_constraint", options),
        "exclusion_constraint" | "unique_constraint" if !context.runs_before(7, 1) => {
            one(&format!("add_{method}"), options)
        }
        "remove_exclusion_constraint" | "remove_unique_constraint" if !context.runs_before(7, 1) => {
            one(method, options)
        }
        "validate_constraint" | "validate_check_constraint" if !context.runs_before(7, 2) => one(method, options),
        "primary_key" => {
            let column = positional.first().ok_or("no column")?;
            let ty = positional.get(1).cloned().unwrap_or(Value::Symbol("primary_key".to_owned()));
            if ty.name() == Some("uuid") && !options.has("default") {
                options.set("default", string("gen_random_uuid()"));
            }
            let is_old = context.is_before(5, 1) && ty.name() == Some("primary_key");
            let ty = if is_old { Value::Symbol("integer".to_owned()) } else { ty };
            options.set("primary_key", Value::Boolean(true));
            add_column(column, &ty, options)
        }
        method => {
            let ty = types::of_method(method, context).ok_or("no method of a table")?;
            let ty = Value::Symbol(ty.to_owned());
            if positional.is_empty() {
                return Err("no column".to_owned());
            }
            let mut commands = Vec::new();
            for column in positional {
                commands.extend(add_column(column, &ty, options.clone())?);
            }
            Ok(commands)
        }
    }
}
