//! # add-required-column
//!
//! `ADD COLUMN … NOT NULL` without a default fails on a table that has rows: nobody has said what they get.
//!
//! ## Instead
//!
//! Say what existing rows get, and the column comes with that as its default, which goes at the end. The value is said with
//! `--value table.column="'pending'"` or in safestep.toml under `[values]`.
//!
//! ```sql
//! -- in safestep.toml: values."t.a" = "'pending'"
//! ALTER TABLE t ADD COLUMN a text NOT NULL;
//! -- becomes:
//! ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT 'pending';   -- instant: a constant default touches no row
//! ALTER TABLE t ALTER COLUMN a DROP DEFAULT;                    -- a transaction of its own
//! ```
//!
//! A volatile value (`gen_random_uuid()`) comes in batches: the column without NOT NULL, its default, the existing rows,
//! then NOT NULL as in set-not-null, then DROP DEFAULT.
//!
//! ## Why it is safe
//!
//! The default fills the rows that the old code inserts while the sequence runs; it goes once the column is NOT NULL, as
//! the naive migration leaves none. Deploy code that writes the column before that last step.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, ADD COLUMN.

use super::add_column_default::{add_bare, fill, without};
use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, filling};
use crate::operation::{ColumnDefinition, ColumnOperation, Operation};
use crate::plan::{Transaction, Undo, snake_case};
use crate::postgres::{Work, effects};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Add { table, column, if_not_exists }) = site.operation() else {
        return None;
    };
    let has_value = column.default.is_some() || column.is_serial() || column.generated.is_some();
    if !column.not_null || has_value || site.schema.is_new(&table.name) {
        return None;
    }
    let place = dotted(&table.name, &column.name);
    let hazard = |applicability, message: String, help: String| Hazard {
        severity: Severity::Danger,
        applicability,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message,
        label: "fails as soon as the table has one row".into(),
        help,
    };
    let Some(value) = site.settings.value(&table.name, &column.name) else {
        let key = format!("{}.{}", table.name.name.as_str(), column.name.as_str());
        return Some(Outcome::reported(hazard(
            Applicability::NeedsInput,
            format!("what do existing rows of {} get in {}?", table.name, column.name),
            format!("--value {key}=\"'…'\"      or in safestep.toml: [values] \"{key}\" = \"'…'\""),
        )));
    };
    if !column.constraints.is_empty() {
        return Some(Outcome::reported(hazard(
            Applicability::Manual,
            format!("{place} has no value for existing rows"),
            "write its constraints as statements of their own".into(),
        )));
    }
    let mut steps = site.steps();
    let with_default = Operation::Column(ColumnOperation::Add {
        table: table.clone(),
        column: ColumnDefinition { default: Some(value.clone()), ..column.clone() },
        if_not_exists: *if_not_exists,
    });
    let at_once = effects(&with_default, site.schema, site.settings.postgres).work == Work::Constant;
    let words = format!("{}_add_{}", snake_case(&table.name.name), snake_case(&column.name));
    if at_once {
        let drop = Operation::Column(ColumnOperation::Drop {
            table: table.clone(),
            column: column.name.clone(),
            if_exists: true,
            cascade: false,
        });
        steps.step(with_default, words, "a constant default touches no row", Undo::By(vec![drop]));
    } else {
        let without_value =
            hazard(Applicability::Safe, format!("{place} has no value for existing rows"), String::new());
        if let Some(refused) = filling::refused(site, &table.name, &column.name, &without_value) {
            return Some(Outcome::reported(refused));
        }
        add_bare(&mut steps, table, &without(column), *if_not_exists);
        fill(&mut steps, table, &column.name, &value, true, site.settings.postgres);
    }
    let back = Operation::Column(ColumnOperation::SetDefault {
        table: table.clone(),
        column: column.name.clone(),
        default: value.clone(),
    });
    steps.step(
        Operation::Column(ColumnOperation::DropDefault { table: table.clone(), column: column.name.clone() }),
        format!("{}_{}_drop_default", snake_case(&table.name.name), snake_case(&column.name)),
        "the migration asked for no default",
        Undo::By(vec![back]),
    );
    let mut steps = steps.done();
    // In a file of its own: the code that writes the column must be out before it.
    if let Some(last) = steps.last_mut() {
        last.transaction = Transaction::Own;
    }
    let mut outcome = Outcome::rewritten(
        hazard(
            Applicability::Safe,
            format!("{place} has no value for existing rows"),
            match at_once {
                true => format!("add it with the default {value}, then drop the default"),
                false => format!("add it with {value}, fill in batches, prove NOT NULL, drop the default"),
            },
        ),
        steps,
    );
    let deploy = format!(
        "deploy code that writes {place} before the last step: it drops the default that fills it \
         for the old code"
    );
    let fired = filling::note(site, &table.name, &column.name).filter(|_| !at_once);
    outcome.note = Some(fired.map_or_else(|| deploy.clone(), |fired| format!("{deploy}; {fired}")));
    Some(outcome)
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn nobody_has_said_what_rows_get() {
        check(
            "add-required-column",
            "
            ALTER TABLE t ADD COLUMN a text NOT NULL;
            -- is reported:
            -- danger: what do existing rows of t get in a?
            ",
        );
    }

    #[test]
    fn a_default_says_what_rows_get() {
        check(
            "add-required-column",
            "
            ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT 'pending';
            -- is left alone
            ",
        );
    }
}
