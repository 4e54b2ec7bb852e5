//! Steps, and how they become a sequence: which steps share a unit of execution, and in which order the units run.
//!
//! Steps are plain data. Nothing here knows a framework by name; what its runner can do comes as [`Runner`].

pub mod check;
mod dependency;
mod order;
mod resource;
mod sequence;
mod step;
mod waits;

pub use dependency::uses;
pub use order::{Stuck, units};
pub use resource::Uses;
pub use sequence::{Runner, Sequence, Unit, UnitKind};
pub use step::{Duration, Phase, Step, Transaction, Undo, snake_case};
pub use waits::Freedom;
