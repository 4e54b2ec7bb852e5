//! # add-column-constraint
//!
//! `ADD COLUMN … UNIQUE` builds an index, and `ADD COLUMN … CHECK` or `REFERENCES` with a default reads every row, all under
//! the ACCESS EXCLUSIVE lock of the ADD COLUMN: every read and write waits.
//!
//! ## Instead
//!
//! The column first, then each constraint by itself.
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN a int DEFAULT 1 REFERENCES p (id), ADD COLUMN b int UNIQUE;
//! -- becomes:
//! BEGIN;
//! ALTER TABLE t ADD COLUMN IF NOT EXISTS a int DEFAULT 1;                             -- instant
//! ALTER TABLE t ADD COLUMN IF NOT EXISTS b int;
//! COMMIT;
//! ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p(id) NOT VALID;   -- instant
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;                                         -- reads all rows, blocks nothing
//! CREATE UNIQUE INDEX CONCURRENTLY t_b_key ON t (b);
//! ALTER TABLE t ADD CONSTRAINT t_b_key UNIQUE USING INDEX t_b_key;                    -- instant
//! ```
//!
//! ## Why it is safe
//!
//! As `add-foreign-key`, `add-check` and `add-unique`. A bare `REFERENCES` without a DEFAULT clause is instant (all values are
//! NULL) and left alone.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes.

use super::{Applicability, Hazard, Outcome, Severity, Site, StepBuilder};
use super::{add_check, add_foreign_key, add_unique};
use crate::operation::{ColumnDefinition, ColumnOperation, Constraint, ConstraintKind, Operation, TableRef};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Add { table, column, .. }) = site.operation() else { return None };
    let cost = site.effects();
    if column.constraints.is_empty() || cost.work == Work::Constant {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits while the constraint is built or checked", table.name),
        label: "ACCESS EXCLUSIVE while all rows are read".into(),
        help: "add the column first, its constraints one by one".into(),
    };
    if let Some(refused) = refused(site, table, column, &hazard) {
        return Some(Outcome::reported(refused));
    }
    let mut steps = site.steps();
    let bare = ColumnDefinition { constraints: Vec::new(), ..column.clone() };
    let drop = Operation::Column(ColumnOperation::Drop {
        table: table.clone(),
        column: column.name.clone(),
        if_exists: true,
        cascade: false,
    });
    steps.step(
        Operation::Column(ColumnOperation::Add { table: table.clone(), column: bare, if_not_exists: true }),
        format!("{}_add_{}", snake_case(&table.name.name), snake_case(&column.name)),
        "without its constraints no row is read",
        Undo::By(vec![drop]),
    );
    for constraint in &column.constraints {
        add(&mut steps, table, constraint)?;
    }
    let mut steps = steps.done();
    // No query can ask for rows that break it: the column is not there yet.
    steps.iter_mut().for_each(|step| step.preflight = None);
    Some(Outcome::rewritten(hazard, steps))
}

/// The hazard where an inline constraint cannot be had in steps.
pub(super) fn refused(site: &Site<'_>, table: &TableRef, column: &ColumnDefinition, naive: &Hazard) -> Option<Hazard> {
    let is_key = |c: &Constraint| matches!(c.kind, ConstraintKind::ForeignKey(_));
    let refused = column.constraints.iter().any(is_key) && add_foreign_key::is_partitioned_before_18(site, &table.name);
    refused.then(|| Hazard {
        applicability: Applicability::Manual,
        help:
            "left as it is: NOT VALID is refused on a partitioned table before PostgreSQL 18. Add the column without \
               its key, then the key on each partition as NOT VALID, validate it there, and add it to the parent last"
                .into(),
        ..naive.clone()
    })
}

/// An inline constraint as steps of its own; `None` for a primary key, which has no place here.
pub(super) fn add(steps: &mut StepBuilder, table: &TableRef, constraint: &Constraint) -> Option<()> {
    let name = steps.schema().constraint_name(&table.name, constraint);
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => add_foreign_key::add_and_validate(steps, table, constraint, name, key),
        ConstraintKind::Check { expression } => add_check::add_and_validate(steps, table, constraint, name, expression),
        ConstraintKind::Unique { .. } => {
            let preflight = add_unique::preflight(&table.name, constraint);
            add_unique::build_and_attach(steps, table, constraint, name, preflight.as_ref());
        }
        ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude(_) | ConstraintKind::NotNull { .. } => {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_unique_column_comes_before_its_index() {
        check(
            "add-column-constraint",
            "
            ALTER TABLE t ADD COLUMN a int UNIQUE;
            -- becomes:
            ALTER TABLE t ADD COLUMN IF NOT EXISTS a int;
            CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);
            ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key;
            ",
        );
    }

    #[test]
    fn a_check_with_a_default_is_proved_by_itself() {
        check(
            "add-column-constraint",
            "
            ALTER TABLE t ADD COLUMN a int DEFAULT 1 CHECK (a > 0);
            -- becomes:
            BEGIN;
            ALTER TABLE t ADD COLUMN IF NOT EXISTS a int DEFAULT 1;
            ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
            COMMIT;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_check;
            ",
        );
    }

    #[test]
    fn a_reference_of_nulls_is_instant() {
        check(
            "add-column-constraint",
            "
            ALTER TABLE t ADD COLUMN a int REFERENCES p (id);
            -- is left alone
            ",
        );
    }
}
