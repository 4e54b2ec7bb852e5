//! Statements, in the order in which Ruby does them.

use super::guard::Guard;
use super::{Jump, Reader, harmless};
use crate::framework::rails::ruby::{Body, Case, Expression, ExpressionKind, If};
use crate::framework::rails::scope::{Bound, is_connection, truth};
use crate::framework::rails::value::{Value, Why};
use crate::source::ByteSpan;

impl<'a> Reader<'_, 'a> {
    fn statements(&mut self, statements: &'a [Expression]) -> Result<(), Why> {
        for statement in statements {
            if self.jump.is_none() {
                self.follow(statement)?;
            }
        }
        Ok(())
    }

    pub(super) fn body(&mut self, body: &'a Body) -> Result<(), Why> {
        if !body.rescues.is_empty() {
            return Err("rescue".to_owned());
        }
        self.statements(&body.statements)?;
        self.statements(&body.ensure)
    }

    /// Follows what an expression does, in the order in which Ruby does it.
    pub(super) fn follow(&mut self, expression: &'a Expression) -> Result<(), Why> {
        self.left = self.left.checked_sub(1).ok_or("too many statements")?;
        match &expression.kind {
            ExpressionKind::Call(call) => self.call(expression, call),
            ExpressionKind::Name => self.name(expression),
            ExpressionKind::Assign(targets, operator, value) => self.assign(targets, *operator, value),
            ExpressionKind::If(of) => self.condition(expression, of),
            ExpressionKind::Parentheses(statements) => self.statements(statements),
            ExpressionKind::Begin(body) if body.rescues.is_empty() => self.body(body),
            ExpressionKind::For(targets, values, body) => {
                self.follow(values)?;
                let items = match self.value(values) {
                    Value::Array(items) => items,
                    other => return self.harmless(expression, &format!("a loop over {}", other.kind())),
                };
                for item in items {
                    self.own.assign_all(self.file, targets, item);
                    self.statements(body)?;
                    if self.leaves_loop() {
                        break;
                    }
                }
                Ok(())
            }
            ExpressionKind::Case(case) => self.case(expression, case),
            ExpressionKind::Binary(left, operator, right)
                if matches!(operator.slice(self.file), "&&" | "||" | "and" | "or") =>
            {
                self.follow(left)?;
                let is_and = matches!(operator.slice(self.file), "&&" | "and");
                match truth(&self.value(left)) {
                    Some(is_true) if is_true == is_and => self.follow(right),
                    Some(_) => Ok(()),
                    None => self.harmless(right, "a condition"),
                }
            }
            ExpressionKind::Jump(word, values) => {
                for value in values {
                    let mut parts = Vec::new();
                    value.children(&mut |part| parts.push(part));
                    parts.into_iter().try_for_each(|part| self.follow(part))?;
                }
                self.jump = match word.slice(self.file) {
                    "return" => Some(Jump::Return),
                    "next" => Some(Jump::Next),
                    "break" => Some(Jump::Break),
                    other => return Err(other.to_owned()),
                };
                Ok(())
            }
            ExpressionKind::While(word, ..) => self.harmless(expression, word.slice(self.file)),
            ExpressionKind::Begin(_) => self.harmless(expression, "rescue"),
            ExpressionKind::Unread => Err("Ruby that is not read".to_owned()),
            ExpressionKind::Class(_) | ExpressionKind::Method(_) | ExpressionKind::Lambda(_) => Ok(()),
            _ => {
                let mut parts = Vec::new();
                expression.children(&mut |part| parts.push(part));
                parts.into_iter().try_for_each(|part| self.follow(part))
            }
        }
    }

    fn assign(&mut self, targets: &'a [Expression], operator: ByteSpan, value: &'a Expression) -> Result<(), Why> {
        self.follow(value)?;
        match (operator.slice(self.file), targets) {
            ("=", [target]) if is_connection(&self.names(), value) => {
                self.own.set(target.span.slice(self.file), Bound::Connection);
            }
            ("=", _) => {
                let value = self.value(value);
                self.own.assign_all(self.file, targets, value);
            }
            (operator, [target]) => {
                let (left, right) = (self.value(target), self.value(value));
                let result = match (operator, left, right) {
                    ("||=", Value::Nil | Value::Boolean(false), right) => right,
                    ("||=", left, _) if left.unknown().is_none() => left,
                    ("+=" | "<<=", Value::Text(mut left), Value::Text(right)) => {
                        left.append(&right);
                        Value::Text(left)
                    }
                    ("+=", Value::Array(left), Value::Array(right)) => Value::Array([left, right].concat()),
                    (operator, ..) => Value::Unknown(format!("what {operator} makes")),
                };
                self.own.assign(self.file, target, result);
            }
            _ => return Err("an assignment".to_owned()),
        }
        Ok(())
    }

    fn condition(&mut self, expression: &'a Expression, of: &'a If) -> Result<(), Why> {
        self.follow(&of.test)?;
        let value = self.value(&of.test);
        match truth(&value) {
            Some(is_true) => {
                let is_taken = is_true != (of.word.slice(self.file) == "unless");
                self.statements(if is_taken { &of.then } else { &of.otherwise })
            }
            None => match Guard::of(&self.names(), of) {
                Some(guard) if self.guard.is_none() && !self.around.is_reverted => {
                    self.guarded(of, guard, &format!("a condition on {}", value.kind()))
                }
                _ => self.harmless(expression, &format!("a condition on {}", value.kind())),
            },
        }
    }

    /// Statements that are done only if the catalog has what they need, or not yet what they make. Each must be bound to that.
    fn guarded(&mut self, of: &'a If, guard: Guard, why: &str) -> Result<(), Why> {
        if of.then.iter().any(|statement| harmless::leaves(self.file, statement)) {
            return Err(why.to_owned());
        }
        self.guard = Some(guard);
        let done = self.statements(&of.then);
        self.guard = None;
        done.map_err(|_| why.to_owned())
    }

    fn case(&mut self, expression: &'a Expression, case: &'a Case) -> Result<(), Why> {
        let Some(subject) = &case.subject else { return self.harmless(expression, "case") };
        self.follow(subject)?;
        let subject = self.value(subject);
        let is_plain = |value: &Value| matches!(value, Value::Text(_) | Value::Symbol(_) | Value::Number(_));
        if !is_plain(&subject) {
            return self.harmless(expression, &format!("a condition on {}", subject.kind()));
        }
        for (values, body) in &case.branches {
            for value in values {
                let value = self.value(value);
                if !is_plain(&value) {
                    return self.harmless(expression, &format!("a condition on {}", value.kind()));
                }
                if value.name() == subject.name() && value.kind() == subject.kind() {
                    return self.statements(body);
                }
            }
        }
        self.statements(&case.otherwise)
    }

    /// A statement that is not followed: nothing, when no call in it can do anything to the database.
    pub(super) fn harmless(&mut self, expression: &'a Expression, why: &str) -> Result<(), Why> {
        self.own.forget_changed(self.file, expression);
        match harmless::is_harmless(&self.names(), expression) && !harmless::leaves(self.file, expression) {
            true => Ok(()),
            false => Err(why.to_owned()),
        }
    }

    pub(super) fn leaves_loop(&mut self) -> bool {
        match self.jump {
            Some(Jump::Next) => self.jump = None,
            Some(Jump::Break) => {
                self.jump = None;
                return true;
            }
            Some(Jump::Return) => return true,
            None => {}
        }
        false
    }
}
