//! What children have from their parents, and copies from what they are made like.

use super::links::Tie;
use super::{Age, Column, ConstraintState, Key, RelationKind, Schema, Table, key, same};
use crate::operation::{Constraint, ConstraintKind, CreateTable, Generated, Ident, QualifiedName, TableRef};

impl Schema {
    /// A table becomes a child of another, where that is not one of its own: a circle is refused by PostgreSQL.
    pub(super) fn inherit(&mut self, child: &QualifiedName, parent: &QualifiedName) {
        if !self.is_or_is_below(parent, child) {
            self.with(child, |table| table.parents.push(parent.clone()));
        }
    }

    /// The table is that one, or one of its children at any depth.
    pub(super) fn is_or_is_below(&self, table: &QualifiedName, parent: &QualifiedName) -> bool {
        same(table, parent) || self.children(parent).iter().any(|child| same(&child.name, table))
    }

    /// The CHECKs that a table has from its parents and from those it is made like.
    pub(super) fn inherited_checks(&self, create: &CreateTable, parents: &[QualifiedName]) -> Vec<ConstraintState> {
        let of_parents = parents.iter().filter_map(|name| self.table(name)).flat_map(|table| &table.constraints);
        let passed_on = of_parents.filter(|c| is_check(&c.constraint) && !is_not_inherited(&c.constraint));
        let passed_on = passed_on.map(|c| ConstraintState { age: Age::New, is_local: false, ..c.clone() });
        let mut all: Vec<ConstraintState> = Vec::new();
        for check in passed_on.chain(create.like.iter().flat_map(|like| self.checks_like(like))) {
            if !all.iter().any(|known| known.name == check.name) {
                all.push(check);
            }
        }
        all
    }

    /// A CHECK is one of the children as well, unless it says otherwise.
    pub(super) fn pass_on_check(&mut self, table: &TableRef, constraint: &Constraint) {
        let stays = table.only || !is_check(constraint) || is_not_inherited(constraint);
        let last = self.table(table).and_then(|t| t.constraints.last());
        let added = last.filter(|state| !stays && state.constraint == *constraint).cloned();
        let Some(added) = added else { return };
        let children: Vec<Key> = self.children(table).iter().map(|child| key(&child.name)).collect();
        for child in children {
            self.edit_constraints(&child, |t| {
                if !t.constraints.has(&added.name) {
                    t.constraints.push(ConstraintState { is_local: false, ..added.clone() });
                }
            });
        }
    }

    /// The table and those of its children that lose a part with it: with ONLY none, else those that have it from this parent
    /// alone (`ATExecDropColumn`, `ATExecDropConstraint`). For the others it is theirs from then on.
    pub(super) fn losing(&mut self, table: &TableRef, part: &Part<'_>) -> Vec<QualifiedName> {
        let mut losing = vec![table.name.clone()];
        let mut open = vec![table.name.clone()];
        while let Some(parent) = open.pop() {
            let is_partitioned = self.table(&parent).is_some_and(|t| t.kind == RelationKind::Partitioned);
            let below: Vec<Key> = self.links.of(Tie::ChildOf(key(&parent))).cloned().collect();
            for child in below {
                let Some(state) = self.tables.get(&child).map(|child| &**child) else { continue };
                let others = state.parents.iter().filter(|other| !losing.iter().any(|gone| same(gone, other)));
                let stays =
                    part.is_local(state) || others.filter_map(|other| self.table(other)).any(|other| part.is_in(other));
                let name = state.name.clone();
                if losing.iter().any(|known| same(known, &name)) {
                    continue;
                }
                if is_partitioned || !(stays || table.only) {
                    losing.push(name.clone());
                    open.push(name);
                } else if table.only {
                    self.edit_flags(&child, |child| part.becomes_local(child));
                }
            }
        }
        losing
    }

    /// What a table has from its parents is its own when it leaves them.
    pub(super) fn become_local(&mut self, table: &QualifiedName) {
        self.edit_flags(&key(table), |table| {
            table.columns.change_all(|column| !column.is_local, |column| column.is_local = true);
            table.constraints.change_all(|state| !state.is_local, |state| state.is_local = true);
        });
    }

    /// `VALIDATE CONSTRAINT`.
    pub(super) fn validate(&mut self, table: &QualifiedName, name: &Ident) {
        let validate = |t: &mut Table| {
            let mut proved = None;
            t.constraints.change(name, |state| {
                (state.valid, state.sure) = (true, true);
                if let ConstraintKind::NotNull { column } = &state.constraint.kind {
                    proved = Some(column.clone());
                }
            });
            if let Some(column) = proved {
                t.column_mut(&column, |c| c.not_null = true);
            }
        };
        match self.constraint(table, name).is_some_and(|state| is_check(&state.constraint)) {
            true => self.family(table, |schema, t| schema.edit_flags(t, validate)),
            false => drop(self.edit_flags(&key(table), validate)),
        }
    }
}

/// What children have from their parents.
pub(super) enum Part<'a> {
    Column(&'a Ident),
    Constraint(&'a Ident),
}

impl Part<'_> {
    fn is_in(&self, table: &Table) -> bool {
        match self {
            Part::Column(name) => table.columns.has(name),
            Part::Constraint(name) => table.constraints.has(name),
        }
    }

    fn is_local(&self, table: &Table) -> bool {
        match self {
            Part::Column(name) => table.columns.get(name).is_some_and(|column| column.is_local),
            Part::Constraint(name) => table.constraints.get(name).is_some_and(|state| state.is_local),
        }
    }

    fn becomes_local(&self, table: &mut Table) {
        match self {
            Part::Column(name) => table.columns.change(name, |column| column.is_local = true),
            Part::Constraint(name) => table.constraints.change(name, |state| state.is_local = true),
        }
    }
}

/// A CHECK, which children inherit.
pub(super) fn is_check(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::Check { .. })
}

fn is_not_inherited(constraint: &Constraint) -> bool {
    constraint.no_inherit
}

/// A column as a child has it from its parent, whose sequence stays the parent's. An identity only partitions have too.
pub(super) fn inherited(column: &Column, is_partition: bool) -> Column {
    let generated = column.generated.clone().filter(|by| is_partition || !matches!(by, Generated::Identity(_)));
    Column { age: Age::New, sequence: None, generated, is_local: false, ..column.clone() }
}
