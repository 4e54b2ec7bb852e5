//! A migration beside an application's traffic: as it was written, then as a sequence.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::candidate::{Candidate, Piece};
use super::filling::{Filling, fill};
use super::growth::one_line;
use super::proof::{Bench, Wanted};
use super::workload::{Load, Sent, Workload};
use super::{Doing, Scratch, Server, VerifyError, message_of};
use crate::report::{SLICE, Side, Statements, StepTraffic, Trial};

/// Traffic alone, before the migration begins and after it has ended.
const CALM: Duration = Duration::from_secs(1);
/// More than `lock_timeout` that the sequence may stall anybody, in milliseconds.
const ALLOWANCE: f64 = 100.0;

/// Runs the history, and each candidate that has pieces under traffic.
///
/// # Errors
/// [`VerifyError`] when the server goes away.
pub fn try_traffic(
    server: &Server,
    history: &[Candidate],
    wanted: &Wanted<'_>,
    load: Load,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Trial>, VerifyError> {
    let main = server.create()?;
    let mut trials = Vec::new();
    for (at, candidate) in history.iter().enumerate() {
        if !candidate.pieces.is_empty() {
            let bench = Bench { server, wanted, candidate, before: &[] };
            trials.push(Trial {
                name: candidate.name.clone(),
                postgres: server.version.clone(),
                ..bench.traffic(&main, load)?
            });
        }
        let _ = candidate.send(&main)?; // what fails here fails in the proof, which says so
        progress(at + 1, history.len());
    }
    Ok(trials)
}

/// A part of a side: its name, and what is sent for it.
type Part = (String, String);

impl Bench<'_> {
    /// `main` is the database before the migration, without rows.
    fn traffic(&self, main: &Scratch, load: Load) -> Result<Trial, VerifyError> {
        let mut trial = Trial { rows: load.rows, clients: load.clients, rate: load.rate, ..Trial::default() };
        trial.promised = self.wanted.lock_timeout.map(|timeout| timeout + ALLOWANCE);
        if !self.candidate.unknown.is_empty() {
            let note =
                |unknown: &String| format!("{unknown}: only running the file tells what it sends; it is not tried");
            trial.notes.extend(self.candidate.unknown.iter().map(note));
            return Ok(trial);
        }
        let tables = self.locked_tables(main)?;
        let history = self.server.copy(main)?;
        let filling = Filling { rows: load.rows, only: Some(&tables), ..self.filling() };
        let filled = fill(&mut *history.look()?, &filling)?;
        trial.notes.extend(filled.empty.iter().map(|(table, why)| format!("{table} stays without rows: {why}")));
        history.look()?.batch_execute("VACUUM ANALYZE").doing("VACUUM ANALYZE")?;
        let migrated = self.server.copy(main)?;
        let _ = self.candidate.send(&migrated)?; // where it fails, today's foreign keys are all there is
        let workload = Workload::of(&history, &migrated, &filled, load, self.wanted.ledgers)?;
        trial.tables = workload.tables();
        if trial.tables.is_empty() {
            trial.notes.push("it locks no table that was there before: there is no traffic to disturb".to_owned());
            return Ok(trial);
        }
        let word = |word: &str| self.candidate.runner.is_in_transaction().then(|| (word.to_owned(), word.to_owned()));
        let statements = self.candidate.one_by_one().iter().map(|statement| (one_line(statement), statement.clone()));
        let statements: Vec<Part> = word("BEGIN").into_iter().chain(statements).chain(word("COMMIT")).collect();
        let part = |piece: &'_ Piece| (piece.name.clone(), piece.sql.clone());
        let waits = |piece: &Piece| self.candidate.deploys_before.is_some_and(|file| piece.file >= file);
        let first = self.candidate.pieces.iter().position(waits).unwrap_or(self.candidate.pieces.len());
        let (now, later) = self.candidate.pieces.split_at(first);
        trial.naive = side(&self.server.copy(&history)?, &[(&workload, statements)])?;
        let mut phases = vec![(&workload, now.iter().map(part).collect())];
        let deployed = workload.deployed(&migrated, self.wanted.ledgers)?;
        if !later.is_empty() {
            let name = &later[0].name;
            trial.notes.push(format!("code that knows what goes runs until {name}; then code that does not"));
            phases.push((&deployed, later.iter().map(part).collect()));
        }
        trial.sequence = side(&history, &phases)?;
        Ok(trial)
    }
}

/// Sends the parts of each phase, one after the other, while its workload runs.
fn side(database: &Scratch, phases: &[(&Workload, Vec<Part>)]) -> Result<Side, VerifyError> {
    let start = Instant::now();
    let mut side = Side::default();
    let mut sent = Vec::new();
    for (workload, parts) in phases {
        if side.failure.is_none() {
            sent.extend(phase(database, (workload, parts), start, &mut side)?);
        }
    }
    side.tell(&sent);
    Ok(side)
}

/// What was sent beside the parts, which are added to `side`. Times count from `start`.
fn phase(
    database: &Scratch,
    (workload, parts): (&Workload, &[Part]),
    start: Instant,
    side: &mut Side,
) -> Result<Vec<Sent>, VerifyError> {
    let stop = AtomicBool::new(false);
    let mut session = database.connect()?;
    let now = || start.elapsed().as_secs_f64();
    thread::scope(|scope| {
        let traffic = scope.spawn(|| workload.run(database, start, &stop));
        thread::sleep(CALM);
        let begins = now();
        if side.steps.is_empty() {
            side.begins = begins;
        }
        for (name, sql) in parts {
            let begins = now();
            let ended = session.batch_execute(sql);
            side.steps.push(StepTraffic {
                name: name.clone(),
                begins,
                seconds: now() - begins,
                ..StepTraffic::default()
            });
            if let Err(error) = ended {
                side.failure = Some(format!("{name}: {}", message_of(&error)));
                break;
            }
        }
        side.seconds += now() - begins;
        let _ = session.batch_execute("ROLLBACK"); // a transaction of the author's that failed would hold its locks
        thread::sleep(CALM);
        stop.store(true, Ordering::Relaxed);
        traffic.join().unwrap_or_else(|_| Ok(Vec::new()))
    })
}

impl Side {
    /// Adds up what the clients saw.
    fn tell(&mut self, sent: &[Sent]) {
        let slices = sent.iter().map(|sent| slice_of(sent.due + sent.waited) + 1).max().unwrap_or(0);
        self.answered = vec![[0; 2]; slices];
        for sent in sent.iter().filter(|sent| sent.failure.is_none()) {
            self.answered[slice_of(sent.due + sent.waited)][usize::from(sent.writes)] += 1;
        }
        for step in &mut self.steps {
            let (begins, end) = (step.begins, step.begins + step.seconds);
            let longest = |writes: bool| {
                let waits = sent.iter().filter(|sent| sent.writes == writes);
                let meanwhile = waits.map(|sent| (sent.due + sent.waited).min(end) - sent.due.max(begins));
                meanwhile.fold(0.0, f64::max) * 1e3
            };
            (step.longest_read, step.longest_write) = (longest(false), longest(true));
        }
        let begins = self.begins;
        let since = |writes: bool| sent.iter().filter(move |s| s.writes == writes && s.due + s.waited >= begins);
        (self.reads, self.writes) = (statements(since(false)), statements(since(true)));
    }
}

fn slice_of(second: f64) -> usize {
    (second / SLICE) as usize
}

fn statements<'a>(sent: impl Iterator<Item = &'a Sent>) -> Statements {
    let sent: Vec<&Sent> = sent.collect();
    let mut waits: Vec<f64> = sent.iter().map(|sent| sent.waited * 1e3).collect();
    waits.sort_by(f64::total_cmp);
    let percentile = |share: f64| {
        let at = (waits.len() as f64 * share).ceil() as usize;
        waits.get(at.saturating_sub(1)).copied().unwrap_or_default()
    };
    let longest = sent.iter().max_by(|a, b| a.waited.total_cmp(&b.waited));
    Statements {
        sent: sent.len(),
        failed: sent.iter().filter(|sent| sent.failure.is_some()).count(),
        first_failure: sent.iter().find_map(|sent| sent.failure.clone()),
        p50: percentile(0.5),
        p99: percentile(0.99),
        longest: percentile(1.0),
        longest_at: longest.map(|sent| sent.due).unwrap_or_default(),
    }
}
