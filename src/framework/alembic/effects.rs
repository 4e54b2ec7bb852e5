//! What a function does to the database: the calls in it, in the order in which they run, each with the SQL that it sends.
//!
//! Simple Python is followed at sight: constants, conditions and loops over what is written in the file, functions of the
//! file. What needs more than reading is opaque, with the reason, and so is the whole statement of the function that it
//! stands in.

use super::operations::{self, Enums, Namer};
use super::python::{
    Clause, Expression, ExpressionKind, Header, Literal, Part, Statement, StatementKind, Text, expression_at, literal,
};
use super::scope::{Names, Scope, iterated, returns, truth};
use super::sent::Sent;
use super::value::{Arguments, Batch, Made, Value, Why};
use crate::source::ByteSpan;
use std::rc::Rc;

/// Something that a function does to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The call, or the statement that is not understood.
    pub span: ByteSpan,
    /// The statement of the function's body that it stands in, by index.
    pub statement: usize,
    /// Where it runs.
    pub place: Place,
    /// What it does.
    pub kind: EffectKind,
}

/// Where something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the transaction that `env.py` began.
    Transaction,
    /// In an `autocommit_block()`: each statement by itself.
    Autocommit,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectKind {
    /// It sends these statements, in order.
    Sql(Vec<Sent>),
    /// Nobody knows without running it; why.
    Opaque(Why),
}

/// How many statements are followed, loops and functions included.
const MAX_STATEMENTS: usize = 20_000;
/// How deep calls of functions are followed.
const MAX_DEPTH: usize = 8;

/// The effects of the statements of a function.
pub fn effects<'a>(file: &'a str, module: &Scope<'a>, function: &'a Clause) -> Vec<Effect> {
    let mut own = Scope::default();
    if let Header::Function { parameters, .. } = &function.header {
        for name in parameters.iter().map(|parameter| parameter.name.slice(file)) {
            let module = std::slice::from_ref(module);
            own.set(name, Names { file, scopes: module, depth: 0 }.argument(name));
        }
    }
    let mut reader = Reader {
        file,
        scopes: vec![module.clone(), own],
        enums: Enums::default(),
        effects: Vec::new(),
        waiting: None,
        place: Place::Transaction,
        statement: 0,
        depth: 0,
        left: MAX_STATEMENTS,
        has_returned: false,
    };
    for (index, statement) in function.body.iter().enumerate() {
        reader.statement = index;
        if !reader.has_returned {
            reader.follow_whole(statement);
        }
    }
    reader.effects
}

struct Reader<'a> {
    file: &'a str,
    /// The module's names first, then the function's.
    scopes: Vec<Scope<'a>>,
    enums: Enums,
    effects: Vec<Effect>,
    /// What a batch keeps until it ends.
    waiting: Option<Vec<Effect>>,
    place: Place,
    statement: usize,
    depth: usize,
    left: usize,
    has_returned: bool,
}

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
    fn names(&self) -> Names<'_, 'a> {
        Names { file: self.file, scopes: &self.scopes, depth: 0 }
    }

    fn scope(&mut self) -> &mut Scope<'a> {
        // There is always the function's own behind the module's.
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// Follows a statement of the function itself: it is understood as a whole or not at all.
    fn follow_whole(&mut self, statement: &'a Statement) {
        let effects = self.effects.len();
        if let Err(why) = self.follow(statement) {
            self.effects.truncate(effects);
            (self.waiting, self.depth, self.place) = (None, 0, Place::Transaction);
            let file = self.file;
            self.scope().forget_changed(file, statement);
            self.push(statement.span, EffectKind::Opaque(why));
        }
    }

    fn push(&mut self, span: ByteSpan, kind: EffectKind) {
        let effect = Effect { span, statement: self.statement, place: self.place, kind };
        self.effects.push(effect);
    }

    fn block(&mut self, body: &'a [Statement]) -> Result<(), Why> {
        for statement in body {
            if !self.has_returned {
                self.follow(statement)?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, statement: &'a Statement) -> Result<(), Why> {
        self.left = self.left.checked_sub(1).ok_or("too many statements")?;
        let file = self.file;
        match &statement.kind {
            StatementKind::Import(imported) => self.scope().import(imported),
            StatementKind::Pass => {}
            StatementKind::Expression(expression) => {
                if !self.follow_function(expression)? {
                    self.run(expression)?;
                }
                self.scope().forget_changed(file, statement);
            }
            StatementKind::Assign { targets, value: Some(value), .. } => {
                self.run(value)?;
                let value = self.names().value(value);
                targets.iter().for_each(|target| self.scope().assign(file, target, value.clone()));
            }
            StatementKind::Assign { value: None, .. } => {}
            StatementKind::Augment { target, value } => {
                self.run(value)?;
                let sum = match (self.names().value(target), self.names().value(value)) {
                    (Value::Text(mut left), Value::Text(right)) => {
                        left.append(&right);
                        Value::Text(left)
                    }
                    (Value::List(left), Value::List(right)) => Value::List([left, right].concat()),
                    (left, _) => Value::Unknown(left.kind()),
                };
                self.scope().assign(file, target, sum);
            }
            StatementKind::Word(word, values) => match word.slice(file) {
                "return" => {
                    values.iter().try_for_each(|value| self.run(value))?;
                    self.has_returned = true;
                }
                "del" => self.scope().forget_changed(file, statement),
                other => return Err(other.to_owned()),
            },
            StatementKind::Compound(clauses) => self.compound(statement, clauses)?,
            StatementKind::Unread => return Err("Python that is not read".to_owned()),
        }
        Ok(())
    }

    fn compound(&mut self, statement: &'a Statement, clauses: &'a [Clause]) -> Result<(), Why> {
        let file = self.file;
        match clauses {
            [Clause { header: Header::Function { .. }, .. }] => {
                self.scope().forget_changed(file, statement);
                self.scope().define(file, statement);
                Ok(())
            }
            [Clause { header: Header::Class(..), .. }] => {
                self.harmless(statement, "class")?;
                let class = self.names().class(statement, &[]);
                class.into_iter().for_each(|(name, value)| self.scope().set(name, value));
                Ok(())
            }
            [Clause { header: Header::With(items), body, .. }] => self.with(items, body),
            [Clause { header: Header::For(target, values), body, .. }] => {
                self.run(values)?;
                match iterated(self.names().value(values)) {
                    Value::List(values) if !leaves(file, body) => {
                        for value in values {
                            self.scope().assign(file, target, value);
                            self.block(body)?;
                        }
                        Ok(())
                    }
                    Value::List(_) => self.harmless(statement, "a loop that is left early"),
                    other => self.harmless(statement, &format!("a loop over {}", other.kind())),
                }
            }
            [Clause { header: Header::Test(word, _), .. }, ..] if word.slice(file) != "while" => {
                self.condition(statement, clauses)
            }
            [Clause { head, .. }, ..] => {
                let word = head.slice(file).split([' ', ':', '(']).next().unwrap_or_default();
                self.harmless(statement, word)
            }
            [] => Ok(()),
        }
    }

    /// A statement that is not followed: nothing, when no call in it can do anything to the database.
    fn harmless(&mut self, statement: &'a Statement, why: &str) -> Result<(), Why> {
        let file = self.file;
        self.scope().forget_changed(file, statement);
        let mut calls = Vec::new();
        statement.expressions(&mut |expression| calls.push(expression));
        let is_harmless = |part: &&Expression| match &part.kind {
            ExpressionKind::Call(..) => matches!(self.harmless_call(part), Ok(true)),
            ExpressionKind::Strings(literals) => self.fields_are_harmless(literals),
            _ => true,
        };
        match calls.iter().all(is_harmless) && !statement.has_unread() && !may_return(file, statement) {
            true => Ok(()),
            false => Err(why.to_owned()),
        }
    }

    fn condition(&mut self, statement: &'a Statement, clauses: &'a [Clause]) -> Result<(), Why> {
        for clause in clauses {
            let is_taken = match &clause.header {
                Header::Test(_, test) => {
                    self.run(test)?;
                    let value = self.names().value(test);
                    match truth(&value) {
                        Some(is_true) => is_true,
                        None => return self.harmless(statement, &format!("a condition on {}", value.kind())),
                    }
                }
                _ => true,
            };
            if is_taken {
                return self.block(&clause.body);
            }
        }
        Ok(())
    }

    fn with(&mut self, items: &'a [(Expression, Option<Expression>)], body: &'a [Statement]) -> Result<(), Why> {
        let [(value, name)] = items else { return Err("several contexts in one with".to_owned()) };
        let Value::Made(made) = self.names().value(value) else {
            return Err(format!("with {}", self.names().value(value).kind()));
        };
        let file = self.file;
        match made.path.as_str() {
            "alembic.op.batch_alter_table" => {
                let arguments = &made.arguments;
                let table = arguments.get(0, "table_name").cloned().unwrap_or(Value::None);
                let schema = arguments.get(1, "schema").cloned().unwrap_or(Value::None);
                if let Some(unknown) = table.unknown().or(schema.unknown()) {
                    return Err(unknown.to_owned());
                }
                if arguments.text(usize::MAX, "recreate")? == Some("always") {
                    return Err("a batch with recreate=\"always\"".to_owned());
                }
                if self.waiting.is_some() {
                    return Err("a batch in a batch".to_owned());
                }
                if let Some(name) = name {
                    self.scope().assign(file, name, Value::Batch(Rc::new(Batch { table, schema })));
                }
                self.waiting = Some(Vec::new());
                self.block(body)?;
                self.effects.extend(self.waiting.take().unwrap_or_default());
                Ok(())
            }
            ".autocommit_block" => {
                if self.place == Place::Autocommit {
                    return Err("an autocommit_block in another one, which always fails".to_owned());
                }
                self.place = Place::Autocommit;
                let done = self.block(body);
                self.place = Place::Transaction;
                done
            }
            other => Err(format!("with {other}")),
        }
    }

    /// Follows a call of a function of the file; false for anything else.
    fn follow_function(&mut self, expression: &'a Expression) -> Result<bool, Why> {
        let ExpressionKind::Call(function, arguments) = &expression.kind else { return Ok(false) };
        let Some(clause) = Some(function.span.slice(self.file))
            .filter(|_| function.kind == ExpressionKind::Name)
            .and_then(|name| self.names().function(name))
        else {
            return Ok(false);
        };
        let Header::Function { parameters, .. } = &clause.header else { return Ok(false) };
        for argument in arguments {
            self.run(&argument.value)?;
        }
        if self.depth == MAX_DEPTH {
            return Err("functions that call each other".to_owned());
        }
        let arguments = self.names().arguments(arguments)?;
        let scope = self.names().bound(parameters, &arguments)?;
        let own = self.scopes.split_off(1);
        self.scopes.push(scope);
        self.depth += 1;
        let done = self.block(&clause.body);
        self.depth -= 1;
        self.has_returned = false;
        self.scopes.truncate(1);
        self.scopes.extend(own);
        done.map(|()| true)
    }

    /// What the calls in an expression do, in the order in which Python makes them.
    fn run(&mut self, expression: &'a Expression) -> Result<(), Why> {
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

    /// No call in the fields of f-strings does anything to the database.
    fn fields_are_harmless(&self, literals: &[ByteSpan]) -> bool {
        literals.iter().all(|span| {
            let Literal::Text(parts) = literal(self.file, *span) else { return true };
            parts.iter().all(|part| match part {
                Part::Field(field) if field.slice(self.file).contains('(') => {
                    let mut is_harmless = true;
                    let expression = expression_at(self.file, *field);
                    expression.iter().for_each(|expression| {
                        expression.walk(&mut |part| is_harmless &= matches!(self.harmless_call(part), Ok(true)));
                    });
                    is_harmless && expression.is_some()
                }
                _ => true,
            })
        })
    }

    fn harmless_call(&self, call: &Expression) -> Result<bool, Why> {
        let ExpressionKind::Call(function, _) = &call.kind else { return Ok(true) };
        match &function.kind {
            ExpressionKind::Attribute(of, name) => {
                let name = name.slice(self.file);
                match self.names().value(of) {
                    Value::Imported(path) => match self.names().value(function) {
                        Value::Class(class) if class.is_type() => Ok(true),
                        _ => Ok(is_harmless(&format!("{path}.{name}"))),
                    },
                    Value::Connection | Value::Batch(_) => Ok(false),
                    Value::Class(class) => Err(format!("a call of {name} of {}", class.name)),
                    Value::Made(made) => Ok(is_harmless_method(&made, name)),
                    Value::Unknown(why) if !HARMLESS_METHODS.contains(&name) => {
                        Err(format!("a call of {name} of {why}"))
                    }
                    _ => Ok(true),
                }
            }
            _ if self
                .names()
                .function(function.span.slice(self.file))
                .is_some_and(|clause| self.only_returns(clause)) =>
            {
                Ok(true)
            }
            _ => match self.names().value(function) {
                Value::Imported(path) => Ok(is_harmless(&path)),
                Value::Class(class) if class.is_type() => Ok(true),
                Value::Unknown(why) => Err(format!("a call of {why}")),
                other => Err(format!("a call of {}", other.kind())),
            },
        }
    }

    /// A function of the file that only returns a value.
    fn only_returns(&self, clause: &Clause) -> bool {
        let mut is_harmless = true;
        for value in returns(self.file, clause).unwrap_or_default() {
            value.walk(&mut |part| {
                // One that calls itself, or another that calls it, is not followed.
                is_harmless &= match &part.kind {
                    ExpressionKind::Call(function, _) if function.kind == ExpressionKind::Name => {
                        self.names().function(function.span.slice(self.file)).is_none()
                            && matches!(self.harmless_call(part), Ok(true))
                    }
                    ExpressionKind::Call(..) => matches!(self.harmless_call(part), Ok(true)),
                    _ => true,
                };
            });
        }
        is_harmless && returns(self.file, clause).is_some()
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
        let has_unknown_names = namer.is_unknown();
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

/// A loop's body ends it, or goes on with the next round.
fn leaves(file: &str, body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Word(word, _) => matches!(word.slice(file), "break" | "continue" | "return"),
        _ => statement.clauses().iter().any(|clause| leaves(file, &clause.body)),
    })
}

/// It may end the function that it stands in.
pub(super) fn may_return(file: &str, statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Word(word, _) => word.slice(file) == "return",
        _ => statement.clauses().iter().any(|clause| match clause.header {
            Header::Function { .. } | Header::Class(..) => false,
            _ => clause.body.iter().any(|inner| may_return(file, inner)),
        }),
    }
}

/// Modules whose functions do nothing to the database.
const HARMLESS_MODULES: &[&str] = &[
    "sqlalchemy",
    "logging",
    "warnings",
    "uuid",
    "datetime",
    "json",
    "os",
    "re",
    "builtins",
    "textwrap",
    "decimal",
    "itertools",
    "collections",
    "enum",
    "hashlib",
    "base64",
    "secrets",
    "random",
    "time",
    "string",
    "pathlib",
    "typing",
    "math",
    "copy",
    "functools",
    "operator",
    "sys",
    "pytz",
    "citext",
    "geoalchemy2",
    "pgvector",
    "sqlmodel",
    "sqlalchemy_utils",
    "fastapi_users_db_sqlalchemy",
];

fn is_harmless(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    match path {
        "alembic.op.get_bind" | "alembic.op.get_context" | "alembic.op.f" | "alembic.op.inline_literal" => true,
        _ if path.starts_with("alembic.op.") => false,
        _ if path.starts_with("alembic.context.") => true,
        _ => HARMLESS_MODULES.contains(&first),
    }
}

/// Methods of strings, lists, dictionaries, rows and results.
const HARMLESS_METHODS: &[&str] = &[
    "append",
    "extend",
    "add",
    "get",
    "items",
    "keys",
    "values",
    "pop",
    "format",
    "join",
    "strip",
    "lower",
    "upper",
    "split",
    "replace",
    "fetchall",
    "fetchone",
    "first",
    "all",
    "scalar",
    "scalars",
    "one",
    "mappings",
    "startswith",
    "endswith",
    "isoformat",
    "encode",
    "decode",
    "hexdigest",
    "update",
    "copy",
    "sort",
    "index",
    "count",
    "one_or_none",
    "scalar_one",
    "scalar_one_or_none",
    "info",
    "debug",
    "warning",
];

/// Whether a method of something that a call made does nothing to the database.
fn is_harmless_method(made: &Made, name: &str) -> bool {
    match made.path.as_str() {
        // A session, or an engine: everything that it does may be sent.
        path if path.starts_with("sqlalchemy.orm.")
            || path.contains("create_engine")
            || path == "sqlalchemy.MetaData" =>
        {
            false
        }
        path if path.starts_with("sqlalchemy.") && matches!(name, "create" | "drop" | "create_all" | "drop_all") => {
            false
        }
        path if path.starts_with("sqlalchemy.") || path.starts_with("logging.") => true,
        path if path.starts_with("alembic.op.get_context") => name == "autocommit_block",
        path if path.starts_with('.') => made.receiver.as_ref().is_none_or(|receiver| match receiver {
            Value::Made(inner) => is_harmless_method(inner, name),
            Value::Connection => HARMLESS_METHODS.contains(&name),
            _ => HARMLESS_METHODS.contains(&name),
        }),
        path => is_harmless(path),
    }
}
