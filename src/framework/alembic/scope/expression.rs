//! What an expression comes to.

use std::rc::Rc;

use super::operators::{arithmetic, item, member, unary};
use super::strings::{self, characters, percent, printed};
use super::{MAX_ITEMS, Names, Scope, iterated, runtime, truth};
use crate::framework::alembic::python::{
    Expression, ExpressionKind, Literal, Part, Round, Text, expression_at, literal,
};
use crate::framework::alembic::value::{Value, Why};
use crate::source::ByteSpan;

/// Strings longer than this are not put together.
const MAX_TEXT: usize = 1 << 20;

impl Names<'_, '_> {
    /// What an expression comes to.
    pub fn value(&self, expression: &Expression) -> Value {
        match &expression.kind {
            ExpressionKind::Name => match expression.span.slice(self.file) {
                "None" => Value::None,
                "True" => Value::Boolean(true),
                "False" => Value::Boolean(false),
                name => self.resolved(self.get(name), expression.span),
            },
            ExpressionKind::Number => Value::Number(expression.span.slice(self.file).replace('_', "")),
            ExpressionKind::Strings(literals) => self.strings(literals),
            ExpressionKind::Attribute(of, name) => {
                self.resolved(member(self.value(of), name.slice(self.file)), expression.span)
            }
            ExpressionKind::Call(function, arguments) => self.call(function, arguments, expression.span),
            ExpressionKind::List(parts) | ExpressionKind::Tuple(parts) | ExpressionKind::Set(parts) => {
                Value::List(self.values(parts))
            }
            ExpressionKind::Dict(pairs) => self.dictionary(pairs),
            ExpressionKind::Subscript(of, index) => match &index[..] {
                [index] => match (self.value(of), self.value(index)) {
                    (Value::Imported(path), Value::Text(name)) if path == "os.environ" => {
                        self.variable(&name.value, expression.span)
                    }
                    (of, index) => item(&of, &index),
                },
                _ => Value::Unknown("a slice".to_owned()),
            },
            ExpressionKind::Unary(operator, value) => unary(operator.slice(self.file), self.value(value)),
            ExpressionKind::Binary(left, operator, right) => {
                self.binary(&self.value(left), operator.slice(self.file), self.value(right), expression.span)
            }
            ExpressionKind::Conditional(value, test, other) => match truth(&self.value(test)) {
                Some(true) => self.value(value),
                Some(false) => self.value(other),
                None => Value::Unknown("a condition".to_owned()),
            },
            ExpressionKind::Comprehension(parts, rounds) => self.comprehension(parts, rounds),
            ExpressionKind::Starred(_) => Value::Unknown("a starred value".to_owned()),
            ExpressionKind::Other(_) => Value::Unknown("an expression".to_owned()),
        }
    }

    /// What an imported name stands for, when the project says it; its strings stand for `span` here.
    fn resolved(&self, value: Value, span: ByteSpan) -> Value {
        let (Value::Imported(path), Some(project)) = (&value, self.project()) else { return value };
        project.value(path).map_or_else(|| value.clone(), |found| found.standing_at(span))
    }

    fn values(&self, parts: &[Expression]) -> Vec<Value> {
        let mut values = Vec::new();
        for part in parts {
            match &part.kind {
                ExpressionKind::Starred(inner) => match self.value(inner) {
                    Value::List(inner) => values.extend(inner),
                    other => values.push(Value::Unknown(format!("*{}", other.kind()))),
                },
                _ => values.push(self.value(part)),
            }
        }
        values
    }

    /// What a comprehension over known values makes.
    fn comprehension(&self, parts: &[Expression], rounds: &[Round]) -> Value {
        let mut scopes = self.scopes.to_vec();
        scopes.push(Scope::default());
        let mut made = Vec::new();
        if let Err(why) = (Names { scopes: &scopes, ..*self }).rounds(parts, rounds, &mut made) {
            return Value::Unknown(why);
        }
        match parts {
            [_] => Value::List(made),
            _ => Value::Dict(made.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()),
        }
    }

    fn rounds(&self, parts: &[Expression], rounds: &[Round], made: &mut Vec<Value>) -> Result<(), Why> {
        let [round, inner @ ..] = rounds else {
            made.extend(parts.iter().map(|part| self.value(part)));
            return Ok(());
        };
        let values = match iterated(self.value(&round.values)) {
            Value::List(values) => values,
            other => return Err(other.kind()),
        };
        let mut scopes = self.scopes.to_vec();
        let last = scopes.len() - 1;
        for value in values {
            scopes[last].assign(self.file, &round.target, value);
            let names = Names { scopes: &scopes, ..*self };
            let mut is_taken = true;
            for test in &round.tests {
                is_taken &= truth(&names.value(test)).ok_or("a list with a condition")?;
            }
            if is_taken {
                names.rounds(parts, inner, made)?;
            }
            if made.len() > MAX_ITEMS {
                return Err("a very long list".to_owned());
            }
        }
        Ok(())
    }

    fn dictionary(&self, pairs: &[(Option<Expression>, Expression)]) -> Value {
        let mut all = Vec::new();
        for (key, value) in pairs {
            match (key, self.value(value)) {
                (Some(key), value) => all.push((self.value(key), value)),
                (None, Value::Dict(inner)) => all.extend(inner),
                (None, other) => return Value::Unknown(format!("**{}", other.kind())),
            }
        }
        Value::Dict(all)
    }

    fn strings(&self, literals: &[ByteSpan]) -> Value {
        let mut whole = Text::default();
        for span in literals {
            let Literal::Text(parts) = literal(self.file, *span) else {
                return Value::Unknown("bytes or a template string".to_owned());
            };
            for part in parts {
                match part {
                    Part::Text(text) if runtime::is_in(&text.value) => {
                        return Value::Unknown("a string with characters for private use".to_owned());
                    }
                    Part::Text(text) => whole.append(&text),
                    Part::Field(field) => match self.field(field) {
                        Ok(text) => whole.append(&Text::standing_for(text, field)),
                        Err(why) => return Value::Unknown(why),
                    },
                }
            }
        }
        if whole.value.len() > MAX_TEXT {
            return Value::Unknown("a very long string".to_owned());
        }
        strings::text(whole)
    }

    /// What stands in the braces of an f-string, when it is an expression without a format.
    fn field(&self, field: ByteSpan) -> Result<String, Why> {
        let expression = expression_at(self.file, field).ok_or("an f-string with a format")?;
        printed(&self.value(&expression)).map_err(|why| format!("an f-string with {why}"))
    }

    fn binary(&self, left: &Value, operator: &str, right: Value, span: ByteSpan) -> Value {
        if let ("+", Some(left), Some(right)) = (operator, characters(left), characters(&right))
            && left.value.len() + right.value.len() <= MAX_TEXT
        {
            let mut both = left.clone();
            both.append(right);
            return strings::text(both);
        }
        match (left, operator, &right) {
            (Value::Unknown(why), ..) | (_, _, Value::Unknown(why)) => Value::Unknown(why.clone()),
            (Value::List(left), "+", Value::List(right)) => Value::List(left.iter().chain(right).cloned().collect()),
            (Value::Text(template) | Value::Template(template), "%", values) => {
                percent(&template.value, values).map_or_else(Value::Unknown, |text| strings::standing_for(text, span))
            }
            (Value::Text(left), "==", Value::Text(right)) => Value::Boolean(left.value == right.value),
            (Value::Text(left), "!=", Value::Text(right)) => Value::Boolean(left.value != right.value),
            (Value::Text(left), "in" | "not in", Value::List(values))
                if values.iter().all(|value| value.text().is_some()) =>
            {
                let is_in = values.iter().any(|value| value.text() == Some(&left.value));
                Value::Boolean(is_in == (operator == "in"))
            }
            (Value::Number(left), "+" | "-" | "*", Value::Number(right)) => arithmetic(left, operator, right),
            (Value::Boolean(left), "and", Value::Boolean(right)) => Value::Boolean(*left && *right),
            (Value::Boolean(left), "or", Value::Boolean(right)) => Value::Boolean(*left || *right),
            _ if left.is_clause() || right.is_clause() => {
                Value::Clause(Rc::new((left.clone(), operator.to_owned(), right)))
            }
            _ => Value::Unknown(format!("an expression with {operator}")),
        }
    }

    /// An environment variable.
    pub(super) fn variable(&self, name: &str, span: ByteSpan) -> Value {
        match self.project().and_then(|project| project.variable(name)) {
            Some(value) => Value::Text(Text::standing_for(value, span)),
            None => Value::Unknown(format!("the environment variable {name}")),
        }
    }
}
