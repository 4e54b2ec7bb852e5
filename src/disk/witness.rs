//! What shows that a journal was written where it is now, by who reads it now.
//!
//! The journal says which inode the file system gave to a file beside it and when, to the nanosecond. A file that comes
//! with a clone, an archive or a copy gets its inode and its time when it arrives, so nobody can write a journal for it
//! beforehand; whoever can write one here could as well write the migrations.

use std::fs::Metadata;
use std::io;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// The file beside the journal; it is written once and never touched again.
pub(super) const MARK: &str = "mark";

/// What a journal says of the file beside it, and of the folder that it is about.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Witness {
    inode: u64,
    /// Seconds since 1970, and nanoseconds.
    time: (i64, i64),
    root: u64,
}

impl Witness {
    /// What is true of a staging folder and its root now.
    pub(super) fn of(staging: &Utf8Path, root: &Utf8Path) -> io::Result<Witness> {
        let mark = staging.join(MARK).symlink_metadata()?;
        let folder = staging.symlink_metadata()?;
        if !mark.is_file() || !is_mine(&mark) || !is_mine(&folder) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(Witness { inode: inode(&mark), time: time(&mark)?, root: inode(&root.symlink_metadata()?) })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ino()
}

#[cfg(unix)]
fn time(metadata: &Metadata) -> io::Result<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Ok((metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(unix)]
fn is_mine(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(not(unix))]
fn time(metadata: &Metadata) -> io::Result<(i64, i64)> {
    let time = metadata.created()?.duration_since(std::time::UNIX_EPOCH).map_err(io::Error::other)?;
    Ok((i64::try_from(time.as_secs()).map_err(io::Error::other)?, time.subsec_nanos().into()))
}

#[cfg(not(unix))]
fn is_mine(_: &Metadata) -> bool {
    true
}
