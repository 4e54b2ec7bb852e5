//! Naive against sequence, migration after migration.

use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::between::{Between, Moment, can_be_stopped};
use super::candidate::{Candidate, Piece};
use super::catalog::Catalog;
use super::command::{OwnRunner, Place};
use super::filling::{Filling, Rows, fill};
use super::locks::{Relations, ends_transactions, relations, trace};
use super::rows::{self, Contents};
use super::{Doing, Scratch, Server, VerifyError, message_of};
use crate::report::{Proof, StepProof, Verdict};

/// What is to be proved.
#[derive(Debug, Clone)]
pub struct Wanted<'l> {
    /// Rows in every table.
    pub rows: u32,
    /// Another seed gives other rows.
    pub seed: u32,
    /// Every step is killed half-way and run again.
    pub interrupt: bool,
    /// Every step is taken back.
    pub undo: bool,
    /// The longest wait of one attempt at a lock, in milliseconds; `None` when waits are left unbounded.
    pub lock_timeout: Option<f64>,
    /// Tables of the framework's own, which are not compared.
    pub ledgers: &'l [&'l str],
    /// The project's own runner, where one is configured.
    pub own_runner: Option<OwnRunner>,
}

/// Runs the history on a server and proves each candidate that has pieces, in order.
///
/// # Errors
/// [`VerifyError`] when the server goes away; what differs is in the proofs.
pub fn prove(
    server: &Server,
    history: &[Candidate],
    wanted: &Wanted<'_>,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Proof>, VerifyError> {
    let main = server.create()?;
    if let Some(schema) = wanted.own_runner.as_ref().and_then(|own| own.ledger_schema.as_ref()) {
        main.look()?
            .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))
            .doing("making the ledger's schema")?;
    }
    let places: Vec<Place> = history.iter().map(|candidate| candidate.place.clone()).collect();
    let (sender, receiver) = mpsc::sync_channel::<(usize, Scratch)>(1);
    let receiver = Mutex::new(receiver);
    let proved = Mutex::new(Vec::new());
    let work = || {
        let mut ended = Ok(());
        // After a failure the rest is taken and left, so that nobody waits to hand it out.
        while let Ok((at, before)) = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv() {
            if ended.is_ok() {
                let proof = timed(&Bench { server, wanted, candidate: &history[at], before: &places[..at] }, &before);
                ended = proof.map(|proof| proved.lock().unwrap_or_else(PoisonError::into_inner).push((at, proof)));
            }
        }
        ended
    };
    thread::scope(|scope| -> Result<(), VerifyError> {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let replayed = replay(server, &main, history, (wanted, &places), &sender, &proved, progress);
        drop(sender);
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))?;
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
    (wanted, places): (&Wanted<'_>, &[Place]),
    sender: &mpsc::SyncSender<(usize, Scratch)>,
    proved: &Mutex<Vec<(usize, Proof)>>,
    progress: &dyn Fn(usize, usize),
) -> Result<(), VerifyError> {
    for (at, candidate) in history.iter().enumerate() {
        let is_proved = !candidate.pieces.is_empty();
        if is_proved {
            let _ = sender.send((at, server.copy(main)?)); // the receiver outlives this
        }
        let keep = |proof: Proof| proved.lock().unwrap_or_else(PoisonError::into_inner).push((at, proof));
        let ended = match &wanted.own_runner {
            Some(own) => own.run(&own.tree(&places[..=at])?, main, &candidate.name)?,
            None => candidate.send(main)?,
        };
        if ended.is_ok() && wanted.own_runner.is_some() {
            must_be_touched(main)?;
        }
        if !is_proved {
            match ended {
                Err(why) => keep(Proof::history(&candidate.name, &server.version, why)),
                Ok(()) if !candidate.unknown.is_empty() && wanted.own_runner.is_none() => {
                    keep(Proof::not_known(&candidate.name, &server.version, Vec::new(), &candidate.unknown));
                }
                Ok(()) => {}
            }
        }
        progress(at + 1, history.len());
    }
    Ok(())
}

/// The runner has at least written down what it did.
fn must_be_touched(database: &Scratch) -> Result<(), VerifyError> {
    let is_empty = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)";
    if database.look()?.query_one(is_empty, &[]).doing("looking at a scratch database")?.get(0) {
        return Err(VerifyError::Refused(
            "[verify] command: it succeeds and leaves the scratch database empty; it must use the database that DATABASE_URL names"
                .into(),
        ));
    }
    Ok(())
}

/// The proof of one candidate on one server.
pub(super) struct Bench<'a> {
    pub server: &'a Server,
    pub wanted: &'a Wanted<'a>,
    pub candidate: &'a Candidate,
    /// The migrations before it, as files.
    pub before: &'a [Place],
}

/// How both sides ended and what they left.
pub(super) struct Sides {
    pub naive: Result<(), String>,
    /// The step that failed, and why.
    pub sequence: Result<(), (String, String)>,
    pub expected: Scratch,
    pub found: Scratch,
}

impl Bench<'_> {
    /// `main` is the database before the migration, without rows.
    fn prove(&self, main: &Scratch) -> Result<Proof, VerifyError> {
        let Candidate { name, unknown, files, .. } = self.candidate;
        let mut proof = match (unknown.is_empty(), &self.wanted.own_runner) {
            (true, _) => self.by_statements(main)?,
            (false, Some(_)) => Proof { name: name.clone(), ..Proof::default() },
            (false, None) => {
                let files = files.iter().map(|file| file.name.clone()).collect();
                return Ok(Proof::not_known(name, &self.server.version, files, unknown));
            }
        };
        if let Some(own) = self.wanted.own_runner.as_ref().filter(|_| proof.problems.is_empty()) {
            self.by_own_runner(own, main, &mut proof)?;
        }
        if !proof.problems.is_empty() {
            proof.verdict = Verdict::Differs;
        }
        Ok(proof)
    }

    /// The statements that are known, sent as the runner sends them.
    fn by_statements(&self, main: &Scratch) -> Result<Proof, VerifyError> {
        let mut proof = Proof { name: self.candidate.name.clone(), ..Proof::default() };
        let history = self.server.copy(main)?;
        let filled = fill(&mut *history.look()?, &self.filling())?;
        proof.notes.extend(filled.empty.iter().map(|(table, why)| format!("{table} stays without rows: {why}")));
        let before = self.contents(&history)?;
        let sides = self.run(&history, &mut proof)?;
        match (&sides.naive, &sides.sequence) {
            (Ok(()), Ok(())) => {
                self.compare(&history, &sides, &before, &mut proof)?;
                proof.verdict = Verdict::Same;
                self.more(&history, &sides, &before, &mut proof)?;
                if proof.problems.is_empty() {
                    self.on_bad_rows(main, &self.contents(&sides.found)?, &mut proof)?;
                    self.growth(main, &mut proof)?;
                }
            }
            (Err(why), Err((step, _))) => {
                if !self.author_was_before(Some(step))
                    && let Some(missing) = self.contents(&sides.found)?.missing(&before)
                {
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
        Ok(proof)
    }

    /// The same without rows, when the naive migration fails on them.
    fn on_empty_tables(&self, main: &Scratch, proof: &mut Proof) -> Result<(), VerifyError> {
        let history = self.server.copy(main)?;
        let before = self.contents(&history)?;
        let sides = self.run(&history, proof)?;
        match (&sides.naive, &sides.sequence) {
            (Ok(()), Ok(())) => {
                self.compare(&history, &sides, &before, proof)?;
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
    pub(super) fn run(&self, history: &Scratch, proof: &mut Proof) -> Result<Sides, VerifyError> {
        let (expected, found) = (self.server.copy(history)?, self.server.copy(history)?);
        let (naive, between) = self.run_naive(&expected)?;
        let sequence = self.run_sequence(&found, between, proof)?;
        Ok(Sides { naive, sequence, expected, found })
    }

    /// Runs the naive migration; where it succeeds also what it owes to others meanwhile.
    fn run_naive(&self, database: &Scratch) -> Result<(Result<(), String>, Option<Between>), VerifyError> {
        let mut other = database.look()?;
        let ledgers = self.wanted.ledgers;
        let before = Moment::read(&mut other, ledgers)?;
        let mut shown = Vec::new();
        let ended = self.candidate.send_looked_at(database, &mut || {
            shown.push(Moment::read(&mut other, ledgers)?);
            Ok(())
        })?;
        if ended.is_err() || self.candidate.commits() {
            return Ok((ended, None)); // who commits in between shows what he likes
        }
        let mut between = Between::of(&before, Moment::read(&mut other, ledgers)?);
        shown.iter().for_each(|moment| between.allow(moment));
        Ok((ended, Some(between)))
    }

    /// Runs the sequence, looked at, as far as it goes; the step that fails and why.
    pub(super) fn run_sequence(
        &self,
        database: &Scratch,
        mut between: Option<Between>,
        proof: &mut Proof,
    ) -> Result<Result<(), (String, String)>, VerifyError> {
        let mut other = database.look()?;
        let before = relations(&mut other)?;
        (proof.steps, proof.looks) = (Vec::new(), 0);
        for (at, piece) in self.candidate.pieces.iter().enumerate() {
            let mut gaps = Vec::new();
            let run = || self.step(database, piece, &before);
            let stops =
                between.is_some() && can_be_stopped(&piece.sql) && ends_transactions(database, &piece.set, &piece.sql)?;
            let (step, ended) = match between.as_mut().filter(|_| stops) {
                Some(between) => between.inside(&mut other, self.wanted.ledgers, &mut gaps, run)??,
                None => run()?,
            };
            proof.problems.extend(gaps.into_iter().map(|gap| format!("{}: within it {gap}", piece.name)));
            proof.problems.extend(step.problem.iter().map(|problem| format!("{}: {problem}", piece.name)));
            proof.steps.push(step);
            if let Err(why) = ended {
                return Ok(Err((piece.name.clone(), why)));
            }
            let is_last = at + 1 == self.candidate.pieces.len();
            if let Some(between) = between.as_mut().filter(|_| !is_last) {
                let gaps = between.gaps(&mut other, self.wanted.ledgers)?;
                proof.looks += 1;
                proof.problems.extend(gaps.into_iter().map(|gap| format!("{}: after it {gap}", piece.name)));
            }
        }
        Ok(Ok(()))
    }

    fn step(
        &self,
        database: &Scratch,
        piece: &Piece,
        before: &Relations,
    ) -> Result<(StepProof, Result<(), String>), VerifyError> {
        let mut step = StepProof { file: piece.name.clone(), helps: piece.helps, ..StepProof::default() };
        if piece.as_written {
            let start = Instant::now();
            let ended = database.connect()?.batch_execute(&piece.sql).map_err(|error| message_of(&error));
            step.milliseconds = start.elapsed().as_secs_f64() * 1e3;
            return Ok((step, ended));
        }
        let trace = trace(database, &piece.set, &piece.sql, before)?;
        let strong = trace.locks.iter().filter(|(_, mode)| mode.blocks_writes()).max_by_key(|(_, mode)| *mode);
        step.problem = strong.and_then(|(relation, mode)| {
            if trace.outside {
                return Some(format!("holds {mode} on {relation} while it works"));
            }
            if let Some(table) = trace.touched.first() {
                return Some(format!("reads or writes the rows of {table} while it holds {mode} on {relation}"));
            }
            (self.wanted.lock_timeout.is_some() && !trace.bounded && !piece.is_bounded)
                .then(|| format!("waits for {mode} on {relation} without a lock_timeout"))
        });
        step.blocks = strong.is_some();
        step.milliseconds = trace.took.as_secs_f64() * 1e3;
        step.locks = trace.locks.iter().map(|(relation, mode)| format!("{mode} on {relation}")).collect();
        step.reads = trace.touched;
        Ok((step, trace.ended.map_err(|error| message_of(&error))))
    }

    /// Catalogs and rows of both sides, which were copies of `history`.
    pub(super) fn compare(
        &self,
        history: &Scratch,
        sides: &Sides,
        before: &Contents,
        proof: &mut Proof,
    ) -> Result<(), VerifyError> {
        let (expected, found) = (self.catalog(&sides.expected)?, self.catalog(&sides.found)?);
        proof.catalog_objects = expected.len();
        proof.problems.extend(expected.differences_in_words(&found));
        // What commits by itself was tried in a transaction first, to see its locks.
        let (mut naive, sequence) = (self.contents(&sides.expected)?, self.contents(&sides.found)?.with_gaps());
        (proof.tables, proof.rows) = (naive.tables(), naive.rows());
        proof.problems.extend(self.difference(history, &sequence, &mut naive, before)?);
        Ok(())
    }

    /// How rows differ from those of the naive migration, which runs again to tell what it makes otherwise each time.
    pub(super) fn difference(
        &self,
        history: &Scratch,
        sequence: &Contents,
        naive: &mut Contents,
        before: &Contents,
    ) -> Result<Option<String>, VerifyError> {
        if sequence.difference(naive, before, &[]).is_some() {
            let again = self.server.copy(history)?;
            if self.candidate.send(&again)?.is_ok() {
                naive.differs_by_itself(&self.contents(&again)?);
            }
        }
        self.difference_from_what_is_meant(history, sequence, naive, before)
    }

    /// How rows differ from those that the naive migration leaves, with what the sequence carries over where it loses it.
    pub(super) fn difference_from_what_is_meant(
        &self,
        history: &Scratch,
        sequence: &Contents,
        naive: &Contents,
        before: &Contents,
    ) -> Result<Option<String>, VerifyError> {
        let carried = &self.candidate.carried;
        match sequence.difference(naive, before, &[]) {
            Some(_) if !carried.is_empty() => {
                let meant = naive.carrying(&mut *history.look()?, before, carried)?;
                Ok(sequence.difference(&meant, before, &[]))
            }
            difference => Ok(difference),
        }
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

    pub(super) fn filling(&self) -> Filling<'_> {
        let Wanted { rows, seed, ledgers, .. } = *self.wanted;
        Filling { rows, seed, ledgers, only: None, kind: Rows::Good }
    }

    pub(super) fn catalog(&self, database: &Scratch) -> Result<Catalog, VerifyError> {
        Catalog::read(&mut *database.look()?, self.server.major, self.wanted.ledgers)
    }

    pub(super) fn contents(&self, database: &Scratch) -> Result<Contents, VerifyError> {
        rows::read(&mut *database.look()?, self.wanted.ledgers)
    }
}
