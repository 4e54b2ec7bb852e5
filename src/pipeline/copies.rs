//! What a migration copies from somewhere and takes away there later: between the two no commit may stand, or what the
//! application writes there in the meantime is lost.

use std::collections::BTreeMap;

use crate::framework::migration::Migration;
use crate::operation::{
    ColumnOperation, DataOperation, Ident, ObjectKind, ObjectOperation, Operation, QualifiedName, TableOperation,
};
use crate::postgres::calls_users_function;
use crate::schema::{Key, Schema, key, mentions};

/// An INSERT of more bytes that is no query is rows.
const LONG: usize = 100_000;

/// The copies that a migration has made so far, by where they come from.
pub(super) struct Copies<'a> {
    migration: &'a Migration,
    from: BTreeMap<Key, Vec<usize>>,
    /// The statement that took rows from a table last.
    emptied: BTreeMap<Key, usize>,
    /// The last statement of which nobody knows what it reads.
    unknown: Option<usize>,
    /// Pairs of items, by index: what copies, and what takes away; what takes all rows away, and what puts others there.
    pub(super) found: Vec<(usize, usize)>,
}

impl<'a> Copies<'a> {
    pub(super) fn of(migration: &'a Migration) -> Self {
        Copies { migration, from: BTreeMap::new(), emptied: BTreeMap::new(), unknown: None, found: Vec::new() }
    }

    /// Looks at the next item. `schema` is the catalog before it.
    pub(super) fn see(&mut self, item: usize, schema: &Schema) {
        for earlier in self.copies_of_what_it_takes(item, schema) {
            self.found.push((earlier, item));
        }
        self.see_rows(item);
        let text = self.migration.slice(item);
        let copies = match &self.migration.items[item].operation {
            Operation::Table(TableOperation::Create(create)) => create.as_query,
            // rows of the migration's own, however many, come from nowhere
            Operation::Data(DataOperation::Insert { from_query, .. }) => *from_query || text.len() < LONG,
            Operation::Data(DataOperation::Update { .. }) => true,
            Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }) => {
                // a statement that another one prepared, or a function, may copy from anywhere
                let unseen = matches!(&self.migration.items[item].operation, Operation::Opaque { .. });
                if calls_users_function(text, schema) || (unseen && schema.named_in(text).is_empty()) {
                    self.unknown = Some(item);
                }
                true
            }
            _ => false,
        };
        if copies {
            for table in schema.named_in(text) {
                self.from.entry(key(&table.name)).or_default().push(item);
            }
        }
    }

    /// A table that is emptied and filled again is not seen empty, and a row that is put back with another value not missing.
    fn see_rows(&mut self, item: usize) {
        match &self.migration.items[item].operation {
            Operation::Data(DataOperation::Truncate { tables, .. }) => {
                self.emptied.extend(tables.iter().map(|table| (key(table), item)))
            }
            Operation::Data(DataOperation::Delete { table, .. }) => self.emptied.extend([(key(table), item)]),
            Operation::Data(DataOperation::Insert { table, .. }) => {
                let emptied = self.emptied.get(&key(table)).copied();
                self.found.extend(emptied.filter(|one| self.shares_transaction(*one, item)).map(|one| (one, item)));
            }
            _ => {}
        }
    }

    /// The copies, in the same transaction, that what the item takes away went into.
    fn copies_of_what_it_takes(&self, item: usize, schema: &Schema) -> Vec<usize> {
        let migration = self.migration;
        let operation = &migration.items[item].operation;
        let moved = |table: &QualifiedName| {
            let elsewhere =
                |copy: &usize| migration.items[*copy].operation.table().is_none_or(|to| key(to) != key(table));
            let mut copies = self.copies_from(item, table, None, schema);
            copies.retain(elsewhere);
            copies
        };
        let mut seen = match operation {
            Operation::Column(ColumnOperation::Drop { table, column, .. }) => {
                self.copies_from(item, table, Some(column), schema)
            }
            Operation::Column(ColumnOperation::Rename { table, column, .. })
                if self.is_succeeded(item, table, column) =>
            {
                self.copies_from(item, table, Some(column), schema)
            }
            Operation::Table(TableOperation::Drop { names, .. }) => names.iter().flat_map(moved).collect(),
            Operation::Data(DataOperation::Truncate { tables, .. }) => tables.iter().flat_map(moved).collect(),
            Operation::Data(DataOperation::Delete { table, .. }) => moved(table),
            Operation::Table(TableOperation::Rename { table, .. }) => moved(table),
            Operation::Object(ObjectOperation::SetSchema { kind: ObjectKind::Table, name, .. }) => moved(name),
            _ => return Vec::new(),
        };
        seen.extend(self.unknown.filter(|copy| self.shares_transaction(*copy, item)));
        seen
    }

    /// Another column takes the name of one that is renamed away.
    fn is_succeeded(&self, item: usize, table: &QualifiedName, column: &Ident) -> bool {
        self.migration.items[item + 1..].iter().any(|later| match &later.operation {
            Operation::Column(ColumnOperation::Rename { table: of, to, .. }) => key(of) == key(table) && to == column,
            Operation::Column(ColumnOperation::Add { table: of, column: added, .. }) => {
                key(of) == key(table) && added.name == *column
            }
            _ => false,
        })
    }

    fn copies_from(&self, item: usize, table: &QualifiedName, column: Option<&Ident>, schema: &Schema) -> Vec<usize> {
        let reads = |copy: &usize| {
            let text = self.migration.slice(*copy);
            // `*`, `TABLE t` and a row as a whole read every column
            let all = text.contains('*') || mentions(text, "table") || column.is_none();
            all || column.is_some_and(|column| mentions(text, column.as_str()))
        };
        let tree = schema.children(table).into_iter().map(|child| key(&child.name)).chain([key(table)]);
        let copies = tree.filter_map(|name| self.from.get(&name)).flatten().copied();
        copies.filter(|copy| self.shares_transaction(*copy, item) && reads(copy)).collect()
    }

    fn shares_transaction(&self, one: usize, other: usize) -> bool {
        self.migration.items[one].shares_transaction_with(&self.migration.items[other])
    }
}
