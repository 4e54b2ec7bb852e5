//! The tokens of one logical line, or of a part of it, one by one.

use super::expression::{Expression, ExpressionKind};
use super::tokens::{Token, TokenKind};
use crate::source::ByteSpan;

/// Expressions nested deeper than this are not read.
const MAX_DEPTH: usize = 100;

/// Reads the tokens of one logical line, or of a part of it.
pub(super) struct Parser<'a> {
    pub file: &'a str,
    pub tokens: &'a [Token],
    pub at: usize,
    depth: usize,
}

/// Words that no name is.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

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

    pub(super) fn peek_at(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.span.slice(self.file))
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> usize {
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

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let got = read(self);
        self.depth -= 1;
        got
    }

    pub(super) fn made(&self, start: usize, kind: ExpressionKind) -> Expression {
        Expression { span: ByteSpan::new(start, self.end().max(start)), kind }
    }
}
