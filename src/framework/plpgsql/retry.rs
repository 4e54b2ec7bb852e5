//! The block that tries again, and the block that runs a statement only where it has something to do.

use super::text::{block, indented};
use crate::framework::LayoutSettings;
use crate::operation::{Ident, QualifiedName};
use crate::sql::literal;

use crate::postgres::idempotence::constraint_exists;

/// Statements under strong locks: each attempt waits at most `lock_timeout` for each lock, and rolls back as a whole. Several
/// transactions commit one after the other, each with its own attempts, so that the locks of one are free before the next.
///
/// A `COMMIT` between attempts is legal because the block is alone in its query string, and needed: without it the loop's
/// first snapshot would hold up every concurrent index build.
pub fn retried(transactions: &[Vec<String>], settings: &LayoutSettings) -> String {
    retried_with(transactions, "", settings)
}

/// The same for guarded statements that two runners may be at. An attempt takes an advisory lock on the table's name
/// first, or fails: between a guard and the lock that its statement waits for, another runner could do the work.
pub fn retried_in_turn(transactions: &[Vec<String>], table: &str, settings: &LayoutSettings) -> String {
    retried_with(transactions, &format!(", pg_advisory_xact_lock(hashtext({}))", literal(table)), settings)
}

fn retried_with(transactions: &[Vec<String>], lock: &str, settings: &LayoutSettings) -> String {
    let attempts = |statements: String, done: &str| match &settings.lock_timeout {
        Some(timeout) => attempted(&indented(&statements, "    "), done, (timeout, lock), settings.lock_attempts),
        None => statements,
    };
    if let [only] = transactions {
        return block(&format!("BEGIN\n{}END\n", attempts(lines(only, "  "), "RETURN")));
    }
    let part =
        |(at, statements): (usize, &Vec<String>)| format!("  WHEN {} THEN\n{}", at + 1, lines(statements, "    "));
    let parts: String = transactions.iter().enumerate().map(part).collect();
    let parts = attempts(format!("  CASE part\n{parts}  END CASE;\n"), "EXIT");
    block(&format!(
        "BEGIN\n  FOR part IN 1..{} LOOP\n{}    COMMIT;\n  END LOOP;\nEND\n",
        transactions.len(),
        indented(&parts, "  ")
    ))
}

/// The transactions of a block of several that [`retried`] wrote, each as a block that commits nothing by itself, for whoever
/// wants to look into them. None of anything else.
pub fn transactions(sql: &str) -> Vec<String> {
    let lines: Vec<&str> = sql.split_inclusive('\n').collect();
    let all =
        |line: &&str| line.strip_prefix("  FOR part IN 1..")?.trim_end().strip_suffix(" LOOP")?.parse::<usize>().ok();
    let body = lines.iter().position(|line| line.starts_with("DO $safestep")).unwrap_or(lines.len());
    let Some((first, count)) = lines.iter().enumerate().skip(body).find_map(|(at, line)| Some((at, all(line)?))) else {
        return Vec::new();
    };
    // Those that stand behind the statements.
    let end = lines.len().saturating_sub(ENDS_WITH);
    let commits = |at: usize| at >= end && lines[at].trim() == "COMMIT;";
    let only = |number: usize| {
        let line = |at: usize| match at {
            _ if at == first => format!("  FOR part IN {number}..{number} LOOP\n"),
            _ if commits(at) => String::new(),
            _ => lines[at].to_owned(),
        };
        (0..lines.len()).map(line).collect()
    };
    (1..=count).map(only).collect()
}

/// So many lines of a block of several transactions stand behind the statements.
const ENDS_WITH: usize = 8;

fn lines(statements: &[String], prefix: &str) -> String {
    statements.iter().map(|statement| indented(statement.trim_end(), prefix) + "\n").collect()
}

/// The loop around statements that are indented already. `done` leaves it.
fn attempted(statements: &str, done: &str, (lock_timeout, lock): (&str, &str), attempts: u32) -> String {
    format!(
        "  FOR attempt IN 1..{attempts} LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '{lock_timeout}', true){lock};

{statements}
      {done};
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = {attempts} THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
"
    )
}

/// A statement that runs only where a condition holds.
pub fn only_if(condition: &str, statement: &str) -> String {
    by_itself(&if_then(condition, statement))
}

/// Statements as a block, unless they are one already.
pub fn by_itself(statements: &str) -> String {
    if let Some(body) = statements.strip_prefix("BEGIN\n").and_then(|rest| rest.strip_suffix("END;")) {
        return block(&format!("BEGIN\n{body}END\n"));
    }
    block(&format!("BEGIN\n{}\nEND\n", indented(statements, "  ")))
}

/// `IF … THEN … END IF;`
pub fn if_then(condition: &str, statements: &str) -> String {
    format!("IF {condition} THEN\n{}\nEND IF;", indented(&ended(statements), "  "))
}

/// A statement with its semicolon.
pub(super) fn ended(statement: &str) -> String {
    let statement = statement.trim_end();
    if statement.ends_with(';') { statement.to_owned() } else { format!("{statement};") }
}

/// Validations that take no lock where they are done already: a statement that only waits for its lock holds a snapshot,
/// which a concurrent build on the table would wait for.
pub fn unless_valid(table: &QualifiedName, constraints: &[&Ident], validation: &str) -> String {
    let missing = |name: &&Ident| format!("NOT EXISTS ({} AND convalidated)", constraint_exists(table, name));
    let conditions: Vec<String> = constraints.iter().map(missing).collect();
    if_then(&conditions.join("\n  OR "), validation)
}

/// A validation in which constraints take part whose work may be done: they are gone then, and only the `rest` is left.
/// While it waits for its lock another runner, who has done all of it, may take them away.
pub fn validated_if_there(constraints: &[(&QualifiedName, &Ident)], all: &str, rest: Option<&str>) -> String {
    let exists = |(table, name): &(&QualifiedName, &Ident)| format!("EXISTS ({})", constraint_exists(table, name));
    let there = constraints.iter().map(exists).collect::<Vec<_>>().join("\n  AND ");
    let otherwise = rest.map(|rest| format!("\n{}", if_then(&format!("NOT ({there})"), rest))).unwrap_or_default();
    let statements = indented(&format!("{}{otherwise}", if_then(&there, all)), "  ");
    format!(
        "BEGIN\n{statements}\nEXCEPTION WHEN undefined_object THEN\n  NULL; -- another runner is done with it\nEND;"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lock_timeout: Option<&str>) -> LayoutSettings {
        LayoutSettings {
            lock_timeout: lock_timeout.map(str::to_owned),
            lock_attempts: 60,
            batch_size: 1_000,
            batch_pause: 0.1,
            postgres: 12,
            layout: None,
            one_file: None,
        }
    }

    #[test]
    fn each_transaction_can_be_looked_at() {
        let statements = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let several =
            [statements(&["ALTER TABLE a ADD b text DEFAULT 'x\nCOMMIT;\ny';"]), statements(&["DROP TABLE c;"])];
        for lock_timeout in [Some("100ms"), None] {
            let text = format!("-- a comment\n{}", retried(&several, &settings(lock_timeout)));
            let apart = transactions(&text);
            assert_eq!(apart.len(), 2, "{text}");
            for (number, one) in apart.iter().enumerate() {
                assert!(one.contains(&format!("FOR part IN {0}..{0} LOOP", number + 1)), "{one}");
                assert_eq!(one.matches("COMMIT;").count(), 1, "only the literal's: {one}");
            }
            assert_eq!(transactions(&text.replace('\n', "\r\n")).len(), 2);
        }
        assert!(transactions(&retried(&several[..1], &settings(Some("1s")))).is_empty());
    }
}
