//! What PostgreSQL does: facts, no decisions. Which locks an operation takes and what its cost grows with, by version.
//!
//! Everything here was measured on real servers; `tests/matrix/` holds the measurements and checks each answer.

mod effects;
mod lock;

pub use effects::{Effects, Work, effects};
pub use lock::LockMode;

/// The oldest major version that safestep knows.
pub const OLDEST: u32 = 12;
/// The newest major version that safestep knows.
pub const NEWEST: u32 = 18;
