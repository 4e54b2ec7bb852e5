//! The tables in which a framework's runner writes down what it has run.
//!
//! A framework says what to ask and what the answers mean; who asks has the connection.

use sha2::{Digest, Sha256};

use super::migration::Migration;

/// A row of an answer: its values as text, in the order of the query.
pub type Row = Vec<Option<String>>;

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

/// A query, and what it means when it finds a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What to ask.
    pub query: String,
    /// Why the ledger cannot be told anything then.
    pub why: String,
}

/// How a framework's ledger is read and told of a sequence that stands for a migration.
pub trait Ledger: Sync {
    /// Its tables, without their schema.
    fn tables(&self) -> Vec<&str>;
    /// The schema, as SQL names it, that is there for them before the first migration runs, where they have one of their own.
    fn schema(&self) -> Option<&str> {
        None
    }
    /// The table that holds a row for each migration, as SQL names it.
    fn place(&self) -> String;
    /// A query of its rows, in the order in which they ran.
    fn rows(&self) -> String;
    /// What ran, in order, by these rows. `folder` is what is on disk, to compare with.
    fn applied(&self, rows: &[Row], folder: &[Migration]) -> Vec<Applied>;
    /// What may stand in the way of telling it anything.
    fn obstacle(&self) -> Option<Obstacle> {
        None
    }
    /// Why there is nothing to tell it, by these rows, as the rest of a sentence.
    fn agrees(&self, _rows: &[Row]) -> String {
        "the database and the folder agree".into()
    }
    /// What it means that the ledger knows a migration for which nothing stands in the folder.
    fn unknown(&self, name: &str) -> String {
        format!("{name} ran on this database, and nothing in the folder stands for it")
    }
    /// A query that says whether no runner is at work, and keeps one from beginning where the runner has a lock for that.
    fn lock(&self) -> String;
    /// One statement that makes `new` (in order) stand for `old`; `None` where the runner needs none.
    fn adoption(&self, old: &str, new: &[&Migration]) -> Option<String>;
}

/// What ledgers know a file by: its text's SHA-256, in hex.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
