//! What begins with a keyword: conditions, loops, definitions.

use super::parser::Parser;
use super::tokens::TokenKind;
use super::tree::{Argument, Body, Call, Case, Class, Expression, ExpressionKind, If, Method, Rescue};
use crate::source::ByteSpan;

impl Parser<'_> {
    /// What a keyword begins.
    pub(super) fn keyword(&mut self) -> Option<Expression> {
        let start = self.start();
        let kind = match self.text(0) {
            "nil" | "true" | "false" | "self" | "__FILE__" | "__LINE__" | "__ENCODING__" => {
                self.next();
                ExpressionKind::Keyword
            }
            "if" | "unless" => self.condition()?,
            "while" | "until" => self.repeated()?,
            "for" => self.for_loop()?,
            "case" => self.case()?,
            "begin" => {
                self.next();
                ExpressionKind::Begin(Box::new(self.body()?))
            }
            "def" => self.method()?,
            "class" => self.class()?,
            "module" => {
                let word = self.next()?.span;
                let name = self.path()?;
                let head = ByteSpan::new(start, self.end());
                let body = self.body()?;
                ExpressionKind::Class(Box::new(Class { word, name, superclass: None, head, body }))
            }
            "return" | "break" | "next" | "redo" | "retry" => {
                let word = self.next()?.span;
                ExpressionKind::Jump(word, self.values()?)
            }
            "yield" | "super" => {
                let name = self.token(0)?.span;
                match self.named(ExpressionKind::Name)? {
                    ExpressionKind::Name => ExpressionKind::Call(Box::new(Call {
                        receiver: None,
                        name,
                        arguments: Vec::new(),
                        block: None,
                    })),
                    called => called,
                }
            }
            "alias" | "undef" => {
                let mut count = if self.text(0) == "alias" { 2 } else { 1 };
                self.next();
                // `undef` may name several.
                while count > 0 {
                    self.next();
                    count = count - 1 + usize::from(self.eat(","));
                }
                ExpressionKind::Unread
            }
            _ => return None,
        };
        Some(self.made(start, kind))
    }

    /// What is asked at the head of a loop: a `do` behind it is the loop's.
    fn head(&mut self) -> Option<Expression> {
        let leaves_do = std::mem::replace(&mut self.leaves_do, true);
        let head = self.statement();
        self.leaves_do = leaves_do;
        head
    }

    /// `if`, `unless` and `elsif`, up to the `end`.
    fn condition(&mut self) -> Option<ExpressionKind> {
        let word = self.next()?.span;
        self.skip_newlines();
        let leaves_do = std::mem::take(&mut self.leaves_do);
        let test = self.statement()?;
        self.leaves_do = leaves_do;
        self.skip_terminators();
        self.eat_word("then");
        let then = self.statements();
        let from = self.start();
        let otherwise = if self.is_word("elsif") {
            // The `end` of the inner one is the outer one's, too.
            let inner = self.deeper(Self::condition)?;
            vec![self.made(from, inner)]
        } else {
            let otherwise = if self.eat_word("else") { self.statements() } else { Vec::new() };
            if !self.eat_word("end") {
                return None;
            }
            otherwise
        };
        Some(ExpressionKind::If(Box::new(If { word, test, then, otherwise })))
    }

    fn repeated(&mut self) -> Option<ExpressionKind> {
        let word = self.next()?.span;
        let test = self.head()?;
        self.skip_terminators();
        self.eat_word("do");
        let body = self.statements();
        self.eat_word("end").then_some(ExpressionKind::While(word, Box::new(test), body))
    }

    fn for_loop(&mut self) -> Option<ExpressionKind> {
        self.next();
        let mut targets = Vec::new();
        loop {
            targets.push(if self.is_operator("*") { self.splat()? } else { self.primary()? });
            if !self.eat(",") {
                break;
            }
        }
        if !self.eat_word("in") {
            return None;
        }
        let values = self.head()?;
        self.skip_terminators();
        self.eat_word("do");
        let body = self.statements();
        self.eat_word("end").then_some(ExpressionKind::For(targets, Box::new(values), body))
    }

    fn case(&mut self) -> Option<ExpressionKind> {
        self.next();
        let subject = match self.kind() {
            Some(TokenKind::Newline) => None,
            _ => Some(self.statement()?),
        };
        self.skip_terminators();
        let mut branches = Vec::new();
        loop {
            let values = if self.eat_word("when") {
                self.skip_newlines();
                let mut values = Vec::new();
                for value in self.values()? {
                    match value {
                        Argument::Value(value) => values.push(value),
                        Argument::Pair(_) => return None,
                    }
                }
                values
            } else if self.eat_word("in") {
                vec![self.pattern()]
            } else {
                break;
            };
            self.skip_terminators();
            self.eat_word("then");
            branches.push((values, self.statements()));
        }
        let otherwise = if self.eat_word("else") { self.statements() } else { Vec::new() };
        self.eat_word("end").then(|| ExpressionKind::Case(Box::new(Case { subject, branches, otherwise })))
    }

    /// A pattern is not read.
    fn pattern(&mut self) -> Expression {
        let start = self.start();
        let mut open = 0usize;
        while let Some(token) = self.token(0) {
            match self.text(0) {
                "(" | "[" | "{" => open += 1,
                ")" | "]" | "}" => open = open.saturating_sub(1),
                "then" if open == 0 => break,
                _ if token.kind == TokenKind::Newline && open == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        self.made(start, ExpressionKind::Unread)
    }

    /// Statements with what `rescue`, `else` and `ensure` say of them, up to the `end`.
    pub(super) fn body(&mut self) -> Option<Body> {
        let mut body = Body { statements: self.statements(), ..Body::default() };
        while self.eat_word("rescue") {
            body.rescues.push(self.rescue()?);
        }
        if self.eat_word("else") {
            body.otherwise = self.statements();
        }
        if self.eat_word("ensure") {
            body.ensure = self.statements();
        }
        self.eat_word("end").then_some(body)
    }

    fn rescue(&mut self) -> Option<Rescue> {
        let mut classes = Vec::new();
        while self.begins_value() {
            let class = if self.is_operator("*") { self.splat()? } else { self.ternary()? };
            classes.push(class);
            if !self.eat(",") {
                break;
            }
            self.skip_newlines();
        }
        let name = if self.eat("=>") { Some(self.primary()?) } else { None };
        self.skip_terminators();
        self.eat_word("then");
        Some(Rescue { classes, name, body: self.statements() })
    }

    fn method(&mut self) -> Option<ExpressionKind> {
        let start = self.next()?.span.start;
        let mut of = None;
        if matches!(self.text(1), "." | "::") {
            let from = self.start();
            let kind = match self.next()?.kind {
                TokenKind::Name if self.tokens[self.at - 1].span.slice(self.file) == "self" => ExpressionKind::Keyword,
                TokenKind::Constant => ExpressionKind::Constant,
                _ => ExpressionKind::Name,
            };
            of = Some(self.made(from, kind));
            self.next();
        }
        let token = self.next()?;
        let mut name = token.span;
        match token.kind {
            TokenKind::Name | TokenKind::Local | TokenKind::Constant => {
                // A setter: `def name=(value)`.
                if self.is_operator("=") && !self.is_spaced(0) {
                    name.end = self.next()?.span.end;
                }
            }
            TokenKind::Operator => {
                // `[]`, `[]=`, `+@`, …
                while self.kind() == Some(TokenKind::Operator) && !self.is_spaced(0) && !self.is_operator("(") {
                    name.end = self.next()?.span.end;
                }
            }
            _ => return None,
        }
        let parameters = match self.eat("(") {
            true => self.parameters(&[")"])?,
            false if self.is_operator("=") => Vec::new(),
            false => self.parameters(&["\n"])?,
        };
        let head = ByteSpan::new(start, self.end());
        let body = if self.eat("=") {
            self.skip_newlines();
            Body { statements: vec![self.statement()?], ..Body::default() }
        } else {
            self.body()?
        };
        Some(ExpressionKind::Method(Box::new(Method { of, name, head, parameters, body })))
    }

    fn class(&mut self) -> Option<ExpressionKind> {
        let word = self.next()?.span;
        if self.eat("<<") {
            let name = self.expression()?;
            let head = ByteSpan::new(word.start, self.end());
            let body = self.body()?;
            return Some(ExpressionKind::Class(Box::new(Class { word, name, superclass: None, head, body })));
        }
        let name = self.path()?;
        let superclass = if self.eat("<") { Some(self.expression()?) } else { None };
        let head = ByteSpan::new(word.start, self.end());
        let body = self.body()?;
        Some(ExpressionKind::Class(Box::new(Class { word, name, superclass, head, body })))
    }

    /// `A::B`
    fn path(&mut self) -> Option<Expression> {
        let start = self.start();
        let is_root = self.eat("::");
        let first = self.next().filter(|token| token.kind == TokenKind::Constant)?;
        let kind = if is_root { ExpressionKind::Scoped(None, first.span) } else { ExpressionKind::Constant };
        let mut path = self.made(start, kind);
        while self.eat("::") {
            let name = self.next().filter(|token| token.kind == TokenKind::Constant)?;
            path = self.made(start, ExpressionKind::Scoped(Some(Box::new(path)), name.span));
        }
        Some(path)
    }
}
