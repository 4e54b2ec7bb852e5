//! Tokens, as Ruby's own lexer makes them.
//!
//! What a character means depends on what stands before it: `a / b` divides, `a /b/` calls `a` with a regular expression unless
//! `a` is a local variable. So the lexer keeps track of the names that were given a value.

mod names;

use std::collections::HashSet;

use pest::Parser;

use super::tokens::{KEYWORDS, Literal, RubyError, Token, TokenKind, Tokens};
use super::{Grammar, Rule};
use crate::source::ByteSpan;

/// Cuts a file into tokens.
pub(super) fn tokens(file: &str) -> Tokens {
    let mut lexer = Lexer {
        file,
        at: 0,
        tokens: Vec::with_capacity(file.len() / 6),
        literals: Vec::new(),
        comments: Vec::new(),
        data: None,
        heredocs: None,
        locals: HashSet::new(),
        binds: Binds::Nothing,
        depth: 0,
    };
    lexer.run(Rule::top);
    let error = lexer.code(false).err();
    let Lexer { tokens, literals, comments, data, .. } = lexer;
    Tokens { tokens, literals, comments, data, error }
}

/// How deep code in strings in code is followed.
const MAX_DEPTH: usize = 30;

pub(super) struct Lexer<'a> {
    pub file: &'a str,
    pub at: usize,
    tokens: Vec<Token>,
    literals: Vec<Literal>,
    comments: Vec<ByteSpan>,
    data: Option<ByteSpan>,
    /// The end of the line that begins heredocs, and the end of their lines.
    pub heredocs: Option<(usize, usize)>,
    /// The names that were given a value.
    locals: HashSet<&'a str>,
    /// What names are given a value by standing there.
    binds: Binds,
    depth: usize,
}

/// What gives names a value by standing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binds {
    Nothing,
    /// The parameters of a block, up to the next `|`.
    Block,
    /// Behind `def`: the name, and then the parameters, in so many parentheses, up to the end of the line.
    Method(usize),
}

/// Whether a value has ended where the next token begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value begins.
    Begin,
    /// A name that may be a method: a value may begin as its argument.
    Argument,
    /// A value has ended.
    End,
}

impl<'a> Lexer<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.file[self.at..]
    }

    /// Lexes code up to the end of the file, or up to the brace that closes it.
    fn code(&mut self, is_field: bool) -> Result<(), RubyError> {
        let mut braces = 0usize;
        loop {
            let rule = if is_field || self.heredocs.is_some() { Rule::careful } else { Rule::code };
            self.run(rule);
            let Some(next) = self.rest().chars().next() else {
                return match is_field {
                    true => Err(RubyError { at: self.at, what: "this never ends" }),
                    false => Ok(()),
                };
            };
            match next {
                '\n' | '\r' => self.newline(next),
                '{' => {
                    braces += 1;
                    self.push(TokenKind::Operator, 1);
                }
                '}' if is_field && braces == 0 => return Ok(()),
                '}' => {
                    braces = braces.saturating_sub(1);
                    self.push(TokenKind::Operator, 1);
                }
                '"' | '`' | '\'' => self.quoted(next, next.len_utf8())?,
                ':' => self.colon()?,
                '?' => self.question()?,
                '/' => self.slash()?,
                '%' => self.percent()?,
                '<' => self.heredoc_or_shift()?,
                other => self.push(TokenKind::Operator, other.len_utf8()),
            }
        }
    }

    /// Lexes code in a string, behind its opening brace; returns its tokens. The lexer stands before the closing brace then.
    pub(super) fn field(&mut self) -> Result<Vec<Token>, RubyError> {
        if self.depth == MAX_DEPTH {
            return Err(RubyError { at: self.at, what: "strings are nested too deep here" });
        }
        self.depth += 1;
        let outside = std::mem::take(&mut self.tokens);
        let done = self.code(true);
        let tokens = std::mem::replace(&mut self.tokens, outside);
        self.depth -= 1;
        done.map(|()| tokens)
    }

    fn run(&mut self, rule: Rule) {
        let from = self.at;
        let Ok(pairs) = Grammar::parse(rule, self.rest()) else { return };
        for pair in pairs.flat_map(|run| run.into_inner()) {
            let span = ByteSpan::new(from + pair.as_span().start(), from + pair.as_span().end());
            self.at = span.start;
            let kind = match pair.as_rule() {
                Rule::name => TokenKind::Name,
                Rule::constant => TokenKind::Constant,
                Rule::name_label => match self.is_behind_question() {
                    // `test ? a: b`
                    true => {
                        self.push(TokenKind::Name, span.len() - 1);
                        TokenKind::Operator
                    }
                    false => TokenKind::Label,
                },
                Rule::string => self.plain(span),
                Rule::string_label => match self.is_behind_question() {
                    true => {
                        let kind = self.plain(ByteSpan::new(span.start, span.end - 1));
                        self.push(kind, span.len() - 1);
                        TokenKind::Operator
                    }
                    false => match self.plain(ByteSpan::new(span.start, span.end - 1)) {
                        TokenKind::Literal(index) => TokenKind::LiteralLabel(index),
                        other => other,
                    },
                },
                Rule::symbol => TokenKind::Symbol,
                Rule::number => TokenKind::Number,
                Rule::variable => TokenKind::Variable,
                Rule::operator | Rule::brace => TokenKind::Operator,
                Rule::newline => TokenKind::Newline,
                Rule::comment | Rule::embedded => {
                    self.comments.push(span);
                    self.at = span.end;
                    continue;
                }
                Rule::data => {
                    self.data = Some(span);
                    self.at = span.end;
                    continue;
                }
                _ => {
                    self.at = span.end;
                    continue;
                }
            };
            let length = span.end - self.at;
            self.push(kind, length);
        }
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = ByteSpan::new(self.at, self.at + length);
        self.at = span.end;
        let kind = self.bound(kind, span);
        if kind != TokenKind::Newline || self.tokens.last().is_some_and(|last| last.kind != TokenKind::Newline) {
            self.tokens.push(Token { kind, span });
        }
    }

    fn is_behind_question(&self) -> bool {
        self.tokens.last().is_some_and(|last| last.kind == TokenKind::Operator) && self.follows("?")
    }

    fn is_behind_blank(&self) -> bool {
        self.tokens.last().is_none_or(|last| last.span.end < self.at)
    }

    fn state(&self) -> State {
        let Some(last) = self.tokens.last() else { return State::Begin };
        let text = last.span.slice(self.file);
        let before = self.tokens.len().checked_sub(2).map(|before| self.tokens[before].span.slice(self.file));
        match last.kind {
            TokenKind::Name if matches!(before, Some("." | "&." | "::")) => State::Argument,
            TokenKind::Name if before == Some("def") => State::End,
            TokenKind::Name => match text {
                "end" | "self" | "nil" | "true" | "false" | "__FILE__" | "__LINE__" | "__ENCODING__" | "redo"
                | "retry" | "def" => State::End,
                "super" | "yield" | "defined?" | "not" => State::Argument,
                _ if KEYWORDS.contains(&text) => State::Begin,
                _ => State::Argument,
            },
            TokenKind::Constant => State::Argument,
            TokenKind::Local | TokenKind::Variable | TokenKind::Number | TokenKind::Symbol | TokenKind::Literal(_) => {
                State::End
            }
            TokenKind::Operator if matches!(text, ")" | "]" | "}" | ".") => State::End,
            TokenKind::Operator if matches!(before, Some("def" | ".")) => State::Argument,
            TokenKind::Label | TokenKind::LiteralLabel(_) | TokenKind::Operator | TokenKind::Newline => State::Begin,
        }
    }

    /// A literal may begin here that has `length` bytes before its first character.
    fn may_begin(&self, length: usize) -> bool {
        match self.state() {
            State::Begin => true,
            State::End => false,
            State::Argument => {
                self.is_behind_blank() && !self.rest()[length..].starts_with([' ', '\t', '\n', '\r', '='])
            }
        }
    }

    fn newline(&mut self, next: char) {
        let length = match next {
            '\r' if !self.rest().starts_with("\r\n") => {
                self.at += 1;
                return;
            }
            '\r' => 2,
            _ => 1,
        };
        let line = self.at + length;
        self.push(TokenKind::Newline, length);
        if let Some((_, end)) = self.heredocs.take_if(|(end, _)| *end <= line) {
            self.at = end;
        }
        // `=begin` is looked for where a line begins.
        self.run(Rule::top);
    }

    fn literal(&mut self, from: usize, literal: Literal) {
        let is_label = literal.may_be_label()
            && self.rest().starts_with(':')
            && !self.rest().starts_with("::")
            && !self.is_behind_question();
        self.literals.push(literal);
        let index = self.literals.len() - 1;
        let length = self.at - from + usize::from(is_label);
        self.at = from;
        self.push(if is_label { TokenKind::LiteralLabel(index) } else { TokenKind::Literal(index) }, length);
    }

    fn plain(&mut self, span: ByteSpan) -> TokenKind {
        self.literals.push(Literal::plain(self.file, span));
        TokenKind::Literal(self.literals.len() - 1)
    }

    fn quoted(&mut self, quote: char, opening: usize) -> Result<(), RubyError> {
        let from = self.at;
        self.at += opening;
        let literal = Literal::quoted(self, quote)?;
        self.literal(from, literal);
        Ok(())
    }

    /// `:"…"`
    fn colon(&mut self) -> Result<(), RubyError> {
        let quote = self.rest()[1..].chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let Some(quote) = quote.filter(|_| self.state() != State::End) else {
            self.push(TokenKind::Operator, 1);
            return Ok(());
        };
        let from = self.at;
        self.at += 2;
        let literal = Literal::quoted(self, quote)?.into_symbol();
        self.literal(from, literal);
        Ok(())
    }

    /// `?a` is a character, or asks for what stands before it.
    fn question(&mut self) -> Result<(), RubyError> {
        let mut after = self.rest()[1..].chars();
        let (first, second) = (after.next(), after.next());
        let is_word = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let is_character = self.may_begin(1)
            && first.is_some_and(|first| !first.is_whitespace())
            && (first == Some('\\') || !is_word(first) || !is_word(second));
        if !is_character {
            self.push(TokenKind::Operator, 1);
            return Ok(());
        }
        let from = self.at;
        self.at += 1;
        let literal = Literal::character(self)?;
        self.literals.push(literal);
        let length = self.at - from;
        self.at = from;
        self.push(TokenKind::Literal(self.literals.len() - 1), length);
        Ok(())
    }

    fn slash(&mut self) -> Result<(), RubyError> {
        if self.may_begin(1) {
            return self.quoted('/', 1);
        }
        let length = if self.rest().starts_with("/=") { 2 } else { 1 };
        self.push(TokenKind::Operator, length);
        Ok(())
    }

    /// `%w[…]`, `%(…)`, or the rest of a division.
    fn percent(&mut self) -> Result<(), RubyError> {
        let mut after = self.rest()[1..].chars();
        let (first, second) = (after.next().unwrap_or(' '), after.next().unwrap_or(' '));
        let is_letter = matches!(first, 'q' | 'Q' | 'w' | 'W' | 'i' | 'I' | 'r' | 's' | 'x');
        let delimiter = if is_letter { second } else { first };
        let is_delimiter = !delimiter.is_alphanumeric() && !delimiter.is_whitespace() && delimiter.is_ascii();
        if !self.may_begin(1) || !is_delimiter {
            let length = if self.rest().starts_with("%=") { 2 } else { 1 };
            self.push(TokenKind::Operator, length);
            return Ok(());
        }
        let from = self.at;
        self.at += 1 + usize::from(is_letter) + delimiter.len_utf8();
        let literal = Literal::percent(self, if is_letter { first } else { 'Q' }, delimiter)?;
        self.literals.push(literal);
        let length = self.at - from;
        self.at = from;
        self.push(TokenKind::Literal(self.literals.len() - 1), length);
        Ok(())
    }

    fn heredoc_or_shift(&mut self) -> Result<(), RubyError> {
        let may_begin = match self.state() {
            State::Begin => !self.follows("class"),
            State::Argument => self.is_behind_blank(),
            State::End => false,
        };
        let from = self.at;
        if may_begin && let Some(literal) = Literal::heredoc(self)? {
            self.literals.push(literal);
            let length = self.at - from;
            self.at = from;
            self.push(TokenKind::Literal(self.literals.len() - 1), length);
            return Ok(());
        }
        let length = if self.rest().starts_with("<<=") { 3 } else { 2 };
        self.push(TokenKind::Operator, length);
        Ok(())
    }
}
