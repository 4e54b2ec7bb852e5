//! Which names were given a value: those are local variables.

use super::{Binds, Lexer};
use crate::framework::rails::ruby::tokens::{KEYWORDS, TokenKind};
use crate::source::ByteSpan;

impl Lexer<'_> {
    /// Follows which names are given a value; a name that was is a local one.
    pub(super) fn bound(&mut self, kind: TokenKind, span: ByteSpan) -> TokenKind {
        let text = span.slice(self.file);
        match kind {
            TokenKind::Name => {
                let is_keyword = KEYWORDS.contains(&text) && !matches!(text, "def" | "class" | "module");
                if is_keyword || self.follows(".") || self.follows("&.") {
                    return kind;
                }
                match (text, self.binds) {
                    ("def", _) => {
                        self.locals.clear();
                        self.binds = Binds::Method(0);
                    }
                    ("class" | "module", _) => self.locals.clear(),
                    (_, Binds::Block) => drop(self.locals.insert(text)),
                    // Behind the method's own name.
                    (_, Binds::Method(_)) if !self.follows("def") => drop(self.locals.insert(text)),
                    _ if self.binds_error() => drop(self.locals.insert(text)),
                    _ if self.follows("for") => drop(self.locals.insert(text)),
                    _ if self.locals.contains(text) => return TokenKind::Local,
                    _ => {}
                }
            }
            TokenKind::Label if self.binds != Binds::Nothing => drop(self.locals.insert(&text[..text.len() - 1])),
            TokenKind::Newline if self.binds == Binds::Method(0) => self.binds = Binds::Nothing,
            TokenKind::Operator => match (text, self.binds) {
                ("|", Binds::Block) => self.binds = Binds::Nothing,
                ("|", _) if self.follows("{") || self.follows("do") => self.binds = Binds::Block,
                ("(", Binds::Method(open)) => self.binds = Binds::Method(open + 1),
                (")", Binds::Method(0 | 1)) | (";", Binds::Method(0)) => self.binds = Binds::Nothing,
                (")", Binds::Method(open)) => self.binds = Binds::Method(open - 1),
                ("=", _) => self.bind_targets(),
                ("||=" | "&&=" | "+=" | "-=" | "*=" | "<<=" | "|=", _) => self.bind_targets(),
                _ => {}
            },
            _ => {}
        }
        kind
    }

    pub(super) fn follows(&self, word: &str) -> bool {
        self.tokens.last().is_some_and(|last| last.span.slice(self.file) == word)
    }

    /// `rescue Error => name`
    fn binds_error(&self) -> bool {
        self.follows("=>")
            && self
                .tokens
                .iter()
                .rev()
                .take_while(|token| token.kind != TokenKind::Newline)
                .any(|token| token.kind == TokenKind::Name && token.span.slice(self.file) == "rescue")
    }

    /// What stands before an assignment: `a`, or `a, *b`.
    fn bind_targets(&mut self) {
        let mut needs_comma = false;
        let file = self.file;
        for (at, token) in self.tokens.iter().enumerate().rev() {
            let text = token.span.slice(file);
            match token.kind {
                TokenKind::Name | TokenKind::Local if !needs_comma => {
                    let before = at.checked_sub(1).map(|before| self.tokens[before].span.slice(file));
                    if matches!(before, Some("." | "&.")) {
                        return;
                    }
                    if !KEYWORDS.contains(&text) {
                        self.locals.insert(text);
                    }
                    needs_comma = true;
                }
                TokenKind::Operator if text == "," => needs_comma = false,
                TokenKind::Operator if matches!(text, "*" | "(" | ")") => {}
                _ => return,
            }
        }
    }
}
