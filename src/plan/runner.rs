//! What a framework's runner does with its files, as data.

use crate::source::ByteSpan;

/// A framework's runner, as far as reading, order, files and proofs depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runner {
    /// What it sends to the server at once.
    pub sends: Sends,
    /// The transaction that it has begun before it sends a file.
    pub begins: Begins,
    /// How what may not be in that transaction leaves it.
    pub leaves: Leaves,
    /// Where it goes on after a failure.
    pub resumes: Resumes,
    /// What becomes of another one that is started while it runs.
    pub second: SecondRunner,
}

/// What a runner sends to the server at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// A file. Several statements in it are one transaction, unless one of them ends it. (Prisma's engine from 7.4 on cuts a
    /// file into its statements where it can read them all; what holds for a whole file is right there too.)
    Files,
    /// What stands between these words, wherever they are, one after the other.
    Chunks(&'static str),
    /// Each call in a file that is not SQL, one after the other.
    Calls,
}

/// The transaction that a runner has begun before it sends a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// None.
    Nothing,
    /// One for each file, which also writes the file's row in the ledger.
    File,
    /// One for all files that are pending.
    Run,
}

/// How a file leaves the transaction that it is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// It is alone in its file, where there is no transaction.
    ByItself,
    /// `COMMIT` ends the transaction, and another one is begun at the end.
    ByCommit,
    /// A block of the file's language ends the transaction before it, and another one is begun behind it.
    ByBlock,
    /// The file says that it wants none: then each of its statements commits by itself.
    ByFile,
}

/// Where a runner goes on after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumes {
    /// At the file that failed, when it was told that what the file did was taken back. The files before it are done, so
    /// what they set in their session is gone.
    AtFileThatWasResolved,
    /// At the beginning of the file that failed, whatever it has committed. The files before it are done, as with
    /// [`Resumes::AtFileThatWasResolved`].
    AtFile,
    /// At the beginning of the file that failed. So a file is one session from its first statement on.
    AtBeginningOfFile,
}

/// What becomes of a runner that is started while another one is at the same database, as pods do that start together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondRunner {
    /// The first one holds an advisory lock from before its first file to behind its last: the second one waits, or fails.
    LockedOut,
    /// Nothing keeps it from running the same files.
    RunsToo,
}

impl Runner {
    /// Where what it sends one by one stands in a file.
    pub fn chunks(&self, text: &str) -> Vec<ByteSpan> {
        let Sends::Chunks(separator) = self.sends else { return vec![ByteSpan::new(0, text.len())] };
        let mut start = 0;
        text.split(separator)
            .map(|chunk| {
                let span = ByteSpan::new(start, start + chunk.len());
                start = span.end + separator.len();
                span
            })
            .collect()
    }

    /// It sends a file in pieces.
    pub fn sends_pieces(&self) -> bool {
        matches!(self.sends, Sends::Chunks(_) | Sends::Calls)
    }

    /// What it sends is in a transaction, until a file leaves it.
    pub fn is_in_transaction(&self) -> bool {
        self.begins != Begins::Nothing
    }

    /// What a file does commits with its row in the ledger or not at all, unless the file leaves the transaction. Locks that it
    /// takes one after the other are held together.
    pub fn commits_by_file(&self) -> bool {
        self.begins == Begins::File
    }

    /// What a failed concurrent build left INVALID can be dropped before the next attempt, in the same file.
    pub fn clears_leftovers(&self) -> bool {
        self.leaves != Leaves::ByItself
    }

    /// What can run again takes turns with what another runner is at: between a guard and its statement that one could do the
    /// work.
    pub fn needs_turns(&self) -> bool {
        self.second == SecondRunner::RunsToo
    }

    /// A sequence is one session from its first statement on, also where it is begun again after a failure. Where it is not,
    /// the runner works in that session itself: a search path or a role that outlasts a unit would be in its way.
    pub fn is_one_session(&self) -> bool {
        self.resumes == Resumes::AtBeginningOfFile
    }
}
