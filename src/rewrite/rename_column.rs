//! # rename-column
//!
//! `RENAME COLUMN` is instant, but the code that is still running asks for the old name and fails from that moment on.
//!
//! ## Instead
//!
//! Expand and contract: first make both names work (an updatable view, or a second column kept in step by a trigger), deploy
//! the code that uses the new name, then drop the old one. safestep reports the rename and passes it through.
//!
//! ```sql
//! ALTER TABLE t RENAME COLUMN a TO b;
//! -- is reported:
//! -- danger: running code that reads or writes t.a breaks at once
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, RENAME; CREATE VIEW, Updatable Views.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::{ColumnOperation, Operation};
use crate::schema::Age;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Rename { table, column, to }) = site.operation() else { return None };
    let is_added_here = site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New);
    if site.schema.is_new(&table.name) || is_added_here {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("running code that reads or writes {} breaks at once", dotted(&table.name, column)),
        label: format!("gone from here on: {column}"),
        help: format!("left as it is: add {to} beside it, deploy code that writes both, then drop {column}"),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_new_column_is_known_to_nobody() {
        check(
            "rename-column",
            "
            CREATE TABLE t (id int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a int;
            ALTER TABLE t RENAME COLUMN a TO b;
            -- is left alone
            ",
        );
    }

    #[test]
    fn the_word_column_may_be_missing() {
        check(
            "rename-column",
            "
            ALTER TABLE t RENAME a TO b;
            -- is reported:
            -- danger: running code that reads or writes t.a breaks at once
            ",
        );
    }
}
