//! What the queries of a WITH do.

use super::cursor::{Cursor, Tokens};

/// True when a query in the WITH of a statement changes rows itself: the tables that it changes stand nowhere else.
pub fn changes_rows_within(statement: &str) -> bool {
    let Some(tokens) = Tokens::of(statement) else { return true };
    let mut c = tokens.cursor();
    if !c.eat("WITH") {
        return false;
    }
    c.eat("RECURSIVE");
    // A form that is not known may do so.
    any_changes_rows(&mut c).unwrap_or(true)
}

fn any_changes_rows(c: &mut Cursor<'_>) -> Option<bool> {
    loop {
        c.ident()?;
        if c.at_symbol("(") {
            c.parenthesised()?;
        }
        c.need("AS")?;
        c.eat("NOT");
        c.eat("MATERIALIZED");
        let query = c.parenthesised()?;
        if ["INSERT", "UPDATE", "DELETE", "MERGE", "WITH"].iter().any(|word| query.at(word)) {
            return Some(true);
        }
        c.skip_until(0, |c| {
            c.at_symbol(",") || ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|w| c.at(w))
        });
        if !c.eat_symbol(",") {
            return Some(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::changes_rows_within;

    #[test]
    fn a_query_that_changes_rows_is_found() {
        for (sql, expected) in [
            ("INSERT INTO a SELECT * FROM b", false),
            ("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", false),
            ("WITH x (n) AS NOT MATERIALIZED (SELECT 1), y AS (SELECT 2) UPDATE a SET n = 1", false),
            ("WITH x AS (DELETE FROM b RETURNING *) INSERT INTO a SELECT * FROM x", true),
            ("WITH x AS (SELECT 1), y AS (UPDATE b SET n = 1 RETURNING n) DELETE FROM a", true),
            (
                "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n FROM x) CYCLE n SET c USING p INSERT INTO a SELECT 1",
                false,
            ),
            ("WITH x AS (WITH y AS (SELECT 1) SELECT 1) DELETE FROM a", true),
        ] {
            assert_eq!(changes_rows_within(sql), expected, "{sql}");
        }
    }
}
