//! Tokens and logical lines, as Python's tokenizer makes them (The Python Language Reference, 2.1).

use pest::Parser;

use super::{Grammar, Rule};
use crate::source::ByteSpan;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Number,
    String,
    Operator,
}

/// A token of a logical line; comments, blanks and line ends are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: ByteSpan,
}

/// A logical line: from its first token to its last, over as many lines as brackets and strings make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its tokens, by index; never empty.
    pub tokens: std::ops::Range<usize>,
    /// How far it is indented; a tab reaches to the next multiple of eight.
    pub indent: usize,
}

/// A file in tokens and lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub tokens: Vec<Token>,
    pub lines: Vec<Line>,
    pub comments: Vec<ByteSpan>,
}

/// Why a file cannot be cut into statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PythonError {
    /// The offset of the byte where it begins.
    pub at: usize,
    /// What is wrong, as a sentence without its full stop.
    pub what: &'static str,
}

/// Cuts a file into logical lines. Only what never ends is an error: a string, or a bracket.
pub(super) fn lines(text: &str) -> Result<Lines, PythonError> {
    let mut cut = Lines::default();
    let mut open: Vec<ByteSpan> = Vec::new();
    let (mut line_start, mut indent, mut is_indent) = (0, 0, true);
    // `file` accepts every text: what no other rule begins with is `unterminated`.
    let pairs = Grammar::parse(Rule::file, text).into_iter().flatten().flat_map(|file| file.into_inner());
    for pair in pairs {
        let span = ByteSpan::new(pair.as_span().start(), pair.as_span().end());
        let kind = match pair.as_rule() {
            Rule::plain | Rule::name => TokenKind::Name,
            Rule::number => TokenKind::Number,
            Rule::string => TokenKind::String,
            Rule::single | Rule::operator => TokenKind::Operator,
            Rule::comment => {
                cut.comments.push(span);
                continue;
            }
            Rule::blank => {
                if is_indent {
                    indent = width(pair.as_str(), indent);
                }
                continue;
            }
            Rule::newline => {
                if open.is_empty() {
                    cut.end_line(&mut line_start, indent);
                    (indent, is_indent) = (0, true);
                }
                continue;
            }
            Rule::unterminated => return Err(PythonError { at: span.start, what: "this string never ends" }),
            _ => continue,
        };
        is_indent = false;
        match pair.as_str() {
            "(" | "[" | "{" => open.push(span),
            ")" | "]" | "}" => {
                open.pop();
            }
            _ => {}
        }
        cut.tokens.push(Token { kind, span });
    }
    cut.end_line(&mut line_start, indent);
    match open.first() {
        Some(bracket) => Err(PythonError { at: bracket.start, what: "this bracket is never closed" }),
        None => Ok(cut),
    }
}

impl Lines {
    fn end_line(&mut self, start: &mut usize, indent: usize) {
        if *start < self.tokens.len() {
            self.lines.push(Line { tokens: *start..self.tokens.len(), indent });
            *start = self.tokens.len();
        }
    }
}

fn width(blank: &str, from: usize) -> usize {
    blank.chars().fold(from, |column, character| match character {
        '\t' => (column / 8 + 1) * 8,
        // A form feed begins the line anew, and a byte order mark takes no room.
        '\u{0C}' => 0,
        '\u{FEFF}' => column,
        _ => column + 1,
    })
}
