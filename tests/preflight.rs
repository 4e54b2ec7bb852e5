//! `safestep preflight`: which rows would make a sequence fail today, asked of a database without changing it.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Result, ensure};
use serde_json::Value;

use bench::folder::{Ended, Folder, MIGRATIONS};
use bench::server::{Database, Server};

const INIT: &str = "CREATE TABLE \"User\" (id int PRIMARY KEY, name text, email text, boss int);\n";
const NAIVE: &str = "ALTER TABLE \"User\" ALTER COLUMN name SET NOT NULL;\nALTER TABLE \"User\" ADD CONSTRAINT e UNIQUE (email);\n\
     ALTER TABLE \"User\" ADD CONSTRAINT b FOREIGN KEY (boss) REFERENCES \"User\" (id);\n";

fn project() -> Result<Folder> {
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), INIT)?;
    folder.write(&format!("{MIGRATIONS}/20260102000000_change/migration.sql"), NAIVE)?;
    Ok(folder)
}

fn asked(folder: &Folder, database: &Database, arguments: &[&str]) -> Result<Ended> {
    folder.safestep(&[&["preflight", "--all", "--database-url", &database.url], arguments].concat())
}

#[test]
fn rows_that_break_a_rule_are_found() -> Result<()> {
    let folder = project()?;
    let database = Server::of(15)?.create()?;
    database.connect()?.batch_execute(INIT)?;
    let ended = asked(&folder, &database, &[])?;
    ensure!(ended.status == 0 && ended.out.ends_with("all of 3 conditions hold today\n"), "{}{}", ended.out, ended.err);

    database
        .connect()?
        .batch_execute("INSERT INTO \"User\" SELECT i, NULL, 'same', -i FROM generate_series(1, 7) i")?;
    let ended = asked(&folder, &database, &["--format", "json"])?;
    let report: Value = serde_json::from_str(&ended.out)?;
    let conditions = &report["migrations"][0]["conditions"];
    ensure!(ended.status == 1 && conditions.as_array().is_some_and(|all| all.len() == 3), "{report:#}");
    for condition in conditions.as_array().into_iter().flatten() {
        ensure!(condition["outcome"] == "fails" && !condition["rows"][0].is_null(), "{condition:#}");
    }
    ensure!(
        conditions[0]["rows"].as_array().is_some_and(|rows| rows.len() == 5) && conditions[0]["more"] == true,
        "{report:#}"
    );
    let ended = asked(&folder, &database, &[])?;
    ensure!(ended.status == 1 && ended.out.contains("name must hold no NULL\n             id = 1"), "{}", ended.out);
    Ok(())
}

/// What the database does not have yet, a table that is locked and a query that takes too long leave the others their answers.
#[test]
fn what_has_no_answer_is_said() -> Result<()> {
    let folder = project()?;
    let database = Server::of(15)?.create()?;
    let ended = asked(&folder, &database, &[])?;
    ensure!(ended.status == 0 && ended.out.contains("relation \"User\" does not exist"), "{}{}", ended.out, ended.err);
    ensure!(ended.out.ends_with("0 of 3 conditions hold today, 3 cannot be asked yet\n"), "{}", ended.out);

    database.connect()?.batch_execute(INIT)?;
    let mut locking = database.connect()?;
    locking.batch_execute("BEGIN; LOCK TABLE \"User\" IN ACCESS EXCLUSIVE MODE")?;
    let ended = asked(&folder, &database, &[])?;
    ensure!(ended.out.contains("its table is locked"), "{}", ended.out);
    locking.batch_execute("ROLLBACK")?;

    database.connect()?.batch_execute("DROP TABLE \"User\"; CREATE VIEW \"User\" AS SELECT i AS id, pg_sleep(9)::text AS name, ''::text AS email, i AS boss FROM generate_series(1, 9) i")?;
    let ended = asked(&folder, &database, &["--timeout", "1"])?;
    ensure!(ended.out.contains("no answer within 1 s"), "{}", ended.out);
    Ok(())
}

/// A migration is other people's text: a function of it that writes finds a transaction that only reads.
#[test]
fn nothing_is_changed() -> Result<()> {
    let folder = project()?;
    let check = "ALTER TABLE \"User\" ADD CONSTRAINT c CHECK (writes(id));\n";
    folder.write(&format!("{MIGRATIONS}/20260103000000_check/migration.sql"), check)?;
    let database = Server::of(15)?.create()?;
    database.connect()?.batch_execute(INIT)?;
    database.connect()?.batch_execute(
        "INSERT INTO \"User\" VALUES (1, 'a', 'b', 1); CREATE TABLE log (i int);
         CREATE FUNCTION writes(i int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (i); RETURN true; END'",
    )?;
    let ended = asked(&folder, &database, &[])?;
    ensure!(ended.out.contains("cannot execute INSERT in a read-only transaction"), "{}{}", ended.out, ended.err);
    ensure!(ended.out.contains("3 of 4 conditions hold today, 1 cannot be asked yet"), "{}", ended.out);
    Ok(())
}

#[test]
fn a_server_that_is_not_there_is_an_error() -> Result<()> {
    let folder = project()?;
    let ended = folder.safestep(&["preflight", "--all", "--database-url", "postgres://x:secret@127.0.0.1:1/x"])?;
    ensure!(ended.status == 2 && !ended.err.contains("secret"), "{}", ended.err);
    let mut command = folder.command();
    let ended = command.env_remove("DATABASE_URL").args(["preflight", "--all"]).output()?;
    ensure!(ended.status.code() == Some(2), "{ended:?}");
    Ok(())
}
