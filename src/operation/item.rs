//! An operation in its migration.

use std::sync::Arc;

use super::{Operation, Setting};

/// Why an operation stays where its author put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// It stands between the author's BEGIN and COMMIT.
    Transaction,
    /// It stands in a `DO` block that decides something: variables, conditions, loops.
    Block,
    /// It stands in a program between statements that need one another.
    Program,
    /// Only running the program tells whether it runs, and how often.
    Condition,
    /// The program asks the catalog first whether there is anything to do.
    Asked,
    /// The program gives its constraint or index a name that nobody knows without running it.
    Unnamed,
    /// A setting of the session decides what it does, and cannot be said again beside it.
    Session,
    /// The search path leaves open in which schema its names are.
    Names,
}

impl Fixed {
    /// It cannot leave the statement of a program that it stands in, or be said in other words.
    pub fn is_by_program(self) -> bool {
        matches!(self, Fixed::Block | Fixed::Program | Fixed::Condition | Fixed::Asked | Fixed::Unnamed)
    }
}

/// One operation of the migration at hand.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it does.
    pub operation: Operation,
    /// The statement that it stands in, by index.
    pub statement: usize,
    /// That statement is a `DO` block.
    pub in_do: bool,
    /// What its runner sends to the server at once, by number: it may hold several statements.
    pub chunk: usize,
    /// What of that is a transaction by itself, by number: a `DO` block may commit.
    pub part: usize,
    /// The transaction block it stands in, by number: the runner's own or one that the author began.
    pub block: Option<usize>,
    /// Why it must stay where its author put it, when it must.
    pub fixed: Option<Fixed>,
    /// What keeps an error of it from ending the migration: the conditions of a handler around it in its `DO` block, as written,
    /// or `others` where it may be that it does not run.
    pub caught: Vec<String>,
    /// What the author has set for the session or the transaction before it, in that order.
    pub settings: Arc<Vec<Setting>>,
    /// The author bounded its lock waits: a `lock_timeout` is in force, or the statement retries by itself.
    pub bounds_lock_waits: bool,
    /// A `DO` block before it, in the same file, asks which indexes a failed build left INVALID.
    pub looks_for_leftovers: bool,
    /// A migration behind it, which may run in the same transaction, uses the label that it adds.
    pub is_used_later: bool,
}

impl Item {
    /// Both take effect together or not at all.
    pub fn shares_transaction_with(&self, other: &Item) -> bool {
        match (self.block, other.block) {
            (Some(one), Some(another)) => one == another,
            (None, None) => (self.chunk, self.part) == (other.chunk, other.part),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}
