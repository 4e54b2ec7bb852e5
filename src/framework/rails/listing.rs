//! The files of a folder, as Active Record finds them.

use camino::{Utf8Path, Utf8PathBuf};

use super::names::Named;

/// The migrations in a folder and those below it.
pub(super) fn migrations(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    files(folder).into_iter().filter(|file| version(file).is_some()).collect()
}

/// The version of a migration's file.
pub(super) fn version(file: &Utf8Path) -> Option<u64> {
    match Named::of(file.file_name()?) {
        Named::Migration(name) => name.number(),
        Named::Illegal | Named::Other => None,
    }
}

/// All files, as Ruby's `**/` finds them: in no folder that is a link or begins with a dot.
pub(super) fn files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match is_folder {
                true if entry.file_name().starts_with('.') => {}
                true => folders.push(entry.path().to_owned()),
                false => found.push(entry.path().to_owned()),
            }
        }
    }
    found.sort();
    found
}
