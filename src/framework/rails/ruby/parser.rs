//! Statements and operators: from tokens, by precedence (`parse.y`).

use super::tokens::{KEYWORDS, Literal, Token, TokenKind};
use super::tree::{Argument, Body, Expression, ExpressionKind, If, Rescue};
use crate::source::ByteSpan;

/// Code nested deeper than this is not read. A block in a block is a few levels.
const MAX_DEPTH: usize = 120;
/// Operators and calls in one expression, one behind the other.
pub(super) const MAX_CHAIN: usize = 200;

/// Keywords that are values, or begin one.
const VALUES: &[&str] = &[
    "nil",
    "true",
    "false",
    "self",
    "not",
    "defined?",
    "__FILE__",
    "__LINE__",
    "__ENCODING__",
    "case",
    "begin",
    "def",
    "yield",
    "super",
];

/// A value may begin with this word where the arguments of a call may stand.
pub(super) fn may_begin_value(word: &str) -> bool {
    !KEYWORDS.contains(&word) || VALUES.contains(&word)
}

/// Reads tokens.
pub(super) struct Parser<'a> {
    pub file: &'a str,
    pub literals: &'a [Literal],
    pub tokens: &'a [Token],
    pub at: usize,
    pub depth: usize,
    /// A `do` here belongs to what stands further out.
    pub leaves_do: bool,
}

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

/// Words that end statements.
const ENDS: &[&str] = &["end", "else", "elsif", "when", "in", "rescue", "ensure", "then", "do"];

impl<'a> Parser<'a> {
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn token(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    pub(super) fn text(&self, ahead: usize) -> &'a str {
        self.token(ahead).map_or("", |token| token.span.slice(self.file))
    }

    pub(super) fn kind(&self) -> Option<TokenKind> {
        self.token(0).map(|token| token.kind)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.token(0);
        self.at += usize::from(token.is_some());
        token
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        self.kind() == Some(TokenKind::Operator) && self.text(0) == operator
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind() == Some(TokenKind::Name) && self.text(0) == word
    }

    pub(super) fn eat(&mut self, operator: &str) -> bool {
        let is_there = self.is_operator(operator);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn skip_newlines(&mut self) {
        while self.kind() == Some(TokenKind::Newline) {
            self.at += 1;
        }
    }

    /// Newlines and semicolons.
    pub(super) fn skip_terminators(&mut self) {
        while self.kind() == Some(TokenKind::Newline) || self.is_operator(";") {
            self.at += 1;
        }
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> usize {
        self.token(0).map_or(self.end(), |token| token.span.start)
    }

    /// Where the last token that was taken ends.
    pub(super) fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.span.end)
    }

    /// Blanks stand before the token.
    pub(super) fn is_spaced(&self, ahead: usize) -> bool {
        let at = self.at + ahead;
        match (at.checked_sub(1).and_then(|before| self.tokens.get(before)), self.tokens.get(at)) {
            (Some(before), Some(token)) => before.span.end < token.span.start,
            _ => true,
        }
    }

    pub(super) fn made(&self, start: usize, kind: ExpressionKind) -> Expression {
        Expression { span: ByteSpan::new(start, self.end().max(start)), kind }
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let got = read(self);
        self.depth -= 1;
        got
    }

    /// Statements up to a word that ends them, or a bracket.
    pub(super) fn statements(&mut self) -> Vec<Expression> {
        let leaves_do = std::mem::take(&mut self.leaves_do);
        let mut statements = Vec::new();
        loop {
            self.skip_terminators();
            let is_end = match self.kind() {
                None => true,
                Some(TokenKind::Name) => ENDS.contains(&self.text(0)),
                Some(TokenKind::Operator) => matches!(self.text(0), "}" | ")"),
                _ => false,
            };
            if is_end {
                self.leaves_do = leaves_do;
                return statements;
            }
            statements.push(self.statement_or_unread());
        }
    }

    fn statement_or_unread(&mut self) -> Expression {
        let (from, start, depth) = (self.at, self.start(), self.depth);
        if let Some(statement) = self.deeper(Self::statement).filter(|_| self.is_terminated()) {
            return statement;
        }
        (self.at, self.depth, self.leaves_do) = (from, depth, false);
        self.skip_statement();
        self.made(start, ExpressionKind::Unread)
    }

    fn is_terminated(&self) -> bool {
        match self.kind() {
            None | Some(TokenKind::Newline) => true,
            Some(TokenKind::Operator) => matches!(self.text(0), ";" | "}" | ")"),
            Some(TokenKind::Name) => ENDS.contains(&self.text(0)),
            _ => false,
        }
    }

    /// Skips what is not understood: up to the end of its line, with all blocks that it opens.
    fn skip_statement(&mut self) {
        let mut open = 0usize;
        let mut begins = true;
        while let Some(token) = self.token(0) {
            let text = self.text(0);
            match token.kind {
                TokenKind::Newline if open == 0 => return,
                TokenKind::Operator if text == ";" && open == 0 => return,
                TokenKind::Operator if matches!(text, "(" | "[" | "{") => open += 1,
                TokenKind::Operator if matches!(text, ")" | "]" | "}") => match open {
                    0 => return self.at += usize::from(begins),
                    _ => open -= 1,
                },
                TokenKind::Name if !self.is_method_name() => match text {
                    "do" | "def" | "class" | "module" | "begin" | "case" => open += 1,
                    "if" | "unless" | "while" | "until" | "for" if begins => open += 1,
                    "end" => match open {
                        0 => return self.at += usize::from(begins),
                        _ => open -= 1,
                    },
                    _ => {}
                },
                _ => {}
            }
            begins = matches!(token.kind, TokenKind::Newline)
                || (token.kind == TokenKind::Operator && matches!(text, ";" | "="));
            self.at += 1;
        }
    }

    /// A word behind a dot.
    fn is_method_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        before.is_some_and(|before| matches!(before.span.slice(self.file), "." | "&." | "def"))
    }

    /// A statement with the conditions behind it.
    pub(super) fn statement(&mut self) -> Option<Expression> {
        let start = self.start();
        let mut statement = self.words()?;
        for _ in 0..MAX_CHAIN {
            let Some(word) = self.token(0).filter(|token| token.kind == TokenKind::Name) else {
                return Some(statement);
            };
            let kind = match self.text(0) {
                "if" | "unless" => {
                    self.next();
                    self.skip_newlines();
                    let test = self.words()?;
                    let word = word.span;
                    ExpressionKind::If(Box::new(If { word, test, then: vec![statement], otherwise: Vec::new() }))
                }
                "while" | "until" => {
                    self.next();
                    self.skip_newlines();
                    let test = self.words()?;
                    ExpressionKind::While(word.span, Box::new(test), vec![statement])
                }
                "rescue" => {
                    self.next();
                    self.skip_newlines();
                    match statement.kind {
                        // What is rescued is the value.
                        ExpressionKind::Assign(targets, operator, value) => {
                            let from = value.span.start;
                            let value = self.rescued(*value, from)?;
                            ExpressionKind::Assign(targets, operator, Box::new(value))
                        }
                        _ => self.rescued(statement, start)?.kind,
                    }
                }
                _ => return Some(statement),
            };
            statement = self.made(start, kind);
        }
        None
    }

    fn rescued(&mut self, value: Expression, start: usize) -> Option<Expression> {
        let other = self.words()?;
        let rescue = Rescue { classes: Vec::new(), name: None, body: vec![other] };
        let body = Body { statements: vec![value], rescues: vec![rescue], ..Body::default() };
        Some(self.made(start, ExpressionKind::Begin(Box::new(body))))
    }

    /// `not`, `and` and `or`.
    pub(super) fn words(&mut self) -> Option<Expression> {
        let start = self.start();
        let mut left = self.not()?;
        for _ in 0..MAX_CHAIN {
            let Some(word) = self.token(0).filter(|_| self.is_word("and") || self.is_word("or")) else {
                return Some(left);
            };
            self.next();
            self.skip_newlines();
            let right = self.not()?;
            left = self.made(start, ExpressionKind::Binary(Box::new(left), word.span, Box::new(right)));
        }
        None
    }

    fn not(&mut self) -> Option<Expression> {
        let start = self.start();
        if self.is_word("not") {
            let word = self.next()?.span;
            let value = self.deeper(Self::not)?;
            return Some(self.made(start, ExpressionKind::Unary(word, Box::new(value))));
        }
        let first = if self.is_operator("*") { self.splat()? } else { self.expression()? };
        let is_list = self.is_operator(",") || matches!(first.kind, ExpressionKind::Splat(..));
        match first.kind {
            ExpressionKind::Assign(targets, operator, value) if self.is_operator(",") => {
                // a = 1, 2
                let from = value.span.start;
                let list = self.list_from(*value, from)?;
                Some(self.made(start, ExpressionKind::Assign(targets, operator, Box::new(list))))
            }
            _ if is_list && is_target(&first) => self.assigned_list(first, start),
            _ => Some(first),
        }
    }

    /// `a, (b, *c) = values`
    fn assigned_list(&mut self, first: Expression, start: usize) -> Option<Expression> {
        let mut targets = vec![first];
        while self.eat(",") {
            self.skip_newlines();
            if self.is_operator("=") || self.is_operator(")") {
                break;
            }
            let target = if self.is_operator("*") { self.splat()? } else { self.primary()? };
            targets.push(target);
        }
        if self.is_operator(")") {
            // The inner part of `(a, b), c = values`.
            return Some(self.made(start, ExpressionKind::List(targets)));
        }
        let operator = self.token(0).filter(|_| self.is_operator("="))?.span;
        self.next();
        self.skip_newlines();
        let from = self.start();
        let first = if self.is_operator("*") { self.splat()? } else { self.expression()? };
        let value = self.list_from(first, from)?;
        Some(self.made(start, ExpressionKind::Assign(targets, operator, Box::new(value))))
    }

    fn list_from(&mut self, first: Expression, start: usize) -> Option<Expression> {
        if !self.is_operator(",") {
            return Some(first);
        }
        let mut values = vec![first];
        while self.eat(",") {
            self.skip_newlines();
            let value = if self.is_operator("*") { self.splat()? } else { self.expression()? };
            values.push(value);
        }
        Some(self.made(start, ExpressionKind::List(values)))
    }

    /// `*value`, `**value`, `&value`.
    pub(super) fn splat(&mut self) -> Option<Expression> {
        let start = self.start();
        let sign = self.next()?.span;
        let is_alone = self.is_done() || self.is_operator(")") || self.is_operator(",") || self.is_operator("=");
        let value = if is_alone { None } else { Some(Box::new(self.deeper(|parser| parser.ternary())?)) };
        Some(self.made(start, ExpressionKind::Splat(sign, value)))
    }

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

    /// A value may begin with the next token.
    pub(super) fn begins_value(&self) -> bool {
        match self.kind() {
            None | Some(TokenKind::Newline) => false,
            Some(TokenKind::Operator) => {
                matches!(self.text(0), "(" | "[" | "{" | "->" | "!" | "~" | "-" | "+" | "*" | "**" | "&" | "::" | "..")
            }
            Some(TokenKind::Name) => may_begin_value(self.text(0)),
            Some(_) => true,
        }
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
fn is_target(expression: &Expression) -> bool {
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
