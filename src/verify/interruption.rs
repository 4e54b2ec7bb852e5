//! Steps that are killed half-way and run again, and steps that are taken back.

use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use super::candidate::Piece;
use super::locks::{block, waits};
use super::proof::{Bench, Sides};
use super::rows::Contents;
use super::{Doing, Scratch, VerifyError, message_of};
use crate::framework::plpgsql::transactions;
use crate::plan::Resumes;
use crate::report::Proof;

impl Bench<'_> {
    /// Kills every step half-way, runs it again as its header says, and the rest: what was killed is rolled back or goes on
    /// where it was, and once it is done nobody runs it again. Where the runner begins the file again at
    /// its first chunk, all of the file, and once more. Returns how many could be held up.
    pub(super) fn interrupt_each(
        &self,
        history: &Scratch,
        sides: &Sides,
        before: &Contents,
        proof: &mut Proof,
    ) -> Result<usize, VerifyError> {
        let expected = self.catalog(&sides.expected)?;
        let mut naive = self.contents(&sides.expected)?;
        let mut killed = 0;
        // What those before a step leave, for all that begin there.
        let mut so_far: Option<Scratch> = None;
        for (at, piece) in self.candidate.pieces.iter().enumerate() {
            if let Some(last) = at.checked_sub(1) {
                let database = so_far.take().map_or_else(|| self.server.copy(history), Ok)?;
                self.send(&database, &self.candidate.pieces[last])?;
                so_far = Some(database);
            }
            if piece.as_written {
                continue;
            }
            let committed = transactions(&piece.sql);
            let mut was_killed = false;
            // Of several transactions each is held up once, with those before it done.
            for done in 0..committed.len().max(1) {
                let database = self.server.copy(so_far.as_ref().unwrap_or(history))?;
                if done > 0 {
                    let mut session = database.connect()?;
                    session.batch_execute(&piece.set).doing("setting what a step needs")?;
                    committed[..done]
                        .iter()
                        .try_for_each(|sql| session.batch_execute(sql))
                        .doing(piece.name.clone())?;
                }
                if !kill(&database, piece)? {
                    continue; // nothing can hold it up
                }
                was_killed = true;
                if let Err(why) = self.run_on(&database, at) {
                    proof.problems.push(format!("{} was killed and run again: {why}", piece.name));
                    continue;
                }
                let mut found: Vec<String> = expected.differences_in_words(&self.catalog(&database)?);
                let contents = self.contents(&database)?.with_gaps();
                found.extend(self.difference(history, &contents, &mut naive, before)?);
                let problem = |what: &String| format!("{} was killed and run again: {what}", piece.name);
                proof.problems.extend(found.iter().map(problem));
            }
            killed += usize::from(was_killed && !piece.helps);
        }
        Ok(killed)
    }

    /// Runs a piece that was killed again, and the rest, as its first lines say; or what fails.
    fn run_on(&self, database: &Scratch, at: usize) -> Result<(), String> {
        let (pieces, piece) = (&self.candidate.pieces, &self.candidate.pieces[at]);
        let of_file = || pieces.iter().filter(|other| other.file == piece.file);
        let mut rest: Vec<&Piece> = match self.candidate.runner.resumes {
            Resumes::AtFile | Resumes::AtBeginningOfFile => {
                let behind = pieces.iter().filter(|other| other.file > piece.file);
                of_file().filter(|piece| !piece.with_ledger).chain(of_file()).chain(behind).collect()
            }
            Resumes::AtFileThatWasResolved => pieces[at..].iter().collect(),
        };
        let mut session = database.connect().map_err(|error| error.to_string())?;
        piece.clears.iter().try_for_each(|statement| send(&mut session, statement))?;
        rest.drain(..)
            .try_for_each(|piece| send(&mut session, &piece.sql).map_err(|why| format!("{}: {why}", piece.name)))
    }

    /// Takes every step back, the last one first.
    pub(super) fn undo(&self, history: &Scratch, sides: &Sides, proof: &mut Proof) -> Result<(), VerifyError> {
        let database = self.server.copy(&sides.found)?;
        let mut session = database.connect()?;
        let (mut undone, mut is_lost) = (0, false);
        for piece in self.candidate.pieces.iter().rev() {
            let Some(statements) = &piece.undo else {
                proof.undone = Some(undone);
                proof.notes.push(format!("{} cannot be taken back: its file says why", piece.name));
                return Ok(());
            };
            is_lost |= piece.loses;
            for statement in statements {
                let Err(error) = session.batch_execute(statement) else { continue };
                let why = message_of(&error);
                match is_lost {
                    true => {
                        proof.undone = Some(undone);
                        let note =
                            format!("{} cannot be taken back with rows, whose values are gone: {why}", piece.name);
                        proof.notes.push(note);
                    }
                    false => proof.problems.push(format!("{}: undo fails: {why}: {statement}", piece.name)),
                }
                return Ok(());
            }
            undone += usize::from(!piece.helps);
        }
        proof.undone = Some(undone);
        let left = self.catalog(history)?.differences_in_words(&self.catalog(&database)?);
        proof.problems.extend(left.into_iter().map(|what| format!("after all steps were undone: {what}")));
        Ok(())
    }

    fn send(&self, database: &Scratch, piece: &Piece) -> Result<(), VerifyError> {
        let mut session = database.connect()?;
        session.batch_execute(&piece.set).doing("setting what a step needs")?;
        session.batch_execute(&piece.sql).doing(piece.name.clone())
    }
}

fn send(session: &mut Client, sql: &str) -> Result<(), String> {
    session.batch_execute(sql).map_err(|error| message_of(&error))
}

/// Starts a file while another session is in its way, and ends its session there; false when it was done before.
fn kill(database: &Scratch, piece: &Piece) -> Result<bool, VerifyError> {
    let sql = piece.sql.as_str();
    let mut blocker = database.look()?;
    block(&mut blocker, sql)?;
    let mut victim = database.connect()?;
    victim.batch_execute(&piece.set).doing("setting what a step needs")?;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).doing("pg_backend_pid")?.get(0);
    let killed = thread::scope(|scope| -> Result<bool, VerifyError> {
        let run = scope.spawn(|| victim.batch_execute(sql).is_err());
        let end = Instant::now() + Duration::from_secs(10);
        let mut stuck = Ok(false);
        while matches!(stuck, Ok(false)) && !run.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
            stuck = waits(&mut blocker, pid);
        }
        let _ = blocker.execute("SELECT pg_terminate_backend($1)", &[&pid]);
        let killed = run.join().unwrap_or(true);
        Ok(stuck? && killed)
    })?;
    blocker.batch_execute("ROLLBACK").doing("ROLLBACK")?;
    Ok(killed)
}
