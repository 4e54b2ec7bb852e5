//! What safestep wrote it has nothing to say about: `check` on a rewritten folder reports what was left as it was, and no
//! more. For every sample of every framework.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::Folder;
use bench::{alembic, drizzle, prisma};

const THREADS: usize = 2;

#[test]
fn of_prisma() -> Result<()> {
    bench::on_each(&prisma::Sample::all()?, THREADS, |sample| nothing_new(&sample.name, &Folder::of(sample)?))
}

#[test]
fn of_drizzle() -> Result<()> {
    let generations = [drizzle::Generation::Journal, drizzle::Generation::Folders];
    generations.into_iter().try_for_each(|generation| {
        bench::on_each(&drizzle::Sample::all(generation)?, THREADS, |sample| {
            nothing_new(&sample.name, &sample.folder()?.0)
        })
    })
}

#[test]
fn of_alembic() -> Result<()> {
    bench::on_each(&alembic::samples()?, THREADS, |sample| nothing_new(sample, &alembic::project(sample)?))
}

/// Rewrites all that a folder has; nothing is said of the result that was not said before of what stays.
fn nothing_new(name: &str, folder: &Folder) -> Result<()> {
    let (_, before) = said(folder)?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0, "{name}: exit {}\n{}{}", ended.status, ended.out, ended.err);
    let (new, _) = said(folder)?;
    let new: Vec<&String> = new.difference(&before).collect();
    ensure!(new.is_empty(), "{name}: {new:#?}");
    Ok(())
}

/// What `check` says of all migrations of a folder, and what of it is left as it is by a rewrite.
fn said(folder: &Folder) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let ended = folder.safestep(&["check", "--all", "--format", "json"])?;
    ensure!(ended.status <= 1, "exit {}\n{}", ended.status, ended.err);
    let report: Value = serde_json::from_str(&ended.out).context("--format json")?;
    let (mut all, mut left) = (BTreeSet::new(), BTreeSet::new());
    for migration in report["migrations"].as_array().context("migrations")? {
        for hazard in migration["hazards"].as_array().context("hazards")? {
            let text = |key: &str| hazard[key].as_str().unwrap_or_default();
            let words = format!("{}: {}", text("rule"), text("table"));
            if hazard["rewritten"] == false {
                left.insert(words.clone());
            }
            all.insert(words);
        }
        for opaque in migration["opaque"].as_array().context("opaque")? {
            let words = format!("not read: {}", opaque["what"].as_str().unwrap_or_default());
            left.insert(words.clone());
            all.insert(words);
        }
    }
    Ok((all, left))
}
