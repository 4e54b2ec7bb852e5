//! What every step of every rewritten sample really locks and reads: a lock that blocks writers is never held while rows
//! are read or written, and a step locks what its first line says.
//!
//! A step that fits into a transaction is run in one and its locks and counters are read before it commits: nothing is
//! missed. A concurrent build and a backfill are held up by another session and looked at there.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postgres::{Client, SimpleQueryMessage};
use safestep::framework::plpgsql::transactions;

use bench::blocker::{self, fills};
use bench::prisma::{Project, Sample};
use bench::server::{Database, Server};
use bench::upgrade::{self, ALEMBIC};

const ROWS: u32 = 1_500;
const THREADS: usize = 3;
/// PostgreSQL's names of the locks that block writers, the weakest first, and how a file's first line calls them.
const STRONG: [(&str, &str); 4] = [
    ("ShareLock", "SHARE"),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    ("ExclusiveLock", "EXCLUSIVE"),
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
];

/// Tables, sequences and materialized views with their files on disk, by name.
type Relations = BTreeMap<String, u32>;
/// What a session holds on relations that were there before the sequence began, by name.
type Locks = BTreeMap<String, Vec<String>>;

#[test]
fn on_postgresql_12() -> Result<()> {
    every_step(12)
}

#[test]
fn on_postgresql_15() -> Result<()> {
    every_step(15)
}

#[test]
fn on_postgresql_18() -> Result<()> {
    every_step(18)
}

fn every_step(major: u32) -> Result<()> {
    let server = Server::of(major)?;
    let steps = AtomicUsize::new(0);
    bench::on_each(&Sample::on(major)?, THREADS, |sample| {
        steps.fetch_add(trace(&server, sample)?, Ordering::Relaxed);
        Ok(())
    })?;
    println!("PostgreSQL {major}: {} steps", steps.load(Ordering::Relaxed));
    ensure!(steps.load(Ordering::Relaxed) > 0, "no step was looked at");
    Ok(())
}

/// Runs the sequence of a sample step by step; returns how many steps were looked at.
fn trace(server: &Server, sample: &Sample) -> Result<usize> {
    let naive = Project::naive(sample)?.sequence()?;
    let files = Project::rewritten(sample, server.major)?.sequence()?;
    if naive == files {
        return Ok(0);
    }
    let Ok(database) = sample.history_with_rows(server, ROWS) else {
        ensure!(server.major != 15, "the history does not run"); // what only newer servers know
        return Ok(0);
    };
    // What the sequence itself makes is empty, and nobody waits for it.
    let relations = relations(&mut database.connect()?)?;
    let mut steps = 0;
    for (name, sql) in &files {
        let title = sql.lines().next().unwrap_or_default();
        if title.ends_with("as written") {
            if database.connect()?.batch_execute(sql).is_err() {
                return Ok(steps); // the author's own statement fails on rows
            }
            continue;
        }
        match look(&database, sql, title, &relations).with_context(|| name.clone())? {
            Ended::Done => steps += 1,
            Ended::FailsOnRows => return Ok(steps),
        }
    }
    Ok(steps)
}

/// What Alembic sends for each step of its samples: one by one outside the run's transaction, and the rest inside.
#[test]
fn as_alembic_sends_it() -> Result<()> {
    let server = Server::of(15)?;
    let steps = AtomicUsize::new(0);
    bench::on_each(&upgrade::Sample::all()?, THREADS, |sample| {
        steps.fetch_add(trace_revisions(&server, sample)?, Ordering::Relaxed);
        Ok(())
    })?;
    println!("Alembic: {} steps", steps.load(Ordering::Relaxed));
    ensure!(steps.load(Ordering::Relaxed) > 0, "no step was looked at");
    Ok(())
}

fn trace_revisions(server: &Server, sample: &upgrade::Sample) -> Result<usize> {
    let naive = sample.naive(&ALEMBIC)?;
    let rewritten = naive.rewritten(server.major)?;
    if naive.revisions()? == rewritten.revisions()? {
        return Ok(0);
    }
    let database = server.create()?;
    ALEMBIC.must(&naive, &database, &["upgrade", &naive.before])?;
    database.fill(ROWS)?;
    let relations = relations(&mut database.connect()?)?;
    let mut steps = 0;
    for step in ALEMBIC.steps(&rewritten)? {
        let title = step.comment();
        ensure!(!title.is_empty(), "{}: no comment says what it does", step.title());
        if title.ends_with("as written") {
            // The author's own statements may fail on rows, as those of the naive revision do.
            if !ALEMBIC.run(&rewritten, &database, &[&["stamp", step.before()], &["upgrade", "+1"]])?.ok() {
                return Ok(steps);
            }
            continue;
        }
        let inside = step.inside.join(";\n");
        for sql in step.outside.iter().chain((!inside.is_empty()).then_some(&inside)) {
            match look(&database, sql, title, &relations).with_context(|| step.title().to_owned())? {
                Ended::Done => steps += 1,
                Ended::FailsOnRows => return Ok(steps),
            }
        }
    }
    Ok(steps)
}

/// Runs what is sent at once, and looks at it.
fn look(database: &Database, sql: &str, title: &str, relations: &Relations) -> Result<Ended> {
    if sql.contains("CONCURRENTLY") || fills(sql) {
        in_the_way_of(database, sql, relations)
    } else if sql.contains("FOR part IN") {
        one_by_one(database, sql, title, relations)
    } else {
        in_a_transaction(database, sql, title, relations)
    }
}

enum Ended {
    Done,
    FailsOnRows,
}

/// A block of several transactions: each is looked at, and then the block runs as it is, with nothing left to do.
fn one_by_one(database: &Database, sql: &str, title: &str, before: &Relations) -> Result<Ended> {
    let transactions = transactions(sql);
    ensure!(transactions.len() > 1, "its transactions are not found");
    for transaction in transactions {
        if let Ended::FailsOnRows = in_a_transaction(database, &transaction, title, before)? {
            return Ok(Ended::FailsOnRows);
        }
    }
    database.connect()?.batch_execute(sql)?;
    Ok(Ended::Done)
}

fn in_a_transaction(database: &Database, sql: &str, title: &str, before: &Relations) -> Result<Ended> {
    let mut session = database.connect()?;
    let before = &relations(&mut session)?.into_iter().filter(|(name, _)| before.contains_key(name)).collect();
    session.batch_execute("BEGIN")?;
    if let Err(error) = session.batch_execute(sql) {
        // a rule that the rows break; anything else is a mistake
        let state = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
        ensure!(state.starts_with("23"), "{error:?}");
        return Ok(Ended::FailsOnRows);
    }
    session.batch_execute("SET LOCAL search_path TO DEFAULT")?;
    let locks = locks(&mut session, "pg_backend_pid()", before)?;
    let read = rows_read(&mut session, before)?;
    session.batch_execute("COMMIT")?;

    let strongest = STRONG.iter().rev().find(|(lock, _)| locks.values().flatten().any(|held| held == lock));
    if let Some((lock, name)) = strongest {
        ensure!(read.is_empty(), "rows are read under {lock}: {read:?}\n{locks:?}");
        ensure!(title.contains(&format!("({name})")), "{lock} is held, and the first line says\n{title}\n{locks:?}");
        ensure!(sql.contains("set_config('lock_timeout'"), "nothing bounds the wait for {lock}");
    }
    for (relation, held) in &locks {
        let felt = held.iter().any(|lock| STRONG.iter().any(|(strong, _)| strong == lock));
        ensure!(
            !felt || title.contains(relation.trim_matches('"')),
            "{relation} is locked, and the first line says\n{title}"
        );
    }
    Ok(Ended::Done)
}

/// Runs a step while another session is in its way, looks at it there, and lets it go on.
fn in_the_way_of(database: &Database, sql: &str, relations: &Relations) -> Result<Ended> {
    let mut watcher = database.connect()?;
    let mut other = database.connect()?;
    blocker::block(&mut other, sql)?;
    let mut session = database.connect()?;
    let pid: i32 = session.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let (locks, ended) = thread::scope(|scope| -> Result<(Locks, Result<(), postgres::Error>)> {
        let run = scope.spawn(|| session.batch_execute(sql));
        let end = Instant::now() + Duration::from_secs(10);
        while !blocker::waits(&mut watcher, pid)? && !run.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
        }
        let seen = locks(&mut watcher, &pid.to_string(), relations);
        other.batch_execute("ROLLBACK")?;
        Ok((seen?, run.join().unwrap_or(Ok(()))))
    })?;
    for (lock, _) in STRONG {
        ensure!(!locks.values().flatten().any(|held| held == lock), "it holds {lock} while it works: {locks:?}");
    }
    match ended {
        Ok(()) => Ok(Ended::Done),
        Err(error) if error.code().is_some_and(|code| code.code().starts_with("23")) => Ok(Ended::FailsOnRows),
        Err(error) => Err(error.into()),
    }
}

fn relations(client: &mut Client) -> Result<Relations> {
    let rows = client.query(
        "SELECT c.oid::regclass::text, pg_relation_filenode(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'S', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
        &[],
    )?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<_, Option<u32>>(1).unwrap_or_default())).collect())
}

fn locks(client: &mut Client, pid: &str, relations: &Relations) -> Result<Locks> {
    let mut locks = Locks::new();
    let query = format!(
        "SELECT relation::regclass::text, mode FROM pg_locks
         WHERE pid = {pid} AND granted AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    for message in client.simple_query(&query)? {
        if let SimpleQueryMessage::Row(row) = message
            && let (Some(relation), Some(mode)) = (row.get(0), row.get(1))
            && relations.contains_key(relation)
        {
            locks.entry(relation.to_owned()).or_default().push(mode.to_owned());
        }
    }
    Ok(locks)
}

/// The tables of which the transaction has read rows or written a new file so far; the one that TRUNCATE makes is empty.
fn rows_read(session: &mut Client, before: &Relations) -> Result<Vec<String>> {
    let rows = session.query(
        "SELECT relid::regclass::text FROM pg_stat_xact_user_tables
         WHERE coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del > 0",
        &[],
    )?;
    let mut read: Vec<String> = rows.iter().map(|row| row.get(0)).filter(|name| before.contains_key(name)).collect();
    for (name, file) in relations(session)? {
        let size = "SELECT pg_relation_size($1::text::regclass) > 0";
        if before.get(&name).is_some_and(|old| *old != file) && session.query_one(size, &[&name])?.get(0) {
            read.push(format!("{name} (a new file)"));
        }
    }
    Ok(read)
}

#[test]
fn a_scan_or_a_rewrite_under_a_strong_lock_is_seen() -> Result<()> {
    let database = Server::of(15)?.create()?;
    let made = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT n, n FROM generate_series(1, 100) n";
    database.connect()?.batch_execute(made)?;
    let relations = relations(&mut database.connect()?)?;
    let naive = [
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ADD CHECK (a > 0)",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t (id)",
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ADD b float8 DEFAULT random()",
        "CREATE INDEX ON t (a)",
    ];
    for sql in naive {
        let title = "t (SHARE) (SHARE ROW EXCLUSIVE) (ACCESS EXCLUSIVE)";
        let seen = in_a_transaction(&database, &format!("{sql} -- set_config('lock_timeout'"), title, &relations);
        ensure!(seen.is_err_and(|error| error.to_string().contains("rows are read")), "{sql} looks harmless");
    }
    let unbounded = in_a_transaction(&database, "ALTER TABLE t ADD c int", "t (ACCESS EXCLUSIVE)", &relations);
    ensure!(unbounded.is_err_and(|error| error.to_string().contains("nothing bounds the wait")), "no lock_timeout");
    Ok(())
}
