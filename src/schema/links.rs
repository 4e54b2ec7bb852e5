//! Which objects hang on which table, so that no question walks the whole catalog.
//!
//! A link may outlive what it stands for; it is never missing. Whoever follows one looks at the object itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, Schema, key};
use crate::operation::{ConstraintKind, QualifiedName};

/// For a table, the keys of what may hang on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    indexes: BTreeMap<Key, BTreeSet<Key>>,
    children: BTreeMap<Key, BTreeSet<Key>>,
    referencing: BTreeMap<Key, BTreeSet<Key>>,
}

impl Links {
    /// `index` is an index of `table`.
    pub(super) fn index(&mut self, table: &QualifiedName, index: Key) {
        self.indexes.entry(key(table)).or_default().insert(index);
    }

    /// `child` inherits from `parent` or is its partition.
    pub(super) fn child(&mut self, parent: &QualifiedName, child: Key) {
        self.children.entry(key(parent)).or_default().insert(child);
    }

    /// A foreign key of `table` points at `parent`.
    pub(super) fn reference(&mut self, parent: &QualifiedName, table: Key) {
        self.referencing.entry(key(parent)).or_default().insert(table);
    }

    /// The indexes that may be on a table.
    pub(super) fn indexes_of(&self, table: &Key) -> impl Iterator<Item = &Key> + use<'_> {
        self.indexes.get(table).into_iter().flatten()
    }

    /// The tables that may be a table's children.
    pub(super) fn children_of(&self, table: &Key) -> impl Iterator<Item = &Key> + use<'_> {
        self.children.get(table).into_iter().flatten()
    }

    /// The tables whose foreign keys may point at a table.
    pub(super) fn referencing(&self, table: &Key) -> impl Iterator<Item = &Key> + use<'_> {
        self.referencing.get(table).into_iter().flatten()
    }
}

impl Schema {
    /// Links everything anew, after names have changed.
    pub(super) fn relink(&mut self) {
        let mut links = Links::default();
        for (name, index) in &self.indexes {
            links.index(&index.table, name.clone());
        }
        for (name, table) in &self.tables {
            table.parents.iter().for_each(|parent| links.child(parent, name.clone()));
            for state in &table.constraints {
                if let ConstraintKind::ForeignKey(fk) = &state.constraint.kind {
                    links.reference(&fk.references, name.clone());
                }
            }
        }
        self.links = links;
    }
}
