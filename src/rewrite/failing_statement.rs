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

use super::add_unique::{READS_CLAUSES_ONE_BY_ONE, has_an_equal_clause};
use super::{Applicability, Hazard, Outcome, Severity, Site, reserved_object};
use crate::operation::{
    ColumnOperation, ConstraintOperation, Fixed, Item, Operation, SessionOperation, TransactionControl,
};
use crate::postgres::NEWEST;
use crate::schema::strict::Conflict;
use crate::schema::{Schema, same};

/// The rule's id.
pub(crate) const ID: &str = "failing-statement";

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    if site.items[site.at].fixed == Some(Fixed::Condition) {
        return None; // it may not run
    }
    let why = fails_without_transaction(site).or_else(|| changes_type_twice(site)).or_else(|| {
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
        help: format!(
            "left as it is: mend the migration, the deploy stops at this statement{}",
            reserved_object::belongs(site).map(|whose| format!("; {whose}")).unwrap_or_default()
        ),
    }))
}

/// The oldest server that surely refuses it, and why.
fn refused(site: &Site<'_>) -> Option<(u32, Conflict)> {
    let on = |version: u32| {
        if version < READS_CLAUSES_ONE_BY_ONE && is_of_equal_keys(site) {
            return None;
        }
        let conflict = site.schema.check_applies(site.operation(), version).err();
        conflict.filter(|why| why.sure && !takes(&site.items[site.at].caught, why.code)).map(|why| (version, why))
    };
    let oldest = site.settings.postgres;
    on(oldest).or_else(|| on(NEWEST.max(oldest)).and_then(|_| (oldest..=NEWEST).find_map(on)))
}

/// It adds a key that another clause of its statement says too.
fn is_of_equal_keys(site: &Site<'_>) -> bool {
    match site.operation() {
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => has_an_equal_clause(site, constraint),
        _ => false,
    }
}

/// One `ALTER TABLE` gives a column two types (`ATExecAlterColumnType`).
fn changes_type_twice(site: &Site<'_>) -> Option<String> {
    let Operation::Column(ColumnOperation::SetType { table, column, .. }) = site.operation() else { return None };
    let item = &site.items[site.at];
    let beside = site.items[..site.at].iter().filter(|other| other.statement == item.statement && !other.in_do);
    let is_it = |other: &Item| {
        matches!(&other.operation, Operation::Column(ColumnOperation::SetType { table: of, column: own, .. })
            if same(of, table) && own == column)
    };
    let mut beside = beside.filter(|_| item.caught.is_empty());
    beside.any(is_it).then(|| format!("this fails: cannot alter type of column {column} twice (0A000)"))
}

/// PostgreSQL refuses it for sure, and the `DO` block around it goes on: nothing happens.
pub(crate) fn does_nothing(item: &Item, schema: &Schema, version: u32) -> bool {
    let refused =
        || schema.check_applies(&item.operation, version).is_err_and(|why| why.sure && takes(&item.caught, why.code));
    !item.caught.is_empty() && refused()
}

/// A handler of its `DO` block takes the error, or it may not run there (documentation, 43.6.8 and appendix A).
fn takes(caught: &[String], code: &str) -> bool {
    const NAMES: [(&str, &str); 12] = [
        ("0A000", "feature_not_supported"),
        ("2BP01", "dependent_objects_still_exist"),
        ("42601", "syntax_error"),
        ("42701", "duplicate_column"),
        ("42703", "undefined_column"),
        ("42704", "undefined_object"),
        ("42710", "duplicate_object"),
        ("42809", "wrong_object_type"),
        ("42P01", "undefined_table"),
        ("42P07", "duplicate_table"),
        ("42P16", "invalid_table_definition"),
        ("55000", "object_not_in_prerequisite_state"),
    ];
    let name = NAMES.iter().find(|(own, _)| *own == code).map(|(_, name)| *name);
    let takes = |condition: &str| {
        let condition = condition.trim();
        let own = condition.strip_prefix("sqlstate").map(|own| own.trim().trim_matches('\'').to_ascii_uppercase());
        // a condition that is not in the table may be this one's
        condition == "others" || own.map_or_else(|| name.is_none_or(|name| name == condition), |own| own == code)
    };
    caught.iter().any(|by| by.split(" or ").any(takes))
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
    fn equal_keys_of_one_statement() {
        for (oldest, from) in [(15, ""), (12, "from PostgreSQL 13 on ")] {
            check(
                "failing-statement",
                &format!(
                    "
            -- in safestep.toml: postgres = {oldest}
            CREATE TABLE t (a int);
            -- in a migration:
            ALTER TABLE t ADD UNIQUE (a), ADD CONSTRAINT t_a_key UNIQUE (a);
            -- is reported:
            -- danger: {from}this fails: constraint t_a_key for relation t already exists (42710)
            "
                ),
            );
        }
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
