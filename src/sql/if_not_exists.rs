//! `IF NOT EXISTS` in a statement that stays otherwise as it was written.

use super::cursor::Cursor;

/// What may be created `IF NOT EXISTS`, as far as it stands directly before the name.
const KINDS: [&str; 4] = ["TABLE", "SCHEMA", "SEQUENCE", "EXTENSION"];
const BETWEEN: [&str; 5] = ["GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED"];

/// A `CREATE` with `IF NOT EXISTS`; `None` when it cannot have it.
pub fn with_if_not_exists(statement: &str) -> Option<String> {
    let mut cursor = Cursor::new(statement)?;
    cursor.need("CREATE")?;
    while BETWEEN.iter().any(|word| cursor.eat(word)) {}
    KINDS.iter().find(|kind| cursor.eat(kind))?;
    if cursor.at("IF NOT EXISTS") {
        return Some(statement.to_owned());
    }
    let name = cursor.position();
    Some(format!("{}IF NOT EXISTS {}", &statement[..name], &statement[name..]))
}

#[cfg(test)]
mod tests {
    use super::with_if_not_exists;

    #[test]
    fn the_rest_stays_as_it_was_written() {
        for (before, after) in [
            (
                "CREATE TABLE \"a\" (\n\t\"id\" serial -- key\n);",
                "CREATE TABLE IF NOT EXISTS \"a\" (\n\t\"id\" serial -- key\n);",
            ),
            ("create unlogged table t ()", "create unlogged table IF NOT EXISTS t ()"),
            ("CREATE SCHEMA IF NOT EXISTS s", "CREATE SCHEMA IF NOT EXISTS s"),
        ] {
            assert_eq!(with_if_not_exists(before).as_deref(), Some(after));
        }
        assert_eq!(with_if_not_exists("CREATE TYPE t AS ENUM ()"), None);
    }
}
