//! # replace-foreign-key
//!
//! A migration that drops a foreign key and adds it again to change its actions leaves the data unprotected in between
//! and blocks writes to both tables while all rows are checked.
//!
//! ## Instead
//!
//! The new key stands and is proved before the old one goes, and the two change places in an instant.
//!
//! ```sql
//! CREATE TABLE t (a int CONSTRAINT t_a_fkey REFERENCES p (id));
//! -- in a migration:
//! ALTER TABLE t DROP CONSTRAINT t_a_fkey;
//! ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE;
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_fkey_new FOREIGN KEY (a) REFERENCES p(id) ON DELETE CASCADE NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey_new;              -- reads all rows, blocks nothing
//! BEGIN;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_fkey;
//! ALTER TABLE t RENAME CONSTRAINT t_a_fkey_new TO t_a_fkey;
//! COMMIT;
//! ```
//!
//! ## Why it is safe
//!
//! One of the two keys always protects the data. While both exist the older one's action decides (measured on 12, 16
//! and 18), so the behaviour changes in one instant, with the swap.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE.

use super::add_foreign_key::{add_and_validate, is_partitioned_before_18};
use super::swap::swap;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ConstraintKind, ForeignKey, Operation, QualifiedName};
use crate::schema::{RelationKind, Schema};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::DropConstraint { table, name, cascade: false, .. } = site.operation() else { return None };
    let old = site.schema.constraint(&table.name, name)?;
    let ConstraintKind::ForeignKey(old_key) = &old.constraint.kind else { return None };
    if site.schema.is_new(&table.name) || is_partitioned_before_18(site, &table.name) {
        return None;
    }
    let (at, new, key) = site.later().find_map(|(at, operation)| match operation {
        Operation::AddConstraint { table: other, constraint } if other.name == table.name && !constraint.not_valid => {
            match &constraint.kind {
                ConstraintKind::ForeignKey(key) if same_key(old_key, key) => Some((at, constraint, key)),
                _ => None,
            }
        }
        _ => None,
    })?;
    // A key that points at a partitioned table has one more for each partition, whose names are those that are free.
    if site.schema.table(&key.references).is_some_and(|parent| parent.kind == RelationKind::Partitioned) {
        return None;
    }
    if site.items[site.at + 1..at].iter().any(|item| unsettles(&item.operation, &table.name, key, site.schema)) {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "{} is unprotected until the key is there again, and writes to both tables wait while all \
             rows are checked",
            table.name
        ),
        label: "dropped here, added again below".into(),
        help: "add the new key NOT VALID, validate it, then swap the two".into(),
    };
    let steps = swap(site, table, old, at, new, |steps, name| add_and_validate(steps, table, new, name, key));
    let mut outcome = Outcome::rewritten(hazard, steps);
    outcome.claims = vec![at];
    Some(outcome)
}

fn same_key(old: &ForeignKey, new: &ForeignKey) -> bool {
    old.columns == new.columns && crate::schema::same(&old.references, &new.references)
}

/// True when the key was dropped so that something under it can change: a key, a column's type, a column or a table.
fn unsettles(operation: &Operation, table: &QualifiedName, key: &ForeignKey, schema: &Schema) -> bool {
    let on_either =
        operation.table().is_none_or(|t| crate::schema::same(t, table) || crate::schema::same(t, &key.references));
    let harmless = matches!(
        operation,
        Operation::AddColumn { .. }
            | Operation::SetNotNull { .. }
            | Operation::DropNotNull { .. }
            | Operation::SetDefault { .. }
            | Operation::DropDefault { .. }
            | Operation::CreateIndex(_)
            | Operation::CreateTable(_)
            | Operation::CreateEnum { .. }
            | Operation::DropIndex { .. }
    );
    // Other foreign keys on the way are no reason; whether a dropped constraint was one, the catalog knows.
    let foreign_key = match operation {
        Operation::AddConstraint { constraint, .. } => matches!(constraint.kind, ConstraintKind::ForeignKey(_)),
        Operation::DropConstraint { table, name, .. } => schema
            .constraint(&table.name, name)
            .is_some_and(|c| matches!(c.constraint.kind, ConstraintKind::ForeignKey(_))),
        _ => false,
    };
    on_either && !harmless && !foreign_key
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn in_one_statement() {
        check(
            "replace-foreign-key",
            "
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (a int CONSTRAINT t_a_fkey REFERENCES p (id));
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_a_fkey, ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL;
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT t_a_fkey_new FOREIGN KEY (a) REFERENCES p(id) ON DELETE SET NULL NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey_new;
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_fkey;
            ALTER TABLE t RENAME CONSTRAINT t_a_fkey_new TO t_a_fkey;
            COMMIT;
            ",
        );
    }

    #[test]
    fn a_key_of_another_column_is_another_key() {
        check(
            "replace-foreign-key",
            "
            CREATE TABLE t (a int CONSTRAINT t_a_fkey REFERENCES p (id), b int);
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_a_fkey;
            ALTER TABLE t ADD CONSTRAINT t_b_fkey FOREIGN KEY (b) REFERENCES p (id);
            -- is left alone
            ",
        );
    }
}
