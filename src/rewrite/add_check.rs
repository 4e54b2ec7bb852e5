//! # add-check
//!
//! `ADD CHECK` reads every row of the table under an ACCESS EXCLUSIVE lock: every read and write waits.
//!
//! ## Instead
//!
//! `NOT VALID` first, then a validation of its own.
//!
//! ```sql
//! ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0);
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;   -- instant
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_check;                      -- reads all rows, blocks nothing
//! ```
//!
//! ## Why it is safe
//!
//! NOT VALID protects new rows at once and reads none; the validation takes SHARE UPDATE EXCLUSIVE.
//!
//! ## Watch
//!
//! Fix violating rows before the first step: from then on any UPDATE of such a row fails, whatever it changes.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT.

use super::slug::without_table;
use super::{Applicability, Hazard, Outcome, Preflight, Severity, Site, StepBuilder};
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, Ident, Operation, QualifiedName, SqlFragment, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = site.operation() else { return None };
    let ConstraintKind::Check { expression } = &constraint.kind else { return None };
    let cost = site.effects();
    if constraint.not_valid || cost.work == Work::Constant {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits while all its rows are checked", table.name),
        label: "ACCESS EXCLUSIVE for one full scan".into(),
        help: "NOT VALID, then validate".into(),
    };
    let mut steps = site.steps();
    let name = site.schema.constraint_name(&table.name, constraint);
    add_and_validate(&mut steps, table, constraint, name, expression);
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.preflight = Some(preflight(&table.name, expression));
    Some(outcome)
}

/// The check under `name`, first for new rows, then for all.
pub(super) fn add_and_validate(
    steps: &mut StepBuilder,
    table: &TableRef,
    constraint: &Constraint,
    name: Ident,
    expression: &SqlFragment,
) {
    let words = snake_case(&table.name.name);
    let check = without_table(&name, &words);
    let constraint = Constraint { name: Some(name.clone()), not_valid: true, ..constraint.clone() };
    let undo = Operation::Constraint(ConstraintOperation::Drop {
        table: table.clone(),
        name: name.clone(),
        if_exists: true,
        cascade: false,
    });
    steps
        .step(
            Operation::Constraint(ConstraintOperation::Add { table: table.clone(), constraint }),
            format!("{words}_add_{check}"),
            "new rows are held to it from here on",
            Undo::By(vec![undo]),
        )
        .preflight(&preflight(&table.name, expression).query)
        .step(
            Operation::Constraint(ConstraintOperation::Validate { table: table.clone(), name }),
            format!("{words}_validate_{check}"),
            "proves the existing rows while reads and writes go on",
            Undo::Nothing,
        );
}

pub(super) fn preflight(table: &QualifiedName, expression: &SqlFragment) -> Preflight {
    Preflight {
        condition: format!("every row of {table} must meet {expression}"),
        query: format!("SELECT * FROM {table} WHERE NOT ({expression})"),
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_check_without_a_name_gets_postgres_own() {
        check(
            "add-check",
            "
            ALTER TABLE t ADD CHECK (a > 0);
            -- becomes:
            ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_check;
            ",
        );
    }

    #[test]
    fn a_check_that_is_not_valid_reads_nothing() {
        check(
            "add-check",
            "
            ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_new_table_is_empty() {
        check(
            "add-check",
            "
            CREATE TABLE t (a int);
            ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0);
            -- is left alone
            ",
        );
    }
}
