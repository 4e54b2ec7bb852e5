//! Two real runners on one database at the same moment, as two pods start them: rows are changed once, the schema is what the
//! naive migration leaves, and the same command finds nothing more to do. Both generations of Drizzle, node-postgres and
//! postgres-js, end well both times. Of two Alembics the second one may fail where it writes down what the first one did, as it
//! does with a naive revision. Prisma and Rails lock a second runner out (`runner_data.rs`).

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use bench::blocker::until;
use bench::drizzle::{Drizzle, Generation, Project, Sample};
use bench::proof::must_be_same;
use bench::server::{Database, Server};
use bench::upgrade::{self, ALEMBIC, Alembic};

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
        let at_the_rows =
            "SELECT count(*) = 2 AND count(*) FILTER (WHERE wait_event = 'PgSleep') = 1 FROM pg_stat_activity
                           WHERE datname = current_database() AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
        let met = until(APART, || Ok(watcher.query_one(at_the_rows, &[])?.get(0)));
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
            let run = |drizzle: &Drizzle| drizzle.run(driver, &rewritten, &database)?.must_succeed();
            both(&|| run(&first), &|| run(&second), &database, meeting)
                .and_then(|[one, other]| {
                    one.context("the first migrator")?;
                    other.context("the second migrator")
                })
                .and_then(|()| must_be_same(&reference, &database, &history, &[]))
                .and_then(|()| must_be_recorded(&first, driver, &rewritten, &database))
                .with_context(|| format!("{name}, {generation:?}, {driver}"))?;
        }
    }
    Ok(())
}

/// What is said where two runners do not get in each other's way.
const APART: &str = "the runners do not meet";

/// A run of a real runner.
type Run<'a> = &'a (dyn Fn() -> Result<()> + Sync);

/// Runs two runners that meet; how each of them ended.
fn both(first: Run<'_>, second: Run<'_>, database: &Database, meeting: &Meeting) -> Result<[Result<()>; 2]> {
    let mut watcher = database.connect()?;
    let mut blocker = database.connect()?;
    let waiting = "SELECT count(*) >= 2 FROM pg_stat_activity WHERE datname = current_database()
                   AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
    let building = "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE datname = current_database()";
    let mut see = |query: &str| until(APART, || Ok(watcher.query_one(query, &[])?.get(0)));
    thread::scope(|scope| {
        let (runs, met) = match meeting {
            Meeting::InFront => {
                blocker.batch_execute("BEGIN; LOCK TABLE users IN EXCLUSIVE MODE")?;
                let runs = [scope.spawn(first), scope.spawn(second)];
                let met = see(waiting);
                blocker.batch_execute("COMMIT")?;
                (runs, met)
            }
            Meeting::DuringBuild => {
                let one = scope.spawn(first);
                let met = see(building);
                ([one, scope.spawn(second)], met)
            }
        };
        let ended = runs.map(|run| run.join().unwrap_or_else(|_| Err(anyhow!("a runner's thread panicked"))));
        met.map(|()| ended)
    })
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

/// Two `alembic upgrade head`, with a revision for each step and with one for all.
#[test]
fn two_alembics() -> Result<()> {
    let fill = "op.add_column('users', sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False))";
    let append = "op.execute(\"UPDATE users SET name = name || '!'\")";
    let required = "op.alter_column('users', 'name', nullable=False)";
    let check = "op.create_check_constraint('users_id_check', 'users', 'id > 0')";
    let build = "op.create_index('users_name_idx', 'users', [sa.text('slow(name)')])";
    for (name, upgrade, meeting) in [
        ("rows and brief steps", &[append, required, check][..], Meeting::InFront),
        ("a backfill", &[fill], Meeting::InFront),
        ("a build", &[build], Meeting::InFront),
        ("a build behind a validation", &[check, build], Meeting::DuringBuild),
    ] {
        for layout in ["step", "phase"] {
            let alembic = Alembic { layout, ..ALEMBIC };
            two_alembics_meet(&alembic, upgrade, &meeting)
                .with_context(|| format!("{name}, a file for each {layout}"))?;
        }
    }
    Ok(())
}

fn two_alembics_meet(alembic: &Alembic, upgrade: &[&str], meeting: &Meeting) -> Result<()> {
    let tables = "op.execute(\"CREATE TABLE users (id int PRIMARY KEY, name text)\")
    op.execute(\"CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.08); RETURN $1; END'\")";
    let revision = |id: &str, follows: &str, upgrade: &str| {
        let head = format!(
            "from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = {follows}\n"
        );
        format!("{head}\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n")
    };
    let files = [
        ("first_.py", revision("first", "None", tables)),
        ("change_.py", revision("change", "'first'", &upgrade.join("\n    "))),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let naive = upgrade::Project::of(alembic, &files, "change", "first")?;
    let rewritten = naive.rewritten(15)?;
    ensure!(naive.revisions()? != rewritten.revisions()?, "safestep left the revision as it was");
    let server = Server::of(15)?;
    let history = server.create()?;
    alembic.must(&naive, &history, &["upgrade", "first"])?;
    history.connect()?.batch_execute("INSERT INTO users SELECT i, 'name ' || i FROM generate_series(1, 30) i")?;
    let (reference, database) = (server.copy(&history)?, server.copy(&history)?);
    alembic.must(&naive, &reference, &["upgrade", "head"]).context("naive")?;
    let run = || alembic.must(&rewritten, &database, &["upgrade", "head"]).map(drop);
    let ended = both(&run, &run, &database, meeting)?;
    let late = "to match one row when updating";
    let failures: Vec<String> = ended.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    ensure!(failures.len() < 2 && failures.iter().all(|said| said.contains(late)), "{failures:#?}");
    must_be_same(&reference, &database, &history, &[])?;
    let more = alembic.must(&rewritten, &database, &["upgrade", "head"]).context("the third run")?;
    ensure!(more.is_empty(), "the third run does {more:?}");
    Ok(())
}
