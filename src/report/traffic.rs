//! What a migration did to an application's traffic.

use schemars::JsonSchema;
use serde::Serialize;

/// The trials of a run of `safestep verify --traffic`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TrafficReport {
    /// Version of this data shape.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// One for each rewritten migration and server version, in order.
    pub trials: Vec<Trial>,
}

/// A migration under traffic: as it was written, and as a sequence.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Trial {
    /// The migration's name.
    pub name: String,
    /// The server's version, `15.18`.
    pub postgres: String,
    /// The tables that are read and written: those that the naive migration locks.
    pub tables: Vec<String>,
    /// Rows in each of them.
    pub rows: u32,
    /// Sessions that send statements, half of them readers and half writers.
    pub clients: u32,
    /// Statements per second of all clients together.
    pub rate: u32,
    /// The longest stall that the sequence promises, in milliseconds; absent when no `lock_timeout` is set.
    pub promised: Option<f64>,
    /// The migration as it was written.
    pub naive: Side,
    /// The sequence.
    pub sequence: Side,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One way to run the migration, with the traffic beside it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Side {
    /// How long the migration took, in seconds.
    pub seconds: f64,
    /// When it began, in seconds after the traffic.
    pub begins: f64,
    /// What was sent, in order.
    pub steps: Vec<StepTraffic>,
    /// Statements that read, since the migration began and until a second after it.
    pub reads: Statements,
    /// Statements that write, since then.
    pub writes: Statements,
    /// Statements that succeeded in each slice of [`SLICE`] seconds, since the traffic began: reads and writes.
    pub answered: Vec<[u32; 2]>,
    /// Why the migration failed.
    pub failure: Option<String>,
}

/// Length of a slice of [`Side::answered`], in seconds.
pub const SLICE: f64 = 0.1;

/// A statement or step of the migration, and what clients felt of it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepTraffic {
    /// The statement in one line, or the file.
    pub name: String,
    /// When it began, in seconds after the traffic.
    pub begins: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The longest that a read waited during it, in milliseconds.
    pub longest_read: f64,
    /// The longest that a write waited during it, in milliseconds.
    pub longest_write: f64,
}

/// Statements of one kind, with their waits from the moment at which a client wanted an answer. In milliseconds.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Statements {
    /// How many.
    pub sent: usize,
    /// How many of them failed.
    pub failed: usize,
    /// What the server said to the first that failed.
    pub first_failure: Option<String>,
    /// Half of them waited no longer.
    pub p50: f64,
    /// 99 of 100 waited no longer.
    pub p99: f64,
    /// The longest wait.
    pub longest: f64,
    /// When that one was sent, in seconds after the traffic began.
    pub longest_at: f64,
}

impl Side {
    /// Statements that failed.
    pub fn failed(&self) -> usize {
        self.reads.failed + self.writes.failed
    }
}

impl Trial {
    /// True when the sequence ran to its end and stopped nothing that the naive migration lets pass.
    pub fn holds(&self) -> bool {
        self.sequence.failure.is_none() && (self.sequence.failed() == 0 || self.naive.failed() > 0)
    }
}

impl TrafficReport {
    /// True when every sequence ran to its end.
    pub fn holds(&self) -> bool {
        self.trials.iter().all(Trial::holds)
    }
}
