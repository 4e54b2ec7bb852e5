//! Adding up what an operation does: the locks on existing relations and the work, while the catalog is at hand.

use super::{Effects, LockMode, Work};
use crate::operation::QualifiedName;
use crate::schema::{RelationKind, Schema, Table, same};

/// The effects of one operation while they are being found out.
pub(super) struct Tally<'a> {
    pub(super) schema: &'a Schema,
    /// The server's major version.
    pub(super) version: u32,
    effects: Effects,
}

impl<'a> Tally<'a> {
    pub(super) fn new(schema: &'a Schema, version: u32) -> Self {
        Tally { schema, version, effects: Effects::none() }
    }

    pub(super) fn into_effects(self) -> Effects {
        self.effects
    }

    /// A lock on one relation. A relation that the migration made has no other users. A materialized view has no
    /// writers, so only ACCESS EXCLUSIVE on it is felt.
    pub(super) fn lock(&mut self, relation: &QualifiedName, mode: LockMode) {
        let table = self.schema.table(relation);
        let written = table.is_none_or(|t| t.kind != RelationKind::MaterializedView);
        let is_new = || table.is_some_and(|table| self.schema.is_new_table(table));
        if (written || mode.blocks_reads()) && !is_new() {
            self.effects.add_lock(relation, mode);
        }
    }

    /// A lock on a table and, unless ONLY is said, on its partitions and inheriting children (`find_all_inheritors`).
    pub(super) fn lock_family(&mut self, table: &QualifiedName, only: bool, mode: LockMode) {
        self.lock(table, mode);
        if !only {
            for child in self.schema.children(table) {
                self.lock(&child.name, mode);
            }
        }
    }

    /// A lock on those that inherit from a table themselves: what a parent loses is theirs alone from then on.
    pub(super) fn lock_heirs(&mut self, table: &QualifiedName, mode: LockMode) {
        for child in self.schema.children(table) {
            if child.parents.iter().any(|parent| same(parent, table)) {
                self.lock(&child.name, mode);
            }
        }
    }

    /// A lock on an index or sequence, which no table of that name stands for.
    pub(super) fn lock_index(&mut self, index: &QualifiedName, mode: LockMode) {
        let table = self.schema.index(index).map(|i| &i.table);
        if !table.is_some_and(|t| self.schema.is_new(t)) {
            self.effects.add_lock(index, mode);
        }
    }

    /// The tables that hold the rows: the table and its children without the partitioned ones, which hold none, and
    /// without those that the migration made or emptied. A partitioned table of which no partition is known stands for those
    /// that the migrations do not make.
    pub(super) fn heaps(&self, table: &QualifiedName, only: bool) -> Vec<QualifiedName> {
        let own = self.schema.table(table);
        let children = if only { Vec::new() } else { self.schema.children(table) };
        let heaps: Vec<&Table> = own.into_iter().chain(children).filter(|table| has_rows(table)).collect();
        let is_in_use = |heap: &&&Table| !self.schema.is_new_table(heap);
        let in_use: Vec<&&Table> = heaps.iter().filter(is_in_use).collect();
        let names = in_use.iter().map(|heap| &heap.name);
        let mut names: Vec<QualifiedName> = names.filter(|name| !self.schema.is_emptied(name)).cloned().collect();
        let is_partitioned = || own.is_some_and(|own| own.kind == RelationKind::Partitioned);
        let stands_for_all = !only && in_use.is_empty() && is_partitioned() && !self.schema.is_new(table);
        // not known: take it for a plain table
        if (own.is_none() || stands_for_all) && !self.schema.is_emptied(table) {
            names.push(table.clone());
        }
        names
    }

    /// Every row of the table and its children is read.
    pub(super) fn scan(&mut self, table: &QualifiedName, only: bool) {
        self.work(Work::Scan(self.heaps(table, only)));
    }

    /// Every row of the table and its children is written anew.
    pub(super) fn rewrite(&mut self, table: &QualifiedName, only: bool) {
        self.work(Work::Rewrite(self.heaps(table, only)));
    }

    /// An index of the table is built.
    pub(super) fn build(&mut self, table: &QualifiedName, only: bool) {
        if !self.heaps(table, only).is_empty() {
            self.work(Work::Build(table.clone()));
        }
    }

    pub(super) fn work(&mut self, work: Work) {
        self.effects.add_work(work);
    }

    /// PostgreSQL refuses it in a transaction block (`PreventInTransactionBlock`).
    pub(super) fn outside_transaction(&mut self) {
        self.effects.in_transaction = false;
    }

    /// It is known to end in an error where the tables have rows.
    pub(super) fn fails(&mut self) {
        self.effects.fails_on_rows = true;
    }

    pub(super) fn is_partitioned(&self, table: &QualifiedName) -> bool {
        self.schema.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned)
    }
}

/// The table and, unless ONLY is said, its children, as far as they are known.
pub(super) fn family<'a>(schema: &'a Schema, table: &QualifiedName, only: bool) -> Vec<&'a Table> {
    let children = if only { Vec::new() } else { schema.children(table) };
    schema.table(table).into_iter().chain(children).collect()
}

fn has_rows(table: &Table) -> bool {
    matches!(table.kind, RelationKind::Table | RelationKind::MaterializedView)
}
