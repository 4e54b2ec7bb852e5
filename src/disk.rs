//! The only place that writes: a complete list of file changes, applied all or none.
//!
//! 1. New contents and the originals go into a staging folder beside the root, on the same file system and outside
//!    the root, where no framework looks. A journal is written there last.
//! 2. The files on disk must still be what the changes were made from.
//! 3. Renames and links put everything in place: new files first, deletions last. A failure puts everything back.
//! 4. The journal is renamed: that is the commit. The staging folder goes.
//!
//! A crash leaves the staging folder. Where the journal is there the crash was in step 3: [`check`] says so to everybody
//! who reads, and [`recover`] puts everything back. Where it is not, nothing was moved yet, or everything was, and the
//! next write removes the folder.
//!
//! Anybody can put a folder of that name into a repository. A journal is followed only where its [`Witness`] shows that
//! it was written in this place by this user; what it names stays inside the root, and no link is followed.
//!
//! [`Witness`]: witness::Witness

mod calls;
mod error;
mod journal;
mod moves;
mod staging;
#[cfg(test)]
mod tests;
mod witness;

use std::fs::File;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use calls::{Writer, failpoint};
pub use error::DiskError;
use journal::Journal;
use staging::{Staging, staging_places};

/// One change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file: absolute, or relative to the working directory.
    pub path: Utf8PathBuf,
    /// What happens to it.
    pub action: Action,
}

/// What happens to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new file; missing folders are made. Nothing may be there yet.
    Create {
        /// Its text.
        content: String,
    },
    /// New text for a file; its permissions stay.
    Modify {
        /// The text it must have now.
        before: String,
        /// Its text from now on.
        content: String,
    },
    /// The file goes, and its folders as far as that leaves them empty.
    Delete {
        /// The text it must have now.
        before: String,
    },
}

/// Applies every change or none. `root` is the folder all changes must be in; use the same one for [`recover`].
/// A change that changes nothing is skipped.
///
/// # Errors
/// [`DiskError`]; but for `HalfDone`, the tree is then as it was. An interrupted write is [`recover`]ed first, or this
/// fails.
pub fn apply(changes: &[FileChange], root: &Utf8Path) -> Result<(), DiskError> {
    apply_with(changes, root, &mut Writer::new(&mut failpoint))
}

/// Takes back what a crash left half-written in `root` or in a folder above it, and removes what a crash left beside a
/// write that was done. Returns the files that were put back.
///
/// # Errors
/// [`DiskError::Busy`] while another safestep writes, [`DiskError::EditedAfterCrash`] and [`DiskError::Foreign`] when a
/// person has to decide, [`DiskError::Io`] when the originals cannot be moved back.
pub fn recover(root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, DiskError> {
    recover_with(root, &mut Writer::new(&mut failpoint))
}

/// Fails when the files in `root` are half-written. It changes nothing, and costs a few look-ups.
///
/// # Errors
/// [`DiskError::Interrupted`] when a crash left them so, [`DiskError::Foreign`] when a journal that was not written here
/// says so, [`DiskError::Busy`] while another safestep writes.
pub fn check(root: &Utf8Path) -> Result<(), DiskError> {
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    for folder in root.ancestors() {
        for place in staging_places(folder).into_iter().filter(|place| is_real_folder(place)) {
            if (Staging { path: place }).read_journal(folder)?.is_some() {
                lock(folder)?;
                return Err(DiskError::Interrupted { root: folder.to_owned() });
            }
        }
    }
    Ok(())
}

fn apply_with(changes: &[FileChange], root: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
    let given_root = camino::absolute_utf8(root).map_err(|source| root_error(root, source))?;
    let root = canonical(root)?;
    let _lock = lock(&root)?;
    for place in staging_places(&root).into_iter().filter(|place| is_real_folder(place)) {
        let staging = Staging { path: place };
        if staging.read_journal(&root)?.is_some() {
            return Err(DiskError::Interrupted { root });
        }
        staging.remove_leftovers(writer)?;
    }

    let journal = Journal::plan(changes, &given_root, &root)?;
    if journal.is_empty() {
        return Ok(());
    }
    let staging = Staging::create(&root, writer)?;
    if let Err(error) = staging.fill(&journal, &root, writer) {
        staging.remove_quietly();
        return Err(error);
    }
    let mut moved = 0;
    let outcome = journal.perform(&root, &staging, writer, &mut moved).and_then(|()| staging.commit(writer));
    if let Err(cause) = outcome {
        return Err(match journal.undo(moved, &root, &staging, writer) {
            Ok(_) => {
                staging.remove_quietly();
                cause
            }
            Err(rollback) => {
                DiskError::HalfDone { cause: Box::new(cause), rollback: Box::new(rollback), staging: staging.path }
            }
        });
    }
    // The changes are committed; a folder that stays is removed by the next write.
    let _ = staging.remove(writer);
    Ok(())
}

fn recover_with(root: &Utf8Path, writer: &mut Writer<'_>) -> Result<Vec<Utf8PathBuf>, DiskError> {
    let root = canonical(root)?;
    let mut restored = Vec::new();
    for folder in root.ancestors() {
        for place in staging_places(folder).into_iter().filter(|place| is_real_folder(place)) {
            let _lock = lock(folder)?;
            let staging = Staging { path: place };
            match staging.read_journal(folder)? {
                Some(journal) => {
                    journal.check_undo(folder, &staging)?;
                    restored.extend(journal.undo(journal.len(), folder, &staging, writer)?);
                    staging.remove(writer)?;
                }
                None => staging.remove_leftovers(writer)?,
            }
        }
    }
    Ok(restored)
}

fn canonical(root: &Utf8Path) -> Result<Utf8PathBuf, DiskError> {
    let canonical = root.canonicalize_utf8().map_err(|source| root_error(root, source))?;
    match canonical.is_dir() {
        true => Ok(canonical),
        false => Err(root_error(root, io::ErrorKind::NotADirectory.into())),
    }
}

fn root_error(root: &Utf8Path, source: io::Error) -> DiskError {
    DiskError::Root { root: root.to_owned(), source }
}

/// Holds the root for this process until it is dropped; the lock leaves no file and dies with the process. File
/// systems without locks (and Windows, which does not open folders as files) go without: there the staging folder,
/// of which only one can be made, keeps two writers apart.
fn lock(root: &Utf8Path) -> Result<Option<File>, DiskError> {
    let Ok(folder) = File::open(root) else {
        return Ok(None);
    };
    // A program that is being started has a copy of the lock until it runs.
    for wait in [1, 4, 20, 50, 0] {
        match folder.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(wait)),
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => return Ok(Some(folder)),
        }
    }
    Err(DiskError::Busy { root: root.to_owned() })
}

fn is_real_folder(path: &Utf8Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
