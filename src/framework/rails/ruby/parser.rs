//! Tokens, one by one.

use super::tokens::{KEYWORDS, Literal, Token, TokenKind};
use super::tree::{Expression, ExpressionKind};
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
}
