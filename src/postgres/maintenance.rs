//! `VACUUM`, `ANALYZE`, `CLUSTER` (documentation, the pages of these commands).

use super::tally::Tally;
use super::{LockMode, Work};
use crate::operation::QualifiedName;
use crate::schema::RelationKind;

/// `VACUUM`: SHARE UPDATE EXCLUSIVE and a scan, FULL a new heap under ACCESS EXCLUSIVE; not in a transaction block.
pub(super) fn vacuum(tally: &mut Tally<'_>, tables: &[QualifiedName], full: bool) {
    tally.outside_transaction();
    for table in &named_or_all(tally, tables) {
        if full {
            tally.lock_family(table, false, LockMode::AccessExclusive);
            tally.rewrite(table, false);
        } else {
            tally.lock_family(table, false, LockMode::ShareUpdateExclusive);
            tally.scan(table, false);
        }
    }
}

/// `ANALYZE`: SHARE UPDATE EXCLUSIVE and a sample of the rows.
pub(super) fn analyze(tally: &mut Tally<'_>, tables: &[QualifiedName]) {
    for table in &named_or_all(tally, tables) {
        tally.lock_family(table, false, LockMode::ShareUpdateExclusive);
        tally.scan(table, false);
    }
}

/// Without a name all tables are meant.
fn named_or_all(tally: &Tally<'_>, tables: &[QualifiedName]) -> Vec<QualifiedName> {
    let all = tally.schema.tables().filter(|t| t.kind != RelationKind::View);
    if tables.is_empty() { all.map(|t| t.name.clone()).collect() } else { tables.to_vec() }
}

/// `CLUSTER`: a new heap under ACCESS EXCLUSIVE; without a table all that were clustered before, outside a transaction block.
pub(super) fn cluster(tally: &mut Tally<'_>, table: Option<&QualifiedName>) {
    match table {
        Some(table) => {
            tally.lock(table, LockMode::AccessExclusive);
            tally.rewrite(table, false);
        }
        None => {
            tally.work(Work::Unknown);
            tally.outside_transaction();
        }
    }
}
