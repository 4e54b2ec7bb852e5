//! Steps, and how they become a sequence: which steps share a unit of execution, and in which order the units run.
//!
//! Steps are plain data. Nothing here knows a framework by name; what its runner does comes as [`Runner`].

pub mod check;
mod dependency;
pub mod files;
mod gate;
mod order;
mod origin;
pub mod rerun;
mod resource;
mod rules;
mod runner;
mod sequence;
mod step;
mod values;
mod waits;

pub use dependency::uses;
pub use files::{Files, Refusal};
pub use gate::{Check, Deferral, Gate, Owned, PhasePlan};
pub use order::{Stuck, held_up, units};
pub use origin::Origin;
pub use resource::Uses;
pub use rules::rules_last;
pub use runner::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};
pub use sequence::{Sequence, Unit, UnitKind};
pub use step::{Duration, Phase, Step, Transaction, Undo, asserts, changes_answer, changes_meaning, snake_case};
pub use waits::Freedom;
