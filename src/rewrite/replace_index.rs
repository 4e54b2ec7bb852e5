//! # replace-index
//!
//! A migration that drops an index and creates another one in its place leaves every query without an index while the
//! new one is built, and blocks writes for the build.
//!
//! ## Instead
//!
//! The new index is built before the old one goes, both concurrently.
//!
//! ```sql
//! CREATE TABLE t (a int, b int);
//! CREATE INDEX t_a_idx ON t (a);
//! -- in a migration:
//! DROP INDEX t_a_idx;
//! CREATE INDEX t_a_idx ON t (a, b);
//! -- becomes:
//! CREATE INDEX CONCURRENTLY t_a_idx_new ON t (a, b);
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
//! ALTER INDEX IF EXISTS t_a_idx_new RENAME TO t_a_idx;   -- only where the name is the same
//! ```
//!
//! ## Why it is safe
//!
//! Queries always have one of the two indexes. `ALTER INDEX … RENAME` takes SHARE UPDATE EXCLUSIVE (12 and later).
//!
//! ## References
//!
//! PostgreSQL documentation, REINDEX, Rebuilding Indexes Concurrently; ALTER INDEX.

use super::create_index::{CONCURRENT_NOTE, is_partitioned, slug};
use super::drop_index::{drop_concurrently, undo};
use super::swap::is_unknown;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{CreateIndex, DataOperation, IndexOperation, Item, Operation, QualifiedName};
use crate::plan::{Undo, snake_case};
use crate::postgres::idempotence::changes_rows;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Index(IndexOperation::Drop { names, concurrently: false, cascade: false, .. }) = site.operation()
    else {
        return None;
    };
    let [name] = names.as_slice() else { return None };
    let old = site.schema.index(name);
    if old.is_some_and(|old| old.constraint.is_some() || site.schema.is_new(&old.table)) {
        return None;
    }
    let (at, new) = site.later().find_map(|(at, operation)| match operation {
        Operation::Index(IndexOperation::Create(new)) if replaces(site, new, name) => Some((at, new)),
        _ => None,
    })?;
    if new.concurrently || is_partitioned(site, new) {
        return None;
    }
    // Rows that change in between may be those that the old one stood in the way of.
    let may_be_unique = old.is_none_or(|old| old.unique);
    let changes = |item: &Item| {
        let is_unread =
            matches!(item.operation, Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }));
        is_unread || changes_rows(&item.operation)
    };
    if may_be_unique && site.items[site.at + 1..at].iter().any(changes) {
        return None;
    }
    let hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(QualifiedName::clone(&new.table)),
        lock: site.effects().strongest(),
        message: format!(
            "queries on {} have no index from here until the new one is built, and writes wait for \
             the build",
            *new.table
        ),
        label: "the old index goes before the new one is there".into(),
        help: "build the new index first, then drop the old one, both concurrently".into(),
    };
    let mut outcome = Outcome::rewritten(hazard, steps(site, name, new, at));
    outcome.claims = vec![at];
    outcome.note = Some(CONCURRENT_NOTE.into());
    Some(outcome)
}

/// The same name, or the same leading column.
fn replaces(site: &Site<'_>, new: &CreateIndex, name: &QualifiedName) -> bool {
    let Some(old) = site.schema.index(name) else {
        let takes_its_name = new.name.as_ref().is_some_and(|own| new.table.sibling(own.clone()) == *name);
        return takes_its_name && is_unknown(site, &new.table);
    };
    let lead = |columns: &[crate::operation::IndexColumn]| columns.first().and_then(|c| c.column().cloned());
    let same_name = new.name.as_ref() == Some(&name.name);
    crate::schema::same(&new.table, &old.table)
        && (same_name || (lead(&new.columns).is_some() && lead(&new.columns) == lead(&old.columns)))
}

fn steps(site: &Site<'_>, old: &QualifiedName, new: &CreateIndex, at: usize) -> Vec<crate::plan::Step> {
    let wanted = new.name.clone().unwrap_or_else(|| site.schema.index_name(new));
    let same_name = wanted == old.name;
    let building = if same_name { wanted.with_suffix("_new") } else { wanted.clone() };
    let built = new.table.sibling(building.clone());
    let build = CreateIndex { name: Some(building), concurrently: true, if_not_exists: false, ..new.clone() };
    let mut steps = site.steps();
    steps
        .from(at)
        .step(
            Operation::Index(IndexOperation::Create(build)),
            slug(new),
            "builds the new index while the old one still serves",
            Undo::By(vec![drop_concurrently(&built)]),
        )
        .from(site.at)
        .step(
            drop_concurrently(old),
            format!("drop_index_{}", snake_case(&old.name)),
            "the new index serves now",
            undo(site, old),
        );
    if same_name {
        steps.from(at).step(
            Operation::Index(IndexOperation::Rename { index: built.clone(), to: wanted.clone(), if_exists: true }),
            format!("{}_rename_index", snake_case(&new.table.name)),
            "the new index takes the old name",
            Undo::By(vec![Operation::Index(IndexOperation::Rename {
                index: new.table.sibling(wanted),
                to: built.name.clone(),
                if_exists: true,
            })]),
        );
    }
    steps.done()
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn what_the_history_does_not_show_is_known_by_its_name() {
        check(
            "replace-index",
            "
            DROP INDEX s.a;
            CREATE UNIQUE INDEX a ON s.t (x, y);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY a_new ON s.t (x, y);
            DROP INDEX CONCURRENTLY IF EXISTS s.a;
            ALTER INDEX IF EXISTS s.a_new RENAME TO a;
            ",
        );
    }

    #[test]
    fn another_name_needs_no_rename() {
        check(
            "replace-index",
            "
            CREATE TABLE t (a int, b int);
            CREATE INDEX t_a_idx ON t (a);
            -- in a migration:
            DROP INDEX t_a_idx;
            CREATE INDEX t_a_b_idx ON t (a, b);
            -- becomes:
            CREATE INDEX CONCURRENTLY t_a_b_idx ON t (a, b);
            DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
            ",
        );
    }

    #[test]
    fn the_column_of_the_old_one_goes_last() {
        check(
            "replace-index",
            "
            CREATE TABLE t (a int, b int);
            CREATE UNIQUE INDEX t_a_b_idx ON t (a, b);
            -- in a migration:
            DROP INDEX t_a_b_idx;
            ALTER TABLE t DROP COLUMN b;
            CREATE UNIQUE INDEX t_a_idx ON t (a);
            -- becomes:
            CREATE UNIQUE INDEX CONCURRENTLY t_a_idx ON t (a);
            DROP INDEX CONCURRENTLY IF EXISTS t_a_b_idx;
            ALTER TABLE t DROP COLUMN b;
            ",
        );
    }

    #[test]
    fn an_index_of_other_columns_serves_other_queries() {
        check(
            "replace-index",
            "
            CREATE TABLE t (a int, b int);
            CREATE INDEX t_a_idx ON t (a);
            -- in a migration:
            DROP INDEX t_a_idx;
            CREATE INDEX t_b_idx ON t (b);
            -- is left alone
            ",
        );
    }
}
