//! Text as it goes into a block: indented without changing a literal, in quotes that it does not end.

use crate::sql::literals;

pub(super) use crate::sql::dollar_tag as tag;

/// A body as a `DO` block.
pub(super) fn block(body: &str) -> String {
    let tag = tag("safestep", body);
    format!("DO {tag}\n{body}{tag};\n")
}

/// Every line behind `prefix`, but for the lines that go on a string, a quoted name or a dollar quote: a line break in
/// one of these is part of its value.
pub(super) fn indented(text: &str, prefix: &str) -> String {
    let literals = literals(text);
    let mut out = String::new();
    let mut start = 0;
    let ends = text.match_indices('\n').map(|(at, _)| at + 1).chain([text.len()]);
    for end in ends {
        let line = &text[start..end];
        let goes_on = literals.iter().any(|span| span.start < start && start < span.end);
        if !goes_on && !line.trim().is_empty() {
            out.push_str(prefix);
        }
        out.push_str(line);
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_a_literal_stays_as_it_is() {
        for (text, expected) in [
            ("SELECT 1\nFROM t;", "  SELECT 1\n  FROM t;"),
            ("SELECT 'a\nb'\n, 1", "  SELECT 'a\nb'\n  , 1"),
            ("SELECT E'a\\'\nb', \"c\n\nd\"\nFROM t", "  SELECT E'a\\'\nb', \"c\n\nd\"\n  FROM t"),
            ("AS $f$\nBEGIN\n$f$\nLANGUAGE sql", "  AS $f$\nBEGIN\n$f$\n  LANGUAGE sql"),
            ("-- it's\nSELECT 1\n\n;", "  -- it's\n  SELECT 1\n\n  ;"),
            ("SELECT 'a\r\nb'\r\nFROM t", "  SELECT 'a\r\nb'\r\n  FROM t"),
        ] {
            assert_eq!(indented(text, "  "), expected);
        }
    }

    #[test]
    fn a_tag_in_the_body_does_not_end_it() {
        assert_eq!(block("SELECT '$safestep$';\n"), "DO $safestep1$\nSELECT '$safestep$';\n$safestep1$;\n");
    }
}
