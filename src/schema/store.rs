//! Where objects enter and leave the catalog and are changed in it, so that the links to them are always right.
//!
//! The maps are persistent: a clone of the catalog shares everything with it, and a change copies the objects it is about.
//! Looking for something to change copies as well, so what may not be there is looked up first.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::key::{Key, key};
use super::links::{Tie, column_ties, constraint_ties, index_ties, ties, ties_of_constraints};
use super::{Column, ConstraintState, Index, Schema, Table, common};
use crate::operation::{Ident, QualifiedName, SqlFragment};
use crate::sql::sets_when_called;

impl Schema {
    /// The relation of that name is no more.
    pub(super) fn is_gone(&mut self, name: &Key) {
        forget(&mut self.presumed, name);
        remember(&mut self.gone, name);
    }

    /// A relation of that name is there.
    fn is_made(&mut self, name: &Key) {
        forget(&mut self.presumed, name);
        forget(&mut self.gone, name);
    }

    /// Puts a table under its name, in the place of one that is there.
    pub(super) fn put_table(&mut self, table: Table) {
        let name = key(&table.name);
        drop(self.remove_table(&name));
        self.is_made(&name);
        ties(&table).into_iter().for_each(|tie| self.links.tie(tie, name.clone()));
        self.tables.insert(name, Arc::new(table));
    }

    /// Takes a table out. Its indexes stay.
    pub(super) fn take_table(&mut self, name: &Key) -> Option<Table> {
        self.is_gone(name);
        self.remove_table(name)
    }

    fn remove_table(&mut self, name: &Key) -> Option<Table> {
        let table = remove(&mut self.tables, name)?;
        ties(&table).into_iter().for_each(|tie| self.links.untie(tie, name.clone()));
        Some(Arc::unwrap_or_clone(table))
    }

    /// Changes anything of a table but its name.
    pub(super) fn edit<R>(&mut self, name: &Key, change: impl FnOnce(&mut Table) -> R) -> Option<R> {
        self.edit_tied(name, ties, change)
    }

    /// Changes a table's constraints and whatever no link follows from.
    pub(super) fn edit_constraints(&mut self, name: &Key, change: impl FnOnce(&mut Table)) {
        self.edit_tied(name, ties_of_constraints, change);
    }

    fn edit_tied<R>(
        &mut self,
        name: &Key,
        ties: impl Fn(&Table) -> Vec<Tie>,
        change: impl FnOnce(&mut Table) -> R,
    ) -> Option<R> {
        let table = Arc::make_mut(get_mut(&mut self.tables, name)?);
        let before = ties(table);
        let result = change(table);
        let after = ties(table);
        let gone = before.iter().filter(|tie| after.binary_search(tie).is_err());
        gone.for_each(|tie| self.links.untie(tie.clone(), name.clone()));
        let new = after.iter().filter(|tie| before.binary_search(tie).is_err());
        new.for_each(|tie| self.links.tie(tie.clone(), name.clone()));
        Some(result)
    }

    /// Changes what no link follows from: ages, proofs, NOT NULL, the names of columns. All else goes through [`Schema::edit`].
    pub(super) fn edit_flags<R>(&mut self, name: &Key, change: impl FnOnce(&mut Table) -> R) -> Option<R> {
        Some(change(Arc::make_mut(get_mut(&mut self.tables, name)?)))
    }

    /// Changes anything of a column but its name. Of the other columns only those links are looked at that it gives up.
    pub(super) fn edit_column(&mut self, name: &Key, column: &Ident, change: impl FnOnce(&mut Column)) {
        let Some(state) = get_mut(&mut self.tables, name) else { return };
        let ties = |table: &Table| table.columns.get(column).map(|own| column_ties(own).collect::<Vec<Tie>>());
        let Some(before) = ties(state) else { return };
        Arc::make_mut(state).columns.change(column, change);
        let after = ties(state).unwrap_or_default();
        let gone: Vec<&Tie> = before.iter().filter(|tie| !after.contains(tie)).collect();
        if !gone.is_empty() {
            let others = state.columns.iter().filter(|other| other.name != *column);
            let kept: Vec<Tie> = others.flat_map(column_ties).filter(|tie| gone.contains(&tie)).collect();
            let gone = gone.into_iter().filter(|tie| !kept.contains(tie));
            gone.for_each(|tie| self.links.untie(tie.clone(), name.clone()));
        }
        let new = after.into_iter().filter(|tie| !before.contains(tie));
        new.for_each(|tie| self.links.tie(tie, name.clone()));
    }

    /// Takes columns and constraints out of a table. Of the others only those links are looked at that go with these.
    pub(super) fn take_parts(
        &mut self,
        name: &Key,
        column_goes: impl Fn(&Column) -> bool,
        constraint_goes: impl Fn(&ConstraintState) -> bool,
    ) {
        let Some(table) = get_mut(&mut self.tables, name) else { return };
        let of_columns = table.columns.iter().filter(|column| column_goes(column)).flat_map(column_ties);
        let constraints = table.constraints.iter().filter(|state| constraint_goes(state));
        let gone: Vec<Tie> = of_columns.chain(constraints.flat_map(|state| constraint_ties(name, state))).collect();
        let table = Arc::make_mut(table);
        table.columns.retain(|column| !column_goes(column));
        table.constraints.retain(|state| !constraint_goes(state));
        if !gone.is_empty() {
            let constraints = table.constraints.iter().flat_map(|state| constraint_ties(name, state));
            let others = table.columns.iter().flat_map(column_ties).chain(constraints);
            let kept: Vec<Tie> = others.filter(|tie| gone.contains(tie)).collect();
            let gone = gone.into_iter().filter(|tie| !kept.contains(tie));
            gone.for_each(|tie| self.links.untie(tie, name.clone()));
        }
    }

    /// Adds a column to a table that has none of that name.
    pub(super) fn push_column(&mut self, table: &Key, column: Column) {
        let Some(state) = get_mut(&mut self.tables, table) else { return };
        if state.columns.has(&column.name) {
            return;
        }
        column_ties(&column).for_each(|tie| self.links.tie(tie, table.clone()));
        Arc::make_mut(state).columns.push_shared(common::shared(column));
    }

    /// Adds a constraint to a table, in the place of one of that name.
    pub(super) fn push_constraint(&mut self, table: &Key, state: ConstraintState) {
        if self.tables.get(table).is_some_and(|t| t.constraints.has(&state.name)) {
            self.edit_constraints(table, |t| t.constraints.retain(|c| c.name != state.name));
        }
        let ties = constraint_ties(table, &state);
        if self.edit_flags(table, |t| t.constraints.push(state)).is_some() {
            ties.for_each(|tie| self.links.tie(tie, table.clone()));
        }
    }

    /// Puts an index under its name, in the place of one that is there.
    pub(super) fn put_index(&mut self, index: Index) {
        let name = key(&index.name);
        drop(self.remove_index(&name));
        self.is_made(&name);
        index_ties(&index).for_each(|tie| self.links.tie(tie, name.clone()));
        self.indexes.insert(name, Arc::new(index));
    }

    /// Takes an index out.
    pub(super) fn take_index(&mut self, name: &Key) -> Option<Index> {
        self.is_gone(name);
        self.remove_index(name)
    }

    fn remove_index(&mut self, name: &Key) -> Option<Index> {
        let index = remove(&mut self.indexes, name)?;
        index_ties(&index).for_each(|tie| self.links.untie(tie, name.clone()));
        Some(Arc::unwrap_or_clone(index))
    }

    /// Changes anything of an index but its name and its table.
    pub(super) fn edit_index(&mut self, name: &Key, change: impl FnOnce(&mut Index)) {
        let Some(index) = get_mut(&mut self.indexes, name) else { return };
        let before: Vec<Tie> = index_ties(index).collect();
        change(Arc::make_mut(index));
        let after: Vec<Tie> = index_ties(index).collect();
        if before != after {
            before.into_iter().for_each(|tie| self.links.untie(tie, name.clone()));
            after.into_iter().for_each(|tie| self.links.tie(tie, name.clone()));
        }
    }

    /// The names of a table's indexes.
    pub(super) fn index_keys(&self, table: &Key) -> Vec<Key> {
        self.links.of(Tie::IndexOf(table.clone())).cloned().collect()
    }

    /// A sequence of that name is there.
    pub(super) fn put_sequence(&mut self, name: &Key) {
        self.is_made(name);
        remember(&mut self.sequences, name);
    }

    /// Takes a sequence out.
    pub(super) fn take_sequence(&mut self, name: &Key) {
        self.is_gone(name);
        forget(&mut self.sequences, name);
    }

    /// Puts a function under its name.
    pub(super) fn put_function(&mut self, name: &QualifiedName, definition: SqlFragment) {
        self.links.tie(Tie::Function(name.name.shared()), key(name));
        match sets_when_called(definition.as_str()) {
            true => remember(&mut self.setting, &key(name)),
            false => forget(&mut self.setting, &key(name)),
        }
        self.functions.insert(key(name), definition);
    }

    /// Takes a function out.
    pub(super) fn take_function(&mut self, name: &QualifiedName) {
        if remove(&mut self.functions, &key(name)).is_some() {
            self.links.untie(Tie::Function(name.name.shared()), key(name));
            forget(&mut self.setting, &key(name));
        }
    }
}

/// Takes an object out of a map.
pub(super) fn remove<V: Clone>(map: &mut OrdMap<Key, V>, name: &Key) -> Option<V> {
    if map.contains_key(name) { map.remove(name) } else { None }
}

/// An object of a map, to be changed.
pub(super) fn get_mut<'a, V: Clone>(map: &'a mut OrdMap<Key, V>, name: &Key) -> Option<&'a mut V> {
    if map.contains_key(name) { map.get_mut(name) } else { None }
}

/// Adds a name to a set.
pub(super) fn remember(set: &mut OrdSet<Key>, name: &Key) {
    if !set.contains(name) {
        set.insert(name.clone());
    }
}

/// Takes a name out of a set.
pub(super) fn forget(set: &mut OrdSet<Key>, name: &Key) {
    if set.contains(name) {
        set.remove(name);
    }
}

/// The keys of a map that lie in one schema.
pub(super) fn keys_in<V>(map: &imbl::OrdMap<Key, V>, schema: &Ident) -> Vec<Key> {
    let own = |(name, _): &(&Key, &V)| name.schema() == schema.as_str();
    map.range(Key::first_of(schema)..).take_while(own).map(|(name, _)| name.clone()).collect()
}
