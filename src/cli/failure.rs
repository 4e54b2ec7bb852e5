//! Everything that ends a command with exit code 2.

use crate::deferred::DeferredError;
use crate::disk::DiskError;
use crate::framework::FrameworkError;
use crate::pipeline::{OriginalsError, ResolveError};
use crate::project::{BaselineError, ConfigError, GitError};
use crate::review::ReviewError;
use crate::verify::VerifyError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The paths cannot be worked on.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What waits for a deploy is not as safestep wrote it.
    #[error(transparent)]
    Deferred(#[from] DeferredError),
    /// The baseline cannot be read.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// A migration cannot be read.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
    /// What is to be proved cannot be found.
    #[error(transparent)]
    Originals(#[from] OriginalsError),
    /// Git does not know the commits.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The review does not stand on the pull request.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// Nothing could be proved.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Nothing was written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Input or output failed.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),
    /// Several files cannot be read or laid out; each was named already.
    #[error("{0} could not be read or laid out; nothing was written")]
    Unreadable(String),
}
