//! The folder where new contents, originals and the journal wait.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::witness::{MARK, Witness};
use super::{DiskError, Writer};

const UNFINISHED: &str = "unfinished.json";
const JOURNAL: &str = "journal.json";
const COMMITTED: &str = "committed.json";

/// A staging folder on disk.
pub(super) struct Staging {
    pub(super) path: Utf8PathBuf,
}

/// Where the staging folder of a root can be: beside the root; inside it when the root is a mount point or the folder
/// above cannot be written to.
pub(super) fn staging_places(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let beside = root.parent().zip(root.file_name()).map(|(parent, name)| parent.join(format!(".safestep-{name}")));
    beside.into_iter().chain([root.join(".safestep")]).collect()
}

impl Staging {
    pub(super) fn create(root: &Utf8Path, writer: &mut Writer<'_>) -> Result<Staging, DiskError> {
        let mut refusal = None;
        for place in staging_places(root) {
            if !same_file_system(root, place.parent().unwrap_or(root)) {
                continue;
            }
            match writer.make_private_folder("make the staging folder", &place) {
                Ok(()) => {
                    let staging = Staging { path: place };
                    return match writer.write("write", &staging.path.join(MARK), b"") {
                        Ok(()) => Ok(staging),
                        Err(error) => {
                            staging.remove_quietly();
                            Err(error)
                        }
                    };
                }
                Err(DiskError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(DiskError::InTheWay { staging: place });
                }
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal.unwrap_or_else(|| DiskError::Busy { root: root.to_owned() }))
    }

    /// Puts contents and originals here, then checks that nothing changed, then writes the journal.
    pub(super) fn fill(&self, journal: &Journal, root: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        for (index, entry) in journal.entries.iter().enumerate() {
            let target = root.join(&entry.path);
            if let Some(after) = &entry.after {
                let new = self.new_content(index);
                writer.write("write", &new, after.as_bytes())?;
                if entry.before.is_some() {
                    self.copy_attributes(&target, &new, writer)?;
                }
            }
            if let Some(before) = &entry.before {
                self.keep(&target, before, &self.original(index), writer)?;
            }
        }
        journal.check_unchanged(root)?;
        self.write_journal(journal, root, writer)
    }

    /// From here on the changes may be half done.
    pub(super) fn write_journal(
        &self,
        journal: &Journal,
        root: &Utf8Path,
        writer: &mut Writer<'_>,
    ) -> Result<(), DiskError> {
        let bad = |path: &Utf8Path, source| DiskError::Io { doing: "write the journal", path: path.to_owned(), source };
        let unfinished = self.path.join(UNFINISHED);
        let made = Witness::of(&self.path, root).map_err(|error| bad(&self.path, error))?;
        let text = serde_json::to_vec_pretty(&Written { made, journal }).map_err(|e| bad(&unfinished, e.into()))?;
        writer.write("write the journal", &unfinished, &text)?;
        writer.sync_folder(&self.path);
        writer.rename("write the journal", &unfinished, &self.path.join(JOURNAL))?;
        writer.sync_folder(&self.path);
        if let Some(parent) = self.path.parent() {
            writer.sync_folder(parent);
        }
        Ok(())
    }

    /// The text a file is to have, by the index of its entry in the journal.
    pub(super) fn new_content(&self, index: usize) -> Utf8PathBuf {
        self.path.join(format!("{index}.new"))
    }

    /// The file as it was.
    pub(super) fn original(&self, index: usize) -> Utf8PathBuf {
        self.path.join(format!("{index}.original"))
    }

    /// From here on the changes stand.
    pub(super) fn commit(&self, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        writer.rename("commit", &self.path.join(JOURNAL), &self.path.join(COMMITTED))?;
        writer.sync_folder(&self.path);
        Ok(())
    }

    /// The journal when changes may be half done.
    ///
    /// # Errors
    /// [`DiskError::Foreign`] when it was not written here.
    pub(super) fn read_journal(&self, root: &Utf8Path) -> Result<Option<Journal>, DiskError> {
        let path = self.path.join(JOURNAL);
        let foreign = || DiskError::Foreign { staging: self.path.clone() };
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(_) | Err(_) => return Err(foreign()),
        }
        let text = fs::read(&path).map_err(|_| foreign())?;
        let written: Written<Journal> = serde_json::from_slice(&text).map_err(|_| foreign())?;
        match Witness::of(&self.path, root) {
            Ok(witness) if witness == written.made => Ok(Some(written.journal)),
            Ok(_) | Err(_) => Err(foreign()),
        }
    }

    /// Removes the folder, the journal first: what is left then is known to be of no use.
    pub(super) fn remove(&self, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        let journal = self.path.join(JOURNAL);
        if journal.exists() {
            writer.remove_file("remove", &journal)?;
            writer.sync_folder(&self.path);
        }
        self.remove_leftovers(writer)
    }

    /// Removes a folder without a journal: a write that had not begun to move anything, or was done. One that holds what
    /// safestep does not write stays as it is.
    pub(super) fn remove_leftovers(&self, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        let unreadable = |source| DiskError::Io { doing: "list", path: self.path.clone(), source };
        let entries: Vec<_> =
            self.path.read_dir_utf8().map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
        let is_known = |name: &str| match name.split_once('.') {
            Some((number, "new" | "original" | "back")) => number.parse::<usize>().is_ok(),
            _ => matches!(name, MARK | UNFINISHED | COMMITTED),
        };
        if !entries.iter().all(|entry| is_known(entry.file_name()) && entry.file_type().is_ok_and(|t| t.is_file())) {
            return Ok(());
        }
        for entry in entries {
            writer.remove_file("remove", entry.path())?;
        }
        writer.remove_folder("remove", &self.path)
    }

    /// Removes the folder where another error is about to be reported.
    pub(super) fn remove_quietly(&self) {
        let _ = self.remove(&mut Writer::new(&mut |_| Ok(())));
    }

    /// Keeps a file under a second name: the same file where links are possible, else a copy.
    fn keep(
        &self,
        target: &Utf8Path,
        text: &str,
        original: &Utf8Path,
        writer: &mut Writer<'_>,
    ) -> Result<(), DiskError> {
        if writer.link("keep the original in", target, original).is_ok() {
            return Ok(());
        }
        writer.write("keep the original in", original, text.as_bytes())?;
        self.copy_attributes(target, original, writer)
    }

    /// A modified file keeps its permissions and, where the system allows it, its owner.
    fn copy_attributes(&self, from: &Utf8Path, to: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        let unreadable = |source| DiskError::Io { doing: "read", path: from.to_owned(), source };
        let metadata = fs::metadata(from).map_err(unreadable)?;
        writer.set_owner(to, &metadata)?;
        writer.set_permissions("set the permissions of", to, metadata.permissions())
    }

    /// Puts an original back; when it is gone or another, a file with its text.
    pub(super) fn put_back(
        &self,
        index: usize,
        path: &Utf8Path,
        before: &str,
        writer: &mut Writer<'_>,
    ) -> Result<(), DiskError> {
        let original = self.original(index);
        let is_real = original.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if is_real && fs::read(&original).is_ok_and(|bytes| bytes == before.as_bytes()) {
            return writer.rename("put back", &original, path);
        }
        let copy = self.path.join(format!("{index}.back"));
        if copy.symlink_metadata().is_ok() {
            writer.remove_file("remove", &copy)?;
        }
        writer.write("put back", &copy, before.as_bytes())?;
        writer.rename("put back", &copy, path)
    }
}

/// A journal as it is on disk, with what shows that it belongs there.
#[derive(Serialize, Deserialize)]
struct Written<J> {
    made: Witness,
    journal: J,
}

#[cfg(unix)]
fn same_file_system(a: &Utf8Path, b: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Utf8Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    device(a) == device(b)
}

#[cfg(not(unix))]
fn same_file_system(_: &Utf8Path, _: &Utf8Path) -> bool {
    true
}
