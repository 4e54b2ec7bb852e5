//! `safestep verify` on every sample and on sequences that are broken on purpose, with a server of its own; and that
//! nothing is left behind.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::{Folder, migration};
use bench::prisma::Sample;

const THREADS: usize = 4;

#[test]
fn every_sample_is_proved() -> Result<()> {
    bench::on_each(&Sample::all()?, THREADS, |sample| {
        let folder = Folder::of(sample)?;
        let ended =
            folder.safestep(&["verify", "--all", "--interrupt", "--undo", "--format", "json", &migration(sample)])?;
        ensure!(ended.status == 0, "exit {}\n{}{}", ended.status, ended.out, ended.err);
        let report: Value = serde_json::from_str(&ended.out).context("--format json")?;
        for proof in report["proofs"].as_array().context("proofs")? {
            println!(
                "{:<32} {:<14} {} objects, {} rows, {} steps, {} interrupted, {} undone, {:.1} s",
                sample.name,
                proof["verdict"].as_str().unwrap_or_default(),
                proof["catalog_objects"],
                proof["rows"],
                proof["steps"].as_array().map_or(0, Vec::len),
                proof["interrupted"],
                proof["undone"],
                proof["seconds"].as_f64().unwrap_or_default(),
            );
        }
        Ok(())
    })
}
