//! The values that SQL holds: literals and the bodies of functions, byte for byte.

use std::collections::BTreeSet;

/// String literals, and dollar-quoted bodies with what is in them.
pub fn values(sql: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let end = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if letter == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else if letter == '\'' {
            let end = closing_quote(&rest[1..], false) + 1;
            found.insert(rest[..end].to_owned());
            end
        } else if rest.starts_with("E'") || rest.starts_with("e'") {
            let end = closing_quote(&rest[2..], true) + 2;
            found.insert(rest[..end].to_owned());
            end
        } else if let Some(tag) = dollar_tag(rest) {
            let end = rest[tag.len()..].find(tag).map_or(rest.len(), |end| end + tag.len());
            let body = &rest[tag.len()..end];
            found.extend(values(body));
            found.insert(body.to_owned());
            (end + tag.len()).min(rest.len())
        } else if letter.is_alphanumeric() || letter == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len())
        } else {
            letter.len_utf8()
        };
        rest = &rest[end..];
    }
    found
}

/// Where a literal ends whose opening quote has been read.
fn closing_quote(text: &str, escapes: bool) -> usize {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if escapes => drop(letters.next()),
            '\'' if letters.peek().is_some_and(|(_, next)| *next == '\'') => drop(letters.next()),
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn dollar_tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('$')?;
    let end = inside.find('$')?;
    let is_tag = inside[..end].chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_tag && !inside.starts_with(|c: char| c.is_ascii_digit())).then(|| &text[..end + 2])
}

/// A value of `source` that is not in `output`, in words. The body of a DO block may be taken apart; what is in it may not.
pub fn lost(source: &str, output: &str) -> Option<String> {
    let there = values(output);
    let is_block = |value: &str| {
        !value.starts_with(['\'', 'E', 'e']) && values(source).contains(value) && is_do_body(source, value)
    };
    let asked = asked(source);
    let is_lost = |value: &String| !there.contains(value) && !is_block(value) && !asked.contains(value);
    let lost = values(source).into_iter().find(is_lost)?;
    Some(format!("the value {lost} is in no file"))
}

/// The values in the conditions of DO blocks: with a guard of another form they go.
fn asked(source: &str) -> BTreeSet<String> {
    let is_block = |value: &String| !value.starts_with(['\'', 'E', 'e']) && is_do_body(source, value);
    let mut found = BTreeSet::new();
    for block in values(source).into_iter().filter(is_block) {
        for (at, word) in block.match_indices("IF ") {
            let behind = &block[at + word.len()..];
            if let Some((condition, _)) = behind.split_once("THEN").filter(|_| behind.starts_with("NOT EXISTS")) {
                found.extend(values(condition));
            }
        }
    }
    found
}

fn is_do_body(source: &str, body: &str) -> bool {
    source.find(body).is_some_and(|at| {
        source[..at].trim_end_matches(|c: char| c == '$' || c.is_alphanumeric()).trim_end().ends_with("DO")
    })
}
