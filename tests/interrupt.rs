//! Every step of a sequence, killed half-way and run again as its header says, leads to the schema and the rows of the naive
//! migration.
//!
//! A file is sent as Prisma sends a file of one statement, in one simple-query message on a session of its own; the CLI is
//! left out, because what it does after a failure (`migrate resolve`, then the same file again) changes nothing but its ledger.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postgres::Client;

use bench::prisma::{Project, Sample};
use bench::proof;
use bench::server::{Database, Server};

/// Enough for several batches of a backfill.
const ROWS: i32 = 2_500;

#[test]
fn combo_many() -> Result<()> {
    interrupt_every_step("combo_many", ROWS)
}

#[test]
fn add_volatile_defaults() -> Result<()> {
    interrupt_every_step("add_volatile_defaults", ROWS)
}

#[test]
fn fk_add() -> Result<()> {
    interrupt_every_step("fk_add", ROWS)
}

#[test]
fn unique_add() -> Result<()> {
    interrupt_every_step("unique_add", ROWS)
}

/// For every file of the rewritten sample: a new database, the earlier files, this one killed and run again, the later ones.
fn interrupt_every_step(sample: &str, rows: i32) -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::named(sample);
    let naive = Project::naive(&sample)?;
    let rewritten = Project::rewritten(&sample, server.major)?;
    let files: Vec<(String, String)> = rewritten.sequence()?.into_iter().collect();
    ensure!(naive.sequence()? != rewritten.sequence()?, "safestep left the migration as it was");

    let history = sample.history_with_rows(&server, rows)?;
    let expected = server.copy(&history)?;
    run_all(&expected, naive.sequence()?.values()).context("naive")?;

    for (at, (name, sql)) in files.iter().enumerate() {
        let database = server.copy(&history)?;
        let texts = || files.iter().map(|(_, sql)| sql);
        run_all(&database, texts().take(at)).context("the steps before")?;
        interrupt(&database, sql)
            .and_then(|()| recover(&database, sql))
            .and_then(|()| run_all(&database, texts().skip(at + 1)))
            .and_then(|()| proof::must_be_same(&expected, &database, &history, &[]))
            .with_context(|| format!("interrupted in {name}"))?;
    }
    Ok(())
}

/// Sends each file in one message.
fn run_all<'a>(database: &Database, files: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut session = database.connect()?;
    for sql in files {
        session.batch_execute(sql).with_context(|| sql.clone())?;
    }
    Ok(())
}

/// Starts a file while another session is in its way, and kills it there.
fn interrupt(database: &Database, sql: &str) -> Result<()> {
    let mut blocker = database.connect()?;
    block(&mut blocker, sql).context("blocking")?;
    let mut victim = database.connect()?;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let killed = thread::scope(|scope| -> Result<bool> {
        let run = scope.spawn(|| victim.batch_execute(sql).is_err());
        let stuck = kill_when_waiting(database, pid);
        let killed = run.join().unwrap_or(false);
        stuck?;
        Ok(killed)
    })?;
    ensure!(killed, "nothing held it up: it was done before it could be killed");
    Ok(blocker.batch_execute("ROLLBACK")?)
}

/// Waits until the session waits for a lock or sleeps between two attempts, then ends it.
fn kill_when_waiting(database: &Database, pid: i32) -> Result<()> {
    let mut watcher = database.connect()?;
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let waits = "wait_event_type = 'Lock' OR wait_event = 'PgSleep'";
        let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND ({waits})");
        if !watcher.query(&kill, &[&pid])?.is_empty() {
            return Ok(());
        }
        if Instant::now() > end {
            watcher.execute("SELECT pg_terminate_backend($1)", &[&pid])?;
            return Ok(());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Takes, in a transaction that stays open, the locks that stop this file in the middle of its work.
fn block(blocker: &mut Client, sql: &str) -> Result<()> {
    let tables: Vec<String> = blocker
        .query(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
             AND relname <> '_prisma_migrations'",
            &[],
        )?
        .iter()
        .map(|row| row.get(0))
        .collect();
    blocker.batch_execute("BEGIN")?;
    for table in tables {
        blocker.batch_execute(&if sql.contains("CONCURRENTLY") {
            // a writer: the index is there and not valid yet, and waits for it
            format!("LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        } else if sql.contains("UPDATE \"") {
            // the last row: the batches before it are done
            format!("SELECT FROM {table} WHERE id = (SELECT max(id) FROM {table}) FOR UPDATE")
        } else {
            format!("LOCK TABLE {table} IN EXCLUSIVE MODE")
        })?;
    }
    Ok(())
}

/// Does what the header of the file says and runs it again; and once more, because a connection can be lost between the work
/// and the ledger. Only an index build refuses that, loudly.
fn recover(database: &Database, sql: &str) -> Result<()> {
    let mut session = database.connect()?;
    if let Some(statement) = drop_index_of_header(sql) {
        session.batch_execute(&statement).with_context(|| statement.clone())?;
    }
    session.batch_execute(sql).context("running it again")?;
    if !sql.contains("INDEX CONCURRENTLY \"") {
        session.batch_execute(sql).context("running it again after it was done")?;
    }
    Ok(())
}

/// The `DROP INDEX CONCURRENTLY IF EXISTS name` of the header's comments.
fn drop_index_of_header(sql: &str) -> Option<String> {
    const DROP: &str = "DROP INDEX CONCURRENTLY IF EXISTS ";
    let header = sql.lines().take_while(|line| line.starts_with("--"));
    let rest = header.into_iter().find_map(|line| Some(line.split_once(DROP)?.1))?;
    let mut quoted = false;
    let name: String = rest
        .chars()
        .take_while(|&letter| {
            quoted ^= letter == '"';
            quoted || letter == '"' || letter == '.' || letter == '_' || letter.is_alphanumeric()
        })
        .collect();
    Some(format!("{DROP}{name}"))
}

#[test]
fn the_header_names_the_leftover_index() {
    let file = "-- Step 1\n-- If it fails: prisma db execute --stdin <<< 'DROP INDEX CONCURRENTLY IF EXISTS \"a b\".\"I\"', then …\nCREATE";
    let statement = "DROP INDEX CONCURRENTLY IF EXISTS \"a b\".\"I\"";
    assert_eq!(drop_index_of_header(file).as_deref(), Some(statement));
}
