//! What a run found and proposes, and what a proof or a trial came to, as plain data: printers print this and nothing else.
//!
//! The field names are the stable JSON contract (`--format json`, `--schema`). Paths are relative to the working
//! directory, with `/`. Lines and columns count from 1; columns count characters.

mod preflight;
mod proof;
mod sizes;
mod status;
mod traffic;

use schemars::JsonSchema;
use serde::Serialize;

pub use preflight::{ConditionAnswer, MigrationAnswers, PreflightAnswers};
pub use proof::{BadRows, ByCommand, Growth, NaiveStatement, Proof, ProofReport, StepProof, Verdict};
pub use sizes::{Sizes, TableSize};
pub use status::{CheckOutcome, CheckStatus, PhaseStatus, Release, SequenceStatus, StatusReport};
pub use traffic::{SLICE, Side, Statements, StepTraffic, TrafficReport, Trial};

/// The outcome of `rewrite` or `check` over any number of migrations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Version of this data shape; raised only when a field changes its meaning or goes.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// `prisma`, `drizzle`, `rails`, `alembic` or `sql`; those of several projects with commas between.
    pub framework: String,
    /// Every migration that was read, in the order in which the framework runs them.
    pub migrations: Vec<MigrationReport>,
}

/// One migration: what is dangerous in it and what becomes of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MigrationReport {
    /// The framework whose migration it is.
    pub framework: String,
    /// The migration's folder or file.
    pub path: String,
    /// The migration's name as the framework records it.
    pub name: String,
    /// What is dangerous, in the order of the source.
    pub hazards: Vec<HazardReport>,
    /// The sequence that replaces the migration; empty when it stays as it is.
    pub steps: Vec<StepReport>,
    /// The changes on disk that make it so; empty when there is nothing to change.
    pub files: Vec<FileReport>,
    /// Where later phases of the sequence wait; empty when everything goes out in one deploy.
    pub phases: Vec<PhaseReport>,
    /// Rows that must not exist before the sequence runs, each with the query that finds them.
    pub preflights: Vec<PreflightReport>,
    /// Statements that are passed through because safestep does not read them.
    pub opaque: Vec<OpaqueReport>,
    /// What else a reader should know, one sentence each.
    pub notes: Vec<String>,
}

impl Report {
    /// Of no project yet.
    pub fn empty() -> Report {
        Report { version: 1, framework: String::new(), migrations: Vec::new() }
    }

    /// Takes in the migrations of one more project; each framework is named once.
    pub fn extend(&mut self, framework: &str, migrations: Vec<MigrationReport>) {
        if !self.framework.split(", ").any(|name| name == framework) {
            let comma = if self.framework.is_empty() { "" } else { ", " };
            self.framework += &format!("{comma}{framework}");
        }
        self.migrations.extend(migrations);
    }
}

impl MigrationReport {
    /// What a person calls it: its file or folder without what that is in, and without the ending.
    pub fn title(&self) -> &str {
        let name = self.path.trim_end_matches('/').rsplit('/').next().unwrap_or(&self.path);
        [".rb", ".py", ".sql"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Blocks, breaks or loses something on a big or busy table.
    Danger,
    /// Harmless in most cases; the message says when it is not.
    Caution,
}

/// Whether a hazard makes `check` fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It does.
    Error,
    /// It is only reported: `[rules]` says `warn`.
    Warn,
}

/// What safestep can do about a hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Rewritten: same meaning, one deploy.
    Safe,
    /// A sequence with a deploy between its phases.
    Phased,
    /// Needs a value that only a person knows.
    NeedsInput,
    /// No safe form exists: the message says what to do instead.
    Manual,
}

/// One hazard at one place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HazardReport {
    /// The rule's id, e.g. `set-not-null`: what `safestep explain` takes.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it makes `check` fail.
    pub level: Level,
    /// What safestep can do about it.
    pub applicability: Applicability,
    /// The file it is in.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
    /// First lines of the other operations that it is about: a key that is dropped here and added again there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<usize>,
    /// The source of the operation, as it stands in the file.
    pub statement: String,
    /// The table it is about, as PostgreSQL would print it.
    pub table: Option<String>,
    /// The strongest lock that the naive form takes, in PostgreSQL's words: `ACCESS EXCLUSIVE`.
    pub lock: Option<String>,
    /// What happens, in plain words, in one line.
    pub message: String,
    /// The short note under the marked source: the lock and for how long.
    pub label: String,
    /// What safestep does about it or what a person should do, in one line.
    pub help: String,
    /// True when the steps below contain a rewrite of it.
    pub rewritten: bool,
    /// Rows of the tables that the naive form reads or writes whole, where `[tables]` tells them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<u64>,
    /// How long that takes, about, where `[rates]` tells it. In seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub estimated_seconds: Option<f64>,
    /// Where to read more: the command that prints the rule's page.
    pub explain_url: String,
    /// The same for the same hazard of the same migration wherever it stands in the file: 32 hexadecimal digits.
    pub fingerprint: String,
}

/// One operation of the sequence. Several may share a step, and several steps a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepReport {
    /// The file it is in.
    pub file: String,
    /// What the file's comments call it: step 2 of 7. What runs at once has one number.
    pub number: usize,
    /// A few words: `user_add_age`.
    pub name: String,
    /// `expand`, `migrate` or `contract`.
    pub phase: String,
    /// `in-tx`, `own-tx` or `no-tx`.
    pub transaction: String,
    /// The strongest lock it takes and on what, e.g. `ACCESS EXCLUSIVE on "User"`; `None` when it takes none that matters.
    pub lock: Option<String>,
    /// The tables it works on, as PostgreSQL would print them.
    pub tables: Vec<String>,
    /// How long it takes, in words: `instant`, `scans, blocks nothing`, `builds, blocks nothing`, `fills in batches`; where the table's
    /// rows are known, `scans, blocks nothing, about 4 min on 80 million rows`.
    pub duration: String,
    /// Rows that it reads or writes, where `[tables]` tells them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<u64>,
    /// How long it takes on them, about, where `[rates]` tells it. In seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub estimated_seconds: Option<f64>,
    /// The statement, without the machinery around it.
    pub sql: String,
    /// Why it is there, in one sentence.
    pub why: String,
    /// The statement that takes it back, or why there is none.
    pub undo: String,
    /// The line of the source statement that it comes from.
    pub from_line: usize,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileAction {
    /// It is new.
    Create,
    /// Its content changes.
    Modify,
    /// It goes.
    Delete,
}

/// One change on disk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileReport {
    /// The file.
    pub path: String,
    /// What happens to it.
    pub action: FileAction,
    /// Its content before, when there was one.
    pub before: Option<String>,
    /// Its content after, when there is one.
    pub after: Option<String>,
}

/// A phase of a sequence and what it waits for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PhaseReport {
    /// `expand`, `migrate` or `contract`.
    pub phase: String,
    /// How many files it has.
    pub files: usize,
    /// What must be true before it may run; empty for the first.
    pub gate: String,
}

/// A check to run before the sequence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PreflightReport {
    /// What must be true, in plain words: `"User"."name" must hold no NULL`.
    pub condition: String,
    /// The query that must find nothing.
    pub query: String,
    /// The file whose step fails otherwise.
    pub file: String,
    /// That step's number.
    pub step: usize,
}

/// A statement that is left as it is because it is not understood.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OpaqueReport {
    /// The file.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// What it is, in a few words: `DO block`, `CREATE RULE`.
    pub what: String,
}
