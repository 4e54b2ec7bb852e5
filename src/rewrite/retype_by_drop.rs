//! # retype-by-drop
//!
//! Prisma changes a type that it cannot cast by dropping the column and adding it again: every value is lost, and with NOT NULL
//! the migration fails on a table that has rows. By hand it is often a new column that takes the name of the dropped one.
//!
//! ## Instead
//!
//! Keep the old column, add the new one beside it, copy the values in batches, and swap them after a deploy. safestep reports the
//! pair and passes it through.
//!
//! ```sql
//! ALTER TABLE t DROP COLUMN a, ADD COLUMN a text;
//! -- is reported:
//! -- danger: every value of t.a is lost: the column is dropped and added again empty
//! ```
//!
//! ## References
//!
//! Prisma documentation, Customizing migrations.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::{ColumnOperation, DataOperation, Ident, Operation, QualifiedName};
use crate::schema::{Age, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Drop { table, column, .. }) = site.operation() else { return None };
    let is_new = site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New);
    if site.schema.is_new(&table.name) || is_new {
        return None;
    }
    let place = dotted(&table.name, column);
    let (message, label) = match successor(site, &table.name, column)? {
        None => (
            format!("every value of {place} is lost: the column is dropped and added again empty"),
            "dropped here, added again below",
        ),
        Some(other) if is_filled(site, &table.name) => (
            format!("running code that reads or writes {place} meets another column at once: {other} takes its name"),
            "dropped here, replaced below",
        ),
        Some(other) => (
            format!(
                "every value of {place} is lost: the column is dropped and {other}, which is new and empty, takes its name"
            ),
            "dropped here, replaced below",
        ),
    };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message,
        label: label.into(),
        help: "left as it is: keep the values in a second column and swap the two after a deploy".into(),
    }))
}

/// What comes in the column's place: one of its name, or another new one that takes it.
fn successor(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Option<Option<Ident>> {
    site.following().find_map(|(_, operation)| match operation {
        Operation::Column(ColumnOperation::Add { table: other, column: added, .. })
            if other.name == *table && added.name == *column =>
        {
            Some(None)
        }
        Operation::Column(ColumnOperation::Rename { table: other, column: from, to })
            if other.name == *table && to == column =>
        {
            let is_new = site.schema.column(table, from).is_none_or(|c| c.age == Age::New);
            is_new.then(|| Some(from.clone()))
        }
        _ => None,
    })
}

/// True when a statement before it may have copied the values.
fn is_filled(site: &Site<'_>, table: &QualifiedName) -> bool {
    site.items[..site.at].iter().any(|item| match &item.operation {
        Operation::Data(DataOperation::Update { table: other, .. }) => same(other, table),
        Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_new_column_takes_the_name() {
        check(
            "retype-by-drop",
            "
            CREATE TABLE t (a int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a_new text;
            ALTER TABLE t DROP COLUMN a;
            ALTER TABLE t RENAME COLUMN a_new TO a;
            -- is reported:
            -- danger: every value of t.a is lost: the column is dropped and a_new, which is new and empty, takes its name
            ",
        );
    }

    #[test]
    fn a_column_that_nothing_replaces() {
        check(
            "retype-by-drop",
            "
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b text;
            -- is left alone
            ",
        );
    }
}
