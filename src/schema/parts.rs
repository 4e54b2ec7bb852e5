//! The parts of a table: columns and constraints, as the catalog has them.

use crate::operation::{Constraint, Generated, Ident, SqlFragment, TypeName};

/// Where an object's life began, seen from the migration that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// An earlier migration made it: it may be big and busy.
    Existing,
    /// The migration at hand made it: it is empty and nobody uses it yet.
    New,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type; serial types are shown as the integer they are.
    pub ty: TypeName,
    /// It has a `COLLATE` of its own.
    pub collated: bool,
    /// NOT NULL in the catalog.
    pub not_null: bool,
    /// Its default.
    pub default: Option<SqlFragment>,
    /// How it is generated.
    pub generated: Option<Generated>,
    /// Whether the migration at hand added it.
    pub age: Age,
    /// The sequence that a serial or identity column owns.
    pub sequence: Option<Ident>,
    /// The history's statements say it. Where only what a framework wrote down does, or the two differ, it proves nothing.
    pub sure: bool,
    /// `attislocal`: a statement about its own table made it, so that it stays when the parents lose theirs.
    pub is_local: bool,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintState {
    /// Its name, chosen as PostgreSQL chooses where the statement gave none.
    pub name: Ident,
    /// What it says.
    pub constraint: Constraint,
    /// `convalidated`.
    pub valid: bool,
    /// Whether the migration at hand added it.
    pub age: Age,
    /// As in [`Column::sure`].
    pub sure: bool,
    /// `conislocal`, as in [`Column::is_local`].
    pub is_local: bool,
}

impl ConstraintState {
    /// True when every row is known to hold to it.
    pub fn is_proved(&self) -> bool {
        self.valid && self.sure
    }
}
