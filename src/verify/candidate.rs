//! A migration and the sequence that stands for it, as a runner sends them.

use postgres::Client;

use super::{Doing, Scratch, VerifyError, message_of};
use crate::operation::{Operation, TransactionControl};
use crate::plan::Runner;
use crate::sql::{change, read_statement, split};

/// A migration of the history, with the sequence that replaces it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The naive migration, as the runner sends it: whole, or in chunks.
    pub naive: Vec<String>,
    /// Its statements, for a runner that sends one at a time.
    pub statements: Vec<String>,
    /// What is sent for its sequence, in order; empty when there is nothing to prove.
    pub pieces: Vec<Piece>,
    /// The runner sends chunks, has begun a transaction before, and begins at the first chunk again after a failure.
    pub in_chunks: bool,
}

/// What the runner sends at once for a sequence, with what its first lines say of it.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its name.
    pub name: String,
    /// What the runner sends.
    pub sql: String,
    /// What pieces before it have set for the runner's session, as statements.
    pub set: String,
    /// The statements that take it back, in order; `None` when it cannot be taken back or nobody said how.
    pub undo: Option<Vec<String>>,
    /// In the author's own words: its locks were reported, not promised.
    pub as_written: bool,
    /// No step of its own: it makes the one beside it bear repetition.
    pub helps: bool,
    /// It commits together with the runner's ledger: once done it never runs again.
    pub with_ledger: bool,
    /// The file that it is in, by index.
    pub file: usize,
}

impl Candidate {
    /// A migration and the files that stand for it, each with its name and text.
    pub fn new(name: String, text: &str, files: &[(String, String)], runner: Runner) -> Candidate {
        let naive: Vec<String> = runner.chunks(text).iter().map(|span| span.slice(text).to_owned()).collect();
        let statements = naive.iter().flat_map(|chunk| statements(chunk)).map(str::to_owned).collect();
        let in_chunks = runner.sends_chunks();
        let pieces = files.iter().enumerate().flat_map(|(file, (name, content))| {
            let pieces = match in_chunks {
                true => Piece::of_chunks(name, content, runner),
                false => vec![Piece::new(name.clone(), content.clone())],
            };
            pieces.into_iter().map(move |piece| Piece { file, ..piece })
        });
        Candidate { name, pieces: pieces.collect(), naive, statements, in_chunks }
    }
}

/// True for a `SET` that decides what the statements behind it do, until the session ends.
fn sets(statement: &str) -> bool {
    let operations = read_statement(statement).operations;
    let is_set = |operation: &Operation| {
        matches!(operation, Operation::SetParameter { local: false, .. }) && change(operation).is_some()
    };
    statement.ends_with(';') && !operations.is_empty() && operations.iter().all(|located| is_set(&located.operation))
}

fn statements(chunk: &str) -> impl Iterator<Item = &str> {
    split(chunk).pieces.into_iter().map(|piece| piece.span.slice(chunk))
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
        let title = header().next().unwrap_or_default();
        let as_written = title.ends_with("as written");
        let helps = title.starts_with("-- Before step ") || title.starts_with("-- After step ");
        let undo = if helps { Some(Vec::new()) } else { undo };
        Piece { set: String::new(), undo, as_written, helps, name, sql, with_ledger: false, file: 0 }
    }

    /// What stands between COMMIT and START TRANSACTION is sent and commits chunk by chunk, the rest in one transaction.
    fn of_chunks(name: &str, text: &str, runner: Runner) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut together = String::new();
        let mut set = String::new();
        let mut in_transaction = runner.is_in_transaction();
        for span in runner.chunks(text) {
            let chunk = span.slice(text).trim();
            let before = in_transaction;
            match control(chunk) {
                Some(TransactionControl::Begin) => {
                    in_transaction = true;
                    let header = chunk.lines().take_while(|line| line.starts_with("--"));
                    header.filter(|_| chunk.starts_with("-- Step ")).for_each(|line| together.extend([line, "\n"]));
                }
                Some(TransactionControl::Commit) => in_transaction = false,
                _ if statements(chunk).next().is_none() => {}
                _ if in_transaction => {
                    together.push_str(chunk);
                    together.push_str(if chunk.ends_with(';') { "\n" } else { ";\n" });
                }
                _ => {
                    let piece = match (title(chunk), pieces.last()) {
                        (Some(title), _) => Piece::new(format!("{name}, {title}"), chunk.to_owned()),
                        // the unit goes on
                        (None, Some(last)) if !says_how_to_undo(chunk) => {
                            Piece { sql: chunk.to_owned(), undo: Some(Vec::new()), helps: true, ..last.clone() }
                        }
                        (None, _) => Piece::new(format!("{name}, chunk {}", pieces.len() + 1), chunk.to_owned()),
                    };
                    pieces.push(Piece { set: set.clone(), ..piece });
                    statements(chunk)
                        .filter(|statement| sets(statement))
                        .for_each(|statement| set.extend([statement, "\n"]));
                }
            }
            if before && !in_transaction && together.lines().any(|line| !line.starts_with("--")) {
                pieces.push(Piece { set: set.clone(), ..Piece::new(name.to_owned(), std::mem::take(&mut together)) });
            }
        }
        if together.lines().any(|line| !line.starts_with("--")) {
            pieces.push(Piece { with_ledger: true, set, ..Piece::new(name.to_owned(), together) });
        }
        pieces
    }
}

/// What a chunk that is nothing else does to the transaction.
fn control(chunk: &str) -> Option<TransactionControl> {
    let mut statements = statements(chunk);
    let (only, None) = (statements.next()?, statements.next()) else { return None };
    match read_statement(only).operations.as_slice() {
        [located] => match &located.operation {
            Operation::Transaction(control) => Some(*control),
            _ => None,
        },
        _ => None,
    }
}

fn says_how_to_undo(chunk: &str) -> bool {
    chunk.lines().take_while(|line| line.starts_with("--")).any(|line| line.starts_with("-- Undo: "))
}

/// `step 7` or `before step 7`, as the chunk's first line says.
fn title(chunk: &str) -> Option<String> {
    let line = chunk.lines().next()?.strip_prefix("-- ")?;
    match line.split([' ', ':']).collect::<Vec<_>>().as_slice() {
        ["Step", number, "of", ..] => Some(format!("step {number}")),
        [when @ ("Before" | "After"), "step", number, ..] => Some(format!("{} step {number}", when.to_lowercase())),
        _ => None,
    }
}

impl Candidate {
    /// Sends the naive migration whole, in one implicit transaction, or when that fails statement by statement: runners
    /// do the one or the other, and some files need the second way.
    pub(super) fn send(&self, database: &Scratch) -> Result<Result<(), String>, VerifyError> {
        self.send_looked_at(database, &mut || Ok(()))
    }

    /// The same; `look` is called after each statement where statements commit one by one.
    pub(super) fn send_looked_at(
        &self,
        database: &Scratch,
        look: &mut dyn FnMut() -> Result<(), VerifyError>,
    ) -> Result<Result<(), String>, VerifyError> {
        let mut session = database.connect()?;
        if let Some(ended) = self.send_whole(&mut session)? {
            return Ok(ended);
        }
        for statement in &self.statements {
            if let Err(error) = session.batch_execute(statement) {
                return Ok(Err(message_of(&error)));
            }
            look()?;
        }
        Ok(Ok(()))
    }

    /// Sends the naive migration in one implicit transaction; `None` when PostgreSQL refuses it there.
    fn send_whole(&self, session: &mut Client) -> Result<Option<Result<(), String>>, VerifyError> {
        let (begin, commit) = if self.in_chunks { ("BEGIN", "COMMIT") } else { ("", "") };
        let chunks = std::iter::once(begin).chain(self.naive.iter().map(String::as_str)).chain([commit]);
        let Err(error) = chunks.into_iter().try_for_each(|chunk| session.batch_execute(chunk)) else {
            return Ok(Some(Ok(())));
        };
        if session.is_closed() {
            return Err(error).doing(self.name.clone());
        }
        // an explicit transaction of the author's stays open after an error
        session.batch_execute("ROLLBACK").doing("ROLLBACK")?;
        let one_by_one = ["55P04", "25001"]; // a new enum label in use; not in a transaction block
        let refused = error.code().is_some_and(|code| one_by_one.contains(&code.code()));
        Ok((!refused).then(|| Err(message_of(&error))))
    }

    /// Whether the author's statements may end transactions.
    pub(super) fn commits(&self) -> bool {
        self.statements.iter().any(|statement| statement.to_ascii_uppercase().contains("COMMIT"))
    }

    /// Whether the naive migration fails and leaves nothing behind; then `database` is as it was. `None` when only the
    /// outcome of another way to send it could tell.
    pub(super) fn fails_whole(&self, database: &Scratch) -> Result<Option<bool>, VerifyError> {
        if self.commits() {
            return Ok(None);
        }
        Ok(self.send_whole(&mut database.connect()?)?.map(|ended| ended.is_err()))
    }
}
