//! Literals, names, and what stands in brackets.

use super::parser::Parser;
use super::tokens::{KEYWORDS, LexedPart, Literal, LiteralKind, Token, TokenKind, Word};
use super::tree::{Argument, Call, Expression, ExpressionKind, Pair, Part, Quoted, QuotedKind};
use crate::source::ByteSpan;

impl Parser<'_> {
    pub(super) fn atom(&mut self) -> Option<Expression> {
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

    /// `name:`, as a symbol without its colon.
    pub(super) fn label(&mut self) -> Option<Expression> {
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
