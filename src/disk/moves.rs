//! Doing what a journal says with what waits in the staging folder, and undoing it.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::journal::{Journal, check_inside, check_links, current, folders_above, permission_bits};
use super::staging::Staging;
use super::{DiskError, Writer};

impl Journal {
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

/// The permissions a folder had, where it has others now.
#[cfg(unix)]
fn permissions_to_set(folder: &Utf8Path, bits: Option<u32>) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    bits.filter(|bits| permission_bits(folder) != Some(*bits)).map(fs::Permissions::from_mode)
}

#[cfg(not(unix))]
fn permissions_to_set(_: &Utf8Path, _: Option<u32>) -> Option<fs::Permissions> {
    None
}
