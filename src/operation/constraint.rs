//! Table constraints.

use super::{Ident, IndexDefinition, IndexParameters, QualifiedName, Spelled, SqlFragment, TableRef};

/// What is done to one constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are subcommands of ALTER TABLE and the fields their clauses
pub enum ConstraintOperation {
    Add { table: TableRef, constraint: Constraint },
    Drop { table: TableRef, name: Ident, if_exists: bool, cascade: bool },
    Validate { table: TableRef, name: Ident },
    Rename { table: TableRef, name: Ident, to: Ident },
    Alter { table: TableRef, name: Ident, alteration: ConstraintAlteration },
}

impl ConstraintOperation {
    /// The constraint's table.
    pub fn table(&self) -> &TableRef {
        use ConstraintOperation::*;
        match self {
            Add { table, .. }
            | Drop { table, .. }
            | Validate { table, .. }
            | Rename { table, .. }
            | Alter { table, .. } => table,
        }
    }

    /// The same, to change it.
    pub fn table_mut(&mut self) -> &mut TableRef {
        use ConstraintOperation::*;
        match self {
            Add { table, .. }
            | Drop { table, .. }
            | Validate { table, .. }
            | Rename { table, .. }
            | Alter { table, .. } => table,
        }
    }
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name; `None` leaves it to PostgreSQL.
    pub name: Option<Ident>,
    /// What it says.
    pub kind: ConstraintKind,
    /// When it is checked.
    pub deferrability: Deferrability,
    /// `NOT ENFORCED` (PostgreSQL 18) or not.
    pub enforcement: Enforcement,
    /// `NO INHERIT`: children do not have it.
    pub no_inherit: bool,
    /// `NOT VALID`: existing rows are not checked.
    pub not_valid: bool,
}

impl Constraint {
    /// A constraint with nothing behind its definition.
    pub fn new(name: Option<Ident>, kind: ConstraintKind) -> Self {
        Constraint {
            name,
            kind,
            deferrability: Deferrability::default(),
            enforcement: Enforcement::default(),
            no_inherit: false,
            not_valid: false,
        }
    }

    /// The columns of a primary key or unique constraint.
    pub fn key_columns(&self) -> Option<&[Ident]> {
        match &self.kind {
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => Some(columns),
            _ => None,
        }
    }

    /// Existing rows are looked at when it comes.
    pub fn checks_rows(&self) -> bool {
        !self.not_valid && self.enforcement == Enforcement::Enforced
    }
}

/// When a constraint is checked (`condeferrable`, `condeferred`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deferrability {
    /// `NOT DEFERRABLE`: after each statement, or each row.
    #[default]
    NotDeferrable,
    /// `DEFERRABLE [INITIALLY IMMEDIATE]`: after each statement, until a transaction asks for its end.
    InitiallyImmediate,
    /// `[DEFERRABLE] INITIALLY DEFERRED`: at the transaction's end.
    InitiallyDeferred,
}

/// Whether the server looks after a constraint (`conenforced`, PostgreSQL 18).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Enforcement {
    /// It does.
    #[default]
    Enforced,
    /// `NOT ENFORCED`.
    NotEnforced,
}

/// What `ALTER CONSTRAINT` changes; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConstraintAlteration {
    /// When it is checked.
    pub deferrability: Option<Deferrability>,
    /// Whether it is enforced (18).
    pub enforcement: Option<Enforcement>,
    /// `INHERIT` or `NO INHERIT` (18).
    pub inherit: Option<bool>,
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
        /// `INCLUDE (…)`, `WITH (…)`, `USING INDEX TABLESPACE …`.
        index_parameters: IndexParameters,
        /// The existing index that becomes the constraint's.
        using_index: Option<Ident>,
    },
    /// `PRIMARY KEY (columns) …` or `PRIMARY KEY USING INDEX …`.
    PrimaryKey {
        /// The columns; empty with `USING INDEX`.
        columns: Vec<Ident>,
        /// As in [`ConstraintKind::Unique`].
        index_parameters: IndexParameters,
        /// As in [`ConstraintKind::Unique`].
        using_index: Option<Ident>,
    },
    /// `FOREIGN KEY (columns) REFERENCES …`.
    ForeignKey(ForeignKey),
    /// `EXCLUDE …`; its spelling begins with that word.
    Exclude(Spelled<Exclusion>),
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull {
        /// The column.
        column: Ident,
    },
}

/// `EXCLUDE [USING method] (element WITH operator, …) …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// What its index is built of.
    pub index: IndexDefinition,
    /// The operator of each of the index's columns, as written: `&&`, `OPERATOR(pg_catalog.=)`.
    pub operators: Vec<SqlFragment>,
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
    /// `MATCH …`, `ON DELETE …`, `ON UPDATE …`.
    pub actions: Spelled<ReferentialActions>,
}

/// What a foreign key does when it is only partly NULL, and when the row that it points at goes or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferentialActions {
    /// `MATCH`.
    pub matching: MatchType,
    /// `ON DELETE`.
    pub on_delete: ReferentialAction,
    /// `ON UPDATE`.
    pub on_update: ReferentialAction,
}

/// How a key of several columns matches (`confmatchtype`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum MatchType {
    #[default]
    Simple,
    Full,
    Partial,
}

/// What becomes of the referencing rows (`confdeltype`, `confupdtype`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum ReferentialAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    /// Of these columns (15); of all when none is named.
    SetNull(Vec<Ident>),
    /// Of these columns (15); of all when none is named.
    SetDefault(Vec<Ident>),
}
