//! A migration and the sequence that stands for it, as a runner sends them.

use postgres::Client;

use super::{Doing, Scratch, VerifyError, told};
use crate::sql::split;

/// A migration of the history, with the sequence that replaces it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The naive migration.
    pub naive: String,
    /// Its statements, for a runner that sends one at a time.
    pub statements: Vec<String>,
    /// The files of its sequence, in order; empty when there is nothing to prove.
    pub pieces: Vec<Piece>,
}

/// A file of a sequence, with what its first lines say of it.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its name.
    pub name: String,
    /// What the runner sends.
    pub sql: String,
    /// The statements that take it back, in order; `None` when it cannot be taken back or nobody said how.
    pub undo: Option<Vec<String>>,
    /// In the author's own words: its locks were reported, not promised.
    pub as_written: bool,
}

impl Piece {
    /// Reads what a file says of itself.
    pub fn new(name: String, sql: String) -> Piece {
        let header = || sql.lines().take_while(|line| line.starts_with("--"));
        let undo = header().find_map(|line| line.strip_prefix("-- Undo: ")).and_then(|undo| match undo {
            "nothing to undo" => Some(Vec::new()),
            undo if undo.contains("not possible:") => None,
            undo => Some(split(undo).pieces.iter().map(|piece| piece.span.slice(undo).to_owned()).collect()),
        });
        let as_written = header().next().is_some_and(|title| title.ends_with("as written"));
        Piece { name, sql, undo, as_written }
    }

    /// A concurrent build refuses to be run again once it is done, loudly; everything else promises to do nothing then.
    pub(super) fn refuses_twice(&self) -> bool {
        self.sql.lines().any(|line| !line.starts_with("--") && line.contains("INDEX CONCURRENTLY \""))
    }
}

impl Candidate {
    /// Sends the naive migration whole, in one implicit transaction, or when that fails statement by statement: runners
    /// do the one or the other, and some files need the second way.
    pub(super) fn send(&self, database: &Scratch) -> Result<Result<(), String>, VerifyError> {
        let mut session = database.connect()?;
        if let Some(ended) = self.send_whole(&mut session)? {
            return Ok(ended);
        }
        let mut statements = self.statements.iter();
        Ok(statements.try_for_each(|statement| session.batch_execute(statement)).map_err(|error| told(&error)))
    }

    /// Sends the naive migration in one implicit transaction; `None` when PostgreSQL refuses it there.
    fn send_whole(&self, session: &mut Client) -> Result<Option<Result<(), String>>, VerifyError> {
        let Err(error) = session.batch_execute(&self.naive) else { return Ok(Some(Ok(()))) };
        if session.is_closed() {
            return Err(error).doing(self.name.clone());
        }
        // an explicit transaction of the author's stays open after an error
        session.batch_execute("ROLLBACK").doing("ROLLBACK")?;
        let one_by_one = ["55P04", "25001"]; // a new enum label in use; not in a transaction block
        let refused = error.code().is_some_and(|code| one_by_one.contains(&code.code()));
        Ok((!refused).then(|| Err(told(&error))))
    }

    /// Whether the naive migration fails and leaves nothing behind; then `database` is as it was. `None` when only the
    /// outcome of another way to send it could tell.
    pub(super) fn fails_whole(&self, database: &Scratch) -> Result<Option<bool>, VerifyError> {
        let commits = |statement: &String| statement.to_ascii_uppercase().contains("COMMIT");
        if self.statements.iter().any(commits) {
            return Ok(None);
        }
        Ok(self.send_whole(&mut database.connect()?)?.map(|ended| ended.is_err()))
    }
}
