//! The only place that writes: a complete list of file changes, applied all or none.
//!
//! 1. New contents and the originals go into a staging folder beside the root, on the same file system and outside
//!    the root, where no framework looks. A journal is written there last.
//! 2. The files on disk must still be what the changes were made from.
//! 3. Renames and links put everything in place: new files first, deletions last. A failure puts everything back.
//! 4. The journal is renamed: that is the commit. The staging folder goes.
//!
//! A crash leaves the staging folder; [`recover`] puts everything back when the journal is there (the crash was in
//! step 3) and only removes the folder when it is not (nothing was moved yet, or everything was).

mod journal;
mod staging;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

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

/// Why nothing was written, or what is left to do when that could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The root is no folder that can be used.
    #[error("{root}: not a folder that can be written to: {source}")]
    Root {
        /// The root as it was given.
        root: Utf8PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A change outside the root, also through a symbolic link.
    #[error("{path}: is not inside {root}; nothing was changed")]
    Outside {
        /// The file.
        path: Utf8PathBuf,
        /// The folder all changes must be in.
        root: Utf8PathBuf,
    },
    /// The file is a symbolic link.
    #[error("{path}: is a symbolic link; name the file it points to. Nothing was changed")]
    Symlink {
        /// The link.
        path: Utf8PathBuf,
    },
    /// The same file twice in one list.
    #[error("{path}: is in the list of changes twice; nothing was changed")]
    Duplicate {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A file to create is there already.
    #[error("{path}: exists already; move it away first. Nothing was changed")]
    Exists {
        /// The file.
        path: Utf8PathBuf,
    },
    /// What should be a folder is a file.
    #[error("{path}: {folder} is not a folder; nothing was changed")]
    NotAFolder {
        /// The file to write.
        path: Utf8PathBuf,
        /// What is in the way.
        folder: Utf8PathBuf,
    },
    /// The file is not what the change was made from.
    #[error("{path}: was changed or removed meanwhile; run again. Nothing was changed")]
    ChangedMeanwhile {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Another safestep holds the folder.
    #[error("{root}: another safestep is writing here; try again when it is done")]
    Busy {
        /// The folder.
        root: Utf8PathBuf,
    },
    /// The operating system refuses. Everything is as it was.
    #[error("{path}: cannot {doing}: {source}{hint}. Nothing was changed", hint = hint(source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: Utf8PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A failure, and putting things back failed as well. The originals are kept.
    #[error(
        "{cause}\nPutting the files back failed too: {rollback}\n\
         The originals are in {staging}; solve the problem and run safestep again to put them back"
    )]
    HalfDone {
        /// Why the changes stopped.
        cause: Box<DiskError>,
        /// Why they could not be taken back.
        rollback: Box<DiskError>,
        /// Where the originals are.
        staging: Utf8PathBuf,
    },
    /// A file was edited between a crash and now, so it is nobody's to put back.
    #[error(
        "{path}: was changed after an interrupted rewrite. The originals are in {staging}: put back by hand what you \
         want to keep, then delete that folder"
    )]
    EditedAfterCrash {
        /// The file.
        path: Utf8PathBuf,
        /// Where the originals are.
        staging: Utf8PathBuf,
    },
    /// The journal of a crash cannot be read.
    #[error(
        "{path}: cannot be read as a journal ({message}). The originals are beside it: put them back by hand, then \
         delete the folder"
    )]
    BadJournal {
        /// The journal.
        path: Utf8PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space",
        io::ErrorKind::PermissionDenied => "; check who may write there",
        io::ErrorKind::ReadOnlyFilesystem => "; the file system is read-only",
        _ => "",
    }
}

/// Applies every change or none. `root` is the folder all changes must be in; use the same one for [`recover`].
/// A change that changes nothing is skipped; an interrupted earlier rewrite is taken back first.
///
/// # Errors
/// [`DiskError`]; but for `HalfDone`, the tree is then as it was.
pub fn apply(changes: &[FileChange], root: &Utf8Path) -> Result<(), DiskError> {
    apply_with(changes, root, &mut Writer::new(&mut |_| Ok(())))
}

/// Takes back what a crash left half-written in `root` or in a folder above it. Call it before anything is read.
/// Returns the files that were put back; it costs a few look-ups when there is nothing to do.
///
/// # Errors
/// [`DiskError::Busy`] while another safestep writes, [`DiskError::EditedAfterCrash`] and
/// [`DiskError::BadJournal`] when a person has to decide, [`DiskError::Io`] when the originals cannot be moved back.
pub fn recover(root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, DiskError> {
    recover_with(root, &mut Writer::new(&mut |_| Ok(())))
}

fn apply_with(changes: &[FileChange], root: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
    let given_root = camino::absolute_utf8(root).map_err(|source| root_error(root, source))?;
    let root = canonical(root)?;
    let _lock = lock(&root)?;
    recover_locked(&root, writer)?;

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
    // The changes are committed; a folder that stays is removed by the next command.
    let _ = staging.remove(writer);
    Ok(())
}

fn recover_with(root: &Utf8Path, writer: &mut Writer<'_>) -> Result<Vec<Utf8PathBuf>, DiskError> {
    let root = canonical(root)?;
    let mut restored = Vec::new();
    for folder in root.ancestors() {
        if staging_places(folder).iter().any(|place| is_real_folder(place)) {
            let _lock = lock(folder)?;
            restored.extend(recover_locked(folder, writer)?);
        }
    }
    Ok(restored)
}

fn recover_locked(root: &Utf8Path, writer: &mut Writer<'_>) -> Result<Vec<Utf8PathBuf>, DiskError> {
    let mut restored = Vec::new();
    for place in staging_places(root) {
        if !is_real_folder(&place) {
            continue;
        }
        let staging = Staging { path: place };
        if let Some(journal) = staging.read_journal()? {
            journal.check_undo(root, &staging)?;
            restored.extend(journal.undo(journal.len(), root, &staging, writer)?);
        }
        staging.remove(writer)?;
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
    match folder.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(DiskError::Busy { root: root.to_owned() }),
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(Some(folder)),
    }
}

fn is_real_folder(path: &Utf8Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Every change on disk goes through here, one at a time; the tests stop it between any two.
struct Writer<'a> {
    before_each: &'a mut dyn FnMut(&Utf8Path) -> io::Result<()>,
}

impl<'a> Writer<'a> {
    fn new(before_each: &'a mut dyn FnMut(&Utf8Path) -> io::Result<()>) -> Self {
        Writer { before_each }
    }

    /// Does one thing to `path`; `doing` completes "cannot …".
    fn step<T>(
        &mut self,
        doing: &'static str,
        path: &Utf8Path,
        action: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, DiskError> {
        (self.before_each)(path).and_then(|()| action()).map_err(|source| DiskError::Io {
            doing,
            path: path.to_owned(),
            source,
        })
    }
}
