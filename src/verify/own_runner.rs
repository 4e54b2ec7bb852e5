//! Naive against sequence once more, both run by the project's own runner.

use super::command::{OwnRunner, Place};
use super::proof::{Bench, Sides};
use super::rows::Contents;
use super::{Scratch, VerifyError};
use crate::report::{ByCommand, Proof, StepProof, Verdict};

impl Bench<'_> {
    /// Runs both sides with the project's own runner and compares what they leave: with each other, and where safestep knows
    /// what is sent also with what that leaves. `main` is the database before the migration, without rows.
    pub(super) fn by_own_runner(&self, own: &OwnRunner, main: &Scratch, proof: &mut Proof) -> Result<(), VerifyError> {
        let is_alone = !self.candidate.unknown.is_empty();
        self.must_be_read(own, main)?;
        if is_alone {
            let step = |piece: &Place| StepProof { file: piece.name.clone(), ..StepProof::default() };
            proof.steps = self.candidate.files.iter().map(step).collect();
        }
        let history = self.server.copy(main)?;
        super::filling::fill(&mut *history.look()?, &self.filling())?;
        let mut verdict = self.compare_runs(own, &history, is_alone, proof)?;
        if verdict == Verdict::Fails {
            let on_rows = proof.notes.len();
            if self.compare_runs(own, &self.server.copy(main)?, is_alone, proof)? == Verdict::Same {
                verdict = Verdict::FailsOnRows;
                proof.notes.truncate(on_rows);
            }
        }
        if is_alone {
            proof.verdict = verdict;
        }
        let (command, files) = (own.command.clone(), self.candidate.files.len());
        proof.by_command = Some(ByCommand { command, files, is_alone });
        Ok(())
    }

    /// A command that does something where the migration is not there works on other files than those it is given.
    fn must_be_read(&self, own: &OwnRunner, main: &Scratch) -> Result<(), VerifyError> {
        let database = self.server.copy(main)?;
        let _ = own.run(&own.tree(self.before)?, &database, &self.candidate.name)?; // mostly it knows no such migration
        let (before, after) = (self.catalog(main)?, self.catalog(&database)?);
        if before.differences_in_words(&after).is_empty() {
            return Ok(());
        }
        Err(VerifyError::Refused(format!(
            "[verify] command: `{}` does not take the migrations from the folder in which it is run",
            own.command
        )))
    }

    fn compare_runs(
        &self,
        own: &OwnRunner,
        history: &Scratch,
        is_alone: bool,
        proof: &mut Proof,
    ) -> Result<Verdict, VerifyError> {
        let before = self.contents(history)?;
        let sides = self.run_both(own, history)?;
        match (&sides.naive, &sides.sequence) {
            (Ok(()), Ok(())) => {
                let found = self.catalog(&sides.found)?;
                let expected = self.catalog(&sides.expected)?;
                (proof.catalog_objects, proof.tables) = (expected.len(), self.contents(&sides.expected)?.tables());
                let mut problems = expected.differences_in_words(&found);
                let (mut naive, sequence) = (self.contents(&sides.expected)?, self.contents(&sides.found)?);
                proof.rows = naive.rows();
                problems.extend(self.differ(own, history, &sequence, &mut naive, &before)?);
                if !is_alone && problems.is_empty() {
                    let read = self.server.copy(history)?;
                    if self.candidate.send(&read)?.is_ok() {
                        let read = expected.differences_in_words(&self.catalog(&read)?);
                        problems.extend(read.into_iter().map(|what| format!("safestep read it otherwise: {what}")));
                    }
                }
                let is_same = problems.is_empty();
                proof.problems.extend(problems.into_iter().map(|problem| format!("run by the command: {problem}")));
                Ok(if is_same { Verdict::Same } else { Verdict::Differs })
            }
            (Err(why), Err((step, _))) => {
                proof.notes.push(format!("both fail, the sequence at {step}: {why}"));
                Ok(Verdict::Fails)
            }
            (Ok(()), Err((step, why))) => {
                proof.problems.push(format!("run by the command the naive migration succeeds, {step} fails: {why}"));
                Ok(Verdict::Differs)
            }
            // Some migrations cannot run in the transaction that the runner begins for them.
            (Err(why), Ok(())) => {
                proof.notes.push(format!("run by the command the naive migration fails, the sequence does not: {why}"));
                Ok(Verdict::Fails)
            }
        }
    }

    fn run_both(&self, own: &OwnRunner, history: &Scratch) -> Result<Sides, VerifyError> {
        let (expected, found) = (self.server.copy(history)?, self.server.copy(history)?);
        let naive = self.run_naive_by(own, &expected)?;
        let tree = own.tree(self.before.iter().chain(&self.candidate.files))?;
        let mut sequence = Ok(());
        for file in &self.candidate.files {
            if let Err(why) = own.run(&tree, &found, &file.name)? {
                sequence = Err((file.name.clone(), why));
                break;
            }
        }
        Ok(Sides { naive, sequence, expected, found })
    }

    fn run_naive_by(&self, own: &OwnRunner, database: &Scratch) -> Result<Result<(), String>, VerifyError> {
        let tree = own.tree(self.before.iter().chain([&self.candidate.place]))?;
        own.run(&tree, database, &self.candidate.name)
    }

    /// How rows differ; the naive migration runs again to tell what it makes otherwise each time.
    fn differ(
        &self,
        own: &OwnRunner,
        history: &Scratch,
        sequence: &Contents,
        naive: &mut Contents,
        before: &Contents,
    ) -> Result<Option<String>, VerifyError> {
        if sequence.difference(naive, before, &[]).is_some() {
            let again = self.server.copy(history)?;
            if self.run_naive_by(own, &again)?.is_ok() {
                naive.differs_by_itself(&self.contents(&again)?);
            }
        }
        self.difference_from_what_is_meant(history, sequence, naive, before)
    }
}
