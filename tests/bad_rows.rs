//! Rows that break a rule stop the sequence where it is checked; once they are mended, it goes on as its header says.
//!
//! A file is sent as Prisma sends a file of one statement, in one simple-query message on a session of its own; the CLI is
//! left out, because what it does after a failure (`migrate resolve`, then the same file again) changes nothing but its ledger.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};

use bench::prisma::{Project, Sample};
use bench::proof;
use bench::server::{Database, Server};

/// Rows that break the rule: the sample, what spoils them, the step that must fail, what mends them.
const BAD_ROWS: [(&str, &str, &str, &str); 3] = [
    (
        "make_required",
        "UPDATE \"User\" SET \"name\" = NULL WHERE \"id\" = 1",
        "_validate_name",
        "UPDATE \"User\" SET \"name\" = '1' WHERE \"id\" = 1",
    ),
    (
        "unique_add",
        "UPDATE \"User\" SET \"email\" = '2' WHERE \"id\" = 1",
        "_unique_add",
        "UPDATE \"User\" SET \"email\" = '1' WHERE \"id\" = 1",
    ),
    (
        "fk_add",
        "UPDATE \"Post\" SET \"authorId\" = 999 WHERE \"id\" = 1",
        "_validate_author_id_fkey",
        "UPDATE \"Post\" SET \"authorId\" = 1 WHERE \"id\" = 1",
    ),
];

/// NULLs, duplicates and orphans: the sequence fails where it checks them, the rows stay, and once they are mended the step
/// that failed and the rest lead to what the naive migration makes.
#[test]
fn bad_rows_stop_the_sequence_where_they_are_checked() -> Result<()> {
    let server = Server::of(15)?;
    for (name, spoil, step, mend) in BAD_ROWS {
        let sample = Sample::named(name);
        let naive = Project::naive(&sample)?.sequence()?;
        let files: Vec<(String, String)> = Project::rewritten(&sample, 15)?.sequence()?.into_iter().collect();
        let good = sample.history_with_rows(&server, 20)?;
        let expected = server.copy(&good)?;
        run_all(&expected, naive.values())?;

        let spoiled = server.copy(&good)?;
        spoiled.connect()?.batch_execute(spoil)?;
        ensure!(run_all(&server.copy(&spoiled)?, naive.values()).is_err(), "{name}: the naive migration does not fail");
        let database = server.copy(&spoiled)?;
        let at = files.iter().position(|(_, sql)| run_all(&database, std::iter::once(sql)).is_err());
        let at = at.with_context(|| format!("{name}: the sequence does not fail"))?;
        ensure!(files[at].0.ends_with(step), "{name}: {} fails", files[at].0);
        proof::must_keep(&spoiled, &database)?;

        database.connect()?.batch_execute(mend)?;
        recover(&database, &files[at].1)?;
        run_all(&database, files[at + 1..].iter().map(|(_, sql)| sql))?;
        proof::must_be_same(&expected, &database, &good, &[]).with_context(|| format!("{name}, mended"))?;
    }
    Ok(())
}

/// A default fills the NULLs that the naive migration fails on.
#[test]
fn nulls_get_the_default_of_their_column() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::named("make_required_with_default");
    let database = sample.history_with_rows(&server, 2_500)?;
    database.connect()?.batch_execute("UPDATE \"User\" SET \"name\" = NULL WHERE \"id\" % 3 = 0")?;
    let naive = Project::naive(&sample)?.sequence()?;
    ensure!(run_all(&server.copy(&database)?, naive.values()).is_err(), "the naive migration does not fail");
    run_all(&database, Project::rewritten(&sample, 15)?.sequence()?.values())?;
    let filled = "SELECT count(*) FILTER (WHERE \"name\" = 'x'), count(*) FROM \"User\"";
    let row = database.connect()?.query_one(filled, &[])?;
    ensure!((row.get::<_, i64>(0), row.get::<_, i64>(1)) == (833, 2_500), "{row:?}");
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
