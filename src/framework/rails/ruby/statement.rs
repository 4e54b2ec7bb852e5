//! Statements, with the conditions behind them.

use super::operator::is_target;
use super::parser::{MAX_CHAIN, Parser};
use super::tokens::TokenKind;
use super::tree::{Body, Expression, ExpressionKind, If, Rescue};

/// Words that end statements.
const ENDS: &[&str] = &["end", "else", "elsif", "when", "in", "rescue", "ensure", "then", "do"];

impl Parser<'_> {
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
}
