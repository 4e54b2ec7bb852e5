//! Tables and indexes, as the catalog has them.

use super::list::List;
use super::parts::{Age, Column, ConstraintState};
use crate::operation::{
    ConstraintKind, Ident, IndexDefinition, IndexKey, Persistence, QualifiedName, Spelled, SqlFragment,
};

/// What kind of relation a [`Table`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table.
    Table,
    /// A table with `PARTITION BY`.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table: its rows are another server's.
    Foreign,
}

/// A table, view or materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name as the history last wrote it.
    pub name: QualifiedName,
    /// What it is.
    pub kind: RelationKind,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// How long its rows last.
    pub persistence: Persistence,
    /// The columns, in order.
    pub columns: List<Column>,
    /// True when all columns are known.
    pub columns_known: bool,
    /// The constraints.
    pub constraints: List<ConstraintState>,
    /// The tables it inherits from or is a partition of.
    pub parents: Vec<QualifiedName>,
    /// What its rows are parted by, as far as is known.
    pub partition_key: Vec<IndexKey>,
    /// It is its parent's DEFAULT partition.
    pub is_default_partition: bool,
    /// Row security is enabled.
    pub row_security: bool,
}

impl Table {
    /// The columns of its primary key.
    pub fn primary_key(&self) -> Option<&[Ident]> {
        let keys = self.constraints.iter().filter(|c| matches!(c.constraint.kind, ConstraintKind::PrimaryKey { .. }));
        keys.filter_map(|c| c.constraint.key_columns()).next()
    }

    /// True when the history's statements made it, or at least a part of it.
    pub fn is_sure(&self) -> bool {
        self.columns_known || self.columns.iter().any(|c| c.sure)
    }

    pub(super) fn column_mut(&mut self, name: &Ident, change: impl FnOnce(&mut Column)) {
        self.columns.change(name, change);
    }

    /// What is on it was there before the migration at hand.
    pub(super) fn gets_older(&mut self) {
        self.columns.get_older();
        self.constraints.change_all(|c| c.age == Age::New, |c| c.age = Age::Existing);
    }

    pub(super) fn rename_constraint(&mut self, name: &Ident, to: &Ident) {
        self.constraints.change(name, |state| state.name = to.clone());
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name with its table's schema.
    pub name: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// `UNIQUE`.
    pub unique: bool,
    /// What it is built of.
    pub definition: Spelled<IndexDefinition>,
    /// The constraint it backs.
    pub constraint: Option<Ident>,
    /// Whether the migration at hand made it.
    pub age: Age,
    /// As in [`Column::sure`].
    pub sure: bool,
    /// More was said of it than its definition does, which one made anew would not have: it may be its table's replica identity
    /// or what that is clustered by, has a comment, or is stored otherwise.
    pub is_marked: bool,
}

/// An index dereferences to what it is built of.
impl std::ops::Deref for Index {
    type Target = IndexDefinition;
    fn deref(&self) -> &IndexDefinition {
        &self.definition
    }
}

/// The bounds of a DEFAULT partition.
pub(super) fn is_default(bounds: &SqlFragment) -> bool {
    bounds.as_str().get(..7).is_some_and(|word| word.eq_ignore_ascii_case("default"))
}
