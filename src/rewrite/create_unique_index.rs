//! # create-unique-index
//!
//! `CREATE UNIQUE INDEX` takes a SHARE lock until the index is built: every write to the table waits, reads go on. It
//! fails when rows repeat a value.
//!
//! ## Instead
//!
//! ```sql
//! CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);   -- alone, outside a transaction
//! ```
//!
//! ## Why it is safe
//!
//! As `create-index`: the concurrent build takes SHARE UPDATE EXCLUSIVE.
//!
//! ## Watch
//!
//! Duplicates make the build fail and leave an INVALID index, which may already reject new duplicates. Remove the
//! duplicates, drop the leftover with `DROP INDEX CONCURRENTLY`, run the step again.
//!
//! ## References
//!
//! PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently.

use super::create_index::{CONCURRENT_NOTE, build, is_partitioned, refuse_partitioned};
use super::{Applicability, Hazard, Outcome, Preflight, Severity, Site, listed};
use crate::operation::{CreateIndex, Ident, Operation, QualifiedName};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::CreateIndex(index) = site.operation() else { return None };
    let cost = site.effects();
    if !index.unique || index.concurrently || cost.work == Work::Constant {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(index.table.clone()),
        lock: cost.strongest(),
        message: format!("every write to {} waits until the index is built", index.table),
        label: "SHARE for the whole build".into(),
        help: "CREATE UNIQUE INDEX CONCURRENTLY".into(),
    };
    if is_partitioned(site, index) {
        return Some(Outcome::reported(refuse_partitioned(hazard)));
    }
    let mut steps = build(site, index);
    let preflight = preflight(index);
    if let Some(step) = steps.first_mut() {
        step.preflight = preflight.as_ref().map(|p| p.query.clone());
    }
    let mut outcome = Outcome::rewritten(hazard, steps);
    outcome.preflight = preflight;
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

fn preflight(index: &CreateIndex) -> Option<Preflight> {
    let columns: Vec<Ident> = index.columns.iter().map(|c| c.column.clone()).collect::<Option<_>>()?;
    let filter = index.predicate.as_ref().map(|p| format!(" AND ({p})")).unwrap_or_default();
    Some(no_duplicates(&index.table, &columns, &filter))
}

/// Rows that repeat a key; NULLs do not count.
pub(super) fn no_duplicates(table: &QualifiedName, columns: &[Ident], filter: &str) -> Preflight {
    let list = columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let present = columns.iter().map(|c| format!("{c} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    Preflight {
        condition: format!("no two rows of {table} may share {}", listed(columns)),
        query: format!("SELECT {list} FROM {table} WHERE {present}{filter} GROUP BY {list} HAVING count(*) > 1"),
    }
}
