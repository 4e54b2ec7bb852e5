//! The tables in which a framework's runner writes down what it has run.

use postgres::{Client, Error};

/// A migration that the ledger knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// It ran to its end.
    pub finished: bool,
    /// Its file is not what ran.
    pub is_changed: bool,
}

/// How a framework's ledger is read and told of a sequence that stands for a migration.
pub trait Ledger: Sync {
    /// Its tables, without their schema.
    fn tables(&self) -> &'static [&'static str];
    /// What ran, in order; `None` when there is no ledger. `folder` is what is on disk, name and content, to compare with.
    ///
    /// # Errors
    /// When the server goes away.
    fn read(&self, client: &mut Client, folder: &[(String, String)]) -> Result<Option<Vec<Applied>>, Error>;
    /// A query that takes the lock of the runner and says whether it was free.
    fn lock(&self) -> &'static str;
    /// One statement that makes `new` (name and content, in order) stand for `old`.
    fn adoption(&self, old: &str, new: &[(String, String)]) -> String;
}
