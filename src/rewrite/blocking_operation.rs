//! # blocking-operation
//!
//! Work that grows with the table under a lock that blocks reads or writes, for which no other rule has a safe form: `CLUSTER`,
//! `VACUUM FULL`, `SET TABLESPACE`, `SET LOGGED`, exclusion constraints, attaching partitions, detaching one of a table that
//! others reference, refreshing a materialized view, ….
//!
//! ## Instead
//!
//! The message says what the operation does. Do it in a maintenance window, or on a new table that is then swapped in. safestep
//! reports the statement and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.1 Table-Level Locks.

use super::missing_lock_timeout::felt_at;
use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::{Operation, QualifiedName};
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
    let who = if lock.blocks_reads() { "read and write" } else { "write" };
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
        message: format!("every {who} of {} waits {during}", listed(&tables)),
        label: format!("{lock} for work that grows with the table"),
        help: "left as it is: run it in a maintenance window".into(),
    }))
}

/// Statements about whatever there is, such as `DROP OWNED` and `REINDEX DATABASE`. What is not read at all, and a function
/// that is called, the report names by itself.
fn unknown(site: &Site<'_>) -> Option<Outcome> {
    if matches!(site.operation(), Operation::Opaque { .. } | Operation::Select { .. }) {
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
