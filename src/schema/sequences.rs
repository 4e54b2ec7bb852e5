//! Sequences, and the columns that own them.

use super::links::Tie;
use super::names::free_object_name;
use super::{Column, Key, Schema, Table, key, same};
use crate::operation::{Generated, Ident, Identity, QualifiedName, SqlFragment};
use crate::sql::{counted_with, owned_by, sequence_name};

impl Schema {
    /// The name that the sequence of a serial or identity column gets: `ChooseRelationName` asks for relations only.
    pub fn sequence_name(&self, table: &QualifiedName, column: &Ident) -> Ident {
        free_object_name(&table.name, column.as_str(), "seq", |name| {
            self.is_relation(&key(&table.sibling(name.clone())))
        })
    }

    /// The same for an identity column, whose options may name it.
    pub(super) fn identity_sequence(&self, table: &QualifiedName, column: &Ident, identity: &Identity) -> Ident {
        let named = identity.sequence_options.as_ref().and_then(sequence_name);
        named.map_or_else(|| self.sequence_name(table, column), |name| name.name)
    }

    /// The sequence of a serial or identity column is there.
    pub(super) fn owns_sequence(&mut self, table: &QualifiedName, column: &Column) {
        if let Some(sequence) = &column.sequence {
            self.put_sequence(&key(&table.sibling(sequence.clone())));
        }
    }

    /// `ADD GENERATED … AS IDENTITY`.
    pub(super) fn add_identity(&mut self, table: &QualifiedName, column: &Ident, identity: &Identity) {
        let sequence = self.identity_sequence(table, column, identity);
        let number = |c: &mut Column| {
            c.generated = Some(Generated::Identity(identity.clone()));
            c.sequence = Some(sequence.clone());
        };
        self.with(table, |t| t.column_mut(column, number));
        if let Some(column) = self.column(table, column).cloned() {
            self.owns_sequence(table, &column);
        }
    }

    /// `DROP IDENTITY`: the sequence goes with it.
    pub(super) fn drop_identity(&mut self, table: &QualifiedName, column: &Ident) {
        let is_identity = |c: &&Column| matches!(c.generated, Some(Generated::Identity(_)));
        let Some(known) = self.column(table, column).filter(is_identity) else { return };
        if let Some(sequence) = known.sequence.clone() {
            self.take_sequence(&key(&table.sibling(sequence)));
        }
        self.with(table, |t| t.column_mut(column, |c| (c.generated, c.sequence) = (None, None)));
    }

    /// The sequences that columns of a table own.
    pub(super) fn owned_sequences(&self, table: &Table, goes: impl Fn(&Ident) -> bool) -> Vec<Key> {
        let owned = table.columns.iter().filter(|column| goes(&column.name)).filter_map(|c| c.sequence.clone());
        owned.map(|sequence| key(&table.name.sibling(sequence))).collect()
    }

    /// The column that owns a sequence, with its table.
    pub(super) fn column_that_owns(&self, sequence: &QualifiedName) -> Option<(&Table, &Column)> {
        let owns = |table: &Table, column: &&Column| {
            column.sequence.as_ref().is_some_and(|own| same(&table.name.sibling(own.clone()), sequence))
        };
        let tables = self.tables_by(Tie::Owns(sequence.name.shared()));
        tables.flat_map(|table| table.columns.iter().map(move |c| (table, c))).find(|(table, c)| owns(table, c))
    }

    /// The columns whose default counts with a sequence and depends on it, each with its table.
    pub(super) fn columns_counting_with(&self, sequence: &QualifiedName) -> Vec<(&Table, &Column)> {
        let counts = |c: &Column| c.default.as_ref().and_then(counted_with).is_some_and(|name| same(&name, sequence));
        let tables = self.counting_with(&sequence.name).into_iter();
        let columns = tables.flat_map(|table| table.columns.iter().map(move |column| (table, column)));
        columns.filter(|(_, column)| counts(column)).collect()
    }

    /// `ALTER SEQUENCE`: a new owner or a new name.
    pub(super) fn alter_sequence(&mut self, sequence: &QualifiedName, action: &SqlFragment) {
        let Some((table, column)) = owned_by(action) else { return };
        if let Some((owner, own)) = self.column_that_owns(sequence).map(|(t, c)| (t.name.clone(), c.name.clone())) {
            self.with(&owner, |t| t.column_mut(&own, |c| c.sequence = None));
        }
        if let (Some(table), Some(column)) = (table, column) {
            // Both are in one schema, which only one of the two names may say.
            let table = self.table(&table).map_or(table.clone(), |known| known.name.clone());
            self.with(&table, |t| t.column_mut(&column, |c| c.sequence = Some(sequence.name.clone())));
        }
    }

    /// The sequence has another name: who owns it and who counts with it go along.
    pub(super) fn rename_sequence(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let owner = self.column_that_owns(from).map(|(t, c)| (t.name.clone(), c.name.clone()));
        let counting = self.columns_counting_with(from).into_iter();
        let counting: Vec<_> = counting.map(|(table, c)| (table.name.clone(), c.name.clone())).collect();
        if !self.sequences.contains(&key(from)) {
            return;
        }
        self.take_sequence(&key(from));
        self.put_sequence(&key(to));
        if let Some((table, column)) = owner {
            self.with(&table, |t| t.column_mut(&column, |c| c.sequence = Some(to.name.clone())));
        }
        for (table, column) in counting {
            let default = SqlFragment::new(&format!("nextval('{to}'::regclass)"));
            self.with(&table, |t| t.column_mut(&column, |c| c.default = Some(default)));
        }
    }

    /// `DROP SEQUENCE`, which with CASCADE takes the defaults that count with it along.
    pub(super) fn drop_sequence(&mut self, sequence: &QualifiedName) {
        let counting = self.columns_counting_with(sequence).into_iter();
        let counting: Vec<_> = counting.map(|(table, c)| (table.name.clone(), c.name.clone())).collect();
        if let Some((table, column)) = self.column_that_owns(sequence).map(|(t, c)| (t.name.clone(), c.name.clone())) {
            self.with(&table, |t| t.column_mut(&column, |c| c.sequence = None));
        }
        self.take_sequence(&key(sequence));
        for (table, column) in counting {
            self.with(&table, |t| t.column_mut(&column, |c| c.default = None));
        }
    }
}
