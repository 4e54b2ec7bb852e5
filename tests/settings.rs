//! Every key of `safestep.toml` and every marker in a migration does what the handbook says, seen from outside.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::path::Path;

use anyhow::{Context, Result, ensure};

use bench::catalog::{difference, everything};
use bench::folder::{Folder, MIGRATIONS, migration};
use bench::prisma::Sample;
use bench::rails;
use bench::server::{Database, Server};

/// What `rewrite` would write for a sample under these settings, and what it reports.
fn rewritten(sample: &str, settings: &str) -> Result<(String, serde_json::Value)> {
    let sample = Sample::named(sample);
    let folder = Folder::of(&sample)?;
    folder.write("safestep.toml", settings)?;
    let report = folder.report(&["--all", &migration(&sample)])?;
    let files = report["files"].as_array().context("files")?;
    let text = files.iter().filter_map(|file| file["after"].as_str()).collect();
    Ok((text, report))
}

#[track_caller]
fn changes(sample: &str, settings: &str, before: &str, after: &str) -> Result<()> {
    let (naive, set) = (rewritten(sample, "")?.0, rewritten(sample, settings)?.0);
    ensure!(naive.contains(before) && !naive.contains(after), "{before:?} is not what {sample} has without settings");
    ensure!(set.contains(after) && !set.contains(before), "{settings:?} has no effect on {sample}:\n{set}");
    Ok(())
}

#[test]
fn settings_change_the_files() -> Result<()> {
    changes("combo_many", "lock_timeout = \"2s\"", "'100ms'", "'2s'")?;
    changes("combo_many", "lock_attempts = 7", "IN 1..60", "IN 1..7 ")?;
    changes(
        "combo_many",
        "postgres = 18",
        "CHECK (\"name\" IS NOT NULL)",
        "\"User_name_not_null\" NOT NULL \"name\" NOT VALID",
    )?;
    changes("make_required_with_default", "[backfill]\nbatch_size = 50", "OFFSET 1000", "OFFSET 50")?;
    changes("make_required_with_default", "[backfill]\npause = \"3s\"", "pg_sleep(0.1)", "pg_sleep(3)")?;
    let (text, _) = rewritten("combo_many", "lock_timeout = \"off\"")?;
    ensure!(!text.contains("lock_timeout"), "lock_timeout = \"off\":\n{text}");
    let (text, report) = rewritten("make_required_with_default", "[backfill]\nnulls = \"off\"")?;
    ensure!(!text.contains("UPDATE \"User\""), "nulls = \"off\":\n{text}");
    ensure!(report.to_string().contains("must hold no NULL"), "the preflight is missing: {report}");
    let (text, report) = rewritten("hand_fill_triggers", "")?;
    ensure!(!text.contains("UPDATE \"Invoice\"") && report.to_string().contains("needs-input"), "triggers:\n{report}");
    let (text, report) = rewritten("hand_fill_triggers", "[backfill]\ntriggers = \"fire\"")?;
    ensure!(text.contains("UPDATE \"Invoice\" SET \"key\""), "triggers = \"fire\":\n{text}");
    ensure!(report.to_string().contains("fires trigger \\\"Invoice_touch\\\""), "the note is missing: {report}");
    let (text, _) = rewritten("add_required_no_default", "[values]\n\"User.name\" = \"'nobody'\"")?;
    ensure!(text.contains("NOT NULL DEFAULT 'nobody'"), "[values]:\n{text}");
    Ok(())
}

#[test]
fn an_authors_timeout_stays_where_it_is_the_only_one() -> Result<()> {
    let is_first = |settings: &str| -> Result<bool> {
        let (text, _) = rewritten("hand_session_timeouts", settings)?;
        let timeout = text.find("SET lock_timeout = '1s'").context("the timeout")?;
        Ok(timeout < text.find("ADD CONSTRAINT \"User_age_check\"").context("the check")?)
    };
    ensure!(!is_first("")?, "it would cut off the validation");
    ensure!(is_first("lock_timeout = \"off\"")?, "nothing else bounds the wait");
    Ok(())
}

/// Every file runs in a session of its own, as when a deploy is resumed before each of them.
#[test]
fn a_step_runs_with_what_its_statement_would_have_run_with() -> Result<()> {
    let tablespace = format!("safestep_{}", std::process::id());
    let before = format!(
        r#"CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO pg_monitor;
GRANT ALL ON TABLESPACE {tablespace} TO pg_monitor;
CREATE FUNCTION app.is_fine(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE TABLE app.t (id int PRIMARY KEY, a int DEFAULT 7, at timestamptz DEFAULT '2020-01-01 00:00');
ALTER TABLE app.t OWNER TO pg_monitor;
CREATE TABLE app.fast (id int PRIMARY KEY, a int);
CREATE TABLE t (id int PRIMARY KEY, a int);
"#
    );
    let rows = "INSERT INTO app.t SELECT g, g, '2020-02-02 00:00Z' FROM generate_series(1, 30) g;
        INSERT INTO app.fast SELECT g, g FROM generate_series(1, 30) g";
    let change = format!(
        r#"SET search_path TO app;
SET ROLE pg_monitor;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
SET timezone TO 'Asia/Tokyo';
ALTER TABLE t ALTER COLUMN at SET DEFAULT '2022-01-01 00:00';
ALTER TABLE t ALTER COLUMN at SET NOT NULL;
ALTER TABLE t ADD COLUMN until timestamptz NOT NULL DEFAULT '2030-01-01 00:00';
ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (is_fine(a) AND at > '1999-12-31 20:00');
CREATE TABLE u (id serial PRIMARY KEY, t int REFERENCES t(id));
CREATE INDEX t_at_idx ON t(at);
RESET ROLE;
SET default_tablespace TO {tablespace};
CREATE TABLE v (id serial PRIMARY KEY, fast int REFERENCES fast(id));
CREATE INDEX fast_a_idx ON fast(a);
RESET default_tablespace;
CREATE INDEX fast_a_id_idx ON fast(a, id);
"#
    );
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), &before)?;
    folder.write(&format!("{MIGRATIONS}/20260102000000_change/migration.sql"), &change)?;
    let report = folder.report(&["--all", &format!("{MIGRATIONS}/20260102000000_change")])?;
    let files: Vec<&str> =
        report["files"].as_array().context("files")?.iter().filter_map(|file| file["after"].as_str()).collect();

    let server = Server::of(15)?;
    let admin = server.create()?;
    let mut admin = admin.connect()?;
    admin.batch_execute("SET allow_in_place_tablespaces = on")?;
    admin.batch_execute(&format!("CREATE TABLESPACE {tablespace} LOCATION ''"))?;
    let dumps = both_ways(&server, &[&before, rows], &change, &files);
    admin.batch_execute(&format!("DROP TABLESPACE {tablespace}"))?;
    let (naive, sequence) = dumps?;
    ensure!(naive.contains(&tablespace) && naive.contains("OWNER TO pg_monitor"), "the test tests nothing:\n{naive}");
    let difference = difference(&naive, &sequence);
    ensure!(difference.is_none(), "{}", difference.unwrap_or_default());

    let set = |file: &str| file.lines().filter(|line| line.trim_start().starts_with("SET ")).count();
    let of = |words: &str| files.iter().find(|file| file.contains(words)).with_context(|| words.to_owned());
    let concurrently = of("CREATE INDEX CONCURRENTLY fast_a_id_idx ON app.fast(a, id)")?;
    ensure!(set(concurrently) == 0 && files.len() > 10, "{} files:\n{concurrently}", files.len());
    let left = of("CREATE INDEX fast_a_idx ON fast(a)")?;
    ensure!(set(left) == 2 && left.contains("· as written"), "its tablespace is not said:\n{left}");
    Ok(())
}

/// What is in a database after a migration, and after the files that take its place.
fn both_ways(server: &Server, before: &[&str], naive: &str, files: &[&str]) -> Result<(String, String)> {
    let after = |texts: &[&str]| -> Result<String> {
        let database: Database = server.create()?;
        for text in before.iter().chain(texts) {
            database.connect()?.batch_execute(text).with_context(|| (*text).to_owned())?;
        }
        everything(&database)
    };
    Ok((after(&[naive])?, after(files)?))
}

#[test]
fn small_tables_are_changed_directly() -> Result<()> {
    for settings in ["[tables]\nsmall = [\"User\"]", "[tables]\nrows = { User = 100_000 }"] {
        let (text, _) = rewritten("unique_add", settings)?;
        ensure!(text.is_empty(), "{settings}:\n{text}");
    }
    for settings in ["[tables]\nrows = { User = 100_001 }", "[tables]\nrows = { User = 20 }\nsmall_rows = 10"] {
        ensure!(rewritten("unique_add", settings)?.0.contains("CONCURRENTLY"), "{settings}");
    }
    Ok(())
}

#[test]
fn rows_and_rates_tell_how_long_it_takes() -> Result<()> {
    let rows = "[tables]\nrows = { User = 80_000_000 }\n";
    let (_, report) = rewritten("make_required_with_default", rows)?;
    let durations = |report: &serde_json::Value| report["steps"].to_string();
    ensure!(durations(&report).contains("scans, blocks nothing, 80 million rows"), "{report}");
    ensure!(!report.to_string().contains("about "), "a time without a rate:\n{report}");
    let (_, report) =
        rewritten("make_required_with_default", &format!("{rows}[rates]\nscan = 400_000\nfill = 20_000"))?;
    ensure!(durations(&report).contains("scans, blocks nothing, about 3 min on 80 million rows"), "{report}");
    // 4,000 s for the rows, and 8,000 s for 80,000 pauses.
    ensure!(durations(&report).contains("fills in batches, about 3 h on 80 million rows"), "{report}");
    let label = report["hazards"][0]["label"].as_str().context("label")?;
    ensure!(label.ends_with(": about 3 min on 80 million rows"), "{label}");
    ensure!(report["hazards"][0]["estimated_seconds"] == 200.0, "{report}");
    Ok(())
}

#[test]
fn rules_have_levels() -> Result<()> {
    let sample = Sample::named("unique_add");
    let check = |settings: &str| -> Result<(i32, String)> {
        let folder = Folder::of(&sample)?;
        folder.write("safestep.toml", settings)?;
        let ended = folder.safestep(&["check", "--all", &migration(&sample)])?;
        Ok((ended.status, ended.out + &ended.err))
    };
    let (status, text) = check("")?;
    ensure!(status == 1 && text.contains("danger[create-unique-index]"), "{text}");
    let (status, text) = check("[rules]\ncreate-unique-index = \"warn\"")?;
    ensure!(status == 0 && text.contains("caution[create-unique-index]"), "warn: exit {status}\n{text}");
    let (status, text) = check("[rules]\ncreate-unique-index = \"off\"")?;
    ensure!(status == 0 && !text.contains("create-unique-index"), "off: exit {status}\n{text}");
    let (status, text) = check("[rules]\nno-such-rule = \"off\"")?;
    ensure!(status == 2 && text.contains("no-such-rule: no such rule"), "exit {status}\n{text}");
    let (status, text) = check("framework = \"django\"")?;
    ensure!(status == 2 && text.contains("django"), "exit {status}\n{text}");
    let (status, text) = check("layout = \"phase\"")?;
    ensure!(status == 2 && text.contains("phase"), "exit {status}\n{text}");
    Ok(())
}

/// A file for each step, one that is wanted, and one where there are no versions for more.
#[test]
fn a_rails_sequence_has_one_file_or_several() -> Result<()> {
    let project = rails::Sample { name: "add_reference".into() }.project()?;
    let path = project.path()?;
    let path = path.to_str().context("a path that is not UTF-8")?;
    let rewritten = |project: &rails::Project| -> Result<(usize, String)> {
        let report = project.folder().report(&["--all", path])?;
        let files: Vec<&str> =
            report["files"].as_array().context("files")?.iter().filter_map(|file| file["after"].as_str()).collect();
        let guards = files.iter().map(|text| text.matches("only_if").count()).sum::<usize>();
        ensure!((guards > 0) == (files.len() == 1), "{guards} guards in {} files", files.len());
        Ok((files.len(), report["notes"].to_string()))
    };
    ensure!(rewritten(&project)?.0 == 4, "a file for each step");
    ensure!(rewritten(&project.with_settings("layout = \"phase\"\n")?)?.0 == 1, "layout = \"phase\"");
    let next = "class Next < ActiveRecord::Migration[6.1]\n  def change\n  end\nend\n";
    let crowded = project.with_text(Path::new("db/migrate/20261120105116_next.rb"), next)?;
    let (count, notes) = rewritten(&crowded)?;
    ensure!(count == 1 && notes.contains("leaves no room before it: its steps are in one file"), "{count}: {notes}");
    Ok(())
}

#[test]
fn markers_silence_one_statement_or_the_file() -> Result<()> {
    let file = format!("{MIGRATIONS}/20260102000000_marked/migration.sql");
    let naive = ["CREATE INDEX a ON t (a);\n", "CREATE INDEX b ON t (b);\n"];
    let hazards = |marked: &str| -> Result<usize> {
        let folder = Folder::new()?;
        folder.write(&file, marked)?;
        Ok(folder.report(&["--all", MIGRATIONS])?["hazards"].as_array().map_or(0, Vec::len))
    };
    ensure!(hazards(&naive.concat())? == 2, "the test tests nothing");
    for (marker, left) in [
        ("-- safestep: ignore\n", 1),
        ("-- safestep: ignore[create-index] small\n", 1),
        ("-- safestep: ignore[drop-index]\n", 2),
        ("-- squawk-ignore require-concurrent-index-creation\n", 1),
    ] {
        let marked = [naive[0], marker, naive[1]].concat();
        ensure!(hazards(&marked)? == left, "{marker}: {} hazards", hazards(&marked)?);
    }
    for marker in ["-- safestep: ignore-file\n", "-- safestep: ignore-file[create-index]\n"] {
        ensure!(hazards(&[marker, "\n", &naive.concat()].concat())? == 0, "{marker}");
    }
    Ok(())
}

#[test]
fn what_stands_beside_a_migration_stays() -> Result<()> {
    let sample = Sample::named("combo_many");
    let folder = Folder::of(&sample)?;
    let beside = format!("{}/down.sql", migration(&sample));
    folder.write(&beside, "-- by hand\n")?;
    let ended = folder.safestep(&["rewrite", "--write", "--all", MIGRATIONS])?;
    ensure!(ended.status == 0, "exit {}\n{}", ended.status, ended.err);
    let tree = folder.tree()?;
    let folders: Vec<_> = tree.keys().filter(|path| path.ends_with("migration.sql")).collect();
    ensure!(tree.contains_key(std::path::Path::new(&beside)), "down.sql is gone");
    ensure!(
        folders.iter().any(|path| path.starts_with(migration(&sample))),
        "its folder has no migration: {folders:?}"
    );
    ensure!(folders.len() == 7, "{folders:?}");
    let check = folder.safestep(&["rewrite", "--check", "--all", MIGRATIONS])?;
    ensure!(check.status == 0, "not final\n{}", check.out);
    Ok(())
}
