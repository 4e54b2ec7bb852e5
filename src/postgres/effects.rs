//! The locks and the cost of one operation.

use super::LockMode;
use crate::operation::{Operation, QualifiedName};
use crate::schema::Schema;

/// What running an operation does to those who use its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The locks on existing relations, each relation once with its strongest lock, ROW SHARE and weaker left out.
    pub locks: Vec<(QualifiedName, LockMode)>,
    /// The work done while they are held.
    pub work: Work,
    /// False when PostgreSQL refuses the operation inside a transaction block.
    pub in_transaction: bool,
    /// True when it is known to fail on a table that has rows, such as ADD COLUMN … NOT NULL without a default.
    pub fails_on_rows: bool,
}

/// The work of an operation, by what it grows with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The same for any size.
    Constant,
    /// Every row of the tables is read.
    Scan(Vec<QualifiedName>),
    /// Every row of the tables is written anew, with all their indexes.
    Rewrite(Vec<QualifiedName>),
    /// Existing or new indexes of the table are built.
    Build(QualifiedName),
    /// Rows are changed by a data statement.
    Rows,
    /// Not known: take the worst.
    Unknown,
}

impl Effects {
    /// The strongest lock.
    pub fn strongest(&self) -> Option<LockMode> {
        self.locks.iter().map(|(_, mode)| *mode).max()
    }

    /// True when a lock blocks writes or reads while work grows with the table.
    pub fn is_unsafe(&self) -> bool {
        self.work != Work::Constant && self.strongest().is_some_and(LockMode::blocks_writes)
    }
}

/// What `operation` does on a server of that major version when the catalog is `schema` (as it is before the operation).
/// Tables that the migration itself made count as empty: their locks are left out and their work is constant.
pub fn effects(operation: &Operation, schema: &Schema, version: u32) -> Effects {
    let _ = (operation, schema, version);
    todo!()
}
