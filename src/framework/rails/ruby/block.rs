//! Blocks and parameters.

use super::operator::ABOVE_BAR;
use super::parser::Parser;
use super::tokens::TokenKind;
use super::tree::{Block, Body, Expression, ExpressionKind, Parameter, ParameterKind};
use crate::source::ByteSpan;

impl Parser<'_> {
    /// `->(a) { … }`
    pub(super) fn lambda(&mut self) -> Option<ExpressionKind> {
        let start = self.next()?.span.start;
        let parameters = match self.eat("(") {
            true => self.parameters(&[")"])?,
            false => self.parameters(&["{", "do"])?,
        };
        let block = if self.is_operator("{") { self.brace_block()? } else { self.do_block()? };
        let span = ByteSpan::new(start, block.span.end);
        Some(ExpressionKind::Lambda(Box::new(Block { span, parameters, ..block })))
    }

    pub(super) fn brace_block(&mut self) -> Option<Block> {
        let start = self.next()?.span.start;
        let parameters = self.block_parameters()?;
        let body = Body { statements: self.statements(), ..Default::default() };
        if !self.eat("}") {
            return None;
        }
        Some(Block { span: ByteSpan::new(start, self.end()), parameters, body })
    }

    pub(super) fn do_block(&mut self) -> Option<Block> {
        let start = self.token(0)?.span.start;
        if !self.eat_word("do") {
            return None;
        }
        let parameters = self.block_parameters()?;
        let body = self.body()?;
        Some(Block { span: ByteSpan::new(start, self.end()), parameters, body })
    }

    fn block_parameters(&mut self) -> Option<Vec<Parameter>> {
        self.skip_newlines();
        match () {
            () if self.eat("||") => Some(Vec::new()),
            () if self.eat("|") => self.parameters(&["|"]),
            () => Some(Vec::new()),
        }
    }

    /// Parameters up to what closes them, which is taken unless it opens a block.
    pub(super) fn parameters(&mut self, close: &[&str]) -> Option<Vec<Parameter>> {
        let mut parameters = Vec::new();
        let mut is_local = false;
        loop {
            if !close.contains(&"\n") {
                self.skip_newlines();
            }
            if self.is_done() || close.iter().any(|close| *close == self.text(0)) {
                self.at += usize::from(!self.is_done() && !matches!(self.text(0), "{" | "do"));
                return Some(parameters);
            }
            if close.contains(&"\n") && (self.kind() == Some(TokenKind::Newline) || self.is_operator(";")) {
                return Some(parameters);
            }
            if self.eat(";") {
                is_local = true;
                continue;
            }
            let mut parameter = self.deeper(|parser| parser.parameter(close))?;
            if is_local {
                parameter.kind = ParameterKind::Local;
            }
            parameters.push(parameter);
            self.eat(",");
        }
    }

    fn parameter(&mut self, close: &[&str]) -> Option<Parameter> {
        let token = self.next()?;
        let plain = |kind, name| Some(Parameter { name, kind, default: None });
        let nameless = ByteSpan::new(token.span.end, token.span.end);
        match token.kind {
            TokenKind::Label => {
                let name = ByteSpan::new(token.span.start, token.span.end - 1);
                let is_needed = matches!(self.text(0), "," | ")" | "|" | "\n" | "\r\n" | ";" | "");
                let default = if is_needed { None } else { Some(self.default_value(close)?) };
                Some(Parameter { name, kind: ParameterKind::Named, default })
            }
            TokenKind::Name | TokenKind::Local => {
                let default = if self.eat("=") { Some(self.default_value(close)?) } else { None };
                Some(Parameter { name: token.span, kind: ParameterKind::Plain, default })
            }
            TokenKind::Operator => match token.span.slice(self.file) {
                "(" => plain(ParameterKind::Parts(self.parameters(&[")"])?), nameless),
                "..." => plain(ParameterKind::Rest, nameless),
                sign @ ("*" | "**" | "&") => {
                    let kind = match sign {
                        "*" => ParameterKind::Rest,
                        "**" => ParameterKind::NamedRest,
                        _ => ParameterKind::Block,
                    };
                    match self.kind() {
                        Some(TokenKind::Name | TokenKind::Local) => plain(kind, self.next()?.span),
                        _ => plain(kind, nameless),
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn default_value(&mut self, close: &[&str]) -> Option<Expression> {
        match close.contains(&"|") {
            true => self.binary(ABOVE_BAR),
            false => self.expression(),
        }
    }
}
