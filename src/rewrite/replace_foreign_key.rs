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
use super::swap::{is_unknown, swap, without};
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, ForeignKey, Ident, IndexOperation, Operation, QualifiedName,
    TableOperation, TypeOperation,
};
use crate::plan::Step;
use crate::postgres::LockMode;
use crate::schema::RelationKind;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Drop { table, name, cascade: false, .. }) = site.operation() else {
        return None;
    };
    let old = site.schema.constraint(&table.name, name);
    let old_key = match old.map(|old| &old.constraint.kind) {
        Some(ConstraintKind::ForeignKey(key)) => Some(key),
        None if is_unknown(site, &table.name) => None,
        _ => return None,
    };
    if site.schema.is_new(&table.name) || is_partitioned_before_18(site, &table.name) {
        return None;
    }
    let (at, new, key) = site.later().find_map(|(at, operation)| match operation {
        Operation::Constraint(ConstraintOperation::Add { table: other, constraint })
            if other.name == table.name && !constraint.not_valid =>
        {
            match &constraint.kind {
                ConstraintKind::ForeignKey(key) => {
                    let takes_its_place = match old_key {
                        Some(old_key) => same_key(old_key, key),
                        None => constraint.name.as_ref() == Some(name),
                    };
                    takes_its_place.then_some((at, constraint, key))
                }
                _ => None,
            }
        }
        _ => None,
    })?;
    // A key that points at a partitioned table has one more for each partition, whose names are those that are free.
    if site.schema.table(&key.references).is_some_and(|parent| parent.kind == RelationKind::Partitioned) {
        return None;
    }
    if without(site, table, name).is_name_open(&table.name, new) {
        return None;
    }
    if site.items[site.at + 1..at].iter().any(|item| unsettles(site, &item.operation, &table.name, key)) {
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
    let mut steps =
        swap(site, table, (name, old), at, new, |steps, name| add_and_validate(steps, table, new, name, key));
    if old.is_none() {
        // A key's drop locks what it points at, which is what the new one points at.
        let is_swap = |step: &&mut Step| {
            matches!(
                step.operation,
                Operation::Constraint(ConstraintOperation::Drop { .. } | ConstraintOperation::Rename { .. })
            )
        };
        let parent = QualifiedName::clone(&key.references);
        steps.iter_mut().filter(is_swap).for_each(|step| step.locks.push((parent.clone(), LockMode::AccessExclusive)));
    }
    let mut outcome = Outcome::rewritten(hazard, steps);
    outcome.claims = vec![at];
    Some(outcome)
}

fn same_key(old: &ForeignKey, new: &ForeignKey) -> bool {
    old.columns == new.columns && crate::schema::same(&old.references, &new.references)
}

/// True when the key was dropped so that something under it can change: a key, a column's type, a column or a table.
fn unsettles(site: &Site<'_>, operation: &Operation, table: &QualifiedName, key: &ForeignKey) -> bool {
    let on_either =
        operation.table().is_none_or(|t| crate::schema::same(t, table) || crate::schema::same(t, &key.references));
    let harmless = matches!(
        operation,
        Operation::Column(
            ColumnOperation::Add { .. }
                | ColumnOperation::SetNotNull { .. }
                | ColumnOperation::DropNotNull { .. }
                | ColumnOperation::SetDefault { .. }
                | ColumnOperation::DropDefault { .. }
        ) | Operation::Index(IndexOperation::Create(_) | IndexOperation::Drop { .. })
            | Operation::Table(TableOperation::Create(_))
            | Operation::Type(TypeOperation::CreateEnum { .. })
    );
    // Other foreign keys on the way are no reason.
    let foreign_key = match operation {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => {
            matches!(constraint.kind, ConstraintKind::ForeignKey(_))
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            match site.schema.constraint(&table.name, name) {
                Some(dropped) => matches!(dropped.constraint.kind, ConstraintKind::ForeignKey(_)),
                None => is_unknown(site, &table.name) && comes_back(site, &table.name, name),
            }
        }
        _ => false,
    };
    on_either && !harmless && !foreign_key
}

/// A foreign key of that name is added later.
fn comes_back(site: &Site<'_>, table: &QualifiedName, name: &Ident) -> bool {
    site.later().any(|(_, operation)| match operation {
        Operation::Constraint(ConstraintOperation::Add { table: other, constraint }) => {
            other.name == *table
                && constraint.name.as_ref() == Some(name)
                && matches!(constraint.kind, ConstraintKind::ForeignKey(_))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_the_history_does_not_show_is_known_by_its_name() {
        check(
            "replace-foreign-key",
            "
            ALTER TABLE t DROP CONSTRAINT a;
            ALTER TABLE t DROP CONSTRAINT b;
            ALTER TABLE t ADD CONSTRAINT b FOREIGN KEY (y) REFERENCES q (id);
            ALTER TABLE t ADD CONSTRAINT a FOREIGN KEY (x) REFERENCES p (id);
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT b_new FOREIGN KEY (y) REFERENCES q(id) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT b_new;
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT b;
            ALTER TABLE t RENAME CONSTRAINT b_new TO b;
            COMMIT;
            ALTER TABLE t ADD CONSTRAINT a_new FOREIGN KEY (x) REFERENCES p(id) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT a_new;
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT a;
            ALTER TABLE t RENAME CONSTRAINT a_new TO a;
            COMMIT;
            ",
        );
    }

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
