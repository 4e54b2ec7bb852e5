//! What a database says today to the conditions of sequences.

use schemars::JsonSchema;
use serde::Serialize;

use super::CheckOutcome;

/// The answer of `preflight`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PreflightAnswers {
    /// Version of this data shape; raised only when a field changes its meaning or goes.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Every migration whose sequence has a condition, in the order in which they run.
    pub migrations: Vec<MigrationAnswers>,
}

/// The conditions of one migration's sequence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MigrationAnswers {
    /// The migration's folder or file.
    pub path: String,
    /// Its conditions, in the order of its steps.
    pub conditions: Vec<ConditionAnswer>,
}

/// A condition, and whether it holds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConditionAnswer {
    /// What must be true, in plain words.
    pub condition: String,
    /// Whether it is.
    pub outcome: CheckOutcome,
    /// Why nobody can tell.
    pub why: Option<String>,
    /// Some of the rows that break it.
    pub rows: Vec<String>,
    /// There are more than these.
    pub more: bool,
    /// The query that must find nothing.
    pub query: String,
    /// The step that fails otherwise.
    pub step: usize,
}

impl PreflightAnswers {
    /// All conditions with this outcome.
    pub fn with(&self, outcome: CheckOutcome) -> usize {
        self.migrations.iter().flat_map(|migration| &migration.conditions).filter(|c| c.outcome == outcome).count()
    }
}
