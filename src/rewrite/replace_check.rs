//! # replace-check
//!
//! A migration that drops a CHECK and adds another one under its name blocks reads and writes while all rows are checked. Where
//! its statements commit one by one, any row gets in meanwhile.
//!
//! ## Instead
//!
//! The new check stands and is proved before the old one goes, and the two change places in an instant.
//!
//! ```sql
//! CREATE TABLE t (a int CONSTRAINT t_a_check CHECK (a > 0));
//! -- in a migration:
//! ALTER TABLE t DROP CONSTRAINT t_a_check;
//! ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 1);
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_check_new CHECK (a > 1) NOT VALID;   -- instant; both hold for new rows
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_check_new;                      -- reads all rows, blocks nothing
//! BEGIN;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_check;
//! ALTER TABLE t RENAME CONSTRAINT t_a_check_new TO t_a_check;
//! COMMIT;
//! ```
//!
//! ## Why it is safe
//!
//! One of the two always holds. If a row breaks the new one, the old one is still there.
//!
//! ## Watch
//!
//! Between the first step and the last, new rows must pass both: deploy the code that writes what only the new check allows after
//! the last step.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes.

use super::add_check::{add_and_validate, preflight};
use super::swap::{is_unknown, swap};
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, IndexOperation, ObjectOperation, Operation, SessionOperation,
    TableOperation, TypeOperation,
};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Drop { table, name, cascade: false, .. }) = site.operation() else {
        return None;
    };
    let old = site.schema.constraint(&table.name, name);
    let may_be_a_check = match old {
        Some(old) => matches!(old.constraint.kind, ConstraintKind::Check { .. }),
        None => is_unknown(site, &table.name),
    };
    if !may_be_a_check || site.schema.is_new(&table.name) {
        return None;
    }
    let (at, new, expression) = site.later().find_map(|(at, operation)| match operation {
        Operation::Constraint(ConstraintOperation::Add { table: other, constraint })
            if other.name == table.name && !constraint.not_valid && constraint.name.as_ref() == Some(name) =>
        {
            match &constraint.kind {
                ConstraintKind::Check { expression } => Some((at, constraint, expression)),
                _ => None,
            }
        }
        _ => None,
    })?;
    // Rows or columns that change in between are what the old one stood in the way of.
    if site.items[site.at + 1..at].iter().any(|item| !leaves_rows(&item.operation)) {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("every read and write of {} waits while all rows are checked for the new rule", table.name),
        label: "dropped here, added again below".into(),
        help: "add the new check NOT VALID, validate it, then swap the two".into(),
    };
    let steps =
        swap(site, table, (name, old), at, new, |steps, name| add_and_validate(steps, table, new, name, expression));
    let mut outcome = Outcome::rewritten(hazard, steps);
    outcome.claims = vec![at];
    outcome.preflight = Some(preflight(&table.name, expression));
    Some(outcome)
}

/// What neither changes rows nor columns that are there.
fn leaves_rows(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Column(
            ColumnOperation::Add { .. }
                | ColumnOperation::SetNotNull { .. }
                | ColumnOperation::DropNotNull { .. }
                | ColumnOperation::SetDefault { .. }
                | ColumnOperation::DropDefault { .. }
        ) | Operation::Constraint(
            ConstraintOperation::Add { .. } | ConstraintOperation::Drop { .. } | ConstraintOperation::Validate { .. }
        ) | Operation::Index(IndexOperation::Create(_) | IndexOperation::Drop { .. })
            | Operation::Table(TableOperation::Create(_))
            | Operation::Type(TypeOperation::CreateEnum { .. })
            | Operation::Object(ObjectOperation::Comment { .. } | ObjectOperation::Grant { .. })
            | Operation::Session(SessionOperation::SetParameter { .. })
    )
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_the_history_does_not_show_is_known_by_its_name() {
        check(
            "replace-check",
            "
            ALTER TABLE t DROP CONSTRAINT a, ADD CONSTRAINT a CHECK (x > 1);
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT a_new CHECK (x > 1) NOT VALID;
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
            "replace-check",
            "
            CREATE TABLE t (a int CONSTRAINT t_a_check CHECK (a > 0));
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_a_check, ADD CONSTRAINT t_a_check CHECK (a > 1);
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT t_a_check_new CHECK (a > 1) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_check_new;
            BEGIN;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_check;
            ALTER TABLE t RENAME CONSTRAINT t_a_check_new TO t_a_check;
            COMMIT;
            ",
        );
    }

    #[test]
    fn another_name_is_another_check() {
        check(
            "replace-check",
            "
            CREATE TABLE t (a int CONSTRAINT t_a_check CHECK (a > 0));
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_a_check;
            ALTER TABLE t ADD CONSTRAINT t_b_check CHECK (b > 1);
            -- is left alone
            ",
        );
    }
}
