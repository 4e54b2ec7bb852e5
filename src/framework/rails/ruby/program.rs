//! A Ruby file.

use super::lexer::tokens;
use super::parser::Parser;
use super::tokens::RubyError;
use super::tree::{Expression, ExpressionKind};
use crate::source::ByteSpan;

/// A Ruby file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its statements.
    pub statements: Vec<Expression>,
    /// All comments, in order, each from its sign to the end of its line, or of its last line.
    pub comments: Vec<ByteSpan>,
    /// What stands behind `__END__`, with that line.
    pub data: Option<ByteSpan>,
    /// Something never ends; what stands behind it is not read.
    pub error: Option<RubyError>,
}

impl Program {
    /// Reads a file. What is not understood is [`ExpressionKind::Unread`].
    pub fn read(file: &str) -> Program {
        let cut = tokens(file);
        let mut parser =
            Parser { file, literals: &cut.literals, tokens: &cut.tokens, at: 0, depth: 0, leaves_do: false };
        let mut statements = Vec::new();
        loop {
            statements.extend(parser.statements());
            // A word or a bracket that closes nothing.
            let Some(token) = parser.next() else { break };
            statements.push(Expression { span: token.span, kind: ExpressionKind::Unread });
        }
        if let Some(error) = cut.error {
            let span = ByteSpan::new(error.at, file.len());
            statements.push(Expression { span, kind: ExpressionKind::Unread });
        }
        Program { statements, comments: cut.comments, data: cut.data, error: cut.error }
    }
}
