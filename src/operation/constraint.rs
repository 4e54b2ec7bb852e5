//! Table constraints.

use super::{Ident, QualifiedName, SqlFragment};

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name; `None` leaves it to PostgreSQL.
    pub name: Option<Ident>,
    /// What it says.
    pub kind: ConstraintKind,
    /// `NOT VALID`: existing rows are not checked.
    pub not_valid: bool,
    /// `DEFERRABLE …`, `INITIALLY …`, `NOT ENFORCED`, `NO INHERIT`: what follows the definition, as written.
    pub options: SqlFragment,
}

impl Constraint {
    /// The columns of a primary key or unique constraint.
    pub fn key_columns(&self) -> Option<&[Ident]> {
        match &self.kind {
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => Some(columns),
            _ => None,
        }
    }
}

/// The kinds of constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `CHECK (expression)`.
    Check {
        /// The expression, without its parentheses.
        expression: SqlFragment,
    },
    /// `UNIQUE [NULLS NOT DISTINCT] (columns) …` or `UNIQUE USING INDEX …`.
    Unique {
        /// The columns; empty with `USING INDEX`.
        columns: Vec<Ident>,
        /// `NULLS NOT DISTINCT`.
        nulls_not_distinct: bool,
        /// `INCLUDE (…)`, `WITH (…)`, `USING INDEX TABLESPACE …`: as written.
        index_options: SqlFragment,
        /// The existing index that becomes the constraint's.
        using_index: Option<Ident>,
    },
    /// `PRIMARY KEY (columns) …` or `PRIMARY KEY USING INDEX …`.
    PrimaryKey {
        /// The columns; empty with `USING INDEX`.
        columns: Vec<Ident>,
        /// As in [`ConstraintKind::Unique`].
        index_options: SqlFragment,
        /// As in [`ConstraintKind::Unique`].
        using_index: Option<Ident>,
    },
    /// `FOREIGN KEY (columns) REFERENCES …`.
    ForeignKey(ForeignKey),
    /// `EXCLUDE …`, as written from that word on.
    Exclude {
        /// The whole definition.
        definition: SqlFragment,
    },
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull {
        /// The column.
        column: Ident,
    },
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The referencing columns.
    pub columns: Vec<Ident>,
    /// The referenced table.
    pub references: QualifiedName,
    /// The referenced columns; empty means its primary key.
    pub referenced: Vec<Ident>,
    /// `MATCH …`, `ON DELETE …`, `ON UPDATE …`: as written.
    pub actions: SqlFragment,
}
