//! What drizzle-kit wrote down and what the migrations make: which of them counts, and what a person is told.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use bench::folder::Folder;

/// A column as drizzle-kit writes it down.
fn column(name: &str, ty: &str, not_null: bool) -> Value {
    json!({"name": name, "type": ty, "primaryKey": false, "notNull": not_null})
}

/// A snapshot with one table, `users`.
fn snapshot(columns: &[Value]) -> Value {
    let columns: serde_json::Map<String, Value> =
        columns.iter().map(|c| (c["name"].as_str().unwrap_or_default().to_owned(), c.clone())).collect();
    let users = json!({"name": "users", "schema": "", "columns": columns, "indexes": {}, "foreignKeys": {},
        "compositePrimaryKeys": {}, "uniqueConstraints": {}, "checkConstraints": {}});
    json!({"version": "7", "dialect": "postgresql", "id": "1", "prevId": "0", "enums": {},
        "tables": {"public.users": users}})
}

/// A journal's folder with these migrations, and the snapshots of some.
fn folder(migrations: &[(&str, &str, Option<Value>)]) -> Result<Folder> {
    let folder = Folder::empty()?;
    let mut entries = Vec::new();
    for (at, (tag, sql, snapshot)) in migrations.iter().enumerate() {
        folder.write(&format!("drizzle/{tag}.sql"), sql)?;
        if let Some(snapshot) = snapshot {
            let prefix = tag.split('_').next().context("a prefix")?;
            folder.write(&format!("drizzle/meta/{prefix}_snapshot.json"), snapshot.to_string())?;
        }
        entries.push(json!({"idx": at, "version": "7", "when": at, "tag": tag, "breakpoints": true}));
    }
    let journal = json!({"version": "7", "dialect": "postgresql", "entries": entries});
    folder.write("drizzle/meta/_journal.json", journal.to_string())?;
    Ok(folder)
}

const CREATE: &str = "CREATE TABLE \"users\" (\"name\" text NOT NULL);";

#[test]
fn a_column_that_was_made_nullable_by_hand_is_nullable() -> Result<()> {
    let folder = folder(&[
        ("0000_init", CREATE, Some(snapshot(&[column("name", "text", true)]))),
        // drizzle-kit generate --custom copies the snapshot before it.
        (
            "0001_by_hand",
            "ALTER TABLE users ALTER COLUMN name DROP NOT NULL;",
            Some(snapshot(&[column("name", "text", true)])),
        ),
        ("0002_required", "ALTER TABLE \"users\" ALTER COLUMN \"name\" SET NOT NULL;", None),
        ("0003_more", "ALTER TABLE \"users\" ADD COLUMN \"age\" integer;", None),
    ])?;
    let ended = folder.safestep(&["check", "--all", "--color", "never", "drizzle"])?;
    let expected = "
note: drizzle/meta/0001_snapshot.json differs from what the migrations before make: users.name is
      NOT NULL there, nullable here; the riskier of the two is assumed
";
    ensure!(ended.out.contains(expected) && ended.out.matches("differs from").count() == 1, "{}", ended.out);
    ensure!(ended.out.contains("set-not-null"), "{}", ended.out);
    Ok(())
}

fn report(folder: &Folder, only: &str) -> Result<Value> {
    folder.report(&["--all", &format!("drizzle/{only}.sql")])
}

fn rules(report: &Value) -> Vec<&str> {
    report["hazards"].as_array().into_iter().flatten().filter_map(|hazard| hazard["rule"].as_str()).collect()
}

#[test]
fn what_only_the_snapshot_knows_is_there_and_proves_nothing() -> Result<()> {
    let mut known = snapshot(&[column("id", "integer", true), column("name", "varchar(50)", true)]);
    known["tables"]["public.users"]["checkConstraints"] =
        json!({"filled": {"name": "filled", "value": "\"name\" IS NOT NULL"}});
    let opaque =
        "DO $$ BEGIN EXECUTE concat('CREATE TABLE users (id integer NOT NULL, name varchar(50) NOT NULL)'); END $$;";
    for (sql, rule) in [
        ("ALTER TABLE \"users\" ALTER COLUMN \"name\" SET NOT NULL;", "set-not-null"),
        ("ALTER TABLE \"users\" ALTER COLUMN \"name\" SET DATA TYPE text;", "change-column-type"),
        ("ALTER TABLE \"users\" ADD COLUMN IF NOT EXISTS \"name\" text DEFAULT random();", "add-column-default"),
    ] {
        let folder = folder(&[("0000_init", opaque, Some(known.clone())), ("0001_next", sql, None)])?;
        let report = report(&folder, "0001_next")?;
        ensure!(rules(&report) == [rule], "{sql}: {report:#}");
        let note = report["notes"].to_string();
        ensure!(note.contains("table users is present there, missing here"), "{note}");
    }
    Ok(())
}

#[test]
fn a_plain_create_table_proves_that_the_table_was_not_there() -> Result<()> {
    let known = snapshot(&[column("id", "integer", true), column("name", "text", false)]);
    let rest = "--> statement-breakpoint\nCREATE INDEX \"users_name_idx\" ON \"users\" (\"name\");";
    for (create, rules_found) in [
        ("CREATE TABLE \"users\" (\"id\" integer, \"name\" text);", vec![]),
        ("CREATE TABLE IF NOT EXISTS \"users\" (\"id\" integer, \"name\" text);", vec!["create-index"]),
    ] {
        let folder = folder(&[
            ("0000_init", "CREATE TABLE \"other\" (\"id\" integer);", Some(known.clone())),
            ("0001_next", &format!("{create}{rest}"), None),
        ])?;
        let report = report(&folder, "0001_next")?;
        ensure!(rules(&report) == rules_found, "{create}: {report:#}");
    }
    Ok(())
}

#[test]
fn what_the_snapshot_cannot_know_stays() -> Result<()> {
    let by_hand = "ALTER TABLE users ADD CONSTRAINT filled CHECK (name IS NOT NULL);
ALTER TABLE users ADD COLUMN tags text[];
CREATE TABLE audit (id integer, name varchar(50) NOT NULL);";
    let known = snapshot(&[column("name", "text", false)]);
    let init = "CREATE TABLE \"users\" (\"name\" text);";
    for (sql, rules_found) in [
        // the CHECK proves it
        ("ALTER TABLE \"users\" ALTER COLUMN \"name\" SET NOT NULL;", vec!["missing-lock-timeout"]),
        ("ALTER TABLE \"users\" ALTER COLUMN \"tags\" SET DATA TYPE text;", vec!["change-column-type"]),
        ("ALTER TABLE \"audit\" ALTER COLUMN \"name\" SET DATA TYPE varchar(60);", vec!["missing-lock-timeout"]),
    ] {
        let folder = folder(&[
            ("0000_init", init, Some(known.clone())),
            ("0001_by_hand", by_hand, Some(known.clone())),
            ("0002_next", sql, None),
        ])?;
        let report = report(&folder, "0002_next")?;
        ensure!(rules(&report) == rules_found, "{sql}: {report:#}");
        ensure!(!report["notes"].to_string().contains("snapshot"), "{report:#}");
    }
    Ok(())
}

#[test]
fn a_snapshot_that_cannot_be_read_is_a_note() -> Result<()> {
    let folder = folder(&[
        ("0000_init", CREATE, Some(json!({"version": "3"}))),
        ("0001_next", "ALTER TABLE \"users\" ADD COLUMN \"age\" integer;", None),
    ])?;
    let report = report(&folder, "0001_next")?;
    let expected = "drizzle/meta/0000_snapshot.json: snapshot version 3 is not known here: the schema is as the migrations make it";
    let notes = report["notes"].as_array().context("notes")?;
    ensure!(notes.iter().any(|note| note == expected), "{notes:?}");
    Ok(())
}
