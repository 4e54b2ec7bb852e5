//! A tree that came from somebody: nothing outside of it is looked at because its settings name it.

use std::{fs, io};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// What marks the top of such a tree; no commit can bring a file there.
const MARK: &str = ".git/fence";

/// Marks a folder as the top of a tree that came from somebody.
///
/// # Errors
/// When the mark cannot be written.
pub fn fence(top: &Utf8Path) -> io::Result<()> {
    let mark = top.join(MARK);
    fs::create_dir_all(mark.parent().unwrap_or(top))?;
    fs::write(mark, "")
}

/// True for the top of a tree that came from somebody.
pub fn is_fenced(top: &Utf8Path) -> bool {
    top.join(MARK).is_file()
}

/// A path that settings in the folder `from` name, unless it leads out of the fenced tree that the folder is in.
pub fn inside(from: &Utf8Path, path: Utf8PathBuf) -> Option<Utf8PathBuf> {
    let Some(top) = from.ancestors().find(|above| is_fenced(above)) else { return Some(path) };
    let climbs = path.components().any(|part| part == Utf8Component::ParentDir);
    (!climbs && path.starts_with(top)).then_some(path)
}
