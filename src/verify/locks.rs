//! One file of a sequence, run and looked at: what it locks, and whether it reads or writes rows meanwhile.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Error, SimpleQueryMessage};

use super::{Doing, Scratch, VerifyError};
use crate::framework::plpgsql::transactions;
use crate::postgres::LockMode;

/// Tables, sequences and materialized views with their files on disk, by name.
pub(super) type Relations = BTreeMap<String, u32>;

/// What a run of a file came to.
pub(super) struct Trace {
    /// How it ended.
    pub ended: Result<(), Error>,
    /// The strongest lock on each relation that was there before; of what is not in a transaction, as far as it was seen
    /// while another session was in its way.
    pub locks: Vec<(String, LockMode)>,
    /// Tables whose rows were read or changed, or whose file is another one, in the same transaction as the locks.
    pub touched: Vec<String>,
    /// A `lock_timeout` was in force at its end.
    pub bounded: bool,
    /// It cannot run in a transaction block.
    pub outside: bool,
    /// How long it took.
    pub took: Duration,
}

/// PostgreSQL's names in `pg_locks`, the weakest first.
const MODES: [(&str, LockMode); 5] = [
    ("ShareUpdateExclusiveLock", LockMode::ShareUpdateExclusive),
    ("ShareLock", LockMode::Share),
    ("ShareRowExclusiveLock", LockMode::ShareRowExclusive),
    ("ExclusiveLock", LockMode::Exclusive),
    ("AccessExclusiveLock", LockMode::AccessExclusive),
];

/// Runs a file as the runner sends it, and looks at it: inside a transaction, where everything can be seen, else while
/// another session is in its way. Of a block of several transactions each is looked at by itself, and then the block runs,
/// which has nothing left to do. `set` is what was set before in its session.
pub(super) fn trace(database: &Scratch, set: &str, sql: &str, before: &Relations) -> Result<Trace, VerifyError> {
    let mut all: Option<Trace> = None;
    for transaction in transactions(sql) {
        let one = trace_one(database, set, &transaction, before)?;
        let trace = match all {
            Some(all) => all.and(one),
            None => one,
        };
        if trace.ended.is_err() {
            return Ok(trace);
        }
        all = Some(trace);
    }
    let Some(trace) = all else { return trace_one(database, set, sql, before) };
    let mut session = database.connect()?;
    session.batch_execute(set).doing("setting what a step needs")?;
    Ok(Trace { ended: session.batch_execute(sql), ..trace })
}

impl Trace {
    /// This one and the next. Rows count only with the locks that were held then: of one that worked under a lock that others
    /// feel nothing else is told.
    fn and(self, next: Trace) -> Trace {
        let works =
            |trace: &Trace| !trace.touched.is_empty() && trace.locks.iter().any(|(_, mode)| mode.blocks_writes());
        let (locks, touched) = match (works(&self), works(&next)) {
            (true, _) => (self.locks, self.touched),
            (false, true) => (next.locks, next.touched),
            (false, false) => {
                let mut locks: BTreeMap<String, LockMode> = self.locks.into_iter().collect();
                for (relation, mode) in next.locks {
                    let strongest = locks.entry(relation).or_insert(mode);
                    *strongest = (*strongest).max(mode);
                }
                (locks.into_iter().collect(), Vec::new())
            }
        };
        Trace {
            locks,
            touched,
            bounded: self.bounded && next.bounded,
            outside: self.outside || next.outside,
            took: self.took + next.took,
            ended: self.ended.and(next.ended),
        }
    }
}

fn trace_one(database: &Scratch, set: &str, sql: &str, before: &Relations) -> Result<Trace, VerifyError> {
    let mut session = database.connect()?;
    let before: Relations =
        relations(&mut *database.look()?)?.into_iter().filter(|(name, _)| before.contains_key(name)).collect();
    session.batch_execute(set).doing("setting what a step needs")?;
    session.batch_execute("BEGIN").doing("BEGIN")?;
    let start = Instant::now();
    if let Err(error) = session.batch_execute(sql) {
        if session.is_closed() {
            return Err(error).doing("running a step");
        }
        session.batch_execute("ROLLBACK").doing("ROLLBACK")?;
        // 25001: not in a transaction block; 2D000: COMMIT inside one
        let outside = error.code().is_some_and(|code| ["25001", "2D000"].contains(&code.code()));
        return match outside {
            true => in_the_way(database, session, sql, &before),
            false => Ok(Trace {
                ended: Err(error),
                locks: Vec::new(),
                touched: Vec::new(),
                bounded: true,
                outside,
                took: start.elapsed(),
            }),
        };
    }
    let took = start.elapsed();
    // names are written as where nothing is set
    session.batch_execute("SET LOCAL search_path TO DEFAULT").doing("search_path")?;
    let locks = locks(&mut session, "pg_backend_pid()", &before)?;
    let touched = touched(&mut session, &before)?;
    let bounded = session.query_one("SELECT current_setting('lock_timeout') <> '0'", &[]).doing("lock_timeout")?.get(0);
    let ended = session.batch_execute("COMMIT");
    Ok(Trace { ended, locks, touched, bounded, outside: false, took })
}

/// Whether a file ends transactions by itself; nothing stays of the attempt.
pub(super) fn ends_transactions(database: &Scratch, set: &str, sql: &str) -> Result<bool, VerifyError> {
    let mut session = database.connect()?;
    session.batch_execute(set).doing("setting what a step needs")?;
    session.batch_execute("BEGIN").doing("BEGIN")?;
    let ended = session.batch_execute(sql);
    session.batch_execute("ROLLBACK").doing("ROLLBACK")?;
    Ok(ended.is_err_and(|error| error.code().is_some_and(|code| code.code() == "2D000")))
}

/// Runs a file while another session is in its way, looks at it there, and lets it go on.
fn in_the_way(database: &Scratch, mut session: Client, sql: &str, before: &Relations) -> Result<Trace, VerifyError> {
    let mut other = database.look()?;
    block(&mut other, sql)?;
    let pid: i32 = session.query_one("SELECT pg_backend_pid()", &[]).doing("pg_backend_pid")?.get(0);
    let start = Instant::now();
    let (locks, ended) = thread::scope(|scope| -> Result<_, VerifyError> {
        let run = scope.spawn(|| session.batch_execute(sql));
        let end = Instant::now() + Duration::from_secs(10);
        let mut waiting = Ok(false);
        while matches!(waiting, Ok(false)) && !run.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
            waiting = waits(&mut other, pid);
        }
        let seen = waiting.and_then(|_| locks(&mut other, &pid.to_string(), before));
        let free = other.batch_execute("ROLLBACK").doing("ROLLBACK");
        let ended = run.join().unwrap_or(Ok(()));
        free?;
        Ok((seen?, ended))
    })?;
    Ok(Trace { ended, locks, touched: Vec::new(), bounded: true, outside: true, took: start.elapsed() })
}

/// Takes, in a transaction that stays open, locks that stop this file in the middle of its work.
pub(super) fn block(blocker: &mut Client, sql: &str) -> Result<(), VerifyError> {
    let builds = sql.contains("CONCURRENTLY");
    let fills = sql.lines().any(|line| line.trim_start().starts_with("UPDATE "));
    let kind = if sql.contains("ALTER SEQUENCE") { "'S'" } else { "'r'" };
    let query = format!(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind = {kind} AND nspname NOT IN ('pg_catalog', 'information_schema')"
    );
    let relations: Vec<String> =
        blocker.query(&query, &[]).doing("reading tables")?.iter().map(|row| row.get(0)).collect();
    blocker.batch_execute("BEGIN").doing("BEGIN")?;
    for relation in relations {
        let statement = if kind == "'S'" {
            format!("SELECT setval('{}', last_value, is_called) FROM {relation}", relation.replace('\'', "''"))
        } else if builds {
            format!("LOCK TABLE {relation} IN ROW EXCLUSIVE MODE") // a writer: the build waits for it, not yet valid
        } else if fills {
            format!("SELECT * FROM {relation} ORDER BY ctid DESC LIMIT 1 FOR UPDATE") // the batches before it are done
        } else {
            format!("LOCK TABLE {relation} IN EXCLUSIVE MODE")
        };
        blocker.batch_execute(&statement).doing("getting in the way")?;
    }
    Ok(())
}

/// Whether a session waits for a lock or sleeps between two attempts. `watcher` may be in a transaction.
pub(super) fn waits(watcher: &mut Client, pid: i32) -> Result<bool, VerifyError> {
    let waits = format!(
        "SELECT pg_stat_clear_snapshot();
         SELECT FROM pg_stat_get_activity({pid}) WHERE wait_event_type = 'Lock' OR wait_event = 'PgSleep'"
    );
    let answer = watcher.simple_query(&waits).doing("looking at a step")?;
    Ok(answer.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count() > 1)
}

/// The relations of a database.
pub(super) fn relations(client: &mut Client) -> Result<Relations, VerifyError> {
    relations_where(client, "true")
}

fn relations_where(client: &mut Client, condition: &str) -> Result<Relations, VerifyError> {
    let query = format!("SELECT c.oid::regclass::text, coalesce(pg_relation_filenode(c.oid), 0) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'S', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND {condition}");
    let rows = client.query(&query, &[]).doing("reading tables")?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn locks(client: &mut Client, pid: &str, relations: &Relations) -> Result<Vec<(String, LockMode)>, VerifyError> {
    let query = format!(
        "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = {pid} AND granted AND locktype = 'relation'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    let mut strongest: BTreeMap<String, LockMode> = BTreeMap::new();
    for message in client.simple_query(&query).doing("reading pg_locks")? {
        let SimpleQueryMessage::Row(row) = message else { continue };
        let (Some(relation), Some(mode)) = (row.get(0), row.get(1)) else { continue };
        let Some((_, mode)) = MODES.iter().find(|(name, _)| *name == mode) else { continue };
        if relations.contains_key(relation) {
            let held = strongest.entry(relation.to_owned()).or_insert(*mode);
            *held = (*held).max(*mode);
        }
    }
    Ok(strongest.into_iter().collect())
}

/// The tables of which the transaction has read or changed rows, or written a new file; the one that TRUNCATE makes is empty.
fn touched(session: &mut Client, before: &Relations) -> Result<Vec<String>, VerifyError> {
    let query = "SELECT relid::regclass::text FROM pg_stat_xact_user_tables
         WHERE coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del > 0";
    let rows = session.query(query, &[]).doing("reading counters")?;
    let mut touched: Vec<String> = rows.iter().map(|row| row.get(0)).filter(|name| before.contains_key(name)).collect();
    // TRUNCATE gives a table an empty file whatever was in the old one
    let now = relations_where(session, "pg_relation_size(c.oid) > 0")?;
    touched.extend(
        now.into_iter().filter(|(name, file)| before.get(name).is_some_and(|old| old != file)).map(|(name, _)| name),
    );
    touched.dedup();
    Ok(touched)
}
