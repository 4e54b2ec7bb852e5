//! What a proof came to.

use schemars::JsonSchema;
use serde::Serialize;

/// The proofs of a run of `safestep verify`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ProofReport {
    /// Version of this data shape.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// One for each rewritten migration and server version, in order.
    pub proofs: Vec<Proof>,
    /// How long all of it took; several proofs run side by side.
    pub seconds: f64,
}

/// How a sequence compares with the naive migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same schema and the same rows.
    #[default]
    Same,
    /// The naive migration fails on rows; the same on empty tables.
    FailsOnRows,
    /// Both fail, rows or not.
    Fails,
    /// Something in it only its own program knows: nothing is proved or refuted.
    NotKnown,
    /// Something is not as it was promised.
    Differs,
}

/// The proof of one migration on one server.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Proof {
    /// The migration's name.
    pub name: String,
    /// The server's version, `15.18`.
    pub postgres: String,
    /// How it compares.
    pub verdict: Verdict,
    /// Objects in the catalog that were compared.
    pub catalog_objects: usize,
    /// Tables whose rows were compared.
    pub tables: usize,
    /// Rows that were compared.
    pub rows: usize,
    /// Each file of the sequence.
    pub steps: Vec<StepProof>,
    /// The migration with two numbers of rows; absent when it locks no table that was there before.
    pub growth: Option<Growth>,
    /// After how many steps the database was looked at as others see it meanwhile.
    pub looks: usize,
    /// What became of NULLs, duplicates and orphans that the naive migration fails on.
    pub bad_rows: Vec<BadRows>,
    /// Steps that were killed half-way and run again; absent when that was not asked for.
    pub interrupted: Option<usize>,
    /// Steps that were taken back, from the last one on; absent when that was not asked for.
    pub undone: Option<usize>,
    /// Both sides were run by the project's own runner as well; absent when none is configured.
    pub by_command: Option<ByCommand>,
    /// What is not as promised; empty when it is proved.
    pub problems: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

/// The project's own runner, which ran both sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ByCommand {
    /// As it is configured.
    pub command: String,
    /// Files of the sequence, each run by itself.
    pub files: usize,
    /// Only it knows what the migration sends: nothing else was proved.
    pub is_alone: bool,
}

/// What a step really did.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepProof {
    /// The file.
    pub file: String,
    /// The locks that it held on relations that were there before the sequence.
    pub locks: Vec<String>,
    /// One of them blocks writers.
    pub blocks: bool,
    /// Tables whose rows it read or wrote under them.
    pub reads: Vec<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
    /// The same with the two numbers of rows of `growth`.
    pub grows: [f64; 2],
    /// No step of its own: it makes the one beside it bear repetition.
    pub helps: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Rows on which the naive migration fails.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BadRows {
    /// `NULLs`, `duplicates` or `orphans`.
    pub kind: String,
    /// The step that fails as well and leaves the rows alone; absent when the sequence fills the NULLs.
    pub stops_at: Option<String>,
    /// No row has changed then; false where the migration's own drops, fills and statements ran before.
    pub untouched: bool,
}

/// How long locks that block writers are held, with two numbers of rows.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Growth {
    /// Rows in every table that the migration locks.
    pub rows: [u32; 2],
    /// The statements of the naive migration that hold such locks.
    pub naive: Vec<NaiveStatement>,
}

/// A statement of the naive migration that blocks writers of a table.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct NaiveStatement {
    /// The statement, in one line.
    pub sql: String,
    /// The locks that block writers.
    pub locks: Vec<String>,
    /// How long it took with either number of rows, in milliseconds.
    pub milliseconds: [f64; 2],
}

impl Proof {
    /// A migration that does not run at all, rewritten or not.
    pub fn history(name: &str, postgres: &str, why: String) -> Proof {
        Proof {
            name: name.to_owned(),
            postgres: postgres.to_owned(),
            verdict: Verdict::Fails,
            notes: vec![format!("it fails on an empty database, so what comes after it is proved without it: {why}")],
            ..Proof::default()
        }
    }
}

impl Proof {
    /// A migration of which only its own program knows what it sends. `files` are those that stand for it.
    pub fn not_known(name: &str, postgres: &str, files: Vec<String>, unknown: &[String]) -> Proof {
        let what = match files.is_empty() {
            true => "what comes after it is proved without it",
            false => "nothing about it is proved",
        };
        let note = |unknown: &String| format!("{unknown}: only running the file tells what it sends, so {what}");
        let how = "to prove it with the project's own runner, set command under [verify] in safestep.toml";
        Proof {
            name: name.to_owned(),
            postgres: postgres.to_owned(),
            verdict: Verdict::NotKnown,
            steps: files.into_iter().map(|file| StepProof { file, ..StepProof::default() }).collect(),
            notes: unknown.iter().map(note).chain([how.to_owned()]).collect(),
            ..Proof::default()
        }
    }
}

impl ProofReport {
    /// True when every rewritten migration is proved.
    pub fn holds(&self) -> bool {
        let is_open = |proof: &Proof| match proof.verdict {
            Verdict::Differs => true,
            Verdict::NotKnown => !proof.steps.is_empty(),
            Verdict::Same | Verdict::FailsOnRows | Verdict::Fails => false,
        };
        !self.proofs.iter().any(is_open)
    }
}
