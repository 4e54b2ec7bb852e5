//! The test bench: runs a naive migration and its rewrite on real servers, and compares what they leave behind.
//! `server.rs` servers and throw-away databases · `catalog.rs` what `pg_dump` sees · `rows.rs` rows, made up and compared ·
//! `folder.rs` safestep in a temporary folder · `prisma.rs` samples, Prisma projects, the Prisma CLI and safestep · `proof.rs` naive against sequence: the promise itself.

pub mod catalog;
pub mod folder;
pub mod prisma;
pub mod proof;
pub mod rows;
pub mod server;

use anyhow::{Context, Result};

/// The value of an environment variable that `scripts/test` sets.
pub fn variable(name: &str) -> Result<String> {
    std::env::var(name)
        .with_context(|| format!("{name} is not set: run scripts/test (or: eval \"$(scripts/servers env)\")"))
}
