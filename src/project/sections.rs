//! The tables of `safestep.toml`, each a struct of its own. Their comments are what editors show beside a key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::described;
use super::setting::{self, Millis};

/// How the steps of a sequence become files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A file for each unit that the framework runs by itself.
    Step,
    /// A file for each phase.
    Phase,
}

/// `[tables]`: which tables are small enough to be changed directly. Unknown tables count as big.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TablesConfig {
    /// Tables that are small whatever `rows` says, with or without their schema.
    pub small: Vec<String>,
    /// Number of rows by table, as `safestep stats` measured them.
    #[serde(deserialize_with = "setting::row_counts")]
    #[schemars(schema_with = "described::row_counts")]
    pub rows: BTreeMap<String, u64>,
    /// At or under this number of rows a table is small.
    pub small_rows: u64,
}

/// `[backfill]`: how existing rows are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackfillConfig {
    /// Rows in a batch; they bound how long a writer of the same rows waits.
    #[serde(deserialize_with = "setting::at_least_one")]
    #[schemars(range(min = 1))]
    pub batch_size: u64,
    /// Pause between two batches, such as "100ms".
    pub pause: Millis,
    /// What becomes of NULLs when a column with a default becomes NOT NULL.
    pub nulls: Nulls,
    /// What becomes of triggers and rules that filling rows would fire.
    pub triggers: Triggers,
}

/// `[verify]`: how a rewrite is proved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyConfig {
    /// The command that runs migrations up to `{revision}` or `{version}` on the database that `DATABASE_URL` names, for frameworks
    /// whose files are programs: `safestep verify` runs both sides with it, too.
    #[serde(deserialize_with = "setting::command", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "described::command")]
    pub command: Option<String>,
}

/// `[review]`: how a pull request is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewConfig {
    /// The most comments at lines that are open at once; what they have no room for is in the summary.
    #[serde(deserialize_with = "setting::at_most_100")]
    #[schemars(range(max = 100))]
    pub max_comments: usize,
}

/// What becomes of NULLs when a column with a default becomes NOT NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nulls {
    /// They are filled with the default first.
    Default,
    /// They are left to the author.
    Off,
}

/// What becomes of triggers and rules that fire when rows are filled by UPDATE, which the naive migration does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Triggers {
    /// The migration stays as it is until somebody says that they may fire.
    Ask,
    /// They fire, and a note names them.
    Fire,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        ReviewConfig { max_comments: 10 }
    }
}

impl Default for TablesConfig {
    fn default() -> Self {
        TablesConfig { small: Vec::new(), rows: BTreeMap::new(), small_rows: 100_000 }
    }
}

impl Default for BackfillConfig {
    fn default() -> Self {
        BackfillConfig { batch_size: 1_000, pause: Millis(100), nulls: Nulls::Default, triggers: Triggers::Ask }
    }
}
