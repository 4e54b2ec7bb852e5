//! What a function does to the database: the calls in it, in the order in which they run, each with the SQL that it sends.
//!
//! Simple Python is followed at sight: constants, conditions and loops over what is written in the file, functions of the
//! file. Of what only running it decides, such as a condition on what the database answers, all branches are read. What needs
//! more than reading is opaque, with the reason, and so is the whole statement of the function that it stands in.

mod harmless;
mod sends;
mod unsure;

use std::rc::Rc;

use super::operations::Enums;
use super::python::{Clause, Expression, ExpressionKind, Header, Statement, StatementKind};
use super::scope::{Names, Scope, iterated, truth};
use super::sent::Sent;
use super::value::{Batch, Value, Why};
use crate::source::ByteSpan;
pub(super) use sends::COMMITS;
pub(super) use unsure::may_return;
use unsure::{leaves, sent_in_transaction};

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
    /// It may send these statements, in order, not all of them or more than once: only running it tells; why.
    Unsure(Why, Vec<(ByteSpan, Sent)>),
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
        doubts: 0,
        unsure: None,
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
    /// How many statements around it only running the file decides about.
    doubts: usize,
    /// Why only running it tells what of the function's statement runs.
    unsure: Option<Why>,
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
        let followed = self.follow(statement);
        let done = match (followed, self.unsure.take()) {
            (Ok(()), None) => return,
            (Ok(()), Some(why)) => self
                .effects
                .split_off(effects)
                .into_iter()
                .map(sent_in_transaction)
                .collect::<Option<Vec<_>>>()
                .map(|sent| EffectKind::Unsure(why.clone(), sent.concat()))
                .ok_or(why),
            (Err(why), _) => Err(why),
        };
        if done.is_err() {
            self.effects.truncate(effects);
            (self.waiting, self.depth, self.doubts, self.place) = (None, 0, 0, Place::Transaction);
            let file = self.file;
            self.scope().forget_changed(file, statement);
        }
        self.push(statement.span, done.unwrap_or_else(EffectKind::Opaque));
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
                "raise" | "break" | "continue" if self.doubts > 0 => {
                    values.iter().try_for_each(|value| self.run(value))?;
                    self.has_returned = true;
                }
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
                    Value::List(values) => self.rounds(statement, (target, values), body),
                    other => self.unsure(statement, (clauses, true), &format!("a loop over {}", other.kind())),
                }
            }
            [Clause { header: Header::Test(word, _), .. }, ..] if word.slice(file) != "while" => {
                self.condition(statement, clauses)
            }
            [Clause { head, .. }, ..] => {
                let word = head.slice(file).split([' ', ':', '(']).next().unwrap_or_default();
                self.unsure(statement, (clauses, false), word)
            }
            [] => Ok(()),
        }
    }

    fn condition(&mut self, statement: &'a Statement, clauses: &'a [Clause]) -> Result<(), Why> {
        for (at, clause) in clauses.iter().enumerate() {
            let is_taken = match &clause.header {
                Header::Test(_, test) => {
                    self.run(test)?;
                    let value = self.names().value(test);
                    match truth(&value) {
                        Some(is_true) => is_true,
                        None => {
                            let why = format!("a condition on {}", value.kind());
                            return self.unsure(statement, (&clauses[at..], true), &why);
                        }
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
}
