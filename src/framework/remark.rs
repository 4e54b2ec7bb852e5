//! What stands in a project beside its migrations and decides how its runner runs them.

use camino::Utf8PathBuf;

use crate::source::Position;

/// Something in a project that concerns all its migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub path: Utf8PathBuf,
    /// Where in it.
    pub position: Position,
    /// What it does and what to do, as the rest of a sentence that begins with the place.
    pub what: String,
    /// Nothing may be rewritten while it is so.
    pub forbids: bool,
}
