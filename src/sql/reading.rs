//! What was read of a statement.

use std::ops::Range;

use crate::operation::Operation;
use crate::source::ByteSpan;

/// An operation and the slice of the statement that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// What it does.
    pub operation: Operation,
    /// Where it stands, in bytes from the start of the statement.
    pub span: ByteSpan,
}

/// What a statement holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The operations, in order.
    pub operations: Vec<Located>,
    /// The statement is a `DO` block whose body holds the operations.
    pub in_do: bool,
    /// The block does more than guard its operation against running twice: they cannot be taken out of it.
    pub has_logic: bool,
    /// Who sends it asks the catalog first whether there is anything to do.
    pub is_asked: bool,
    /// Who sends it gives something in it a name that its text does not have: it cannot be sent in other words.
    pub is_named_elsewhere: bool,
    /// The operations before which the block commits, by index: what stands before one of them does not share its transaction.
    pub commits_before: Vec<usize>,
    /// What keeps an error of some operations, by index, from ending the statement: the conditions of a block's handler as
    /// written, or `others` where it may be that they do not run.
    pub caught: Vec<(Range<usize>, String)>,
    /// Its lock waits are bounded inside the statement itself (the block that safestep writes).
    pub bounds_lock_waits: bool,
}

impl Reading {
    /// Operations of a statement that is no block.
    pub fn plain(operations: Vec<Located>) -> Reading {
        Reading {
            operations,
            in_do: false,
            has_logic: false,
            is_asked: false,
            is_named_elsewhere: false,
            commits_before: Vec::new(),
            caught: Vec::new(),
            bounds_lock_waits: false,
        }
    }
}
