//! `safestep::postgres` against measurements: `tests/matrix/matrix.json` holds, for some 540 operations, what PostgreSQL
//! 12 to 18 really did on the database of `tests/matrix/fixture.sql`: locks, rewrite, scan, transaction block, verdict.
//!
//! Every row must be predicted right or stand in [`uncovered::ROWS`] with its reason; a row that stands there and is
//! predicted right is an error too. And no row at all may be called harmless that was measured not to be.
//!
//! Verdicts: SAFE no strong lock and O(1); BRIEF a strong lock, O(1) work; ONLINE O(n) work that blocks nobody; DML O(n)
//! rows written; UNSAFE O(n) work under a lock that blocks writes or reads; ERROR refused.

#[path = "matrix/uncovered.rs"]
mod uncovered;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use safestep::framework::PLAIN;
use safestep::operation::{Ident, Operation, QualifiedName};
use safestep::pipeline::{self, Options};
use safestep::postgres::{Effects, LockMode, NEWEST, OLDEST, Work, transaction_effects};
use safestep::project::{Baseline, Config};
use safestep::schema::{RelationKind, Schema};
use safestep::source::SourceFile;
use safestep::sql::{read_statement, split};
use serde::Deserialize;

const FIXTURE: &str = include_str!("matrix/fixture.sql");
const MATRIX: &str = include_str!("matrix/matrix.json");

/// One measured operation.
#[derive(Deserialize)]
struct Row {
    sql: String,
    /// What ran before it, in transactions of its own.
    #[serde(default)]
    before: String,
    /// By major versions, several in one key: `"12 13 14"`.
    measured: BTreeMap<String, Measured>,
}

/// What was seen. Locks below SHARE UPDATE EXCLUSIVE and those on indexes, sequences and types are in the file as well.
#[derive(Deserialize)]
struct Measured {
    verdict: String,
    #[serde(default)]
    cost: String,
    #[serde(default)]
    lock: BTreeMap<String, String>,
    #[serde(default)]
    rewrite: bool,
    #[serde(default)]
    scan: BTreeSet<String>,
    #[serde(default = "yes")]
    in_transaction: bool,
}

fn yes() -> bool {
    true
}

/// The rows that ran in a session with another time zone than the server's, which was UTC.
const TIME_ZONES: &[(&str, &str)] = &[
    ("type.timestamp_to_timestamptz_nonutc", "Europe/Berlin"),
    ("type.timestamp_to_timestamptz_gmt", "GMT"),
    ("type.timestamp_to_timestamptz_etcutc", "Etc/UTC"),
];

#[test]
fn every_measured_operation_is_predicted() -> Result<()> {
    let rows: BTreeMap<String, Row> = serde_json::from_str(MATRIX).context("matrix.json")?;
    let listed: BTreeMap<&str, &str> = uncovered::ROWS.iter().copied().collect();
    let (mut wrong, mut stale, mut dangerous) = (Vec::new(), Vec::new(), Vec::new());
    let (mut covered, mut points) = (0, (0, 0));
    let fixture = statements(FIXTURE);
    for (name, row) in &rows {
        let mut differences = Vec::new();
        let schema = before(&fixture, name, row);
        let operations = statements(&row.sql);
        let statements: Vec<Vec<&Operation>> = operations.iter().map(|s| s.iter().collect()).collect();
        for (version, measured) in versions(row)? {
            let predicted = transaction_effects(statements.iter().map(Vec::as_slice), &schema, version);
            let found = compare(&schema, &predicted, measured);
            points.0 += 1;
            points.1 += usize::from(found.is_empty());
            let found = found.into_iter().map(|d| format!("{name} on {version}: {d}"));
            differences.extend(found);
            if is_harmless(&verdict(&predicted)) && !is_harmless(&measured.verdict) && measured.verdict != "ERROR" {
                dangerous.push(format!("{name} on {version}: {} is called {}", measured.verdict, verdict(&predicted)));
            }
        }
        match (differences.is_empty(), listed.contains_key(name.as_str())) {
            (true, false) => covered += 1,
            (true, true) => stale.push(name.clone()),
            (false, true) => {}
            (false, false) => wrong.extend(differences),
        }
    }
    stale.extend(listed.keys().filter(|name| !rows.contains_key(**name)).map(|name| name.to_string()));
    println!("{covered} of {} rows covered; {} of {} rows x versions right", rows.len(), points.1, points.0);
    assert!(dangerous.is_empty(), "called harmless, measured not to be:\n{}", dangerous.join("\n"));
    assert!(wrong.is_empty(), "{} predicted wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(stale.is_empty(), "listed as uncovered, but predicted right or not measured: {stale:?}");
    assert!(covered * 10 >= rows.len() * 9, "fewer than nine of ten rows are covered");
    Ok(())
}

/// Nothing that waits for a lock that others feel passes without a word, and nothing else that was measured to block.
#[test]
fn what_others_wait_for_is_said() -> Result<()> {
    let rows: BTreeMap<String, Row> = serde_json::from_str(MATRIX).context("matrix.json")?;
    let fixture = statements(FIXTURE);
    let mut silent = Vec::new();
    for (name, row) in &rows {
        let blocks = versions(row)?.iter().any(|(version, measured)| *version == 15 && is_felt(measured));
        if !blocks || uncovered::UNSAID.iter().any(|(row, _)| row == name) {
            continue;
        }
        let mut schema = before(&fixture, name, row);
        let source = SourceFile::new("migration.sql", &row.sql);
        let migration = PLAIN.folder.read(name, source)?;
        let config = Config { postgres: 15, ..Config::default() };
        let options = Options { config, base: Utf8PathBuf::new(), baseline: Baseline::default() };
        let outcome = pipeline::rewrite(PLAIN, migration, &mut schema, &options);
        if outcome.report.hazards.is_empty() && outcome.report.opaque.is_empty() {
            silent.push(format!("{name}: {}", row.sql));
        }
    }
    assert!(silent.is_empty(), "nothing is said of {}:\n{}", silent.len(), silent.join("\n"));
    Ok(())
}

/// A lock that writers or readers wait for, on anything but a sequence or a type that goes with its table.
fn is_felt(measured: &Measured) -> bool {
    let strong =
        |mode: &String| ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"].contains(&mode.as_str());
    ["BRIEF", "UNSAFE"].contains(&measured.verdict.as_str()) && measured.lock.values().any(strong)
}

fn versions(row: &Row) -> Result<Vec<(u32, &Measured)>> {
    let mut all = Vec::new();
    for (majors, measured) in &row.measured {
        for major in majors.split(' ') {
            let major: u32 = major.parse()?;
            assert!((OLDEST..=NEWEST).contains(&major));
            all.push((major, measured));
        }
    }
    Ok(all)
}

/// The catalog before the row's statements.
fn before(fixture: &[Vec<Operation>], name: &str, row: &Row) -> Schema {
    let mut schema = Schema::default();
    for operation in fixture.iter().chain(&statements(&row.before)).flatten() {
        schema.apply(operation);
    }
    schema.begin_migration();
    let zone = TIME_ZONES.iter().find(|(row, _)| *row == name);
    schema.timezone = Some(zone.map_or("UTC", |(_, zone)| zone).to_owned());
    schema
}

/// The operations of each statement; those of a `DO` block are statements of their own.
fn statements(script: &str) -> Vec<Vec<Operation>> {
    let mut all = Vec::new();
    for piece in split(script).pieces {
        let reading = read_statement(piece.span.slice(script));
        let operations = reading.operations.into_iter().map(|l| l.operation);
        if reading.in_do {
            all.extend(operations.map(|o| vec![o]));
        } else {
            all.push(operations.collect());
        }
    }
    all
}

fn verdict(effects: &Effects) -> String {
    let strong = effects.strongest().is_some_and(LockMode::blocks_writes);
    let verdict = match &effects.work {
        _ if effects.fails_on_rows => "ERROR",
        _ if effects.is_unsafe() => "UNSAFE",
        Work::Rows if !effects.locks.is_empty() => "DML",
        Work::Constant if strong => "BRIEF",
        Work::Constant => "SAFE",
        Work::Scan(_) | Work::Rewrite(_) | Work::Build(_) | Work::Rows | Work::Unknown => "ONLINE",
    };
    verdict.to_owned()
}

fn is_harmless(verdict: &str) -> bool {
    ["SAFE", "BRIEF", "ONLINE", "ONLINE+BRIEF"].contains(&verdict)
}

/// What is predicted otherwise than it was measured.
fn compare(schema: &Schema, predicted: &Effects, measured: &Measured) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, predicted: String, measured: String| {
        if predicted != measured {
            differences.push(format!("{what} {measured}, predicted {predicted}"));
        }
    };
    differ("verdict", verdict(predicted), measured.verdict.clone());
    differ("in transaction", predicted.in_transaction.to_string(), measured.in_transaction.to_string());
    if measured.verdict == "ERROR" {
        return differences.into_iter().filter(|d| d.starts_with("verdict")).collect();
    }
    let own = predicted.locks.iter().map(|(name, mode)| (name.to_string(), mode.to_string()));
    let seen = measured.lock.iter().map(|(name, mode)| (name.clone(), mode.clone()));
    let data = measured.verdict == "DML";
    differ("locks", format!("{:?}", felt(schema, own, data)), format!("{:?}", felt(schema, seen, data)));
    let rewrites = matches!(predicted.work, Work::Rewrite(_));
    // TRUNCATE makes new files, too, but empty ones.
    let rewritten = measured.rewrite && measured.cost == "O(n)";
    differ("rewrite", rewrites.to_string(), rewritten.to_string());
    // PostgreSQL's counters do not show what VACUUM, ANALYZE and copies read.
    let unseen = measured.cost == "O(n)" && measured.scan.is_empty();
    if !rewritten && !data && !unseen && predicted.work != Work::Rows {
        differ("scan", format!("{:?}", scanned(schema, &predicted.work)), format!("{:?}", measured.scan));
    }
    differences
}

/// The locks on tables from SHARE UPDATE EXCLUSIVE up, for data statements from ROW EXCLUSIVE up. Of those on a
/// materialized view, which has no writers, only ACCESS EXCLUSIVE.
fn felt(schema: &Schema, locks: impl Iterator<Item = (String, String)>, data: bool) -> BTreeMap<String, String> {
    let weak = ["ACCESS SHARE", "ROW SHARE"];
    let is_felt = |(name, mode): &(String, String)| {
        let table = schema.table(&qualified(name));
        let view = table.is_some_and(|t| t.kind == RelationKind::MaterializedView);
        table.is_some()
            && !weak.contains(&mode.as_str())
            && (data || mode != "ROW EXCLUSIVE")
            && (!view || mode == "ACCESS EXCLUSIVE")
    };
    locks.filter(is_felt).collect()
}

fn qualified(name: &str) -> QualifiedName {
    match name.split_once('.') {
        Some((schema, name)) => QualifiedName { schema: Some(Ident::new(schema)), name: Ident::new(name) },
        None => QualifiedName::unqualified(Ident::new(name)),
    }
}

/// The tables whose rows are read; a partitioned table has none of its own.
fn scanned(schema: &Schema, work: &Work) -> BTreeSet<String> {
    let tables = match work {
        Work::Scan(tables) => tables.clone(),
        Work::Build(table) => {
            let children = schema.children(table).into_iter().map(|t| t.name.clone());
            let inherits = schema.table(table).is_some_and(|t| t.kind == RelationKind::Partitioned);
            std::iter::once(table.clone()).chain(children.filter(|_| inherits)).collect()
        }
        Work::Constant | Work::Rewrite(_) | Work::Rows | Work::Unknown => Vec::new(),
    };
    let heap = |name: &&QualifiedName| schema.table(name).is_none_or(|t| t.kind != RelationKind::Partitioned);
    tables.iter().filter(heap).map(|t| t.to_string()).collect()
}
