//! A reader's place in the tokens of one statement.

use pest::Parser;

use super::token::{Token, TokenKind, token};
use super::{Grammar, Rule};
use crate::operation::{Ident, QualifiedName, SqlFragment, TypeName};
use crate::source::ByteSpan;

/// The tokens of a text that is not part of a script that was split.
pub(super) struct Tokens<'a> {
    text: &'a str,
    pub tokens: Vec<Token>,
}

impl<'a> Tokens<'a> {
    /// `None` when something in the text never ends.
    pub fn of(text: &'a str) -> Option<Self> {
        let mut tokens = Vec::new();
        for pair in Grammar::parse(Rule::tokens, text).ok()?.next()?.into_inner() {
            if pair.as_rule() == Rule::unterminated {
                return None;
            }
            tokens.extend(token(&pair, 0));
        }
        Some(Tokens { text, tokens })
    }

    /// A cursor before the first one.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self.text, &self.tokens)
    }
}

/// Walks the tokens of a statement; comments and white space are not tokens. The `eat` methods move on only when they match.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub text: &'a str,
    tokens: &'a [Token],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor before the first token. A closing semicolon is no token.
    pub fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        let closing = tokens.last().is_some_and(|t| t.span.slice(text) == ";");
        Cursor { text, tokens, at: 0, end: tokens.len() - usize::from(closing) }
    }

    pub fn peek(&self) -> Option<Token> {
        self.look(0)
    }

    fn look(&self, ahead: usize) -> Option<Token> {
        (self.at + ahead < self.end).then(|| self.tokens[self.at + ahead])
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    pub fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// The token's text.
    pub fn str(&self, token: Token) -> &'a str {
        token.span.slice(self.text)
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.look(ahead).is_some_and(|t| t.kind == TokenKind::Word && self.str(t).eq_ignore_ascii_case(word))
    }

    /// True when these key words, separated by spaces in `words`, come next.
    pub fn at(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(i, word)| self.is_word(i, word))
    }

    /// Moves past these key words when they come next.
    pub fn eat(&mut self, words: &str) -> bool {
        let found = self.at(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    /// As [`Cursor::eat`], as an `Option` for `?`.
    pub fn need(&mut self, words: &str) -> Option<()> {
        self.eat(words).then_some(())
    }

    pub fn at_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|t| t.kind == TokenKind::Symbol && self.str(t) == symbol)
    }

    pub fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// Moves past one of these key words and tells which.
    pub fn eat_one(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.eat(word))
    }

    /// The next key word in capitals, without moving.
    pub fn word(&self) -> String {
        self.peek().filter(|t| t.kind == TokenKind::Word).map(|t| self.str(t).to_ascii_uppercase()).unwrap_or_default()
    }

    /// An identifier.
    pub fn ident(&mut self) -> Option<Ident> {
        let token = self.peek().filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))?;
        self.at += 1;
        let text = self.str(token);
        if token.kind == TokenKind::Quoted && !text.starts_with('"') {
            return Ident::from_unicode(text, self.escape()?);
        }
        Some(Ident::from_sql(text))
    }

    /// The escape character of the `U&` name or string before: `UESCAPE '!'`, or a backslash.
    fn escape(&mut self) -> Option<char> {
        if !self.eat("UESCAPE") {
            return Some('\\');
        }
        let token = self.next().filter(|t| t.kind == TokenKind::String)?;
        self.str(token).trim_matches('\'').chars().next()
    }

    /// A name with an optional schema; a database name before it is refused.
    pub fn name(&mut self) -> Option<QualifiedName> {
        let first = self.ident()?;
        if !self.eat_symbol(".") {
            return Some(QualifiedName { schema: None, name: first });
        }
        let name = self.ident()?;
        (!self.at_symbol(".")).then_some(QualifiedName { schema: Some(first), name })
    }

    /// One or more names, separated by commas.
    pub fn names(&mut self) -> Option<Vec<QualifiedName>> {
        let mut names = vec![self.name()?];
        while self.eat_symbol(",") {
            names.push(self.name()?);
        }
        Some(names)
    }

    /// `(a, b, c)`.
    pub fn columns(&mut self) -> Option<Vec<Ident>> {
        let mut inside = self.parenthesised()?;
        let mut columns = vec![inside.ident()?];
        while inside.eat_symbol(",") {
            columns.push(inside.ident()?);
        }
        inside.is_done().then_some(columns)
    }

    /// A string literal, quotes included.
    pub fn string(&mut self) -> Option<String> {
        let token = self.peek().filter(|t| matches!(t.kind, TokenKind::String | TokenKind::Dollar))?;
        self.at += 1;
        if self.str(token).starts_with(['U', 'u']) {
            self.escape()?;
        }
        Some(self.span_from(token.span.start).slice(self.text).to_owned())
    }

    /// What stands in the parentheses that come next, as a cursor of its own; moves past them.
    pub fn parenthesised(&mut self) -> Option<Cursor<'a>> {
        if !self.at_symbol("(") {
            return None;
        }
        let mut inside = self.clone();
        inside.at += 1;
        let mut depth = 0usize;
        while let Some(token) = self.next() {
            match self.symbol(token) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                inside.end = self.at - 1;
                return Some(inside);
            }
        }
        None
    }

    fn symbol(&self, token: Token) -> &'a str {
        if token.kind == TokenKind::Symbol { self.str(token) } else { "" }
    }

    /// Moves on until `stop` holds outside parentheses, brackets and CASE, or to the end. At least `least` tokens are taken.
    pub fn skip_until(&mut self, least: usize, stop: impl Fn(&Cursor<'a>) -> bool) -> ByteSpan {
        let (start, mut depth, mut taken) = (self.position(), 0usize, 0);
        while let Some(token) = self.peek() {
            if depth == 0 && taken >= least && stop(self) {
                break;
            }
            if self.symbol(token) == "(" || self.symbol(token) == "[" || self.is_word(0, "case") {
                depth += 1;
            } else if depth > 0 && (self.symbol(token) == ")" || self.symbol(token) == "]" || self.is_word(0, "end")) {
                depth -= 1;
            }
            self.at += 1;
            taken += 1;
        }
        self.span_from(start)
    }

    /// The cursor some tokens further on.
    pub fn skip(&self, tokens: usize) -> Cursor<'a> {
        let mut further = self.clone();
        for _ in 0..tokens {
            further.next();
        }
        further
    }

    /// The byte where the next token starts (the end of the text after the last one).
    pub fn position(&self) -> usize {
        match self.peek() {
            Some(token) => token.span.start,
            None => self.end_of_last(),
        }
    }

    fn end_of_last(&self) -> usize {
        if self.at == 0 { 0 } else { self.tokens[self.at - 1].span.end }
    }

    /// From `start` to the end of the last token that was taken.
    pub fn span_from(&self, start: usize) -> ByteSpan {
        ByteSpan { start, end: self.end_of_last().max(start) }
    }

    /// The text from `start` to the end of the last token that was taken.
    pub fn fragment_from(&self, start: usize) -> SqlFragment {
        SqlFragment::new(self.span_from(start).slice(self.text))
    }

    /// Everything that is left, as text.
    pub fn rest(&mut self) -> SqlFragment {
        let start = self.position();
        self.at = self.end;
        self.fragment_from(start)
    }

    /// The parts between top-level commas, each a cursor of its own.
    pub fn comma_parts(mut self) -> Vec<Cursor<'a>> {
        let mut parts = Vec::new();
        loop {
            let mut part = self.clone();
            self.skip_until(0, |c| c.at_symbol(","));
            part.end = self.at;
            parts.push(part);
            if !self.eat_symbol(",") {
                return parts;
            }
        }
    }

    /// The text of everything from here to this cursor's end.
    pub fn whole_span(&self) -> ByteSpan {
        let mut end = self.clone();
        end.at = end.end;
        ByteSpan { start: self.position(), end: end.end_of_last().max(self.position()) }
    }

    /// A type as it is written.
    pub fn type_name(&mut self) -> Option<TypeName> {
        let start = self.position();
        let first = self.word();
        self.name()?;
        match first.as_str() {
            "DOUBLE" => drop(self.eat("PRECISION")),
            "CHARACTER" | "CHAR" | "NCHAR" | "BIT" => drop(self.eat("VARYING")),
            "NATIONAL" => while self.eat_one(&["CHARACTER", "CHAR", "VARYING"]).is_some() {},
            "INTERVAL" => while self.eat_one(&["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO"]).is_some() {},
            _ => {}
        }
        if self.at_symbol("(") {
            self.parenthesised()?;
        }
        if matches!(first.as_str(), "TIME" | "TIMESTAMP") && !self.eat("WITH TIME ZONE") {
            self.eat("WITHOUT TIME ZONE");
        }
        self.eat("ARRAY");
        while self.eat_symbol("[") {
            if self.peek().is_some_and(|t| t.kind == TokenKind::Number) {
                self.next();
            }
            self.eat_symbol("]").then_some(())?;
        }
        Some(TypeName::new(self.span_from(start).slice(self.text)))
    }
}
