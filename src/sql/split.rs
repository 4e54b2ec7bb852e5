//! Cutting a script into statements. Lossless: the pieces, joined, are the script.

use super::cursor::Token;
use super::lexer::{Lexeme, Lexer, TokenKind};
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
    let mut lexer = Lexer::new(text);
    let (mut pieces, mut tokens) = (Vec::new(), Vec::new());
    let mut end = 0;
    loop {
        lexer.skip_trivia();
        let (start, first) = (lexer.place(), tokens.len());
        let Some((next, after)) = lexer.peek() else { break };
        let kind = if next == Lexeme::Unterminated {
            lexer.go_to(after);
            PieceKind::Unterminated
        } else if text[start..].starts_with('\\') {
            lexer.go_to(text[start..].find(['\n', '\r']).map_or(text.len(), |line| start + line));
            PieceKind::PsqlLine
        } else if let Some(copied) = end_of_copy(lexer.clone(), text) {
            lexer.go_to(copied);
            PieceKind::Copy
        } else {
            statement(&mut lexer, text, &mut tokens);
            PieceKind::Statement
        };
        // A statement without a semicolon at the end of the script does not swallow the comments after it.
        let stop = match tokens[first..].last() {
            Some(token) => start + token.span.end,
            None => start + text[start..lexer.place()].trim_end().len(),
        };
        let span = ByteSpan { start, end: stop };
        pieces.push(Piece { kind, leading: ByteSpan { start: end, end: start }, span, tokens: first..tokens.len() });
        end = stop;
    }
    Script { pieces, trailing: ByteSpan { start: end, end: text.len() }, tokens }
}

/// Moves past a statement and its semicolon, or to what never ends. The spans of its tokens count from its own start.
fn statement(lexer: &mut Lexer<'_>, text: &str, tokens: &mut Vec<Token>) {
    let start = lexer.place();
    let mut push = |kind, from: usize, to: usize| {
        tokens.push(Token { kind, span: ByteSpan { start: from - start, end: to - start } });
    };
    while let Some((lexeme, end)) = lexer.peek() {
        let at = lexer.place();
        let kind = match lexeme {
            Lexeme::Unterminated => return,
            Lexeme::Blank | Lexeme::Comment => {
                lexer.go_to(end);
                continue;
            }
            Lexeme::Token(kind) => kind,
        };
        let word = &text[at..end];
        if kind == TokenKind::Word
            && word.eq_ignore_ascii_case("begin")
            && let Some(body) = end_of_atomic(lexer.clone())
        {
            push(TokenKind::Unread, at, body);
            lexer.go_to(body);
            continue;
        }
        push(kind, at, end);
        lexer.go_to(end);
        if kind == TokenKind::Word && word.eq_ignore_ascii_case("values") {
            let mut rows = lexer.clone();
            rows.skip_trivia();
            if let Some(last) = end_of_rows(rows.clone(), text) {
                push(TokenKind::Unread, rows.place(), last);
                lexer.go_to(last);
            }
        }
        if word == ";" {
            return;
        }
    }
}

/// VALUES (…), (…): the rows are one token, because an INSERT may have millions of literals.
fn end_of_rows(mut lexer: Lexer<'_>, text: &str) -> Option<usize> {
    let mut end = None;
    while let Some(row) = end_of_row(lexer.clone(), text) {
        end = Some(row);
        lexer.go_to(row);
        lexer.skip_trivia();
        match lexer.next() {
            Some((_, comma)) if comma.slice(text) == "," => lexer.skip_trivia(),
            _ => break,
        }
    }
    end
}

/// `(…)`, with what is in parentheses inside.
fn end_of_row(mut lexer: Lexer<'_>, text: &str) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        let (lexeme, span) = lexer.next()?;
        match (lexeme, span.slice(text)) {
            (Lexeme::Unterminated, _) | (_, ";") => return None,
            (_, "(") => depth += 1,
            (_, ")") => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(span.end);
        }
    }
}

/// CREATE FUNCTION … BEGIN ATOMIC …; …; END: semicolons inside do not end the statement. CASE … END nests.
fn end_of_atomic(mut lexer: Lexer<'_>) -> Option<usize> {
    lexer.eat("begin");
    lexer.skip_trivia();
    if !lexer.eat("atomic") {
        return None;
    }
    let mut depth = 1usize;
    loop {
        if lexer.eat("end") {
            depth -= 1;
            if depth == 0 {
                return Some(lexer.place());
            }
        } else if lexer.eat("case") {
            depth += 1;
        } else if lexer.next()?.0 == Lexeme::Unterminated {
            return None;
        }
    }
}

/// COPY … FROM stdin; and its data up to the line `\.`.
fn end_of_copy(mut lexer: Lexer<'_>, text: &str) -> Option<usize> {
    if !lexer.eat("copy") {
        return None;
    }
    let mut from_stdin = false;
    loop {
        if lexer.eat("from") {
            lexer.skip_trivia();
            from_stdin |= lexer.eat("stdin");
            continue;
        }
        let (lexeme, span) = lexer.next()?;
        match (lexeme, span.slice(text)) {
            (Lexeme::Unterminated, _) => return None,
            (_, ";") => break,
            _ => {}
        }
    }
    let data = &text[lexer.place()..];
    let ends = |at: &usize| {
        let behind = &data[at + "\n\\.".len()..];
        behind.is_empty() || behind.starts_with(['\n', '\r'])
    };
    let last = data.match_indices("\n\\.").map(|(at, _)| at).find(ends).filter(|_| from_stdin)?;
    Some(lexer.place() + last + "\n\\.".len())
}

/// The comments inside a statement, in order. A `--` comment comes back without its line end.
pub fn comments(statement: &str) -> Vec<String> {
    let comments = Lexer::new(statement).filter(|(lexeme, _)| *lexeme == Lexeme::Comment);
    comments.map(|(_, span)| span.slice(statement).trim_end().to_owned()).collect()
}

/// The strings, quoted names and dollar quotes of a text that hold a line break, in order. What never ends counts too.
pub fn literals(text: &str) -> Vec<ByteSpan> {
    if !(text.contains('\n') && text.contains(['\'', '"', '$'])) {
        return Vec::new();
    }
    let literals = Lexer::new(text).filter(|(lexeme, span)| {
        use TokenKind::{Dollar, Quoted, String};
        matches!(lexeme, Lexeme::Token(String | Quoted | Dollar) | Lexeme::Unterminated)
            && span.slice(text).contains('\n')
    });
    literals.map(|(_, span)| span).collect()
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
        assert_eq!(statements("BEGIN ATOMIC SELECT 1; /* ; END; */ SELECT 2; END; SELECT 3;").len(), 2);
        assert_eq!(statements("BEGIN; SELECT 1; COMMIT;").len(), 3);
        assert_eq!(statements("PREPARE p AS SELECT $1; DROP TABLE t;").len(), 2);
    }

    #[test]
    fn the_rows_of_values_are_one_token() {
        for (text, tokens) in [
            ("INSERT INTO t VALUES (1, 'a)'), (f(2, (3)), \"b(\") -- c\n, (4) ON CONFLICT DO NOTHING", 9),
            ("INSERT INTO t VALUES (1, /* ) */ 2)", 5),
            ("SELECT * FROM (VALUES (1), ((2))) v", 8),
            ("INSERT INTO t VALUES (1, (2 /* ) */))", 5),
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
