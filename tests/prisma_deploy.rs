//! Every sample, naive and rewritten, through the real Prisma CLI on real servers: same schema, same rows, nothing pending.
//!
//! `SAFESTEP_TEST_ONLY=combo_many,fk_add scripts/test --test prisma_deploy -- --nocapture` runs some and shows the report.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use bench::prisma::{Project, Sample};
use bench::proof::{self, Verdict};
use bench::server::Server;

/// Samples of every kind of rewrite: none of them may stay as it is.
const REWRITTEN: [&str; 27] = [
    "add_autoincrement",
    "add_required_default_volatile",
    "add_volatile_defaults",
    "combo_many",
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

/// A Prisma call keeps a core busy for two seconds: more threads do not help.
const THREADS: usize = 2;

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
    bench::on_each(&Sample::on(major)?, THREADS, |sample| {
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
    let verdict = proof::prove(server, sample, &naive, &rewritten)?;
    ensure!(
        verdict != Verdict::Unchanged || !REWRITTEN.contains(&sample.name.as_str()),
        "safestep left the migration as it was"
    );
    Ok(verdict)
}
