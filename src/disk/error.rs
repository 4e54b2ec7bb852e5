//! Why nothing was written, said to a person who has to go on.

use std::io;

use camino::Utf8PathBuf;

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
    /// The file, or a folder on the way to it, is a symbolic link.
    #[error(
        "{path}: is a symbolic link, and nothing is written through one: name what it points to, or put the file itself \
         there. Nothing was changed"
    )]
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
         The originals are in {staging}; solve the problem, then `safestep recover` puts them back"
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
    /// A write was interrupted, and who looks does not take it back.
    #[error(
        "{root}: a rewrite was interrupted while it was being written, so the files are neither the old nor the new \
         ones.\n  `safestep recover` puts them back, and so does `safestep rewrite --write`. Nothing was changed"
    )]
    Interrupted {
        /// The folder that the changes were in.
        root: Utf8PathBuf,
    },
    /// A journal that was not written here.
    #[error(
        "{staging}: holds a journal of an interrupted rewrite that was not written here by you: it came with a clone or \
         a copy, or is another user's.\n  It is not followed. Look at what it holds, put back by hand what you want to \
         keep, then remove that folder. Nothing was changed"
    )]
    Foreign {
        /// The folder that holds it.
        staging: Utf8PathBuf,
    },
    /// Something that safestep did not make has the name of its staging folder.
    #[error(
        "{staging}: is in the way: safestep keeps what it is about to write there, and it holds something else. Move it \
         away. Nothing was changed"
    )]
    InTheWay {
        /// The folder, file or link.
        staging: Utf8PathBuf,
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
