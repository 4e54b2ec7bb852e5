//! # add-column-default
//!
//! `ADD COLUMN … DEFAULT` with a volatile expression (`gen_random_uuid()`, `random()`, `clock_timestamp()`, `nextval()`)
//! writes the whole table and all its indexes anew under an ACCESS EXCLUSIVE lock: every read and write waits. A constant or
//! stable default (`now()`, `CURRENT_TIMESTAMP`) is instant and left alone.
//!
//! ## Instead
//!
//! The column, its default, and existing rows in batches; NOT NULL comes last, as in set-not-null.
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid();
//! -- becomes:
//! BEGIN;                                                      -- instant
//! ALTER TABLE t ADD COLUMN a uuid;
//! ALTER TABLE t ALTER COLUMN a SET DEFAULT gen_random_uuid();
//! COMMIT;
//! UPDATE t SET a = gen_random_uuid() WHERE a IS NULL;         -- in batches, a commit after each
//! ```
//!
//! ## Why it is safe
//!
//! A default that is set after the column exists touches no row. New rows have it at once; existing rows are NULL until the
//! batches have passed, so code that reads the column must be deployed after them. A table without a key, a partitioned
//! table and one with children are walked by blocks, table by table.
//!
//! ## Watch
//!
//! A `statement_timeout` on the role ends the batches; run again, it goes on where it was. The batches fire triggers and
//! rules on UPDATE, which the naive form does not: where the history has one, the migration stays as it is until
//! `[backfill] triggers = "fire"` says that they may.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes.

use super::add_column_constraint;
use super::set_not_null::prove;
use super::{Applicability, Hazard, Outcome, Severity, Site, StepBuilder, filling};
use crate::operation::{ColumnDefinition, ColumnOperation, Ident, Operation, SqlFragment, TableRef};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Add { table, column, if_not_exists }) = site.operation() else {
        return None;
    };
    let default = column.default.as_ref()?;
    let cost = site.effects();
    if !matches!(cost.work, Work::Rewrite(_)) || column.generated.is_some() {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits while the whole table is written anew", table.name),
        label: "ACCESS EXCLUSIVE for a full rewrite".into(),
        help: "add the column, set the default, fill existing rows in batches".into(),
    };
    if let Some(refused) = filling::refused(site, &table.name, &column.name, &hazard) {
        return Some(Outcome::reported(refused));
    }
    if let Some(refused) = add_column_constraint::refused(site, table, column, &hazard) {
        return Some(Outcome::reported(refused));
    }
    let mut steps = site.steps();
    add_bare(&mut steps, table, &without(column), *if_not_exists);
    fill(&mut steps, table, &column.name, default, column.not_null, site.settings.postgres);
    for constraint in &column.constraints {
        add_column_constraint::add(&mut steps, table, constraint)?;
    }
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.note = filling::note(site, &table.name, &column.name);
    Some(outcome)
}

/// The column without NOT NULL, default and constraints: what can be added in an instant.
pub(super) fn without(column: &ColumnDefinition) -> ColumnDefinition {
    ColumnDefinition { not_null: false, default: None, constraints: Vec::new(), ..column.clone() }
}

/// Adds the column without its default.
pub(super) fn add_bare(steps: &mut StepBuilder, table: &TableRef, bare: &ColumnDefinition, if_not_exists: bool) {
    let column = bare.name.clone();
    let drop =
        Operation::Column(ColumnOperation::Drop { table: table.clone(), column, if_exists: true, cascade: false });
    steps.step(
        Operation::Column(ColumnOperation::Add { table: table.clone(), column: bare.clone(), if_not_exists }),
        format!("{}_add_{}", snake_case(&table.name.name), snake_case(&bare.name)),
        "without a default no row is touched",
        Undo::By(vec![drop]),
    );
}

/// Sets the default of a new column, fills existing rows and proves NOT NULL.
pub(super) fn fill(
    steps: &mut StepBuilder,
    table: &TableRef,
    column: &Ident,
    default: &SqlFragment,
    not_null: bool,
    postgres: u32,
) {
    let (words, name) = (snake_case(&table.name.name), snake_case(column));
    steps
        .step(
            Operation::Column(ColumnOperation::SetDefault {
                table: table.clone(),
                column: column.clone(),
                default: default.clone(),
            }),
            format!("{words}_{name}_default"),
            "new rows get the default from here on",
            Undo::Nothing,
        )
        .backfill(
            &table.name,
            column,
            default.clone(),
            SqlFragment::new(&format!("{column} IS NULL")),
            format!("{words}_fill_{name}"),
            "existing rows get the default, a few at a time",
        );
    if not_null {
        prove(steps, table, column, postgres);
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_required_column_is_filled_before_it_is_proved() {
        check(
            "add-column-default",
            "
            CREATE TABLE t (id int PRIMARY KEY);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a uuid NOT NULL DEFAULT gen_random_uuid();
            -- becomes:
            BEGIN;
            ALTER TABLE t ADD COLUMN a uuid;
            ALTER TABLE t ALTER COLUMN a SET DEFAULT gen_random_uuid();
            COMMIT;
            UPDATE t SET a = gen_random_uuid() WHERE a IS NULL;
            ALTER TABLE t ADD CONSTRAINT t_a_nn CHECK (a IS NOT NULL) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_nn;
            BEGIN;
            ALTER TABLE t ALTER COLUMN a SET NOT NULL;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_nn;
            COMMIT;
            ",
        );
    }

    #[test]
    fn a_stable_default_touches_no_row() {
        check(
            "add-column-default",
            "
            ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now();
            -- is left alone
            ",
        );
    }
}
