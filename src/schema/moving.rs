//! A relation under another name or in another schema, where it is named.

use super::links::Tie;
use super::{ConstraintState, Key, Schema, key};
use crate::operation::{ConstraintKind, Ident, ObjectKind, QualifiedName};

impl Schema {
    pub(super) fn rename_table(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let old = key(from);
        let Some(mut table) = self.take_table(&old) else { return };
        table.name = to.clone();
        self.touch(to);
        self.put_table(table);
        for rows in [&mut self.filled, &mut self.emptied] {
            if rows.remove(&old).is_some() {
                rows.insert(key(to));
            }
        }
        let moved = |name: &mut QualifiedName| {
            if key(name) == old {
                *name = to.clone()
            }
        };
        for name in self.index_keys(&old) {
            if let Some(mut index) = self.take_index(&name) {
                moved(&mut index.table);
                self.put_index(index);
            }
        }
        let children = self.links.of(Tie::ChildOf(old.clone()));
        let tied: Vec<Key> = children.chain(self.links.of(Tie::References(old.clone()))).cloned().collect();
        for name in tied {
            self.edit(&name, |t| {
                t.parents.iter_mut().for_each(moved);
                let points = |state: &ConstraintState| matches!(&state.constraint.kind, ConstraintKind::ForeignKey(fk) if key(&fk.references) == old);
                t.constraints.change_all(points, |state| {
                    if let ConstraintKind::ForeignKey(fk) = &mut state.constraint.kind {
                        fk.references = to.clone();
                    }
                });
            });
        }
        self.rename_in_views(from, &from.name, &to.name);
        self.dependents.move_to(&old, to);
    }

    pub(super) fn set_schema(&mut self, kind: ObjectKind, name: &QualifiedName, to: &Ident) {
        let moved = QualifiedName { schema: Some(to.clone()), name: name.name.clone() };
        match kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                self.rename_table(name, &moved);
                let owned = self.table(&moved).into_iter().flat_map(|t| &t.columns);
                let sequences: Vec<Ident> = owned.filter_map(|c| c.sequence.clone()).collect();
                for sequence in sequences {
                    self.rename_sequence(&name.sibling(sequence.clone()), &moved.sibling(sequence));
                }
                for old in self.index_keys(&key(&moved)) {
                    if let Some(mut index) = self.take_index(&old) {
                        index.name.schema = Some(to.clone());
                        self.put_index(index);
                    }
                }
            }
            ObjectKind::Type | ObjectKind::Domain => self.rename_type(name, &moved),
            _ => {}
        }
    }

    pub(super) fn rename_index(&mut self, from: &QualifiedName, to: &Ident) {
        let Some(mut index) = self.take_index(&key(from)) else { return };
        index.name = index.table.sibling(to.clone());
        if let Some(constraint) = index.constraint.replace(to.clone()) {
            self.edit_constraints(&key(&index.table), |t| t.rename_constraint(&constraint, to));
        } else {
            index.constraint = None;
        }
        self.touch(&index.name);
        self.put_index(index);
    }
}
