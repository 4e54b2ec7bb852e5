//! Proof on a real PostgreSQL: a sequence leaves the schema and the rows that the naive migration leaves, locks what it
//! says, and can be interrupted and undone.
//!
//! From the ground up: `address` and `installation` find a server, `cluster` starts a throw-away one, `scratch` makes databases on
//! it. `filling` makes rows up; `catalog`, `rows` and `locks` read and compare, `between` looks at what others see after each step.
//! `candidate` is what is proved; `proof` is the order in which that happens, with `interruption`, `growth` and `bad_rows`;
//! `command` runs the project's own runner in its stead, and `own_runner` compares what that leaves. `traffic` lets a `workload` run beside it.

pub(crate) mod address;
mod bad_rows;
pub mod between;
mod candidate;
mod carried;
pub mod catalog;
mod checks;
pub mod cleanup;
mod cluster;
mod command;
pub mod filling;
mod growth;
pub mod installation;
mod interruption;
mod ledgers;
mod locks;
mod own_runner;
mod proof;
pub mod rows;
mod scratch;
mod sizes;
mod traffic;
mod workload;

use camino::Utf8PathBuf;

pub use candidate::{Candidate, Piece};
pub use carried::{Carried, Said};
pub use checks::{Answer, ask};
pub use cluster::Cluster;
pub use command::{OwnRunner, Place};
pub use proof::{Wanted, prove};
pub use scratch::{Look, Scratch, Server};
pub use sizes::{SIZES, sizes};
pub use traffic::try_traffic;
pub use workload::Load;

/// Why nothing could be proved or refuted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A statement that safestep sent failed.
    #[error("{doing}: {}", message_of(source))]
    Sql {
        /// What it was for.
        doing: String,
        /// What the server says.
        source: postgres::Error,
    },
    /// There is no server to start.
    #[error(
        "no PostgreSQL server programs found{0}; install them (Debian: apt install postgresql, Homebrew: brew install postgresql), name their folder with --postgres-bin, or a server with --database-url"
    )]
    NoServer(String),
    /// The server did not start, or a file of it could not be made.
    #[error("{path}: {source}")]
    Io {
        /// The program, file or folder.
        path: Utf8PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A program of PostgreSQL or npm ended with an error.
    #[error("{program} failed: {message}")]
    Program {
        /// Its name.
        program: String,
        /// What it printed last.
        message: String,
    },
    /// The server may not be used for this.
    #[error("{0}")]
    Refused(String),
}

/// An error of the server with its code and where it comes from.
pub fn message_of(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}

/// Names what a statement was for when it fails.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, VerifyError>;
}

impl<T> Doing<T> for Result<T, postgres::Error> {
    fn doing(self, what: impl Into<String>) -> Result<T, VerifyError> {
        self.map_err(|source| VerifyError::Sql { doing: what.into(), source })
    }
}
