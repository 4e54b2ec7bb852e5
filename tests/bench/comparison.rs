//! How a rewrite that a framework ran compares with the naive migration.

use std::fmt;

/// How a rewrite compares with the naive migration. Anything else is an error.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The file is the naive one, byte for byte.
    Unchanged,
    /// Both succeed and leave the same.
    Same,
    /// The naive one fails in the runner's transaction; the rewrite leaves what it leaves statement by statement.
    Possible,
    /// Both fail on these rows, which stay; on empty tables they are the same.
    FailsOnRows,
    /// Both fail, rows or not.
    Fails,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Verdict::Unchanged => "unchanged",
            Verdict::Same => "same schema, same rows",
            Verdict::Possible => "possible only rewritten, same schema, same rows",
            Verdict::FailsOnRows => "both fail on rows, same schema on empty tables",
            Verdict::Fails => "both fail",
        })
    }
}
