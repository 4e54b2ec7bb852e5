//! An enum that loses a label: rows that still have it, and writers of both codes.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use super::writers::Code;
use crate::bench::prisma::{By, Project, Sample};
use crate::bench::server::{Database, Server};
use crate::succeeds;

const LEAVE: &str = r#"UPDATE "Member" SET "role" = 'USER' WHERE "role" = 'ADMIN'"#;

/// Rows that have the label are not released, nor changed by whoever releases them all the same; when they are mended it goes on.
#[test]
fn a_row_with_the_label_stops_it_and_stays() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::declared("remove_label");
    let project = Project::naive(&sample)?;
    succeeds(project.safestep(&["rewrite", "--write", "--all"])?)?;
    let database = sample.history_with_rows(&server, 5)?;
    succeeds(project.deploy(By::Engine(None), &database)?)?;
    let mut client = database.connect()?;
    client.batch_execute(r#"UPDATE "Member" SET "role" = 'ADMIN' WHERE "id" = 1"#)?;
    let before = project.sequence()?;
    let refused = project.safestep(&["release", "--yes", "--database-url", &database.url])?;
    let why = r#"no row has 'ADMIN' in "Member"."role" (1 found)"#;
    ensure!(refused.status == 1 && refused.text.contains(why), "{}", refused.text);
    ensure!(project.sequence()? == before, "what is refused is written");
    succeeds(project.safestep(&["release", "--yes"])?)?;
    let deploy = project.deploy(By::Engine(None), &database)?;
    let why = r#"no row may have 'ADMIN' in "Member"."role""#;
    ensure!(!deploy.succeeded() && deploy.text.contains(why), "{}", deploy.text);
    let kept = client.query_one(r#"SELECT "role"::text FROM "Member" WHERE "id" = 1"#, &[])?;
    ensure!(kept.get::<_, String>(0) == "ADMIN");
    client.batch_execute(LEAVE)?;
    let sequence = project.sequence()?;
    let failed = sequence.keys().find(|name| !before.contains_key(*name)).context("the file that refused")?;
    project.resolve_migration(failed, &database)?;
    succeeds(project.deploy(By::Engine(None), &database)?)
}

/// What hangs on the type or a column and is not in the migrations would be lost, or keep the type.
#[test]
fn what_the_migrations_do_not_show_stops_it() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::declared("remove_label");
    let project = Project::naive(&sample)?;
    succeeds(project.safestep(&["rewrite", "--write", "--all"])?)?;
    let history = sample.history_with_rows(&server, 5)?;
    succeeds(project.deploy(By::Engine(None), &history)?)?;
    let before = project.sequence()?;
    succeeds(project.safestep(&["release", "--yes"])?)?;
    let sequence = project.sequence()?;
    let first = sequence.iter().find(|(name, _)| !before.contains_key(*name)).context("the file that refuses")?.1;
    history.connect()?.batch_execute(first)?;
    for by_hand in [
        r#"CREATE FUNCTION f("Role") RETURNS int LANGUAGE sql AS 'SELECT 1'"#,
        r#"CREATE DOMAIN d AS "Role""#,
        r#"CREATE TYPE c AS (a "Role")"#,
        r#"CREATE TABLE t (a "Role"[])"#,
        r#"CREATE TABLE t (a int, CHECK (a::text <> 'USER'::"Role"::text))"#,
        r#"CREATE VIEW v AS SELECT "role" FROM "Member""#,
        r#"CREATE INDEX i ON "Member" ("role") WHERE "role" = 'USER'"#,
        r#"CREATE STATISTICS s ON "role", "name" FROM "Member""#,
        r#"CREATE POLICY p ON "Member" USING ("role" = 'USER')"#,
        r#"ALTER TABLE "Member" ADD CHECK ("role" <> 'OWNER')"#,
        r#"ALTER TABLE "Member" ADD COLUMN "is_owner" boolean GENERATED ALWAYS AS ("role" = 'OWNER') STORED"#,
        r#"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER u BEFORE UPDATE OF "role" ON "Member" FOR EACH ROW EXECUTE FUNCTION f()"#,
        r#"CREATE PUBLICATION p FOR TABLE "Member" ("id", "role")"#,
    ] {
        let database = server.copy(&history)?;
        let mut client = database.connect()?;
        client.batch_execute(by_hand)?;
        let refused = client.batch_execute(first).err().map(|error| format!("{error:?}")).unwrap_or_default();
        ensure!(refused.contains("nothing but"), "{by_hand}: {refused}");
        client.batch_execute("DROP PUBLICATION IF EXISTS p")?;
    }
    Ok(())
}

/// Six writers on rows of their own: the code before writes the label that goes, also while new code runs beside it. When it has
/// ended somebody changes the rows that have it.
#[test]
fn concurrent_writers_of_an_enum_lose_nothing() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::declared("remove_label");
    let project = Project::naive(&sample)?;
    fs::write(project.root().join("safestep.toml"), "[backfill]\nbatch_size = 10\npause = \"5ms\"\n")?;
    succeeds(project.safestep(&["rewrite", "--write", "--all"])?)?;
    let database = sample.history_with_rows(&server, 500)?;
    let code = RwLock::new(Code::Before);
    let now = |next: Code| *code.write().unwrap_or_else(PoisonError::into_inner) = next;
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let (code, database) = (&code, &database);
                scope.spawn(move || write(database, writer, code))
            })
            .collect();
        let phases = || -> Result<()> {
            succeeds(project.deploy(By::Engine(None), &database)?)?;
            now(Code::Both);
            std::thread::sleep(Duration::from_secs(2));
            now(Code::After);
            database.connect()?.batch_execute(LEAVE)?;
            succeeds(project.safestep(&["release", "--yes", "--database-url", &database.url])?)?;
            succeeds(project.deploy(By::Engine(None), &database)?)
        };
        let ran = phases();
        now(Code::Ended);
        let mut expected = BTreeMap::new();
        for writer in writers {
            expected.extend(writer.join().map_err(|_| anyhow!("a writer panicked"))??);
        }
        ran?;
        let had_it = expected.values().filter(|role| *role == "ADMIN").count();
        expected.values_mut().filter(|role| *role == "ADMIN").for_each(|role| *role = "USER".into());
        let rows = r#"SELECT "name", "role"::text FROM "Member" WHERE "name" LIKE 'writer%'"#;
        let rows = database.connect()?.query(rows, &[])?;
        let found: BTreeMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        ensure!(expected.len() > 50 && had_it > 5, "{} rows, {had_it} of them had it", expected.len());
        ensure!(found == expected, "{found:#?}\n{expected:#?}");
        Ok(())
    })
}

/// Writes rows of its own until nothing runs any more, and gives what is committed.
fn write(database: &Database, writer: usize, code: &RwLock<Code>) -> Result<BTreeMap<String, String>> {
    let mut client = database.connect()?;
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    for number in writer.. {
        let running = code.read().unwrap_or_else(PoisonError::into_inner);
        let labels: &[&str] = match *running {
            Code::Before => &["USER", "ADMIN", "OWNER"],
            Code::Both if number % 2 == 0 => &["ADMIN", "USER", "OWNER"],
            Code::Both | Code::After => &["USER", "OWNER"],
            Code::Ended => return Ok(rows),
        };
        let role = labels[number / 2 % labels.len()];
        // some rows are as the code before has left them
        let rows_in_use = if matches!(*running, Code::After) { 40 } else { 97 };
        let name = format!("writer{writer}-{}", number % rows_in_use);
        let sql = match (rows.contains_key(&name), number % 5) {
            (true, _) => {
                format!(r#"UPDATE "Member" SET "role" = CAST('{role}'::text AS "Role") WHERE "name" = '{name}'"#)
            }
            (false, 0) => format!(r#"INSERT INTO "Member" ("name") VALUES ('{name}')"#),
            (false, _) => {
                format!(r#"INSERT INTO "Member" ("name", "role") VALUES ('{name}', CAST('{role}'::text AS "Role"))"#)
            }
        };
        let is_default = !rows.contains_key(&name) && number % 5 == 0;
        client.batch_execute(&sql).with_context(|| sql.clone())?;
        rows.insert(name, if is_default { "USER" } else { role }.to_owned());
    }
    Ok(rows)
}
