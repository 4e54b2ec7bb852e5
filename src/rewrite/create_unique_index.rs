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
use crate::operation::{CreateIndex, Ident, Operation, QualifiedName, SqlFragment};
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
    let nulls_count = index.definition.as_str().to_uppercase().contains("NULLS NOT DISTINCT");
    Some(no_duplicates(&index.table, &columns, nulls_count, index.predicate.as_ref()))
}

/// Rows that repeat a key. NULLs do not count, unless the key says so (`NULLS NOT DISTINCT`, 15 and later).
pub(super) fn no_duplicates(
    table: &QualifiedName,
    columns: &[Ident],
    nulls_count: bool,
    predicate: Option<&SqlFragment>,
) -> Preflight {
    let list = columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let present = columns.iter().filter(|_| !nulls_count).map(|c| format!("{c} IS NOT NULL"));
    let conditions: Vec<String> = present.chain(predicate.map(|p| format!("({p})"))).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    Preflight {
        condition: format!("no two rows of {table} may share {}", listed(columns)),
        query: format!("SELECT {list} FROM {table}{filter} GROUP BY {list} HAVING count(*) > 1"),
    }
}
