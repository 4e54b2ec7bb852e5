//! Names and what they stand for, and the values of expressions: what a reader sees without running anything.

mod call;
mod expression;
mod methods;
mod operators;
mod strings;

use std::collections::HashMap;

use super::ruby::{Expression, ExpressionKind, Method, Parameter, ParameterKind};
use super::value::Value;

pub use methods::is_connection;
pub use operators::truth;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A value.
    Value(Value),
    /// The connection to the database.
    Connection,
    /// What `reversible` gives its block.
    Directions,
    /// What `create_table` and `change_table` give their block.
    Table,
}

/// The names that a piece of code sees.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    names: HashMap<&'a str, Bound>,
}

/// Where names are looked up: what a method has, then the constants of its class.
#[derive(Clone, Copy)]
pub struct Names<'s, 'a> {
    /// The file.
    pub file: &'a str,
    /// The constants.
    pub constants: &'s Scope<'a>,
    /// The names of the method.
    pub own: &'s Scope<'a>,
    /// The methods of the class, by name.
    pub methods: &'s HashMap<&'a str, &'a Method>,
    /// A migration is taken back; `None` where that is not known.
    pub is_reverting: Option<bool>,
    /// What the project's generators are told of primary keys; `nil` where they are told nothing, `None` where nobody knows.
    pub primary_key_type: Option<&'s Value>,
    /// How many methods and blocks are being followed for their values.
    pub depth: usize,
}

/// What the project's generators are told.
const SETTINGS: &str = "Rails.configuration.generators";
/// Arrays longer than this are not made.
pub(super) const MAX_ITEMS: usize = 10_000;

impl<'a> Scope<'a> {
    /// What a name stands for, where it has one.
    pub fn get(&self, name: &str) -> Option<&Bound> {
        self.names.get(name)
    }

    /// Gives a name something to stand for.
    pub fn set(&mut self, name: &'a str, bound: Bound) {
        self.names.insert(name, bound);
    }

    /// Gives a name, an instance variable, or several, a value.
    pub fn assign(&mut self, file: &'a str, target: &Expression, value: Value) {
        match &target.kind {
            ExpressionKind::Name | ExpressionKind::Variable | ExpressionKind::Constant => {
                self.set(target.span.slice(file), Bound::Value(value));
            }
            ExpressionKind::List(targets) | ExpressionKind::Parentheses(targets) => {
                self.assign_all(file, targets, value);
            }
            // `x[…] = …` changes what x stands for.
            _ => self.forget(file, target),
        }
    }

    /// Gives several targets the parts of a value.
    pub fn assign_all(&mut self, file: &'a str, targets: &[Expression], value: Value) {
        match (targets, value) {
            ([one], value) => self.assign(file, one, value),
            (targets, Value::Array(values)) if targets.len() == values.len() => {
                targets.iter().zip(values).for_each(|(target, value)| self.assign(file, target, value));
            }
            (targets, value) => {
                let part = Value::Unknown(format!("a part of {}", value.kind()));
                targets.iter().for_each(|target| self.assign(file, target, part.clone()));
            }
        }
    }

    /// Gives the parameters of a block what it is called with.
    pub fn bind(&mut self, file: &'a str, parameters: &[Parameter], mut values: Vec<Value>) {
        let plain = |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::Plain | ParameterKind::Parts(_));
        // One array for several parameters is their values.
        if let ([Value::Array(parts)], true) = (&values[..], parameters.iter().filter(plain).count() > 1) {
            values = parts.clone();
        }
        let mut values = values.into_iter();
        for parameter in parameters {
            let name = parameter.name.slice(file);
            match &parameter.kind {
                ParameterKind::Plain => self.set(name, Bound::Value(values.next().unwrap_or(Value::Nil))),
                ParameterKind::Parts(parts) => {
                    let value = values.next().unwrap_or(Value::Nil);
                    let inner = if let Value::Array(inner) = value { inner } else { vec![value] };
                    self.bind(file, parts, inner);
                }
                _ => self.set(name, Bound::Value(Value::Unknown(format!("the parameter {name}")))),
            }
        }
    }

    fn forget(&mut self, file: &'a str, target: &Expression) {
        target.walk(&mut |part| {
            if matches!(part.kind, ExpressionKind::Name | ExpressionKind::Variable) {
                let name = part.span.slice(file);
                self.set(name, Bound::Value(Value::Unknown(format!("{name}, which is changed"))));
            }
        });
    }

    /// Forgets the names that something gives another value without our following it.
    pub fn forget_changed(&mut self, file: &'a str, expression: &Expression) {
        expression.walk(&mut |part| match &part.kind {
            ExpressionKind::Assign(targets, ..) => targets.iter().for_each(|target| self.forget(file, target)),
            ExpressionKind::Binary(left, operator, _) if operator.slice(file) == "<<" => self.forget(file, left),
            ExpressionKind::Call(call) if methods::changes_receiver(call.name.slice(file)) => {
                call.receiver.iter().for_each(|receiver| self.forget(file, receiver));
            }
            _ => {}
        });
    }
}
