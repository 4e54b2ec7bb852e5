//! A migration and the sequence that stands for it, as a runner sends them.

use postgres::Client;

use super::carried::Carried;
use super::command::Place;
use super::{Doing, Scratch, VerifyError, message_of};
use crate::framework::header::{About, Header, Undo};
use crate::framework::migration::{Migration, Sent};
use crate::operation::{Operation, SessionOperation, TransactionControl};
use crate::plan::{Leaves, Runner, Sends};
use crate::sql::change;

/// A migration of the history, with the sequence that replaces it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The naive migration, as the runner sends it: whole, or in pieces.
    pub naive: Vec<String>,
    /// Its statements, for a runner that sends one at a time.
    pub statements: Vec<String>,
    /// What is sent for its sequence, in order; empty when there is nothing to prove.
    pub pieces: Vec<Piece>,
    /// Its file in the project.
    pub place: Place,
    /// The files that stand for it, in order.
    pub files: Vec<Place>,
    /// What only running its files would tell, each with its place: nothing is proved where there is any.
    pub unknown: Vec<String>,
    /// What its sequence carries over and the naive migration loses.
    pub carried: Vec<Carried>,
    /// Who sends it.
    pub runner: Runner,
}

/// What the runner sends at once for a sequence, with what its comments say of it.
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
    /// The statement that clears away what a failed run left behind, where there is one.
    pub clears: Option<String>,
    /// In the author's own words: its locks were reported, not promised.
    pub as_written: bool,
    /// No step of its own: it makes the one beside it bear repetition.
    pub helps: bool,
    /// The program that sends it bounds its lock waits.
    pub is_bounded: bool,
    /// It commits together with the runner's ledger: once done it never runs again.
    pub with_ledger: bool,
    /// The file that it is in, by index.
    pub file: usize,
}

impl Candidate {
    /// A migration and the files that stand for it.
    pub fn new(naive: &Migration, files: Vec<&Migration>) -> Candidate {
        let says_how = files.iter().any(|migration| migration.downgrade.is_some());
        let pieces = files.iter().enumerate().flat_map(|(file, migration)| {
            let mut pieces = match migration.runner.sends_pieces() {
                true => Piece::of_file(migration),
                false => migration.sent.iter().map(|sent| Piece::whole(migration, sent)).collect(),
            };
            if says_how {
                take_back(&mut pieces, migration.downgrade.as_ref());
            }
            pieces.into_iter().map(move |piece| Piece { file, ..piece })
        });
        let pieces = pieces.collect();
        let mut unknown = naive.unknown();
        if unknown.is_empty() {
            unknown = files.iter().flat_map(|migration| migration.unknown()).collect();
        }
        let place = |migration: &Migration| Place {
            name: migration.name.clone(),
            path: migration.path().clone(),
            text: migration.text().to_owned(),
        };
        Candidate {
            name: naive.name.clone(),
            place: place(naive),
            files: files.iter().map(|file| place(file)).collect(),
            naive: as_sent(naive),
            unknown,
            statements: naive.statements.iter().map(|statement| naive.sql(statement).to_owned()).collect(),
            pieces,
            carried: Vec::new(),
            runner: naive.runner,
        }
    }

    /// The same where the rewrite carries that over.
    pub fn carrying(self, carried: Vec<Carried>) -> Candidate {
        Candidate { carried, ..self }
    }
}

/// What the runner sends for a migration; what its file puts outside the runner's transaction ends it before.
fn as_sent(migration: &Migration) -> Vec<String> {
    let mut is_outside = false;
    let mut all = Vec::new();
    for sent in &migration.sent {
        if sent.is_outside != is_outside {
            is_outside = sent.is_outside;
            all.push(if is_outside { "COMMIT" } else { "BEGIN" }.to_owned());
        }
        all.push(migration.sql_of(sent));
    }
    all
}

/// A file that says itself how it is taken back does that as a whole, before the files that it follows.
fn take_back(pieces: &mut [Piece], downgrade: Option<&Undo>) {
    pieces.iter_mut().for_each(|piece| piece.undo = Some(Vec::new()));
    if let (Some(last), Some(downgrade)) = (pieces.last_mut(), downgrade) {
        last.undo = statements(downgrade);
    }
}

fn statements(undo: &Undo) -> Option<Vec<String>> {
    match undo {
        Undo::By(statements) => Some(statements.clone()),
        Undo::Impossible => None,
    }
}

impl Piece {
    /// `headers` are what its comments say.
    fn new<'a>(name: String, sql: String, headers: impl IntoIterator<Item = &'a Header>) -> Piece {
        let headers: Vec<&Header> = headers.into_iter().collect();
        let first = headers.first();
        let helps = first.is_some_and(|first| matches!(first.about, About::BeforeStep(_) | About::AfterStep(_)));
        let undo = headers.iter().find_map(|header| header.undo.as_ref()).and_then(statements);
        Piece {
            name,
            sql,
            set: String::new(),
            undo: if helps { Some(Vec::new()) } else { undo },
            clears: headers.iter().find_map(|header| header.clears.clone()),
            as_written: first.is_some_and(|first| first.as_written),
            helps,
            is_bounded: false,
            with_ledger: false,
            file: 0,
        }
    }

    /// A file that is sent as a whole.
    fn whole(migration: &Migration, sent: &Sent) -> Piece {
        Piece::new(migration.name.clone(), migration.sql_of(sent), migration.headers_of(sent))
    }

    /// What is outside a transaction is sent and commits by itself, the rest in one transaction.
    fn of_file(migration: &Migration) -> Vec<Piece> {
        let name = &migration.name;
        let mut pieces: Vec<Piece> = Vec::new();
        let mut together = Together::default();
        let mut set = String::new();
        let mut in_transaction = migration.runner.is_in_transaction();
        // What is said of a step that stands behind what makes it bear repetition.
        let mut of_step: Vec<&Header> = Vec::new();
        for sent in &migration.sent {
            let sql = migration.sql_of(sent).trim().to_owned();
            let mut headers: Vec<&Header> = migration.headers_of(sent).collect();
            let before_step = headers.iter().position(|header| matches!(header.about, About::BeforeStep(_)));
            match before_step {
                Some(at) => of_step = headers.drain(..at).collect(),
                None if headers.is_empty() => headers = std::mem::take(&mut of_step),
                None => {}
            }
            if matches!(migration.runner.leaves, Leaves::ByBlock | Leaves::ByFile) {
                in_transaction = !sent.is_outside;
                if sent.is_outside && together.has_statements {
                    pieces.push(std::mem::take(&mut together).piece(name, &mut set));
                }
            }
            let before = in_transaction;
            match control(migration, sent) {
                Some(TransactionControl::Begin) => {
                    in_transaction = true;
                    if let Some(first) = headers.first().filter(|header| header.steps().is_some()) {
                        let lines = migration.comments_at(first).lines();
                        together.sql.extend(lines.flat_map(|line| [line, "\n"]));
                        together.headers.extend(headers);
                    }
                }
                Some(TransactionControl::Commit) => in_transaction = false,
                _ if sent.statements.is_empty() => {}
                _ if in_transaction => {
                    together.sql.push_str(&sql);
                    together.sql.push_str(if sql.ends_with(';') { "\n" } else { ";\n" });
                    if !together.has_statements {
                        together.headers.extend(headers);
                    }
                    together.set.extend(settings(migration, sent));
                    together.is_bounded =
                        is_bounded(migration, sent) && (together.is_bounded || !together.has_statements);
                    together.has_statements = true;
                }
                _ => {
                    let piece = match (title(&headers), pieces.last()) {
                        (Some(title), _) => Piece::new(format!("{name}, {title}"), sql, headers),
                        // the unit goes on
                        (None, Some(last)) if headers.is_empty() => {
                            Piece { sql, undo: Some(Vec::new()), clears: None, helps: true, ..last.clone() }
                        }
                        (None, _) => Piece::new(format!("{name}, chunk {}", pieces.len() + 1), sql, headers),
                    };
                    pieces.push(Piece { set: set.clone(), is_bounded: is_bounded(migration, sent), ..piece });
                    set.extend(settings(migration, sent));
                }
            }
            if before && !in_transaction && together.has_statements {
                pieces.push(std::mem::take(&mut together).piece(name, &mut set));
            }
        }
        if together.has_statements {
            pieces.push(Piece { with_ledger: true, ..together.piece(name, &mut set) });
        }
        pieces
    }
}

/// What commits together.
#[derive(Default)]
struct Together<'a> {
    sql: String,
    headers: Vec<&'a Header>,
    has_statements: bool,
    is_bounded: bool,
    /// What it sets for the session, which is so behind its commit.
    set: String,
}

impl Together<'_> {
    /// `set` is what was set before it, and then what is set behind it.
    fn piece(self, name: &str, set: &mut String) -> Piece {
        let before = set.clone();
        set.push_str(&self.set);
        Piece { is_bounded: self.is_bounded, set: before, ..Piece::new(name.to_owned(), self.sql, self.headers) }
    }
}

/// The waits of all statements are bounded, be it by what a program does around them, which is not sent.
fn is_bounded(migration: &Migration, sent: &Sent) -> bool {
    let mut items =
        migration.statements[sent.statements.clone()].iter().flat_map(|one| &migration.items[one.items.clone()]);
    migration.runner.sends == Sends::Calls && items.all(|item| item.bounds_lock_waits)
}

/// The `SET`s that decide what the statements behind them do, until the session ends, a line each.
fn settings(migration: &Migration, sent: &Sent) -> impl Iterator<Item = String> {
    let is_set = |operation: &Operation| {
        matches!(operation, Operation::Session(SessionOperation::SetParameter { local: false, .. }))
            && change(operation).is_some()
    };
    let statements = &migration.statements[sent.statements.clone()];
    let sets = statements.iter().filter(move |statement| {
        let items = &migration.items[statement.items.clone()];
        !items.is_empty() && items.iter().all(|item| is_set(&item.operation))
    });
    sets.map(|statement| format!("{};\n", migration.sql(statement).trim_end_matches(';')))
}

/// What a statement that is sent alone does to the transaction.
fn control(migration: &Migration, sent: &Sent) -> Option<TransactionControl> {
    let [statement] = &migration.statements[sent.statements.clone()] else { return None };
    match &migration.items[statement.items.clone()] {
        [item] => match item.operation {
            Operation::Session(SessionOperation::Transaction(control)) => Some(control),
            _ => None,
        },
        _ => None,
    }
}

/// `step 7` or `before step 7`, as the first of the headers says.
fn title(headers: &[&Header]) -> Option<String> {
    match headers.first()?.about {
        About::Steps(steps) => Some(format!("step {}", steps.first)),
        About::BeforeStep(number) => Some(format!("before step {number}")),
        About::AfterStep(number) => Some(format!("after step {number}")),
        About::OnlyStep => None,
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
        let in_transaction = self.runner.is_in_transaction();
        if !in_transaction && self.naive.len() > 1 {
            return Ok(None); // each part commits by itself
        }
        let (begin, commit) = if in_transaction { ("BEGIN", "COMMIT") } else { ("", "") };
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

    /// What is sent of the naive migration, one after the other, within the transaction that the runner has begun.
    pub(super) fn one_by_one(&self) -> &[String] {
        if self.runner.sends == Sends::Calls { &self.naive } else { &self.statements }
    }

    /// Whether the author's statements may end transactions.
    pub(super) fn commits(&self) -> bool {
        let mut all = self.statements.iter().chain(&self.naive);
        all.any(|statement| statement.to_ascii_uppercase().contains("COMMIT"))
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
