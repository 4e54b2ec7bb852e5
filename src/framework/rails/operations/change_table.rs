//! `change_table` and its block: calls on the connection, one by one or merged into one `ALTER TABLE`.

use super::catalog;
use super::column;
use super::context::Context;
use super::names::table;
use super::sent::Sent;
use super::table_call::TableCall;
use crate::framework::rails::value::{Call, Why};
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
        let on_connection = TableCall { table: name, call, context }.on_connection();
        commands.extend(on_connection.map_err(|why| format!("t.{}: {why}", call.method))?);
    }
    Ok(commands)
}
