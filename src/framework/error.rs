//! What can go wrong with a migrations folder.

use camino::Utf8PathBuf;

use crate::source::{Position, SourceError};

/// What can go wrong with a migrations folder.
#[derive(Debug, thiserror::Error)]
pub enum FrameworkError {
    /// The folder cannot be listed.
    #[error("{path}: cannot be listed: {source}")]
    Unlistable {
        /// The folder.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder is for another database.
    #[error("{path}: these migrations are for {provider}, not for PostgreSQL: left alone")]
    OtherDatabase {
        /// The file that says so.
        path: Utf8PathBuf,
        /// The database.
        provider: String,
    },
    /// The folder is not as the runner needs it, or in a form that safestep does not rewrite.
    #[error("{path}: {why}")]
    Unusable {
        /// The file or folder that shows it.
        path: Utf8PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A string, quoted name or comment never ends.
    #[error(
        "{path}:{position}: this never ends: close the string, quoted name, dollar quote or comment that begins here"
    )]
    Unterminated {
        /// The file.
        path: Utf8PathBuf,
        /// Where it begins.
        position: Position,
    },
}
