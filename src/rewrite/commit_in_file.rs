//! # commit-in-file
//!
//! A `COMMIT` in a migration ends the transaction that its runner began, usually so that `CONCURRENTLY` may run. When a statement
//! behind it fails, what stands before it stays, but the migration is not recorded: the next run begins at the top again and fails
//! at the first statement that cannot run twice. Only mending the database by hand helps then.
//!
//! ## Instead
//!
//! A migration for each part, or only statements that may run again (`IF NOT EXISTS`, `IF EXISTS`). safestep reports the
//! COMMIT where something before it may not.
//!
//! ```sql
//! CREATE TABLE u (id int);
//! COMMIT;
//! CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
//! -- is reported:
//! -- danger: after a failure behind it the migration cannot run again: CREATE TABLE u (id int) is done already
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, 55.2.2.1 Multiple Statements in a Simple Query.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{
    ColumnOperation, ConstraintOperation, DataOperation, Fixed, IndexOperation, Item, Operation, SessionOperation,
    TableOperation, TransactionControl, TypeOperation,
};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Session(SessionOperation::Transaction(TransactionControl::Commit)) = site.operation() else {
        return None;
    };
    let control =
        |at: &usize| matches!(site.items[*at].operation, Operation::Session(SessionOperation::Transaction(_)));
    let start = (0..site.at).rev().find(control).map_or(0, |at| at + 1);
    let began = start > 0
        && matches!(
            site.items[start - 1].operation,
            Operation::Session(SessionOperation::Transaction(TransactionControl::Begin))
        );
    let goes_on = site.items[site.at + 1..]
        .iter()
        .any(|item| !matches!(item.operation, Operation::Session(SessionOperation::Transaction(_))));
    if began || !goes_on {
        return None;
    }
    // A block that tries again asks first whether its work is done.
    let tries_again = |item: &Item| item.fixed == Some(Fixed::Block) && item.bounds_lock_waits;
    let fails = |item: &Item| !tries_again(item) && fails_the_second_time(&item.operation);
    let once = (start..site.at).find(|at| fails(&site.items[*at]))?;
    let statement: Vec<&str> = site.texts[once].split_whitespace().collect();
    let words = statement.iter().take(6).copied().collect::<Vec<_>>().join(" ");
    let dots = if statement.len() > 6 { " …" } else { "" };
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: None,
        lock: None,
        message: format!("after a failure behind it the migration cannot run again: {words}{dots} is done already"),
        label: "ends the transaction of the migration's runner".into(),
        help: "left as it is: a migration for each part, or IF NOT EXISTS and IF EXISTS everywhere".into(),
    }))
}

/// True for what fails, or changes rows again, when it has run before.
fn fails_the_second_time(operation: &Operation) -> bool {
    match operation {
        Operation::Table(TableOperation::Create(create)) => !create.if_not_exists,
        Operation::Index(IndexOperation::Create(index)) => !index.if_not_exists,
        Operation::Column(ColumnOperation::Add { if_not_exists, .. })
        | Operation::Type(TypeOperation::AddValue { if_not_exists, .. }) => !if_not_exists,
        Operation::Table(TableOperation::Drop { if_exists, .. })
        | Operation::Column(ColumnOperation::Drop { if_exists, .. })
        | Operation::Constraint(ConstraintOperation::Drop { if_exists, .. })
        | Operation::Index(IndexOperation::Drop { if_exists, .. })
        | Operation::Type(TypeOperation::Drop { if_exists, .. }) => !if_exists,
        Operation::Constraint(ConstraintOperation::Add { .. } | ConstraintOperation::Rename { .. })
        | Operation::Type(
            TypeOperation::CreateEnum { .. }
            | TypeOperation::CreateDomain { .. }
            | TypeOperation::Rename { .. }
            | TypeOperation::RenameValue { .. },
        )
        | Operation::Table(TableOperation::Rename { .. })
        | Operation::Column(ColumnOperation::Rename { .. })
        | Operation::Index(IndexOperation::Rename { .. })
        | Operation::Data(DataOperation::Insert { .. }) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_stands_before_it_may_run_again() {
        check(
            "commit-in-file",
            "
            CREATE TABLE IF NOT EXISTS u (id int);
            COMMIT;
            CREATE INDEX CONCURRENTLY t_a_idx ON t (a);
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_commit_at_the_end_does_no_harm() {
        check(
            "commit-in-file",
            "
            CREATE TABLE u (id int);
            COMMIT;
            -- is left alone
            ",
        );
    }
}
