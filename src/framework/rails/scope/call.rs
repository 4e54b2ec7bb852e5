//! What a call comes to, and what methods and blocks return.

use super::{Bound, Names, SETTINGS, Scope, is_connection, methods};
use crate::framework::rails::ruby::{
    Argument, Block, Call, Expression, ExpressionKind, Method, Parameter, ParameterKind,
};
use crate::framework::rails::value::{Arguments, Value, Why};
use crate::source::ByteSpan;

/// How deep methods and blocks are followed for their values.
const MAX_DEPTH: usize = 8;

impl<'a> Names<'_, 'a> {
    pub(super) fn call(&self, call: &Call, span: ByteSpan) -> Value {
        let name = call.name.slice(self.file);
        let Some(receiver) = &call.receiver else {
            return self.own_call(name, call);
        };
        if is_connection(self, receiver) {
            return methods::of_connection(name, self.arguments(&call.arguments), span);
        }
        if let Some(path) = receiver.constant(self.file) {
            match (path.as_str(), name) {
                ("Proc", "new") => {
                    let block = call.block.as_ref();
                    return block.map_or_else(|| Value::Unknown("Proc".to_owned()), |block| self.made_proc(block));
                }
                ("Rails", "configuration") => return Value::Unknown("Rails.configuration".to_owned()),
                _ => {
                    if self.value(receiver).unknown().is_some() {
                        return Value::Unknown(format!("{path}.{name}"));
                    }
                }
            }
        }
        let bound = self.own.get(receiver.span.slice(self.file)).filter(|_| receiver.kind == ExpressionKind::Name);
        if let (Some(Bound::Table), "respond_to?", [Argument::Value(method)]) = (bound, name, &call.arguments[..]) {
            // PostgreSQL's tables have methods for all of its types.
            let has_it = self.value(method).name().is_some_and(|name| ["json", "jsonb", "uuid"].contains(&name));
            return if has_it { Value::Boolean(true) } else { Value::Unknown("respond_to?".to_owned()) };
        }
        let receiver = self.value(receiver);
        match (receiver.unknown(), name) {
            (Some("Rails.configuration"), "generators") => return Value::Unknown(SETTINGS.to_owned()),
            (Some(why), _) => return Value::Unknown(why.to_owned()),
            (None, _) => {}
        }
        match (&call.block, self.arguments(&call.arguments)) {
            (_, Err(why)) => Value::Unknown(why),
            (Some(block), Ok(_)) => match (name, methods::items(&receiver)) {
                ("map" | "collect", Some(items)) => Value::Array(self.mapped(block, items)),
                ("flat_map", Some(items)) => {
                    let parts = self.mapped(block, items).into_iter();
                    let flat = parts.flat_map(|part| if let Value::Array(part) = part { part } else { vec![part] });
                    Value::Array(flat.collect())
                }
                _ => Value::Unknown(format!("{name} with a block")),
            },
            (None, Ok(arguments)) => methods::of_value(&receiver, name, &arguments, span),
        }
    }

    fn own_call(&self, name: &str, call: &Call) -> Value {
        match (name, &call.block) {
            ("proc" | "lambda", Some(block)) => return self.made_proc(block),
            ("quote_table_name" | "quote_column_name" | "quote", None) => {
                return methods::of_connection(name, self.arguments(&call.arguments), call.name);
            }
            _ => {}
        }
        match (self.methods.get(name), self.arguments(&call.arguments)) {
            (Some(method), Ok(arguments)) if call.block.is_none() => self.result(method, arguments),
            _ => Value::Unknown(name.to_owned()),
        }
    }

    /// The arguments of a call. A hash with symbols for keys at the end is the options.
    ///
    /// # Errors
    /// When some stand for several (`*x`, `**x`) that are not known, or a block is handed on.
    pub fn arguments(&self, arguments: &[Argument]) -> Result<Arguments, Why> {
        let mut all = Arguments::default();
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Value(Expression { kind: ExpressionKind::Splat(sign, value), .. }) => {
                    let value = value.as_ref().map_or(Value::Nil, |value| self.value(value));
                    match (sign.slice(self.file), value) {
                        ("*", Value::Array(values)) => all.positional.extend(values),
                        ("*", other) if other.unknown().is_none() => all.positional.push(other),
                        (sign, other) => return Err(format!("{sign}{}", other.kind())),
                    }
                }
                Argument::Value(value) => all.positional.push(self.value(value)),
                Argument::Pair(pair) => pairs.extend(self.pair(pair)?),
            }
        }
        if pairs.is_empty()
            && let Some(Value::Hash(last)) = all.positional.pop_if(|last| is_options(last))
        {
            pairs = last;
        }
        match pairs.iter().all(|(key, _)| matches!(key, Value::Symbol(_))) {
            true => {
                for (key, value) in pairs {
                    if let Value::Symbol(name) = key {
                        all.named.push((name, value));
                    }
                }
            }
            false => all.positional.push(Value::Hash(pairs)),
        }
        Ok(all)
    }

    /// Gives the parameters of a method what it is called with.
    ///
    /// # Errors
    /// When the arguments do not fit.
    pub fn bind_arguments(
        &self,
        own: &mut Scope<'a>,
        parameters: &[Parameter],
        arguments: &Arguments,
    ) -> Result<(), Why> {
        let mut positional = arguments.positional.iter().cloned();
        let mut named = arguments.named.clone();
        let takes_named = parameters
            .iter()
            .any(|parameter| matches!(parameter.kind, ParameterKind::Named | ParameterKind::NamedRest));
        for parameter in parameters {
            let name = parameter.name.slice(self.file);
            let default = || parameter.default.as_ref().map(|default| self.value(default));
            let value = match &parameter.kind {
                ParameterKind::Plain => match positional.next() {
                    Some(value) => value,
                    // Options that no parameter names are the last value.
                    None if !takes_named && !named.is_empty() => as_hash(std::mem::take(&mut named)),
                    None => default().ok_or_else(|| format!("a call without {name}"))?,
                },
                ParameterKind::Named => match named.iter().position(|(own, _)| own == name) {
                    Some(at) => named.remove(at).1,
                    None => default().ok_or_else(|| format!("a call without {name}:"))?,
                },
                ParameterKind::Rest => {
                    let mut rest: Vec<Value> = positional.by_ref().collect();
                    if !takes_named && !named.is_empty() {
                        rest.push(as_hash(std::mem::take(&mut named)));
                    }
                    Value::Array(rest)
                }
                ParameterKind::NamedRest => as_hash(std::mem::take(&mut named)),
                ParameterKind::Block | ParameterKind::Local => continue,
                ParameterKind::Parts(_) => return Err("a parameter in parts".to_owned()),
            };
            own.set(name, Bound::Value(value));
        }
        match positional.next().is_none() && named.is_empty() {
            true => Ok(()),
            false => Err("a call with more arguments than its method has".to_owned()),
        }
    }

    /// What a method of the class returns, when that is all that it does.
    pub(super) fn result(&self, method: &'a Method, arguments: Arguments) -> Value {
        let unknown = || Value::Unknown(method.name.slice(self.file).to_owned());
        if self.depth == MAX_DEPTH || !method.body.rescues.is_empty() {
            return unknown();
        }
        let mut own = Scope::default();
        if self.bind_arguments(&mut own, &method.parameters, &arguments).is_err() {
            return unknown();
        }
        let Some((last, before)) = method.body.statements.split_last() else { return Value::Nil };
        for statement in before {
            let ExpressionKind::Assign(targets, operator, value) = &statement.kind else { return unknown() };
            if operator.slice(self.file) != "=" {
                return unknown();
            }
            let value = Names { own: &own, depth: self.depth + 1, ..*self }.value(value);
            own.assign_all(self.file, targets, value);
        }
        let names = Names { own: &own, depth: self.depth + 1, ..*self };
        match &last.kind {
            ExpressionKind::Jump(word, values) if word.slice(self.file) == "return" => match &values[..] {
                [Argument::Value(value)] => names.value(value),
                _ => unknown(),
            },
            _ => names.value(last),
        }
    }

    /// What a block returns, when that is all that it does.
    pub(super) fn returned(&self, block: &Block) -> Value {
        match self.depth == MAX_DEPTH || !block.body.rescues.is_empty() {
            true => Value::Unknown("a block".to_owned()),
            false => Names { depth: self.depth + 1, ..*self }.last(&block.body.statements),
        }
    }

    /// What a block returns for each of some values.
    fn mapped(&self, block: &Block, values: Vec<Value>) -> Vec<Value> {
        let mut own = self.own.clone();
        let mut results = Vec::new();
        for value in values {
            own.bind(self.file, &block.parameters, vec![value]);
            results.push(Names { own: &own, ..*self }.returned(block));
        }
        results
    }

    fn made_proc(&self, block: &Block) -> Value {
        Value::Proc(Box::new(self.returned(block)))
    }
}

fn is_options(value: &Value) -> bool {
    matches!(value, Value::Hash(pairs) if pairs.iter().all(|(key, _)| matches!(key, Value::Symbol(_))))
}

fn as_hash(named: Vec<(String, Value)>) -> Value {
    Value::Hash(named.into_iter().map(|(name, value)| (Value::Symbol(name), value)).collect())
}
