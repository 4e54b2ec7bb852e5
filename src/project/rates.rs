//! `[rates]`: how fast a server gets through rows, to say how long something takes there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting;

/// Rows a second of the production server, as somebody measured them there. For what is absent no time is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RatesConfig {
    /// Rows that are read to check a constraint.
    #[serde(deserialize_with = "setting::rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub scan: Option<u64>,
    /// Rows that go into one index.
    #[serde(deserialize_with = "setting::rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub build: Option<u64>,
    /// Rows of a table that is written anew with its indexes.
    #[serde(deserialize_with = "setting::rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub rewrite: Option<u64>,
    /// Rows that an UPDATE changes; a backfill pauses between its batches besides.
    #[serde(deserialize_with = "setting::rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub fill: Option<u64>,
}
