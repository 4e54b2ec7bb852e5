//! `safestep stats`: how big the tables of a database are, into `safestep.toml`, and what that changes.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::{Folder, MIGRATIONS};
use bench::server::{Database, Server};

const INIT: &str =
    "CREATE TABLE small (id int PRIMARY KEY, name text);\nCREATE TABLE big (id int PRIMARY KEY, name text);\n";
const NAIVE: &str = "CREATE INDEX small_name ON small (name);\nCREATE INDEX big_name ON big (name);\n";

/// Tables of every kind whose sizes are easily taken for something else.
const MORE: &str = "
    CREATE TABLE parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (9000) PARTITION BY RANGE (id);
    CREATE TABLE parts_21 PARTITION OF parts_2 FOR VALUES FROM (1000) TO (9000);
    CREATE TABLE parent (id int);
    CREATE TABLE child () INHERITS (parent);
    CREATE SCHEMA \"App\";
    CREATE TABLE \"App\".\"Country.List\" (id int);
    CREATE VIEW shown AS SELECT * FROM big;
    INSERT INTO small SELECT i, 'x' FROM generate_series(1, 50) i;
    INSERT INTO big SELECT i, 'x' FROM generate_series(1, 3000) i;
    INSERT INTO parts SELECT i FROM generate_series(1, 2999) i;
    INSERT INTO parent SELECT i FROM generate_series(1, 10) i;
    INSERT INTO child SELECT i FROM generate_series(1, 20) i;
    INSERT INTO \"App\".\"Country.List\" SELECT i FROM generate_series(1, 195) i;";

fn project() -> Result<Folder> {
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), INIT)?;
    folder.write(&format!("{MIGRATIONS}/20260102000000_change/migration.sql"), NAIVE)?;
    folder.write("safestep.toml", "# ours\n[tables]\nsmall_rows = 1_000 # few\n")?;
    Ok(folder)
}

fn filled(major: u32) -> Result<Database> {
    let database = Server::of(major)?.create()?;
    database.connect()?.batch_execute(&format!("{INIT}{MORE}"))?;
    database.connect()?.batch_execute("ANALYZE; CREATE TABLE fresh AS SELECT i FROM generate_series(1, 9) i")?;
    Ok(database)
}

/// What the answer says of each table.
fn rows(report: &Value) -> Vec<(String, Option<u64>)> {
    let tables = report["tables"].as_array().into_iter().flatten();
    let name =
        |table: &Value| format!("{}.{}", table["schema"].as_str().unwrap_or(""), table["name"].as_str().unwrap_or(""));
    tables.map(|table| (name(table), table["rows"].as_u64())).collect()
}

#[test]
fn every_table_is_counted_with_what_is_in_its_children() -> Result<()> {
    for major in [12, 15, 18] {
        let database = filled(major)?;
        let ended = project()?.safestep(&["stats", "--format", "json", "--database-url", &database.url])?;
        let report: Value = serde_json::from_str(&ended.out).with_context(|| ended.err.clone())?;
        let mut counted = rows(&report);
        // What was counted a moment ago may be known already.
        let fresh = counted.iter().position(|(name, _)| name == "public.fresh").context("fresh")?;
        ensure!(matches!(counted.remove(fresh).1, None | Some(9)), "{report:#}");
        let expected = [
            ("App.Country.List", 195),
            ("public.big", 3000),
            ("public.child", 20),
            ("public.parent", 30),
            ("public.parts", 2999),
            ("public.parts_1", 999),
            ("public.parts_2", 2000),
            ("public.parts_21", 2000),
            ("public.small", 50),
        ];
        let expected: Vec<_> = expected.iter().map(|(name, rows)| ((*name).to_owned(), Some(*rows))).collect();
        ensure!(counted == expected, "PostgreSQL {major}: {report:#}");
        let bytes = |name: &str| {
            let tables = report["tables"].as_array().into_iter().flatten();
            tables.filter(|table| table["name"] == name).filter_map(|table| table["bytes"].as_u64()).sum::<u64>()
        };
        ensure!(bytes("big") > bytes("small") && bytes("parts") == bytes("parts_1") + bytes("parts_2"), "{report:#}");
    }
    Ok(())
}

#[test]
fn small_tables_are_changed_directly_once_they_are_known() -> Result<()> {
    let (folder, database) = (project()?, filled(15)?);
    ensure!(folder.safestep(&["check", "--all"])?.out.contains("2 dangers"));
    let before = folder.tree()?;
    let shown = folder.safestep(&["stats", "--database-url", &database.url])?;
    ensure!(shown.status == 0 && shown.out.contains("big") && folder.tree()? == before, "{}{}", shown.out, shown.err);
    let ended = folder.safestep(&["stats", "--write", "--database-url", &database.url])?;
    ensure!(ended.status == 0 && ended.err.contains("wrote safestep.toml"), "{}", ended.err);
    let settings = std::fs::read_to_string(folder.path().join("safestep.toml"))?;
    ensure!(settings.starts_with("# ours\n[tables]\nsmall_rows = 1_000 # few\n"), "{settings}");
    ensure!(settings.contains("small = 50\n") && settings.contains("\"App.Country.List\" = 195\n"), "{settings}");
    let ended = folder.safestep(&["check", "--all"])?;
    ensure!(ended.out.contains("1 danger") && !ended.out.contains("small_name"), "{}", ended.out);
    // With what was there before, the same comes of it.
    folder.safestep(&["stats", "--write", "--database-url", &database.url])?;
    let again = std::fs::read_to_string(folder.path().join("safestep.toml"))?;
    ensure!(again.lines().count() >= settings.lines().count() && again.contains("small = 50\n"), "{again}");
    Ok(())
}

/// Somebody else runs the query where the database can be reached, as a role that may read nothing.
#[test]
fn the_query_gives_what_can_be_read_from_a_file() -> Result<()> {
    let (folder, database) = (project()?, filled(15)?);
    let query = folder.safestep(&["stats", "--query"])?.out;
    database.connect()?.batch_execute("CREATE ROLE stats_reader")?;
    let mut reader = database.connect()?;
    reader.batch_execute("SET ROLE stats_reader")?;
    let rows_of_query = reader.simple_query(&query);
    database.connect()?.batch_execute("DROP ROLE stats_reader")?;
    let text = rows_of_query?.iter().find_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    folder.write("sizes.json", text.context("an answer")? + "\n")?;
    let ended = folder.safestep(&["stats", "--from", "sizes.json", "--format", "json"])?;
    let report: Value = serde_json::from_str(&ended.out).with_context(|| ended.err.clone())?;
    ensure!(rows(&report).contains(&("public.big".to_owned(), Some(3000))), "{report:#}");
    for (name, text) in [("none.json", None), ("other.json", Some("[1]")), ("binary.json", Some("\u{0}"))] {
        if let Some(text) = text {
            folder.write(name, text)?;
        }
        let ended = folder.safestep(&["stats", "--from", name])?;
        ensure!(ended.status == 2 && ended.err.contains(name), "{name}: {}", ended.err);
    }
    let nowhere = folder.safestep(&["stats", "--database-url", "postgres://nobody@127.0.0.1:1/none"])?;
    ensure!(nowhere.status == 2 && !nowhere.err.is_empty());
    Ok(())
}
