//! # set-not-null
//!
//! `ALTER TABLE … ALTER COLUMN … SET NOT NULL` reads every row of the table while it holds an ACCESS EXCLUSIVE lock:
//! every read and write of the table waits. All versions; on 12 and later not when a validated CHECK proves the column.
//!
//! ## Instead
//!
//! A CHECK that is proved first; then the column is set in an instant.
//!
//! ```sql
//! CREATE TABLE t (a int);
//! -- in a migration:
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_nn CHECK (a IS NOT NULL) NOT VALID;   -- instant
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_nn;                              -- reads all rows, blocks nothing
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;                             -- instant: the check proves it
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_nn;
//! COMMIT;
//! ```
//!
//! PostgreSQL 18 has the same for the column itself.
//!
//! ```sql
//! -- in safestep.toml: postgres = 18
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_not_null NOT NULL a NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null;
//! ```
//!
//! A column with a DEFAULT has its NULLs filled with it first, in batches: from the first step on every UPDATE of a row that still
//! has NULL fails.
//!
//! ## Why it is safe
//!
//! The check protects new rows at once, the scan runs under SHARE UPDATE EXCLUSIVE, and PostgreSQL 12 and later skip
//! their own scan when a validated CHECK implies it. The set and the drop are two statements because in one ALTER TABLE
//! the drop runs first and the scan comes back.
//!
//! ## Watch
//!
//! Rows with NULL make the validation fail; nothing has changed then. Fix the rows and run the step again. Where a trigger or
//! rule would fire on the UPDATE, NULLs are not filled until `[backfill] triggers = "fire"` says that it may.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes; `ATExecSetNotNull` in `src/backend/commands/tablecmds.c`.

use super::undo::undo_default;
use super::{Applicability, Hazard, Outcome, Preflight, Severity, Site, StepBuilder, dotted, filling};
use crate::operation::{
    ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, DataOperation, Ident, Operation, QualifiedName,
    SqlFragment, TableRef,
};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;
use crate::schema::names::free_object_name;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::SetNotNull { table, column }) = site.operation() else { return None };
    let cost = site.effects();
    if cost.work == Work::Constant {
        return None;
    }
    let (fill, claims, left) = fill_value(site, table, column);
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits while all its rows are checked", table.name),
        label: "ACCESS EXCLUSIVE for one full scan".into(),
        help: match site.settings.postgres < 18 {
            true => "check NOT VALID, validate, set, drop the check".into(),
            false => "NOT NULL … NOT VALID, then validate".into(),
        },
    };
    if fill.is_some()
        && site.settings.value(&table.name, column).is_some()
        && let Some(refused) = filling::refused(site, &table.name, column, &hazard)
    {
        return Some(Outcome::reported(refused));
    }
    let mut steps = site.steps();
    if let Some((value, set_default)) = fill {
        if set_default {
            steps.from(claims.first().copied().unwrap_or(site.at)).step(
                Operation::Column(ColumnOperation::SetDefault {
                    table: table.clone(),
                    column: column.clone(),
                    default: value.clone(),
                }),
                format!("{}_{}_default", snake_case(&table.name.name), snake_case(column)),
                "new rows get the default from here on",
                undo_default(site.schema, table, column),
            );
        }
        let todo = SqlFragment::new(&format!("{column} IS NULL"));
        steps.from(site.at).backfill(
            &table.name,
            column,
            value,
            todo,
            format!("{}_fill_{}", snake_case(&table.name.name), snake_case(column)),
            "rows that are still NULL get the default, as SET NOT NULL would fail on them",
        );
        hazard.help = format!("fill the NULLs in batches, {}", hazard.help);
    }
    prove(&mut steps, table, column, site.settings.postgres);
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.claims = claims;
    let filled =
        outcome.steps.iter().flatten().any(|s| matches!(s.operation, Operation::Data(DataOperation::Backfill(_))));
    if filled {
        let first = format!(
            "rows with NULL in {} get its default first; [backfill] nulls = \"off\" leaves them to \
             you",
            dotted(&table.name, column)
        );
        let fired = filling::note(site, &table.name, column);
        outcome.note = Some(fired.map_or_else(|| first.clone(), |fired| format!("{first}; {fired}")));
    } else {
        match is_filled(site) {
            // There is none by then.
            true => outcome.steps.iter_mut().flatten().for_each(|step| step.preflight = None),
            false => outcome.preflight = Some(preflight(&table.name, column)),
        }
        outcome.note = left;
    }
    Some(outcome)
}

/// The value that NULLs get and whether the default has to be set first; the items that say so; why NULLs stay that
/// would get a value otherwise.
type Fill = (Option<(SqlFragment, bool)>, Vec<usize>, Option<String>);

fn fill_value(site: &Site<'_>, table: &TableRef, column: &Ident) -> Fill {
    if let Some(value) = site.settings.value(&table.name, column) {
        return (Some((value, false)), Vec::new(), None);
    }
    let (fill, claims) = default_value(site, table, column);
    let nothing = fill.is_none();
    let fired = filling::fired(site, &table.name, column).filter(|_| !nothing && !site.settings.fire_triggers);
    match fired {
        Some(fired) => {
            let why = format!(
                "rows with NULL in {} are left to you: to fill them with its default would fire {fired}; [backfill] \
                 triggers = \"fire\" does it",
                dotted(&table.name, column)
            );
            (None, Vec::new(), Some(why))
        }
        None => (fill, claims, None),
    }
}

/// The statement before it fills the NULLs, with a value of its own.
fn is_filled(site: &Site<'_>) -> bool {
    site.at.checked_sub(1).is_some_and(|before| filling::before_not_null(site, before).is_some())
}

/// The default that the column has, or gets later in the migration.
fn default_value(site: &Site<'_>, table: &TableRef, column: &Ident) -> (Option<(SqlFragment, bool)>, Vec<usize>) {
    if !site.settings.fill_nulls || is_filled(site) {
        return (None, Vec::new());
    }
    let later = site.later().find_map(|(at, operation)| match operation {
        Operation::Column(ColumnOperation::SetDefault { table: other, column: c, default })
            if other.name == table.name && c == column =>
        {
            Some((at, default.clone()))
        }
        _ => None,
    });
    if let Some((at, default)) = later {
        return (Some((default, true)), vec![at]);
    }
    let state = site.schema.column(&table.name, column);
    let default = state.filter(|c| c.sure).and_then(|c| c.default.clone()).filter(|d| !is_null(d));
    (default.map(|d| (d, false)), Vec::new())
}

fn is_null(default: &SqlFragment) -> bool {
    crate::sql::expression::parse(default).is_some_and(|e| e.is_null())
}

fn preflight(table: &QualifiedName, column: &Ident) -> Preflight {
    Preflight { condition: format!("{} must hold no NULL", dotted(table, column)), query: query(table, column) }
}

fn query(table: &QualifiedName, column: &Ident) -> String {
    format!("SELECT * FROM {table} WHERE {column} IS NULL")
}

/// The steps that end in NOT NULL without a scan under a strong lock.
pub(super) fn prove(steps: &mut StepBuilder, table: &TableRef, column: &Ident, postgres: u32) {
    let (words, words_of_column) = (snake_case(&table.name.name), snake_case(column));
    let native = postgres >= 18;
    let kind = if native {
        ConstraintKind::NotNull { column: column.clone() }
    } else {
        ConstraintKind::Check { expression: SqlFragment::new(&format!("{column} IS NOT NULL")) }
    };
    // The check must not take `t_a_not_null`: from PostgreSQL 18 on that is the name that SET NOT NULL wants for itself.
    let label = if native { "not_null" } else { "nn" };
    let taken = |name: &Ident| steps.schema().is_taken(&table.name, name);
    let name = free_object_name(&table.name.name, column.as_str(), label, taken).styled_like(column);
    let constraint = Constraint { not_valid: true, ..Constraint::new(Some(name.clone()), kind) };
    let drop = |if_exists| {
        Operation::Constraint(ConstraintOperation::Drop {
            table: table.clone(),
            name: name.clone(),
            if_exists,
            cascade: false,
        })
    };
    let relax = Operation::Column(ColumnOperation::DropNotNull { table: table.clone(), column: column.clone() });
    let undo_add = if native { relax.clone() } else { drop(true) };
    let filled = steps.fills(column);
    steps.step(
        Operation::Constraint(ConstraintOperation::Add { table: table.clone(), constraint }),
        format!("{words}_{words_of_column}_check"),
        "new rows are held to it from here on",
        Undo::By(vec![undo_add]),
    );
    if !filled {
        steps.preflight(&query(&table.name, column));
    }
    steps.step(
        Operation::Constraint(ConstraintOperation::Validate { table: table.clone(), name: name.clone() }),
        format!("{words}_validate_{words_of_column}"),
        "proves the existing rows while reads and writes go on",
        Undo::Nothing,
    );
    if !native {
        steps
            .step(
                Operation::Column(ColumnOperation::SetNotNull { table: table.clone(), column: column.clone() }),
                format!("{words}_{words_of_column}_not_null"),
                "the validated check spares the scan",
                Undo::By(vec![relax]),
            )
            .step(
                drop(true),
                format!("{words}_{words_of_column}_drop_check"),
                "the check has done its work",
                Undo::Nothing,
            );
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn nulls_are_filled_with_the_default_first() {
        check(
            "set-not-null",
            "
            CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 0);
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a SET NOT NULL;
            -- becomes:
            UPDATE t SET a = 0 WHERE a IS NULL;
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
    fn a_check_that_is_there_proves_it() {
        check(
            "set-not-null",
            "
            CREATE TABLE t (a int CHECK (a IS NOT NULL));
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a SET NOT NULL;
            -- is left alone
            ",
        );
    }
}
