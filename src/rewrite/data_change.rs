//! # data-change
//!
//! `UPDATE` and `DELETE` of every row lock each row until the end of the transaction, bloat the table and let replicas fall
//! behind. A WHERE does not help where it holds for every row: a join (`FROM`, `USING`) without a filter, `IS NULL` on a column
//! that nothing has filled yet, a column that the same migration adds. `TRUNCATE` takes ACCESS EXCLUSIVE on the table and, with
//! CASCADE, on every table that references it, and loses every row.
//!
//! ## Instead
//!
//! Change the rows in batches with a commit after each, by key range. safestep reports the statement and passes it through; only
//! the NULLs that get a literal, directly before their column is NOT NULL, it fills in batches itself.
//! A statement with a constant in its WHERE (`id = 5`, `kind IN ('a', 'b')`) may pick few rows and is not reported.
//!
//! ```sql
//! UPDATE t SET a = 0;
//! -- is reported:
//! -- danger: every row of t stays locked until all are changed
//! ```
//!
//! ```sql
//! CREATE TABLE t (id int PRIMARY KEY, a int);
//! -- in a migration:
//! UPDATE t SET a = 0 WHERE a IS NULL;
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;
//! -- becomes:
//! UPDATE t SET a = 0 WHERE a IS NULL;                                    -- in batches, each with a commit
//! ALTER TABLE t ADD CONSTRAINT t_a_nn CHECK (a IS NOT NULL) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN a SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_nn;
//! COMMIT;
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.2 Row-Level Locks; TRUNCATE.

use super::{Applicability, Hazard, Outcome, Severity, Site, filling, listed};
use crate::operation::{
    ColumnOperation, Condition, DataOperation, Fixed, Ident, Operation, QualifiedName, Rows, SqlFragment,
};
use crate::plan::snake_case;
use crate::schema::{Age, Column, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, rows, what) = match site.operation() {
        Operation::Data(DataOperation::Update { table, rows, .. }) => {
            (table, rows, "stays locked until all are changed")
        }
        Operation::Data(DataOperation::Delete { table, rows }) => (table, rows, "is deleted in one transaction"),
        Operation::Data(DataOperation::Truncate { tables, .. }) => return truncate(site, tables),
        _ => return None,
    };
    if site.schema.is_new(table) || site.schema.is_emptied(table) {
        return None;
    }
    let reach = reach(site, table, rows)?;
    let (which, why) = match &reach {
        Reach::All => ("every row", String::new()),
        Reach::Joined => ("every row", " that finds a partner in the join".to_owned()),
        Reach::NewColumns(columns) => {
            ("every row", format!(": {} is new here and the same in all of them", listed(columns)))
        }
        Reach::Matching => ("every row", " that matches".to_owned()),
    };
    let message = match reach {
        Reach::NewColumns(_) => format!("{which} of {table} {what}{why}"),
        Reach::All | Reach::Joined | Reach::Matching => format!("{which} of {table}{why} {what}"),
    };
    let hazard = Hazard {
        severity: if reach == Reach::Matching { Severity::Caution } else { Severity::Danger },
        applicability: Applicability::Manual,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message,
        label: if reach == Reach::Matching { "perhaps most rows" } else { "all rows" }.to_owned()
            + " in one transaction",
        help: "left as it is: change the rows in batches, with a commit after each".into(),
    };
    Some(in_batches(site, table, &hazard).unwrap_or_else(|| Outcome::reported(hazard)))
}

/// NULLs that get a literal, directly before their column is NOT NULL.
fn in_batches(site: &Site<'_>, table: &QualifiedName, hazard: &Hazard) -> Option<Outcome> {
    let (column, value) = filling::before_not_null(site, site.at)?;
    let mut steps = site.steps();
    steps.backfill(
        table,
        column,
        value.clone(),
        SqlFragment::new(&format!("{column} IS NULL")),
        format!("{}_fill_{}", snake_case(&table.name), snake_case(column)),
        "the same rows get the same value, some at a time",
    );
    let help = "the same in batches, with a commit after each".into();
    let hazard = Hazard { applicability: Applicability::Safe, help, ..hazard.clone() };
    Some(Outcome::rewritten(hazard, steps.done()))
}

/// How much of the table an UPDATE or DELETE may touch.
#[derive(PartialEq, Eq)]
enum Reach {
    All,
    /// Every row with a partner.
    Joined,
    /// Every row, for the condition asks for nothing but columns that this migration adds.
    NewColumns(Vec<Ident>),
    /// What meets a condition that names no value to look for.
    Matching,
}

/// `None` where a constant may leave few rows.
fn reach(site: &Site<'_>, table: &QualifiedName, rows: &Rows) -> Option<Reach> {
    let Rows::Picked(condition) = rows else { return Some(Reach::All) };
    let Condition { columns, narrow, nulls_only, joined } = condition;
    let known = |column: &Ident| site.schema.column(table, column);
    let is_new = |column: &Ident| known(column).is_some_and(|c| c.age == Age::New && c.generated.is_none());
    if !joined && !columns.is_empty() && columns.iter().all(is_new) && !is_filled_before(site, table) {
        return Some(Reach::NewColumns(columns.clone()));
    }
    // Where a value was always there, NULLs are few; a default that this migration sets has filled nothing yet.
    let had_default = |column: &Column| column.default.is_some() && !sets_default(site, table, &column.name);
    let rarely_null = |column: &Column| column.not_null || column.generated.is_some() || had_default(column);
    let few_nulls = *nulls_only && columns.iter().any(|column| known(column).is_some_and(rarely_null));
    // In a DO block with logic what is no column of the table is a variable.
    let in_block = site.items[site.at].fixed == Some(Fixed::Block);
    let is_variable = |column: &Ident| known(column).is_none();
    let columns_known = site.schema.table(table).is_some_and(|t| t.columns_known);
    let by_variable = in_block && columns_known && !joined && columns.iter().any(is_variable);
    match joined {
        _ if *narrow || few_nulls || by_variable => None,
        true => Some(Reach::Joined),
        false => Some(Reach::Matching),
    }
}

/// True when an earlier statement of the migration gives the column its default.
fn sets_default(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> bool {
    site.items[..site.at].iter().any(|item| {
        matches!(
            &item.operation,
            Operation::Column(ColumnOperation::SetDefault { table: other, column: own, .. })
                if same(other, table) && own == column
        )
    })
}

/// True when an earlier statement of the migration changes rows of the table: they may differ by now.
fn is_filled_before(site: &Site<'_>, table: &QualifiedName) -> bool {
    site.items[..site.at].iter().any(|item| match &item.operation {
        Operation::Data(DataOperation::Update { table: other, .. } | DataOperation::Insert { table: other, .. }) => {
            same(other, table)
        }
        Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }) => true,
        _ => false,
    })
}

fn truncate(site: &Site<'_>, tables: &[QualifiedName]) -> Option<Outcome> {
    let table = tables.iter().find(|table| !site.schema.is_new(table))?;
    let locks = &site.effects().locks;
    let others: Vec<&QualifiedName> =
        locks.iter().map(|(other, _)| other).filter(|other| !tables.iter().any(|t| same(t, other))).collect();
    let along =
        if others.is_empty() { String::new() } else { format!(", and with CASCADE those of {}", listed(&others)) };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("every row of {} is lost{along}", listed(tables)),
        label: "cannot be taken back".into(),
        help: "left as it is: run it when no running code needs the rows".into(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_constant_picks_few_rows() {
        check(
            "data-change",
            "
            UPDATE t SET a = 0 WHERE id = 5;
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_join_without_a_filter_finds_every_row() {
        check(
            "data-change",
            "
            DELETE FROM t USING p WHERE t.a = p.id;
            -- is reported:
            -- danger: every row of t that finds a partner in the join is deleted in one transaction
            ",
        );
    }

    #[test]
    fn truncate_loses_every_row() {
        check(
            "data-change",
            "
            TRUNCATE t;
            -- is reported:
            -- danger: every row of t is lost
            ",
        );
    }
}
