//! How big the tables of a database are, and what happens on them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of `stats`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    /// Version of this data shape; raised only when a field changes its meaning or goes.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Every table, by schema and name.
    pub tables: Vec<TableSize>,
    /// How long the oldest transaction is open, in seconds: a concurrent build waits for it. `None` where none was open, or the
    /// role may not see others'.
    pub longest_transaction_seconds: Option<f64>,
}

/// A table, with its partitions and children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableSize {
    /// Its schema.
    pub schema: String,
    /// Its name, without quotes.
    pub name: String,
    /// About how many rows it has; `None` where nobody has analysed it yet.
    pub rows: Option<u64>,
    /// On disk, indexes and TOAST included.
    pub bytes: u64,
    /// Rows that were inserted, updated or deleted a second, since the server began to count.
    pub writes_per_second: f64,
}

impl TableSize {
    /// Its name in `[tables]`: without the schema `public`, which is where most look.
    pub fn key(&self) -> String {
        match self.schema.as_str() {
            "public" => self.name.clone(),
            schema => format!("{schema}.{}", self.name),
        }
    }
}
