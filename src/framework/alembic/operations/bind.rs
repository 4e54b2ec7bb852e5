//! Text that SQLAlchemy's `text()` takes: `:name` is a parameter, `\:name` is not.

use super::super::python::Text;

/// What the server gets of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// This text.
    Text(Text),
    /// It has parameters: their names.
    Parameters(Vec<String>),
}

/// A letter, a digit or an underscore, in the sense of Python's `\w`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The parameters of a text, as `(?<![:\w\\]):(\w+)(?![:\w])` finds them: where each stands.
pub(super) fn parameters(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut before = None;
    for (at, character) in text.char_indices() {
        let is_open = character == ':' && !before.is_some_and(|c: char| c == ':' || c == '\\' || is_word(c));
        before = Some(character);
        if !is_open {
            continue;
        }
        let name = &text[at + 1..];
        let length = name.find(|c| !is_word(c)).unwrap_or(name.len());
        if length > 0 && !name[length..].starts_with(':') {
            found.push(at..at + 1 + length);
        }
    }
    found
}

/// What `text()` sends: `\(:\w*)(?![:\w])` loses its backslash.
pub(super) fn sent(text: &Text) -> Sent {
    let parameters = parameters(&text.value);
    if !parameters.is_empty() {
        return Sent::Parameters(
            parameters.into_iter().map(|range| text.value[range.start + 1..range.end].to_owned()).collect(),
        );
    }
    Sent::Text(without_escapes(text))
}

pub(super) fn without_escapes(text: &Text) -> Text {
    let value = &text.value;
    let mut out = Text::default();
    let mut from = 0;
    for (at, _) in value.match_indices("\\:") {
        let name = &value[at + 2..];
        let length = name.find(|c| !is_word(c)).unwrap_or(name.len());
        if !name[length..].starts_with(':') {
            out.append(&text.part(from..at));
            from = at + 1;
        }
    }
    if from == 0 {
        return text.clone();
    }
    out.append(&text.part(from..value.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ByteSpan;

    fn of(text: &str) -> Sent {
        sent(&Text::standing_for(text, ByteSpan::new(0, 0)))
    }

    #[test]
    fn a_colon_before_a_word_is_a_parameter() {
        for plain in ["a::text", "x := 1", "'12:30'", "a[1:2]", "x:y", ":a:", ":a:b", ":ab:c", "::x", "'a: b'"] {
            assert_eq!(of(plain), Sent::Text(Text::standing_for(plain, ByteSpan::new(0, 0))), "{plain}");
        }
        for (text, name) in [("':x'", "x"), ("-- see :foo", "foo"), ("(c):d", "d"), ("= :ü1", "ü1")] {
            assert_eq!(of(text), Sent::Parameters(vec![name.to_owned()]), "{text}");
        }
    }

    #[test]
    fn a_backslash_goes_only_where_the_pattern_fits() {
        for (text, sent) in [
            (r"'\:x'", "':x'"),
            (r"\:a:b", r"\:a:b"),
            (r"\:ab:", r"\:ab:"),
            (r"\::x", r"\::x"),
            (r"a\: b", "a: b"),
            (r"\n", r"\n"),
        ] {
            let Sent::Text(got) = of(text) else { panic!("{text}") };
            assert_eq!(got.value, sent, "{text}");
        }
    }
}
