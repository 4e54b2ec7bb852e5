//! A database's schema as `pg_dump` prints it, without what may differ: the order of columns and of objects.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use similar::TextDiff;

use super::server::Database;

/// The schema of a database as text, equal for two databases exactly when they have the same objects.
///
/// The ledgers are left out. Columns are sorted inside `CREATE TABLE`, because a rewrite may add them in another order.
pub fn schema(database: &Database) -> Result<String> {
    dump(database, &["--schema-only", "--no-owner"])
}

/// The same with the owners of objects, and with the rows.
pub fn everything(database: &Database) -> Result<String> {
    dump(database, &["--inserts"])
}

fn dump(database: &Database, arguments: &[&str]) -> Result<String> {
    let output = Command::new(super::variable("SAFESTEP_TEST_PG_DUMP")?)
        .args(arguments)
        .args([
            "--exclude-table",
            "*._prisma_migrations",
            "--exclude-table",
            "*.alembic_version",
            "--exclude-table",
            "*.schema_migrations",
            "--exclude-table",
            "*.ar_internal_metadata",
            "--exclude-schema",
            "drizzle",
        ])
        .arg(&database.url)
        .output()
        .context("running pg_dump")?;
    ensure!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    let dump = String::from_utf8(output.stdout).context("pg_dump printed no UTF-8")?;
    Ok(normalise(&dump))
}

/// What differs between two schemas, as a diff from the naive one to the other; `None` when they are equal.
pub fn difference(naive: &str, sequence: &str) -> Option<String> {
    (naive != sequence).then(|| {
        TextDiff::from_lines(naive, sequence).unified_diff().context_radius(3).header("naive", "sequence").to_string()
    })
}

/// Sorts the objects of a dump and the columns of its tables.
fn normalise(dump: &str) -> String {
    // pg_dump prints the psql commands \restrict and \unrestrict with a random word
    let lines: Vec<&str> =
        dump.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")).collect();
    let mut objects: Vec<String> = lines.join("\n").split("\n--\n-- Name: ").map(sort_columns).collect();
    objects.sort();
    objects.join("\n\n")
}

fn sort_columns(object: &str) -> String {
    let lines: Vec<&str> = object.lines().collect();
    let open = lines.iter().position(|line| line.starts_with("CREATE ") && line.ends_with(" ("));
    let Some(open) = open.filter(|&at| lines[at].contains("TABLE ")) else {
        return object.trim_end().to_owned();
    };
    let close = lines[open..].iter().position(|line| line.starts_with(')')).map_or(lines.len(), |at| open + at);
    let mut columns: Vec<&str> = lines[open + 1..close].iter().map(|line| line.trim_end_matches(',')).collect();
    columns.sort_unstable();
    [&lines[..=open], &columns, &lines[close..]].concat().join("\n").trim_end().to_owned()
}
