//! Steps, and how they become a sequence: which steps share a unit of execution, and in which order the units run.
//!
//! Steps are plain data. Nothing here knows a framework by name; what its runner can do comes as [`Runner`].

mod dependency;
mod sequence;
mod step;

pub use dependency::{Uses, uses};
pub use sequence::{Runner, Sequence, Unit, UnitKind, sequence};
pub use step::{Duration, Phase, Step, Transaction, Undo, snake_case};
