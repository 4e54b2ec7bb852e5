//! Another session that is in a step's way, so that it can be looked at, or killed, in the middle of its work.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postgres::Client;

/// True for a file that changes rows in batches.
pub fn fills(sql: &str) -> bool {
    sql.lines().any(|line| line.trim_start().starts_with("UPDATE "))
}

/// Takes, in a transaction that stays open, the locks that stop this file in the middle of its work.
pub fn block(blocker: &mut Client, sql: &str) -> Result<()> {
    let kind = if sql.contains("ALTER SEQUENCE") { 'S' } else { 'r' };
    let relations = format!(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind = '{kind}' AND nspname NOT IN ('pg_catalog', 'information_schema') 
         AND relname NOT IN ('_prisma_migrations', 'alembic_version', 'schema_migrations', 'ar_internal_metadata')"
    );
    let relations: Vec<String> = blocker.query(&relations, &[])?.iter().map(|row| row.get(0)).collect();
    blocker.batch_execute("BEGIN")?;
    for relation in relations {
        blocker.batch_execute(&if kind == 'S' {
            // a session that has taken a number
            format!("SELECT setval('{relation}', last_value, is_called) FROM {relation}")
        } else if sql.contains("CONCURRENTLY") {
            // a writer: the index is there and not valid yet, and waits for it
            format!("LOCK TABLE {relation} IN ROW EXCLUSIVE MODE")
        } else if fills(sql) {
            // the last row: the batches before it are done
            format!("SELECT * FROM {relation} ORDER BY 1 DESC LIMIT 1 FOR UPDATE")
        } else {
            format!("LOCK TABLE {relation} IN EXCLUSIVE MODE")
        })?;
    }
    Ok(())
}

/// Whether a session waits for a lock or sleeps between two attempts.
pub fn waits(watcher: &mut Client, pid: i32) -> Result<bool> {
    let waits = "SELECT FROM pg_stat_activity WHERE pid = $1 AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
    Ok(!watcher.query(waits, &[&pid])?.is_empty())
}

/// The session of this database, beside those of the test, that waits for `blocker` or sleeps between two attempts, once there is
/// one.
pub fn waiting(watcher: &mut Client, blocker: &mut Client) -> Result<i32> {
    let own = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
               AND pid <> pg_backend_pid() AND pid <> $1 AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
    let blocking: i32 = blocker.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let mut found = None;
    until("it waits for nothing", || {
        found = watcher.query_opt(own, &[&blocking])?.map(|row| row.get(0));
        Ok(found.is_some())
    })?;
    found.context("it waits for nothing")
}

/// Ends a session's connection.
pub fn end(watcher: &mut Client, pid: i32) -> Result<()> {
    watcher.execute("SELECT pg_terminate_backend($1)", &[&pid])?;
    Ok(())
}

/// Waits until a session is gone. What a dead client leaves goes on until it sees that.
pub fn gone(watcher: &mut Client, pid: i32) -> Result<()> {
    let is_there = "SELECT FROM pg_stat_activity WHERE pid = $1";
    until("its connection is still there", || Ok(watcher.query(is_there, &[&pid])?.is_empty()))
}

/// Asks until the answer is yes, or fails with `otherwise`.
pub fn until(otherwise: &str, mut ask: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(60);
    while !ask()? {
        ensure!(Instant::now() < end, "{otherwise}");
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
