//! The folder where new contents, originals and the journal wait.

use std::fs::{self, File};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::journal::{Entry, Journal};
use super::{DiskError, Writer};

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
            match writer.step("make the staging folder", &place, || private_folder(&place)) {
                Ok(()) => return Ok(Staging { path: place }),
                Err(DiskError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(DiskError::Busy { root: root.to_owned() });
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
                writer.step("write", &new, || {
                    write_synced(&new, after.as_bytes())?;
                    copy_attributes(entry, &target, &new)
                })?;
            }
            if entry.before.is_some() {
                let original = self.original(index);
                writer.step("keep the original in", &original, || keep(&target, &original))?;
            }
        }
        journal.check_unchanged(root)?;
        let unfinished = self.path.join("unfinished.json");
        writer.step("write the journal", &unfinished, || {
            let text = serde_json::to_vec_pretty(journal).map_err(io::Error::other)?;
            write_synced(&unfinished, &text)
        })?;
        sync_folder(&self.path);
        let journal = self.path.join(JOURNAL);
        writer.step("write the journal", &journal, || fs::rename(&unfinished, &journal))?;
        sync_folder(&self.path);
        if let Some(parent) = self.path.parent() {
            sync_folder(parent);
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
        let journal = self.path.join(JOURNAL);
        writer.step("commit", &journal, || fs::rename(&journal, self.path.join(COMMITTED)))?;
        sync_folder(&self.path);
        Ok(())
    }

    /// The journal when changes may be half done.
    pub(super) fn read_journal(&self) -> Result<Option<Journal>, DiskError> {
        let path = self.path.join(JOURNAL);
        let bad = |message: String| DiskError::BadJournal { path: path.clone(), message };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad(error.to_string())),
        };
        let journal = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
        Ok(Some(journal))
    }

    /// Removes the folder, the journal first: what is left then is known to be of no use.
    pub(super) fn remove(&self, writer: &mut Writer<'_>) -> Result<(), DiskError> {
        let journal = self.path.join(JOURNAL);
        if journal.exists() {
            writer.step("remove", &journal, || fs::remove_file(&journal))?;
            sync_folder(&self.path);
        }
        writer.step("remove", &self.path, || fs::remove_dir_all(&self.path))
    }

    /// Removes the folder where another error is about to be reported.
    pub(super) fn remove_quietly(&self) {
        let _ = self.remove(&mut Writer::new(&mut |_| Ok(())));
    }
}

/// Makes what was done in a folder durable. Not every system can; then the next best thing is to go on.
pub(super) fn sync_folder(folder: &Utf8Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Keeps a file under a second name: the same file where links are possible, else a copy.
fn keep(target: &Utf8Path, original: &Utf8Path) -> io::Result<()> {
    if fs::hard_link(target, original).is_ok() {
        return Ok(());
    }
    fs::copy(target, original)?;
    File::open(original)?.sync_all()
}

fn write_synced(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A modified file keeps its permissions and, where the system allows it, its owner.
fn copy_attributes(entry: &Entry, target: &Utf8Path, new: &Utf8Path) -> io::Result<()> {
    if entry.before.is_none() {
        return Ok(());
    }
    let metadata = fs::metadata(target)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let _ = chown(new, Some(metadata.uid()), Some(metadata.gid()));
    }
    fs::set_permissions(new, metadata.permissions())
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
fn same_file_system(a: &Utf8Path, b: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Utf8Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    device(a) == device(b)
}

#[cfg(not(unix))]
fn same_file_system(_: &Utf8Path, _: &Utf8Path) -> bool {
    true
}
