//! The exercise of `examples/exercise` in each framework: its answer is what safestep writes, and it is what was asked for.
//!
//! `INSTA_UPDATE=always` writes the answers anew.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use serde_json::Value;

use bench::folder::Folder;

/// A project of the exercise.
struct Exercise {
    framework: &'static str,
    /// Its last migration.
    migration: &'static str,
}

const ALL: [Exercise; 4] = [
    Exercise { framework: "prisma", migration: "prisma/migrations/20261126120000_split_name" },
    Exercise { framework: "drizzle", migration: "drizzle/0001_split_name.sql" },
    Exercise { framework: "rails", migration: "db/migrate/20261126120000_split_name.rb" },
    Exercise { framework: "alembic", migration: "alembic/versions/5c0d8f31e6a2_split_name.py" },
];

impl Exercise {
    fn path(&self, of: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/exercise").join(of).join(self.framework)
    }

    fn project(&self) -> Result<Folder> {
        let folder = Folder::empty()?;
        for (path, bytes) in tree(&self.path(""))? {
            folder.write(path.to_str().context("UTF-8")?, bytes)?;
        }
        Ok(folder)
    }
}

/// The files below a folder.
fn tree(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).with_context(|| at.display().to_string())? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.strip_prefix(folder)?.to_owned(), fs::read(&path)?)),
            }
        }
    }
    Ok(found)
}

#[test]
fn the_answer_is_what_safestep_writes() -> Result<()> {
    for exercise in ALL {
        let folder = exercise.project()?;
        let ended = folder.safestep(&["rewrite", "--write", "--all", "--quiet", exercise.migration])?;
        ensure!(ended.status == 0, "{}: {}", exercise.framework, ended.err);
        let (written, answer) = (folder.tree()?, exercise.path("answer"));
        if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
            fs::remove_dir_all(&answer)?;
            for (path, bytes) in &written {
                let path = answer.join(path);
                fs::create_dir_all(path.parent().context("a folder")?)?;
                fs::write(path, bytes)?;
            }
        }
        let kept = tree(&answer)?;
        ensure!(kept.keys().eq(written.keys()), "{}: other files: {:#?}", exercise.framework, written.keys());
        for (path, bytes) in &written {
            let [kept, bytes] = [&kept[path], bytes].map(|bytes| String::from_utf8_lossy(bytes));
            ensure!(kept == bytes, "{} {}: changed\n{bytes}", exercise.framework, path.display());
        }
    }
    Ok(())
}

/// Readers and writers beside it, old code until the last phase and new code from then on: nobody fails.
#[test]
fn code_at_work_goes_on() -> Result<()> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    for exercise in ALL {
        let folder = exercise.project()?;
        let arguments = ["verify", "--traffic", "--all", "--rows", "5000", "--format", "json", "--database-url", &url];
        let ended = folder.safestep(&[&arguments[..], &[exercise.migration]].concat())?;
        let report: Value = serde_json::from_str(&ended.out).with_context(|| ended.err.clone())?;
        let sequence = &report["trials"][0]["sequence"];
        for kind in ["reads", "writes"] {
            let sent = sequence[kind]["sent"].as_u64().context("sent")?;
            ensure!(sent > 100 && sequence[kind]["failed"] == 0, "{} {kind}: {}", exercise.framework, sequence[kind]);
        }
    }
    Ok(())
}

/// The same schema, every name where it belongs, each step killed and run again.
#[test]
fn the_answer_is_proved() -> Result<()> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    for exercise in ALL {
        let folder = exercise.project()?;
        let arguments = ["verify", "--all", "--interrupt", "--database-url", &url, exercise.migration];
        let ended = folder.safestep(&arguments)?;
        ensure!(ended.status == 0, "{}: {}{}", exercise.framework, ended.out, ended.err);
        ensure!(ended.out.contains("1 proved, none differs"), "{}: {}", exercise.framework, ended.out);
    }
    Ok(())
}
