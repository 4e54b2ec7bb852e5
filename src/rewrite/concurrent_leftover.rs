//! # concurrent-leftover
//!
//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS` takes the INVALID index that a failed or killed build left for the one that is wanted,
//! and succeeds. That index is maintained and never used by a query, and a unique one says nothing of old duplicates.
//!
//! ## Instead
//!
//! Drop what an interrupted build left before the build, or leave IF NOT EXISTS out: the next run then fails, and somebody looks.
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);
//! -- is reported:
//! -- caution: an INVALID t_a_idx that a failed build left is taken for the finished index
//! ```
//!
//! safestep reports the statement unless the migration drops the index or asks for `indisvalid` before it. A rewritten Drizzle or
//! Alembic file looks for the leftover itself.
//!
//! ```sql
//! -- in a migration of Drizzle:
//! COMMIT;
//! --> statement-breakpoint
//! CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);
//! -- becomes:
//! COMMIT;
//! CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);   -- behind a block that drops an INVALID t_a_idx
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{IndexOperation, Operation, QualifiedName};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Index(IndexOperation::Create(index)) = site.operation() else { return None };
    if !index.concurrently || !index.if_not_exists || site.items[site.at].looks_for_leftovers {
        return None;
    }
    let name = index.table.sibling(index.name.clone()?);
    let drops = |operation: &Operation| {
        matches!(
            operation,
            Operation::Index(IndexOperation::Drop { names, .. })
                if names.iter().any(|dropped| same(dropped, &name))
        )
    };
    if site.schema.is_new(&index.table) || site.items[..site.at].iter().any(|item| drops(&item.operation)) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Manual,
        table: Some(QualifiedName::clone(&index.table)),
        lock: site.effects().strongest(),
        message: format!("an INVALID {name} that a failed build left is taken for the finished index"),
        label: "IF NOT EXISTS does not ask whether it is valid".into(),
        help: format!("left as it is: DROP INDEX CONCURRENTLY IF EXISTS {name} before it, or leave IF NOT EXISTS out"),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn without_if_not_exists_the_next_run_fails() {
        check(
            "concurrent-leftover",
            "
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_drop_of_another_index_is_no_help() {
        check(
            "concurrent-leftover",
            "
            -- in a migration of Drizzle:
            COMMIT;
            --> statement-breakpoint
            DROP INDEX CONCURRENTLY IF EXISTS t_b_idx;
            --> statement-breakpoint
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);
            -- becomes:
            COMMIT;
            DROP INDEX CONCURRENTLY IF EXISTS t_b_idx;
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);
            ",
        );
    }

    #[test]
    fn what_is_left_is_dropped_before() {
        check(
            "concurrent-leftover",
            "
            -- in a migration of Drizzle:
            COMMIT;
            --> statement-breakpoint
            DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
            --> statement-breakpoint
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a_idx ON t (a);
            -- is left alone
            ",
        );
    }
}
