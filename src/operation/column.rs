//! Columns.

use super::{Constraint, Ident, QualifiedName, SqlFragment, TableRef, TypeName};

/// What is done to one column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are subcommands of ALTER TABLE and the fields their clauses
pub enum ColumnOperation {
    Add {
        table: TableRef,
        column: ColumnDefinition,
        if_not_exists: bool,
    },
    Drop {
        table: TableRef,
        column: Ident,
        if_exists: bool,
        cascade: bool,
    },
    Rename {
        table: TableRef,
        column: Ident,
        to: Ident,
    },
    SetNotNull {
        table: TableRef,
        column: Ident,
    },
    DropNotNull {
        table: TableRef,
        column: Ident,
    },
    SetDefault {
        table: TableRef,
        column: Ident,
        default: SqlFragment,
    },
    DropDefault {
        table: TableRef,
        column: Ident,
    },
    SetType {
        table: TableRef,
        column: Ident,
        ty: TypeName,
        collation: Option<QualifiedName>,
        using: Option<SqlFragment>,
    },
    SetAttribute {
        table: TableRef,
        column: Ident,
        attribute: ColumnAttribute,
    },
}

impl ColumnOperation {
    /// The column's table.
    pub fn table(&self) -> &TableRef {
        use ColumnOperation::*;
        match self {
            Add { table, .. }
            | Drop { table, .. }
            | Rename { table, .. }
            | SetNotNull { table, .. }
            | DropNotNull { table, .. }
            | SetDefault { table, .. }
            | DropDefault { table, .. }
            | SetType { table, .. }
            | SetAttribute { table, .. } => table,
        }
    }

    /// The same, to change it.
    pub fn table_mut(&mut self) -> &mut TableRef {
        use ColumnOperation::*;
        match self {
            Add { table, .. }
            | Drop { table, .. }
            | Rename { table, .. }
            | SetNotNull { table, .. }
            | DropNotNull { table, .. }
            | SetDefault { table, .. }
            | DropDefault { table, .. }
            | SetType { table, .. }
            | SetAttribute { table, .. } => table,
        }
    }

    /// The column, by its name before.
    pub fn column(&self) -> &Ident {
        use ColumnOperation::*;
        match self {
            Add { column, .. } => &column.name,
            Drop { column, .. }
            | Rename { column, .. }
            | SetNotNull { column, .. }
            | DropNotNull { column, .. }
            | SetDefault { column, .. }
            | DropDefault { column, .. }
            | SetType { column, .. }
            | SetAttribute { column, .. } => column,
        }
    }
}

/// A change of one column that is neither its type, its default nor its nullability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnAttribute {
    /// `SET STATISTICS n` or `SET (n_distinct = …)`.
    Statistics,
    /// `SET STORAGE …`.
    Storage,
    /// `SET COMPRESSION …`.
    Compression,
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity(Identity),
    /// `SET GENERATED …`, `RESTART`.
    ChangeIdentity,
    /// `DROP IDENTITY`.
    DropIdentity {
        /// `IF EXISTS`: a column that has none is left alone.
        if_exists: bool,
    },
    /// `DROP EXPRESSION`.
    DropExpression {
        /// `IF EXISTS`: a column that has none is left alone.
        if_exists: bool,
    },
    /// `SET EXPRESSION AS (…)`.
    SetExpression,
}

/// A column's default, in words that say what it costs.
pub type DefaultValue = SqlFragment;

/// How a column is generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// `GENERATED ALWAYS AS (…) STORED`.
    Stored(SqlFragment),
    /// `GENERATED ALWAYS AS (…) [VIRTUAL]` (PostgreSQL 18).
    Virtual(SqlFragment),
    /// `GENERATED … AS IDENTITY`.
    Identity(Identity),
}

/// `GENERATED … AS IDENTITY [(…)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `ALWAYS` or `BY DEFAULT`.
    pub generation: Generation,
    /// The sequence_options in parentheses.
    pub sequence_options: Option<SqlFragment>,
}

/// Whether an identity column takes a value that an INSERT brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum Generation {
    #[default]
    Always,
    ByDefault,
}

/// A column as `CREATE TABLE` or `ADD COLUMN` defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// `STORAGE`.
    pub storage: Option<Ident>,
    /// `COMPRESSION`.
    pub compression: Option<Ident>,
    /// `COLLATE`.
    pub collation: Option<QualifiedName>,
    /// `NOT NULL` is written (serial and identity imply it without).
    pub not_null: bool,
    /// `DEFAULT …`.
    pub default: Option<DefaultValue>,
    /// `GENERATED …`.
    pub generated: Option<Generated>,
    /// Inline `UNIQUE`, `PRIMARY KEY`, `REFERENCES`, `CHECK`, as the table constraints they stand for.
    pub constraints: Vec<Constraint>,
}

impl ColumnDefinition {
    /// `SERIAL`, `BIGSERIAL` or `SMALLSERIAL`.
    pub fn is_serial(&self) -> bool {
        matches!(self.ty.canonical(), "serial" | "bigserial" | "smallserial")
    }
    /// `GENERATED … AS IDENTITY`.
    pub fn is_identity(&self) -> bool {
        matches!(self.generated, Some(Generated::Identity(_)))
    }
}
