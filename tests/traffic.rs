//! `safestep verify --traffic`: what clients feel is what the report says.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::{Ended, Folder};

const INIT: &str =
    "CREATE TABLE \"Team\" (\"id\" SERIAL PRIMARY KEY, \"kind\" TEXT NOT NULL CHECK (\"kind\" IN ('open', 'closed')));
CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"teamId\" INTEGER NOT NULL, \"name\" TEXT);\n";

/// A folder `original` and a folder `prisma/migrations`: the migration as it was, and what stands for it.
fn folder(naive: &str, sequence: &str) -> Result<Folder> {
    let folder = Folder::new()?;
    for (place, text) in [("original", naive), ("prisma/migrations", sequence)] {
        folder.write(&format!("{place}/migration_lock.toml"), "provider = \"postgresql\"\n")?;
        folder.write(&format!("{place}/20260101000000_init/migration.sql"), INIT)?;
        folder.write(&format!("{place}/20260102000000_change/migration.sql"), text)?;
    }
    Ok(folder)
}

fn traffic(folder: &Folder, more: &[&str]) -> Result<Ended> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let arguments = ["verify", "--against", "original", "--traffic", "--rows", "500", "--database-url", &url];
    folder.safestep(&[&arguments[..], more].concat())
}

/// The only trial of a run.
fn trial(folder: &Folder) -> Result<Value> {
    let ended = traffic(folder, &["--format", "json"])?;
    let report: Value = serde_json::from_str(&ended.out).with_context(|| ended.out + &ended.err)?;
    Ok(report["trials"][0].clone())
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or(-1.0)
}

#[test]
fn a_lock_that_is_held_is_a_stall() -> Result<()> {
    let lock = |mode: &str| format!("DO $$ BEGIN LOCK TABLE \"User\" IN {mode} MODE; PERFORM pg_sleep(1.5); END $$;\n");
    let folder = folder(&lock("ACCESS EXCLUSIVE"), &lock("SHARE"))?;
    let trial = trial(&folder)?;
    for (pointer, stalls) in [
        ("/naive/reads/longest", true),
        ("/naive/writes/longest", true),
        ("/sequence/reads/longest", false),
        ("/sequence/writes/longest", true),
    ] {
        let longest = number(&trial, pointer);
        ensure!(stalls == (longest > 1_000.0), "{pointer} is {longest} ms\n{trial:#}");
    }
    ensure!(trial["tables"] == serde_json::json!(["\"User\""]), "{}", trial["tables"]);
    ensure!(number(&trial, "/naive/steps/0/longest_write") > 1_000.0, "{trial:#}");
    ensure!(number(&trial, "/naive/writes/sent") > 100.0 && trial["naive"]["writes"]["failed"] == 0, "{trial:#}");
    Ok(())
}

#[test]
fn statements_of_the_old_code_that_fail_are_counted() -> Result<()> {
    let folder = folder(
        "ALTER TABLE \"User\" ALTER COLUMN \"name\" SET DEFAULT 'x';\n",
        "ALTER TABLE \"User\" DROP COLUMN \"name\";\n",
    )?;
    let ended = traffic(&folder, &["--svg", "pictures/traffic.svg"])?;
    ensure!(ended.status == 1, "exit {}\n{}{}", ended.status, ended.out, ended.err);
    ensure!(ended.out.contains("column \"name\" does not exist (42703)"), "{}", ended.out);
    let picture = std::fs::read_to_string(folder.path().join("pictures/traffic.svg"))?;
    ensure!(
        picture.starts_with("<svg xmlns") && picture.contains("20260102000000_change") && !picture.contains("NaN"),
        "{picture}"
    );
    let markdown = traffic(&folder, &["--format", "markdown"])?;
    ensure!(markdown.out.contains("| sequence | took | reads wait | writes wait |"), "{}", markdown.out);
    Ok(())
}

/// New rows come while the foreign key is added, so they refer to rows that are there; a CHECK gets values that it takes.
#[test]
fn new_rows_keep_the_rules_of_the_migration() -> Result<()> {
    let key =
        "ALTER TABLE \"User\" ADD CONSTRAINT \"User_teamId_fkey\" FOREIGN KEY (\"teamId\") REFERENCES \"Team\"(\"id\")";
    let folder = folder(
        &format!("{key};\n"),
        &format!("{key} NOT VALID;\nALTER TABLE \"User\" VALIDATE CONSTRAINT \"User_teamId_fkey\";\n"),
    )?;
    let trial = trial(&folder)?;
    ensure!(trial["tables"] == serde_json::json!(["\"Team\"", "\"User\""]), "{}", trial["tables"]);
    ensure!(trial["notes"] == serde_json::json!([]), "{}", trial["notes"]);
    for side in ["naive", "sequence"] {
        ensure!(trial[side]["writes"]["failed"] == 0 && trial[side]["failure"].is_null(), "{trial:#}");
    }
    Ok(())
}

#[test]
fn a_migration_that_fails_says_so() -> Result<()> {
    let folder = folder(
        "ALTER TABLE \"User\" ALTER COLUMN \"name\" SET DEFAULT 'x';\n",
        "ALTER TABLE \"User\" DROP COLUMN \"nickname\";\n",
    )?;
    let ended = traffic(&folder, &[])?;
    ensure!(
        ended.status == 1 && ended.out.contains("failed: 20260102000000_change: column \"nickname\""),
        "{}",
        ended.out
    );
    Ok(())
}
