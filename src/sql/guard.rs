//! What a `DO` block asks before it does something: whether it is a guard, and what else it is known to be.

use super::cursor::Cursor;
use crate::operation::{
    ColumnOperation, ConstraintOperation, IndexOperation, Operation, TableOperation, TypeOperation,
};

/// `NOT EXISTS (SELECT … FROM pg_constraint …)`: the guard of something that is to be added once.
pub(super) fn asks_the_catalog(condition: &str) -> bool {
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let one = !condition.contains(" and not exists") && !condition.contains(" or ");
    one && condition.starts_with("not exists")
        && ["from pg_", "from information_schema."].iter().any(|from| condition.contains(from))
}

/// `EXISTS (SELECT … FROM pg_index WHERE … AND NOT indisvalid)`.
pub(super) fn asks_for_an_invalid_index(condition: &str) -> bool {
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    condition.starts_with("exists (select from pg_index where indexrelid = to_regclass(")
        && condition.ends_with(" and not indisvalid)")
}

/// `NOT EXISTS (SELECT FROM pg_index WHERE …)`.
pub(super) fn asks_for_a_valid_index(condition: &str) -> bool {
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    condition.starts_with("not exists (select from pg_index where indexrelid = to_regclass(")
        && condition.contains(" and indisvalid")
}

/// An operation that a rewrite guards by itself against running twice.
pub(super) fn adds(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Constraint(ConstraintOperation::Add { .. })
            | Operation::Column(ColumnOperation::Add { .. })
            | Operation::Index(IndexOperation::Create(_))
            | Operation::Type(TypeOperation::CreateEnum { .. } | TypeOperation::AddValue { .. })
            | Operation::Table(TableOperation::Create(_))
    )
}

/// The variable of `FOR i IN 1..2`.
pub(super) fn counter(head: &str) -> Option<&str> {
    let (variable, range) = head.strip_prefix("FOR ")?.trim_start().split_once(char::is_whitespace)?;
    (range.trim_start().starts_with("IN ") && range.contains("..")).then_some(variable)
}

/// The query of a condition that is nothing but the question whether it finds a row.
pub(super) fn asks_for_rows(condition: &str) -> Option<&str> {
    let query = condition.trim().strip_prefix("EXISTS (")?.strip_suffix(')')?;
    // below the top level WITH changes no rows
    (query.starts_with("SELECT ") || query.starts_with("WITH ")).then_some(query)
}

/// Nothing but what a sequence raises where rows break a rule stands before END IF.
pub(super) fn is_assertion(c: &Cursor<'_>) -> bool {
    let mut c = c.clone();
    let says = |c: &mut Cursor<'_>, words: &str| c.eat(words) && c.eat_symbol("=") && c.string().is_some();
    says(&mut c, "RAISE EXCEPTION USING ERRCODE")
        && c.eat_symbol(",")
        && says(&mut c, "MESSAGE")
        && c.eat_symbol(";")
        && c.at("END IF")
}

/// What can be seen of a block that is not understood: `ALTER TABLE and UPDATE`.
pub(super) fn verbs(text: &str) -> String {
    const VERBS: [&str; 17] = [
        "ALTER TABLE",
        "ALTER TYPE",
        "ALTER INDEX",
        "CREATE TABLE",
        "CREATE INDEX",
        "CREATE UNIQUE INDEX",
        "CREATE TYPE",
        "DROP TABLE",
        "DROP INDEX",
        "DROP TYPE",
        "INSERT INTO",
        "UPDATE",
        "DELETE FROM",
        "TRUNCATE",
        "LOCK TABLE",
        "REINDEX",
        "REFRESH MATERIALIZED VIEW",
    ];
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<String> = text.split(|c| !is_part(c)).filter(|w| !w.is_empty()).map(str::to_uppercase).collect();
    let words = format!(" {} ", words.join(" "));
    let found: Vec<&str> = VERBS.into_iter().filter(|verb| words.contains(&format!(" {verb} "))).collect();
    match found.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
