//! Values with what is called on them, and the arguments of calls.

use super::parser::{MAX_CHAIN, Parser, may_begin_value};
use super::tokens::TokenKind;
use super::tree::{Argument, Block, Call, Expression, ExpressionKind, Pair};
use crate::source::ByteSpan;

impl Parser<'_> {
    /// A value with all that is called on it.
    pub(super) fn primary(&mut self) -> Option<Expression> {
        let start = self.start();
        let mut value = self.atom()?;
        for _ in 0..MAX_CHAIN {
            let before = self.at;
            // A line may begin with the dot of a call.
            let mut ahead = 0;
            while self.token(ahead).is_some_and(|token| token.kind == TokenKind::Newline) {
                ahead += 1;
            }
            let is_dot = self.token(ahead).is_some_and(|token| token.kind == TokenKind::Operator)
                && matches!(self.text(ahead), "." | "&.");
            let kind = if is_dot {
                self.at += ahead + 1;
                self.skip_newlines();
                self.called(value)?
            } else if self.is_operator("::") && !self.is_spaced(0) {
                self.next();
                self.scoped(value)?
            } else if self.is_operator("[") && (!self.is_spaced(0) || self.ends_value(&value)) {
                self.next();
                let arguments = self.arguments("]")?;
                ExpressionKind::Index(Box::new(value), arguments)
            } else if self.is_operator("{") && self.may_take_block(&value) {
                let block = self.deeper(Self::brace_block)?;
                with_block(value, block)
            } else if self.is_word("do") && !self.leaves_do && self.may_take_block(&value) {
                let block = self.deeper(Self::do_block)?;
                with_block(value, block)
            } else {
                self.at = before;
                return Some(value);
            };
            value = self.made(start, kind);
        }
        None
    }

    /// A bracket behind it is an index, even behind a blank.
    fn ends_value(&self, value: &Expression) -> bool {
        match &value.kind {
            ExpressionKind::Name | ExpressionKind::Call(_) => {
                self.at.checked_sub(1).is_some_and(|last| self.tokens[last].kind == TokenKind::Local)
            }
            _ => true,
        }
    }

    fn may_take_block(&self, value: &Expression) -> bool {
        match &value.kind {
            ExpressionKind::Name => true,
            ExpressionKind::Call(call) => call.block.is_none(),
            _ => false,
        }
    }

    /// Behind the dot of a call.
    fn called(&mut self, receiver: Expression) -> Option<ExpressionKind> {
        let receiver = Some(receiver);
        if self.is_operator("(") {
            let name = ByteSpan::new(self.start(), self.start());
            self.next();
            let arguments = self.arguments(")")?;
            return Some(ExpressionKind::Call(Box::new(Call { receiver, name, arguments, block: None })));
        }
        let name = self.next()?;
        let is_name = match name.kind {
            TokenKind::Name | TokenKind::Local | TokenKind::Constant => true,
            TokenKind::Operator => !matches!(name.span.slice(self.file), ")" | "]" | "}" | "," | ";" | "." | "="),
            _ => false,
        };
        if !is_name {
            return None;
        }
        let mut name = name.span;
        // `a.[](1)`
        if name.slice(self.file) == "[" && self.eat("]") {
            name.end = self.end();
        }
        let arguments = self.arguments_of_call()?;
        Some(ExpressionKind::Call(Box::new(Call { receiver, name, arguments, block: None })))
    }

    fn scoped(&mut self, base: Expression) -> Option<ExpressionKind> {
        let name = self.next()?;
        let is_call = match name.kind {
            TokenKind::Constant => match self.kind() {
                Some(TokenKind::Operator) => self.is_operator("(") && !self.is_spaced(0),
                _ => self.begins_command(),
            },
            TokenKind::Name | TokenKind::Local => true,
            _ => return None,
        };
        if !is_call {
            return Some(ExpressionKind::Scoped(Some(Box::new(base)), name.span));
        }
        let arguments = self.arguments_of_call()?;
        let call = Call { receiver: Some(base), name: name.span, arguments, block: None };
        Some(ExpressionKind::Call(Box::new(call)))
    }

    /// The arguments behind the name of a method, in parentheses or not.
    pub(super) fn arguments_of_call(&mut self) -> Option<Vec<Argument>> {
        if self.is_operator("(") && !self.is_spaced(0) {
            self.next();
            return self.arguments(")");
        }
        match self.begins_command() {
            true => self.command_arguments(true),
            false => Some(Vec::new()),
        }
    }

    /// The next token begins the first argument of a call without parentheses.
    pub(super) fn begins_command(&self) -> bool {
        if !self.is_spaced(0) {
            return false;
        }
        match self.kind() {
            None | Some(TokenKind::Newline) => false,
            Some(TokenKind::Name) => may_begin_value(self.text(0)),
            Some(TokenKind::Operator) => match self.text(0) {
                "(" | "[" | "->" | "!" => true,
                "-" | "*" | "&" | "**" | "::" | "~" | ".." | "..." => {
                    !self.is_spaced(1) && self.token(1).is_some_and(|token| token.kind != TokenKind::Newline)
                }
                _ => false,
            },
            Some(_) => true,
        }
    }

    /// Arguments without parentheses; whether a `do` in them belongs to what stands further out.
    pub(super) fn command_arguments(&mut self, leaves_do: bool) -> Option<Vec<Argument>> {
        let leaves_do = std::mem::replace(&mut self.leaves_do, leaves_do);
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.deeper(Self::argument)?);
            if !self.eat(",") {
                break;
            }
            self.skip_newlines();
        }
        self.leaves_do = leaves_do;
        Some(arguments)
    }

    /// Arguments behind an opening bracket, up to the closing one.
    pub(super) fn arguments(&mut self, close: &str) -> Option<Vec<Argument>> {
        let leaves_do = std::mem::take(&mut self.leaves_do);
        let mut arguments = Vec::new();
        loop {
            self.skip_newlines();
            if self.eat(close) {
                break;
            }
            arguments.push(self.deeper(Self::argument)?);
            self.skip_newlines();
            if !self.eat(",") {
                self.skip_newlines();
                if !self.eat(close) {
                    return None;
                }
                break;
            }
        }
        self.leaves_do = leaves_do;
        Some(arguments)
    }

    fn argument(&mut self) -> Option<Argument> {
        let start = self.start();
        match self.kind()? {
            TokenKind::Label | TokenKind::LiteralLabel(_) => {
                let key = self.label()?;
                // With nothing behind it the key is the name of its value.
                let mut ahead = 0;
                while self.token(ahead).is_some_and(|token| token.kind == TokenKind::Newline) {
                    ahead += 1;
                }
                let is_alone =
                    matches!(self.text(ahead), "," | ")" | "]" | "}" | "") || (ahead == 0 && self.is_word("do"));
                let value = if is_alone {
                    None
                } else {
                    self.skip_newlines();
                    Some(self.expression()?)
                };
                return Some(Argument::Pair(Pair { key: Some(key), value }));
            }
            TokenKind::Operator => match self.text(0) {
                "*" | "&" => return Some(Argument::Value(self.splat()?)),
                "**" => {
                    self.next();
                    let value = if self.begins_value() { Some(self.ternary()?) } else { None };
                    return Some(Argument::Pair(Pair { key: None, value }));
                }
                // def a(...) = b(...)
                "..." if matches!(self.text(1), ")") => {
                    let sign = self.next()?.span;
                    return Some(Argument::Value(self.made(start, ExpressionKind::Splat(sign, None))));
                }
                _ => {}
            },
            _ => {}
        }
        let value = self.expression()?;
        if !self.eat("=>") {
            return Some(Argument::Value(value));
        }
        self.skip_newlines();
        let to = self.expression()?;
        Some(Argument::Pair(Pair { key: Some(value), value: Some(to) }))
    }
}

fn with_block(value: Expression, block: Block) -> ExpressionKind {
    match value.kind {
        ExpressionKind::Call(mut call) => {
            call.block = Some(block);
            ExpressionKind::Call(call)
        }
        _ => {
            let call = Call { receiver: None, name: value.span, arguments: Vec::new(), block: Some(block) };
            ExpressionKind::Call(Box::new(call))
        }
    }
}
