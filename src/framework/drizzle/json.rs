//! Changes in the text of a JSON file: where values stand, so that everything else keeps its bytes.

use serde::de::IgnoredAny;

use crate::source::ByteSpan;

/// A value with its place in the text.
#[derive(Debug)]
pub(super) struct Located {
    pub span: ByteSpan,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Object(Vec<(String, Located)>),
    Array(Vec<Located>),
    Scalar,
}

impl Located {
    /// The value of a key of an object.
    pub fn get(&self, key: &str) -> Option<&Located> {
        match &self.inside {
            // JavaScript takes the last of a key that is there twice.
            Inside::Object(members) => members.iter().rfind(|(name, _)| name == key).map(|(_, value)| value),
            Inside::Array(_) | Inside::Scalar => None,
        }
    }

    /// The values of an array.
    pub fn elements(&self) -> Option<&[Located]> {
        match &self.inside {
            Inside::Array(elements) => Some(elements),
            Inside::Object(_) | Inside::Scalar => None,
        }
    }
}

/// The value that a text holds; `None` when it is no JSON.
pub(super) fn locate(text: &str) -> Option<Located> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut scan = Scan { text, at: 0 };
    scan.value()
}

/// The text with some of its parts replaced; parts do not overlap.
pub(super) fn replaced(text: &str, mut changes: Vec<(ByteSpan, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (span, new) in changes {
        out.push_str(&text[end..span.start]);
        out.push_str(&new);
        end = span.end;
    }
    out + &text[end..]
}

/// A walk over a text that is known to be JSON.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn value(&mut self) -> Option<Located> {
        let (start, inside) = match self.peek()? {
            b'{' => (
                self.at,
                Inside::Object(self.members(b'}', |scan| {
                    let key = scan.string()?;
                    let key = serde_json::from_str(key.slice(scan.text)).ok()?;
                    scan.expect(b':')?;
                    Some((key, scan.value()?))
                })?),
            ),
            b'[' => (self.at, Inside::Array(self.members(b']', Scan::value)?)),
            b'"' => return Some(Located { span: self.string()?, inside: Inside::Scalar }),
            _ => {
                let start = self.at;
                let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | '}' | ']');
                self.at += self.text[start..].find(ends).unwrap_or(self.text.len() - start);
                (start, Inside::Scalar)
            }
        };
        Some(Located { span: ByteSpan::new(start, self.at), inside })
    }

    /// What stands between brackets, parted by commas.
    fn members<T>(&mut self, close: u8, member: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            match self.peek()? {
                b',' => self.at += 1,
                c if c == close => {
                    self.at += 1;
                    return Some(members);
                }
                _ => members.push(member(self)?),
            }
        }
    }

    fn string(&mut self) -> Option<ByteSpan> {
        let start = self.at;
        self.expect(b'"')?;
        let mut escaped = false;
        let length = self.text[self.at..].find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })?;
        self.at += length + 1;
        Some(ByteSpan::new(start, self.at))
    }

    fn expect(&mut self, sign: u8) -> Option<()> {
        (self.peek()? == sign).then(|| self.at += 1)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.bytes().next()
    }
}

#[cfg(test)]
mod tests {
    use super::{locate, replaced};

    #[test]
    fn only_the_value_changes() {
        let text = "{ \"a\\\"}\" : [1, {\"x\":\"]\"} ,\n  -2.5e3],\t\"id\":\"é\\\\\" , \"n\":null }\n";
        let value = locate(text).unwrap();
        let array = value.get("a\"}").and_then(|a| a.elements()).unwrap();
        let slices: Vec<&str> = array.iter().map(|v| v.span.slice(text)).collect();
        assert_eq!(slices, ["1", "{\"x\":\"]\"}", "-2.5e3"]);
        let changes = vec![(value.get("id").unwrap().span, "7".into()), (array[0].span, "one".into())];
        let new = "{ \"a\\\"}\" : [one, {\"x\":\"]\"} ,\n  -2.5e3],\t\"id\":7 , \"n\":null }\n";
        assert_eq!(replaced(text, changes), new);
        assert!(locate("{ \"a\": }").is_none() && locate("").is_none());
    }
}
