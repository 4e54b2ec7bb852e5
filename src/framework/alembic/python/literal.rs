//! String literals: their values, and where each character of a value stands in the file.

use crate::framework::text::Text;
use crate::source::ByteSpan;

/// What a string literal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text, with the fields of an f-string between its parts.
    Text(Vec<Part>),
    /// Bytes, or text in a form that is not read (`\N{…}`, a template string).
    Other,
}

/// A part of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Characters.
    Text(Text),
    /// What stands between the braces of an f-string.
    Field(ByteSpan),
}

/// Reads one literal that stands at `span`, with its prefix and quotes.
pub fn literal(file: &str, span: ByteSpan) -> Literal {
    let whole = span.slice(file);
    let prefix = whole.find(['\'', '"']).unwrap_or(0);
    let letters = whole[..prefix].to_ascii_lowercase();
    let quotes = if whole[prefix..].starts_with("\"\"\"") || whole[prefix..].starts_with("'''") { 3 } else { 1 };
    if letters.contains(['b', 't']) || whole.len() < prefix + 2 * quotes {
        return Literal::Other;
    }
    let inner = ByteSpan::new(span.start + prefix + quotes, span.end - quotes);
    let mut reader = Reader { file, at: inner.start, end: inner.end, is_raw: letters.contains('r'), parts: Vec::new() };
    match reader.read(letters.contains('f')) {
        Some(()) => Literal::Text(reader.parts),
        None => Literal::Other,
    }
}

struct Reader<'a> {
    file: &'a str,
    at: usize,
    end: usize,
    is_raw: bool,
    parts: Vec<Part>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.file[self.at..self.end]
    }

    fn push(&mut self, value: &str, length: usize, is_verbatim: bool) {
        let source = ByteSpan::new(self.at, self.at + length);
        if !matches!(self.parts.last(), Some(Part::Text(_))) {
            self.parts.push(Part::Text(Text::default()));
        }
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push(value, source, is_verbatim);
        }
        self.at += length;
    }

    fn read(&mut self, is_formatted: bool) -> Option<()> {
        if self.rest().is_empty() {
            self.parts.push(Part::Text(Text::default()));
        }
        while self.at < self.end {
            let special = |c: char| c == '\\' || c == '\r' || (is_formatted && (c == '{' || c == '}'));
            let plain = self.rest().find(special).unwrap_or(self.rest().len());
            if plain > 0 {
                let value = self.rest()[..plain].to_owned();
                self.push(&value, plain, true);
                continue;
            }
            if self.rest().starts_with("\r\n") {
                self.push("\n", 2, false);
            } else if self.rest().starts_with('\r') {
                self.push("\n", 1, false);
            } else if self.rest().starts_with("{{") || self.rest().starts_with("}}") {
                let brace = self.rest()[..1].to_owned();
                self.push(&brace, 2, false);
            } else if self.rest().starts_with('{') {
                self.field()?;
            } else if self.rest().starts_with('}') {
                return None;
            } else if self.is_raw {
                self.push("\\", 1, true);
            } else {
                self.escape()?;
            }
        }
        Some(())
    }

    /// A field of an f-string: up to the brace that closes it.
    fn field(&mut self) -> Option<()> {
        let mut depth = 0usize;
        for (at, character) in self.rest().char_indices() {
            match character {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        let (start, end) = (self.at + 1, self.at + at);
                        self.parts.push(Part::Field(ByteSpan::new(start, end)));
                        self.at = end + 1;
                        return Some(());
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// A backslash and what follows it (The Python Language Reference, 2.5.1.1).
    fn escape(&mut self) -> Option<()> {
        let next = self.rest()[1..].chars().next()?;
        let simple = match next {
            '\\' => "\\",
            '\'' => "'",
            '"' => "\"",
            'a' => "\u{07}",
            'b' => "\u{08}",
            'f' => "\u{0C}",
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            'v' => "\u{0B}",
            '\n' => "",
            '\r' => {
                self.at += if self.rest()[1..].starts_with("\r\n") { 3 } else { 2 };
                return Some(());
            }
            'x' => return self.coded(2, 2, 16),
            'u' => return self.coded(2, 4, 16),
            'U' => return self.coded(2, 8, 16),
            '0'..='7' => {
                let digits = self.rest()[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                return self.coded(1, digits, 8);
            }
            'N' => return None,
            // One that is unknown stays with its backslash.
            _ => {
                self.push("\\", 1, true);
                return Some(());
            }
        };
        if simple.is_empty() {
            self.at += 2;
        } else {
            self.push(simple, 2, false);
        }
        Some(())
    }

    fn coded(&mut self, skip: usize, digits: usize, radix: u32) -> Option<()> {
        let code = self.rest().get(skip..skip + digits)?;
        let character = char::from_u32(u32::from_str_radix(code, radix).ok()?)?;
        self.push(character.encode_utf8(&mut [0; 4]), skip + digits, false);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &str) -> Text {
        match literal(file, ByteSpan::new(0, file.len())) {
            Literal::Text(parts) => match &parts[..] {
                [Part::Text(text)] => text.clone(),
                other => panic!("{other:?}"),
            },
            Literal::Other => panic!("{file} was not read"),
        }
    }

    #[test]
    fn values_are_pythons() {
        for (file, value) in [
            (r#""a\"b""#, "a\"b"),
            (r#"r"a\"b\n""#, "a\\\"b\\n"),
            (r"'\x41\u00e9\101\q\\'", "AéA\\q\\"),
            ("'''a\r\nb'''", "a\nb"),
            ("\"a\\\n b\"", "a b"),
            ("''", ""),
            ("f'{{x}}'", "{x}"),
        ] {
            assert_eq!(text(file).value, value, "{file}");
        }
        assert_eq!(literal(r"'\N{BULLET}'", ByteSpan::new(0, 12)), Literal::Other);
        assert_eq!(literal("b'a'", ByteSpan::new(0, 4)), Literal::Other);
    }

    #[test]
    fn each_part_of_a_value_knows_its_place() {
        let file = r"'ab\ncd'";
        let text = text(file);
        for (part, place) in [("ab", "ab"), ("\n", r"\n"), ("cd", "cd"), ("b\nc", r"b\nc")] {
            let start = text.value.find(part).unwrap();
            assert_eq!(text.place(ByteSpan::new(start, start + part.len())).slice(file), place);
            assert_eq!(text.part(start..start + part.len()).place(ByteSpan::new(0, part.len())).slice(file), place);
        }
        let mut twice = text.part(0..2);
        twice.append(&text.part(3..5));
        assert_eq!(twice.value, "abcd");
        assert_eq!(twice.place(ByteSpan::new(2, 4)).slice(file), "cd");
    }

    #[test]
    fn fields_of_f_strings_are_parts() {
        let file = "f'a {x} b'";
        let Literal::Text(parts) = literal(file, ByteSpan::new(0, file.len())) else { panic!() };
        assert_eq!(parts.len(), 3);
        assert!(matches!(parts[1], Part::Field(span) if span.slice(file) == "x"));
    }
}
