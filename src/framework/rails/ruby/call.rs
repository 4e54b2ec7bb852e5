//! Values with what is called on them: literals, calls with their arguments and blocks.

use super::parser::{ABOVE_BAR, MAX_CHAIN, Parser, may_begin_value};
use super::tokens::{KEYWORDS, LexedPart, Literal, LiteralKind, Token, TokenKind, Word};
use super::tree::{
    Argument, Block, Call, Expression, ExpressionKind, Pair, Parameter, ParameterKind, Part, Quoted, QuotedKind,
};
use crate::source::ByteSpan;

impl<'a> Parser<'a> {
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
    fn arguments_of_call(&mut self) -> Option<Vec<Argument>> {
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
    fn begins_command(&self) -> bool {
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

    /// `name:`, as a symbol without its colon.
    fn label(&mut self) -> Option<Expression> {
        let token = self.next()?;
        let span = ByteSpan::new(token.span.start, token.span.end - 1);
        let parts = match token.kind {
            TokenKind::LiteralLabel(index) => self.parts(self.literals.get(index)?.words.first()?)?,
            _ => vec![self.verbatim(span)],
        };
        let kind = ExpressionKind::Quoted(Quoted { kind: QuotedKind::Symbol, parts, heredocs: Vec::new() });
        Some(Expression { span, kind })
    }

    fn verbatim(&self, span: ByteSpan) -> Part {
        let mut text = crate::framework::text::Text::default();
        text.push(span.slice(self.file), span, true);
        Part::Text(text)
    }

    fn atom(&mut self) -> Option<Expression> {
        let start = self.start();
        let token = self.token(0)?;
        let kind = match token.kind {
            TokenKind::Number => {
                self.next();
                ExpressionKind::Number
            }
            TokenKind::Variable => {
                self.next();
                ExpressionKind::Variable
            }
            TokenKind::Symbol => {
                self.next();
                let parts = vec![self.verbatim(ByteSpan::new(token.span.start + 1, token.span.end))];
                ExpressionKind::Quoted(Quoted { kind: QuotedKind::Symbol, parts, heredocs: Vec::new() })
            }
            TokenKind::Literal(index) => self.literal(self.literals.get(index)?)?,
            TokenKind::Name => match self.text(0) {
                word if KEYWORDS.contains(&word) => return self.keyword(),
                _ => self.named(ExpressionKind::Name)?,
            },
            TokenKind::Local => self.named(ExpressionKind::Name)?,
            TokenKind::Constant => self.named(ExpressionKind::Constant)?,
            TokenKind::Operator => match self.text(0) {
                "(" => {
                    self.next();
                    let statements = self.statements();
                    if !self.eat(")") {
                        return None;
                    }
                    ExpressionKind::Parentheses(statements)
                }
                "[" => {
                    self.next();
                    let arguments = self.arguments("]")?;
                    ExpressionKind::Array(as_values(arguments))
                }
                "{" => {
                    self.next();
                    let mut pairs = Vec::new();
                    for argument in self.arguments("}")? {
                        match argument {
                            Argument::Pair(pair) => pairs.push(pair),
                            Argument::Value(_) => return None,
                        }
                    }
                    ExpressionKind::Hash(pairs)
                }
                "->" => self.deeper(Self::lambda)?,
                "::" => {
                    self.next();
                    let name = self.next().filter(|token| token.kind == TokenKind::Constant)?;
                    ExpressionKind::Scoped(None, name.span)
                }
                _ => return None,
            },
            TokenKind::Label | TokenKind::LiteralLabel(_) | TokenKind::Newline => return None,
        };
        Some(self.made(start, kind))
    }

    /// A name by itself, or called.
    pub(super) fn named(&mut self, alone: ExpressionKind) -> Option<ExpressionKind> {
        let Token { kind, span: name } = self.next()?;
        let is_called = self.is_operator("(") && !self.is_spaced(0);
        // What looks like an argument of a constant or a variable is one only where nothing else can stand.
        let is_command = self.begins_command() && (kind == TokenKind::Name || self.kind() != Some(TokenKind::Operator));
        if !is_called && !is_command {
            return Some(alone);
        }
        let arguments = self.arguments_of_call()?;
        Some(ExpressionKind::Call(Box::new(Call { receiver: None, name, arguments, block: None })))
    }

    fn literal(&mut self, literal: &Literal) -> Option<ExpressionKind> {
        let span = self.next()?.span;
        match literal.kind {
            LiteralKind::Words(kind) => {
                let word = |word: &Word| {
                    let quoted = Quoted { kind, parts: self.parts(word)?, heredocs: Vec::new() };
                    Some(Expression { span: word.span, kind: ExpressionKind::Quoted(quoted) })
                };
                Some(ExpressionKind::Array(literal.words.iter().map(word).collect::<Option<_>>()?))
            }
            LiteralKind::One(kind) => {
                let mut parts = self.parts(literal.words.first()?)?;
                let mut heredocs: Vec<ByteSpan> = literal.heredoc.into_iter().collect();
                // Strings side by side are one.
                while kind == QuotedKind::String
                    && let Some(TokenKind::Literal(next)) = self.kind()
                    && let Some(next) = self.literals.get(next)
                    && next.kind == literal.kind
                {
                    self.next();
                    parts.extend(self.parts(next.words.first()?)?);
                    heredocs.extend(next.heredoc);
                }
                if parts.is_empty() {
                    let empty = crate::framework::text::Text::standing_for("", span);
                    parts.push(Part::Text(empty));
                }
                Some(ExpressionKind::Quoted(Quoted { kind, parts, heredocs }))
            }
        }
    }

    fn parts(&self, word: &Word) -> Option<Vec<Part>> {
        let part = |part: &LexedPart| match part {
            LexedPart::Text(text) => Some(Part::Text(text.clone())),
            LexedPart::Field(span, tokens) => {
                let mut inner = Parser { tokens, at: 0, leaves_do: false, ..*self };
                let statements = inner.deeper(|inner| Some(inner.statements()))?;
                inner.is_done().then_some(Part::Field(*span, statements))
            }
        };
        word.parts.iter().map(part).collect()
    }

    /// `->(a) { … }`
    fn lambda(&mut self) -> Option<ExpressionKind> {
        let start = self.next()?.span.start;
        let parameters = match self.eat("(") {
            true => self.parameters(&[")"])?,
            false => self.parameters(&["{", "do"])?,
        };
        let block = if self.is_operator("{") { self.brace_block()? } else { self.do_block()? };
        let span = ByteSpan::new(start, block.span.end);
        Some(ExpressionKind::Lambda(Box::new(Block { span, parameters, ..block })))
    }

    fn brace_block(&mut self) -> Option<Block> {
        let start = self.next()?.span.start;
        let parameters = self.block_parameters()?;
        let body = super::tree::Body { statements: self.statements(), ..Default::default() };
        if !self.eat("}") {
            return None;
        }
        Some(Block { span: ByteSpan::new(start, self.end()), parameters, body })
    }

    fn do_block(&mut self) -> Option<Block> {
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

/// Pairs without braces among the values of an array are a hash at its end.
fn as_values(arguments: Vec<Argument>) -> Vec<Expression> {
    let mut values: Vec<Expression> = Vec::new();
    let mut pairs: Vec<Pair> = Vec::new();
    for argument in arguments {
        match argument {
            Argument::Value(value) => values.push(value),
            Argument::Pair(pair) => pairs.push(pair),
        }
    }
    let edge = |expression: Option<&Expression>| expression.map(|expression| expression.span);
    if let (Some(first), Some(last)) = (pairs.first(), pairs.last()) {
        let start = edge(first.key.as_ref()).or(edge(first.value.as_ref()));
        let end = edge(last.value.as_ref()).or(edge(last.key.as_ref()));
        if let (Some(start), Some(end)) = (start, end) {
            values.push(Expression { span: start.join(end), kind: ExpressionKind::Hash(pairs) });
        }
    }
    values
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
