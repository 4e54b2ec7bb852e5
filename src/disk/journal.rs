//! What is to be done, in order. All paths are relative to the root.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::{Action, DiskError, FileChange};

/// The plan of one rewrite, as it is kept on disk until the rewrite is done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    /// New files, then modified ones, then deleted ones: a crash leaves too much rather than too little.
    pub(super) entries: Vec<Entry>,
    /// Folders to make, outermost first.
    pub(super) new_folders: Vec<String>,
    /// Folders that a deletion may leave empty, outermost first, with their permission bits.
    pub(super) old_folders: Vec<(String, Option<u32>)>,
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

    pub(super) fn holds(&self, expected: &Option<String>, current: Option<&[u8]>) -> bool {
        expected.as_ref().map(String::as_bytes) == current
    }
}

/// The folders between the root and a file, innermost first.
pub(super) fn folders_above(path: &str) -> Vec<Utf8PathBuf> {
    Utf8Path::new(path)
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_str().is_empty())
        .map(Utf8Path::to_owned)
        .collect()
}

/// Whether a relative path goes down only.
pub(super) fn check_inside(path: &str, root: &Utf8Path) -> Result<(), DiskError> {
    let goes_down = |part| matches!(part, Utf8Component::Normal(_));
    match !path.is_empty() && Utf8Path::new(path).components().all(goes_down) {
        true => Ok(()),
        false => Err(DiskError::Outside { path: path.into(), root: root.to_owned() }),
    }
}

/// Whether the folders on the way are folders, and neither they nor the file are links.
pub(super) fn check_links(path: &str, root: &Utf8Path) -> Result<(), DiskError> {
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
pub(super) fn current(path: &Utf8Path) -> Result<Option<Vec<u8>>, DiskError> {
    let unreadable = |source| Err(DiskError::Io { doing: "read", path: path.to_owned(), source });
    match path.symlink_metadata() {
        // A pipe would be waited for.
        Ok(metadata) if !metadata.is_file() => Err(DiskError::Exists { path: path.to_owned() }),
        Ok(_) => fs::read(path).map(Some).or_else(unreadable),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => unreadable(source),
    }
}

#[cfg(unix)]
pub(super) fn permission_bits(folder: &Utf8Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(folder).ok()?;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub(super) fn permission_bits(_: &Utf8Path) -> Option<u32> {
    None
}
