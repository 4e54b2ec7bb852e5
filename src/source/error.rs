//! Why a file cannot be used.

use camino::Utf8PathBuf;

use super::span::Position;

/// The largest file that is read, in bytes (64 MiB).
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a file cannot be used. Each says which file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The operating system does not give the file.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Something has the name of a file and is none.
    #[error("{path}: is {what}, not a file: move it away")]
    NotAFile {
        /// Its path.
        path: Utf8PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A link to nothing, or to itself.
    #[error("{path}: is a link that leads nowhere: {source}")]
    BrokenLink {
        /// The link.
        path: Utf8PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A link that leads out of the project.
    #[error(
        "{path}: is a link to {target}, which is not inside {project}, so it is not followed: put the file itself into the \
         project"
    )]
    LinkOutside {
        /// The link.
        path: Utf8PathBuf,
        /// Where it leads.
        target: Utf8PathBuf,
        /// The project's folder.
        project: Utf8PathBuf,
    },
    /// The file has more than [`MAX_BYTES`].
    #[error(
        "{path}: has more than {limit} bytes, which is no migration; move the data out of the migrations folder",
        limit = MAX_BYTES
    )]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A byte order mark, which PostgreSQL takes for a syntax error.
    #[error("{path}:1:1: starts with a {encoding} byte order mark; save the file as UTF-8 without BOM")]
    ByteOrderMark {
        /// The file.
        path: Utf8PathBuf,
        /// `UTF-8` or `UTF-16`.
        encoding: &'static str,
    },
    /// A NUL byte, which no PostgreSQL text can hold.
    #[error("{path}:{position}: holds a NUL byte at offset {offset}, so it is not text; save the file as UTF-8")]
    Binary {
        /// The file.
        path: Utf8PathBuf,
        /// Where the first NUL byte is.
        position: Position,
        /// Its offset in bytes.
        offset: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("{path}:{position}: byte {byte:#04x} at offset {offset} is not UTF-8; convert the file to UTF-8")]
    NotUtf8 {
        /// The file.
        path: Utf8PathBuf,
        /// Where the first wrong byte is.
        position: Position,
        /// Its offset in bytes.
        offset: usize,
        /// Its value.
        byte: u8,
    },
}
