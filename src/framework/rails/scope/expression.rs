//! What an expression comes to.

use super::{Bound, Names, SETTINGS, methods, operators, strings, truth};
use crate::framework::rails::ruby::{Argument, Expression, ExpressionKind, Pair, Part, Quoted, QuotedKind};
use crate::framework::rails::value::{Arguments, Value, Why};
use crate::framework::text::Text;
use crate::source::ByteSpan;

/// Strings longer than this are not put together.
const MAX_TEXT: usize = 1 << 20;

impl Names<'_, '_> {
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

    pub(super) fn last(&self, statements: &[Expression]) -> Value {
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

    pub(super) fn pair(&self, pair: &Pair) -> Result<Vec<(Value, Value)>, Why> {
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
}
