//! # several-tables
//!
//! A file that takes strong locks on several tables holds the first one while it waits for the next: everything that uses
//! either table waits, for up to the lock timeout of each, and two such files can wait for each other.
//!
//! ## Instead
//!
//! A file for each table. safestep splits them by itself where it bounds the lock waits; where the author did (a
//! `lock_timeout` in the file, a `DO` block, BEGIN … COMMIT) it reports them and leaves the author's order alone.
//!
//! ```sql
//! SET lock_timeout = '1s';
//! ALTER TABLE t ADD COLUMN b int;
//! ALTER TABLE p ADD COLUMN b int;
//! -- is reported:
//! -- caution: t stays locked while this waits for p
//! ```
//!
//! ## Why it is safe
//!
//! A lock is held until its transaction ends, and Prisma's engine sends a file as one transaction up to version 7.3. A file
//! with one table waits for one lock and holds nothing meanwhile.
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.1 Table-Level Locks and 13.3.4 Deadlocks.

use super::missing_lock_timeout::felt_at;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{Operation, QualifiedName, SessionOperation, TableOperation};
use crate::postgres::effects;
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let item = &site.items[site.at];
    if !item.bounds_lock_waits && item.fixed.is_none() {
        return None;
    }
    let here = strong_tables(site, site.operation());
    let mut held = (0..site.at)
        .rev()
        .filter(|at| !site.claimed[*at]) // rewritten: on its own
        .take_while(|at| site.items[*at].shares_transaction_with(item))
        .map(|at| &site.items[at].operation)
        .take_while(|operation| !matches!(operation, Operation::Session(SessionOperation::Transaction(_))))
        .map(|operation| as_called_behind(operation, strong_tables(site, operation)))
        .filter(|tables| !tables.is_empty());
    let last = held.next().filter(|_| !here.is_empty())?;
    // Whoever has a table has what is below it, or waits for that at once.
    let is_below = |table: &QualifiedName| ancestors(site, table).iter().any(|parent| contains(&last, parent));
    let new = here.iter().find(|table| !contains(&last, table) && !is_below(table))?;
    if held.any(|tables| !tables.iter().all(|table| contains(&last, table))) {
        return None; // said at the second table already
    }
    let first = &last[0];
    Some(Outcome::reported(Hazard {
        severity: Severity::Caution,
        applicability: Applicability::Manual,
        table: Some(new.clone()),
        lock: site.effects().strongest(),
        message: format!("{first} stays locked while this waits for {new}"),
        label: "a second table in the same transaction".into(),
        help: "left as it is: a migration for each table".into(),
    }))
}

/// The tables in use that an operation, or an index of theirs, locks against writers.
fn strong_tables(site: &Site<'_>, operation: &Operation) -> Vec<QualifiedName> {
    let locks = effects(operation, site.schema, site.settings.postgres).locks.into_iter();
    let tables = locks.filter(|(_, mode)| mode.blocks_writes()).map(|(relation, _)| felt_at(site, &relation));
    // who has a table has the sequence that counts for it, or waits for it at once
    let owner = |relation: QualifiedName| match site.schema.owner_of(&relation.name) {
        Some(owner) if site.schema.table(&relation).is_none() => owner.name.clone(),
        Some(_) | None => relation,
    };
    tables.map(owner).filter(|table| !site.schema.is_new(table)).collect()
}

/// Tables under the names that they have behind an operation.
fn as_called_behind(operation: &Operation, mut tables: Vec<QualifiedName>) -> Vec<QualifiedName> {
    if let Operation::Table(TableOperation::Rename { table, to }) = operation {
        let renamed = tables.iter_mut().filter(|name| same(name, &table.name));
        renamed.for_each(|name| *name = table.name.sibling(to.clone()));
    }
    tables
}

/// The tables that a table is a partition or child of, however far above.
fn ancestors(site: &Site<'_>, table: &QualifiedName) -> Vec<QualifiedName> {
    let mut found: Vec<QualifiedName> = Vec::new();
    let mut open = vec![table.clone()];
    while let Some(state) = open.pop().as_ref().and_then(|one| site.schema.table(one)) {
        let new: Vec<QualifiedName> = state.parents.iter().filter(|one| !contains(&found, one)).cloned().collect();
        found.extend(new.iter().cloned());
        open.extend(new);
    }
    found
}

fn contains(tables: &[QualifiedName], table: &QualifiedName) -> bool {
    tables.iter().any(|other| same(other, table))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn between_begin_and_commit() {
        check(
            "several-tables",
            "
            BEGIN;
            ALTER TABLE t ADD COLUMN b int;
            ALTER TABLE p ADD COLUMN b int;
            COMMIT;
            -- is reported:
            -- caution: t stays locked while this waits for p
            ",
        );
    }

    #[test]
    fn they_are_parted_where_lock_waits_are_bounded() {
        check(
            "several-tables",
            "
            ALTER TABLE t ADD COLUMN b int;
            ALTER TABLE p ADD COLUMN b int;
            -- is left alone
            ",
        );
    }
}
