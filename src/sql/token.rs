//! The tokens of a statement, as readers see them.

use pest::iterators::Pair;

use super::Rule;
use crate::source::ByteSpan;

/// What a token is. Key words and unquoted names are both `Word`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Quoted,
    String,
    Dollar,
    Number,
    Symbol,
    /// The rows of VALUES, the body of a function: nobody looks into it.
    Unread,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: ByteSpan,
}

/// What a rule of the grammar is to a reader, its place counted from `start`; `None` for comments.
pub(super) fn token(pair: &Pair<'_, Rule>, start: usize) -> Option<Token> {
    let kind = kind(pair)?;
    let span = pair.as_span();
    Some(Token { kind, span: ByteSpan { start: span.start() - start, end: span.end() - start } })
}

/// What a rule of the grammar is to a reader; `None` for comments.
pub(super) fn kind(pair: &Pair<'_, Rule>) -> Option<TokenKind> {
    match pair.as_rule() {
        Rule::token | Rule::other => Some(kind_of(pair.as_str().as_bytes())),
        Rule::values_word => Some(TokenKind::Word),
        Rule::terminator => Some(TokenKind::Symbol),
        Rule::rows | Rule::atomic_body => Some(TokenKind::Unread),
        _ => None,
    }
}

/// A token by its first characters.
fn kind_of(token: &[u8]) -> TokenKind {
    match token {
        [b'"', ..] | [b'u' | b'U', b'&', b'"', ..] => TokenKind::Quoted,
        [b'\'', ..] | [b'e' | b'E', b'\'', ..] | [b'u' | b'U', b'&', b'\'', ..] => TokenKind::String,
        [b'0'..=b'9', ..] | [b'$', b'0'..=b'9', ..] => TokenKind::Number,
        [b'$', ..] => TokenKind::Dollar,
        [b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.., ..] => TokenKind::Word,
        _ => TokenKind::Symbol,
    }
}
