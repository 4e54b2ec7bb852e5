//! What may run twice, as far as the text of a statement tells.

use super::cursor::{Cursor, Tokens};

/// What may be created `IF NOT EXISTS`, as far as it stands directly before the name.
const KINDS: [&str; 4] = ["TABLE", "SCHEMA", "SEQUENCE", "EXTENSION"];

/// A `CREATE` with `IF NOT EXISTS`; `None` when it cannot have it. Nor can a temporary table: it may end with its
/// transaction.
pub fn with_if_not_exists(statement: &str) -> Option<String> {
    let tokens = Tokens::of(statement)?;
    let mut cursor = tokens.cursor();
    cursor.need("CREATE")?;
    cursor.eat("UNLOGGED");
    let kind = KINDS.iter().find(|kind| cursor.eat(kind))?;
    if cursor.at("IF NOT EXISTS") {
        return Some(statement.to_owned());
    }
    let name = cursor.position();
    if *kind == "SCHEMA" && has_elements(cursor) {
        return None;
    }
    Some(format!("{}IF NOT EXISTS {}", &statement[..name], &statement[name..]))
}

/// After `CREATE SCHEMA`: what the schema holds stands in the same statement, and then IF NOT EXISTS is refused.
fn has_elements(mut c: Cursor<'_>) -> bool {
    if !c.at("AUTHORIZATION") {
        c.ident();
    }
    if c.eat("AUTHORIZATION") {
        c.ident();
    }
    !c.is_done() && !c.at_symbol(";")
}

/// A `DROP` that says `IF EXISTS` itself.
pub fn drops_if_exists(statement: &str) -> bool {
    Tokens::of(statement).is_some_and(|tokens| {
        let mut cursor = tokens.cursor();
        let drops = cursor.eat("DROP");
        // `MATERIALIZED VIEW`, `TEXT SEARCH CONFIGURATION`: the kind has up to three words.
        drops && (1..=3).any(|words| cursor.skip(words).at("IF EXISTS"))
    })
}

/// `UPDATE t SET a = … WHERE a IS NULL AND …`: a row that has its value is not changed again.
pub fn fills_nulls(statement: &str) -> bool {
    Tokens::of(statement).and_then(|tokens| fills(tokens.cursor())).is_some()
}

fn fills(mut c: Cursor<'_>) -> Option<()> {
    c.need("UPDATE")?;
    c.eat("ONLY");
    c.name()?;
    if !c.at("SET") {
        c.eat("AS");
        c.ident()?;
    }
    c.need("SET")?;
    let column = c.ident()?;
    c.eat_symbol("=").then_some(())?;
    c.skip_until(1, |c| c.at_symbol(",") || c.at("FROM") || c.at("WHERE"));
    if c.at("FROM") {
        c.skip_until(1, |c| c.at("WHERE"));
    }
    c.need("WHERE")?;
    let mut found = false;
    loop {
        let mut condition = c.clone();
        let mut name = condition.ident();
        if condition.eat_symbol(".") {
            name = condition.ident();
        }
        let is_null = name.as_ref() == Some(&column) && condition.eat("IS NULL");
        let ends = condition.is_done() || condition.at_symbol(";") || condition.at("AND");
        found |= is_null && ends;
        c.skip_until(1, |c| ["AND", "OR", "RETURNING"].iter().any(|word| c.at(word)) || c.at_symbol(";"));
        if !c.eat("AND") {
            break;
        }
    }
    (found && !c.at("OR")).then_some(())
}

#[cfg(test)]
mod tests {
    use super::{drops_if_exists, fills_nulls, with_if_not_exists};

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
        for statement in ["CREATE SCHEMA s CREATE TABLE t ()", "CREATE SCHEMA AUTHORIZATION r GRANT ALL ON t TO PUBLIC"]
        {
            assert_eq!(with_if_not_exists(statement), None);
        }
        assert!(with_if_not_exists("CREATE SCHEMA s AUTHORIZATION r;").is_some());
        for statement in ["CREATE TYPE t AS ENUM ()", "CREATE TEMP TABLE t () ON COMMIT DROP"] {
            assert_eq!(with_if_not_exists(statement), None);
        }
    }

    #[test]
    fn drops_that_find_nothing_may_pass() {
        for statement in ["DROP TRIGGER IF EXISTS a ON t", "drop materialized view if exists v"] {
            assert!(drops_if_exists(statement), "{statement}");
        }
        assert!(!drops_if_exists("DROP POLICY \"IF EXISTS\" ON t") && !drops_if_exists("DROP FUNCTION f()"));
    }

    #[test]
    fn only_what_fills_nulls_does_nothing_the_second_time() {
        for statement in [
            "UPDATE \"t\" SET \"a\" = 'x' WHERE \"a\" IS NULL;",
            "UPDATE t AS r SET a = (SELECT b FROM u WHERE u.id = r.id) WHERE r.id > 3 AND r.a IS NULL",
            "UPDATE t SET a = u.a FROM u WHERE u.id = t.id AND t.a IS NULL AND u.a IS NOT NULL",
        ] {
            assert!(fills_nulls(statement), "{statement}");
        }
        for statement in [
            "UPDATE t SET a = a + 1",
            "UPDATE t SET a = a + 1 WHERE b IS NULL",
            "UPDATE t SET a = 1, b = b + 1 WHERE a IS NULL",
            "UPDATE t SET a = 1 WHERE a IS NULL OR b",
            "UPDATE t SET a = 1 WHERE a IS NOT NULL",
            "UPDATE t SET a = b + 1 WHERE (a IS NULL) = false",
        ] {
            assert!(!fills_nulls(statement), "{statement}");
        }
    }
}
