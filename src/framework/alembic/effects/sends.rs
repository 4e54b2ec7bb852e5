//! What the calls in an expression send.

use super::harmless::is_harmless;
use super::{Effect, EffectKind, Reader};
use crate::framework::alembic::operations::{self, Namer};
use crate::framework::alembic::python::{Expression, ExpressionKind, Text};
use crate::framework::alembic::scope::Convention;
use crate::framework::alembic::sent::Sent;
use crate::framework::alembic::value::{Arguments, Made, Value, Why};
use crate::source::ByteSpan;

/// Why a statement with `bind.commit()` is left alone.
pub(in crate::framework::alembic) const COMMITS: &str = "commit() of Alembic's connection, which ends the transaction that Alembic goes by: \
     the revision's row is lost, and an autocommit_block() of a later one in the same run fails";

/// What a call is to the database.
enum Meaning {
    /// Nothing.
    Harmless,
    /// It sends SQL.
    Sends(Vec<Sent>),
    /// The same, when the batch that it belongs to ends.
    Waits(Vec<Sent>),
}

impl<'a> Reader<'a> {
    /// What the calls in an expression do, in the order in which Python makes them.
    pub(super) fn run(&mut self, expression: &'a Expression) -> Result<(), Why> {
        let mut fields_are_harmless = true;
        expression.walk(&mut |part| {
            if let ExpressionKind::Strings(literals) = &part.kind {
                fields_are_harmless &= self.fields_are_harmless(literals);
            }
        });
        if !fields_are_harmless {
            return Err("a call in an f-string".to_owned());
        }
        let mut calls = Vec::new();
        calls_in(self.file, expression, false, &mut calls);
        // An inner call ends before the outer one.
        calls.sort_by_key(|(call, _)| call.span.end);
        for (call, is_conditional) in calls {
            match self.meaning(call)? {
                Meaning::Harmless => {}
                _ if is_conditional => return Err("a call in an expression".to_owned()),
                Meaning::Sends(sent) => self.push(call.span, EffectKind::Sql(sent)),
                Meaning::Waits(sent) => {
                    let kind = EffectKind::Sql(sent);
                    let effect = Effect { span: call.span, statement: self.statement, place: self.place, kind };
                    self.waiting.get_or_insert_default().push(effect);
                }
            }
        }
        Ok(())
    }

    fn meaning(&mut self, call: &'a Expression) -> Result<Meaning, Why> {
        let ExpressionKind::Call(function, arguments) = &call.kind else { return Ok(Meaning::Harmless) };
        let (receiver, name) = match &function.kind {
            ExpressionKind::Attribute(of, name) => (self.names().value(of), name.slice(self.file)),
            _ => match self.names().value(function) {
                Value::Imported(path) => match path.strip_prefix("alembic.op.") {
                    Some(_) => (Value::Imported("alembic.op".to_owned()), path_end(self.file, function)),
                    None => (Value::None, ""),
                },
                _ => (Value::None, ""),
            },
        };
        let arguments = || self.names().arguments(arguments);
        match &receiver {
            Value::Imported(path) if path == "alembic.op" && !is_harmless(&format!("alembic.op.{name}")) => {
                let arguments = arguments()?;
                let sent = self.directive(name, &arguments, call.span)?;
                Ok(Meaning::Sends(sent))
            }
            Value::Batch(batch) => {
                if name == "f" {
                    return Ok(Meaning::Harmless);
                }
                let arguments = match name {
                    "execute" => arguments()?,
                    _ => operations::in_batch(name, batch, &arguments()?),
                };
                let sent = self.directive(name, &arguments, call.span)?;
                Ok(if operations::waits_in_batch(name) { Meaning::Waits(sent) } else { Meaning::Sends(sent) })
            }
            Value::Connection if name == "commit" => Err(COMMITS.to_owned()),
            Value::Connection if matches!(name, "execute" | "scalar" | "scalars" | "exec_driver_sql") => {
                Ok(Meaning::Sends(vec![driver_sql(name, &arguments()?)?]))
            }
            Value::Made(_) if matches!(name, "create" | "drop") => {
                let arguments = arguments()?;
                let is_first_checked =
                    arguments.named("checkfirst").or(arguments.positional.get(1)) != Some(&Value::Boolean(false));
                let made = Made { path: format!(".{name}"), receiver: Some(receiver), arguments, span: call.span };
                match operations::enum_method(&made, &mut self.enums)? {
                    Some(sql) => {
                        let is_drop = is_first_checked && name == "drop";
                        let sql = if is_drop { sql.replacen("DROP TYPE", "DROP TYPE IF EXISTS", 1) } else { sql };
                        let unless_there = is_first_checked && name == "create";
                        let sql = Text::standing_for(sql, call.span);
                        Ok(Meaning::Sends(vec![Sent { unless_there, ..Sent::known(sql) }]))
                    }
                    None => Err(format!("a call of {name}")),
                }
            }
            _ => match self.harmless_call(call)? {
                true => Ok(Meaning::Harmless),
                false => Err(format!("a call of {}", function.dotted(self.file).unwrap_or_else(|| name.to_owned()))),
            },
        }
    }

    fn directive(&mut self, name: &str, arguments: &Arguments, span: ByteSpan) -> Result<Vec<Sent>, Why> {
        if name == "execute" {
            let sql = arguments.get(0, "sqltext").ok_or("execute of nothing")?;
            return Ok(vec![operations::executed(sql, &[])?]);
        }
        if name == "bulk_insert" {
            return operations::bulk_insert(arguments, span);
        }
        let convention = self.names().convention();
        let namer = Namer::new(&convention);
        let statements = operations::statements(name, arguments, &mut self.enums, &namer)?;
        let drops = matches!(name, "drop_constraint" | "drop_index");
        let has_unknown_names = namer.is_unknown() || (drops && convention == Convention::Unknown);
        let sent = |sql| Sent { has_unknown_names, ..Sent::known(Text::standing_for(sql, span)) };
        Ok(statements.into_iter().map(sent).collect())
    }
}

/// What a connection sends: `text(…)` with its parameters, or with older versions of SQLAlchemy a string as it is.
fn driver_sql(name: &str, arguments: &Arguments) -> Result<Sent, Why> {
    let statement = arguments.positional.first().or(arguments.named("statement")).ok_or("execute of nothing")?;
    let mut values: Vec<(&str, &Value)> = Vec::new();
    for (name, value) in &arguments.named {
        match name.as_str() {
            "statement" | "execution_options" => {}
            "parameters" => return Err("SQL with parameters".to_owned()),
            name => values.push((name, value)),
        }
    }
    match arguments.positional.get(1) {
        None | Some(Value::None) => {}
        Some(Value::Dict(pairs)) => values.extend(pairs.iter().filter_map(|(key, value)| Some((key.text()?, value)))),
        Some(Value::List(values)) => {
            return match statement {
                Value::Text(text) if !values.iter().any(|value| matches!(value, Value::List(_) | Value::Dict(_))) => {
                    operations::driver_values(text, values)
                }
                _ => Err("SQL that is sent for each of a list".to_owned()),
            };
        }
        Some(other) => return Err(format!("SQL with parameters from {}", other.kind())),
    }
    match statement {
        Value::Text(text) if values.is_empty() && !(name == "exec_driver_sql" && text.value.contains('%')) => {
            Ok(Sent::known(text.clone()))
        }
        Value::Text(_) => Err("SQL with parameters, or with %".to_owned()),
        Value::Template(_) if !values.is_empty() => Err("SQL with parameters".to_owned()),
        other => operations::executed(other, &values),
    }
}

/// The calls in an expression, and whether each is made once or not.
fn calls_in<'a>(file: &str, expression: &'a Expression, is_conditional: bool, calls: &mut Vec<(&'a Expression, bool)>) {
    let mut into = |part: &'a Expression, is_conditional| calls_in(file, part, is_conditional, calls);
    match &expression.kind {
        ExpressionKind::Conditional(value, test, other) => {
            into(test, is_conditional);
            [value, other].into_iter().for_each(|part| into(part, true));
        }
        ExpressionKind::Binary(left, operator, right) => {
            into(left, is_conditional);
            into(right, is_conditional || matches!(operator.slice(file), "and" | "or"));
        }
        // What the first loop goes over is made before it begins.
        ExpressionKind::Comprehension(parts, rounds) => {
            parts.iter().for_each(|part| into(part, true));
            for (at, round) in rounds.iter().enumerate() {
                into(&round.values, is_conditional || at > 0);
                round.tests.iter().for_each(|test| into(test, true));
            }
        }
        ExpressionKind::Other(parts) => parts.iter().for_each(|part| into(part, true)),
        ExpressionKind::Call(function, arguments) => {
            into(function, is_conditional);
            arguments.iter().for_each(|argument| into(&argument.value, is_conditional));
            calls.push((expression, is_conditional));
        }
        ExpressionKind::Attribute(of, _) | ExpressionKind::Unary(_, of) | ExpressionKind::Starred(of) => {
            into(of, is_conditional);
        }
        ExpressionKind::Subscript(of, index) => {
            into(of, is_conditional);
            index.iter().for_each(|part| into(part, is_conditional));
        }
        ExpressionKind::List(parts) | ExpressionKind::Tuple(parts) | ExpressionKind::Set(parts) => {
            parts.iter().for_each(|part| into(part, is_conditional));
        }
        ExpressionKind::Dict(pairs) => {
            for (key, value) in pairs {
                key.iter().for_each(|key| into(key, is_conditional));
                into(value, is_conditional);
            }
        }
        ExpressionKind::Name | ExpressionKind::Number | ExpressionKind::Strings(_) => {}
    }
}

/// The last name of a path: `execute` of `from alembic.op import execute`.
fn path_end<'a>(file: &'a str, function: &Expression) -> &'a str {
    function.span.slice(file).rsplit('.').next().unwrap_or_default()
}
