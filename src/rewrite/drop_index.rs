//! # drop-index
//!
//! `DROP INDEX` takes an ACCESS EXCLUSIVE lock on the table. It is quick, but while it waits for running queries every
//! read and write of the table queues behind it.
//!
//! ## Instead
//!
//! `CONCURRENTLY`, alone and outside a transaction.
//!
//! ```sql
//! DROP INDEX t_a_idx;
//! -- becomes:
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
//! ```
//!
//! ## Why it is safe
//!
//! It takes SHARE UPDATE EXCLUSIVE and waits for the queries that use the index without blocking others.
//!
//! ## Watch
//!
//! Interrupted, it leaves the index INVALID; running it again finishes the work. Check first that no query needs the
//! index (`pg_stat_user_indexes.idx_scan`).
//!
//! ## References
//!
//! PostgreSQL documentation, DROP INDEX.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{CreateIndex, IndexOperation, Operation, QualifiedName};
use crate::plan::{Undo, snake_case};
use crate::schema::{Index, RelationKind};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Index(IndexOperation::Drop { names, concurrently, cascade, .. }) = site.operation() else {
        return None;
    };
    let known: Vec<Option<&Index>> = names.iter().map(|name| site.schema.index(name)).collect();
    if *concurrently || known.iter().flatten().any(|i| site.schema.is_new(&i.table)) {
        return None;
    }
    let table = known.iter().flatten().next().map(|i| i.table.clone());
    let place = table.as_ref().map_or_else(|| "its table".to_owned(), ToString::to_string);
    let refused = *cascade || known.iter().flatten().any(|i| i.constraint.is_some() || is_partitioned(site, &i.table));
    let hazard = Hazard {
        severity: Severity::Caution,
        applicability: if refused { Applicability::Manual } else { Applicability::Safe },
        table,
        lock: site.effects().strongest(),
        message: format!("every read and write of {place} queues while the drop waits for its lock"),
        label: "ACCESS EXCLUSIVE, instant once it is there".into(),
        help: if refused {
            "CONCURRENTLY is refused here: keep it brief".into()
        } else {
            "DROP INDEX CONCURRENTLY".into()
        },
    };
    if refused {
        return None; // the lock wait is bounded like any other brief step's
    }
    let mut steps = site.steps();
    for name in names {
        steps.step(
            drop_concurrently(name),
            format!("drop_index_{}", snake_case(&name.name)),
            "removes the index while reads and writes go on",
            undo(site, name),
        );
    }
    Some(Outcome::rewritten(hazard, steps.done()))
}

fn is_partitioned(site: &Site<'_>, table: &QualifiedName) -> bool {
    site.schema.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned)
}

pub(super) fn drop_concurrently(name: &QualifiedName) -> Operation {
    Operation::Index(IndexOperation::Drop {
        names: vec![name.clone()],
        concurrently: true,
        if_exists: true,
        cascade: false,
    })
}

/// The index again, when the history knows it.
pub(super) fn undo(site: &Site<'_>, name: &QualifiedName) -> Undo {
    match site.schema.index(name) {
        Some(index) => Undo::By(vec![Operation::Index(IndexOperation::Create(definition(index)))]),
        None => Undo::Impossible("the index's definition is not in the migrations".into()),
    }
}

/// What builds an index again.
pub(super) fn definition(index: &Index) -> CreateIndex {
    CreateIndex {
        name: Some(index.name.name.clone()),
        table: index.table.clone().into(),
        unique: index.unique,
        concurrently: true,
        if_not_exists: false,
        only: false,
        definition: index.definition.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn several_go_one_by_one() {
        check(
            "drop-index",
            "
            DROP INDEX t_a_idx, t_b_idx;
            -- becomes:
            DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
            DROP INDEX CONCURRENTLY IF EXISTS t_b_idx;
            ",
        );
    }

    #[test]
    fn cascade_is_refused_concurrently() {
        check(
            "drop-index",
            "
            DROP INDEX t_a_idx CASCADE;
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_unique_one_goes_after_the_one_that_takes_its_place() {
        for new in ["(lower(a))", "(b, a)", "(b) WHERE a <> ''"] {
            check(
                "drop-index",
                &format!(
                    "
                    CREATE TABLE t (a text, b int);
                    CREATE UNIQUE INDEX t_a_key ON t (a);
                    -- in a migration:
                    DROP INDEX t_a_key;
                    CREATE UNIQUE INDEX t_new_key ON t {new};
                    -- becomes:
                    CREATE UNIQUE INDEX CONCURRENTLY t_new_key ON t {new};
                    DROP INDEX CONCURRENTLY IF EXISTS t_a_key;
                    "
                ),
            );
        }
    }
}
