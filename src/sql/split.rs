//! Cutting a script into statements. Lossless: the pieces, joined, are the script.

use pest::Parser;

use super::token::{Token, TokenKind, kind, token};
use super::{Grammar, Rule};
use crate::source::ByteSpan;

/// A script cut into pieces that cover it from the first byte to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
    /// White space and comments after the last statement.
    pub trailing: ByteSpan,
    /// The tokens of all statements.
    pub(super) tokens: Vec<Token>,
}

/// One statement with what precedes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// White space and comments before it.
    pub leading: ByteSpan,
    /// The statement, its semicolon included.
    pub span: ByteSpan,
    /// Where its tokens are among the script's; their spans count from its own start.
    pub(super) tokens: std::ops::Range<usize>,
}

/// What a piece of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A statement.
    Statement,
    /// `COPY … FROM stdin` with its data.
    Copy,
    /// A line for psql, such as `\set`.
    PsqlLine,
    /// A string, quoted name, dollar quote or comment that begins here and never ends.
    Unterminated,
}

/// Cuts `text` into statements with exact byte spans. Never fails: what does not end is a piece of its own.
pub fn split(text: &str) -> Script {
    let (mut pieces, mut tokens) = (Vec::new(), Vec::new());
    let mut end = 0;
    // `script` accepts every text: each alternative consumes, and what no token starts is `unterminated`.
    let pairs = Grammar::parse(Rule::script, text).into_iter().flatten().flat_map(|script| script.into_inner());
    for pair in pairs {
        let kind = match pair.as_rule() {
            Rule::statement => PieceKind::Statement,
            Rule::copy => PieceKind::Copy,
            Rule::psql_line => PieceKind::PsqlLine,
            Rule::unterminated => PieceKind::Unterminated,
            _ => continue,
        };
        let first = tokens.len();
        let whole = pair.as_span();
        let (start, mut stop) = (whole.start(), whole.start());
        for inside in pair.into_inner() {
            if let Some(token) = token(&inside, start) {
                stop = start + token.span.end;
                tokens.push(token);
            }
        }
        if kind != PieceKind::Statement {
            stop = start + whole.as_str().trim_end().len();
        }
        // A statement without a semicolon at the end of the script does not swallow the comments after it.
        let span = ByteSpan { start, end: stop };
        pieces.push(Piece { kind, leading: ByteSpan { start: end, end: start }, span, tokens: first..tokens.len() });
        end = stop;
    }
    Script { pieces, trailing: ByteSpan { start: end, end: text.len() }, tokens }
}

/// The comments inside a statement, in order. A `--` comment comes back without its line end.
pub fn comments(statement: &str) -> Vec<String> {
    let tokens = Grammar::parse(Rule::tokens, statement).into_iter().flatten().flat_map(|tokens| tokens.into_inner());
    let comments = tokens.filter(|t| matches!(t.as_rule(), Rule::line_comment | Rule::block_comment));
    comments.map(|c| c.as_str().trim_end().to_owned()).collect()
}

/// The strings, quoted names and dollar quotes of a text that hold a line break, in order. What never ends counts too.
pub fn literals(text: &str) -> Vec<ByteSpan> {
    if !(text.contains('\n') && text.contains(['\'', '"', '$'])) {
        return Vec::new();
    }
    let tokens = Grammar::parse(Rule::tokens, text).into_iter().flatten().flat_map(|tokens| tokens.into_inner());
    let literals = tokens.filter(|token| {
        let is_quoted = matches!(kind(token), Some(TokenKind::String | TokenKind::Quoted | TokenKind::Dollar));
        (is_quoted || token.as_rule() == Rule::unterminated) && token.as_str().contains('\n')
    });
    literals.map(|token| ByteSpan { start: token.as_span().start(), end: token.as_span().end() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(text: &str) -> String {
        let script = split(text);
        let mut out = String::new();
        for piece in &script.pieces {
            out.push_str(piece.leading.slice(text));
            out.push_str(piece.span.slice(text));
        }
        out.push_str(script.trailing.slice(text));
        out
    }

    fn statements(text: &str) -> Vec<&str> {
        split(text).pieces.iter().map(|p| p.span.slice(text)).collect()
    }

    #[test]
    fn semicolons_inside_strings_comments_and_bodies_do_not_split() {
        let text = "-- a; b\nSELECT ';', E'\\';', U&'\\0061;', $x$;$$;$x$; /* ; /* ; */ ; */\nSELECT \
             \"a;\"\"b\" -- end\n-- more";
        assert_eq!(statements(text), ["SELECT ';', E'\\';', U&'\\0061;', $x$;$$;$x$;", "SELECT \"a;\"\"b\""]);
        let body =
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;";
        assert_eq!(statements(body).len(), 2);
        assert_eq!(statements("BEGIN; SELECT 1; COMMIT;").len(), 3);
        assert_eq!(statements("PREPARE p AS SELECT $1; DROP TABLE t;").len(), 2);
        let commented = body.replace("SELECT 2;", "/* ; */ SELECT 2; -- ;\n");
        assert_eq!(statements(&commented).len(), 2);
    }

    #[test]
    fn the_rows_of_values_are_one_token() {
        for (text, tokens) in [
            ("INSERT INTO t VALUES (1, 'a)'), (f(2, (3)), \"b(\") -- c\n, (4) ON CONFLICT DO NOTHING", 9),
            ("INSERT INTO t VALUES (1, /* ) */ 2)", 5),
            ("SELECT * FROM (VALUES (1), ((2))) v", 8),
            ("INSERT INTO t VALUES (1", 6),
            ("CREATE TABLE t PARTITION OF p FOR VALUES IN (1)", 12),
        ] {
            assert_eq!(split(text).tokens.len(), tokens, "{text}");
            assert_eq!(joined(text), text);
        }
    }

    #[test]
    fn copy_data_and_psql_lines_are_pieces() {
        let text = "\\set x 1\nCOPY t (a) FROM stdin;\n1;\n\\.\nSELECT 1;";
        let kinds: Vec<_> = split(text).pieces.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [PieceKind::PsqlLine, PieceKind::Copy, PieceKind::Statement]);
    }

    #[test]
    fn what_never_ends_is_told_apart() {
        for text in ["SELECT 'abc", "SELECT 1; /* /* */ x", "DO $$ BEGIN", "SELECT \"a"] {
            assert_eq!(split(text).pieces.last().map(|p| p.kind), Some(PieceKind::Unterminated), "{text}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow() {
        for text in [
            "/*".repeat(100_000),
            "(".repeat(100_000),
            format!("begin atomic {}", "case ".repeat(100_000)),
            "/*".repeat(100_000) + &"*/".repeat(100_000),
        ] {
            assert_eq!(joined(&text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(?s)([a-z'\"$;/*\\\\ \n\r(),-]|begin atomic|case|end|copy|from stdin|\\PC){0,60}") {
            prop_assert_eq!(joined(&text), text);
        }
    }
}
