//! What PostgreSQL does: facts, no decisions. Which locks an operation takes and what its cost grows with, by version.
//!
//! Everything here was measured on real servers; `tests/matrix/` holds the measurements and checks each answer.
//! [`effects`] asks a room for each family of statements (`column`, `constraint`, …), which adds up locks and
//! work in a tally; it knows the catalog, so what the migration itself made and what nobody uses yet costs nothing.

mod column;
mod constraint;
mod cost;
mod data;
mod effects;
pub mod idempotence;
mod index;
mod lock;
mod maintenance;
mod object;
mod partition;
mod setting;
mod table;
mod tally;
mod type_change;
mod volatility;

pub use column::is_checked_beside;
pub use constraint::proving_check;
pub use cost::{Effects, Work};
pub use data::calls_users_function;
pub use effects::{effects, statement_effects, transaction_effects};
pub use lock::LockMode;
pub use setting::matters;
pub use type_change::{TypeAlteration, TypeChange, type_change};
pub use volatility::{Volatility, volatility};

/// The oldest major version that safestep knows.
pub const OLDEST: u32 = 12;
/// The newest major version that safestep knows.
pub const NEWEST: u32 = 18;
