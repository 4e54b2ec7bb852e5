//! Objects whose details no rewrite needs, and what is said of any.

use super::{Ident, QualifiedName, SqlFragment};

/// What is done to an object that is no table, index, enum or domain, or to an object of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum ObjectOperation {
    Create {
        kind: ObjectKind,
        name: Option<QualifiedName>,
        or_replace: bool,
        on: Option<QualifiedName>,
        definition: SqlFragment,
    },
    Alter {
        kind: ObjectKind,
        name: Option<QualifiedName>,
        on: Option<QualifiedName>,
        action: SqlFragment,
    },
    Drop {
        kind: ObjectKind,
        names: Vec<QualifiedName>,
        on: Option<QualifiedName>,
        if_exists: bool,
        cascade: bool,
    },
    SetSchema {
        kind: ObjectKind,
        name: QualifiedName,
        to: Ident,
    },
    RefreshMaterializedView {
        name: QualifiedName,
        concurrently: bool,
    },
    Comment {
        /// The object; of a part of a table the table.
        name: Option<QualifiedName>,
        /// The column, constraint, trigger, policy or rule of the table.
        part: Option<Ident>,
        definition: SqlFragment,
    },
    Grant {
        revokes: bool,
        /// `Other` for roles, all tables of a schema and whatever else is not named one by one.
        kind: ObjectKind,
        names: Vec<QualifiedName>,
        definition: SqlFragment,
    },
    /// Who may do what with a table may do it with a view of it, as himself. No source says it, only a rewrite.
    ShareAccess {
        table: QualifiedName,
        view: QualifiedName,
    },
}

impl ObjectOperation {
    /// The table that the object is on, or that it is.
    pub fn table(&self) -> Option<&QualifiedName> {
        use ObjectOperation::*;
        match self {
            Create { on, .. } | Alter { on, .. } | Drop { on, .. } => on.as_ref(),
            SetSchema { kind: ObjectKind::Table, name, .. } => Some(name),
            SetSchema { .. } | RefreshMaterializedView { .. } | Comment { .. } | Grant { .. } | ShareAccess { .. } => {
                None
            }
        }
    }
}

/// What kind of object a statement is about, where the details do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table; a foreign one where it is created.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// An enum, composite, range or base type.
    Type,
    /// A domain.
    Domain,
    /// A schema.
    Schema,
    /// A function, procedure or aggregate.
    Function,
    /// A trigger.
    Trigger,
    /// A row security policy.
    Policy,
    /// A rewrite rule.
    Rule,
    /// An extension.
    Extension,
    /// A publication or subscription.
    Publication,
    /// Extended statistics.
    Statistics,
    /// Anything else: roles, casts, collations, event triggers, …
    Other,
}
