//! Names and what they stand for.

mod builtins;
mod call;
mod class;
mod expression;
mod metadata;
mod naming;
mod operators;
mod project;
pub mod runtime;
mod strings;

use std::rc::Rc;

use imbl::HashMap;

pub use super::value::truth;
use builtins::NAMES;
pub use naming::Convention;
pub use project::Project;

use super::python::{Clause, Expression, ExpressionKind, Header, Imported, Module, Statement, StatementKind};
use super::value::Value;

/// The names that a piece of code sees. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    values: HashMap<&'a str, Value>,
    functions: HashMap<&'a str, &'a Clause>,
    /// The modules from which everything was imported.
    stars: Vec<&'a str>,
    /// What is outside of the file; the module's scope has it.
    project: Option<Rc<Project>>,
}

/// Where names are looked up: what the function has, then what the module has.
#[derive(Clone, Copy)]
pub struct Names<'s, 'a> {
    /// The file.
    pub file: &'a str,
    /// The function's own names, the innermost last.
    pub scopes: &'s [Scope<'a>],
    /// How many functions of the file are being followed for their values.
    pub depth: usize,
}

impl<'a> Scope<'a> {
    /// The names of a module, from its statements at the top level.
    pub fn of_module(file: &'a str, module: &'a Module, project: &Rc<Project>) -> Scope<'a> {
        let mut scopes = [Scope { project: Some(project.clone()), ..Scope::default() }];
        for statement in &module.body {
            match &statement.kind {
                StatementKind::Import(imported) => scopes[0].import(imported),
                StatementKind::Assign { targets, value: Some(value), .. } => {
                    let value = Names { file, scopes: &scopes, depth: 0 }.value(value);
                    targets.iter().for_each(|target| scopes[0].assign(file, target, value.clone()));
                }
                _ => {
                    scopes[0].define(file, statement);
                    scopes[0].forget_changed(file, statement);
                    let class = Names { file, scopes: &scopes, depth: 0 }.class(statement, &module.body);
                    class.into_iter().for_each(|class| scopes[0].set(class.0, class.1));
                }
            }
        }
        let [scope] = scopes;
        scope
    }

    /// Takes the names that an import brings.
    pub fn import(&mut self, imported: &'a [Imported]) {
        for one in imported {
            match one.path.strip_suffix(".*") {
                Some(module) => self.stars.push(module),
                None => drop(self.values.insert(&one.name, Value::Imported(one.path.clone()))),
            }
        }
    }

    /// Takes a function that is defined here.
    pub fn define(&mut self, file: &'a str, statement: &'a Statement) {
        if let [clause @ Clause { header: Header::Function { name, .. }, .. }] = statement.clauses() {
            self.functions.insert(name.slice(file), clause);
        }
    }

    /// Gives a name, or several, a value.
    pub fn assign(&mut self, file: &'a str, target: &Expression, value: Value) {
        match &target.kind {
            ExpressionKind::Name => drop(self.values.insert(target.span.slice(file), value)),
            ExpressionKind::Tuple(parts) | ExpressionKind::List(parts) => {
                let values = match value {
                    Value::List(values) if values.len() == parts.len() => values,
                    other => vec![Value::Unknown(format!("a part of {}", other.kind())); parts.len()],
                };
                parts.iter().zip(values).for_each(|(part, value)| self.assign(file, part, value));
            }
            // `x.y = …` and `x[…] = …` change what x stands for.
            _ => self.forget(file, target),
        }
    }

    /// Gives a name a value.
    pub fn set(&mut self, name: &'a str, value: Value) {
        self.values.insert(name, value);
    }

    fn forget(&mut self, file: &'a str, target: &Expression) {
        target.walk(&mut |part| {
            if part.kind == ExpressionKind::Name {
                let name = part.span.slice(file);
                self.values.insert(name, Value::Unknown(format!("{name}, which is changed")));
            }
        });
    }

    /// Forgets the names that something gives another value without our following it.
    pub fn forget_changed(&mut self, file: &'a str, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Assign { targets, .. } => targets.iter().for_each(|target| self.forget(file, target)),
            StatementKind::Augment { target, .. } => self.forget(file, target),
            StatementKind::Import(imported) => self.import(imported),
            StatementKind::Word(word, values) if word.slice(file) == "del" => {
                values.iter().for_each(|value| self.forget(file, value));
            }
            // `rows.append(…)`: what is called may change what it belongs to.
            StatementKind::Expression(Expression { kind: ExpressionKind::Call(function, _), .. }) => {
                if let ExpressionKind::Attribute(of, _) = &function.kind
                    && of.kind == ExpressionKind::Name
                    && matches!(self.values.get(of.span.slice(file)), Some(Value::List(_) | Value::Dict(_)))
                {
                    self.forget(file, of);
                }
            }
            _ => {
                for clause in statement.clauses() {
                    match &clause.header {
                        Header::For(target, _) => self.forget(file, target),
                        Header::With(items) => {
                            items.iter().filter_map(|(_, name)| name.as_ref()).for_each(|name| self.forget(file, name));
                        }
                        Header::Function { name, .. } | Header::Class(name, _) => {
                            let name = name.slice(file);
                            self.values.insert(name, Value::Unknown(format!("{name}, which is defined here")));
                            continue;
                        }
                        _ => {}
                    }
                    clause.body.iter().for_each(|inner| self.forget_changed(file, inner));
                }
            }
        }
    }
}

/// Lists longer than this are not made.
const MAX_ITEMS: usize = 10_000;

impl<'a> Names<'_, 'a> {
    /// What a name stands for.
    pub fn get(&self, name: &str) -> Value {
        let known = self.scopes.iter().rev().find_map(|scope| scope.values.get(name));
        if let Some(value) = known {
            return value.clone();
        }
        let stars: Vec<&str> = self.scopes.iter().flat_map(|scope| scope.stars.iter().copied()).collect();
        match stars[..] {
            [module] => Value::Imported(format!("{module}.{name}")),
            _ if NAMES.contains(&name) => Value::Imported(format!("builtins.{name}")),
            _ => Value::Unknown(format!("the name {name}")),
        }
    }

    /// A function of the file.
    pub fn function(&self, name: &str) -> Option<&'a Clause> {
        self.scopes.iter().rev().find_map(|scope| scope.functions.get(name).copied())
    }

    fn project(&self) -> Option<&Rc<Project>> {
        self.scopes.first()?.project.as_ref()
    }

    /// How constraints without a name are named.
    pub fn convention(&self) -> Convention {
        self.project().map(|project| project.convention()).unwrap_or_default()
    }

    /// What a parameter of `upgrade` and `downgrade` stands for: `env.py` may give them arguments.
    pub fn argument(&self, name: &str) -> Value {
        match self.project().and_then(|project| project.argument(name)) {
            _ if name == "op" => Value::Imported("alembic.op".to_owned()),
            Some(value) if value.unknown().is_none() => value,
            _ => Value::Unknown(format!("the parameter {name}")),
        }
    }

    /// A class that is defined here, with its name, when its values are known.
    pub fn class(&self, statement: &'a Statement, beside: &[Statement]) -> Option<(&'a str, Value)> {
        let [clause @ Clause { header: Header::Class(name, _), .. }] = statement.clauses() else { return None };
        let class = class::read(self, clause, beside)?;
        Some((name.slice(self.file), Value::Class(Rc::new(class))))
    }
}

/// What a loop goes over: the members of an enumeration, the keys of a dictionary; anything else as it is.
pub fn iterated(value: Value) -> Value {
    match value {
        Value::Class(class) if class.is_enum() => {
            let member = |name: &str| Value::Member(Rc::new(Value::Class(class.clone())), name.to_owned());
            Value::List(class.members().into_iter().map(member).collect())
        }
        Value::Dict(pairs) => Value::List(pairs.into_iter().map(|(key, _)| key).collect()),
        other => other,
    }
}

/// What a function returns that does nothing else.
pub fn returns<'a>(file: &str, clause: &'a Clause) -> Option<&'a [Expression]> {
    let (last, before) = clause.body.split_last()?;
    let is_docstring = |statement: &Statement| {
        matches!(&statement.kind, StatementKind::Expression(Expression { kind: ExpressionKind::Strings(_), .. }))
    };
    match &last.kind {
        StatementKind::Word(word, values) if word.slice(file) == "return" && before.iter().all(is_docstring) => {
            Some(values)
        }
        _ => None,
    }
}
