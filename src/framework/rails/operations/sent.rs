//! SQL as a schema method sends it.

/// A statement that is sent in a query string of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The statement.
    pub sql: String,
    /// Active Record asks the catalog first, and sends it only if the answer is this.
    pub condition: Condition,
}

/// When a statement is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Every time.
    Always,
    /// When what it makes is not there.
    UnlessThere,
    /// When what it takes away is there.
    IfThere,
}

impl Sent {
    /// A statement that is sent every time.
    pub fn always(sql: impl Into<String>) -> Sent {
        Sent { sql: sql.into(), condition: Condition::Always }
    }
}
