//! Expressions: from the tokens of a logical line, by precedence (The Python Language Reference, 6.17).

use super::tokens::{Token, TokenKind};
use crate::source::ByteSpan;

/// Expressions nested deeper than this are not read.
const MAX_DEPTH: usize = 100;

/// An expression and where it stands; parentheses around it do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// From its first byte to its last.
    pub span: ByteSpan,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A name; `True`, `False` and `None` too.
    Name,
    /// A number.
    Number,
    /// String literals side by side, which are one string.
    Strings(Vec<ByteSpan>),
    /// `value.name`.
    Attribute(Box<Expression>, ByteSpan),
    /// `function(…)`.
    Call(Box<Expression>, Vec<Argument>),
    /// `value[…]`.
    Subscript(Box<Expression>, Vec<Expression>),
    /// `[…]`.
    List(Vec<Expression>),
    /// `(…, …)`, or without parentheses.
    Tuple(Vec<Expression>),
    /// `{…}`.
    Set(Vec<Expression>),
    /// `{key: value}`; `**value` has no key.
    Dict(Vec<(Option<Expression>, Expression)>),
    /// `-value`, `+value`, `~value`, `not value`: the operator, and the value.
    Unary(ByteSpan, Box<Expression>),
    /// `left operator right`; of comparisons only those of two values.
    Binary(Box<Expression>, ByteSpan, Box<Expression>),
    /// `value if test else other`, in this order.
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `*value`.
    Starred(Box<Expression>),
    /// `value for … in … if …` in brackets of any kind: what it makes each time (of a dictionary the key, too), and its loops.
    Comprehension(Vec<Expression>, Vec<Round>),
    /// Lambdas, slices, chains of comparisons, …: what stands in it, in order.
    Other(Vec<Expression>),
}

/// `for target in values if tests`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// What gets each value.
    pub target: Expression,
    /// The values.
    pub values: Expression,
    /// What must be true.
    pub tests: Vec<Expression>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The name before `=`, where there is one.
    pub name: Option<ByteSpan>,
    /// Whether it stands for several arguments.
    pub star: Star,
    /// Its value.
    pub value: Expression,
}

/// The stars before an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Star {
    /// None: one argument.
    None,
    /// `*`: arguments by position.
    One,
    /// `**`: arguments by name.
    Two,
}

impl Expression {
    /// Calls `visit` for this expression and all that stand in it: first itself, then its parts in order.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        visit(self);
        match &self.kind {
            ExpressionKind::Name | ExpressionKind::Number | ExpressionKind::Strings(_) => {}
            ExpressionKind::Attribute(value, _) | ExpressionKind::Unary(_, value) | ExpressionKind::Starred(value) => {
                value.walk(visit);
            }
            ExpressionKind::Call(function, arguments) => {
                function.walk(visit);
                arguments.iter().for_each(|argument| argument.value.walk(visit));
            }
            ExpressionKind::Subscript(value, index) => {
                value.walk(visit);
                index.iter().for_each(|part| part.walk(visit));
            }
            ExpressionKind::List(parts)
            | ExpressionKind::Tuple(parts)
            | ExpressionKind::Set(parts)
            | ExpressionKind::Other(parts) => parts.iter().for_each(|part| part.walk(visit)),
            ExpressionKind::Comprehension(parts, rounds) => {
                parts.iter().for_each(|part| part.walk(visit));
                for round in rounds {
                    round.target.walk(visit);
                    round.values.walk(visit);
                    round.tests.iter().for_each(|test| test.walk(visit));
                }
            }
            ExpressionKind::Dict(pairs) => {
                for (key, value) in pairs {
                    key.iter().for_each(|key| key.walk(visit));
                    value.walk(visit);
                }
            }
            ExpressionKind::Binary(left, _, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            ExpressionKind::Conditional(value, test, other) => {
                value.walk(visit);
                test.walk(visit);
                other.walk(visit);
            }
        }
    }

    /// `a.b.c` as it is written, when it is nothing but names and dots.
    pub fn dotted(&self, file: &str) -> Option<String> {
        match &self.kind {
            ExpressionKind::Name => Some(self.span.slice(file).to_owned()),
            ExpressionKind::Attribute(value, name) => Some(value.dotted(file)? + "." + name.slice(file)),
            _ => None,
        }
    }
}

/// Reads the tokens of one logical line, or of a part of it.
pub(super) struct Parser<'a> {
    pub file: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

/// Words that no name is.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

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

impl<'a> Parser<'a> {
    pub(super) fn new(file: &'a str, tokens: &'a [Token]) -> Self {
        Parser { file, tokens, at: 0, depth: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> &'a str {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.span.slice(self.file))
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    /// Where the next token begins.
    fn start(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end(), |token| token.span.start)
    }

    /// Where the last token that was taken ends.
    pub(super) fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.span.end)
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let is_there = !self.is_done() && self.peek() == word;
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn name(&mut self) -> Option<ByteSpan> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == TokenKind::Name)?;
        if KEYWORDS.contains(&token.span.slice(self.file)) {
            return None;
        }
        self.at += 1;
        Some(token.span)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let got = read(self);
        self.depth -= 1;
        got
    }

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

    fn made(&self, start: usize, kind: ExpressionKind) -> Expression {
        Expression { span: ByteSpan::new(start, self.end().max(start)), kind }
    }

    fn starred(&mut self) -> Option<Expression> {
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
    fn binary(&mut self, least: u8) -> Option<Expression> {
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

    /// A value with its attributes, calls and subscripts.
    fn primary(&mut self) -> Option<Expression> {
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
}
