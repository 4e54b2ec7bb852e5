//! Two real migrators on one database at the same moment, as two pods start them: both end well, rows are changed once, and
//! the schema is what the naive migration leaves. Both generations of Drizzle, node-postgres and postgres-js.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use postgres::Client;

use bench::drizzle::{Drizzle, Generation, Project, Ran, Sample};
use bench::proof::must_be_same;
use bench::server::{Database, Server};

const DRIVERS: [&str; 2] = ["pg", "postgres"];

const REQUIRED: &str = "ALTER TABLE \"users\" ALTER COLUMN \"name\" SET NOT NULL;";
const SEPARATOR: &str = "--> statement-breakpoint\n";

/// How the second migrator gets in the first one's way.
enum Meeting {
    /// Both wait for somebody who holds `users`, and go on together.
    InFront,
    /// The second one begins while the first one builds an index.
    DuringBuild,
}

#[test]
fn rows_are_changed_once() -> Result<()> {
    let append = "UPDATE \"users\" SET \"name\" = \"name\" || '!';";
    let index = "CREATE INDEX \"users_name_idx\" ON \"users\" USING btree (\"name\");";
    let returning = "UPDATE \"users\" SET \"name\" = \"name\" || '!' RETURNING \"id\";";
    let block = "DO $$ BEGIN FOR i IN 1..2 LOOP UPDATE \"users\" SET \"name\" = \"name\" || i; END LOOP; END $$;";
    for (name, migration) in [
        ("in front of the rest", [append, index, REQUIRED].join(SEPARATOR)),
        ("behind the rest", [REQUIRED, append].join(SEPARATOR)),
        ("with a result", [REQUIRED, returning].join(SEPARATOR)),
        ("in a block", [REQUIRED, block].join(SEPARATOR)),
    ] {
        for_both(name, &migration, &Meeting::InFront)?;
    }
    Ok(())
}

#[test]
fn a_default_is_filled_in_once() -> Result<()> {
    let add = "ALTER TABLE \"users\" ADD COLUMN \"token\" uuid DEFAULT gen_random_uuid() NOT NULL;";
    for_both("a backfill", add, &Meeting::InFront)
}

#[test]
fn brief_steps_take_turns() -> Result<()> {
    let brief = [
        "ALTER TABLE \"users\" ADD COLUMN \"note\" text;",
        "ALTER TABLE \"users\" ADD CONSTRAINT \"users_id_check\" CHECK (\"id\" > 0);",
        REQUIRED,
    ];
    for_both("brief steps", &brief.join(SEPARATOR), &Meeting::InFront)
}

#[test]
fn a_build_goes_on_while_another_migrator_comes() -> Result<()> {
    let build = [
        "ALTER TABLE \"users\" ADD CONSTRAINT \"users_id_check\" CHECK (\"id\" > 0);",
        "CREATE INDEX \"users_name_idx\" ON \"users\" USING btree (slow(\"name\"));",
    ];
    for_both("a build behind a validation", &build.join(SEPARATOR), &Meeting::DuringBuild)
}

#[test]
fn builds_that_would_begin_together_follow_each_other() -> Result<()> {
    let build = "CREATE INDEX \"users_name_idx\" ON \"users\" USING btree (slow(\"name\"));";
    for_both("a build", build, &Meeting::InFront)
}

/// The one that is at the rows is killed: the other one changes them, and the same command finds nothing to do.
#[test]
fn another_migrator_takes_over_from_one_that_is_killed() -> Result<()> {
    let migration = [
        "ALTER TABLE \"posts\" ADD CONSTRAINT \"posts_id_check\" CHECK (\"id\" > 0);",
        "UPDATE \"users\" SET \"name\" = \"name\" || '!';",
    ];
    let server = Server::of(15)?;
    let generation = Generation::Folders;
    let (first, second) = (Drizzle::of(generation), Drizzle::of(generation));
    let sample = Sample { name: "combo_many".into(), generation };
    let naive = sample.history()?.and(generation, &[("change", &migration.join(SEPARATOR))])?;
    let rewritten = naive.rewritten()?;
    let history = sample.database(&first, &server, 30)?;
    let (reference, database) = (server.copy(&history)?, server.copy(&history)?);
    first.run("pg", &naive, &reference)?.must_succeed().context("naive")?;
    let (mut watcher, mut blocker) = (database.connect()?, database.connect()?);
    blocker.batch_execute("BEGIN; LOCK TABLE users IN EXCLUSIVE MODE")?;
    let ended = thread::scope(|scope| -> Result<Vec<bool>> {
        let runs = [&first, &second].map(|drizzle| scope.spawn(|| drizzle.run("pg", &rewritten, &database)));
        let met = until(
            &mut watcher,
            "SELECT count(*) = 2 AND count(*) FILTER (WHERE wait_event = 'PgSleep') = 1 FROM pg_stat_activity
             WHERE datname = current_database() AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')",
        );
        let killed = watcher.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND granted AND datname = current_database()",
            &[],
        );
        blocker.batch_execute("COMMIT")?;
        met?;
        ensure!(killed? == 1, "nobody was at the rows");
        Ok(runs.into_iter().map(|run| run.join().is_ok_and(|ran| ran.is_ok_and(|ran| ran.ok))).collect())
    })?;
    ensure!(ended.iter().filter(|ok| **ok).count() == 1, "{ended:?}");
    must_be_same(&reference, &database, &history, &[])?;
    must_be_recorded(&first, "pg", &rewritten, &database)
}

/// A migration, rewritten, through two migrators over each driver, in both generations.
fn for_both(name: &str, migration: &str, meeting: &Meeting) -> Result<()> {
    let server = Server::of(15)?;
    for generation in [Generation::Journal, Generation::Folders] {
        let (first, second) = (Drizzle::of(generation), Drizzle::of(generation));
        let sample = Sample { name: "combo_many".into(), generation };
        let naive = sample.history()?.and(generation, &[("change", migration)])?;
        let rewritten = naive.rewritten()?;
        ensure!(naive.texts()? != rewritten.texts()?, "{name}: safestep left the migration as it was");
        let history = sample.database(&first, &server, 30)?;
        history.connect()?.batch_execute(
            "CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(0.08); RETURN $1; END'",
        )?;
        let reference = server.copy(&history)?;
        first.run("pg", &naive, &reference)?.must_succeed().context("naive")?;
        for driver in DRIVERS {
            let database = server.copy(&history)?;
            both(&first, &second, driver, &rewritten, &database, meeting)
                .and_then(|()| must_be_same(&reference, &database, &history, &[]))
                .and_then(|()| must_be_recorded(&first, driver, &rewritten, &database))
                .with_context(|| format!("{name}, {generation:?}, {driver}"))?;
        }
    }
    Ok(())
}

/// Runs two migrators that meet, and fails when one of them does.
fn both(
    first: &Drizzle,
    second: &Drizzle,
    driver: &str,
    project: &Project,
    database: &Database,
    meeting: &Meeting,
) -> Result<()> {
    let mut watcher = database.connect()?;
    let run = |drizzle: &Drizzle| -> Result<Ran> { drizzle.run(driver, project, database) };
    let ended = thread::scope(|scope| -> Result<[Result<Ran>; 2]> {
        let join = |handle: thread::ScopedJoinHandle<'_, Result<Ran>>| match handle.join() {
            Ok(ran) => ran,
            Err(_) => bail!("a migrator's thread panicked"),
        };
        Ok(match meeting {
            Meeting::InFront => {
                let mut blocker = database.connect()?;
                blocker.batch_execute("BEGIN; LOCK TABLE users IN EXCLUSIVE MODE")?;
                let runs = [scope.spawn(|| run(first)), scope.spawn(|| run(second))];
                let waiting = "SELECT count(*) >= 2 FROM pg_stat_activity WHERE datname = current_database()
                               AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
                let met = until(&mut watcher, waiting);
                blocker.batch_execute("COMMIT")?;
                met?;
                runs.map(join)
            }
            Meeting::DuringBuild => {
                let one = scope.spawn(|| run(first));
                let building = "SELECT count(*) > 0 FROM pg_stat_progress_create_index
                                WHERE datname = current_database()";
                let met = until(&mut watcher, building);
                let other = scope.spawn(|| run(second));
                let runs = [join(one), join(other)];
                met?;
                runs
            }
        })
    })?;
    for (ran, which) in ended.into_iter().zip(["the first migrator", "the second migrator"]) {
        ran?.must_succeed().context(which)?;
    }
    Ok(())
}

/// Waits until a query says true.
fn until(watcher: &mut Client, query: &str) -> Result<()> {
    let begun = Instant::now();
    while !watcher.query_one(query, &[])?.get::<_, bool>(0) {
        ensure!(begun.elapsed() < Duration::from_secs(60), "the migrators do not meet: {query}");
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Fails unless each migration is in the ledger, and a third run finds nothing to do.
fn must_be_recorded(drizzle: &Drizzle, driver: &str, project: &Project, database: &Database) -> Result<()> {
    let mut client = database.connect()?;
    let mut count = |what: &str| -> Result<i64> {
        Ok(client.query_one(&format!("SELECT count({what}) FROM drizzle.__drizzle_migrations"), &[])?.get(0))
    };
    let (migrations, rows) = (count("DISTINCT created_at")?, count("*")?);
    ensure!(usize::try_from(migrations)? == project.migrations()?.len(), "{migrations} migrations are recorded");
    drizzle.run(driver, project, database)?.must_succeed().context("the third run")?;
    ensure!(count("*")? == rows, "the third run recorded something");
    Ok(())
}
