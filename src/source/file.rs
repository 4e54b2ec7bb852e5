//! Which files are read: regular ones, and links to such inside the project.

use std::ffi::OsStr;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{MAX_BYTES, SourceError};

/// What tells where a project begins.
const MARKS: [&str; 3] = [".git", "package.json", "safestep.toml"];

/// What package managers call the folders that they fill.
const INSTALLED: [&str; 3] = ["node_modules", "site-packages", "vendor"];

/// The bytes of a file of the project.
///
/// # Errors
/// When it is too large, no file at all, or a link that leads out of the project.
pub fn read_bytes(path: &Utf8Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |source| SourceError::Unreadable { path: path.to_owned(), source };
    let metadata = path.symlink_metadata().map_err(unreadable)?;
    let metadata = if metadata.is_symlink() { follow(path)? } else { metadata };
    if !metadata.is_file() {
        return Err(SourceError::NotAFile { path: path.to_owned(), what: kind(metadata.file_type()) });
    }
    read(path, metadata.len())
}

/// The text of a file of the project, where it has one that can be used.
pub fn read_text(path: &Utf8Path) -> Option<String> {
    String::from_utf8(read_bytes(path).ok()?).ok()
}

/// The bytes of a file that a person named: whatever it is, it is what they want.
pub(super) fn read_as_named(path: &Utf8Path) -> Result<Vec<u8>, SourceError> {
    read(path, 0)
}

/// Reads a file that has so many bytes, as far as is known.
fn read(path: &Utf8Path, size: u64) -> Result<Vec<u8>, SourceError> {
    // With a byte to spare its end is seen without more room.
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_BYTES)).unwrap_or_default() + 1);
    // One byte over the limit is enough to know that the file is too large, also for a pipe or a growing file.
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(source) => Err(SourceError::Unreadable { path: path.to_owned(), source }),
    }
}

/// What a link leads to, when that is inside the project that the link is in.
///
/// # Errors
/// When it leads out of the project, to nothing or in a circle.
pub fn follow(link: &Utf8Path) -> Result<Metadata, SourceError> {
    let broken = |source| SourceError::BrokenLink { path: link.to_owned(), source };
    let target = link.canonicalize_utf8().map_err(broken)?;
    let project = project_of(link).canonicalize_utf8().map_err(broken)?;
    match target.starts_with(&project) {
        true => target.metadata().map_err(broken),
        false => Err(SourceError::LinkOutside { path: link.to_owned(), target, project }),
    }
}

/// Where the project of a path begins: at the git work tree, else at the nearest `package.json` or `safestep.toml`, else
/// two folders up.
pub fn project_of(path: &Utf8Path) -> Utf8PathBuf {
    let path = camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned());
    let marked = |mark: &str| path.ancestors().skip(1).find(|folder| folder.join(mark).symlink_metadata().is_ok());
    let nearest = MARKS[1..].iter().filter_map(|mark| marked(mark)).max_by_key(|folder| folder.as_str().len());
    let above = path.ancestors().nth(2).or(path.parent()).unwrap_or(&path);
    marked(MARKS[0]).or(nearest).unwrap_or(above).to_owned()
}

/// True for the name of a folder of what was installed: nobody here writes what is in it.
pub fn is_installed(name: &OsStr) -> bool {
    INSTALLED.iter().any(|installed| name == *installed)
}

/// True when something has this name, whatever it is and whoever may read it.
pub fn is_there(path: &Utf8Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

#[cfg(unix)]
fn kind(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn kind(kind: FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "no regular file" }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_is_followed_inside_its_project_only() {
        let outer = tempfile::tempdir().unwrap();
        let outer = Utf8PathBuf::from_path_buf(outer.path().canonicalize().unwrap()).unwrap();
        fs::create_dir_all(outer.join("project/drizzle/meta")).unwrap();
        fs::create_dir(outer.join("project/.git")).unwrap();
        fs::write(outer.join("project/inside.sql"), "inside").unwrap();
        fs::write(outer.join("outside.sql"), "outside").unwrap();
        let link = |name: &str, target: &str| {
            let link = outer.join("project/drizzle").join(name);
            symlink(target, &link).unwrap();
            read_bytes(&link).map_err(|error| error.to_string().replace(outer.as_str(), ""))
        };
        assert_eq!(link("a.sql", "../inside.sql").unwrap(), b"inside");
        let error = link("b.sql", "../../outside.sql").unwrap_err();
        assert!(
            error.starts_with("/project/drizzle/b.sql: is a link to /outside.sql, which is not inside /project"),
            "{error}"
        );
        assert!(link("c.sql", "/etc/passwd").unwrap_err().contains("is a link to /etc/passwd"));
        assert!(link("d.sql", "d.sql").unwrap_err().contains("d.sql: is a link that leads nowhere"));
        assert!(link("e.sql", "missing.sql").unwrap_err().contains("e.sql: is a link that leads nowhere"));
        assert!(link("f.sql", "meta").unwrap_err().contains("f.sql: is a folder, not a file"));
    }

    #[test]
    fn a_pipe_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = Utf8PathBuf::from_path_buf(folder.path().join("m.sql")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read_bytes(&pipe).unwrap_err().to_string().contains("m.sql: is a pipe, not a file"));
        let socket = Utf8PathBuf::from_path_buf(folder.path().join("s.sql")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(read_bytes(&socket).unwrap_err().to_string().contains("s.sql: is a socket, not a file"));
    }
}
