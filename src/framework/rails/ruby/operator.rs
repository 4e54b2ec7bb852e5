//! Operators, by precedence (`parse.y`), and assignments.

use super::parser::{MAX_CHAIN, Parser};
use super::tokens::TokenKind;
use super::tree::{Argument, Expression, ExpressionKind, If};
use crate::source::ByteSpan;

/// Binary operators with how tightly they bind, from the loosest.
const BINARY: &[(&str, u8)] = &[
    ("..", 1),
    ("...", 1),
    ("||", 2),
    ("&&", 3),
    ("<=>", 5),
    ("==", 5),
    ("===", 5),
    ("!=", 5),
    ("=~", 5),
    ("!~", 5),
    ("<", 6),
    ("<=", 6),
    (">", 6),
    (">=", 6),
    ("|", 7),
    ("^", 7),
    ("&", 8),
    ("<<", 9),
    (">>", 9),
    ("+", 10),
    ("-", 10),
    ("*", 11),
    ("/", 11),
    ("%", 11),
    ("**", 13),
];
const RANGE: u8 = 1;
const DEFINED: u8 = 4;
const NEGATIVE: u8 = 12;
const POWER: u8 = 13;
/// Binds more tightly than `|`, which closes the parameters of a block.
pub(super) const ABOVE_BAR: u8 = 8;

const ASSIGNMENTS: &[&str] = &["=", "||=", "&&=", "+=", "-=", "*=", "/=", "%=", "**=", "|=", "&=", "^=", "<<=", ">>="];

impl Parser<'_> {
    /// One expression, with its assignments.
    pub(super) fn expression(&mut self) -> Option<Expression> {
        self.deeper(Self::expression_within)
    }

    fn expression_within(&mut self) -> Option<Expression> {
        let start = self.start();
        let left = self.ternary()?;
        self.assigned(left, start)
    }

    /// `left = value`, where that follows.
    fn assigned(&mut self, left: Expression, start: usize) -> Option<Expression> {
        let Some(operator) = self.token(0).filter(|token| {
            token.kind == TokenKind::Operator && ASSIGNMENTS.contains(&self.text(0)) && is_target(&left)
        }) else {
            return Some(left);
        };
        self.next();
        self.skip_newlines();
        let right = if self.is_operator("*") { self.splat()? } else { self.expression()? };
        Some(self.made(start, ExpressionKind::Assign(vec![left], operator.span, Box::new(right))))
    }

    /// `test ? a : b`
    pub(super) fn ternary(&mut self) -> Option<Expression> {
        let start = self.start();
        let test = self.binary(0)?;
        if !self.is_operator("?") {
            return Some(test);
        }
        let word = self.next()?.span;
        self.skip_newlines();
        let then = self.expression()?;
        self.skip_newlines();
        // `a ? b :c`
        let otherwise = match self.token(0).filter(|token| token.kind == TokenKind::Symbol) {
            Some(symbol) => {
                self.next();
                let span = ByteSpan::new(symbol.span.start + 1, symbol.span.end);
                Expression { span, kind: ExpressionKind::Name }
            }
            None => {
                if !self.eat(":") {
                    return None;
                }
                self.skip_newlines();
                self.expression()?
            }
        };
        let (then, otherwise) = (vec![then], vec![otherwise]);
        Some(self.made(start, ExpressionKind::If(Box::new(If { word, test, then, otherwise }))))
    }

    /// An expression whose operators bind at least so tightly.
    pub(super) fn binary(&mut self, least: u8) -> Option<Expression> {
        let start = self.start();
        let mut left = self.deeper(Self::unary)?;
        if least > 0 {
            // `a && b = c`
            left = self.assigned(left, start)?;
        }
        for _ in 0..MAX_CHAIN {
            let Some(token) = self.token(0).filter(|token| token.kind == TokenKind::Operator) else {
                return Some(left);
            };
            let Some((_, binds)) = BINARY.iter().find(|(operator, _)| *operator == self.text(0)) else {
                return Some(left);
            };
            if *binds < least {
                return Some(left);
            }
            self.next();
            let operator = token.span;
            if *binds == RANGE && !self.begins_value() {
                left = self.made(start, ExpressionKind::HalfRange(operator, Box::new(left)));
                continue;
            }
            self.skip_newlines();
            // A power binds its right side less tightly than its left one: 2 ** -x.
            let right = self.binary(if *binds == POWER { NEGATIVE } else { *binds + 1 })?;
            left = self.made(start, ExpressionKind::Binary(Box::new(left), operator, Box::new(right)));
        }
        None
    }

    fn unary(&mut self) -> Option<Expression> {
        let start = self.start();
        let binds = match (self.kind()?, self.text(0)) {
            (TokenKind::Operator, "!" | "~" | "+") => POWER,
            // The sign of a number belongs to it.
            (TokenKind::Operator, "-") => match self.token(1).map(|token| token.kind) {
                Some(TokenKind::Number) if !self.is_spaced(1) => POWER + 1,
                _ => NEGATIVE,
            },
            (TokenKind::Operator, "&") => return self.splat(),
            (TokenKind::Operator, ".." | "...") => {
                let operator = self.next()?.span;
                let value = self.binary(RANGE + 1)?;
                return Some(self.made(start, ExpressionKind::HalfRange(operator, Box::new(value))));
            }
            (TokenKind::Name, "defined?") => DEFINED,
            (TokenKind::Name, "not") => 0,
            _ => return self.primary(),
        };
        let operator = self.next()?.span;
        let value = self.binary(binds)?;
        Some(self.made(start, ExpressionKind::Unary(operator, Box::new(value))))
    }

    /// `*value`, `**value`, `&value`.
    pub(super) fn splat(&mut self) -> Option<Expression> {
        let start = self.start();
        let sign = self.next()?.span;
        let is_alone = self.is_done() || self.is_operator(")") || self.is_operator(",") || self.is_operator("=");
        let value = if is_alone { None } else { Some(Box::new(self.deeper(|parser| parser.ternary())?)) };
        Some(self.made(start, ExpressionKind::Splat(sign, value)))
    }

    /// What stands behind `return`, `when`, `rescue`, …: values with commas between them.
    pub(super) fn values(&mut self) -> Option<Vec<Argument>> {
        match self.begins_value() {
            true => self.command_arguments(self.leaves_do),
            false => Some(Vec::new()),
        }
    }
}

/// It can be given a value.
pub(super) fn is_target(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Name
        | ExpressionKind::Constant
        | ExpressionKind::Scoped(..)
        | ExpressionKind::Variable
        | ExpressionKind::Index(..) => true,
        ExpressionKind::Call(call) => call.receiver.is_some() && call.arguments.is_empty() && call.block.is_none(),
        ExpressionKind::Splat(_, value) => value.as_ref().is_none_or(|value| is_target(value)),
        // (a, b), c = …
        ExpressionKind::List(parts) => parts.iter().all(is_target),
        ExpressionKind::Parentheses(parts) => matches!(&parts[..], [Expression { kind: ExpressionKind::List(_), .. }]),
        _ => false,
    }
}
