//! # failing-statement
//!
//! A statement that PostgreSQL refuses whatever the rows are: an object of that name exists already, a column is not there, a
//! foreign key points at columns that are not unique, something depends on what is dropped. Every deploy stops at it.
//!
//! ## Instead
//!
//! Mend the migration. The message says what is in the way, with PostgreSQL's error code. safestep rewrites nothing of it before
//! that, because the statements above the failing one would be committed without the rest.
//!
//! ```sql
//! CREATE TABLE t (a int);
//! -- in a migration:
//! CREATE INDEX t_a_idx ON t (a);
//! ALTER TABLE t ADD COLUMN a int;
//! -- is reported:
//! -- danger: this fails: column a of relation t already exists (42701)
//! ```
//!
//! ## Watch
//!
//! safestep knows what the migrations make. Where they say nothing of an object (an extension's table, one made by hand), it is
//! taken to be there.
//!
//! ## References
//!
//! PostgreSQL documentation, Appendix A, PostgreSQL Error Codes.

use super::{Applicability, Hazard, Outcome, Severity, Site};

/// The rule's id.
pub(crate) const ID: &str = "failing-statement";

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let why = site.schema.check_applies(site.operation(), site.settings.postgres).err().filter(|why| why.sure)?;
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: site.operation().table().cloned(),
        lock: None,
        message: format!("this fails: {why}"),
        label: "PostgreSQL refuses it here".into(),
        help: "left as it is: mend the migration, the deploy stops at this statement".into(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_column_that_is_not_there() {
        check(
            "failing-statement",
            "
            CREATE TABLE t (a int);
            -- in a migration:
            ALTER TABLE t DROP COLUMN b;
            -- is reported:
            -- danger: this fails: column b of relation t does not exist (42703)
            ",
        );
    }

    #[test]
    fn a_type_that_a_column_uses() {
        check(
            "failing-statement",
            "
            CREATE TYPE mood AS ENUM ('sad');
            CREATE TABLE t (a mood);
            -- in a migration:
            DROP TYPE mood;
            -- is reported:
            -- danger: this fails: column a of table t depends on type mood (2BP01)
            ",
        );
    }

    #[test]
    fn what_the_history_does_not_tell_is_there() {
        check(
            "failing-statement",
            "
            ALTER TABLE t DROP COLUMN b;
            -- is left alone
            ",
        );
    }
}
