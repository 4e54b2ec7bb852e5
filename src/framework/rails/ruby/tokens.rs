//! What a file is cut into.

use super::tree::QuotedKind;
use crate::framework::text::Text;
use crate::source::ByteSpan;

/// Words that no name is.
pub(super) const KEYWORDS: &[&str] = &[
    "alias",
    "and",
    "begin",
    "BEGIN",
    "break",
    "case",
    "class",
    "def",
    "defined?",
    "do",
    "else",
    "elsif",
    "end",
    "END",
    "ensure",
    "false",
    "for",
    "if",
    "in",
    "module",
    "next",
    "nil",
    "not",
    "or",
    "redo",
    "rescue",
    "retry",
    "return",
    "self",
    "super",
    "then",
    "true",
    "undef",
    "unless",
    "until",
    "when",
    "while",
    "yield",
    "__FILE__",
    "__LINE__",
    "__ENCODING__",
];

/// A literal in tokens.
#[derive(Debug)]
pub(super) struct Literal {
    pub kind: LiteralKind,
    /// Its parts; those of each word where it is a list of words.
    pub words: Vec<Word>,
    /// The lines of a heredoc, with its closing word.
    pub heredoc: Option<ByteSpan>,
}

/// What a literal makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiteralKind {
    /// One value.
    One(QuotedKind),
    /// An array of such values.
    Words(QuotedKind),
}

/// A word in a list, or the whole of another literal.
#[derive(Debug)]
pub(super) struct Word {
    pub span: ByteSpan,
    pub parts: Vec<LexedPart>,
}

#[derive(Debug)]
pub(super) enum LexedPart {
    Text(Text),
    /// `#{…}` with the tokens in it.
    Field(ByteSpan, Vec<Token>),
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Name,
    /// The name of something that was given a value before.
    Local,
    Constant,
    /// `@name`, `$name`.
    Variable,
    Number,
    /// `name:`
    Label,
    /// `:name`
    Symbol,
    /// A literal with quotes, by index.
    Literal(usize),
    /// `"name":`, by index.
    LiteralLabel(usize),
    Operator,
    Newline,
}

/// A token; comments and blanks are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: ByteSpan,
}

/// A file in tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub tokens: Vec<Token>,
    pub literals: Vec<Literal>,
    pub comments: Vec<ByteSpan>,
    /// What stands behind `__END__`, with that line.
    pub data: Option<ByteSpan>,
    /// Where the tokens end, when something never ends.
    pub error: Option<RubyError>,
}

/// Why the rest of a file cannot be cut into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RubyError {
    /// The offset of the byte where it begins.
    pub at: usize,
    /// What is wrong, as a sentence without its full stop.
    pub what: &'static str,
}
