//! SQL as an argument of `op.execute`.

/// A string of Python that `op.execute` sends as this SQL. `quote` is the quote of the file's own strings.
///
/// `op.execute` makes a `text()` of it, in which `:name` is a parameter. SQLAlchemy takes for one what
/// `(?<![:\w\\]):(\w+)(?![:\w])` matches, and takes one backslash away where `\\(:\w*)(?![:\w])` matches, so just these
/// places get one (measured with SQLAlchemy 1.4, 2.0 and 2.1).
pub(super) fn sql_literal(sql: &str, quote: char) -> String {
    literal(&escaped(sql), quote)
}

/// The longest line of Black and Ruff.
pub(super) const MAX_LINE: usize = 88;

/// A string of Python.
pub(super) fn literal(text: &str, quote: char) -> String {
    let text = text.trim_matches('\n');
    let is_plain = |text: &str| !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    let prefix = if text.contains('\\') { "r" } else { "" };
    // A raw string cannot end in a backslash, and none may hold its own quotes.
    if text.contains('\n') && is_plain(text) && !text.ends_with('\\') {
        for quotes in ["\"\"\"", "'''"] {
            if !text.contains(quotes) && !text.ends_with(&quotes[..1]) {
                return format!("{prefix}{quotes}\n{text}\n{quotes}");
            }
        }
    }
    let other = if quote == '"' { '\'' } else { '"' };
    if !text.contains('\n') && is_plain(text) && !text.ends_with('\\') {
        for quote in [quote, other] {
            if !text.contains(quote) {
                return format!("{prefix}{quote}{text}{quote}");
            }
        }
    }
    // As Black and Ruff choose.
    let quote = if text.matches(quote).count() > text.matches(other).count() { other } else { quote };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn escaped(sql: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(sql.len());
    let mut before: Option<char> = None;
    for (at, c) in sql.char_indices() {
        let rest = &sql[at + c.len_utf8()..];
        let behind = |rest: &str| rest.trim_start_matches(is_word).chars().next();
        match c {
            ':' => {
                let is_parameter = rest.chars().next().is_some_and(is_word)
                    && behind(rest) != Some(':')
                    && before.is_none_or(|before| before != ':' && before != '\\' && !is_word(before));
                // SQLAlchemy 1.4 looks for names that begin with a dollar sign, too.
                let is_dollar = rest.starts_with('$') && before.is_none_or(|before| before != ':' && !is_word(before));
                if is_parameter || is_dollar {
                    out.push('\\');
                }
            }
            '\\' if rest.starts_with(':') && behind(&rest[1..]) != Some(':') => out.push('\\'),
            _ => {}
        }
        out.push(c);
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_is_escaped_where_it_would_be_a_parameter() {
        for (sql, expected) in [
            ("SELECT a::int, b := 1, '12:30', a[1:2], x:y", "SELECT a::int, b := 1, '12:30', a[1:2], x:y"),
            ("SELECT ':x', '{\"a\":1}' -- see :foo", "SELECT '\\:x', '{\"a\"\\:1}' -- see \\:foo"),
            ("(c):d", "(c)\\:d"),
            (":a: :a:b :ab:c ::x", ":a: :a:b :ab:c ::x"),
            ("E'\\:x'", "E'\\\\:x'"),
            ("'\\:a:b'", "'\\:a:b'"),
            ("'%', '%%', '%s'", "'%', '%%', '%s'"),
            ("format(':$a')", "format('\\:$a')"),
        ] {
            assert_eq!(escaped(sql), expected);
        }
    }

    #[test]
    fn a_string_holds_whatever_sql_holds() {
        for (text, expected) in [
            ("SELECT 1", "\"SELECT 1\""),
            ("SELECT \"a\"", "'SELECT \"a\"'"),
            ("SELECT \"a\", 'b'", "\"SELECT \\\"a\\\", 'b'\""),
            ("SELECT \"a's\"", "'SELECT \"a\\'s\"'"),
            ("a\\b", "r\"a\\b\""),
            ("a\nb", "\"\"\"\na\nb\n\"\"\""),
            ("a\n\\b", "r\"\"\"\na\n\\b\n\"\"\""),
            ("a\n\"\"\"b", "'''\na\n\"\"\"b\n'''"),
            ("a\n\"", "'''\na\n\"\n'''"),
            ("a\rb", "\"a\\rb\""),
            ("a\\", "\"a\\\\\""),
        ] {
            assert_eq!(literal(text, '"'), expected);
        }
        assert_eq!(literal("SELECT 'x'", '\''), "\"SELECT 'x'\"");
    }
}
