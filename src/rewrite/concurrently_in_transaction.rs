//! # concurrently-in-transaction
//!
//! `CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX … CONCURRENTLY`, `VACUUM` and `DETACH PARTITION …
//! CONCURRENTLY` commit several times by themselves. Inside a transaction block PostgreSQL refuses them (25001). Some migration
//! runners open one around everything that is pending, and several statements that are sent at once are one as well.
//!
//! ## Instead
//!
//! The statement as it is, alone and outside the transaction.
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN b int;
//! CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
//! -- becomes:
//! ALTER TABLE t ADD COLUMN b int;
//! CREATE INDEX CONCURRENTLY t_a_idx ON t (a);   -- when that has committed
//! ```
//!
//! ## Why it is safe
//!
//! It is the statement as it was written, where PostgreSQL accepts it. What stands before it has committed by then.
//!
//! ## Watch
//!
//! A build that fails or is killed leaves an INVALID index that is maintained but never used.
//!
//! ## References
//!
//! PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently; `PreventInTransactionBlock` in
//! `src/backend/access/transam/xact.c`.

use super::create_index::CONCURRENT_NOTE;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::Item;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    if cost.in_transaction {
        return None;
    }
    let item = &site.items[site.at];
    let beside = |other: &Item| other.statement != item.statement && other.chunk == item.chunk && other.block.is_none();
    let sent_together = item.block.is_none() && site.items.iter().any(beside);
    if item.block.is_none() && !sent_together {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: cost.locks.first().map(|(table, _)| table.clone()),
        lock: cost.strongest(),
        message: "the migration fails here: PostgreSQL refuses this inside a transaction block".into(),
        label: "runs in a transaction with what stands around it".into(),
        help: "outside the transaction".into(),
    };
    let mut outcome = Outcome::rewritten(hazard, vec![site.pass_through()]);
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_statement_that_is_alone_may() {
        check(
            "concurrently-in-transaction",
            "
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
            -- is left alone
            ",
        );
    }

    #[test]
    fn the_authors_transaction_stays_as_it_is() {
        check(
            "concurrently-in-transaction",
            "
            BEGIN;
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
            COMMIT;
            -- is reported:
            -- danger: the migration fails here: PostgreSQL refuses this inside a transaction block
            ",
        );
    }
}
