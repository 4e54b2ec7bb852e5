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
use crate::operation::{Fixed, Operation, SessionOperation, TransactionControl};
use crate::postgres::NEWEST;
use crate::schema::strict::Conflict;

/// The rule's id.
pub(crate) const ID: &str = "failing-statement";

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    if site.items[site.at].fixed == Some(Fixed::Condition) {
        return None; // it may not run
    }
    let why = fails_without_transaction(site).or_else(|| {
        refused(site).map(|(version, why)| match version == site.settings.postgres {
            true => format!("this fails: {why}"),
            false => format!("from PostgreSQL {version} on this fails: {why}"),
        })
    })?;
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: site.operation().table().cloned(),
        lock: None,
        message: why,
        label: "PostgreSQL refuses it here".into(),
        help: "left as it is: mend the migration, the deploy stops at this statement".into(),
    }))
}

/// The oldest server that surely refuses it, and why.
fn refused(site: &Site<'_>) -> Option<(u32, Conflict)> {
    let on = |version: u32| {
        let conflict = site.schema.check_applies(site.operation(), version).err();
        conflict.filter(|why| why.sure).map(|why| (version, why))
    };
    let oldest = site.settings.postgres;
    on(oldest).or_else(|| on(NEWEST.max(oldest)).and_then(|_| (oldest..=NEWEST).find_map(on)))
}

/// A savepoint wants a transaction block that somebody began. Statements that are sent to the server at once are one transaction and
/// no such block (`RequireTransactionBlock`; documentation, 55.2.2.1).
fn fails_without_transaction(site: &Site<'_>) -> Option<String> {
    let Operation::Session(SessionOperation::Transaction(TransactionControl::Savepoint)) = site.operation() else {
        return None;
    };
    let is_outside = site.items[site.at].block.is_none();
    let verb = site.texts[site.at].split_whitespace().next()?.to_ascii_uppercase();
    is_outside.then(|| format!("this fails: {verb} can only be used in transaction blocks (25P01)"))
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
    fn a_savepoint_outside_a_transaction_block() {
        check(
            "failing-statement",
            "
            CREATE TABLE u (a int);
            SAVEPOINT made;
            -- is reported:
            -- danger: this fails: SAVEPOINT can only be used in transaction blocks (25P01)
            ",
        );
    }

    #[test]
    fn a_truncate_of_what_is_referenced() {
        check(
            "failing-statement",
            "
            CREATE TABLE t (id int PRIMARY KEY);
            CREATE TABLE u (t int REFERENCES t);
            -- in a migration:
            TRUNCATE t;
            -- is reported:
            -- danger: this fails: cannot truncate table t: a foreign key of u references it (0A000)
            ",
        );
    }

    #[test]
    fn what_only_newer_servers_refuse() {
        check(
            "failing-statement",
            "
            CREATE TABLE t (a int NOT NULL);
            -- in a migration:
            ALTER TABLE t ADD CONSTRAINT t_a_not_null CHECK (a IS NOT NULL) NOT VALID;
            -- is reported:
            -- danger: from PostgreSQL 18 on this fails: constraint t_a_not_null for relation t already exists (42710)
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
