//! Naive against sequence, migration after migration.

use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::catalog::Catalog;
use super::locks::{Relations, block, relations, trace, waits};
use super::rows::{self, Contents};
use super::{Doing, Scratch, Server, VerifyError, told};
use crate::output::proof::{Proof, StepProof, Verdict};
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

/// What is to be proved.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Rows in every table.
    pub rows: u32,
    /// Every step is killed half-way and run again.
    pub interrupt: bool,
    /// Every step is taken back.
    pub undo: bool,
    /// Waits for strong locks must be bounded.
    pub bounded: bool,
    /// Tables of the framework's own, which are not compared.
    pub ledgers: &'static [&'static str],
}

/// Runs the history on a server and proves each candidate that has pieces, in order.
///
/// # Errors
/// [`VerifyError`] when the server goes away; what differs is in the proofs.
pub fn prove(
    server: &Server,
    history: &[Candidate],
    wanted: &Wanted,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Proof>, VerifyError> {
    let main = server.create()?;
    let (sender, receiver) = mpsc::sync_channel::<(usize, Scratch)>(1);
    let receiver = Mutex::new(receiver);
    let proved = Mutex::new(Vec::new());
    let work = || {
        let mut ended = Ok(());
        // After a failure the rest is taken and left, so that nobody waits to hand it out.
        while let Ok((at, before)) = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv() {
            if ended.is_ok() {
                let proof = timed(&Bench { server, wanted, candidate: &history[at] }, &before);
                ended = proof.map(|proof| proved.lock().unwrap_or_else(PoisonError::into_inner).push((at, proof)));
            }
        }
        ended
    };
    thread::scope(|scope| -> Result<(), VerifyError> {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let replayed = replay(server, &main, history, &sender, &proved, progress);
        drop(sender);
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))?;
        replayed
    })?;
    let mut proofs = proved.into_inner().unwrap_or_else(PoisonError::into_inner);
    proofs.sort_by_key(|(at, _)| *at);
    Ok(proofs.into_iter().map(|(_, proof)| proof).collect())
}

fn timed(bench: &Bench<'_>, before: &Scratch) -> Result<Proof, VerifyError> {
    let start = Instant::now();
    let mut proof = bench.prove(before)?;
    proof.postgres.clone_from(&bench.server.version);
    proof.seconds = start.elapsed().as_secs_f64();
    Ok(proof)
}

/// Proofs that run side by side: each waits for its server most of the time.
const WORKERS: usize = 4;

/// Runs the naive history, and hands out a copy of the database before each migration that is to be proved.
fn replay(
    server: &Server,
    main: &Scratch,
    history: &[Candidate],
    sender: &mpsc::SyncSender<(usize, Scratch)>,
    proved: &Mutex<Vec<(usize, Proof)>>,
    progress: &dyn Fn(usize, usize),
) -> Result<(), VerifyError> {
    for (at, candidate) in history.iter().enumerate() {
        let is_proved = !candidate.pieces.is_empty();
        if is_proved {
            let _ = sender.send((at, server.copy(main)?)); // the receiver outlives this
        }
        if let Err(why) = candidate.send(main)?
            && !is_proved
        {
            let failed = Proof::history(&candidate.name, &server.version, why);
            proved.lock().unwrap_or_else(PoisonError::into_inner).push((at, failed));
        }
        progress(at + 1, history.len());
    }
    Ok(())
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
    fn refuses_twice(&self) -> bool {
        self.sql.lines().any(|line| !line.starts_with("--") && line.contains("INDEX CONCURRENTLY \""))
    }
}

impl Candidate {
    /// Sends the naive migration whole, in one implicit transaction, or when that fails statement by statement: runners
    /// do the one or the other, and some files need the second way.
    fn send(&self, database: &Scratch) -> Result<Result<(), String>, VerifyError> {
        let mut session = database.connect()?;
        let Err(error) = session.batch_execute(&self.naive) else { return Ok(Ok(())) };
        if session.is_closed() {
            return Err(error).doing(self.name.clone());
        }
        // an explicit transaction of the author's stays open after an error
        session.batch_execute("ROLLBACK").doing("ROLLBACK")?;
        let one_by_one = ["55P04", "25001"]; // a new enum label in use; not in a transaction block
        if !error.code().is_some_and(|code| one_by_one.contains(&code.code())) {
            return Ok(Err(told(&error)));
        }
        for statement in &self.statements {
            if let Err(error) = session.batch_execute(statement) {
                return Ok(Err(told(&error)));
            }
        }
        Ok(Ok(()))
    }
}

struct Bench<'a> {
    server: &'a Server,
    wanted: &'a Wanted,
    candidate: &'a Candidate,
}

/// How both sides ended and what they left.
struct Sides {
    naive: Result<(), String>,
    sequence: Result<(), (String, String)>,
    expected: Scratch,
    found: Scratch,
}

impl Bench<'_> {
    /// `main` is the database before the migration, without rows.
    fn prove(&self, main: &Scratch) -> Result<Proof, VerifyError> {
        let mut proof = Proof { name: self.candidate.name.clone(), ..Proof::default() };
        let history = self.server.copy(main)?;
        let filled = rows::insert(&mut history.connect()?, self.wanted.rows, self.wanted.ledgers)?;
        proof.notes.extend(filled.empty.iter().map(|(table, why)| format!("{table} stays without rows: {why}")));
        let before = self.contents(&history)?;
        let sides = self.run(&history, &mut proof)?;
        match (&sides.naive, &sides.sequence) {
            (Ok(()), Ok(())) => {
                self.compare(&sides, &before, &mut proof)?;
                proof.verdict = Verdict::Same;
                self.more(&history, &sides, &before, &mut proof)?;
            }
            (Err(why), Err((step, _))) => {
                if let Some(missing) = self.contents(&sides.found)?.missing(&before) {
                    proof.problems.push(format!(
                        "{step} fails, as the naive migration does, but rows are not as they were: {missing}"
                    ));
                }
                proof.notes.push(format!("both fail on rows, the sequence at {step}: {why}"));
                self.on_empty_tables(main, &mut proof)?;
            }
            (Ok(()), Err((step, why))) => {
                proof.problems.push(format!("the naive migration succeeds, {step} fails: {why}"));
            }
            (Err(why), Ok(())) => {
                proof.notes.push(format!("the naive migration fails on rows, the sequence does not: {why}"));
                self.on_empty_tables(main, &mut proof)?;
            }
        }
        if !proof.problems.is_empty() {
            proof.verdict = Verdict::Differs;
        }
        Ok(proof)
    }

    /// The same without rows, when the naive migration fails on them.
    fn on_empty_tables(&self, main: &Scratch, proof: &mut Proof) -> Result<(), VerifyError> {
        let history = self.server.copy(main)?;
        let before = self.contents(&history)?;
        let sides = self.run(&history, proof)?;
        match (&sides.naive, &sides.sequence) {
            (Ok(()), Ok(())) => {
                self.compare(&sides, &before, proof)?;
                proof.verdict = Verdict::FailsOnRows;
                self.more(&history, &sides, &before, proof)?;
            }
            (Err(_), Err(_)) => proof.verdict = Verdict::Fails,
            (Ok(()), Err((step, why))) => {
                proof.problems.push(format!("on empty tables the naive migration succeeds, {step} fails: {why}"));
            }
            (Err(why), Ok(())) => {
                proof.problems.push(format!("on empty tables the naive migration fails, the sequence does not: {why}"));
            }
        }
        Ok(())
    }

    /// Runs both sides on copies of `history`; the sequence step by step, looked at.
    fn run(&self, history: &Scratch, proof: &mut Proof) -> Result<Sides, VerifyError> {
        let (expected, found) = (self.server.copy(history)?, self.server.copy(history)?);
        let naive = self.candidate.send(&expected)?;
        let before = relations(&mut found.connect()?)?;
        let mut sequence = Ok(());
        proof.steps.clear();
        for piece in &self.candidate.pieces {
            let (step, ended) = self.step(&found, piece, &before)?;
            proof.problems.extend(step.problem.iter().map(|problem| format!("{}: {problem}", piece.name)));
            proof.steps.push(step);
            if let Err(why) = ended {
                sequence = Err((piece.name.clone(), why));
                break;
            }
        }
        Ok(Sides { naive, sequence, expected, found })
    }

    fn step(
        &self,
        database: &Scratch,
        piece: &Piece,
        before: &Relations,
    ) -> Result<(StepProof, Result<(), String>), VerifyError> {
        let mut step = StepProof { file: piece.name.clone(), ..StepProof::default() };
        if piece.as_written {
            let start = Instant::now();
            let ended = database.connect()?.batch_execute(&piece.sql).map_err(|error| told(&error));
            step.milliseconds = start.elapsed().as_secs_f64() * 1e3;
            return Ok((step, ended));
        }
        let trace = trace(database, &piece.sql, before)?;
        let strong = trace.locks.iter().filter(|(_, mode)| mode.blocks_writes()).max_by_key(|(_, mode)| *mode);
        step.problem = strong.and_then(|(relation, mode)| {
            if trace.outside {
                return Some(format!("holds {mode} on {relation} while it works"));
            }
            if let Some(table) = trace.touched.first() {
                return Some(format!("reads or writes the rows of {table} while it holds {mode} on {relation}"));
            }
            (self.wanted.bounded && !trace.bounded)
                .then(|| format!("waits for {mode} on {relation} without a lock_timeout"))
        });
        step.blocks = strong.is_some();
        step.milliseconds = trace.took.as_secs_f64() * 1e3;
        step.locks = trace.locks.iter().map(|(relation, mode)| format!("{mode} on {relation}")).collect();
        step.reads = trace.touched;
        Ok((step, trace.ended.map_err(|error| told(&error))))
    }

    /// Catalogs and rows of both sides.
    fn compare(&self, sides: &Sides, before: &Contents, proof: &mut Proof) -> Result<(), VerifyError> {
        let (expected, found) = (self.catalog(&sides.expected)?, self.catalog(&sides.found)?);
        proof.catalog_objects = expected.len();
        proof.problems.extend(differences(&expected, &found));
        let (naive, sequence) = (self.contents(&sides.expected)?, self.contents(&sides.found)?);
        (proof.tables, proof.rows) = (naive.tables(), naive.rows());
        proof.problems.extend(sequence.difference(&naive, before, &[]));
        Ok(())
    }

    /// Interruptions and undo, where they are wanted and the rest holds.
    fn more(&self, history: &Scratch, sides: &Sides, before: &Contents, proof: &mut Proof) -> Result<(), VerifyError> {
        if !proof.problems.is_empty() {
            return Ok(());
        }
        if self.wanted.interrupt {
            proof.interrupted = Some(self.interrupt_each(history, sides, before, proof)?);
        }
        if self.wanted.undo {
            self.undo(history, sides, proof)?;
        }
        Ok(())
    }

    /// Kills every step half-way, runs it again as its header says, and the rest. Returns how many could be held up.
    fn interrupt_each(
        &self,
        history: &Scratch,
        sides: &Sides,
        before: &Contents,
        proof: &mut Proof,
    ) -> Result<usize, VerifyError> {
        let expected = self.catalog(&sides.expected)?;
        let naive = self.contents(&sides.expected)?;
        let mut killed = 0;
        for (at, piece) in self.candidate.pieces.iter().enumerate().filter(|(_, piece)| !piece.as_written) {
            let database = self.server.copy(history)?;
            self.send(&database, &self.candidate.pieces[..at])?;
            if !kill(&database, &piece.sql)? {
                continue; // nothing can hold it up
            }
            killed += 1;
            let again = usize::from(!piece.refuses_twice());
            let mut rest = std::iter::repeat_n(piece, 1 + again).chain(&self.candidate.pieces[at + 1..]);
            let recovered: Result<(), String> = recover(&database, &piece.sql).and_then(|()| {
                rest.try_for_each(|piece| send(&database, &piece.sql).map_err(|why| format!("{}: {why}", piece.name)))
            });
            if let Err(why) = recovered {
                proof.problems.push(format!("{} was killed and run again: {why}", piece.name));
                continue;
            }
            let mut found: Vec<String> = differences(&expected, &self.catalog(&database)?);
            found.extend(self.contents(&database)?.difference(&naive, before, &[]));
            proof.problems.extend(found.iter().map(|what| format!("{} was killed and run again: {what}", piece.name)));
        }
        Ok(killed)
    }

    /// Takes every step back, the last one first.
    fn undo(&self, history: &Scratch, sides: &Sides, proof: &mut Proof) -> Result<(), VerifyError> {
        let database = self.server.copy(&sides.found)?;
        let mut session = database.connect()?;
        let mut undone = 0;
        for piece in self.candidate.pieces.iter().rev() {
            let Some(statements) = &piece.undo else {
                proof.undone = Some(undone);
                proof.notes.push(format!("{} cannot be taken back: its first lines say why", piece.name));
                return Ok(());
            };
            for statement in statements {
                if let Err(error) = session.batch_execute(statement) {
                    proof.problems.push(format!("{}: undo fails: {}: {statement}", piece.name, told(&error)));
                    return Ok(());
                }
            }
            undone += 1;
        }
        proof.undone = Some(undone);
        let left = differences(&self.catalog(history)?, &self.catalog(&database)?);
        proof.problems.extend(left.into_iter().map(|what| format!("after all steps were undone: {what}")));
        Ok(())
    }

    fn send(&self, database: &Scratch, pieces: &[Piece]) -> Result<(), VerifyError> {
        let mut session = database.connect()?;
        pieces.iter().try_for_each(|piece| session.batch_execute(&piece.sql).doing(piece.name.clone()))
    }

    fn catalog(&self, database: &Scratch) -> Result<Catalog, VerifyError> {
        Catalog::read(&mut database.connect()?, self.server.major, self.wanted.ledgers)
    }

    fn contents(&self, database: &Scratch) -> Result<Contents, VerifyError> {
        rows::read(&mut database.connect()?, self.wanted.ledgers)
    }
}

pub(super) fn differences(expected: &Catalog, found: &Catalog) -> Vec<String> {
    let line = |difference: super::catalog::Difference| {
        let side = |text: Option<String>| text.unwrap_or_else(|| "(not there)".to_owned());
        format!("{} differs\n  - {}\n  + {}", difference.object, side(difference.expected), side(difference.found))
    };
    expected.differences(found).into_iter().map(line).collect()
}

fn send(database: &Scratch, sql: &str) -> Result<(), String> {
    let mut session = database.connect().map_err(|error| error.to_string())?;
    session.batch_execute(sql).map_err(|error| told(&error))
}

/// Starts a file while another session is in its way, and ends its session there; false when it was done before.
fn kill(database: &Scratch, sql: &str) -> Result<bool, VerifyError> {
    let mut blocker = database.connect()?;
    block(&mut blocker, sql)?;
    let mut watcher = database.connect()?;
    let mut victim = database.connect()?;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).doing("pg_backend_pid")?.get(0);
    let killed = thread::scope(|scope| -> Result<bool, VerifyError> {
        let run = scope.spawn(|| victim.batch_execute(sql).is_err());
        let end = Instant::now() + Duration::from_secs(10);
        let mut stuck = Ok(false);
        while matches!(stuck, Ok(false)) && !run.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
            stuck = waits(&mut watcher, pid);
        }
        let _ = watcher.execute("SELECT pg_terminate_backend($1)", &[&pid]);
        let killed = run.join().unwrap_or(true);
        Ok(stuck? && killed)
    })?;
    blocker.batch_execute("ROLLBACK").doing("ROLLBACK")?;
    Ok(killed)
}

/// Does what the file's first lines say about a failure, as far as it is SQL: drops the index that a build left behind.
fn recover(database: &Scratch, sql: &str) -> Result<(), String> {
    const DROP: &str = "DROP INDEX CONCURRENTLY IF EXISTS ";
    let mut header = sql.lines().take_while(|line| line.starts_with("--"));
    let Some(rest) = header.find_map(|line| Some(line.split_once(DROP)?.1)) else { return Ok(()) };
    let mut quoted = false;
    let name: String = rest
        .chars()
        .take_while(|&letter| {
            quoted ^= letter == '"';
            quoted || letter == '"' || letter == '.' || letter == '_' || letter.is_alphanumeric()
        })
        .collect();
    send(database, &format!("{DROP}{name}"))
}
