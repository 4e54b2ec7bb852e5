//! The operation model: schema changes, independent of the language they were written in.
//!
//! A framework reads its migrations into [`Operation`]s and renders operations in its own idiom. Nothing here knows a
//! file, a framework, a lock or a rule. Text that is only carried along is a [`SqlFragment`], a slice of the source.

mod constraint;
mod item;
mod name;
mod setting;
mod table;

use std::sync::Arc;

pub(crate) use name::clipped;
pub(crate) use table::is_built_in;

pub use constraint::{Constraint, ConstraintKind, ForeignKey};
pub use item::{Fixed, Item};
pub use name::{Ident, MAX_NAME_BYTES, QualifiedName};
pub use setting::{Decides, Setting, search_path};
pub use table::{
    ColumnDefinition, CreateIndex, CreateTable, DefaultValue, Generated, IndexColumn, Persistence, TableRef, TypeName,
};

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
    AddIdentity,
    /// `DROP IDENTITY` and `SET GENERATED …`, `RESTART`.
    ChangeIdentity,
    /// `DROP EXPRESSION`.
    DropExpression,
    /// `SET EXPRESSION AS (…)`.
    SetExpression,
}

/// What becomes of a table's row security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

/// A change of a whole table that is none of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableAttribute {
    /// `SET (fillfactor = …)`, `RESET (…)`; `user_catalog_table` is apart.
    StorageParameters,
    /// `SET (user_catalog_table = …)`.
    UserCatalogTable,
    /// `OWNER TO`.
    Owner,
    /// `… ROW LEVEL SECURITY`.
    RowSecurity(RowSecurity),
    /// `REPLICA IDENTITY`.
    ReplicaIdentity,
    /// `ENABLE | DISABLE TRIGGER`.
    ToggleTrigger(Toggle),
    /// `ENABLE | DISABLE RULE`.
    ToggleRule(Toggle),
    /// `SET LOGGED | UNLOGGED`.
    Persistence(Persistence),
    /// `SET TABLESPACE`.
    Tablespace,
    /// `SET ACCESS METHOD`.
    AccessMethod,
    /// `INHERIT parent`.
    Inherit(QualifiedName),
    /// `NO INHERIT parent`.
    NoInherit(QualifiedName),
    /// `CLUSTER ON`, `SET WITHOUT CLUSTER`, `OF type`: brief, ACCESS EXCLUSIVE.
    Other,
}

/// Which triggers or rules of a table fire from here on in an ordinary session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toggle {
    /// Its name; `None` for `ALL` and `USER`.
    pub name: Option<Ident>,
    /// `ENABLE` and `ENABLE ALWAYS`; not `DISABLE`, nor `ENABLE REPLICA`.
    pub fires: bool,
}

/// Where a new enum label goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumPosition {
    /// At the end.
    Last,
    /// `BEFORE 'label'`, the label as a literal in quotes.
    Before(String),
    /// `AFTER 'label'`, the label as a literal in quotes.
    After(String),
}

/// What `BEGIN`, `COMMIT` and their relatives do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionControl {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `SAVEPOINT`, `SET TRANSACTION`, ….
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

/// One schema change. Several can stand in one source statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum Operation {
    // Tables
    CreateTable(CreateTable),
    DropTable {
        names: Vec<QualifiedName>,
        if_exists: bool,
        cascade: bool,
    },
    RenameTable {
        table: TableRef,
        to: Ident,
    },
    SetSchema {
        kind: ObjectKind,
        name: QualifiedName,
        to: Ident,
    },
    SetTableAttribute {
        table: TableRef,
        attribute: TableAttribute,
    },
    AttachPartition {
        table: TableRef,
        partition: QualifiedName,
        bounds: SqlFragment,
    },
    DetachPartition {
        table: TableRef,
        partition: QualifiedName,
        concurrently: bool,
        finalize: bool,
    },
    // Columns
    AddColumn {
        table: TableRef,
        column: ColumnDefinition,
        if_not_exists: bool,
    },
    DropColumn {
        table: TableRef,
        column: Ident,
        if_exists: bool,
        cascade: bool,
    },
    RenameColumn {
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
    SetColumnAttribute {
        table: TableRef,
        column: Ident,
        attribute: ColumnAttribute,
    },
    // Constraints
    AddConstraint {
        table: TableRef,
        constraint: Constraint,
    },
    DropConstraint {
        table: TableRef,
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    ValidateConstraint {
        table: TableRef,
        name: Ident,
    },
    RenameConstraint {
        table: TableRef,
        name: Ident,
        to: Ident,
    },
    AlterConstraint {
        table: TableRef,
        name: Ident,
        options: SqlFragment,
    },
    // Indexes
    CreateIndex(CreateIndex),
    DropIndex {
        names: Vec<QualifiedName>,
        concurrently: bool,
        if_exists: bool,
        cascade: bool,
    },
    RenameIndex {
        index: QualifiedName,
        to: Ident,
        if_exists: bool,
    },
    AlterIndex {
        index: QualifiedName,
        options: SqlFragment,
    },
    AttachIndex {
        index: QualifiedName,
        partition: QualifiedName,
    },
    Reindex {
        kind: ObjectKind,
        name: Option<QualifiedName>,
        concurrently: bool,
    },
    // Types
    CreateEnum {
        name: QualifiedName,
        labels: Vec<String>,
    },
    AddEnumValue {
        name: QualifiedName,
        value: String,
        if_not_exists: bool,
        position: EnumPosition,
    },
    RenameEnumValue {
        name: QualifiedName,
        from: String,
        to: String,
    },
    RenameType {
        name: QualifiedName,
        to: Ident,
    },
    DropType {
        names: Vec<QualifiedName>,
        if_exists: bool,
        cascade: bool,
    },
    CreateDomain {
        name: QualifiedName,
        ty: TypeName,
        not_null: bool,
        constrained: bool,
    },
    AlterDomain {
        name: QualifiedName,
        action: SqlFragment,
    },
    // Other objects
    CreateObject {
        kind: ObjectKind,
        name: Option<QualifiedName>,
        or_replace: bool,
        on: Option<QualifiedName>,
        definition: SqlFragment,
    },
    AlterObject {
        kind: ObjectKind,
        name: Option<QualifiedName>,
        on: Option<QualifiedName>,
        action: SqlFragment,
    },
    DropObject {
        kind: ObjectKind,
        names: Vec<QualifiedName>,
        on: Option<QualifiedName>,
        if_exists: bool,
        cascade: bool,
    },
    RefreshMaterializedView {
        name: QualifiedName,
        concurrently: bool,
    },
    Comment {
        definition: SqlFragment,
    },
    Grant {
        revokes: bool,
        /// `Other` for roles, all tables of a schema and whatever else is not named one by one.
        kind: ObjectKind,
        names: Vec<QualifiedName>,
        definition: SqlFragment,
    },
    // Data
    Insert {
        table: QualifiedName,
        from_query: bool,
    },
    Update {
        table: QualifiedName,
        rows: Rows,
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
    // Session
    SetParameter {
        name: String,
        value: String,
        local: bool,
    },
    Transaction(TransactionControl),
    LockTable {
        tables: Vec<QualifiedName>,
        mode: String,
    },
    Vacuum {
        tables: Vec<QualifiedName>,
        full: bool,
    },
    Analyze {
        tables: Vec<QualifiedName>,
    },
    Cluster {
        table: Option<QualifiedName>,
    },
    /// Not understood: kept verbatim, in place, and reported. `what` names it in a few words.
    Opaque {
        what: String,
    },
}

impl Operation {
    /// The table that the operation is first of all about, when there is one.
    pub fn table(&self) -> Option<&QualifiedName> {
        use Operation::*;
        match self {
            CreateTable(create) => Some(&create.name),
            DropTable { names, .. } => names.first(),
            RenameTable { table, .. }
            | SetTableAttribute { table, .. }
            | AttachPartition { table, .. }
            | DetachPartition { table, .. }
            | AddColumn { table, .. }
            | DropColumn { table, .. }
            | RenameColumn { table, .. }
            | SetNotNull { table, .. }
            | DropNotNull { table, .. }
            | SetDefault { table, .. }
            | DropDefault { table, .. }
            | SetType { table, .. }
            | SetColumnAttribute { table, .. }
            | AddConstraint { table, .. }
            | DropConstraint { table, .. }
            | ValidateConstraint { table, .. }
            | RenameConstraint { table, .. }
            | AlterConstraint { table, .. } => Some(&table.name),
            CreateIndex(index) => Some(&index.table),
            Insert { table, .. } | Update { table, .. } | Delete { table, .. } => Some(table),
            Truncate { tables, .. } | LockTable { tables, .. } | Vacuum { tables, .. } | Analyze { tables } => {
                tables.first()
            }
            Backfill(backfill) => Some(&backfill.table),
            Cluster { table } => table.as_ref(),
            SetSchema { kind: ObjectKind::Table, name, .. } => Some(name),
            CreateObject { on, .. } | AlterObject { on, .. } | DropObject { on, .. } => on.as_ref(),
            SetSchema { .. }
            | DropIndex { .. }
            | RenameIndex { .. }
            | AlterIndex { .. }
            | AttachIndex { .. }
            | Reindex { .. }
            | CreateEnum { .. }
            | AddEnumValue { .. }
            | RenameEnumValue { .. }
            | RenameType { .. }
            | DropType { .. }
            | CreateDomain { .. }
            | AlterDomain { .. }
            | RefreshMaterializedView { .. }
            | Comment { .. }
            | Grant { .. }
            | Select { .. }
            | SetParameter { .. }
            | Transaction(_)
            | Opaque { .. } => None,
        }
    }
}
