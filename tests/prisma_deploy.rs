//! Every sample, naive and rewritten, through the real Prisma on real servers: same schema, same rows, nothing pending.
//!
//! Prisma's schema engine runs each file, on each server, and says what is left to do; it is asked what the Prisma command
//! asks it. The command itself runs the samples in `BY_COMMAND`, of every kind of file that safestep writes, and there the
//! engine must have been asked the same and must have sent the same: so what holds for the engine holds for the command.
//!
//! `SAFESTEP_TEST_ONLY=combo_many,fk_add scripts/test --test prisma_deploy -- --nocapture` runs some and shows the report.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use bench::catalog;
use bench::prisma::{By, Project, Sample};
use bench::proof::{self, Verdict};
use bench::server::{Database, Server};

/// Samples of every kind of rewrite: none of them may stay as it is.
const REWRITTEN: [&str; 28] = [
    "add_autoincrement",
    "add_required_default_volatile",
    "add_volatile_defaults",
    "combo_many",
    "drop_required_fields",
    "enum_add_value_and_default",
    "fk_add",
    "fk_change_action",
    "hand_check",
    "hand_do_guards",
    "hand_drop_constraints",
    "hand_drop_with_parents",
    "hand_fill_partitions",
    "hand_fill_without_key",
    "hand_foreign_keys",
    "hand_guard_beside_drop",
    "hand_inline_constraints",
    "hand_line_breaks",
    "hand_names",
    "hand_names_taken",
    "hand_primary_key",
    "hand_replace_index",
    "hand_unique_constraint",
    "hand_work_under_lock",
    "index_add",
    "make_required",
    "make_required_with_default",
    "unique_add",
];

/// Samples that run through the command too: several statements in a file and one, a `DO` block, batches that commit, a
/// concurrent build, an enum's label, a guard, and one that fails on rows.
const BY_COMMAND: [&str; 5] = [
    "combo_many",
    "add_required_no_default",
    "enum_add_value_and_default",
    "hand_several_tables",
    "make_required_with_default",
];

/// From 18 on NOT NULL is a constraint with a name, which stays that of the column that took the place: the limits of the handbook
/// say so. 12 and 15 run them.
const NAMED_OTHERWISE_ON_18: [&str; 3] = ["enum_rename_value", "type_decimal_precision", "type_int_to_bigint"];

const THREADS: usize = 4;

/// The tests of this file take their turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn every_sample_on_postgresql_15() -> Result<()> {
    run_all(15)
}

#[test]
fn every_sample_on_postgresql_12() -> Result<()> {
    run_all(12)
}

#[test]
fn every_sample_on_postgresql_18() -> Result<()> {
    run_all(18)
}

/// Runs the samples on one server and fails with all their failures.
fn run_all(major: u32) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::of(major)?;
    let mut samples = Sample::on(major)?;
    samples.retain(|sample| major < 18 || !NAMED_OTHERWISE_ON_18.contains(&sample.name.as_str()));
    bench::on_each(&samples, THREADS, |sample| {
        let start = Instant::now();
        let result = prove(&server, sample);
        let text = result.as_ref().map_or("FAILED".to_owned(), Verdict::to_string);
        println!("PostgreSQL {major}  {:<32} {text}  ({:.1} s)", sample.name, start.elapsed().as_secs_f32());
        result.map(drop)
    })
    .with_context(|| format!("PostgreSQL {major}"))
}

fn prove(server: &Server, sample: &Sample) -> Result<Verdict> {
    let naive = Project::naive(sample)?;
    let rewritten = Project::rewritten(sample, server.major)?;
    rewritten.must_be_final(server.major)?;
    let verdict = proof::prove(server, By::Engine(None), sample, &naive, &rewritten)?;
    ensure!(
        verdict != Verdict::Unchanged || !REWRITTEN.contains(&sample.name.as_str()),
        "safestep left the migration as it was"
    );
    Ok(verdict)
}

/// The engine is asked the same with the command and without, sends the same to the server, records the same, and both come
/// to the same end.
#[test]
fn the_command_asks_what_the_engine_is_asked() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::of(15)?;
    bench::on_each(&BY_COMMAND.map(Sample::named), THREADS, |sample| {
        let history = sample.history_with_rows(&server, 5)?;
        for project in [Project::naive(sample)?, Project::rewritten(sample, server.major)?] {
            let by_command = Followed::of(&server, &history, &project, |log| By::Command(Some(log)))?;
            let by_engine = Followed::of(&server, &history, &project, |log| By::Engine(Some(log)))?;
            for (name, command, engine) in [
                ("log of the engine", &by_command.log, &by_engine.log),
                ("ledger", &by_command.ledger, &by_engine.ledger),
                ("end", &by_command.ends, &by_engine.ends),
            ] {
                ensure!(!engine.is_empty(), "no {name}");
                let same = catalog::difference(command, engine);
                ensure!(same.is_none(), "another {name}\n{}", same.unwrap_or_default());
            }
        }
        Ok(())
    })
}

/// A project that is deployed and compared with its model.
struct Followed {
    /// What the engine was asked and what it sent.
    log: String,
    /// The rows of `_prisma_migrations`.
    ledger: String,
    /// Whether each call succeeded.
    ends: String,
}

impl Followed {
    fn of(
        server: &Server,
        history: &Database,
        project: &Project,
        by: for<'a> fn(&'a Path) -> By<'a>,
    ) -> Result<Followed> {
        let (database, shadow) = (server.copy(history)?, server.create()?);
        let log = NamedTempFile::new()?;
        let by = by(log.path());
        let deploy = project.deploy(by, &database)?;
        let diff = project.drift(by, &database, &shadow)?;
        // Where something differs, `migrate dev` would ask a question.
        let dev = deploy.succeeded() && diff.succeeded() && project.dev(by, &database, &shadow)?.succeeded();
        let ends = format!("deploy {}, diff {}, dev {dev}", deploy.succeeded(), diff.succeeded());
        let ledger = "SELECT string_agg(concat_ws(' ', migration_name, checksum, finished_at IS NULL, applied_steps_count), E'\\n'
                      ORDER BY started_at) FROM _prisma_migrations";
        let ledger = database.connect()?.query_one(ledger, &[])?.get(0);
        Ok(Followed { log: comparable(&std::fs::read_to_string(log.path())?), ledger, ends })
    }
}

/// Requests and statements of a log, without what the engine tells about itself and the folders before `prisma/`.
fn comparable(log: &str) -> String {
    let without_place = |piece: &str| match piece.split_once("/prisma/") {
        Some((place, rest)) if place.starts_with('/') && !place.contains(' ') => format!("prisma/{rest}"),
        _ => piece.to_owned(),
    };
    let line = |line: &str| -> Option<String> {
        let Some(request) = line.strip_prefix("RPC ") else {
            return (!line.starts_with("ENGINE ")).then(|| line.to_owned());
        };
        let Some((method, parameters)) = request.split_once(' ') else { return Some(line.to_owned()) };
        let parameters: String = parameters.split('"').map(without_place).collect::<Vec<_>>().join("\"");
        let sorted: serde_json::Value = serde_json::from_str(&parameters).ok()?;
        Some(format!("RPC {method} {sorted:#}"))
    };
    log.lines().filter(|line| !line.trim().is_empty()).filter_map(line).collect::<Vec<_>>().join("\n")
}
