//! Types, views, triggers and the other objects around tables (documentation, the pages of their commands).

use super::table::{lock_views, rename};
use super::tally::Tally;
use super::{LockMode, Work, column};
use crate::operation::{
    DomainAction, Ident, ObjectKind, ObjectOperation, QualifiedName, SqlFragment, TableRef, TypeOperation,
};
use crate::schema::{RelationKind, mentions, same};

/// Counts what an operation on types does. Labels and new types live in catalogs of their own; ADD VALUE may be in a transaction
/// block since 12.
pub(super) fn count_type(tally: &mut Tally<'_>, operation: &TypeOperation) {
    match operation {
        TypeOperation::Drop { names, cascade, .. } => drop_types(tally, names, *cascade),
        TypeOperation::AlterDomain { name, action } => alter_domain(tally, name, action),
        TypeOperation::CreateEnum { .. }
        | TypeOperation::AddValue { .. }
        | TypeOperation::RenameValue { .. }
        | TypeOperation::Rename { .. }
        | TypeOperation::CreateDomain { .. } => {}
    }
}

/// Counts what an operation on other objects does.
pub(super) fn count(tally: &mut Tally<'_>, operation: &ObjectOperation) {
    match operation {
        ObjectOperation::Create { kind, name, on, definition, .. } => {
            create(tally, *kind, name.as_ref(), on.as_ref(), definition)
        }
        ObjectOperation::Alter { kind, name, on, action } => alter(tally, *kind, name.as_ref(), on.as_ref(), action),
        ObjectOperation::Drop { kind, names, on, cascade, .. } => drop(tally, *kind, names, on.as_ref(), *cascade),
        ObjectOperation::SetSchema { kind, name, .. } => match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => rename(tally, name),
            ObjectKind::Sequence => tally.lock_index(name, LockMode::AccessExclusive),
            _ => {}
        },
        ObjectOperation::RefreshMaterializedView { name, concurrently } => refresh(tally, name, *concurrently),
        ObjectOperation::Comment { definition, .. } => comment(tally, definition),
        ObjectOperation::Grant { .. } | ObjectOperation::ShareAccess { .. } => {}
    }
}

/// `CREATE …` of an object that is no table, index, enum or domain.
fn create(
    tally: &mut Tally<'_>,
    kind: ObjectKind,
    name: Option<&QualifiedName>,
    on: Option<&QualifiedName>,
    definition: &SqlFragment,
) {
    match kind {
        ObjectKind::View => {
            // CREATE OR REPLACE of one that exists.
            if let Some(name) = name.filter(|n| tally.schema.table(n).is_some()) {
                tally.lock(name, LockMode::AccessExclusive);
            }
        }
        ObjectKind::MaterializedView => {
            if !mentions(definition.as_str(), "no data") {
                tally.work(Work::Rows);
            }
        }
        ObjectKind::Trigger => lock_for_trigger(tally, on),
        ObjectKind::Policy | ObjectKind::Rule => lock_all(tally, on, LockMode::AccessExclusive),
        ObjectKind::Publication => {
            if definition.as_str().to_uppercase().starts_with("SUBSCRIPTION") {
                tally.outside_transaction();
            }
            lock_named(tally, definition);
        }
        ObjectKind::Statistics => lock_named(tally, definition),
        ObjectKind::Other => {
            let text = definition.as_str().to_uppercase();
            if text.starts_with("DATABASE") || text.starts_with("TABLESPACE") {
                tally.outside_transaction();
            }
        }
        // A foreign table: as other children of its parent (`DefineRelation`, `StoreCatalogInheritance`).
        ObjectKind::Table if mentions(definition.as_str(), "partition") => {
            lock_all(tally, on, LockMode::AccessExclusive)
        }
        ObjectKind::Table => lock_all(tally, on, LockMode::ShareUpdateExclusive),
        ObjectKind::Index
        | ObjectKind::Sequence
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Schema
        | ObjectKind::Function
        | ObjectKind::Extension => {}
    }
}

fn lock_all<'a>(tally: &mut Tally<'_>, tables: impl IntoIterator<Item = &'a QualifiedName>, mode: LockMode) {
    for table in tables {
        tally.lock(table, mode);
    }
}

/// SHARE ROW EXCLUSIVE on the table and its partitions, which get the trigger too (`CreateTrigger`).
fn lock_for_trigger(tally: &mut Tally<'_>, on: Option<&QualifiedName>) {
    if let Some(table) = on {
        let only = !tally.is_partitioned(table);
        tally.lock_family(table, only, LockMode::ShareRowExclusive);
    }
}

/// SHARE UPDATE EXCLUSIVE on the tables that the text names as sources of statistics or members of a publication.
fn lock_named(tally: &mut Tally<'_>, definition: &SqlFragment) {
    for table in named_tables(tally, definition.as_str()) {
        tally.lock(&table, LockMode::ShareUpdateExclusive);
    }
}

/// The tables whose names stand after FROM or TABLE.
fn named_tables(tally: &Tally<'_>, text: &str) -> Vec<QualifiedName> {
    let upper = text.to_uppercase();
    let start = [" FROM ", " TABLE "].iter().filter_map(|w| upper.find(w)).min();
    let after = start.and_then(|at| text.get(at..)).unwrap_or_default();
    tally.schema.named_in(after).into_iter().map(|t| t.name.clone()).collect()
}

/// `ALTER …` of an object that is no table, index, enum or domain.
fn alter(
    tally: &mut Tally<'_>,
    kind: ObjectKind,
    name: Option<&QualifiedName>,
    on: Option<&QualifiedName>,
    action: &SqlFragment,
) {
    let words = action.as_str().to_uppercase();
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Table => {
            lock_all(tally, name, LockMode::AccessExclusive)
        }
        ObjectKind::Sequence => {
            let moved = ["RENAME", "OWNER TO", "SET LOGGED", "SET UNLOGGED"].iter().any(|w| words.starts_with(w));
            let mode = if moved { LockMode::AccessExclusive } else { LockMode::ShareRowExclusive };
            lock_sequence(tally, name, mode);
        }
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => lock_all(tally, on, LockMode::AccessExclusive),
        ObjectKind::Type => alter_composite(tally, name, &words),
        ObjectKind::Publication | ObjectKind::Statistics => {
            lock_named(tally, &SqlFragment::new(&format!(" {} ", action.as_str())));
        }
        ObjectKind::Extension => {
            if words.starts_with("UPDATE") {
                tally.work(Work::Unknown); // its script may do anything
            }
        }
        ObjectKind::Index | ObjectKind::Domain | ObjectKind::Schema | ObjectKind::Function | ObjectKind::Other => {}
    }
}

/// A composite type is locked like a table; a change of an attribute is refused while a column has the type.
fn alter_composite(tally: &mut Tally<'_>, name: Option<&QualifiedName>, words: &str) {
    let Some(name) = name.filter(|_| words.contains("ATTRIBUTE")) else {
        return;
    };
    tally.lock(name, LockMode::AccessExclusive);
    if words.contains("ALTER ATTRIBUTE") && !tally.schema.using_type(name).is_empty() {
        tally.fails();
    }
}

/// The lock on a sequence; one that a new table owns has no other users.
fn lock_sequence<'a>(tally: &mut Tally<'_>, names: impl IntoIterator<Item = &'a QualifiedName>, mode: LockMode) {
    for name in names {
        let owner = tally.schema.owner_of(&name.name);
        if !owner.is_some_and(|t| tally.schema.is_new(&t.name)) {
            tally.lock_index(name, mode);
        }
    }
}

/// `DROP …` of an object that is no table, index or type.
fn drop(tally: &mut Tally<'_>, kind: ObjectKind, names: &[QualifiedName], on: Option<&QualifiedName>, cascade: bool) {
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Table => {
            lock_all(tally, names, LockMode::AccessExclusive);
            if cascade {
                names.iter().for_each(|name| lock_views(tally, name));
            }
        }
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
            if let Some(table) = on {
                let only = !tally.is_partitioned(table);
                tally.lock_family(table, only, LockMode::AccessExclusive);
            }
        }
        ObjectKind::Sequence => drop_sequences(tally, names),
        ObjectKind::Schema if cascade => {
            let inside = names.iter().flat_map(|n| tally.schema.tables_in(&n.name));
            let tables: Vec<QualifiedName> =
                inside.filter(|t| t.name.schema.is_some()).map(|t| t.name.clone()).collect();
            super::table::drop(tally, &tables, true);
        }
        ObjectKind::Statistics => {
            for name in names {
                let definition = tally.schema.definition_of(name).cloned();
                definition.iter().for_each(|d| lock_named(tally, d));
            }
        }
        // DROP OWNED: whatever the role owns. With CASCADE: whatever uses it.
        ObjectKind::Other if names.is_empty() => tally.work(Work::Unknown),
        ObjectKind::Extension | ObjectKind::Function | ObjectKind::Other if cascade => tally.work(Work::Unknown),
        ObjectKind::Extension
        | ObjectKind::Function
        | ObjectKind::Other
        | ObjectKind::Schema
        | ObjectKind::Publication
        | ObjectKind::Index
        | ObjectKind::Type
        | ObjectKind::Domain => {}
    }
}

/// ACCESS EXCLUSIVE on the sequence and on the tables whose default goes with it.
fn drop_sequences(tally: &mut Tally<'_>, names: &[QualifiedName]) {
    lock_sequence(tally, names, LockMode::AccessExclusive);
    for name in names {
        let tables: Vec<QualifiedName> =
            tally.schema.counting_with(&name.name).into_iter().map(|t| t.name.clone()).collect();
        lock_all(tally, &tables, LockMode::AccessExclusive);
    }
}

/// `DROP TYPE`, `DROP DOMAIN`: refused while a column has it; CASCADE drops the columns under ACCESS EXCLUSIVE.
fn drop_types(tally: &mut Tally<'_>, names: &[QualifiedName], cascade: bool) {
    for name in names {
        let columns = tally.schema.using_type(name).into_iter().map(|t| &t.name);
        let defaults = tally.schema.defaults_of_type(name).map(|(table, _)| table);
        let tables: Vec<QualifiedName> = columns.chain(defaults).cloned().collect();
        if cascade {
            lock_all(tally, &tables, LockMode::AccessExclusive);
            let of_type = |table: &QualifiedName| -> Vec<Ident> {
                let columns = tally.schema.table(table).into_iter().flat_map(|t| &t.columns);
                columns.filter(|column| same(column.ty.name(), name)).map(|column| column.name.clone()).collect()
            };
            let gone: Vec<_> = tables.iter().map(|table| (TableRef::from(table.clone()), of_type(table))).collect();
            for (table, columns) in &gone {
                columns.iter().for_each(|name| column::drop(tally, table, name, true));
            }
        } else if !tables.is_empty() {
            tally.fails();
        }
    }
}

/// `ALTER DOMAIN`: adding or validating a constraint scans every table that uses the domain under SHARE, NOT VALID does
/// not (`validateDomainCheckConstraint`, `src/backend/commands/typecmds.c`).
fn alter_domain(tally: &mut Tally<'_>, name: &QualifiedName, action: &DomainAction) {
    if !action.checks_rows() {
        return;
    }
    if tally.schema.domain(name).is_none() {
        tally.work(Work::Unknown);
    }
    let tables: Vec<QualifiedName> = tally.schema.using_type(name).iter().map(|t| t.name.clone()).collect();
    for table in tables {
        tally.lock(&table, LockMode::Share);
        tally.scan(&table, true);
    }
}

/// `REFRESH MATERIALIZED VIEW`: ACCESS EXCLUSIVE and a new heap; CONCURRENTLY readers go on.
fn refresh(tally: &mut Tally<'_>, name: &QualifiedName, concurrently: bool) {
    let text = tally.schema.definition_of(name).map(|d| d.as_str().to_owned()).unwrap_or_default();
    let read = named_tables(tally, &text).into_iter().filter(|t| !same(t, name));
    if concurrently {
        tally.lock(name, LockMode::Exclusive);
        tally.work(Work::Scan(std::iter::once(name.clone()).chain(read).collect()));
    } else {
        tally.lock(name, LockMode::AccessExclusive);
        tally.rewrite(name, true);
        // also for a view that is new
        for table in read.collect::<Vec<_>>() {
            tally.scan(&table, false);
        }
    }
}

/// `COMMENT ON TABLE | COLUMN | INDEX | …`: SHARE UPDATE EXCLUSIVE on the relation (`CommentObject`).
fn comment(tally: &mut Tally<'_>, definition: &SqlFragment) {
    let mut words = definition.as_str().split_whitespace();
    let (kind, name) = (words.next().unwrap_or_default().to_uppercase(), words.next().unwrap_or_default());
    let mut parts: Vec<Ident> = name.split('.').map(Ident::from_sql).collect();
    if kind == "COLUMN" {
        parts.pop();
    }
    let Some(own) = parts.pop() else { return };
    let relation = QualifiedName { schema: parts.pop(), name: own };
    match kind.as_str() {
        "TABLE" | "COLUMN" => tally.lock(&relation, LockMode::ShareUpdateExclusive),
        "INDEX" => tally.lock_index(&relation, LockMode::ShareUpdateExclusive),
        _ => {}
    }
}

/// True for a view, whose data statements write other tables.
pub(super) fn is_view(tally: &Tally<'_>, name: &QualifiedName) -> bool {
    tally.schema.table(name).is_some_and(|t| t.kind == RelationKind::View)
}
