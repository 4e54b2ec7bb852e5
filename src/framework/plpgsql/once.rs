//! Statements that must run once, whoever else runs the same file at the same moment.

use super::retry::ended;
use super::text::{block, indented, tag};
use crate::sql::literal;

/// Where a runner writes down what it has run, as far as SQL can ask it.
pub struct Recorded<'a> {
    /// The table, as an identifier in SQL.
    pub place: &'a str,
    /// The same as a string in SQL.
    pub place_as_text: &'a str,
    /// The condition on the table's row that is about the file which holds the statements.
    pub row: &'a str,
}

/// A statement of a file that runs once.
pub enum Once {
    /// PL/pgSQL takes it as it stands.
    Plain(String),
    /// It would mean something else there, or nothing: what it returns is thrown away.
    Executed(String),
}

/// Seconds until a runner that waits for another one gives up.
const PATIENCE: u32 = 600;

/// The statements, unless another runner has recorded them. One that is at them is waited for until its transaction, which
/// records them, is over; its lock goes with that transaction, however it ends, and so holds through a connection pool.
///
/// Polled, because who waits for a lock inside a statement can be part of a deadlock, and this way the message says what
/// is the matter. A ledger that is not there cannot be asked: then somebody sends the file by hand.
pub fn unless_recorded(statements: &[Once], ledger: &Recorded<'_>) -> String {
    let Recorded { place, place_as_text, row } = ledger;
    let message = literal(
        "another runner has been at this migration for ten minutes: run the same command again when it is done",
    );
    let all: String = statements.iter().map(in_block).collect();
    block(&format!(
        "BEGIN
  -- Another runner waits here until this one has committed, and finds it in the ledger then.
  FOR attempt IN 1..{PATIENCE} LOOP
    EXIT WHEN pg_try_advisory_xact_lock(hashtext({place_as_text}));
    IF attempt = {PATIENCE} THEN RAISE EXCEPTION {message}; END IF;
    PERFORM pg_sleep(1);
  END LOOP;
  IF to_regclass({place_as_text}) IS NOT NULL THEN
    IF EXISTS (SELECT FROM {place} WHERE {row}) THEN RETURN; END IF;
  END IF;

{all}END
"
    ))
}

/// A longer statement, all rows of a table say, stays as it stands: its literals would have to be found first.
const INDENTED: usize = 1 << 16;

fn in_block(statement: &Once) -> String {
    let text = match statement {
        Once::Plain(text) => format!("{}\n", ended(text)),
        Once::Executed(text) => {
            let quote = tag("safestep_once", text);
            format!("EXECUTE {quote}{}{quote};\n", text.trim())
        }
    };
    if text.len() > INDENTED { text } else { indented(&text, "  ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_is_asked_before_anything_runs() {
        let ledger = Recorded { place: "\"d\".\"m\"", place_as_text: "'\"d\".\"m\"'", row: "created_at = 7" };
        let statements = [Once::Plain("UPDATE t SET a = 'x\ny';".into()), Once::Executed("SELECT f()".into())];
        let text = unless_recorded(&statements, &ledger);
        let (asks, runs) = text.split_once("RETURN; END IF;").unwrap();
        assert!(asks.contains("pg_try_advisory_xact_lock(hashtext('\"d\".\"m\"'))"), "{asks}");
        assert!(asks.contains("EXISTS (SELECT FROM \"d\".\"m\" WHERE created_at = 7)"), "{asks}");
        let expected = "\n  END IF;\n\n  UPDATE t SET a = 'x\ny';\n  EXECUTE $safestep_once$SELECT f()$safestep_once$;\nEND\n$safestep$;\n";
        assert_eq!(runs, expected);
    }
}
