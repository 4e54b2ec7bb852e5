//! What stands between two phases: a deploy, and what shows that it is out.

use crate::operation::{Ident, QualifiedName};

/// What must be true before a phase may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What the deploy before it has to bring, as the end of "after …".
    pub deploy: String,
    /// What a database says of it.
    pub checks: Vec<Check>,
}

/// A query that must find nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is true when it finds nothing.
    pub condition: String,
    /// The query.
    pub query: String,
}

/// A column that a sequence has to itself until its last phase is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedColumn {
    /// Its table.
    pub table: QualifiedName,
    /// The column.
    pub column: Ident,
    /// The column that takes its place, where one does.
    pub becomes: Option<Ident>,
}

/// What later phases of a rewrite wait for, and what waits with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    /// What must be true before its last phase.
    pub gate: Gate,
    /// The columns that no running code uses any more by then, and that go with it.
    pub owns: Vec<OwnedColumn>,
}
