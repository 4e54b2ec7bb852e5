//! Sequences whose later phases wait for a deploy: a folder for each, beside the migrations.
//!
//! ```text
//! deferred/20261126_drop_name/
//!   sequence.toml            what it came from, its phases, what each waits for (`stored`)
//!   RUNBOOK.md               for people (`runbook`)
//!   2-contract/01_…/…        the files of a phase, as they will stand among the migrations
//! ```
//!
//! They are made with the rewrite (`making`), and a phase comes into the folder when its deploy is out (`release`); `gate` looks at
//! what is deployed.

mod error;
mod gate;
mod making;
mod release;
mod runbook;
mod stored;

pub use error::DeferredError;
pub use gate::{Deployed, Finding};
pub use making::{Making, Waiting};
pub use release::{Release, release, to_come};
pub use runbook::{Words, runbook};
pub use stored::{
    FILE, PhaseState, Sequence, StoredCheck, StoredColumn, StoredLabels, StoredName, StoredPhase, StoredRename,
    sequences,
};
