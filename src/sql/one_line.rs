//! A statement in one line, for comments.

use pest::Parser;

use super::{Grammar, Rule};

/// The statement in one line, with the same meaning: a line break in a literal or a name is escaped, comments go.
pub fn one_line(sql: &str) -> String {
    let mut out = String::new();
    let mut end = 0;
    for token in Grammar::parse(Rule::tokens, sql).into_iter().flatten().flat_map(|tokens| tokens.into_inner()) {
        if matches!(token.as_rule(), Rule::line_comment | Rule::block_comment | Rule::EOI) {
            continue;
        }
        let gap = &sql[end..token.as_span().start()];
        out += if gap.contains(|c: char| !c.is_whitespace() || c == '\n') { " " } else { gap };
        match token.as_str().contains('\n') {
            true => out += &escaped(token.as_str()),
            false => out += token.as_str(),
        }
        end = token.as_span().end();
    }
    out.trim().to_owned()
}

/// A literal or quoted name without its line breaks.
fn escaped(literal: &str) -> String {
    let breaks = |text: &str| text.replace('\r', "\\r").replace('\n', "\\n");
    match literal.chars().next() {
        Some('\'') => format!("E{}", breaks(&literal.replace('\\', "\\\\"))),
        Some('"') => {
            let name = literal.replace('\\', "\\\\").replace('\r', "\\000d").replace('\n', "\\000a");
            format!("U&{name}")
        }
        Some('$') => {
            let tag = literal[1..].find('$').map_or(literal.len(), |end| end + 2);
            let value = literal.get(tag..literal.len().saturating_sub(tag)).unwrap_or_default();
            format!("E'{}'", breaks(&value.replace('\\', "\\\\").replace('\'', "''")))
        }
        _ => breaks(literal),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn the_meaning_stays() {
        for (sql, line) in [
            ("SELECT a  -- the first\n  FROM t\n WHERE b = 'x  y'", "SELECT a FROM t WHERE b = 'x  y'"),
            ("SELECT 'a\n b\\c',\n 1", "SELECT E'a\\n b\\\\c', 1"),
            ("SELECT E'it\\'s\n' , 1", "SELECT E'it\\'s\\n' , 1"),
            ("SELECT \"a\nb\"", "SELECT U&\"a\\000ab\""),
            ("SELECT $x$it's\nme$x$;", "SELECT E'it''s\\nme';"),
        ] {
            assert_eq!(one_line(sql), line);
        }
    }
}
