//! Atoms and what stands behind them: attributes, calls, subscripts; lists, sets and dictionaries, and comprehensions of them
//! (The Python Language Reference, 6.2 and 6.3).

use super::expression::{Argument, Expression, ExpressionKind, Round, Star};
use super::parser::Parser;
use super::tokens::TokenKind;
use crate::source::ByteSpan;

impl Parser<'_> {
    /// A value with its attributes, calls and subscripts.
    pub(super) fn primary(&mut self) -> Option<Expression> {
        let start = self.start();
        let mut value = self.atom()?;
        loop {
            let kind = if self.eat(".") {
                let name = self.next().filter(|token| token.kind == TokenKind::Name)?.span;
                ExpressionKind::Attribute(Box::new(value), name)
            } else if self.eat("(") {
                let arguments = self.deeper(Self::arguments)?;
                ExpressionKind::Call(Box::new(value), arguments)
            } else if self.eat("[") {
                let index = self.deeper(Self::index)?;
                ExpressionKind::Subscript(Box::new(value), index)
            } else {
                return Some(value);
            };
            value = self.made(start, kind);
        }
    }

    /// The arguments of a call, behind its opening parenthesis.
    pub(super) fn arguments(&mut self) -> Option<Vec<Argument>> {
        let open = self.end() - 1;
        let mut arguments: Vec<Argument> = Vec::new();
        while !self.eat(")") {
            let star = if self.eat("**") {
                Star::Two
            } else if self.eat("*") {
                Star::One
            } else {
                Star::None
            };
            let is_named = star == Star::None && self.peek_at(1) == "=";
            let name = if is_named { Some(self.name()?) } else { None };
            if is_named {
                self.eat("=");
            }
            let start = self.start();
            let mut value = self.expression()?;
            if self.at_comprehension() {
                // A generator that is the only argument has the call's parentheses, as Python counts it.
                let kind = self.comprehension(vec![value])?;
                let is_only = arguments.is_empty() && self.peek() == ")";
                let end = if is_only { self.start() + 1 } else { self.end() };
                let span = ByteSpan::new(if is_only { open } else { start }, end);
                value = Expression { span, kind };
            }
            arguments.push(Argument { name, star, value });
            if !self.eat(",") && self.peek() != ")" {
                return None;
            }
        }
        Some(arguments)
    }

    fn index(&mut self) -> Option<Vec<Expression>> {
        let mut parts = Vec::new();
        while !self.eat("]") {
            if self.eat(":") || self.eat(",") {
                continue;
            }
            parts.push(self.starred()?);
        }
        Some(parts)
    }

    fn atom(&mut self) -> Option<Expression> {
        let start = self.start();
        let token = *self.tokens.get(self.at)?;
        match token.kind {
            TokenKind::Name => {
                self.name()?;
                Some(self.made(start, ExpressionKind::Name))
            }
            TokenKind::Number => {
                self.next();
                Some(self.made(start, ExpressionKind::Number))
            }
            TokenKind::String => {
                let mut literals = Vec::new();
                while self.tokens.get(self.at).is_some_and(|token| token.kind == TokenKind::String) {
                    literals.extend(self.next().map(|token| token.span));
                }
                Some(self.made(start, ExpressionKind::Strings(literals)))
            }
            TokenKind::Operator => match self.peek() {
                "(" => self.deeper(Self::parenthesized),
                "[" => self.deeper(|parser| parser.bracketed("]")),
                "{" => self.deeper(|parser| parser.bracketed("}")),
                "..." => {
                    self.next();
                    Some(self.made(start, ExpressionKind::Other(Vec::new())))
                }
                _ => None,
            },
        }
    }

    fn parenthesized(&mut self) -> Option<Expression> {
        let start = self.start();
        self.next();
        if self.eat(")") {
            return Some(self.made(start, ExpressionKind::Tuple(Vec::new())));
        }
        let first = self.starred()?;
        if self.at_comprehension() {
            let kind = self.comprehension(vec![first])?;
            return self.eat(")").then(|| self.made(start, kind));
        }
        if self.eat(")") {
            return Some(first);
        }
        let mut parts = vec![first];
        while self.eat(",") {
            if self.peek() == ")" {
                break;
            }
            parts.push(self.starred()?);
        }
        self.eat(")").then(|| self.made(start, ExpressionKind::Tuple(parts)))
    }

    /// A list, a set, a dictionary, or the comprehension of one.
    fn bracketed(&mut self, close: &str) -> Option<Expression> {
        let start = self.start();
        self.next();
        let mut pairs: Vec<(Option<Expression>, Expression)> = Vec::new();
        let mut is_dict = close == "}" && self.peek() == "}";
        while !self.eat(close) {
            if close == "}" && self.eat("**") {
                is_dict = true;
                pairs.push((None, self.binary(5)?));
            } else {
                let value = self.starred()?;
                if close == "}" && self.eat(":") {
                    is_dict = true;
                    pairs.push((Some(value), self.expression()?));
                } else {
                    pairs.push((None, value));
                }
            }
            if self.at_comprehension() {
                let parts = pairs.into_iter().flat_map(|(key, value)| key.into_iter().chain([value])).collect();
                let kind = self.comprehension(parts)?;
                return self.eat(close).then(|| self.made(start, kind));
            }
            if !self.eat(",") && self.peek() != close {
                return None;
            }
        }
        let values = |pairs: Vec<(_, Expression)>| pairs.into_iter().map(|(_, value)| value).collect();
        let kind = match close {
            "]" => ExpressionKind::List(values(pairs)),
            _ if is_dict => ExpressionKind::Dict(pairs),
            _ => ExpressionKind::Set(values(pairs)),
        };
        Some(self.made(start, kind))
    }

    fn at_comprehension(&self) -> bool {
        self.peek() == "for" || (self.peek() == "async" && self.peek_at(1) == "for")
    }

    /// `for … in … if …`, behind what it makes.
    fn comprehension(&mut self, parts: Vec<Expression>) -> Option<ExpressionKind> {
        let mut rounds = Vec::new();
        while self.at_comprehension() {
            self.eat("async");
            self.eat("for");
            let target = self.targets()?;
            if !self.eat("in") {
                return None;
            }
            let values = self.binary(0)?;
            let mut tests = Vec::new();
            while self.eat("if") {
                tests.push(self.binary(0)?);
            }
            rounds.push(Round { target, values, tests });
        }
        Some(ExpressionKind::Comprehension(parts, rounds))
    }

    /// What stands between `for` and `in`.
    pub(super) fn targets(&mut self) -> Option<Expression> {
        let start = self.start();
        let mut parts = Vec::new();
        loop {
            let is_starred = self.eat("*");
            let part = self.binary(5)?;
            parts.push(if is_starred { self.made(start, ExpressionKind::Starred(Box::new(part))) } else { part });
            if !self.eat(",") {
                break;
            }
            if self.peek() == "in" {
                return Some(self.made(start, ExpressionKind::Tuple(parts)));
            }
        }
        match parts.len() {
            1 => parts.pop(),
            _ => Some(self.made(start, ExpressionKind::Tuple(parts))),
        }
    }
}
