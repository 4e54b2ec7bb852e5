//! The tables in which a framework's runner writes down what it has run.

use postgres::{Client, Error};

use super::migration::Sending;

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
    fn tables(&self) -> Vec<&str>;
    /// The schema that its runner makes for them, if it makes one.
    fn schema(&self) -> Option<&str> {
        None
    }
    /// How its runner sends a file.
    fn sending(&self) -> Sending;
    /// What ran, in order; `None` when there is no ledger. `folder` is what is on disk, name and content, to compare with.
    ///
    /// # Errors
    /// When the server goes away.
    fn read(&self, client: &mut Client, folder: &[(String, String)]) -> Result<Option<Vec<Applied>>, Error>;
    /// Why it cannot be told anything, if so.
    ///
    /// # Errors
    /// When the server goes away.
    fn cannot_be_told(&self, _client: &mut Client) -> Result<Option<String>, Error> {
        Ok(None)
    }
    /// The migrations of the folder, by name and in order, that stand for one that the ledger calls `old`.
    fn stand_for(&self, old: &str, folder: &[(String, String)]) -> Vec<String>;
    /// A query that says whether no runner is at work, and keeps one from beginning where the runner has a lock for that.
    fn lock(&self) -> String;
    /// One statement that makes `new` (name and content, in order) stand for `old`; `None` where the runner needs none.
    fn adoption(&self, old: &str, new: &[(String, String)]) -> Option<String>;
}
