//! # missing-lock-timeout
//!
//! A quick change that needs a strong lock waits for every running query of the table, and every new query waits behind it: one
//! slow report is enough to stop the application.
//!
//! ## Instead
//!
//! A block that gives up its wait after 100 ms, sleeps half a second and tries again.
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN b int;
//! -- becomes:
//! ALTER TABLE t ADD COLUMN b int;   -- in that block, under SET lock_timeout = '100ms'
//! ```
//!
//! What other rules report and leave (a dropped column, a rename) is wrapped as well. Between the author's BEGIN and COMMIT, in a
//! `DO` block with logic, and beside a statement that safestep does not read nothing is wrapped: that a timeout is missing is reported.
//!
//! ## Why it is safe
//!
//! The longest stall that others feel is one `lock_timeout`; between attempts no lock is held. `lock_timeout = "off"` in
//! safestep.toml leaves it to the role or the connection.
//!
//! ## References
//!
//! PostgreSQL documentation, 20.11 Client Connection Defaults, lock_timeout.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, listed};
use crate::operation::{ColumnOperation, Fixed, Operation, QualifiedName, SessionOperation};
use crate::postgres::{Effects, LockMode, Work};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let cost = site.effects();
    let lock = brief_strong_lock(site, cost)?;
    let tables: Vec<QualifiedName> = cost
        .locks
        .iter()
        .filter(|(_, mode)| mode.blocks_writes())
        .map(|(relation, _)| felt_at(site, relation))
        .collect();
    let who = if lock.blocks_reads() { "read and write of" } else { "write to" };
    let hazard = Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Safe,
        table: tables.first().cloned(),
        lock: Some(lock),
        message: format!("every {who} {} queues behind it while it waits for running queries", listed(&tables)),
        label: format!("{lock}, instant once it is there"),
        help: "lock_timeout and retries".into(),
    };
    let mut outcome = match site.items[site.at].fixed {
        None => Outcome::rewritten(hazard, vec![site.pass_through()]),
        Some(why) => Outcome::reported(Hazard {
            applicability: Applicability::Manual,
            help: match why {
                Fixed::Transaction => "left as it is: no lock_timeout is set; SET LOCAL lock_timeout after BEGIN",
                Fixed::Block => "left as it is: no lock_timeout is set; set one before the DO block",
                Fixed::Program => "left as it is: no lock_timeout is set; set one before the statements around it",
                Fixed::Unnamed | Fixed::Condition | Fixed::Asked => {
                    "left as it is: no lock_timeout is set; set one before it"
                }
                Fixed::Session | Fixed::Names => {
                    "left as it is: no lock_timeout is set; set one beside the other parameters"
                }
            }
            .into(),
            ..hazard
        }),
    };
    outcome.note = type_note(site);
    Some(outcome)
}

/// True when the operation is brief, needs a strong lock, and waits for it without a bound that can be given to it.
pub fn lacks_lock_timeout(site: &Site<'_>) -> bool {
    site.items[site.at].fixed.is_none() && brief_strong_lock(site, site.effects()).is_some()
}

fn brief_strong_lock(site: &Site<'_>, cost: &Effects) -> Option<LockMode> {
    let lock = cost.strongest().filter(|lock| lock.blocks_writes())?;
    let explicit = matches!(site.operation(), Operation::Session(SessionOperation::LockTable { .. })); // its own rule's
    let unbounded = !explicit && site.settings.bound_lock_waits && !site.items[site.at].bounds_lock_waits;
    (unbounded && cost.work == Work::Constant && cost.in_transaction).then_some(lock)
}

/// A lock on an index is felt by every query that plans on its table.
pub(super) fn felt_at(site: &Site<'_>, relation: &QualifiedName) -> QualifiedName {
    let table = site.schema.table(relation).is_none().then(|| site.schema.index(relation)).flatten();
    table.map_or_else(|| relation.clone(), |index| index.table.clone())
}

/// What is to know of a change of type that only touches the catalog.
fn type_note(site: &Site<'_>) -> Option<String> {
    let Operation::Column(ColumnOperation::SetType { table, column, ty, .. }) = site.operation() else { return None };
    if site.schema.is_emptied(&table.name) {
        return None;
    }
    Some(format!(
        "{} becomes {ty} without touching a row on PostgreSQL {} and later; its statistics go: \
             ANALYZE {} ({column}) after it",
        dotted(&table.name, column),
        site.settings.postgres,
        table.name
    ))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_is_brief_on_one_table_shares_a_transaction() {
        check(
            "missing-lock-timeout",
            "
            ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;
            ALTER TABLE t ADD COLUMN b int;
            -- becomes:
            BEGIN;
            ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;
            ALTER TABLE t ADD COLUMN b int;
            COMMIT;
            ",
        );
    }

    #[test]
    fn the_author_has_set_one() {
        check(
            "missing-lock-timeout",
            "
            SET lock_timeout = '1s';
            ALTER TABLE t ADD COLUMN b int;
            -- is left alone
            ",
        );
    }

    #[test]
    fn the_authors_transaction_stays_as_it_is() {
        check(
            "missing-lock-timeout",
            "
            BEGIN;
            ALTER TABLE t ADD COLUMN b int;
            COMMIT;
            -- is reported:
            -- caution: every read and write of t queues behind it while it waits for running queries
            ",
        );
    }
}
