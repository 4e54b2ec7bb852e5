//! A step that commits several times shows more than its end: it is stopped before each of its transactions.
//!
//! An event trigger makes every command of the step wait for an advisory lock before it takes any other one. Who looks holds
//! that lock, and gives it away for the length of one transaction: the next one waits until the look is over. Two that follow
//! each other at once may pass as one on a busy machine: what is seen is there, and something short may go unseen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postgres::Client;

use super::super::{Doing, VerifyError};
use super::Between;

const SET_UP: &str = "CREATE SCHEMA safestep_gate;
     CREATE FUNCTION safestep_gate.wait() RETURNS event_trigger LANGUAGE plpgsql SET lock_timeout = '60s' AS
       'BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(7246873); END';
     CREATE EVENT TRIGGER safestep_gate ON ddl_command_start EXECUTE FUNCTION safestep_gate.wait();
     SELECT pg_advisory_lock(7246873)";

/// Lets one transaction through, in one statement: the next one is to find the lock taken.
const NEXT: &str = "SELECT pg_advisory_unlock(7246873), pg_advisory_lock(7246873)";

const TAKE_DOWN: &str =
    "SELECT pg_advisory_unlock_all(); DROP EVENT TRIGGER safestep_gate; DROP SCHEMA safestep_gate CASCADE";

/// Whether what others see within this step can be looked at: it may commit, its commands set event triggers off, and no
/// build waits for those who look.
pub fn can_be_stopped(sql: &str) -> bool {
    let has_commands = ["ALTER ", "CREATE ", "DROP "].iter().any(|word| sql.contains(word));
    sql.contains("COMMIT") && has_commands && !sql.contains("CONCURRENTLY")
}

impl Between {
    /// Runs a step, and adds to `gaps` what is missing before each of its transactions. Without the right to make event
    /// triggers it only runs.
    ///
    /// # Errors
    /// [`VerifyError::Sql`] when the server goes away.
    pub fn inside<T>(
        &mut self,
        client: &mut Client,
        ledgers: &[&str],
        gaps: &mut Vec<String>,
        step: impl FnOnce() -> T,
    ) -> Result<T, VerifyError>
    where
        Self: Send,
    {
        if client.batch_execute(SET_UP).is_err() {
            let _ = client.batch_execute("ROLLBACK"); // a batch is one transaction: nothing is left of it
            return Ok(step());
        }
        let is_done = AtomicBool::new(false);
        let (came_to, looked) = thread::scope(|scope| {
            let watch = scope.spawn(|| -> Result<Vec<String>, VerifyError> {
                let mut seen = Vec::new();
                while !is_done.load(Ordering::Relaxed) {
                    seen.extend(self.gaps(client, ledgers)?);
                    client.batch_execute(NEXT).doing("letting a step go on")?;
                }
                client.batch_execute(TAKE_DOWN).doing("taking an event trigger away")?;
                Ok(seen)
            });
            let came_to = step();
            is_done.store(true, Ordering::Relaxed);
            (came_to, watch.join())
        });
        gaps.extend(looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        Ok(came_to)
    }
}
