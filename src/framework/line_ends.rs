//! Line ends of a file that takes another one's place.

use crate::sql::literals;

/// How the lines of a file end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    Lf,
    CrLf,
}

impl LineEnds {
    pub(super) fn of(original: &str) -> Self {
        if original.contains("\r\n") { LineEnds::CrLf } else { LineEnds::Lf }
    }

    /// A file with CRLF stays one. A line break in a string, a quoted name or a dollar quote is part of its value and stays
    /// as it is; in the blocks that safestep writes that goes for what is in them.
    pub(super) fn in_text(self, content: String) -> String {
        match self {
            LineEnds::Lf => content,
            LineEnds::CrLf => with_crlf(&content),
        }
    }
}

fn with_crlf(text: &str) -> String {
    let ends = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mut out = String::new();
    let mut at = 0;
    for literal in literals(text) {
        out += &ends(&text[at..literal.start]);
        let value = literal.slice(text);
        let tag = value.strip_prefix("$safestep").and_then(|rest| rest.split_once('$')).map(|(number, _)| number);
        match tag.map(|number| format!("$safestep{number}$")).filter(|tag| value.len() >= 2 * tag.len()) {
            Some(tag) => out += &format!("{tag}{}{tag}", with_crlf(&value[tag.len()..value.len() - tag.len()])),
            None => out += value,
        }
        at = literal.end;
    }
    out + &ends(&text[at..])
}

#[cfg(test)]
mod tests {
    use super::LineEnds;

    #[test]
    fn line_ends_of_literals_are_values() {
        let (crlf, lf) = ("SELECT 1;\r\n", "SELECT 1;\n");
        for (content, expected) in [
            ("SELECT 1\n, 2;\n", "SELECT 1\r\n, 2;\r\n"),
            ("SELECT 'a\nb',\n'c\r\nd';\n", "SELECT 'a\nb',\r\n'c\r\nd';\r\n"),
            (
                "DO $safestep$\nBEGIN\n  SELECT 'a\nb';\nEND\n$safestep$;\n",
                "DO $safestep$\r\nBEGIN\r\n  SELECT 'a\nb';\r\nEND\r\n$safestep$;\r\n",
            ),
            ("-- it's\nSELECT \"a\nb\"\n", "-- it's\r\nSELECT \"a\nb\"\r\n"),
        ] {
            assert_eq!(LineEnds::of(crlf).in_text(content.to_owned()), expected);
            assert_eq!(LineEnds::of(lf).in_text(content.to_owned()), content);
        }
    }
}
