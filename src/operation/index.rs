//! Indexes: what they are built of.

use std::ops::Deref;

use super::{Ident, ObjectKind, QualifiedName, Spelled, SqlFragment};

/// What is done to indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum IndexOperation {
    Create(CreateIndex),
    Drop { names: Vec<QualifiedName>, concurrently: bool, if_exists: bool, cascade: bool },
    Rename { index: QualifiedName, to: Ident, if_exists: bool },
    Alter { index: QualifiedName, action: IndexAction },
    AttachPartition { index: QualifiedName, partition: QualifiedName },
    Reindex { kind: ObjectKind, name: Option<QualifiedName>, concurrently: bool },
}

impl IndexOperation {
    /// The table of an index that is made; of others the catalog knows it.
    pub fn table(&self) -> Option<&QualifiedName> {
        use IndexOperation::*;
        match self {
            Create(index) => Some(&index.table),
            Drop { .. } | Rename { .. } | Alter { .. } | AttachPartition { .. } | Reindex { .. } => None,
        }
    }
}

/// `CREATE INDEX`. Dereferences to what the index is built of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// Its name, without a schema (an index lives in its table's); `None` leaves it to PostgreSQL.
    pub name: Option<Ident>,
    /// The table or materialized view.
    pub table: Spelled<QualifiedName>,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `ON ONLY`.
    pub only: bool,
    /// What stands behind the table's name: `("email")`, ` USING gin ("j") WHERE …`. The spelling begins with the white space
    /// behind the name.
    pub definition: Spelled<IndexDefinition>,
}

impl Deref for CreateIndex {
    type Target = IndexDefinition;
    fn deref(&self) -> &IndexDefinition {
        &self.definition
    }
}

/// What an index is built of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDefinition {
    /// `USING`: its access method.
    pub method: Ident,
    /// The key columns and expressions.
    pub columns: Vec<IndexColumn>,
    /// `INCLUDE`, `WITH` and `TABLESPACE`.
    pub parameters: IndexParameters,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// The partial index's predicate.
    pub predicate: Option<SqlFragment>,
}

impl IndexDefinition {
    /// An index of these columns in the way that PostgreSQL takes when nothing else is said.
    pub fn of(columns: Vec<IndexColumn>) -> Self {
        IndexDefinition {
            method: Ident::new(BTREE),
            columns,
            parameters: IndexParameters::default(),
            nulls_not_distinct: false,
            predicate: None,
        }
    }

    /// Its access method is the one that an index has when none is named.
    pub fn is_btree(&self) -> bool {
        self.method.as_str() == BTREE
    }
}

const BTREE: &str = "btree";

/// The index_parameters of a `UNIQUE`, `PRIMARY KEY` or `EXCLUDE`, which an index has too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexParameters {
    /// The columns of `INCLUDE (…)`.
    pub include: Vec<Ident>,
    /// The storage parameters of `WITH (…)`.
    pub with: Vec<StorageParameter>,
    /// `TABLESPACE`, `USING INDEX TABLESPACE`.
    pub tablespace: Option<Ident>,
}

/// A storage parameter: `fillfactor = 70`, `toast.autovacuum_enabled = off`, `fastupdate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageParameter {
    /// Its name, with `toast` as its schema where that is written.
    pub name: QualifiedName,
    /// Its value; `None` stands for true.
    pub value: Option<SqlFragment>,
}

/// One column or expression of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// What is indexed.
    pub key: IndexKey,
    /// `COLLATE`.
    pub collation: Option<QualifiedName>,
    /// The operator class; `None` is the type's own.
    pub operator_class: Option<OperatorClass>,
    /// `ASC` or `DESC`.
    pub order: SortOrder,
    /// `NULLS FIRST` or `NULLS LAST`.
    pub nulls: NullsOrder,
}

impl IndexColumn {
    /// The column or expression with nothing behind it.
    pub fn plain(key: IndexKey) -> Self {
        IndexColumn {
            key,
            collation: None,
            operator_class: None,
            order: SortOrder::default(),
            nulls: SortOrder::default().nulls(),
        }
    }

    /// The column; `None` for an expression.
    pub fn column(&self) -> Option<&Ident> {
        match &self.key {
            IndexKey::Column(column) => Some(column),
            IndexKey::Expression(_) => None,
        }
    }

    /// The expression; `None` for a column.
    pub fn expression(&self) -> Option<&SqlFragment> {
        match &self.key {
            IndexKey::Column(_) => None,
            IndexKey::Expression(expression) => Some(expression),
        }
    }
}

/// What an element of an index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKey {
    /// A column.
    Column(Ident),
    /// An expression as written, with its parentheses where it needs them: `lower(email)`, `(a + b)`.
    Expression(SqlFragment),
}

/// An operator class with its parameters: `gin_trgm_ops`, `gist_trgm_ops(siglen = 32)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClass {
    /// Its name.
    pub name: QualifiedName,
    /// What stands in its parentheses.
    pub parameters: Option<SqlFragment>,
}

/// The order of an index's column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// `ASC`.
    #[default]
    Ascending,
    /// `DESC`.
    Descending,
}

impl SortOrder {
    /// Where NULLs stand when nothing is said: they count as larger than any value.
    pub fn nulls(self) -> NullsOrder {
        match self {
            SortOrder::Ascending => NullsOrder::Last,
            SortOrder::Descending => NullsOrder::First,
        }
    }
}

/// Where NULLs stand in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // PostgreSQL's own words
pub enum NullsOrder {
    First,
    Last,
}

/// What `ALTER INDEX` does, apart from a new name and a partition's index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexAction {
    /// `SET (…)`.
    SetParameters(Vec<StorageParameter>),
    /// `RESET (…)`.
    ResetParameters(Vec<QualifiedName>),
    /// `SET TABLESPACE`.
    SetTablespace(Ident),
    /// `ALTER COLUMN n SET STATISTICS …`.
    SetStatistics,
    /// `DEPENDS ON EXTENSION` and what is not known.
    Other,
}
