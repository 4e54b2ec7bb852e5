//! Names: quoted as the `pg` gem quotes them, and those that Active Record makes up.

use sha2::{Digest, Sha256};

use super::context::Context;
use crate::framework::rails::value::{Value, Why};

/// PostgreSQL's `max_identifier_length`.
const LONGEST: usize = 63;

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names in quotes, with commas between them.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| quoted(name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A table's name in quotes, with its schema.
pub(super) fn table(name: &str) -> String {
    match split(name) {
        (Some(schema), name) => format!("{}.{}", quoted(&schema), quoted(&name)),
        (None, name) => quoted(&name),
    }
}

/// A name's schema and the name: `x.t`, `"x.y".t`.
pub(super) fn split(name: &str) -> (Option<String>, String) {
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = name;
    while parts.len() < 2 && !rest.is_empty() {
        let end = match rest.strip_prefix('"').and_then(|inner| inner.find('"')) {
            Some(end) => end + 2,
            None if rest.starts_with(['.', '"']) => {
                rest = &rest[1..];
                continue;
            }
            None => rest.find(['.', '"']).unwrap_or(rest.len()),
        };
        parts.push(&rest[..end]);
        rest = &rest[end..];
    }
    let inner =
        |part: &&str| part.strip_prefix('"').map_or(*part, |part| part.strip_suffix('"').unwrap_or(part)).to_owned();
    match &parts[..] {
        [schema, name, ..] => (Some(inner(schema)), inner(name)),
        [name] => (None, inner(name)),
        [] => (None, name.to_owned()),
    }
}

/// A string as SQL writes it.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The columns of an index, or its expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Columns {
    /// Columns.
    Named(Vec<String>),
    /// An expression: a string with anything but letters, digits and `_` in it.
    Expression(String),
}

impl Columns {
    /// What `add_index` and its like are given.
    pub(super) fn of(value: &Value) -> Result<Columns, Why> {
        match value {
            Value::Text(text) if is_expression(&text.value) => Ok(Columns::Expression(text.value.clone())),
            value => Ok(Columns::Named(super::arguments::names(value, "a column")?)),
        }
    }

    /// The words that stand for them in a name.
    fn words(&self, between: &str) -> String {
        match self {
            Columns::Named(columns) => columns.join(between),
            Columns::Expression(text) => {
                let words = text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
                words.collect::<Vec<_>>().join("_")
            }
        }
    }
}

/// `/\W/` matches it.
pub(super) fn is_expression(text: &str) -> bool {
    !text.chars().all(is_word)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What an index is called that is given no name, on the connection.
pub(super) fn index(table: &str, columns: &Columns, context: &Context<'_>) -> String {
    if context.runs_before(7, 1) {
        return old_index(table, columns);
    }
    let (_, table) = split(table);
    let name = old_index(&table, columns);
    // `max_index_name_size`
    if name.len() <= 62 {
        return name;
    }
    let digest = digest(&name);
    let mut short = format!("idx_on_{}", columns.words("_"));
    let mut end = short.len().min(62 - digest.len() - 1);
    while !short.is_char_boundary(end) {
        end -= 1;
    }
    short.truncate(end);
    format!("{short}_{digest}")
}

/// The same before 7.1.
pub(super) fn old_index(table: &str, columns: &Columns) -> String {
    format!("index_{table}_on_{}", columns.words("_and_"))
}

/// A name of an index that PostgreSQL takes whole.
///
/// # Errors
/// When it is too long: Active Record raises.
pub(super) fn checked_index(name: &str) -> Result<&str, Why> {
    match name.chars().count() > LONGEST {
        true => Err(format!("the name {name} is too long")),
        false => Ok(name),
    }
}

/// A name that is made of a digest: `fk_rails_5b5ddfd518`.
pub(super) fn hashed(kind: &str, of: &str) -> String {
    format!("{kind}_rails_{}", digest(of))
}

/// `foreign_key_name`: the name of a foreign key on one column that is given none.
pub(in crate::framework::rails) fn foreign_key_name(table: &str, column: &str) -> String {
    hashed("fk", &format!("{table}_{column}_fk"))
}

/// `check_constraint_name`: the name of a CHECK that is given none.
pub(in crate::framework::rails) fn check_name(table: &str, expression: &str) -> String {
    hashed("chk", &format!("{table}_{expression}_chk"))
}

fn digest(of: &str) -> String {
    let digest = Sha256::digest(of.as_bytes());
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// The first characters of a table's name, as many as leave room for `ending`.
pub(super) fn cut(name: &str, ending: &str) -> String {
    name.chars().take(LONGEST.saturating_sub(ending.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::context::Version;
    use super::*;

    #[test]
    fn names_are_made_up_as_active_record_does() {
        let old = Context::of(Version(7, 0), Version(7, 0));
        let new = Context::of(Version(7, 1), Version(7, 1));
        let columns = |names: &[&str]| Columns::Named(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(index("x.t", &columns(&["a", "b"]), &new), "index_t_on_a_and_b");
        assert_eq!(index("x.t", &columns(&["a", "b"]), &old), "index_x.t_on_a_and_b");
        assert_eq!(index("users", &Columns::Expression("lower(name)".into()), &new), "index_users_on_lower_name");
        assert_eq!(hashed("fk", "posts_user_id_fk"), "fk_rails_5b5ddfd518");
        assert_eq!(hashed("chk", "users_n > 0_chk"), "chk_rails_98ef19dbb7");
        assert_eq!(split("\"x.y\".t"), (Some("x.y".into()), "t".into()));
        assert_eq!(table("x.t"), "\"x\".\"t\"");
    }
}
