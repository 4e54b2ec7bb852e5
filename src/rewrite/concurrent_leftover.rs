//! # concurrent-leftover
//!
//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS` looks as if it could run again. After a build that failed or was killed it finds the
//! INVALID index that was left, takes it for the one that was wanted, and succeeds: the index is maintained and never used, and a
//! unique one lets old duplicates stay.
//!
//! ## Instead
//!
//! ```sql
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;            -- what an interrupted build left
//! CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
//! ```
//!
//! Or without IF NOT EXISTS: the next run fails loudly. safestep reports the statement unless the migration drops the index or
//! asks for `indisvalid` before it.
//!
//! ## References
//!
//! PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::Operation;
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::CreateIndex(index) = site.operation() else { return None };
    if !index.concurrently || !index.if_not_exists || site.items[site.at].looks_for_leftovers {
        return None;
    }
    let name = index.table.sibling(index.name.clone()?);
    let drops = |operation: &Operation| matches!(operation, Operation::DropIndex { names, .. } if names.iter().any(|dropped| same(dropped, &name)));
    if site.schema.is_new(&index.table) || site.items[..site.at].iter().any(|item| drops(&item.operation)) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Manual,
        table: Some(index.table.clone()),
        lock: site.effects().strongest(),
        message: format!("an INVALID {name} that a failed build left is taken for the finished index"),
        label: "IF NOT EXISTS does not ask whether it is valid".into(),
        help: format!("left as it is: DROP INDEX CONCURRENTLY IF EXISTS {name} before it, or leave IF NOT EXISTS out"),
    }))
}
