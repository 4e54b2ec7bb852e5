//! PostgreSQL's lexical structure (documentation, chapter 4.1): what stands next in a text.
//!
//! Every byte belongs to a lexeme, so nothing is lost. What nests (comments, parentheses, CASE) is counted, so that no input
//! can overflow the stack. Only ASCII decides, so a text is read byte by byte.

use crate::source::ByteSpan;

/// What a token is. Key words and unquoted names are both `Word`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// `"…"` or `U&"…"`.
    Quoted,
    /// `'…'`, `E'…'` or `U&'…'`.
    String,
    Dollar,
    Number,
    Symbol,
    /// The rows of VALUES, the body of a function: nobody looks into it.
    Unread,
}

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// White space.
    Blank,
    /// `-- …` without its line end, or `/* … */`.
    Comment,
    Token(TokenKind),
    /// A string, quoted name, dollar quote or comment that never ends: the rest of the text.
    Unterminated,
}

/// Walks through the lexemes of a text.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Before the first lexeme.
    pub fn new(text: &'a str) -> Self {
        Lexer { text, at: 0 }
    }

    /// Where the next lexeme starts.
    pub fn place(&self) -> usize {
        self.at
    }

    /// Goes on at another place, where a lexeme starts.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Moves past white space and comments.
    pub fn skip_trivia(&mut self) {
        while let Some((Lexeme::Blank | Lexeme::Comment, end)) = self.peek() {
            self.at = end;
        }
    }

    /// Moves past a key word, in any case, when it comes next.
    pub fn eat(&mut self, word: &str) -> bool {
        let rest = &self.bytes()[self.at..];
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && !rest.get(word.len()).copied().is_some_and(is_word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// What comes next, and where it ends; `None` at the end of the text.
    pub fn peek(&self) -> Option<(Lexeme, usize)> {
        let (bytes, at) = (self.bytes(), self.at);
        let next = bytes.get(at + 1).copied();
        Some(match *bytes.get(at)? {
            b' ' | b'\t'..=b'\r' => (Lexeme::Blank, self.while_from(at + 1, is_blank)),
            b'-' if next == Some(b'-') => (Lexeme::Comment, self.while_from(at, |byte| !matches!(byte, b'\n' | b'\r'))),
            b'/' if next == Some(b'*') => self.ended(Lexeme::Comment, self.end_of_comment()),
            b'\'' => self.ended(Lexeme::Token(TokenKind::String), self.end_of_quoted(at, b'\'')),
            b'"' => self.ended(Lexeme::Token(TokenKind::Quoted), self.end_of_quoted(at, b'"')),
            b'$' => match self.dollar_tag() {
                Some(tag) => self.ended(Lexeme::Token(TokenKind::Dollar), self.end_of_dollar(tag)),
                None => (Lexeme::Token(TokenKind::Symbol), at + 1),
            },
            b'0'..=b'9' => (Lexeme::Token(TokenKind::Number), self.end_of_number()),
            byte if is_word(byte) => self.word(),
            b':' if next == Some(b':') => (Lexeme::Token(TokenKind::Symbol), at + 2),
            _ => (Lexeme::Token(TokenKind::Symbol), at + 1),
        })
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// Where the bytes from a place on end of which all are such.
    fn while_from(&self, from: usize, is_such: impl Fn(u8) -> bool) -> usize {
        let rest = &self.bytes()[from..];
        from + rest.iter().position(|byte| !is_such(*byte)).unwrap_or(rest.len())
    }

    fn ended(&self, lexeme: Lexeme, end: Option<usize>) -> (Lexeme, usize) {
        match end {
            Some(end) => (lexeme, end),
            None => (Lexeme::Unterminated, self.text.len()),
        }
    }

    /// A word, or a string or name with a prefix. Where one of these never ends, its prefix is a word.
    fn word(&self) -> (Lexeme, usize) {
        let (bytes, at) = (self.bytes(), self.at);
        let prefixed = match (bytes[at], bytes.get(at + 1), bytes.get(at + 2)) {
            (b'e' | b'E', Some(b'\''), _) => self.end_of_escaped().map(|end| (TokenKind::String, end)),
            (b'u' | b'U', Some(b'&'), Some(b'\'')) => {
                self.end_of_quoted(at + 2, b'\'').map(|end| (TokenKind::String, end))
            }
            (b'u' | b'U', Some(b'&'), Some(b'"')) => {
                self.end_of_quoted(at + 2, b'"').map(|end| (TokenKind::Quoted, end))
            }
            _ => None,
        };
        let (kind, end) = prefixed.unwrap_or_else(|| (TokenKind::Word, self.while_from(at, is_word)));
        (Lexeme::Token(kind), end)
    }

    /// A quote that is written twice is one inside.
    fn end_of_quoted(&self, open: usize, quote: u8) -> Option<usize> {
        let close = |from: usize| self.bytes()[from..].iter().position(|byte| *byte == quote).map(|at| from + at + 1);
        let mut end = close(open + 1)?;
        while self.bytes().get(end) == Some(&quote) {
            match close(end + 1) {
                Some(further) => end = further,
                None => break,
            }
        }
        Some(end)
    }

    /// `E'…'`: a backslash takes the next character with it.
    fn end_of_escaped(&self) -> Option<usize> {
        let bytes = self.bytes();
        let mut at = self.at + 2;
        loop {
            match (*bytes.get(at)?, bytes.get(at + 1)) {
                (b'\\', Some(_)) | (b'\'', Some(b'\'')) => at += 2,
                (b'\'', _) => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Comments nest.
    fn end_of_comment(&self) -> Option<usize> {
        let bytes = self.bytes();
        let (mut at, mut depth) = (self.at, 0usize);
        loop {
            match (*bytes.get(at)?, bytes.get(at + 1)) {
                (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
                (b'*', Some(b'/')) => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                return Some(at);
            }
        }
    }

    /// `$$` or `$tag$`.
    fn dollar_tag(&self) -> Option<&'a str> {
        let start = self.at + 1;
        let end = self.while_from(start, |byte| is_word(byte) && byte != b'$');
        let is_tag = self.bytes().get(end) == Some(&b'$') && !self.bytes()[start].is_ascii_digit();
        is_tag.then(|| &self.text[self.at..end + 1])
    }

    fn end_of_dollar(&self, tag: &str) -> Option<usize> {
        let inside = self.at + tag.len();
        Some(inside + self.text[inside..].find(tag)? + tag.len())
    }

    /// A dot is part of it where a digit follows.
    fn end_of_number(&self) -> usize {
        let bytes = self.bytes();
        let mut end = self.at;
        loop {
            end = self.while_from(end, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            match (bytes.get(end), bytes.get(end + 1)) {
                (Some(b'.'), Some(b'0'..=b'9')) => end += 1,
                _ => return end,
            }
        }
    }
}

/// Each lexeme with its place.
impl Iterator for Lexer<'_> {
    type Item = (Lexeme, ByteSpan);

    fn next(&mut self) -> Option<Self::Item> {
        let (lexeme, end) = self.peek()?;
        let span = ByteSpan { start: self.at, end };
        self.at = end;
        Some((lexeme, span))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Part of a word; letters that are not ASCII are.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let tokens = Lexer::new(text).filter(|(lexeme, _)| matches!(lexeme, Lexeme::Token(_)));
        tokens.map(|(_, span)| span.slice(text)).collect()
    }

    #[test]
    fn tokens_are_postgresqls() {
        for (text, expected) in [
            ("a$1 $1 1.5e3 1..2 x::y", vec!["a$1", "$", "1", "1.5e3", "1", ".", ".", "2", "x", "::", "y"]),
            ("E'\\'' 'it''s' U&'a' n'x'", vec!["E'\\''", "'it''s'", "U&'a'", "n", "'x'"]),
            ("\"a\"\"b\" U&\"c\" u & d", vec!["\"a\"\"b\"", "U&\"c\"", "u", "&", "d"]),
            ("$$a$x$b$$ $t$ $$ $t$ é", vec!["$$a$x$b$$", "$t$ $$ $t$", "é"]),
            ("a-1 --b\n-c/*/**/d*/*/e", vec!["a", "-", "1", "-", "c", "*", "/", "e"]),
            ("e'never", vec!["e"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn what_never_ends_is_the_rest() {
        for text in ["'a b", "\"a", "$x$ a $y$", "/* /* */ "] {
            assert_eq!(Lexer::new(text).next(), Some((Lexeme::Unterminated, ByteSpan::new(0, text.len()))), "{text}");
        }
    }
}
