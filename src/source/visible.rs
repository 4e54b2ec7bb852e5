//! Other people's text in a place of ours: a comment, a message, a terminal, a table.

use std::borrow::Cow;

/// True for what could end a line, steer a terminal or hide text from its reader: control characters, line and paragraph
/// separators, zero-width and bidirectional formatting characters.
pub fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character), 0x00ad | 0x061c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
}

/// The text in one line, with every such character written as its code: a line break is `\u{a}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hostile)
}

/// The same for text of several lines: line breaks and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| is_hostile(character) && !matches!(character, '\t' | '\n'))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match is_escaped(character) {
            true => out.extend(character.escape_unicode()),
            false => out.push(character),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_written_as_its_code() {
        assert_eq!(visible("Ärger 表 🙂"), "Ärger 表 🙂");
        assert_eq!(visible("a\r\nDROP\tx"), "a\\u{d}\\u{a}DROP\\u{9}x");
        assert_eq!(visible("a\u{2028}\u{85}\u{202e}\u{1b}[2J"), "a\\u{2028}\\u{85}\\u{202e}\\u{1b}[2J");
        assert_eq!(visible_lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
    }
}
