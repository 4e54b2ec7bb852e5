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
use crate::operation::QualifiedName;
use crate::postgres::{LockMode, Work};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    let lock = cost.strongest()?;
    if !cost.is_unsafe() {
        return None;
    }
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
