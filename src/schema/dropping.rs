//! A relation, a column or a constraint goes, and with it what stands on it.

use super::columns::uses_column;
use super::inheritance::Part;
use super::links::Tie;
use super::{Column, ConstraintState, Index, Key, RelationKind, Schema, Table, key, mentions};
use crate::operation::{Constraint, ConstraintKind, Generated, Ident, QualifiedName};

impl Schema {
    pub(super) fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        let gone = key(name);
        self.drop_borrowed(name, |_| true);
        self.drop_statistics(name, None);
        let partitions: Vec<QualifiedName> = self.children(name).iter().map(|t| t.name.clone()).collect();
        let pointing: Vec<Key> = self.links.of(Tie::References(gone.clone())).cloned().collect();
        let taken = self.take_table(&gone);
        let owned = taken.iter().flat_map(|table| self.owned_sequences(table, |_| true)).collect::<Vec<_>>();
        owned.iter().for_each(|name| self.take_sequence(name));
        let partitioned = taken.is_some_and(|t| t.kind == RelationKind::Partitioned);
        self.drop_indexes(name, |_| true);
        if cascade {
            self.drop_what_reads(name, None);
        }
        self.dependents.remove_on(&gone);
        self.dependents.remove_named(&gone, |_| true);
        let points = |c: &Constraint| matches!(&c.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == gone);
        for table in pointing {
            self.edit_constraints(&table, |t| t.constraints.retain(|c| !points(&c.constraint)));
        }
        if cascade || partitioned {
            partitions.iter().for_each(|p| self.drop_relation(p, true));
        }
    }

    /// The defaults of other tables that count with a sequence of these columns go with it.
    pub(super) fn drop_borrowed(&mut self, table: &QualifiedName, columns: impl Fn(&Ident) -> bool) {
        let borrowers =
            self.borrowers(table, columns).into_iter().map(|(other, column)| (key(&other.name), column.clone()));
        for (other, column) in borrowers.collect::<Vec<_>>() {
            self.edit(&other, |t| t.column_mut(&column, |c| c.default = None));
        }
    }

    /// `losing` are the table and its children that lose it too.
    pub(super) fn drop_column(&mut self, table: &QualifiedName, losing: &[QualifiedName], column: &Ident) {
        for (referencing, name) in self.standing_on(table, |columns| columns.contains(column)) {
            self.drop_foreign_key(&referencing, &name);
        }
        let owned = self.table(table).map(|t| self.owned_sequences(t, |name| name == column)).unwrap_or_default();
        owned.iter().for_each(|name| self.take_sequence(name));
        // What is computed from it cannot stay: it goes with CASCADE, before 15 also without.
        let computed = |c: &Column| match &c.generated {
            Some(Generated::Stored(text) | Generated::Virtual(text)) => mentions(text.as_str(), column.as_str()),
            _ => false,
        };
        let goes = |c: &Column| c.name == *column || computed(c);
        for table in losing {
            self.drop_statistics(table, Some(column));
            self.take_parts(&key(table), goes, |state| uses_column(&state.constraint, column));
            self.drop_indexes(table, |index| index.uses_column(column));
        }
    }

    /// The foreign keys that stand on a key: of two that cover the same columns, the older one (`transformFkeyCheckAttrs`). Without
    /// CASCADE there are none, or the key does not go.
    pub(super) fn drop_what_stands_on(&mut self, table: &QualifiedName, name: &Ident) {
        let Some(state) = self.table(table) else { return };
        let columns = |state: &ConstraintState| state.constraint.key_columns().map(<[Ident]>::to_vec);
        let Some(own) = state.constraints.get(name).and_then(columns) else { return };
        let is_older_twin = |other: &ConstraintState| columns(other).as_ref() == Some(&own);
        if state.constraints.iter().take_while(|other| other.name != *name).any(is_older_twin) {
            return;
        }
        for (referencing, name) in self.standing_on(table, |referenced| referenced == own) {
            self.drop_foreign_key(&referencing, &name);
        }
    }

    /// With the key that it stood on.
    fn drop_foreign_key(&mut self, table: &QualifiedName, name: &Ident) {
        let losing = self.losing(&table.clone().into(), &Part::Constraint(name));
        self.drop_constraint(table, &losing, name);
    }

    /// `losing` are the table and its children that lose it too.
    pub(super) fn drop_constraint(&mut self, table: &QualifiedName, losing: &[QualifiedName], name: &Ident) {
        for table in losing {
            self.take_parts(&key(table), |_| false, |state| state.name == *name);
        }
        self.drop_indexes(table, |index| index.constraint.as_ref() == Some(name));
    }

    /// The foreign keys that point at columns of a table; one that names none points at its primary key.
    pub(super) fn standing_on(
        &self,
        table: &QualifiedName,
        columns: impl Fn(&[Ident]) -> bool,
    ) -> Vec<(QualifiedName, Ident)> {
        let primary = self.table(table).and_then(Table::primary_key).unwrap_or_default();
        let stands = |state: &ConstraintState| match &state.constraint.kind {
            ConstraintKind::ForeignKey(fk) if fk.referenced.is_empty() => columns(primary),
            ConstraintKind::ForeignKey(fk) => columns(&fk.referenced),
            _ => false,
        };
        let pointing = self.referencing(table).into_iter().filter(|(_, state)| stands(state));
        pointing.map(|(t, state)| (t.name.clone(), state.name.clone())).collect()
    }

    fn drop_indexes(&mut self, table: &QualifiedName, goes: impl Fn(&Index) -> bool) {
        let gone: Vec<Key> = self.indexes_of(table).filter(|index| goes(index)).map(|index| key(&index.name)).collect();
        gone.iter().for_each(|name| drop(self.take_index(name)));
    }
}
