//! Names and what they stand for, and the values of expressions: what a reader sees without running anything.

mod methods;
mod operators;
mod strings;

use std::collections::HashMap;

use super::ruby::{
    Argument, Block, Call, Expression, ExpressionKind, Method, Pair, Parameter, ParameterKind, Part, Quoted, QuotedKind,
};
use super::value::{Arguments, Value, Why};
use crate::framework::text::Text;
use crate::source::ByteSpan;

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
/// How deep methods and blocks are followed for their values.
const MAX_DEPTH: usize = 8;
/// Arrays longer than this are not made.
pub(super) const MAX_ITEMS: usize = 10_000;
/// Strings longer than this are not put together.
const MAX_TEXT: usize = 1 << 20;

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

impl<'a> Names<'_, 'a> {
    /// What an expression comes to.
    pub fn value(&self, expression: &Expression) -> Value {
        let own = expression.span.slice(self.file);
        match &expression.kind {
            ExpressionKind::Name => self.named(own),
            ExpressionKind::Variable => match self.own.get(own) {
                Some(Bound::Value(value)) => value.clone(),
                _ => Value::Unknown(format!("the variable {own}")),
            },
            ExpressionKind::Constant | ExpressionKind::Scoped(..) => self.constant(expression),
            ExpressionKind::Keyword => match own {
                "nil" => Value::Nil,
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                other => Value::Unknown(other.to_owned()),
            },
            ExpressionKind::Number => Value::Number(own.replace('_', "")),
            ExpressionKind::Quoted(quoted) => self.quoted(quoted),
            ExpressionKind::Array(parts) | ExpressionKind::List(parts) => self.array(parts),
            ExpressionKind::Hash(pairs) => self.hash(pairs),
            ExpressionKind::Call(call) => self.call(call, expression.span),
            ExpressionKind::Index(of, arguments) => match (self.value(of), &arguments[..]) {
                (Value::Unknown(of), [Argument::Value(index)]) if of == SETTINGS => {
                    self.setting(self.value(index).name().unwrap_or_default())
                }
                (of, [Argument::Value(index)]) => operators::item(&of, &self.value(index)),
                _ => Value::Unknown("a part of a value".to_owned()),
            },
            ExpressionKind::Lambda(block) => Value::Proc(Box::new(self.returned(block))),
            ExpressionKind::Unary(operator, value) => operators::unary(operator.slice(self.file), self.value(value)),
            ExpressionKind::Binary(left, operator, right) => {
                let left = self.value(left);
                operators::binary(left, operator.slice(self.file), || self.value(right), expression.span)
            }
            ExpressionKind::Assign(_, operator, value) if operator.slice(self.file) == "=" => self.value(value),
            ExpressionKind::If(of) => {
                let test = self.value(&of.test);
                match truth(&test) {
                    Some(is_true) => {
                        let is_taken = is_true != (of.word.slice(self.file) == "unless");
                        self.last(if is_taken { &of.then } else { &of.otherwise })
                    }
                    None => Value::Unknown(format!("a condition on {}", test.kind())),
                }
            }
            ExpressionKind::Parentheses(statements) => self.last(statements),
            ExpressionKind::Begin(body) if body.rescues.is_empty() => self.last(&body.statements),
            _ => Value::Unknown("an expression".to_owned()),
        }
    }

    /// A setting of the generators, which migrations that came with gems look at.
    fn setting(&self, name: &str) -> Value {
        match (name, self.primary_key_type) {
            ("primary_key_type", Some(value)) => value.clone(),
            // What is in between: `options[config.orm]`.
            _ => Value::Unknown(SETTINGS.to_owned()),
        }
    }

    fn last(&self, statements: &[Expression]) -> Value {
        match statements {
            [] => Value::Nil,
            [one] => self.value(one),
            _ => Value::Unknown("several statements".to_owned()),
        }
    }

    fn named(&self, name: &str) -> Value {
        match self.own.get(name) {
            Some(Bound::Value(value)) => return value.clone(),
            Some(_) => return Value::Unknown(name.to_owned()),
            None => {}
        }
        match name {
            "reverting?" => {
                return self.is_reverting.map_or_else(|| Value::Unknown(name.to_owned()), Value::Boolean);
            }
            "adapter_name" => return methods::of_connection(name, Ok(Arguments::default()), ByteSpan::new(0, 0)),
            _ => {}
        }
        match self.methods.get(name) {
            Some(method) => self.result(method, Arguments::default()),
            None => Value::Unknown(name.to_owned()),
        }
    }

    /// What a method of the class returns, when that is all that it does.
    fn result(&self, method: &'a Method, arguments: Arguments) -> Value {
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

    fn constant(&self, expression: &Expression) -> Value {
        let path = expression.constant(self.file).unwrap_or_default();
        let last = path.rsplit("::").next().unwrap_or_default();
        let is_own = !path.contains("::");
        match self.constants.get(last).filter(|_| is_own) {
            Some(Bound::Value(value)) => value.clone(),
            _ => Value::Unknown(path),
        }
    }

    fn array(&self, parts: &[Expression]) -> Value {
        let mut values = Vec::new();
        for part in parts {
            match &part.kind {
                ExpressionKind::Splat(_, Some(inner)) => match self.value(inner) {
                    Value::Array(inner) => values.extend(inner),
                    other => values.push(Value::Unknown(format!("*{}", other.kind()))),
                },
                _ => values.push(self.value(part)),
            }
        }
        Value::Array(values)
    }

    fn hash(&self, pairs: &[Pair]) -> Value {
        let mut all: Vec<(Value, Value)> = Vec::new();
        for pair in pairs {
            match self.pair(pair) {
                Ok(pairs) => all.extend(pairs),
                Err(why) => return Value::Unknown(why),
            }
        }
        Value::Hash(all)
    }

    fn pair(&self, pair: &Pair) -> Result<Vec<(Value, Value)>, Why> {
        match (&pair.key, &pair.value) {
            (Some(key), Some(value)) => Ok(vec![(self.value(key), self.value(value))]),
            // `name:` is the value of what has that name.
            (Some(key), None) => Ok(vec![(self.value(key), self.named(key.span.slice(self.file)))]),
            (None, Some(value)) => match self.value(value) {
                Value::Hash(pairs) => Ok(pairs),
                Value::Nil => Ok(Vec::new()),
                other => Err(format!("**{}", other.kind())),
            },
            (None, None) => Err("**".to_owned()),
        }
    }

    fn quoted(&self, quoted: &Quoted) -> Value {
        let mut whole = Text::default();
        for part in &quoted.parts {
            match part {
                Part::Text(text) => whole.append(text),
                Part::Field(span, statements) => match strings::printed(&self.last(statements)) {
                    Ok(text) => whole.append(&Text::standing_for(text, *span)),
                    Err(why) => return Value::Unknown(why),
                },
            }
        }
        match quoted.kind {
            _ if whole.value.len() > MAX_TEXT => Value::Unknown("a very long string".to_owned()),
            QuotedKind::String => Value::Text(whole),
            QuotedKind::Symbol => Value::Symbol(whole.value),
            QuotedKind::Regex => Value::Unknown("a regular expression".to_owned()),
            QuotedKind::Command => Value::Unknown("what a command prints".to_owned()),
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

    /// What a block returns, when that is all that it does.
    fn returned(&self, block: &Block) -> Value {
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

    fn call(&self, call: &Call, span: ByteSpan) -> Value {
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

    fn made_proc(&self, block: &Block) -> Value {
        Value::Proc(Box::new(self.returned(block)))
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
}

fn is_options(value: &Value) -> bool {
    matches!(value, Value::Hash(pairs) if pairs.iter().all(|(key, _)| matches!(key, Value::Symbol(_))))
}

fn as_hash(named: Vec<(String, Value)>) -> Value {
    Value::Hash(named.into_iter().map(|(name, value)| (Value::Symbol(name), value)).collect())
}
