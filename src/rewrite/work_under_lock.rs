//! # work-under-lock
//!
//! Work that blocks nobody by itself, such as `VALIDATE CONSTRAINT` or an `UPDATE`, behind a statement whose lock its transaction
//! still holds. After an `ALTER TABLE` every query of that table waits until all rows are read or changed: a lock is held until the
//! transaction ends, and a `lock_timeout` bounds only the wait for it.
//!
//! ## Instead
//!
//! A transaction of its own.
//!
//! ```sql
//! ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_check;
//! -- becomes:
//! ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_check;                      -- when that has committed
//! ```
//!
//! Where the author keeps the two together (BEGIN … COMMIT, a `DO` block with logic) it only reports it; so it does where a
//! `lock_timeout` is set in the file and nothing else of it is rewritten.
//!
//! ## Why it is safe
//!
//! The same statements run; when the long one does, the strong lock is gone.
//!
//! ## Watch
//!
//! Prisma's engine sends a file as one transaction up to version 7.3, Drizzle and Alembic everything that is pending.
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.1 Table-Level Locks.

use super::missing_lock_timeout::felt_at;
use super::{Applicability, Hazard, Held, Outcome, Severity, Site, listed};
use crate::operation::{
    Condition, ConstraintOperation, DataOperation, Fixed, ObjectOperation, Operation, QualifiedName, Rows,
    TableOperation,
};
use crate::postgres::{Effects, Work};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    let Held { item: holder, relation, lock } = site.held?;
    // What blocks its own view while it computes it blocks here another table that the transaction has locked.
    let blocks_more = matches!(site.operation(), Operation::Object(ObjectOperation::RefreshMaterializedView { .. }))
        && !cost.locks.iter().any(|(own, _)| same(own, relation));
    if cost.is_unsafe() && cost.work != Work::Unknown && !blocks_more {
        return None; // a hazard by itself
    }
    let (what, severity) = long_work(site.operation(), cost)?;
    let (table, lock) = (felt_at(site, relation), *lock);
    let item = &site.items[site.at];
    let who = if lock.blocks_reads() { "read and write of" } else { "write to" };
    let help = match item.fixed {
        Some(Fixed::Transaction) => "left as it is: it stands between BEGIN and COMMIT; take it out of the transaction",
        Some(Fixed::Block) => {
            "left as it is: its DO block has variables, conditions or loops; take it out of the block"
        }
        Some(Fixed::Unnamed) => "left as it is: the metadata gives a name that only Python knows; give one in the call",
        Some(Fixed::Program) => {
            "left as it is: the statements around it need one another; move it to a migration of its own"
        }
        Some(Fixed::Condition) => {
            "left as it is: only running the file tells whether it runs; write it without a condition or a loop"
        }
        Some(Fixed::Asked) => "left as it is: it is done only if a condition holds; write it without the condition",
        Some(Fixed::Session | Fixed::Names) => {
            "left as it is: a SET before it decides what it does; commit before it, in a migration of its own"
        }
        None if item.bounds_lock_waits => {
            "left as it is: the lock_timeout bounds the wait, not the hold; commit before it, in a migration of its own"
        }
        None => "left as it is: commit before it, in a migration of its own",
    };
    let mut outcome = Outcome::reported(Hazard {
        severity,
        applicability: Applicability::Manual,
        table: Some(table.clone()),
        lock: Some(lock),
        message: format!("every {who} {table} waits while {what}"),
        label: format!("{lock} is held since an earlier statement"),
        help: help.into(),
    });
    outcome.held_by = Some(*holder);
    Some(outcome)
}

/// What takes long, in words.
fn long_work(operation: &Operation, cost: &Effects) -> Option<(String, Severity)> {
    let read = |tables: &[QualifiedName]| format!("all rows of {} are read", listed(tables));
    let words = match (operation, &cost.work) {
        (_, Work::Constant) => return None,
        (Operation::Constraint(ConstraintOperation::Validate { table, .. }), _) => {
            format!("all rows of {} are checked", table.name)
        }
        (Operation::Data(DataOperation::Update { table, rows, .. }), _) => {
            return Some((format!("rows of {table} are changed"), by_reach(rows)));
        }
        (Operation::Data(DataOperation::Delete { table, rows }), _) => {
            return Some((format!("rows of {table} are deleted"), by_reach(rows)));
        }
        (Operation::Data(DataOperation::Insert { table, from_query: true, .. }), _) => format!("a query fills {table}"),
        (Operation::Table(TableOperation::Create(create)), Work::Rows) => format!("a query fills {}", create.name),
        (Operation::Object(ObjectOperation::Create { name: Some(name), .. }), Work::Rows) => {
            format!("a query fills {name}")
        }
        (Operation::Object(ObjectOperation::RefreshMaterializedView { name, .. }), _) => {
            format!("{name} is computed anew")
        }
        (Operation::Data(DataOperation::Select { .. }), Work::Scan(tables)) if !tables.is_empty() => {
            return Some((read(tables), Severity::Caution)); // an index may serve it
        }
        (Operation::Data(DataOperation::Select { .. }), Work::Unknown) => {
            return Some(("a function runs that may take its time".into(), Severity::Caution));
        }
        (Operation::Opaque { what, .. }, Work::Unknown) if what.to_uppercase().starts_with("EXECUTE") => {
            return Some(("a prepared statement runs".into(), Severity::Caution));
        }
        _ => return None,
    };
    Some((words, Severity::Danger))
}

/// Few rows may still have to be looked for in all of them.
fn by_reach(rows: &Rows) -> Severity {
    match rows {
        Rows::Picked(Condition { narrow: true, .. }) => Severity::Caution,
        Rows::All | Rows::Picked(_) => Severity::Danger,
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn an_update_behind_an_alter_table() {
        check(
            "work-under-lock",
            "
            ALTER TABLE t ADD COLUMN b int;
            UPDATE t SET a = 1 WHERE id = 5;
            -- becomes:
            ALTER TABLE t ADD COLUMN b int;
            UPDATE t SET a = 1 WHERE id = 5;
            ",
        );
    }

    #[test]
    fn the_authors_transaction_stays_as_it_is() {
        check(
            "work-under-lock",
            "
            BEGIN;
            ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_check;
            COMMIT;
            -- is reported:
            -- danger: every read and write of t waits while all rows of t are checked
            ",
        );
    }
}
