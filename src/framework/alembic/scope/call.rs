//! What a call comes to, and what a function of the file returns.

use super::builtins::made;
use super::{Names, Scope, class, returns};
use crate::framework::alembic::python::{Argument, Expression, ExpressionKind, Header, Parameter, Star};
use crate::framework::alembic::value::{Arguments, Made, Value, Why};
use crate::source::ByteSpan;

/// How deep functions are followed for their values.
const MAX_DEPTH: usize = 8;

impl<'a> Names<'_, 'a> {
    /// The arguments of a call.
    ///
    /// # Errors
    /// When some stand for several (`*x`, `**x`) that are not known.
    pub fn arguments(&self, arguments: &[Argument]) -> Result<Arguments, Why> {
        let mut all = Arguments::default();
        for argument in arguments {
            let value = self.value(&argument.value);
            match (argument.star, argument.name, value) {
                (Star::None, Some(name), value) => all.named.push((name.slice(self.file).to_owned(), value)),
                (Star::None, None, value) => all.positional.push(value),
                (Star::One, _, Value::List(values)) => all.positional.extend(values),
                (Star::Two, _, Value::Dict(pairs)) => {
                    for (key, value) in pairs {
                        let name = key.text().ok_or("**a dictionary without names")?.to_owned();
                        all.named.push((name, value));
                    }
                }
                (Star::One, _, other) => return Err(format!("*{}", other.kind())),
                (Star::Two, _, other) => return Err(format!("**{}", other.kind())),
            }
        }
        Ok(all)
    }

    pub(super) fn call(&self, function: &Expression, arguments: &[Argument], span: ByteSpan) -> Value {
        let arguments = match self.arguments(arguments) {
            Ok(arguments) => arguments,
            Err(why) => return Value::Unknown(why),
        };
        if let Some(value) = self.returned(function, &arguments) {
            return value;
        }
        let (path, receiver) = match &function.kind {
            ExpressionKind::Attribute(..) if matches!(self.value(function), Value::Class(_)) => {
                let Value::Class(class) = self.value(function) else { return Value::None };
                let made = Made { path: class.name.clone(), receiver: None, arguments, span };
                return class::instance(&class, made);
            }
            ExpressionKind::Attribute(of, name) => match self.value(of) {
                Value::Imported(path) => (format!("{path}.{}", name.slice(self.file)), None),
                Value::Unknown(why) => return Value::Unknown(why),
                receiver => (format!(".{}", name.slice(self.file)), Some(receiver)),
            },
            _ => match self.value(function) {
                Value::Imported(path) => (path, None),
                Value::Member(of, name) => (format!(".{name}"), Some(of.as_ref().clone())),
                Value::Class(class) => {
                    let made = Made { path: class.name.clone(), receiver: None, arguments, span };
                    return class::instance(&class, made);
                }
                Value::Unknown(why) => return Value::Unknown(format!("a call of {why}")),
                other => return Value::Unknown(format!("a call of {}", other.kind())),
            },
        };
        if let ("os.getenv" | "os.environ.get", [Value::Text(name), ..]) = (path.as_str(), &arguments.positional[..]) {
            return self.variable(&name.value, span);
        }
        made(Made { path, receiver, arguments, span })
    }

    /// What a function of the file returns, when that is all that it does.
    fn returned(&self, function: &Expression, arguments: &Arguments) -> Option<Value> {
        if function.kind != ExpressionKind::Name || self.depth == MAX_DEPTH {
            return None;
        }
        let clause = self.function(function.span.slice(self.file))?;
        let Header::Function { parameters, .. } = &clause.header else { return None };
        let [value] = returns(self.file, clause)? else { return None };
        let scopes = [self.scopes.first()?.clone(), self.bound(parameters, arguments).ok()?];
        Some(Names { file: self.file, scopes: &scopes, depth: self.depth + 1 }.value(value))
    }

    /// The names that a function sees of its own when it is called.
    ///
    /// # Errors
    /// When the arguments do not fit its parameters.
    pub fn bound(&self, parameters: &'a [Parameter], arguments: &Arguments) -> Result<Scope<'a>, Why> {
        let mut scope = Scope::default();
        let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.slice(self.file)).collect();
        arguments.only(known.len(), &known)?;
        for (position, parameter) in parameters.iter().enumerate() {
            let name = parameter.name.slice(self.file);
            let value = match (arguments.get(position, name), &parameter.default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.value(default),
                (None, None) => return Err(format!("a call without {name}")),
            };
            scope.set(name, value);
        }
        Ok(scope)
    }
}
