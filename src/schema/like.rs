//! What `CREATE TABLE … (LIKE …)` copies (`transformTableLikeClause` and `generateClonedIndexStmt` of PostgreSQL).

use super::inheritance::is_check;
use super::{Age, Column, ConstraintState, Index, Schema};
use crate::operation::{Constraint, CreateIndex, Generated, Like, QualifiedName, SqlFragment};

impl Schema {
    /// The columns as the new table gets them: always with their types and NOT NULL.
    pub(super) fn columns_like(&self, like: &Like) -> Vec<Column> {
        let source = self.table(&like.table).into_iter().flat_map(|table| &table.columns);
        source.map(|column| copied(column, like)).collect()
    }

    /// The CHECKs, under their own names; a new table has no rows that they could be wrong about.
    pub(super) fn checks_like(&self, like: &Like) -> Vec<ConstraintState> {
        let source = self.table(&like.table).filter(|_| like.copies.constraints).into_iter();
        let checks = source.flat_map(|table| &table.constraints).filter(|state| is_check(&state.constraint));
        checks.map(|state| ConstraintState { age: Age::New, valid: true, ..state.clone() }).collect()
    }

    /// The indexes, and the keys that they belong to, under the names that PostgreSQL gives them.
    pub(super) fn copy_indexes(&mut self, like: &Like, to: &QualifiedName) {
        if !like.copies.indexes {
            return;
        }
        let indexes: Vec<Index> = self.indexes_of(&like.table).cloned().collect();
        for index in indexes {
            let constraint = index.constraint.as_ref().and_then(|name| self.constraint(&like.table, name)).cloned();
            match constraint {
                Some(state) => self.put_constraint(to, &Constraint { name: None, ..state.constraint }),
                None => self.create_index(&CreateIndex {
                    name: None,
                    table: to.clone().into(),
                    unique: index.unique,
                    concurrently: false,
                    if_not_exists: false,
                    only: false,
                    definition: index.definition.clone(),
                }),
            }
        }
    }
}

fn copied(column: &Column, like: &Like) -> Column {
    let copies = &like.copies;
    let generated = column.generated.clone().filter(|generated| match generated {
        Generated::Identity(_) => copies.identity,
        Generated::Stored(_) | Generated::Virtual(_) => copies.generated,
    });
    // A serial column counts with the source's sequence, which stays the source's.
    let counts = column.sequence.as_ref().filter(|_| column.generated.is_none());
    let counted = counts.map(|name| SqlFragment::new(&format!("nextval('{}')", like.table.sibling(name.clone()))));
    let default = column.default.clone().or(counted).filter(|_| copies.defaults);
    Column { age: Age::New, default, generated, sequence: None, ..column.clone() }
}
