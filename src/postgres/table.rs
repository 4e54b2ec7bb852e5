//! Whole tables: `CREATE`, `DROP`, `RENAME`, storage, partitions (documentation, CREATE TABLE, ALTER TABLE, DROP TABLE).

use super::maintenance::{analyze, cluster, vacuum};
use super::partition::bounds_proved;
use super::tally::{Tally, family};
use super::{LockMode, constraint, index};
use crate::operation::{
    Constraint, ConstraintKind, CreateIndex, CreateTable, Ident, QualifiedName, SqlFragment, TableAttribute,
    TableOperation, TableRef,
};
use crate::schema::{RelationKind, Schema, same};

/// Counts what an operation on tables does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &TableOperation) {
    match operation {
        TableOperation::Create(table) => create(tally, table),
        TableOperation::Drop { names, cascade, .. } => drop(tally, names, *cascade),
        TableOperation::Rename { table, .. } => rename(tally, table),
        TableOperation::SetAttribute { table, attribute: set } => attribute(tally, table, set),
        TableOperation::AttachPartition { table, partition, bounds } => attach(tally, table, partition, bounds),
        TableOperation::DetachPartition { table, partition, concurrently, finalize } => {
            detach(tally, table, partition, *concurrently, *finalize)
        }
        TableOperation::Vacuum { tables, full } => vacuum(tally, tables, *full),
        TableOperation::Analyze { tables } => analyze(tally, tables),
        TableOperation::Cluster { table } => cluster(tally, table.as_ref()),
    }
}

/// `CREATE TABLE`: nothing but SHARE ROW EXCLUSIVE on the tables it references, SHARE UPDATE EXCLUSIVE on those it
/// inherits from, ACCESS EXCLUSIVE on the one it is a partition of, whose DEFAULT partition is scanned; from 15 on SHARE ROW
/// EXCLUSIVE on those that reference that one.
fn create(tally: &mut Tally<'_>, create: &CreateTable) {
    if create.if_not_exists && tally.schema.has_surely(&create.name) {
        return;
    }
    let inline = create.columns.iter().flat_map(|c| &c.constraints);
    for constraint in inline.chain(&create.constraints) {
        if let ConstraintKind::ForeignKey(fk) = &constraint.kind
            && !same(&fk.references, &create.name)
        {
            constraint::lock_referenced(tally, &fk.references, LockMode::ShareRowExclusive);
            let permanent = tally.schema.table(&fk.references).is_some_and(|t| !t.persistence.is_temporary());
            if create.persistence.is_temporary() && permanent {
                tally.fails(); // a temporary table may reference only temporary ones
            }
        }
    }
    for parent in &create.inherits {
        tally.lock(parent, LockMode::ShareUpdateExclusive);
    }
    if let Some(parent) = &create.partition_of {
        tally.lock(parent, LockMode::AccessExclusive);
        scan_default_partition(tally, parent, create.bounds.as_ref());
        for fk in foreign_keys(tally.schema, parent) {
            lock_references(tally, fk, LockMode::ShareRowExclusive);
        }
        lock_who_points_at(tally, parent);
    }
    if create.as_query {
        tally.work(super::Work::Rows);
    }
}

/// A row of the new partition may stand in the DEFAULT partition, unless a valid CHECK of that one excludes it.
fn scan_default_partition(tally: &mut Tally<'_>, parent: &QualifiedName, bounds: Option<&SqlFragment>) {
    let Some(default) = tally.schema.default_partition(parent).map(|t| t.name.clone()) else {
        return;
    };
    tally.lock_family(&default, false, LockMode::AccessExclusive);
    if !bounds.is_some_and(|b| bounds_proved(tally.schema, &default, b, false)) {
        tally.scan(&default, false);
    }
}

/// From 15 on a new partition gives triggers to the foreign keys that point at its parent (`CloneFkReferenced`; measured on 12
/// to 18). The oldest server in use says nothing against a newer one, so it counts everywhere.
fn lock_who_points_at(tally: &mut Tally<'_>, parent: &QualifiedName) {
    for (other, _) in tally.schema.referencing(parent) {
        tally.lock_family(&other.name, false, LockMode::ShareRowExclusive);
    }
}

fn foreign_keys<'a>(schema: &'a Schema, table: &QualifiedName) -> Vec<&'a Constraint> {
    let constraints = schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let keys = constraints.map(|c| &c.constraint);
    keys.filter(|c| matches!(c.kind, ConstraintKind::ForeignKey(_))).collect()
}

fn lock_references(tally: &mut Tally<'_>, constraint: &Constraint, mode: LockMode) {
    if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
        constraint::lock_referenced(tally, &fk.references, mode);
    }
}

/// `DROP TABLE`: ACCESS EXCLUSIVE on it, on its partitions, on the table it is a partition of and that one's DEFAULT partition, and
/// on every table at the other end of a foreign key; O(1).
pub(super) fn drop(tally: &mut Tally<'_>, names: &[QualifiedName], cascade: bool) {
    for name in names {
        let members: Vec<QualifiedName> = family(tally.schema, name, false).iter().map(|t| t.name.clone()).collect();
        tally.lock(name, LockMode::AccessExclusive);
        for member in &members {
            tally.lock(member, LockMode::AccessExclusive);
            for fk in foreign_keys(tally.schema, member) {
                lock_references(tally, fk, LockMode::AccessExclusive);
            }
            for (other, _) in tally.schema.referencing(member) {
                tally.lock(&other.name, LockMode::AccessExclusive);
            }
        }
        // heap_drop_with_catalog: only a partition locks its parent
        let parents = tally.schema.table(name).map(|t| t.parents.as_slice()).unwrap_or_default();
        for parent in parents {
            if tally.schema.table(parent).is_none() || tally.is_partitioned(parent) {
                tally.lock(parent, LockMode::AccessExclusive);
                lock_default_partition(tally, parent);
            }
        }
        if cascade {
            lock_views(tally, name);
            lock_borrowers(tally, name, |_| true);
        }
    }
}

/// ACCESS EXCLUSIVE on the tables whose defaults count with a sequence of these columns: with CASCADE these go.
pub(super) fn lock_borrowers(tally: &mut Tally<'_>, table: &QualifiedName, columns: impl Fn(&Ident) -> bool) {
    let borrowers: Vec<QualifiedName> =
        tally.schema.borrowers(table, columns).into_iter().map(|(other, _)| other.name.clone()).collect();
    borrowers.iter().for_each(|other| tally.lock(other, LockMode::AccessExclusive));
}

/// ACCESS EXCLUSIVE on the DEFAULT partition, which may hold more rows when another one goes (`heap_drop_with_catalog`,
/// `ATExecDetachPartition`).
fn lock_default_partition(tally: &mut Tally<'_>, parent: &QualifiedName) {
    if let Some(default) = tally.schema.default_partition(parent) {
        tally.lock(&default.name, LockMode::AccessExclusive);
    }
}

/// ACCESS EXCLUSIVE on the views that read a relation, which go with it.
pub(super) fn lock_views(tally: &mut Tally<'_>, relation: &QualifiedName) {
    let mut open = vec![relation.clone()];
    let mut seen: Vec<QualifiedName> = Vec::new();
    while let Some(read) = open.pop() {
        for view in tally.schema.views_of(&read) {
            if !seen.iter().any(|s| same(s, &view.name)) {
                tally.lock(&view.name, LockMode::AccessExclusive);
                seen.push(view.name.clone());
                open.push(view.name.clone());
            }
        }
    }
}

/// `RENAME TO`, `RENAME COLUMN`, `SET SCHEMA`: ACCESS EXCLUSIVE, the catalog only. Also for an index named in ALTER TABLE.
pub(super) fn rename(tally: &mut Tally<'_>, table: &QualifiedName) {
    if tally.schema.table(table).is_none() && tally.schema.index(table).is_some() {
        tally.lock_index(table, LockMode::AccessExclusive);
    } else {
        tally.lock(table, LockMode::AccessExclusive);
    }
}

/// The other subcommands of ALTER TABLE (`AlterTableGetLockLevel`).
fn attribute(tally: &mut Tally<'_>, table: &TableRef, attribute: &TableAttribute) {
    match attribute {
        TableAttribute::StorageParameters | TableAttribute::ClusterIndex => {
            tally.lock(table, LockMode::ShareUpdateExclusive)
        }
        TableAttribute::UserCatalogTable
        | TableAttribute::Owner
        | TableAttribute::RowSecurity(_)
        | TableAttribute::ReplicaIdentity
        | TableAttribute::ToggleRule(_)
        | TableAttribute::Other => tally.lock(table, LockMode::AccessExclusive),
        TableAttribute::ToggleTrigger(_) => {
            let only = table.only || !tally.is_partitioned(table);
            tally.lock_family(table, only, LockMode::ShareRowExclusive);
        }
        TableAttribute::Persistence(_) | TableAttribute::Tablespace | TableAttribute::AccessMethod => {
            tally.lock(table, LockMode::AccessExclusive);
            tally.rewrite(table, true);
        }
        TableAttribute::Inherit(parent) => {
            tally.lock(table, LockMode::AccessExclusive);
            tally.lock(parent, LockMode::ShareUpdateExclusive);
        }
        TableAttribute::NoInherit(_) => tally.lock(table, LockMode::AccessExclusive),
    }
}

/// `ATTACH PARTITION`: SHARE UPDATE EXCLUSIVE on the parent (12+), ACCESS EXCLUSIVE on the partition, which is scanned
/// unless a valid CHECK proves its bounds, and on the DEFAULT partition likewise. What the parent has and the partition
/// has not is made: indexes are built, foreign keys checked.
fn attach(tally: &mut Tally<'_>, table: &TableRef, partition: &QualifiedName, bounds: &SqlFragment) {
    tally.lock(table, LockMode::ShareUpdateExclusive);
    tally.lock_family(partition, false, LockMode::AccessExclusive);
    if !bounds_proved(tally.schema, partition, bounds, true) {
        tally.scan(partition, false);
    }
    scan_default_partition(tally, table, Some(bounds));
    let parent_indexes: Vec<CreateIndex> = tally.schema.indexes_of(table).map(|i| as_statement(i, table)).collect();
    for wanted in parent_indexes {
        if !tally.schema.indexes_of(partition).any(|own| index::attaches(own, &wanted)) {
            tally.build(partition, false);
        }
    }
    for key in foreign_keys(tally.schema, table) {
        attach_foreign_key(tally, partition, key);
    }
    lock_who_points_at(tally, table);
}

fn as_statement(index: &crate::schema::Index, table: &QualifiedName) -> CreateIndex {
    CreateIndex {
        name: None,
        table: table.clone().into(),
        unique: index.unique,
        concurrently: false,
        if_not_exists: false,
        only: false,
        definition: index.definition.clone(),
    }
}

/// A foreign key of the parent: the partition's own of the same definition is adopted, else one is made and checked.
fn attach_foreign_key(tally: &mut Tally<'_>, partition: &QualifiedName, key: &Constraint) {
    let own = constraint::equal_key(tally.schema, partition, key);
    let mode = if own.is_some() { LockMode::AccessExclusive } else { LockMode::ShareRowExclusive };
    lock_references(tally, key, mode);
    if let ConstraintKind::ForeignKey(fk) = &key.kind
        && !own.is_some_and(|c| c.is_proved())
    {
        constraint::validate_rows(tally, partition, false, fk);
    }
}

/// `DETACH PARTITION`: ACCESS EXCLUSIVE on the parent, its DEFAULT partition and (14+) the partition, whose indexes are locked so
/// before (`IndexSetParentIndex`), and with them who plans a query on it; CONCURRENTLY (14+) SHARE UPDATE EXCLUSIVE on
/// the parent, outside a transaction block, and not when there is a DEFAULT partition. A table that references the parent is
/// read for rows that point into the partition (`RI_PartitionRemove_Check`) and loses triggers under ACCESS EXCLUSIVE.
fn detach(tally: &mut Tally<'_>, table: &TableRef, partition: &QualifiedName, concurrently: bool, finalize: bool) {
    let parent = if concurrently || finalize { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    let has_index = tally.schema.indexes_of(table).next().is_some();
    let own = if tally.version < 14 && !has_index { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    tally.lock(table, parent);
    tally.lock(partition, own);
    lock_default_partition(tally, table);
    for key in foreign_keys(tally.schema, table) {
        lock_references(tally, key, LockMode::ShareRowExclusive);
    }
    for (other, _) in tally.schema.referencing(table) {
        tally.lock(partition, LockMode::AccessExclusive);
        tally.lock_family(&other.name, false, LockMode::AccessExclusive);
        if !finalize {
            tally.scan(&other.name, false);
        }
    }
    if concurrently {
        tally.outside_transaction();
        if tally.version < 14 || tally.schema.default_partition(table).is_some() {
            tally.fails();
        }
    }
}

/// `TRUNCATE`: ACCESS EXCLUSIVE on the tables, their children and partitions, and with CASCADE on all tables that reference one of
/// them, of which only the partitions go with them (`heap_truncate_find_FKs`); O(1), for the rows are left behind in the old files.
pub(super) fn truncate(tally: &mut Tally<'_>, tables: &[QualifiedName], cascade: bool) {
    let named = |schema: &Schema, table: &QualifiedName| -> Vec<QualifiedName> {
        let children = schema.children(table).into_iter().map(|child| child.name.clone());
        std::iter::once(table.clone()).chain(children).collect()
    };
    let listed: Vec<QualifiedName> = tables.iter().flat_map(|table| named(tally.schema, table)).collect();
    let mut open = listed.clone();
    let mut done: Vec<QualifiedName> = Vec::new();
    while let Some(table) = open.pop() {
        if done.iter().any(|d| same(d, &table)) {
            continue;
        }
        tally.lock(&table, LockMode::AccessExclusive);
        for (other, _) in tally.schema.referencing(&table) {
            match cascade {
                true if other.kind == RelationKind::Partitioned => open.extend(named(tally.schema, &other.name)),
                true => open.push(other.name.clone()),
                false if !listed.iter().any(|t| same(t, &other.name)) => {
                    tally.fails(); // "cannot truncate a table referenced in a foreign key constraint"
                }
                false => {}
            }
        }
        done.push(table);
    }
}
