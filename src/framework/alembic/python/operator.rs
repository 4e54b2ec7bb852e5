//! Expressions with operators, by precedence (The Python Language Reference, 6.17).

use super::expression::{Expression, ExpressionKind};
use super::parser::Parser;
use super::tokens::TokenKind;
use crate::source::ByteSpan;

/// Binary operators with how tightly they bind, from the loosest.
const BINARY: &[(&str, u8)] = &[
    ("or", 1),
    ("and", 2),
    ("in", 4),
    ("not", 4),
    ("is", 4),
    ("<", 4),
    (">", 4),
    ("==", 4),
    (">=", 4),
    ("<=", 4),
    ("!=", 4),
    ("|", 5),
    ("^", 6),
    ("&", 7),
    ("<<", 8),
    (">>", 8),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("//", 10),
    ("%", 10),
    ("@", 10),
    ("**", 12),
];
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SIGN: u8 = 11;
const POWER: u8 = 12;

impl Parser<'_> {
    /// Expressions with commas between them: a tuple without parentheses where there is a comma.
    pub(super) fn expressions(&mut self) -> Option<Expression> {
        let start = self.start();
        let first = self.starred()?;
        if self.peek() != "," {
            return Some(first);
        }
        let mut parts = vec![first];
        while self.eat(",") {
            if self.ends_list() {
                break;
            }
            parts.push(self.starred()?);
        }
        let start = parts.first().map_or(start, |part| part.span.start.min(start));
        Some(self.made(start, ExpressionKind::Tuple(parts)))
    }

    fn ends_list(&self) -> bool {
        self.is_done() || matches!(self.peek(), ")" | "]" | "}" | "=" | ":")
    }

    pub(super) fn starred(&mut self) -> Option<Expression> {
        let start = self.start();
        if self.eat("*") {
            let value = self.binary(5)?;
            return Some(self.made(start, ExpressionKind::Starred(Box::new(value))));
        }
        if self.eat("yield") {
            self.eat("from");
            let parts = if self.ends_list() { Vec::new() } else { vec![self.expressions()?] };
            return Some(self.made(start, ExpressionKind::Other(parts)));
        }
        self.expression()
    }

    /// One expression.
    pub(super) fn expression(&mut self) -> Option<Expression> {
        self.deeper(Self::expression_within)
    }

    fn expression_within(&mut self) -> Option<Expression> {
        let start = self.start();
        if self.eat("lambda") {
            let mut parts: Vec<Expression> = Vec::new();
            while self.peek() != ":" {
                if self.eat("=") {
                    parts.push(self.expression()?);
                } else {
                    self.next()?;
                }
            }
            self.eat(":");
            parts.push(self.expression()?);
            return Some(self.made(start, ExpressionKind::Other(parts)));
        }
        let value = self.binary(0)?;
        if self.peek() == ":=" {
            self.next();
            let right = self.expression()?;
            return Some(self.made(value.span.start, ExpressionKind::Other(vec![value, right])));
        }
        if self.eat("if") {
            let test = self.binary(0)?;
            if !self.eat("else") {
                return None;
            }
            let other = self.expression()?;
            let parts = (Box::new(value), Box::new(test), Box::new(other));
            return Some(self.made(start, ExpressionKind::Conditional(parts.0, parts.1, parts.2)));
        }
        Some(value)
    }

    /// An expression whose operators bind at least so tightly. Its own start is that of its first token, parentheses
    /// included, as Python counts it.
    pub(super) fn binary(&mut self, least: u8) -> Option<Expression> {
        let start = self.start();
        let mut left = self.deeper(Self::unary)?;
        loop {
            let Some((_, binds)) = BINARY.iter().find(|(operator, _)| *operator == self.peek()) else {
                return Some(left);
            };
            let is_not_in = self.peek() != "not" || self.peek_at(1) == "in";
            if *binds < least || self.is_done() || !is_not_in || self.tokens[self.at].kind == TokenKind::String {
                return Some(left);
            }
            let first = self.next()?.span;
            if (first.slice(self.file) == "not" && self.eat("in")) || first.slice(self.file) == "is" {
                self.eat("not");
            }
            let operator = ByteSpan::new(first.start, self.end());
            // A power binds its right side less tightly than its left one: 2 ** -x.
            let right = self.binary(if *binds == POWER { SIGN } else { *binds + 1 })?;
            let is_chain = *binds == COMPARISON && BINARY.iter().any(|(o, b)| *b == COMPARISON && *o == self.peek());
            if is_chain && (self.peek() != "not" || self.peek_at(1) == "in") {
                left = self.chain(start, left, right)?;
            } else {
                let kind = ExpressionKind::Binary(Box::new(left), operator, Box::new(right));
                left = self.made(start, kind);
            }
        }
    }

    /// `a < b < c`.
    fn chain(&mut self, start: usize, left: Expression, right: Expression) -> Option<Expression> {
        let mut parts = vec![left, right];
        while BINARY.iter().any(|(operator, binds)| *binds == COMPARISON && *operator == self.peek()) {
            let first = self.next()?.span.slice(self.file);
            if (first == "not" && self.eat("in")) || first == "is" {
                self.eat("not");
            }
            parts.push(self.binary(COMPARISON + 1)?);
        }
        Some(self.made(start, ExpressionKind::Other(parts)))
    }

    fn unary(&mut self) -> Option<Expression> {
        let start = self.start();
        let word = self.peek();
        let binds = match word {
            "not" => NOT,
            "-" | "+" | "~" => SIGN,
            "await" => POWER,
            _ => return self.primary(),
        };
        let operator = self.next()?.span;
        let value = self.binary(binds)?;
        let kind = match word {
            "await" => ExpressionKind::Other(vec![value]),
            _ => ExpressionKind::Unary(operator, Box::new(value)),
        };
        Some(self.made(start, kind))
    }
}
