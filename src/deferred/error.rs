//! What can be wrong with what waits.

use camino::Utf8PathBuf;

use crate::framework::FrameworkError;
use crate::source::SourceError;

/// What can be wrong with what waits.
#[derive(Debug, thiserror::Error)]
pub enum DeferredError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The folder cannot be listed.
    #[error("{path}: cannot be listed: {source}")]
    Unlistable {
        /// The folder.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what safestep wrote.
    #[error("{path}: {why}")]
    Unusable {
        /// The file or folder.
        path: Utf8PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The migrations cannot take it.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
}
