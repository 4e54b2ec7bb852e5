//! # create-unique-index
//!
//! `CREATE UNIQUE INDEX` takes a SHARE lock until the index is built: every write to the table waits, reads go on. It
//! fails when rows repeat a value.
//!
//! ## Instead
//!
//! `CONCURRENTLY`, alone and outside a transaction.
//!
//! ```sql
//! CREATE UNIQUE INDEX t_a_key ON t (a);
//! -- becomes:
//! CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);
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
use crate::operation::{
    CreateIndex, Ident, IndexColumn, IndexKey, IndexOperation, Operation, QualifiedName, SqlFragment,
};
use crate::postgres::Work;
use crate::schema::{Age, Index};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Index(IndexOperation::Create(index)) = site.operation() else { return None };
    let cost = site.effects();
    if !index.unique || index.concurrently || cost.work == Work::Constant {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(QualifiedName::clone(&index.table)),
        lock: cost.strongest(),
        message: format!("every write to {} waits until the index is built", *index.table),
        label: "SHARE for the whole build".into(),
        help: "CREATE UNIQUE INDEX CONCURRENTLY".into(),
    };
    if is_partitioned(site, index) {
        return Some(Outcome::reported(refuse_partitioned(hazard)));
    }
    let mut steps = build(site, index);
    let preflight = preflight(site, index);
    if let Some(step) = steps.first_mut() {
        step.preflight = preflight.as_ref().map(|p| p.query.clone());
    }
    let mut outcome = Outcome::rewritten(hazard, steps);
    outcome.preflight = preflight;
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

fn preflight(site: &Site<'_>, index: &CreateIndex) -> Option<Preflight> {
    let nulls_count = index.nulls_not_distinct;
    let columns: Option<Vec<Ident>> = index.columns.iter().map(|c| c.column().cloned()).collect();
    if columns.is_some_and(|columns| is_proved(site, &index.table, &columns, nulls_count)) {
        return None;
    }
    let keys: Vec<String> = index.columns.iter().map(key).collect();
    Some(repeated(&index.table, &keys, nulls_count, index.predicate.as_ref()))
}

/// What an element of an index compares: its column, or its expression without collation, operator class and order.
fn key(element: &IndexColumn) -> String {
    match &element.key {
        IndexKey::Column(column) => column.to_string(),
        IndexKey::Expression(expression) => expression.to_string(),
    }
}

/// True when a unique index or key that is there keeps these columns from repeating already.
pub(super) fn is_proved(site: &Site<'_>, table: &QualifiedName, columns: &[Ident], nulls_count: bool) -> bool {
    let not_null = |column: &Ident| site.schema.column(table, column).is_some_and(|c| c.not_null && c.sure);
    let proves = |index: &Index| {
        let counts = || index.unique_columns().is_some_and(|mut own| !nulls_count || own.all(not_null));
        index.sure && index.age == Age::Existing && counts()
    };
    site.schema.unique_within(table, columns).any(proves)
}

/// Rows that repeat a key of plain columns.
pub(super) fn no_duplicates(table: &QualifiedName, columns: &[Ident], nulls_count: bool) -> Preflight {
    repeated(table, &columns.iter().map(ToString::to_string).collect::<Vec<_>>(), nulls_count, None)
}

/// Rows that repeat a key. NULLs do not count, unless the key says so (`NULLS NOT DISTINCT`, 15 and later).
fn repeated(table: &QualifiedName, keys: &[String], nulls_count: bool, predicate: Option<&SqlFragment>) -> Preflight {
    let list = keys.join(", ");
    let present = keys.iter().filter(|_| !nulls_count).map(|key| format!("{key} IS NOT NULL"));
    let conditions: Vec<String> = present.chain(predicate.map(|p| format!("({p})"))).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let those = predicate.map(|p| format!(" with {p}")).unwrap_or_default();
    Preflight {
        condition: format!("no two rows of {table}{those} may share {}", listed(keys)),
        query: format!("SELECT {list} FROM {table}{filter} GROUP BY {list} HAVING count(*) > 1"),
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn expressions_and_predicates_stay() {
        check(
            "create-unique-index",
            "
            CREATE UNIQUE INDEX t_a_key ON t (lower(a)) WHERE b;
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (lower(a)) WHERE b;
            ",
        );
    }

    #[test]
    fn a_partitioned_table_has_no_concurrent_build() {
        check(
            "create-unique-index",
            "
            CREATE TABLE t (a int) PARTITION BY RANGE (a);
            CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);
            -- in a migration:
            CREATE UNIQUE INDEX t_a_key ON t (a);
            -- is reported:
            -- danger: every write to t waits until the index is built
            ",
        );
    }
}
