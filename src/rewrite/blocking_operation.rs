//! # blocking-operation
//!
//! Work that grows with the table under a lock that blocks reads or writes, for which no other rule has a safe form: `CLUSTER`,
//! `VACUUM FULL`, `SET TABLESPACE`, `SET LOGGED`, exclusion constraints, attaching partitions, detaching one of a table that
//! others reference, refreshing a materialized view, ….
//!
//! ## Instead
//!
//! A maintenance window, or a new table that is then swapped in. The message says what the operation does; safestep reports the
//! statement and passes it through.
//!
//! ```sql
//! CLUSTER t USING t_pkey;
//! -- is reported:
//! -- danger: every read and write of t waits while t is written anew
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.1 Table-Level Locks.

use super::missing_lock_timeout::felt_at;
use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::{DataOperation, Operation, QualifiedName};
use crate::postgres::{LockMode, Work};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    if !cost.is_unsafe() {
        return None;
    }
    let Some(lock) = cost.strongest() else { return unknown(site) };
    let felt = |mode: LockMode| if lock.blocks_reads() { mode.blocks_reads() } else { mode == lock };
    let mut tables: Vec<QualifiedName> = Vec::new();
    for table in cost.locks.iter().filter(|(_, mode)| felt(*mode)).map(|(relation, _)| felt_at(site, relation)) {
        if !tables.iter().any(|known| same(known, &table)) {
            tables.push(table);
        }
    }
    let who = if lock.blocks_reads() { "read and write of" } else { "write to" };
    let during = match &cost.work {
        Work::Scan(read) => format!("while all rows of {} are read", listed(read)),
        Work::Rewrite(written) => format!("while {} is written anew", listed(written)),
        Work::Build(table) => format!("while indexes of {table} are built"),
        Work::Constant | Work::Rows | Work::Unknown => "for as long as it runs".into(),
    };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: tables.first().cloned(),
        lock: Some(lock),
        message: format!("every {who} {} waits {during}", listed(&tables)),
        label: format!("{lock} for work that grows with the table"),
        help: "left as it is: run it in a maintenance window".into(),
    }))
}

/// Statements about whatever there is, such as `DROP OWNED` and `REINDEX DATABASE`. What is not read at all, and a function
/// that is called, the report names by itself.
fn unknown(site: &Site<'_>) -> Option<Outcome> {
    if matches!(site.operation(), Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. })) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Manual,
        table: None,
        lock: None,
        message: "what it locks, and for how long, depends on what the database holds".into(),
        label: "may wait for strong locks and read whole tables under them".into(),
        help: "left as it is: say the objects one by one, or run it in a maintenance window".into(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn an_exclusion_constraint_cannot_be_built_concurrently() {
        check(
            "blocking-operation",
            "
            ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (a WITH &&);
            -- is reported:
            -- danger: every read and write of t waits while indexes of t are built
            ",
        );
    }

    #[test]
    fn analyze_blocks_nobody() {
        check(
            "blocking-operation",
            "
            ANALYZE t;
            -- is left alone
            ",
        );
    }
}
