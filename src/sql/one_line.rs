//! SQL in one line that means the same, for a comment.

use std::fmt::Write;

use pest::Parser;

use super::token::{TokenKind, kind};
use super::{Grammar, Rule};
use crate::source::{is_hostile, visible};

/// The text with one blank where white space and comments stood. What breaks the line inside a name or a string is
/// written as an escape: `U&"a\+00000Ab"`, `E'a\nb'`.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut literal: Option<Literal> = None;
    let mut end = 0;
    let tokens = Grammar::parse(Rule::tokens, text).into_iter().flatten().flat_map(|tokens| tokens.into_inner());
    for token in tokens {
        let (kind, span, slice) = (kind(&token), token.as_span(), token.as_str());
        if matches!(token.as_rule(), Rule::line_comment | Rule::block_comment | Rule::EOI) {
            continue;
        }
        let is_apart = end > 0 && span.start() > end;
        end = span.end();
        // Two strings on two lines are one, and would be an error on one line.
        if let Some(first) = literal.as_mut().filter(|_| slice.starts_with('\'') && kind == Some(TokenKind::String)) {
            first.body += inside(slice, '\'');
            continue;
        }
        literal.take().into_iter().for_each(|literal| out += &literal.written());
        if is_apart {
            out.push(' ');
        }
        match kind {
            Some(TokenKind::String) => literal = Some(Literal::of(slice)),
            Some(TokenKind::Dollar) if slice.contains(is_hostile) => out += &dollar(slice).written(),
            Some(TokenKind::Quoted) if slice.contains(is_hostile) => out += &name(slice),
            // What is hostile in another token is no SQL.
            _ => out += &visible(slice),
        }
    }
    literal.into_iter().for_each(|literal| out += &literal.written());
    out
}

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `'…'`
    Plain,
    /// `E'…'`
    Escape,
    /// `U&'…'`
    Unicode,
}

struct Literal {
    form: Form,
    prefix: String,
    /// What stands between the quotes, as written.
    body: String,
}

impl Literal {
    fn of(slice: &str) -> Literal {
        let prefix = &slice[..slice.find('\'').unwrap_or(0)];
        let form = match prefix.len() {
            0 => Form::Plain,
            1 => Form::Escape,
            _ => Form::Unicode,
        };
        Literal { form, prefix: prefix.to_owned(), body: inside(slice, '\'').to_owned() }
    }

    fn written(&self) -> String {
        let Literal { form, prefix, body } = self;
        if !body.contains(is_hostile) {
            return format!("{prefix}'{body}'");
        }
        match form {
            Form::Plain => format!("E'{}'", escaped(&body.replace('\\', "\\\\"))),
            Form::Escape => format!("{prefix}'{}'", escaped(body)),
            Form::Unicode => format!("{prefix}'{}'", unicode(body)),
        }
    }
}

/// `"…"` or `U&"…"` as `U&"…"`.
fn name(slice: &str) -> String {
    let body = inside(slice, '"');
    match slice.starts_with('"') {
        true => format!("U&\"{}\"", unicode(&body.replace('\\', "\\\\"))),
        false => format!("U&\"{}\"", unicode(body)),
    }
}

/// `$tag$…$tag$` as a string.
fn dollar(slice: &str) -> Literal {
    let tag = slice[1..].find('$').map_or(0, |at| at + 2);
    let body = slice.get(tag..slice.len().saturating_sub(tag)).unwrap_or_default();
    Literal { form: Form::Plain, prefix: String::new(), body: body.replace('\'', "''") }
}

/// What stands between the first quote and the last.
fn inside(slice: &str, quote: char) -> &str {
    let start = slice.find(quote).map_or(0, |at| at + 1);
    slice.get(start..slice.len().saturating_sub(1)).unwrap_or_default()
}

/// The body of an `E'…'` string without anything that breaks the line. A backslash before a line break stands for it.
fn escaped(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body.chars().peekable();
    while let Some(character) = rest.next() {
        let character = match (character, rest.peek().copied()) {
            ('\\', Some(next)) if is_hostile(next) => {
                rest.next();
                next
            }
            ('\\', Some(next)) => {
                rest.next();
                out.extend([character, next]);
                continue;
            }
            (character, _) => character,
        };
        match character {
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            hostile if is_hostile(hostile) => drop(write!(out, "\\U{:08X}", u32::from(hostile))),
            other => out.push(other),
        }
    }
    out
}

/// The body of a `U&` string or name without anything that breaks the line.
fn unicode(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    for character in body.chars() {
        match is_hostile(character) {
            true => drop(write!(out, "\\+{:06X}", u32::from(character))),
            false => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn it_means_the_same() {
        for (text, line) in [
            ("SELECT  1\n  FROM \"a  b\" -- all\n WHERE x = 'p  q'", "SELECT 1 FROM \"a  b\" WHERE x = 'p  q'"),
            ("DROP TABLE \"x\ny\\z\"", "DROP TABLE U&\"x\\+00000Ay\\\\z\""),
            ("SELECT U&\"a\\0041\n\"", "SELECT U&\"a\\0041\\+00000A\""),
            ("SELECT 'it''s\r\n\\'", "SELECT E'it''s\\r\\n\\\\'"),
            ("SELECT E'a\\\nb\\'\n'", "SELECT E'a\\nb\\'\\n'"),
            ("SELECT U&'a\n' UESCAPE '\\'", "SELECT U&'a\\+00000A' UESCAPE '\\'"),
            ("SELECT $x$a\n'b'$x$", "SELECT E'a\\n''b'''"),
            ("SELECT 'a'\n  'b'", "SELECT 'ab'"),
            ("SELECT 'a\u{202e}'::text", "SELECT E'a\\U0000202E'::text"),
            ("SELECT a\u{2028}b", "SELECT a\\u{2028}b"),
            ("x /* a\n */ ;", "x ;"),
            ("nothing that 'ends\nhere", "nothing that 'ends\\u{a}here"),
        ] {
            assert_eq!(one_line(text), line, "{text}");
        }
    }
}
