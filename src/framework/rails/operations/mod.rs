//! The schema methods and the SQL that each stands for: the very statements that Active Record sends to PostgreSQL, in the
//! same order, with the meaning that the version in brackets gives them.
//!
//! A method with an argument that is not understood gives no SQL but the reason: nothing is guessed.

mod context;
mod sent;

pub use context::{Context, Version};
pub use sent::{Condition, Sent};

use super::value::{Call, Why};

/// The SQL of a call.
///
/// # Errors
/// Why it is not understood.
pub fn statements(call: &Call, _context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    if let Some(unknown) = call.arguments.unknown() {
        return Err(unknown.to_owned());
    }
    Err(call.method.clone())
}

/// The calls that `change` makes when this one is rolled back, in order.
///
/// # Errors
/// Why Active Record raises `IrreversibleMigration`, or why it is not understood.
pub fn inverse(call: &Call, _context: &Context<'_>) -> Result<Vec<Call>, Why> {
    Err(format!("{} cannot be reversed", call.method))
}
