//! Schema files of a Drizzle project, which are TypeScript: the line that gives a column its name, where it can be found for sure.

use camino::Utf8PathBuf;

use super::super::super::config_file::{Placed, Token, placed_tokens};
use super::super::super::deferral::Texts;
use crate::operation::{Ident, QualifiedName};

/// A column that has a new name in the schema files.
pub(super) struct Renamed<'a> {
    pub table: &'a QualifiedName,
    pub column: &'a Ident,
    pub to: &'a Ident,
}

/// A line of a schema file, and what would stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub path: Utf8PathBuf,
    pub number: usize,
    pub before: String,
    pub after: String,
}

/// A string of TypeScript.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Renamed<'_> {
    /// The one line that names the new column, with the name of the old one in its place; `None` where there is not exactly one
    /// that is sure.
    pub fn line_in(&self, files: &Texts) -> Option<Line> {
        let mut found =
            files.iter().flat_map(|(path, text)| self.names_in(text).into_iter().map(move |name| (path, text, name)));
        let (path, text, Placed { start, end, .. }) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let quote = text[start..].chars().next()?;
        let name = quoted(self.column.as_str());
        let name = match quote == '"' || self.column.as_str().contains(['\'', '`', '\\', '$']) {
            true => name,
            false => format!("{quote}{}{quote}", self.column.as_str()),
        };
        Some(Line {
            path: path.clone(),
            number: text[..start].matches('\n').count() + 1,
            before: text[from..to].trim().to_owned(),
            after: format!("{}{name}{}", &text[from..start], &text[end..to]).trim().to_owned(),
        })
    }

    /// The strings that are the new column's name: `key: type("name"…` in the columns of the table.
    fn names_in(&self, text: &str) -> Vec<Placed> {
        let tokens = placed_tokens(text);
        let mut names = Vec::new();
        for at in 0..tokens.len() {
            if let Some(columns) = self.columns_at(&tokens, at) {
                names.extend(self.name_in(&tokens[columns..]));
            }
        }
        names
    }

    /// Where the columns of the table begin, if it is made there: `pgTable("t", {` or `pgTable("t", (t) => ({`, and in another
    /// schema than `public` `schema.table("t", {`.
    fn columns_at(&self, tokens: &[Placed], at: usize) -> Option<usize> {
        let is_public = self.table.schema.as_ref().is_none_or(|schema| schema.as_str() == "public");
        let call = &tokens[at].token;
        let makes = match is_public {
            true => call.is_word("pgTable"),
            false => call.is_word("table") && at > 0 && tokens[at - 1].token == Token::Sign('.'),
        };
        let is_text = |token: &Token| matches!(token, Token::Text(text) if text == self.table.name.as_str());
        let after = |by: usize| tokens.get(at + by).map(|placed| &placed.token);
        let opens = makes
            && after(1) == Some(&Token::Sign('('))
            && after(2).is_some_and(is_text)
            && after(3) == Some(&Token::Sign(','));
        if !opens {
            return None;
        }
        let rest = &tokens[at + 4..];
        let brace = rest.iter().position(|placed| placed.token == Token::Sign('{'))?;
        // an object, or a function that gives one
        let lead: String = rest[..brace]
            .iter()
            .map(|placed| match &placed.token {
                Token::Word(_) => 'w',
                Token::Sign(sign) => *sign,
                Token::Text(_) | Token::Computed => '?',
            })
            .collect();
        matches!(lead.as_str(), "" | "(w)=>(" | "w=>(").then_some(at + 4 + brace + 1)
    }

    /// The name of the column in an object that has been opened.
    fn name_in(&self, tokens: &[Placed]) -> Vec<Placed> {
        let mut depth = 1;
        let mut names = Vec::new();
        for (at, placed) in tokens.iter().enumerate() {
            match &placed.token {
                Token::Sign('{' | '(' | '[') => depth += 1,
                Token::Sign('}' | ')' | ']') => depth -= 1,
                Token::Text(name) if depth == 2 && name == self.to.as_str() && names_column(&tokens[..at]) => {
                    names.push(placed.clone());
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names
    }
}

/// What stands before a string makes it the name of a column: `key: type(` or `key: t.type(`.
fn names_column(before: &[Placed]) -> bool {
    let signs: Vec<Option<char>> = before
        .iter()
        .rev()
        .take(6)
        .map(|placed| match &placed.token {
            Token::Sign(sign) => Some(*sign),
            Token::Word(_) | Token::Text(_) => None,
            Token::Computed => Some('$'),
        })
        .collect();
    matches!(
        signs.as_slice(),
        [Some('('), None, Some(':'), None, ..] | [Some('('), None, Some('.'), None, Some(':'), None]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<(usize, String, String)> {
        let (table, column, to) =
            (QualifiedName::unqualified(Ident::new("users")), Ident::new("name"), Ident::new("full_name"));
        let renamed = Renamed { table: &table, column: &column, to: &to };
        let line = renamed.line_in(&vec![("s.ts".into(), text.to_owned())])?;
        Some((line.number, line.before, line.after))
    }

    #[test]
    fn the_line_is_found_where_it_is_sure() {
        let found = |number: usize, before: &str, after: &str| Some((number, before.to_owned(), after.to_owned()));
        for (text, expected) in [
            (
                "export const users = pgTable(\"users\", {\n  id: serial(\"id\"),\n  fullName: text(\"full_name\").notNull(), // said\n});",
                found(
                    3,
                    "fullName: text(\"full_name\").notNull(), // said",
                    "fullName: text(\"name\").notNull(), // said",
                ),
            ),
            (
                "const u = t.pgTable('users', (t) => ({\n  fullName: t.varchar('full_name', { length: 40 }),\n}))",
                found(
                    2,
                    "fullName: t.varchar('full_name', { length: 40 }),",
                    "fullName: t.varchar('name', { length: 40 }),",
                ),
            ),
            // another table, a key without a name, a default of that text, twice, a table that a function makes
            ("pgTable(\"posts\", {\n fullName: text(\"full_name\") })", None),
            ("pgTable(\"users\", {\n full_name: text() })", None),
            ("pgTable(\"users\", {\n a: text(\"a\").default(\"full_name\") })", None),
            ("pgTable(\"users\", { a: text(\"full_name\") }); pgTable(\"users\", { a: text(\"full_name\") })", None),
            ("pgTable(\"users\", columns({ a: text(\"full_name\") }))", None),
            ("// pgTable(\"users\", { a: text(\"full_name\") })", None),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }
}
