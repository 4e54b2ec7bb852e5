//! # rename-table
//!
//! `RENAME TO` and `SET SCHEMA` are instant, but the code that is still running asks for the old name and fails from that moment on.
//!
//! ## Instead
//!
//! Rename the table and leave an updatable view under the old name in the same transaction; drop the view once no running code
//! uses it. safestep reports the rename and passes it through.
//!
//! ```sql
//! ALTER TABLE t RENAME TO u;
//! -- is reported:
//! -- danger: running code that uses t breaks at once
//! ```
//!
//! Where a view or another table takes the name in the same transaction it says nothing.
//!
//! ```sql
//! ALTER TABLE t RENAME TO u;
//! CREATE VIEW t AS SELECT * FROM u;
//! -- is left alone
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE; CREATE VIEW, Updatable Views.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{Item, ObjectKind, ObjectOperation, Operation, TableOperation};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, kind) = match site.operation() {
        Operation::Table(TableOperation::Rename { table, .. }) => (&table.name, ObjectKind::Table),
        Operation::Object(ObjectOperation::SetSchema { kind, name, .. }) => (name, *kind),
        _ => return None,
    };
    if kind != ObjectKind::Table || site.schema.is_new(table) || takes_its_name(site.items, site.at).is_some() {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("running code that uses {table} breaks at once"),
        label: "the old name is gone from here on".into(),
        help: "left as it is: keep a view under the old name until no running code uses it".into(),
    }))
}

/// The later statement of the same transaction that gives the name that a rename frees to a view or to another table: for
/// those who use it the name was never gone. A table that is made there is empty.
pub fn takes_its_name(items: &[Item], rename: usize) -> Option<usize> {
    let Operation::Table(TableOperation::Rename { table, .. }) = &items[rename].operation else { return None };
    let makes = |operation: &Operation| match operation {
        Operation::Object(ObjectOperation::Create { kind: ObjectKind::View, name: Some(name), .. }) => {
            same(name, &table.name)
        }
        Operation::Table(TableOperation::Rename { table: other, to }) => {
            same(&other.name.sibling(to.clone()), &table.name)
        }
        _ => false,
    };
    (rename + 1..items.len())
        .find(|at| makes(&items[*at].operation) && items[*at].shares_transaction_with(&items[rename]))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn another_schema_is_another_name() {
        check(
            "rename-table",
            "
            ALTER TABLE t SET SCHEMA s;
            -- is reported:
            -- danger: running code that uses t breaks at once
            ",
        );
    }

    #[test]
    fn a_new_table_is_known_to_nobody() {
        check(
            "rename-table",
            "
            CREATE TABLE t (a int);
            ALTER TABLE t RENAME TO u;
            -- is left alone
            ",
        );
    }
}
