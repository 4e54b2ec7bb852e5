//! # lock-table
//!
//! `LOCK TABLE` holds its lock until the transaction ends, through everything that stands behind it in the migration: whoever needs
//! the table waits that long. It waits for the lock like any other statement, and new queries of the table wait behind it.
//!
//! ## Instead
//!
//! Do without: constraints, unique indexes and batched updates need no lock on the table. Where two things must change in one
//! instant, set `SET LOCAL lock_timeout` before the lock and keep only brief statements behind it. safestep reports the lock and
//! leaves the migration as it is, because the lock is meant for all of it.
//!
//! ```sql
//! LOCK TABLE t;
//! ALTER TABLE t ADD COLUMN b int;
//! -- is reported:
//! -- caution: every read and write of t queues while it waits for its lock
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, LOCK; 13.3.1 Table-Level Locks.

use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::{DataOperation, Item, Operation, QualifiedName, SessionOperation};
use crate::postgres::{Work, effects};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Session(SessionOperation::LockTable { .. }) = site.operation() else { return None };
    let cost = site.effects();
    let lock = cost.strongest().filter(|lock| lock.blocks_writes())?;
    let item = &site.items[site.at];
    let goes_on =
        site.items[site.at + 1..].iter().any(|later| later.shares_transaction_with(item) && is_long(site, later));
    if !goes_on && (item.bounds_lock_waits || !site.settings.bound_lock_waits) {
        return None;
    }
    let tables: Vec<QualifiedName> = cost.locks.iter().map(|(table, _)| table.clone()).collect();
    let who = if lock.blocks_reads() { "read and write of" } else { "write to" };
    let until = if goes_on { "waits until the work behind it is done" } else { "queues while it waits for its lock" };
    Some(Outcome::reported(Hazard {
        severity: if goes_on { Severity::Danger } else { Severity::Caution },
        applicability: Applicability::Manual,
        table: tables.first().cloned(),
        lock: Some(lock),
        message: format!("every {who} {} {until}", listed(&tables)),
        label: format!("{lock} until the transaction ends"),
        help: match goes_on {
            true => "left as it is: do without the lock, or take the long part out of its transaction",
            false => "left as it is: do without the lock, or SET LOCAL lock_timeout before it",
        }
        .into(),
    }))
}

/// True for what grows with a table, as far as the catalog before the lock tells.
fn is_long(site: &Site<'_>, item: &Item) -> bool {
    let brief = matches!(item.operation, Operation::Data(DataOperation::Insert { from_query: false, .. }));
    let cost = effects(&item.operation, site.schema, site.settings.postgres);
    !brief && cost.work != Work::Constant
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn share_stops_writers_only() {
        check(
            "lock-table",
            "
            LOCK TABLE t IN SHARE MODE;
            -- is reported:
            -- caution: every write to t queues while it waits for its lock
            ",
        );
    }

    #[test]
    fn a_lock_that_blocks_nobody() {
        check(
            "lock-table",
            "
            LOCK TABLE t IN ACCESS SHARE MODE;
            -- is left alone
            ",
        );
    }
}
