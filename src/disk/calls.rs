//! The system calls that change the disk, a method each. The tests stop the program before any of them.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};

use camino::Utf8Path;

use super::DiskError;

/// A system call that is about to be made.
pub(super) struct Call<'a> {
    /// What it changes.
    pub(super) path: &'a Utf8Path,
    /// It fails on a full disk.
    #[cfg_attr(not(debug_assertions), allow(dead_code, reason = "only failpoints ask"))]
    pub(super) takes_space: bool,
}

/// Every change on disk goes through here, one call at a time. In each method `doing` completes "cannot …".
pub(super) struct Writer<'a> {
    before_each: &'a mut dyn FnMut(&Call<'_>) -> io::Result<()>,
}

impl<'a> Writer<'a> {
    /// `before_each` is called before each system call; an error takes the place of the call.
    pub(super) fn new(before_each: &'a mut dyn FnMut(&Call<'_>) -> io::Result<()>) -> Self {
        Writer { before_each }
    }

    fn call<T>(
        &mut self,
        doing: &'static str,
        path: &Utf8Path,
        action: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, DiskError> {
        self.make(doing, Call { path, takes_space: false }, action)
    }

    fn call_for_space<T>(
        &mut self,
        doing: &'static str,
        path: &Utf8Path,
        action: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, DiskError> {
        self.make(doing, Call { path, takes_space: true }, action)
    }

    fn make<T>(
        &mut self,
        doing: &'static str,
        call: Call<'_>,
        action: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, DiskError> {
        let made = (self.before_each)(&call).and_then(|()| action());
        made.map_err(|source| DiskError::Io { doing, path: call.path.to_owned(), source })
    }

    /// A new file with these bytes, on the disk when this returns.
    pub(super) fn write(&mut self, doing: &'static str, path: &Utf8Path, bytes: &[u8]) -> Result<(), DiskError> {
        let mut file = self.call_for_space(doing, path, || File::create_new(path))?;
        // A write may be cut anywhere: in two pieces, so that a stop between them is tried too.
        let (first, second) = bytes.split_at(bytes.len() / 2);
        for part in [first, second].into_iter().filter(|part| !part.is_empty()) {
            self.call_for_space(doing, path, || file.write_all(part))?;
        }
        self.call_for_space(doing, path, || file.sync_all())
    }

    pub(super) fn rename(&mut self, doing: &'static str, from: &Utf8Path, to: &Utf8Path) -> Result<(), DiskError> {
        self.call(doing, to, || fs::rename(from, to))
    }

    /// A second name for a file; it never replaces another file.
    pub(super) fn link(&mut self, doing: &'static str, from: &Utf8Path, to: &Utf8Path) -> Result<(), DiskError> {
        self.call_for_space(doing, to, || fs::hard_link(from, to))
    }

    pub(super) fn remove_file(&mut self, doing: &'static str, path: &Utf8Path) -> Result<(), DiskError> {
        self.call(doing, path, || fs::remove_file(path))
    }

    pub(super) fn make_folder(&mut self, doing: &'static str, path: &Utf8Path) -> Result<(), DiskError> {
        self.call_for_space(doing, path, || fs::create_dir(path))
    }

    /// A folder that only this user can look into.
    pub(super) fn make_private_folder(&mut self, doing: &'static str, path: &Utf8Path) -> Result<(), DiskError> {
        self.call_for_space(doing, path, || private_folder(path))
    }

    /// A folder goes when it is empty.
    pub(super) fn remove_folder(&mut self, doing: &'static str, path: &Utf8Path) -> Result<(), DiskError> {
        self.call(doing, path, || match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            outcome => outcome,
        })
    }

    pub(super) fn set_permissions(
        &mut self,
        doing: &'static str,
        path: &Utf8Path,
        permissions: Permissions,
    ) -> Result<(), DiskError> {
        self.call(doing, path, || fs::set_permissions(path, permissions))
    }

    /// The owner that another file has, where the system allows it.
    pub(super) fn set_owner(&mut self, path: &Utf8Path, like: &fs::Metadata) -> Result<(), DiskError> {
        self.call("set the owner of", path, || {
            let _ = change_owner(path, like);
            Ok(())
        })
    }

    /// Makes what was done in a folder durable. Not every system can; then the next best thing is to go on.
    pub(super) fn sync_folder(&mut self, folder: &Utf8Path) {
        let _ = self.call("sync", folder, || File::open(folder).and_then(|folder| folder.sync_all()));
    }
}

#[cfg(unix)]
fn private_folder(path: &Utf8Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Utf8Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(unix)]
fn change_owner(path: &Utf8Path, like: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    chown(path, Some(like.uid()), Some(like.gid()))
}

#[cfg(not(unix))]
fn change_owner(_: &Utf8Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Builds for tests stop where `SAFESTEP_FAILPOINT` says: `kill:7` is a kill -9 in place of the seventh call of the whole
/// program, `full:7` a full disk from there on.
#[cfg(debug_assertions)]
pub(super) fn failpoint(about_to: &Call<'_>) -> io::Result<()> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let Ok(wanted) = std::env::var("SAFESTEP_FAILPOINT") else { return Ok(()) };
    let Some((what, at)) = wanted.split_once(':').and_then(|(what, at)| Some((what, at.parse::<usize>().ok()?))) else {
        return Ok(());
    };
    match what {
        "kill" if call == at => kill(),
        "full" if call >= at && about_to.takes_space => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }
}

#[cfg(not(debug_assertions))]
pub(super) fn failpoint(_: &Call<'_>) -> io::Result<()> {
    Ok(())
}

#[cfg(all(debug_assertions, unix))]
fn kill() -> io::Result<()> {
    use rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::KILL)?;
    Ok(())
}

#[cfg(all(debug_assertions, not(unix)))]
fn kill() -> io::Result<()> {
    std::process::abort()
}
