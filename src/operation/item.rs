//! An operation in its migration.

use super::Operation;

/// One operation of the migration at hand.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it does.
    pub operation: Operation,
    /// The statement that it stands in, by index.
    pub statement: usize,
    /// It stands between the author's BEGIN and COMMIT.
    pub in_explicit_transaction: bool,
    /// The author bounded its lock waits: a `lock_timeout` is in force, or the statement retries by itself.
    pub bounds_lock_waits: bool,
}
