//! # create-index
//!
//! `CREATE INDEX` takes a SHARE lock until the index is built: every write to the table waits, reads go on.
//!
//! ## Instead
//!
//! `CONCURRENTLY`, alone and outside a transaction.
//!
//! ```sql
//! CREATE INDEX t_a_idx ON t (a);
//! -- becomes:
//! CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
//! ```
//!
//! ## Why it is safe
//!
//! The concurrent build takes SHARE UPDATE EXCLUSIVE, which nobody's reads and writes wait for. It waits itself for
//! transactions that are older than it, so no timeout may cut it.
//!
//! ## Watch
//!
//! A build that fails or is killed leaves an INVALID index that is maintained but never used. `IF NOT EXISTS` would
//! accept it, so the statement is written without it: the next run fails loudly until the leftover is dropped with
//! `DROP INDEX CONCURRENTLY`. A second `prisma migrate deploy` waits in `pg_advisory_lock` and deadlocks with it: one deploy
//! at a time. Drizzle's and Alembic's files look for another build first.
//!
//! ## References
//!
//! PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{CreateIndex, IndexOperation, Operation, QualifiedName};
use crate::plan::{Step, Undo, snake_case};
use crate::postgres::Work;
use crate::schema::RelationKind;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Index(IndexOperation::Create(index)) = site.operation() else { return None };
    let cost = site.effects();
    if index.concurrently || cost.work == Work::Constant {
        return None;
    }
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(QualifiedName::clone(&index.table)),
        lock: cost.strongest(),
        message: format!("every write to {} waits until the index is built", *index.table),
        label: "SHARE for the whole build".into(),
        help: "CREATE INDEX CONCURRENTLY".into(),
    };
    if is_partitioned(site, index) {
        return Some(Outcome::reported(refuse_partitioned(hazard)));
    }
    hazard.help = format!("CREATE {}INDEX CONCURRENTLY", if index.unique { "UNIQUE " } else { "" });
    let mut outcome = Outcome::rewritten(hazard, build(site, index));
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

/// What to know of the session of a concurrent build.
pub const CONCURRENT_NOTE: &str = "concurrent builds: run with no statement_timeout or lock_timeout on the role";

pub(super) fn is_partitioned(site: &Site<'_>, index: &CreateIndex) -> bool {
    site.schema.table(&index.table).is_some_and(|t| t.kind == RelationKind::Partitioned)
}

pub(super) fn refuse_partitioned(mut hazard: Hazard) -> Hazard {
    hazard.applicability = Applicability::Manual;
    hazard.help = "CONCURRENTLY is refused on a partitioned table: create it ON ONLY the parent, build it \
         concurrently on each partition, attach"
        .into();
    hazard
}

/// The concurrent build, under the name that the plain form would have given.
pub(super) fn build(site: &Site<'_>, index: &CreateIndex) -> Vec<Step> {
    let name = index.name.clone().unwrap_or_else(|| site.schema.index_name(index));
    let concurrent =
        CreateIndex { name: Some(name.clone()), concurrently: true, if_not_exists: false, ..index.clone() };
    let undo = Operation::Index(IndexOperation::Drop {
        names: vec![index.table.sibling(name)],
        concurrently: true,
        if_exists: true,
        cascade: false,
    });
    let mut steps = site.steps();
    steps.step(
        Operation::Index(IndexOperation::Create(concurrent)),
        slug(index),
        "builds the index while reads and writes go on",
        Undo::By(vec![undo]),
    );
    steps.done()
}

pub(super) fn slug(index: &CreateIndex) -> String {
    let columns: Vec<String> = index.columns.iter().take(3).filter_map(|c| c.column().map(snake_case)).collect();
    [snake_case(&index.table.name), columns.join("_"), "index".into()]
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn if_not_exists_would_take_an_invalid_index() {
        check(
            "create-index",
            "
            CREATE INDEX IF NOT EXISTS t_a_idx ON t (a) WHERE a > 0;
            -- becomes:
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a) WHERE a > 0;
            ",
        );
    }

    #[test]
    fn a_partitioned_table_has_no_concurrent_build() {
        check(
            "create-index",
            "
            CREATE TABLE t (a int) PARTITION BY RANGE (a);
            CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);
            -- in a migration:
            CREATE INDEX t_a_idx ON t (a);
            -- is reported:
            -- danger: every write to t waits until the index is built
            ",
        );
    }

    #[test]
    fn a_new_table_is_empty() {
        check(
            "create-index",
            "
            CREATE TABLE t (a int);
            CREATE INDEX t_a_idx ON t (a);
            -- is left alone
            ",
        );
    }
}
