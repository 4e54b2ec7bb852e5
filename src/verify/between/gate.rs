//! A step that commits several times shows more than its end: it is stopped before each of its transactions.
//!
//! An event trigger makes every command of the step wait for an advisory lock before it takes any other one, and each of the
//! step's transactions has a lock of its own, by number. Who looks holds the lock of the next one, and takes that of the one
//! behind it before giving it away: no transaction passes unseen, however short it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::super::{Doing, VerifyError};
use super::Between;

/// A transaction has one number, also where a part of it is rolled back: sequences keep what they were given. The step may run
/// as a role that may not use them, or in a session in which ordinary triggers do not fire.
const SET_UP: &str = "CREATE SCHEMA safestep_gate;
     CREATE SEQUENCE safestep_gate.transaction MINVALUE 0;
     CREATE SEQUENCE safestep_gate.number MINVALUE 0;
     SELECT setval('safestep_gate.transaction', 0), setval('safestep_gate.number', 0);
     CREATE FUNCTION safestep_gate.wait() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
       SET lock_timeout = '60s' SET search_path = pg_catalog AS
       'BEGIN
          IF txid_current() <> (SELECT last_value FROM safestep_gate.transaction) THEN
            PERFORM setval(''safestep_gate.transaction'', txid_current()), nextval(''safestep_gate.number'');
          END IF;
          PERFORM pg_advisory_xact_lock_shared(7246873, last_value::int) FROM safestep_gate.number;
        END';
     CREATE EVENT TRIGGER safestep_gate ON ddl_command_start EXECUTE FUNCTION safestep_gate.wait();
     ALTER EVENT TRIGGER safestep_gate ENABLE ALWAYS;
     SELECT pg_advisory_lock(7246873, 1)";

/// Lets the transaction of that number through, and not the one behind it.
const NEXT: &str = "SELECT pg_advisory_lock(7246873, $1 + 1), pg_advisory_unlock(7246873, $1)";

/// The transaction that waits, or the last one that did.
const ARRIVED: &str = "SELECT last_value::int FROM safestep_gate.number";

/// One by one: a step that goes on has to see that the trigger is gone before its function is.
const TAKE_DOWN: [&str; 3] =
    ["SELECT pg_advisory_unlock_all()", "DROP EVENT TRIGGER safestep_gate", "DROP SCHEMA safestep_gate CASCADE"];

/// How long a transaction that waits may go unnoticed.
const PAUSE: Duration = Duration::from_millis(1);

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
            let watch = scope.spawn(|| {
                let seen = self.watch(client, ledgers, &is_done);
                // also where it could not look: a step that nobody watches goes on
                TAKE_DOWN
                    .iter()
                    .try_for_each(|down| client.batch_execute(down).doing("taking an event trigger away"))?;
                seen
            });
            let came_to = step();
            is_done.store(true, Ordering::Release);
            (came_to, watch.join())
        });
        gaps.extend(looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        Ok(came_to)
    }

    /// Looks before each transaction of a step, until it is done.
    fn watch(
        &mut self,
        client: &mut Client,
        ledgers: &[&str],
        is_done: &AtomicBool,
    ) -> Result<Vec<String>, VerifyError> {
        let mut seen = Vec::new();
        let mut next = 1;
        while !is_done.load(Ordering::Acquire) {
            seen.extend(self.gaps(client, ledgers)?);
            client.query_one(NEXT, &[&next]).doing("letting a step go on")?;
            next += 1;
            let mut arrived = 0;
            while arrived < next && !is_done.load(Ordering::Acquire) {
                thread::sleep(PAUSE);
                arrived = client.query_one(ARRIVED, &[]).doing("waiting for a step")?.get(0);
            }
        }
        Ok(seen)
    }
}
