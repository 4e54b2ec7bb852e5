//! The test bench: runs a naive migration and its rewrite on real servers, and compares what they leave behind.
//! `server.rs` servers and throw-away databases · `catalog.rs` what `pg_dump` sees, as a second opinion ·
//! `blocker.rs` a session in a step's way ·
//! `comparison.rs` what became of naive and rewritten beside each other, `sides.rs` how that is found with the real runner ·
//! `process.rs` the real runners as processes that wait for jobs · `lost.rs`, `values.rs` what a rewrite may not lose ·
//! `alembic.rs` Alembic's samples and the scripts that hold our reading against Python's and Alembic's own, `upgrade.rs` projects of them and the real Alembic ·
//! `rails.rs` Rails' samples as applications and the real Rails ·
//! `folder.rs` safestep in a temporary folder · `drizzle.rs` Drizzle folders and the real migrators · `prisma.rs` samples, Prisma projects, the Prisma CLI and safestep · `engine.rs` Prisma's schema engine without the CLI · `proof.rs` naive against sequence: the promise itself.

pub mod alembic;
pub mod blocker;
pub mod catalog;
pub mod comparison;
pub mod drizzle;
pub mod engine;
pub mod folder;
pub mod lost;
pub mod prisma;
pub mod process;
pub mod proof;
pub mod rails;
pub mod server;
pub mod sides;
pub mod upgrade;
pub mod values;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};

/// The value of an environment variable that `scripts/test` sets.
pub fn variable(name: &str) -> Result<String> {
    std::env::var(name)
        .with_context(|| format!("{name} is not set: run scripts/test (or: eval \"$(scripts/servers env)\")"))
}

/// The names of the samples in a folder of `tests/samples`; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
pub fn samples(folder: &str) -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(folder);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    if let Ok(only) = std::env::var("SAFESTEP_TEST_ONLY") {
        names.retain(|name| only.split(',').any(|wanted| wanted == name));
    }
    Ok(names)
}

/// What a failure is told by.
pub trait Named {
    /// A sample's name.
    fn name(&self) -> &str;
}

impl Named for prisma::Sample {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for upgrade::Sample {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for rails::Sample {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }
}

impl Named for drizzle::Sample {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Runs `test` on every sample, on several threads, and fails with all failures.
pub fn on_each<S: Named + Sync>(samples: &[S], threads: usize, test: impl Fn(&S) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(sample) = samples.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = test(sample) {
                        let failure = format!("{}: {error:#}", sample.name());
                        failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(failures.is_empty(), "{} of {} samples\n\n{}", failures.len(), samples.len(), failures.join("\n\n"));
    Ok(())
}
