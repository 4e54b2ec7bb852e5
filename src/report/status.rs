//! What waits for a deploy.

use schemars::JsonSchema;
use serde::Serialize;

/// The answer of `status`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusReport {
    /// Version of this data shape; raised only when a field changes its meaning or goes.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The framework.
    pub framework: String,
    /// Every sequence with a phase that waits, by name.
    pub sequences: Vec<SequenceStatus>,
}

/// A sequence with a phase that waits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SequenceStatus {
    /// Its name: that of the migration that it came from.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// The columns, tables and types that are its own until its end.
    pub owns: Vec<String>,
    /// Its phases, in order.
    pub phases: Vec<PhaseStatus>,
}

/// A phase of a sequence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PhaseStatus {
    /// `expand`, `migrate` or `contract`.
    pub phase: String,
    /// Where it is.
    pub state: Release,
    /// Its files.
    pub files: Vec<String>,
    /// What must be deployed before it.
    pub deploy: Vec<String>,
    /// What was looked at, for the phase that is next.
    pub checks: Vec<CheckStatus>,
}

/// Where a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// Among the migrations.
    Released,
    /// The next that can be released.
    Next,
    /// Another phase comes before it.
    Later,
}

/// Something that must be true before a phase.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckStatus {
    /// What must be true, or what is known of it, in plain words.
    pub what: String,
    /// Whether it is.
    pub outcome: CheckOutcome,
    /// The query that must find nothing, where a database says it.
    pub query: Option<String>,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It does.
    Holds,
    /// It does not: the phase may not run.
    Fails,
    /// Nobody looked, or nobody can tell.
    Unknown,
}

impl SequenceStatus {
    /// What forbids its next phase.
    pub fn failing(&self) -> impl Iterator<Item = &CheckStatus> {
        let next = self.phases.iter().filter(|phase| phase.state == Release::Next);
        next.flat_map(|phase| &phase.checks).filter(|check| check.outcome == CheckOutcome::Fails)
    }
}
