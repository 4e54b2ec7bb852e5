//! # add-primary-key
//!
//! `ADD PRIMARY KEY` builds an index under an ACCESS EXCLUSIVE lock and reads the table once more for every column that
//! is not yet NOT NULL: every read and write of the table waits.
//!
//! ## Instead
//!
//! Each column is proved NOT NULL, the index is built concurrently, the key takes it.
//!
//! ```sql
//! CREATE TABLE t (id int);
//! -- in a migration:
//! ALTER TABLE t ADD PRIMARY KEY (id);
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_id_nn CHECK (id IS NOT NULL) NOT VALID;   -- what set-not-null does
//! ALTER TABLE t VALIDATE CONSTRAINT t_id_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN id SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_id_nn;
//! COMMIT;
//! CREATE UNIQUE INDEX CONCURRENTLY t_pkey ON t (id);                       -- alone, outside a transaction
//! ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;      -- instant
//! ```
//!
//! ## Why it is safe
//!
//! `USING INDEX` on columns that are NOT NULL already neither builds nor reads. On a nullable column it would scan under
//! the lock, so NOT NULL is proved first.
//!
//! ## Watch
//!
//! A key that takes the place of another one is replace-key's affair. Where foreign keys point at the table, it is left as it
//! is: they stand on the old key. Do it by hand, in a window, or in two deploys.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD table_constraint_using_index.

use super::add_unique::build_and_attach;
use super::add_unique::{SAID_TWICE, is_said_twice};
use super::create_index::CONCURRENT_NOTE;
use super::create_unique_index::{is_proved, no_duplicates};
use super::set_not_null::prove;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ConstraintKind, ConstraintOperation, Operation};
use crate::postgres::Work;
use crate::schema::RelationKind;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = site.operation() else { return None };
    let ConstraintKind::PrimaryKey { columns, using_index, .. } = &constraint.kind else { return None };
    let cost = site.effects();
    if cost.work == Work::Constant {
        return None;
    }
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits until the key is built and checked", table.name),
        label: "ACCESS EXCLUSIVE for the whole build".into(),
        help: "prove NOT NULL, CREATE UNIQUE INDEX CONCURRENTLY, then USING INDEX".into(),
    };
    let replaced = site.items[..site.at].iter().any(|item| {
        matches!(
            &item.operation,
            Operation::Constraint(ConstraintOperation::Drop { table: other, .. })
                if other.name == table.name && item.statement == site.items[site.at].statement
        )
    });
    if replaced
        || using_index.is_some()
        || site.schema.table(&table.name).is_none_or(|t| t.kind == RelationKind::Partitioned)
    {
        hazard.applicability = Applicability::Manual;
        hazard.help = if replaced {
            "replace it by hand: move what stands on the old key, build the new index concurrently, then swap the two"
                .into()
        } else {
            "add it by hand: prove NOT NULL first, build the index concurrently, then USING INDEX".into()
        };
        return Some(Outcome::reported(hazard));
    }
    if is_said_twice(site, constraint) {
        hazard.applicability = Applicability::Manual;
        hazard.help = SAID_TWICE.into();
        return Some(Outcome::reported(hazard));
    }
    let mut steps = site.steps();
    if columns.iter().all(|column| steps.schema().is_surely_not_null(&table.name, column)) {
        hazard.help = "CREATE UNIQUE INDEX CONCURRENTLY, then USING INDEX".into();
    }
    for column in columns {
        if !steps.schema().is_surely_not_null(&table.name, column) {
            prove(&mut steps, table, column, site.settings.postgres);
        }
    }
    let name = site.schema.constraint_name(&table.name, constraint);
    let preflight = (!is_proved(site, &table.name, columns, false)).then(|| no_duplicates(&table.name, columns, false));
    build_and_attach(&mut steps, table, constraint, name, preflight.as_ref());
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.preflight = preflight;
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn columns_that_are_not_null_need_no_proof() {
        check(
            "add-primary-key",
            "
            CREATE TABLE t (a int NOT NULL, b int NOT NULL);
            -- in a migration:
            ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (a, b);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_pkey ON t (a, b);
            ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;
            ",
        );
    }

    #[test]
    fn an_index_that_is_built_already_is_taken() {
        check(
            "add-primary-key",
            "
            CREATE TABLE t (id int NOT NULL);
            CREATE UNIQUE INDEX t_pkey ON t (id);
            -- in a migration:
            ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;
            -- is left alone
            ",
        );
    }
}
