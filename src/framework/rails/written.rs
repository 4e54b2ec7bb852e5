//! Values as Ruby writes them.

use crate::operation::{Ident, QualifiedName};

/// The longest line of a call.
pub(super) const MAX_LINE: usize = 120;

/// A string, in double quotes where nothing speaks for single ones.
pub(super) fn string(text: &str) -> String {
    let has_signs = text.contains(['\'', '\\']) || text.chars().any(char::is_control);
    if text.contains('"') && !has_signs {
        return format!("'{text}'");
    }
    let mut out = String::from('"');
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            // `#{…}`, `#$name` and `#@name` are values in it.
            '#' if letters.peek().is_some_and(|next| matches!(next, '{' | '$' | '@')) => out.push_str("\\#"),
            c if c.is_control() => out += &format!("\\u{{{:x}}}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A symbol.
pub(super) fn symbol(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && name.chars().all(is_plain) { format!(":{name}") } else { format!(":{}", string(name)) }
}

/// A column, or several.
pub(super) fn columns(names: &[&Ident]) -> String {
    let all: Vec<String> = names.iter().map(|name| symbol(name.as_str())).collect();
    match all.as_slice() {
        [only] => only.clone(),
        _ if names.iter().all(|name| is_word(name.as_str())) => format!("%i[{}]", spaced(names)),
        _ => format!("[{}]", all.join(", ")),
    }
}

/// Names in an array of strings.
pub(super) fn words(names: &[&Ident]) -> String {
    if names.iter().all(|name| is_word(name.as_str())) {
        return format!("%w[{}]", spaced(names));
    }
    let all: Vec<String> = names.iter().map(|name| string(name.as_str())).collect();
    format!("[{}]", all.join(", "))
}

fn spaced(names: &[&Ident]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A table. Active Record cuts a name at its dots, and takes quotes for its own.
pub(super) fn table(name: &QualifiedName) -> Option<String> {
    let has_signs = |name: &Ident| name.as_str().contains(['.', '"']);
    match &name.schema {
        _ if has_signs(&name.name) => None,
        Some(schema) if has_signs(schema) => None,
        Some(schema) => Some(string(&format!("{}.{}", schema.as_str(), name.name.as_str()))),
        None => Some(symbol(name.name.as_str())),
    }
}

/// SQL as the argument of a call that stands at that depth, in lines: what stands behind the call's name, then the rest.
pub(super) fn sql(text: &str, indent: &str) -> Vec<String> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let is_plain = |c: char| !c.is_control() || c == '\n' || c == '\t';
    // Ruby drops a carriage return at the end of a heredoc's line.
    let fits_heredoc = text.chars().all(is_plain);
    let has_both_quotes = text.contains('"') && text.contains('\'');
    let is_long = indent.len() + "connection.execute ".len() + text.len() + 2 > MAX_LINE;
    let needs_heredoc = text.contains(['\n', '\\']) || has_both_quotes || is_long;
    match fits_heredoc && needs_heredoc {
        true => heredoc(text, indent),
        false => vec![string(text)],
    }
}

/// The same in lines of its own, of a text without signs that a heredoc cannot hold.
pub(super) fn heredoc(text: &str, indent: &str) -> Vec<String> {
    let mut word = "SQL".to_owned();
    while text.lines().any(|line| line.trim() == word) {
        word.push_str("_END");
    }
    let has_values = text.contains('\\') || ["#{", "#$", "#@"].iter().any(|sign| text.contains(sign));
    let quote = if has_values { "'" } else { "" };
    let mut lines = vec![format!("<<~{quote}{word}{quote}")];
    // A squiggly heredoc takes away what all of its lines begin with: this indentation, and no more, because the first line
    // begins with a word. So a line break in a literal stays as it is.
    let indented = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}  {line}") };
    lines.extend(text.split('\n').map(indented));
    lines.push(format!("{indent}{word}"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_holds_whatever_sql_holds() {
        for (text, expected) in [
            ("name IS NOT NULL", "\"name IS NOT NULL\""),
            ("a = 'x' # 1", "\"a = 'x' # 1\""),
            ("\"a\" ~ '\\d#{x}'", "\"\\\"a\\\" ~ '\\\\d\\#{x}'\""),
            ("\"a\" IS NOT NULL #{b}", "'\"a\" IS NOT NULL #{b}'"),
            ("a\nb\r\u{7}", "\"a\\nb\\r\\u{7}\""),
        ] {
            assert_eq!(string(text), expected);
        }
    }

    #[test]
    fn names_are_symbols_where_ruby_has_one() {
        assert_eq!(symbol("users"), ":users");
        assert_eq!(symbol("User-x"), ":\"User-x\"");
        let name =
            |schema: Option<&str>, name: &str| QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) };
        assert_eq!(table(&name(Some("audit"), "log")).as_deref(), Some("\"audit.log\""));
        assert_eq!(table(&name(None, "a.b")), None);
    }

    #[test]
    fn sql_with_quotes_or_lines_is_a_heredoc() {
        assert_eq!(sql("ALTER TABLE t DROP COLUMN a;", "  "), ["\"ALTER TABLE t DROP COLUMN a\""]);
        assert_eq!(
            sql("UPDATE \"T\" SET a = 'x\n\n  y'", "  "),
            ["<<~SQL", "    UPDATE \"T\" SET a = 'x", "", "      y'", "  SQL"]
        );
        assert_eq!(sql("SELECT '\\d'\nSQL", ""), ["<<~'SQL_END'", "  SELECT '\\d'", "  SQL", "SQL_END"]);
        assert_eq!(sql("SELECT '#{a}'\n", ""), ["\"SELECT '\\#{a}'\""]);
    }
}
