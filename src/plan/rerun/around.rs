//! The steps around one that runs again.

use crate::plan::Step;
use crate::postgres::idempotence::Name;

/// What is known of the steps around one that runs again.
pub struct Around<'a> {
    /// A step's statement.
    pub text: &'a dyn Fn(&Step) -> String,
    /// True when what runs again drops what has that name before that place.
    pub drops_before: &'a dyn Fn(&Name, usize) -> bool,
}
