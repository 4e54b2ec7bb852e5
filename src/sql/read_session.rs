//! What speaks of a transaction, a session or the upkeep of a table → an operation.

use super::cursor::Cursor;
use super::setting;
use crate::operation::{DataOperation, Operation, SessionOperation, TableOperation, TransactionControl};

pub(super) fn session(c: &mut Cursor<'_>) -> Option<Operation> {
    if c.eat("BEGIN") || c.eat("START TRANSACTION") {
        c.rest();
        return Some(Operation::Session(SessionOperation::Transaction(TransactionControl::Begin)));
    }
    if c.eat("COMMIT") || c.eat("END") {
        c.rest();
        return Some(Operation::Session(SessionOperation::Transaction(TransactionControl::Commit)));
    }
    let controls = [
        ("SAVEPOINT", TransactionControl::Savepoint),
        ("RELEASE", TransactionControl::Savepoint),
        ("ROLLBACK TO", TransactionControl::Savepoint),
        ("ROLLBACK WORK TO", TransactionControl::Savepoint),
        ("ROLLBACK TRANSACTION TO", TransactionControl::Savepoint),
        ("ROLLBACK", TransactionControl::Rollback),
        ("ABORT", TransactionControl::Rollback),
        ("SET CONSTRAINTS", TransactionControl::SetConstraints),
        ("SET TRANSACTION", TransactionControl::SetTransaction),
        ("SET SESSION CHARACTERISTICS", TransactionControl::SetTransaction),
    ];
    if let Some((_, control)) = controls.into_iter().find(|(words, _)| c.at(words)) {
        c.rest();
        return Some(Operation::Session(SessionOperation::Transaction(control)));
    }
    if c.at("SET") || c.at("RESET") {
        return setting::set(c);
    }
    if c.eat("LOCK") {
        c.eat("TABLE");
        c.eat("ONLY");
        let tables = c.names()?;
        c.eat("IN");
        let mode = c.rest().as_str().to_ascii_uppercase();
        let mode = mode.trim_end_matches("NOWAIT").trim().trim_end_matches("MODE").trim().to_owned();
        return Some(Operation::Session(SessionOperation::LockTable {
            tables,
            mode: if mode.is_empty() { "ACCESS EXCLUSIVE".into() } else { mode },
        }));
    }
    if c.eat("VACUUM") || c.at("ANALYZE") || c.at("ANALYSE") {
        return maintenance(c);
    }
    if c.eat("CLUSTER") {
        c.eat("VERBOSE");
        let table = c.name();
        c.rest();
        return Some(Operation::Table(TableOperation::Cluster { table }));
    }
    let quiet = ["NOTIFY", "LISTEN", "UNLISTEN", "DISCARD", "DEALLOCATE", "CHECKPOINT", "LOAD"];
    quiet.iter().any(|w| c.at(w)).then(|| Operation::Data(DataOperation::Select { definition: c.rest() }))
}

/// After `VACUUM`, or at `ANALYZE`.
fn maintenance(c: &mut Cursor<'_>) -> Option<Operation> {
    let analyze_only = c.eat("ANALYZE") || c.eat("ANALYSE");
    let mut full = false;
    if c.at_symbol("(") {
        full = c.parenthesised()?.rest().as_str().to_ascii_uppercase().contains("FULL");
    }
    while let Some(word) = c.eat_one(&["FULL", "FREEZE", "VERBOSE", "ANALYZE"]) {
        full |= word == "FULL";
    }
    let tables = c.name().into_iter().collect();
    c.rest();
    Some(if analyze_only {
        Operation::Table(TableOperation::Analyze { tables })
    } else {
        Operation::Table(TableOperation::Vacuum { tables, full })
    })
}
