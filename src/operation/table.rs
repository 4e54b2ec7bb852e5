//! Tables.

use super::{ColumnDefinition, Constraint, Ident, IndexKey, QualifiedName, SqlFragment, TableRef};

/// What is done to whole tables.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum TableOperation {
    Create(CreateTable),
    Drop { names: Vec<QualifiedName>, if_exists: bool, cascade: bool },
    Rename { table: TableRef, to: Ident },
    SetAttribute { table: TableRef, attribute: TableAttribute },
    AttachPartition { table: TableRef, partition: QualifiedName, bounds: SqlFragment },
    DetachPartition { table: TableRef, partition: QualifiedName, concurrently: bool, finalize: bool },
    Vacuum { tables: Vec<QualifiedName>, full: bool },
    Analyze { tables: Vec<QualifiedName> },
    Cluster { table: Option<QualifiedName> },
}

impl TableOperation {
    /// The first of the tables.
    pub fn table(&self) -> Option<&QualifiedName> {
        use TableOperation::*;
        match self {
            Create(create) => Some(&create.name),
            Drop { names: tables, .. } | Vacuum { tables, .. } | Analyze { tables } => tables.first(),
            Rename { table, .. }
            | SetAttribute { table, .. }
            | AttachPartition { table, .. }
            | DetachPartition { table, .. } => Some(&table.name),
            Cluster { table } => table.as_ref(),
        }
    }
}

/// How long a table's rows last (`relpersistence`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persistence {
    /// They survive a crash.
    #[default]
    Permanent,
    /// They are gone after a crash.
    Unlogged,
    /// They are gone with the session.
    Temporary,
}

impl Persistence {
    /// It lasts as long as its session.
    pub fn is_temporary(self) -> bool {
        self == Persistence::Temporary
    }
}

/// `LIKE table INCLUDING …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// Where the columns are copied from.
    pub table: QualifiedName,
    /// What is copied with them.
    pub copies: Copies,
}

/// What a `LIKE` copies beside the names, the types and NOT NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub struct Copies {
    pub defaults: bool,
    pub identity: bool,
    pub generated: bool,
    /// CHECK constraints.
    pub constraints: bool,
    /// Indexes, primary keys, unique and exclusion constraints.
    pub indexes: bool,
}

impl CreateTable {
    /// A permanent table of that name, with nothing in it.
    pub fn without_columns(name: QualifiedName) -> Self {
        CreateTable {
            name,
            if_not_exists: false,
            persistence: Persistence::Permanent,
            columns: Vec::new(),
            constraints: Vec::new(),
            like: Vec::new(),
            inherits: Vec::new(),
            partition_of: None,
            bounds: None,
            partition_key: None,
            as_query: false,
        }
    }

    /// The tables that it copies from, inherits from or is a partition of.
    pub fn sources(&self) -> impl Iterator<Item = &QualifiedName> {
        self.like.iter().map(|like| &like.table).chain(&self.inherits).chain(&self.partition_of)
    }
}

/// `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: QualifiedName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`, `UNLOGGED` or neither.
    pub persistence: Persistence,
    /// The columns, in order.
    pub columns: Vec<ColumnDefinition>,
    /// The table constraints, in order.
    pub constraints: Vec<Constraint>,
    /// The `LIKE` clauses.
    pub like: Vec<Like>,
    /// `INHERITS (…)`.
    pub inherits: Vec<QualifiedName>,
    /// `PARTITION OF parent`.
    pub partition_of: Option<QualifiedName>,
    /// `FOR VALUES …` or `DEFAULT` of a partition.
    pub bounds: Option<SqlFragment>,
    /// The columns and expressions of `PARTITION BY`.
    pub partition_key: Option<Vec<IndexKey>>,
    /// `AS SELECT …`: the columns are unknown.
    pub as_query: bool,
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
    /// `CLUSTER ON`, `SET WITHOUT CLUSTER`: which index CLUSTER sorts by.
    ClusterIndex,
    /// `OF type`, `NOT OF`, `SET WITHOUT OIDS`: brief, ACCESS EXCLUSIVE.
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
