//! Source text as it is on disk: files, byte spans, lines and the comments that speak to safestep.
//!
//! Everything that is printed later is a slice of a [`SourceFile`], so the text is kept exactly as it was read:
//! nothing is normalised, and a file that cannot be kept exactly (not UTF-8, a byte order mark) is refused.

mod directives;
mod error;
pub mod fence;
mod file;
mod span;
mod text;
mod visible;

pub use directives::{Directive, DirectiveOrigin, DirectiveScope, RuleSelection, directives, directives_at_top};
pub use error::{MAX_BYTES, SourceError};
pub use file::{follow, is_installed, is_there, project_of, read_bytes, read_text};
pub use span::{ByteSpan, Position};
pub use text::SourceFile;
pub use visible::{is_hostile, visible, visible_lines};
