//! The session and its transactions.

use super::QualifiedName;

/// What is done to the session and its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are PostgreSQL's own statements and the fields their clauses
pub enum SessionOperation {
    SetParameter { name: String, value: String, local: bool },
    Transaction(TransactionControl),
    LockTable { tables: Vec<QualifiedName>, mode: String },
}

impl SessionOperation {
    /// The first table that is locked.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            SessionOperation::LockTable { tables, .. } => tables.first(),
            SessionOperation::SetParameter { .. } | SessionOperation::Transaction(_) => None,
        }
    }
}

impl TransactionControl {
    /// It neither begins nor commits: it is of the transaction that it stands in.
    pub fn is_of_its_transaction(self) -> bool {
        !matches!(self, TransactionControl::Begin | TransactionControl::Commit)
    }
}

/// What `BEGIN`, `COMMIT` and their relatives do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionControl {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`: in a transaction block only.
    Savepoint,
    /// `SET CONSTRAINTS`.
    SetConstraints,
    /// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS`.
    SetTransaction,
}
