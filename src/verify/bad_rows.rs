//! NULLs, duplicates and orphans: where the naive migration fails on them, so does the sequence, and leaves them alone.

use super::filling::{Filling, Rows, fill};
use super::proof::{Bench, Sides};
use super::rows::Contents;
use super::{Scratch, VerifyError};
use crate::report::{BadRows, Proof};

/// Rows of a trial: several bad ones of each kind.
const ROWS: u32 = 30;

impl Bench<'_> {
    /// Runs both on bad rows, as far as the schema before the migration allows them. `main` is the database before the
    /// migration, without rows; `after` what the sequence leaves of good ones.
    pub(super) fn on_bad_rows(&self, main: &Scratch, after: &Contents, proof: &mut Proof) -> Result<(), VerifyError> {
        for (kind, name) in [(Rows::Nulls, "NULLs"), (Rows::Duplicates, "duplicates"), (Rows::Orphans, "orphans")] {
            let mut found = Proof::default();
            self.on_rows(main, after, (kind, name), &mut found)?;
            proof.bad_rows.extend(found.bad_rows);
            proof.problems.extend(found.problems.into_iter().map(|problem| format!("rows with {name}: {problem}")));
        }
        Ok(())
    }

    fn on_rows(
        &self,
        main: &Scratch,
        after: &Contents,
        (kind, name): (Rows, &str),
        proof: &mut Proof,
    ) -> Result<(), VerifyError> {
        let filled = || -> Result<Scratch, VerifyError> {
            let database = self.server.copy(main)?;
            fill(&mut *database.look()?, &Filling { rows: ROWS, kind, ..self.filling() })?;
            Ok(database)
        };
        let first = filled()?;
        let before = self.contents(&first)?;
        let (expected, found, naive_fails) = match self.candidate.fails_whole(&first)? {
            Some(true) => (None, first, true), // it is as it was
            Some(false) => (Some(first), filled()?, false),
            None => {
                let expected = filled()?;
                let fails = self.candidate.send(&expected)?.is_err();
                (Some(expected), filled()?, fails)
            }
        };
        let sequence = self.run_sequence(&found, None, proof)?;
        match (expected, sequence) {
            (Some(expected), Ok(())) if !naive_fails => {
                let sides = Sides { naive: Ok(()), sequence: Ok(()), expected, found };
                self.compare(&filled()?, &sides, &before, proof)?;
            }
            (_, Err((step, why))) if !naive_fails => {
                proof.problems.push(format!("the naive migration succeeds, {step} fails: {why}"));
            }
            (_, sequence) => {
                let stops_at = sequence.err().map(|(step, _)| step);
                let left = self.contents(&found)?;
                if !self.author_was_before(stops_at.as_deref()) {
                    proof.problems.extend(wrong_end(kind, stops_at.as_deref(), &left, (&before, after)));
                }
                let untouched = left.missing(&before).is_none();
                proof.bad_rows.push(BadRows { kind: name.to_owned(), stops_at, untouched });
            }
        }
        Ok(())
    }

    /// Whether statements in the author's own words ran before a step: what they do to rows and tables is what they say.
    pub(super) fn author_was_before(&self, step: Option<&str>) -> bool {
        let before = self.candidate.pieces.iter().take_while(|piece| Some(piece.name.as_str()) != step);
        before.into_iter().any(|piece| piece.as_written)
    }
}

/// What is wrong with the end of a sequence whose naive migration fails.
fn wrong_end(
    kind: Rows,
    stops_at: Option<&str>,
    found: &Contents,
    (before, after): (&Contents, &Contents),
) -> Option<String> {
    match stops_at {
        Some(step) => found.missing_but(before, after, false).map(|missing| format!("{step} fails, but {missing}")),
        // A sequence may fill NULLs for which the naive migration has no answer.
        None if kind == Rows::Nulls => found.missing_but(before, after, true),
        None => Some("the naive migration fails, the sequence does not".to_owned()),
    }
}
