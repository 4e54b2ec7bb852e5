//! A sequence as its runner sends it, interrupted and in one session, and what a known case is asked beside that.

use anyhow::{Context, Result};
use safestep::framework::plpgsql::transactions;

use super::case::{Case, Form};
use super::judge::{Judge, PATIENCE, columns, failed, message_of, prepare, reset, send_naive};
use super::rewritten::{Finding, Rewritten};

impl Judge {
    /// Why the naive migration fails, if it does. The schema and every row before it must be there: what is not tried holds.
    pub fn naive_fails(&self, case: &Case) -> Result<Option<String>> {
        let mut client = self.naive.connect()?;
        reset(&mut client)?;
        for sql in case.before.iter().chain(&case.rows) {
            client.batch_execute(sql).with_context(|| format!("before the migration:\n{sql}"))?;
        }
        Ok(send_naive(&self.naive, case)?.err().map(|error| message_of(&error)))
    }

    /// What only the framework's runner makes of a sequence: one session for all files, or a file that is begun again.
    pub fn as_the_runner_does(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        match case.form {
            Form::Prisma => self.in_one_session(case, rewritten),
            // chunks commit one by one, and the runner begins at the first again
            Form::Journal | Form::Folders => self.begins_again(case, rewritten),
        }
    }

    /// Prisma keeps one session for all files: what one of them sets must not change what the next ones mean.
    fn in_one_session(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        prepare(&self.sequence, case)?;
        let mut session = self.sequence.connect()?;
        let known = columns(&mut session)?;
        session.batch_execute(PATIENCE)?;
        for piece in &rewritten.pieces {
            if let Err(error) = session.batch_execute(&piece.sql) {
                let Finding { kind, what } = failed(&piece.name, &error);
                return Ok(Some(Finding::new(format!("in one session: {kind}"), what)));
            }
        }
        drop(session); // with its temporary tables
        let differs = self.compare(case, &known, false)?;
        Ok(differs.map(|Finding { kind, what }| Finding::new(format!("in one session: {kind}"), what)))
    }

    /// A block of several transactions that stopped behind any of them runs again, and leaves what the naive migration left,
    /// which is still there.
    pub fn goes_on(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        if rewritten.pieces.iter().all(|piece| transactions(&piece.sql).is_empty()) {
            return Ok(None);
        }
        prepare(&self.sequence, case)?;
        let known = columns(&mut self.sequence.connect()?)?;
        for piece in &rewritten.pieces {
            let apart = transactions(&piece.sql);
            let stopped = (1..=apart.len()).flat_map(|stop| &apart[..stop]);
            for sql in stopped.chain([&piece.sql]) {
                let mut session = self.sequence.connect()?;
                session.batch_execute(PATIENCE)?;
                session.batch_execute(&piece.set)?;
                if let Err(error) = session.batch_execute(sql) {
                    let Finding { kind, what } = failed(&piece.name, &error);
                    return Ok(Some(Finding::new(format!("goes on: {kind}"), what)));
                }
            }
        }
        let differs = self.compare(case, &known, false)?;
        Ok(differs.map(|Finding { kind, what }| Finding::new(format!("goes on: {kind}"), what)))
    }

    /// A file of chunks that stopped behind any of them runs from its first again, and leaves what the naive migration left,
    /// which is still there. The files before it are done: the COMMIT that it begins with records them.
    fn begins_again(&self, case: &Case, rewritten: &Rewritten) -> Result<Option<Finding>> {
        let pieces = &rewritten.pieces;
        // the last one commits with the ledger: then it is done
        let stops = pieces.iter().take_while(|piece| !piece.with_ledger).count();
        for stop in 1..=stops {
            prepare(&self.sequence, case)?;
            let known = columns(&mut self.sequence.connect()?)?;
            let file = pieces[stop - 1].file;
            let begun = pieces.iter().position(|piece| piece.file == file).unwrap_or_default();
            for piece in pieces[..stop].iter().chain(&pieces[begun..]) {
                let mut session = self.sequence.connect()?;
                session.batch_execute(PATIENCE)?;
                session.batch_execute(&piece.set)?;
                if let Err(error) = session.batch_execute(&piece.sql) {
                    let Finding { kind, what } = failed(&piece.name, &error);
                    let what = format!("stopped behind {} and begun again, {what}", pieces[stop - 1].name);
                    return Ok(Some(Finding::new(format!("again: {kind}"), what)));
                }
            }
            if let Some(Finding { kind, what }) = self.compare(case, &known, false)? {
                let what = format!("stopped behind {} and begun again: {what}", pieces[stop - 1].name);
                return Ok(Some(Finding::new(format!("again: {kind}"), what)));
            }
        }
        Ok(None)
    }
}
