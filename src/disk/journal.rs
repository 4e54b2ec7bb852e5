//! What is to be done, in order, and how it is done and undone. All paths are relative to the root.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::staging::Staging;
use super::{Action, DiskError, FileChange, Writer};

/// The plan of one rewrite, as it is kept on disk until the rewrite is done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    /// New files, then modified ones, then deleted ones: a crash leaves too much rather than too little.
    pub(super) entries: Vec<Entry>,
    /// Folders to make, outermost first.
    new_folders: Vec<String>,
    /// Folders that a deletion may leave empty, outermost first, with their permission bits.
    old_folders: Vec<(String, Option<u32>)>,
}

/// One file: its text before (absent: no file) and after (absent: no file).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Journal {
    /// Orders the changes and checks that they can be made.
    pub(super) fn plan(changes: &[FileChange], given_root: &Utf8Path, root: &Utf8Path) -> Result<Journal, DiskError> {
        let mut journal = Journal { entries: Vec::new(), new_folders: Vec::new(), old_folders: Vec::new() };
        let mut seen = BTreeSet::new();
        for change in changes {
            let entry = Entry::new(change, given_root, root)?;
            if !seen.insert(entry.path.clone()) {
                return Err(DiskError::Duplicate { path: change.path.clone() });
            }
            journal.entries.push(entry);
        }
        journal.check_unchanged(root)?;
        journal.entries.retain(|entry| entry.before != entry.after);
        journal.entries.sort_by_key(|entry| match entry {
            Entry { before: None, .. } => 0,
            Entry { after: Some(_), .. } => 1,
            Entry { after: None, .. } => 2,
        });
        journal.note_folders(root);
        Ok(journal)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn note_folders(&mut self, root: &Utf8Path) {
        let folders_of = |wanted: fn(&Entry) -> bool| -> BTreeSet<Utf8PathBuf> {
            let entries = self.entries.iter().filter(|entry| wanted(entry));
            entries.flat_map(|entry| folders_above(&entry.path)).collect()
        };
        let new = folders_of(|entry| entry.before.is_none());
        let old = folders_of(|entry| entry.after.is_none());
        // A path sorts after the paths of the folders above it.
        self.new_folders =
            new.into_iter().filter(|folder| !root.join(folder).exists()).map(Utf8PathBuf::into_string).collect();
        self.old_folders = old
            .into_iter()
            .map(|folder| {
                let mode = permission_bits(&root.join(&folder));
                (folder.into_string(), mode)
            })
            .collect();
    }

    /// Whether every file is still what its change was made from.
    pub(super) fn check_unchanged(&self, root: &Utf8Path) -> Result<(), DiskError> {
        for entry in &self.entries {
            let path = root.join(&entry.path);
            check_links(&entry.path, root)?;
            let current = current(&path)?;
            if entry.holds(&entry.before, current.as_deref()) {
                continue;
            }
            return Err(match entry.before {
                None => DiskError::Exists { path },
                Some(_) => DiskError::ChangedMeanwhile { path },
            });
        }
        Ok(())
    }

    /// Puts everything in place; `moved` counts the entries that are done.
    pub(super) fn perform(
        &self,
        root: &Utf8Path,
        staging: &Staging,
        writer: &mut Writer<'_>,
        moved: &mut usize,
    ) -> Result<(), DiskError> {
        for folder in &self.new_folders {
            let folder = root.join(folder);
            writer.make_folder("make the folder", &folder)?;
        }
        for (index, entry) in self.entries.iter().enumerate() {
            let target = root.join(&entry.path);
            let new = staging.new_content(index);
            match (&entry.before, &entry.after) {
                (None, _) => link_or_move(&new, &target, writer)?,
                (_, Some(_)) => writer.rename("replace", &new, &target)?,
                (_, None) => writer.remove_file("delete", &target)?,
            }
            *moved += 1;
        }
        for (folder, _) in self.old_folders.iter().rev() {
            remove_if_empty(&root.join(folder), writer)?;
        }
        self.sync(root, writer);
        Ok(())
    }

    /// Whether everything can be put back without overwriting what somebody wrote since.
    pub(super) fn check_undo(&self, root: &Utf8Path, staging: &Staging) -> Result<(), DiskError> {
        let folders = self.new_folders.iter();
        let folders = folders.chain(self.old_folders.iter().map(|(folder, _)| folder));
        for folder in folders {
            check_inside(folder, root)?;
        }
        for entry in &self.entries {
            check_inside(&entry.path, root)?;
            check_links(&entry.path, root)?;
            let path = root.join(&entry.path);
            let current = current(&path)?;
            let known = entry.holds(&entry.before, current.as_deref())
                || entry.holds(&entry.after, current.as_deref())
                || current.is_none();
            if !known {
                return Err(DiskError::EditedAfterCrash { path, staging: staging.path.clone() });
            }
        }
        Ok(())
    }

    /// Puts the first `moved` entries back, the last first, and returns the files that this changed. What is
    /// already as it was stays, so that this can be repeated.
    pub(super) fn undo(
        &self,
        moved: usize,
        root: &Utf8Path,
        staging: &Staging,
        writer: &mut Writer<'_>,
    ) -> Result<Vec<Utf8PathBuf>, DiskError> {
        let mut restored = Vec::new();
        for (folder, mode) in &self.old_folders {
            let folder = root.join(folder);
            if !folder.exists() {
                writer.make_folder("make the folder again", &folder)?;
            }
            if let Some(permissions) = permissions_to_set(&folder, *mode) {
                writer.set_permissions("set the permissions of", &folder, permissions)?;
            }
        }
        for (index, entry) in self.entries.iter().enumerate().take(moved).rev() {
            let path = root.join(&entry.path);
            if entry.holds(&entry.before, current(&path)?.as_deref()) {
                continue;
            }
            match &entry.before {
                None => writer.remove_file("remove", &path)?,
                Some(before) => staging.put_back(index, &path, before, writer)?,
            }
            restored.push(path);
        }
        for folder in self.new_folders.iter().rev() {
            remove_if_empty(&root.join(folder), writer)?;
        }
        self.sync(root, writer);
        Ok(restored)
    }

    fn sync(&self, root: &Utf8Path, writer: &mut Writer<'_>) {
        let folders: BTreeSet<_> =
            self.entries.iter().flat_map(|entry| folders_above(&entry.path)).chain([Utf8PathBuf::new()]).collect();
        for folder in folders {
            writer.sync_folder(&root.join(folder));
        }
    }
}

impl Entry {
    fn new(change: &FileChange, given_root: &Utf8Path, root: &Utf8Path) -> Result<Entry, DiskError> {
        let outside = || DiskError::Outside { path: change.path.clone(), root: root.to_owned() };
        let absolute = camino::absolute_utf8(&change.path).map_err(|_| outside())?;
        let path = absolute.strip_prefix(given_root).or_else(|_| absolute.strip_prefix(root)).map_err(|_| outside())?;
        check_inside(path.as_str(), root)?;
        let (before, after) = match &change.action {
            Action::Create { content } => (None, Some(content.clone())),
            Action::Modify { before, content } => (Some(before.clone()), Some(content.clone())),
            Action::Delete { before } => (Some(before.clone()), None),
        };
        Ok(Entry { path: path.to_string(), before, after })
    }

    fn holds(&self, expected: &Option<String>, current: Option<&[u8]>) -> bool {
        expected.as_ref().map(String::as_bytes) == current
    }
}

/// The folders between the root and a file, innermost first.
fn folders_above(path: &str) -> Vec<Utf8PathBuf> {
    Utf8Path::new(path)
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_str().is_empty())
        .map(Utf8Path::to_owned)
        .collect()
}

/// Whether a relative path goes down only.
fn check_inside(path: &str, root: &Utf8Path) -> Result<(), DiskError> {
    let goes_down = |part| matches!(part, Utf8Component::Normal(_));
    match !path.is_empty() && Utf8Path::new(path).components().all(goes_down) {
        true => Ok(()),
        false => Err(DiskError::Outside { path: path.into(), root: root.to_owned() }),
    }
}

/// Whether the folders on the way are folders, and neither they nor the file are links.
fn check_links(path: &str, root: &Utf8Path) -> Result<(), DiskError> {
    for folder in folders_above(path).iter().rev() {
        let folder = root.join(folder);
        let Ok(metadata) = folder.symlink_metadata() else {
            return Ok(());
        };
        if metadata.is_symlink() {
            return Err(DiskError::Symlink { path: folder });
        }
        if !metadata.is_dir() {
            return Err(DiskError::NotAFolder { path: root.join(path), folder });
        }
    }
    let file = root.join(path);
    if file.is_symlink() {
        return Err(DiskError::Symlink { path: file });
    }
    Ok(())
}

/// The bytes of a file, or `None` when there is none.
fn current(path: &Utf8Path) -> Result<Option<Vec<u8>>, DiskError> {
    let unreadable = |source| Err(DiskError::Io { doing: "read", path: path.to_owned(), source });
    match path.symlink_metadata() {
        // A pipe would be waited for.
        Ok(metadata) if !metadata.is_file() => Err(DiskError::Exists { path: path.to_owned() }),
        Ok(_) => fs::read(path).map(Some).or_else(unreadable),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => unreadable(source),
    }
}

/// Links, because a link never replaces a file that appeared meanwhile; moves where links do not exist.
fn link_or_move(new: &Utf8Path, target: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
    match writer.link("create", new, target) {
        Err(DiskError::Io { source, .. }) if source.kind() != io::ErrorKind::AlreadyExists => {
            match target.symlink_metadata() {
                Ok(_) => Err(DiskError::Exists { path: target.to_owned() }),
                Err(_) => writer.rename("create", new, target),
            }
        }
        outcome => outcome,
    }
}

fn remove_if_empty(folder: &Utf8Path, writer: &mut Writer<'_>) -> Result<(), DiskError> {
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if !is_empty {
        return Ok(());
    }
    writer.remove_folder("remove the folder", folder)
}

#[cfg(unix)]
fn permission_bits(folder: &Utf8Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(folder).ok()?;
    Some(metadata.permissions().mode() & 0o7777)
}

/// The permissions a folder had, where it has others now.
#[cfg(unix)]
fn permissions_to_set(folder: &Utf8Path, bits: Option<u32>) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    bits.filter(|bits| permission_bits(folder) != Some(*bits)).map(fs::Permissions::from_mode)
}

#[cfg(not(unix))]
fn permission_bits(_: &Utf8Path) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn permissions_to_set(_: &Utf8Path, _: Option<u32>) -> Option<fs::Permissions> {
    None
}
