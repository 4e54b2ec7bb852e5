//! The operation model: schema changes, independent of the language they were written in.
//!
//! A framework reads its migrations into [`Operation`]s and renders operations in its own idiom. Nothing here knows a
//! file, a framework, a lock or a rule. Text that is only carried along is a [`SqlFragment`], a slice of the source.

mod column;
mod constraint;
mod data;
mod domain;
mod index;
mod item;
mod name;
mod object;
mod session;
mod setting;
mod spelled;
mod table;
mod type_name;
mod types;

use std::sync::Arc;

pub(crate) use name::clipped;
pub(crate) use type_name::is_built_in;

pub use column::{ColumnAttribute, ColumnDefinition, ColumnOperation, DefaultValue, Generated, Generation, Identity};
pub use constraint::{
    Constraint, ConstraintAlteration, ConstraintKind, ConstraintOperation, Deferrability, Enforcement, Exclusion,
    ForeignKey, MatchType, ReferentialAction, ReferentialActions,
};
pub use data::{Asked, Assertion, Backfill, Condition, DataOperation, Given, Rows, Value};
pub use domain::{DomainAction, DomainConstraint};
pub use index::{
    CreateIndex, IndexAction, IndexColumn, IndexDefinition, IndexKey, IndexOperation, IndexParameters, NullsOrder,
    OperatorClass, SortOrder, StorageParameter,
};
pub use item::{Fixed, Item};
pub use name::{Ident, MAX_NAME_BYTES, QualifiedName, TableRef};
pub use object::{ObjectKind, ObjectOperation};
pub use session::{SessionOperation, TransactionControl};
pub use setting::{Decides, Setting, search_path};
pub use spelled::Spelled;
pub use table::{Copies, CreateTable, Like, Persistence, RowSecurity, TableAttribute, TableOperation, Toggle};
pub use type_name::TypeName;
pub use types::{EnumPosition, TypeOperation};

/// A piece of SQL that is carried along as it was written. A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SqlFragment(Arc<str>);

impl SqlFragment {
    /// A fragment from source text; white space at the ends goes.
    pub fn new(text: &str) -> Self {
        Self::untrimmed(text.trim())
    }
    /// The same with the white space at its ends.
    pub(crate) fn untrimmed(text: &str) -> Self {
        // All empty ones share one text.
        SqlFragment(if text.is_empty() { Arc::default() } else { text.into() })
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SqlFragment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One schema change. Several can stand in one source statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Of whole tables.
    Table(TableOperation),
    /// Of a column.
    Column(ColumnOperation),
    /// Of a table's constraint.
    Constraint(ConstraintOperation),
    /// Of indexes.
    Index(IndexOperation),
    /// Of types.
    Type(TypeOperation),
    /// Of other objects, and of any.
    Object(ObjectOperation),
    /// Of rows.
    Data(DataOperation),
    /// Of the session and its transaction.
    Session(SessionOperation),
    /// Not understood: kept verbatim, in place, and reported.
    Opaque {
        /// It in a few words.
        what: String,
        /// It is a program and not a statement, and may have made, changed and dropped whatever there is.
        is_program: bool,
    },
}

impl Operation {
    /// The table that the operation is first of all about, when there is one.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Operation::Table(table) => table.table(),
            Operation::Column(column) => Some(column.table()),
            Operation::Constraint(constraint) => Some(constraint.table()),
            Operation::Index(index) => index.table(),
            Operation::Object(object) => object.table(),
            Operation::Data(data) => data.table(),
            Operation::Session(session) => session.table(),
            Operation::Type(_) | Operation::Opaque { .. } => None,
        }
    }
}
