//! # blocking-operation
//!
//! Work that grows with the table under a lock that blocks reads or writes, for which no other rule has a safe form: `CLUSTER`,
//! `VACUUM FULL`, `SET TABLESPACE`, `SET LOGGED`, exclusion constraints, attaching partitions, refreshing a materialized view, ….
//!
//! ## Instead
//!
//! The message says what the operation does. Do it in a maintenance window, or on a new table that is then swapped in. safestep
//! reports the statement and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.1 Table-Level Locks.

use super::{Applicability, Hazard, Outcome, Severity, Site};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    let lock = cost.strongest()?;
    if !cost.is_unsafe() {
        return None;
    }
    let table = cost.locks.iter().find(|(_, mode)| *mode == lock).map(|(table, _)| table.clone());
    let place = table.as_ref().map_or_else(|| "the table".to_owned(), ToString::to_string);
    let who = if lock.blocks_reads() { "read and write" } else { "write" };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table,
        lock: Some(lock),
        message: format!("every {who} of {place} waits for as long as it runs"),
        label: format!("{lock} for work that grows with the table"),
        help: "left as it is: run it in a maintenance window".into(),
    }))
}
