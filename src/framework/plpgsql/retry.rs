//! The block that tries again, and the block that runs a statement only where it has something to do.

use super::text::{block, indented, literal};
use crate::framework::LayoutSettings;
use crate::operation::{Ident, QualifiedName};

use super::conditions::constraint_exists;

/// Statements under strong locks: each attempt waits at most `lock_timeout` for each lock, and rolls back as a whole.
///
/// A `COMMIT` between attempts is legal because the block is alone in its query string, and needed: without it the loop's
/// first snapshot would hold up every concurrent index build.
pub fn retried(statements: &[String], settings: &LayoutSettings) -> String {
    retried_with(statements, "", settings)
}

/// The same for guarded statements that two runners may be at. An attempt takes an advisory lock on the table's name
/// first, or fails: between a guard and the lock that its statement waits for, another runner could do the work.
pub fn retried_in_turn(statements: &[String], table: &str, settings: &LayoutSettings) -> String {
    retried_with(statements, &format!(", pg_advisory_xact_lock(hashtext({}))", literal(table)), settings)
}

fn retried_with(statements: &[String], lock: &str, settings: &LayoutSettings) -> String {
    let body = |prefix: &str| -> String { statements.iter().map(|s| indented(s.trim_end(), prefix) + "\n").collect() };
    let Some(lock_timeout) = &settings.lock_timeout else {
        return block(&format!("BEGIN\n{}END\n", body("  ")));
    };
    let attempts = settings.lock_attempts;
    block(&format!(
        "BEGIN
  FOR attempt IN 1..{attempts} LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '{lock_timeout}', true){lock};

{}
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = {attempts} THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
",
        body("      ")
    ))
}

/// A statement that runs only where a condition holds.
pub fn only_if(condition: &str, statement: &str) -> String {
    by_itself(&if_then(condition, statement))
}

/// Statements as a block.
pub fn by_itself(statements: &str) -> String {
    block(&format!("BEGIN\n{}\nEND\n", indented(statements, "  ")))
}

/// `IF … THEN … END IF;`
pub(super) fn if_then(condition: &str, statements: &str) -> String {
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
    block(&format!(
        "BEGIN\n{statements}\nEXCEPTION WHEN undefined_object THEN\n  NULL; -- another runner is done with it\nEND\n"
    ))
}
