//! Rows.

use super::{Ident, QualifiedName, SqlFragment, TypeName};

/// What is done to rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum DataOperation {
    Insert {
        table: QualifiedName,
        from_query: bool,
        /// What it puts where, as far as its text tells.
        given: Option<Given>,
        /// It goes by what keeps duplicates out.
        on_conflict: bool,
    },
    Update {
        table: QualifiedName,
        rows: Rows,
        /// The columns that it sets, where that can be told and nothing else is changed with them.
        sets: Option<Vec<Ident>>,
        /// Those of them whose new value is never NULL, as far as its text tells.
        never_null: Vec<Ident>,
    },
    Delete {
        table: QualifiedName,
        rows: Rows,
    },
    Truncate {
        tables: Vec<QualifiedName>,
        cascade: bool,
    },
    Select {
        definition: SqlFragment,
    },
    Backfill(Backfill),
    Assertion(Assertion),
}

impl DataOperation {
    /// The first table whose rows change.
    pub fn table(&self) -> Option<&QualifiedName> {
        use DataOperation::*;
        match self {
            Insert { table, .. } | Update { table, .. } | Delete { table, .. } => Some(table),
            Truncate { tables, .. } => tables.first(),
            Backfill(backfill) => Some(&backfill.table),
            Select { .. } | Assertion(_) => None,
        }
    }
}

/// What an INSERT puts where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The columns that it lists; none: those of the table, from the first one on.
    pub columns: Vec<Ident>,
    /// What it puts into them, in the same order: the output of its query, or the first of its rows.
    pub values: Vec<Value>,
    /// It puts in a row in any case.
    pub has_rows: bool,
    /// The columns of `ON CONFLICT (…)` without a condition.
    pub conflict: Option<Vec<Ident>>,
}

/// One or more values of an INSERT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `DEFAULT`.
    Default,
    /// `NULL`.
    Null,
    /// A column of a relation.
    Column(QualifiedName, Ident),
    /// All columns of a relation: `*`.
    All(QualifiedName),
    /// A value of a type.
    Typed(TypeName),
    /// A value of which only a reading of the whole query would tell the type, or a literal, which has none.
    Other,
}

/// Which rows an UPDATE or DELETE picks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// All of the table.
    All,
    /// Those that a condition, a join or both leave.
    Picked(Condition),
}

/// What picks rows, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The columns that the WHERE reads, without their tables.
    pub columns: Vec<Ident>,
    /// It compares with a constant, which may leave few rows.
    pub narrow: bool,
    /// It asks for nothing but NULL in these columns.
    pub nulls_only: bool,
    /// FROM or USING joins other tables.
    pub joined: bool,
}

/// Fails where a query finds rows; only rewrites make it. In the transaction of a statement that changes rows it takes the change
/// back when a check that comes later would fail on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The query that must find nothing.
    pub query: SqlFragment,
    /// What is so when it finds nothing, in plain words.
    pub condition: String,
    /// When it is asked.
    pub asked: Asked,
}

/// When an assertion is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// In the transaction of a statement that changes rows, so that it takes the change back.
    WithChange,
    /// By itself, so that nothing behind it runs.
    ByItself,
}

/// A batched update of existing rows; only rewrites make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// The table.
    pub table: QualifiedName,
    /// The column that gets the value.
    pub column: Ident,
    /// The value, computed from the row itself.
    pub value: SqlFragment,
    /// Which rows still need it.
    pub todo: SqlFragment,
    /// The unique, NOT NULL key the batches walk along; empty: the heap is walked by block ranges.
    pub key: Vec<Ident>,
    /// The triggers and rules that fire for each row that it changes, as far as they are known.
    pub fires: Vec<String>,
}
