//! # missing-lock-timeout
//!
//! A quick change that needs a strong lock waits for every running query of the table, and every new query waits behind it: one
//! slow report is enough to stop the application.
//!
//! ## Instead
//!
//! ```sql
//! SET lock_timeout = '100ms';   -- and try again until it gets through
//! ```
//!
//! safestep wraps the statement in a block that gives up after 100 ms, waits half a second and tries again.
//!
//! ## Why it is safe
//!
//! The longest stall that others feel is one `lock_timeout`; between attempts no lock is held. `lock_timeout = "off"` in
//! safestep.toml leaves it to the role or the connection.
//!
//! ## References
//!
//! PostgreSQL documentation, 20.11 Client Connection Defaults, lock_timeout.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, listed};
use crate::operation::Operation;
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    let lock = cost.strongest().filter(|lock| lock.blocks_writes())?;
    let item = &site.items[site.at];
    let unguarded = site.settings.bound_lock_waits && !item.bounds_lock_waits && item.fixed.is_none();
    if !unguarded || cost.work != Work::Constant || !cost.in_transaction {
        return None;
    }
    let tables: Vec<_> =
        cost.locks.iter().filter(|(_, mode)| mode.blocks_writes()).map(|(table, _)| table.clone()).collect();
    let who = if lock.blocks_reads() { "read and write" } else { "write" };
    Some(Outcome {
        hazard: Hazard {
            severity: Severity::Caution,
            applicability: Applicability::Safe,
            table: tables.first().cloned(),
            lock: Some(lock),
            message: format!("every {who} of {} queues behind it while it waits for running queries", listed(&tables)),
            label: format!("{lock}, instant once it is there"),
            help: "lock_timeout and retries".into(),
        },
        steps: Some(vec![site.pass_through()]),
        claims: Vec::new(),
        preflight: None,
        note: type_note(site),
    })
}

/// What is to know of a change of type that only touches the catalog.
fn type_note(site: &Site<'_>) -> Option<String> {
    let Operation::SetType { table, column, ty, .. } = site.operation() else { return None };
    Some(format!(
        "{} becomes {ty} without touching a row on PostgreSQL {} and later; its statistics go: \
             ANALYZE {} ({column}) after it",
        dotted(&table.name, column),
        site.settings.postgres,
        table.name
    ))
}
