//! `CREATE`, `DROP`, `ALTER INDEX`, `REINDEX` (documentation, the pages of these commands, and 13.3.1).

use super::tally::Tally;
use super::{LockMode, Work};
use crate::operation::{CreateIndex, IndexAction, IndexOperation, ObjectKind, QualifiedName};
use crate::schema::{Index, Schema};

/// Counts what an operation on indexes does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &IndexOperation) {
    match operation {
        IndexOperation::Create(index) => create(tally, index),
        IndexOperation::Drop { names, concurrently, cascade, .. } => drop(tally, names, *concurrently, *cascade),
        IndexOperation::Rename { index, .. } => rename(tally, index),
        IndexOperation::Alter { index, action } => alter(tally, index, action),
        IndexOperation::AttachPartition { index, partition } => attach(tally, index, partition),
        IndexOperation::Reindex { kind, name, concurrently } => reindex(tally, *kind, name.as_ref(), *concurrently),
    }
}

/// `CREATE INDEX`: SHARE and a build; CONCURRENTLY SHARE UPDATE EXCLUSIVE, a build, and no transaction block.
pub(super) fn create(tally: &mut Tally<'_>, index: &CreateIndex) {
    let table = &index.table;
    if index.concurrently {
        tally.lock(table, LockMode::ShareUpdateExclusive);
        tally.build(table, true);
        tally.outside_transaction();
        if tally.is_partitioned(table) {
            tally.fails(); // "cannot create index on partitioned table concurrently"
        }
        return;
    }
    let partitioned = tally.is_partitioned(table);
    tally.lock_family(table, index.only || !partitioned, LockMode::Share);
    let present = index.name.clone().is_some_and(|name| tally.schema.has_surely(&table.sibling(name)));
    if (index.if_not_exists && present) || (partitioned && index.only) {
        return;
    }
    if !partitioned {
        tally.build(table, true);
        return;
    }
    for partition in tally.heaps(table, false) {
        if !tally.schema.indexes_of(&partition).any(|own| attaches(own, index)) {
            tally.build(&partition, true);
        }
    }
}

/// A partition's own index becomes part of the new one when both are defined alike (`CompareIndexInfo`).
pub(super) fn attaches(own: &Index, wanted: &CreateIndex) -> bool {
    let plain = own.columns.iter().all(|c| c.column().is_some());
    own.sure && plain && own.definition == wanted.definition && own.unique == wanted.unique && own.constraint.is_none()
}

/// `DROP INDEX`: ACCESS EXCLUSIVE on the table, O(1); CONCURRENTLY SHARE UPDATE EXCLUSIVE outside a transaction block.
fn drop(tally: &mut Tally<'_>, names: &[QualifiedName], concurrently: bool, cascade: bool) {
    let mode = if concurrently { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    for name in names {
        let Some(index) = tally.schema.index(name) else {
            tally.lock_index(name, mode);
            continue;
        };
        let partitioned = tally.is_partitioned(&index.table);
        tally.lock_family(&index.table, !partitioned, mode);
        if (concurrently && partitioned) || index.constraint.is_some() {
            tally.fails();
        }
    }
    if concurrently {
        tally.outside_transaction();
        if names.len() > 1 || cascade {
            tally.fails();
        }
    }
}

/// `ALTER INDEX … RENAME TO`: SHARE UPDATE EXCLUSIVE on the index since 12 (release notes, E.1.3.1.2).
fn rename(tally: &mut Tally<'_>, index: &QualifiedName) {
    tally.lock_index(index, LockMode::ShareUpdateExclusive);
}

/// `ALTER INDEX … SET (…)`, `ALTER COLUMN n SET STATISTICS`: SHARE UPDATE EXCLUSIVE on the index for what only later writes
/// ask for, ACCESS EXCLUSIVE for the other parameters (`src/backend/access/common/reloptions.c`), which every query that plans
/// on the table waits for; `SET TABLESPACE` copies the index under it.
fn alter(tally: &mut Tally<'_>, index: &QualifiedName, action: &IndexAction) {
    let for_later_writes = |name: &QualifiedName| ["fillfactor", "deduplicate_items"].contains(&name.name.as_str());
    let is_weak = match action {
        IndexAction::SetParameters(parameters) => parameters.iter().all(|one| for_later_writes(&one.name)),
        IndexAction::ResetParameters(names) => names.iter().all(for_later_writes),
        IndexAction::SetStatistics => true,
        IndexAction::SetTablespace(_) | IndexAction::Other => false,
    };
    tally.lock_index(index, if is_weak { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive });
    if let IndexAction::SetTablespace(_) = action {
        match tally.schema.index(index).map(|i| i.table.clone()) {
            Some(table) => tally.build(&table, true),
            None => tally.work(Work::Unknown),
        }
    }
}

/// `ALTER INDEX … ATTACH PARTITION`: ACCESS EXCLUSIVE on the partition's index.
fn attach(tally: &mut Tally<'_>, index: &QualifiedName, partition: &QualifiedName) {
    tally.lock_index(index, LockMode::ShareUpdateExclusive);
    tally.lock_index(partition, LockMode::AccessExclusive);
}

/// `REINDEX`: SHARE on the table, ACCESS EXCLUSIVE on the index (which every query that plans on the table waits for) and
/// a build; CONCURRENTLY (12+) SHARE UPDATE EXCLUSIVE, outside a transaction block. A partitioned table or index is done
/// partition by partition, outside a transaction block, from 14 on, and takes a SHARE lock of a moment on each.
fn reindex(tally: &mut Tally<'_>, kind: ObjectKind, name: Option<&QualifiedName>, concurrently: bool) {
    let table = match (kind, name) {
        (ObjectKind::Table, Some(name)) => Some(name.clone()),
        (ObjectKind::Index, Some(name)) => tally.schema.index(name).map(|i| i.table.clone()),
        _ => None,
    };
    let Some(table) = table else {
        tally.work(Work::Unknown);
        tally.outside_transaction();
        return;
    };
    let partitioned = tally.is_partitioned(&table);
    if partitioned && tally.version < 14 {
        tally.fails(); // a warning, and nothing is done
    }
    if concurrently || partitioned {
        tally.outside_transaction();
    }
    let own = if concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
    let partitions = LockMode::Share;
    tally.lock(&table, own);
    if partitioned {
        for child in tally.schema.children(&table) {
            tally.lock(&child.name, partitions);
        }
    }
    if !concurrently {
        for index in reindexed(tally.schema, kind, name, &table) {
            tally.lock_index(&index, LockMode::AccessExclusive);
        }
    }
    tally.build(&table, !partitioned);
}

fn reindexed(
    schema: &Schema,
    kind: ObjectKind,
    name: Option<&QualifiedName>,
    table: &QualifiedName,
) -> Vec<QualifiedName> {
    match (kind, name) {
        (ObjectKind::Index, Some(index)) => vec![index.clone()],
        _ => schema.indexes_of(table).map(|i| i.name.clone()).collect(),
    }
}
