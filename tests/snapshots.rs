//! What a person gets for every sample: the text of `safestep rewrite`, and each file that it would write.
//!
//! One file per sample in `snapshots/prisma/`, `snapshots/drizzle-031/`, `snapshots/drizzle-1rc/`, `snapshots/alembic/` and `snapshots/rails/`, some with a file for each step in
//! `snapshots/drizzle-031-step/` and `snapshots/drizzle-1rc-step/`, or with one for all in `snapshots/alembic-phase/` and `snapshots/rails-phase/`. After a change: `INSTA_UPDATE=always cargo test --test snapshots`, then
//! read the diff as somebody would who has to run these files at night.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, ensure};

use bench::drizzle::{self, Generation};
use bench::folder::{Folder, migration};
use bench::prisma::Sample;
use bench::rails;
use bench::upgrade;

#[test]
fn every_sample_as_a_person_sees_it() -> Result<()> {
    let outcomes = Sample::all()?.into_iter().map(|sample| {
        let outcome = outcome(&Folder::of(&sample)?, &migration(&sample)).with_context(|| sample.name.clone())?;
        Ok((sample.name, outcome))
    });
    compare("prisma", outcomes)
}

#[test]
fn every_drizzle_sample_as_a_person_sees_it() -> Result<()> {
    for (generation, folder) in [(Generation::Journal, "drizzle-031"), (Generation::Folders, "drizzle-1rc")] {
        let outcomes = drizzle::Sample::all(generation)?.into_iter().map(|sample| {
            let (folder, path) = sample.folder()?;
            let outcome = outcome(&folder, &path).with_context(|| sample.name.clone())?;
            Ok((sample.name, outcome))
        });
        compare(folder, outcomes)?;
    }
    Ok(())
}

#[test]
fn every_alembic_sample_as_a_person_sees_it() -> Result<()> {
    let outcomes = upgrade::Sample::all()?.into_iter().map(|sample| {
        let outcome = outcome(&sample.folder()?, &sample.migration()?).with_context(|| sample.name.clone())?;
        Ok((sample.name, outcome))
    });
    compare("alembic", outcomes)
}

#[test]
fn every_rails_sample_as_a_person_sees_it() -> Result<()> {
    let outcomes = rails::Sample::all()?.into_iter().map(|sample| {
        let project = sample.project()?;
        let path = project.path()?;
        let path = path.to_str().context("a path that is not UTF-8")?;
        let outcome = outcome(project.folder(), path).with_context(|| sample.name.clone())?;
        Ok((sample.name, outcome))
    });
    compare("rails", outcomes)
}

/// `layout = "phase"`: one file, but for what may run only once.
#[test]
fn one_file_for_all_steps() -> Result<()> {
    let outcomes = ["combo_many", "hand_under_lock", "index_add", "make_required"].into_iter().map(|name| {
        let sample = upgrade::Sample { name: name.into() };
        let folder = sample.folder()?;
        folder.write("safestep.toml", "layout = \"phase\"\n")?;
        Ok((name.to_owned(), outcome(&folder, &sample.migration()?)?))
    });
    compare("alembic-phase", outcomes)?;
    let names =
        ["add_column_with_index", "add_reference", "change_column_null", "hand_unique_constraint", "hand_words"];
    let outcomes = names.into_iter().map(|name| {
        let project = rails::Sample { name: name.into() }.project()?.with_settings("layout = \"phase\"\n")?;
        let path = project.path()?;
        let path = path.to_str().context("a path that is not UTF-8")?;
        Ok((name.to_owned(), outcome(project.folder(), path)?))
    });
    compare("rails-phase", outcomes)
}

/// `layout = "step"`: a file for each step, with the journal and the snapshots that go with it.
#[test]
fn a_file_for_each_step() -> Result<()> {
    for (generation, folder) in [(Generation::Journal, "drizzle-031-step"), (Generation::Folders, "drizzle-1rc-step")] {
        let outcomes = ["make_required", "unique_add"].into_iter().map(|name| {
            let (folder, path) = drizzle::Sample { name: name.into(), generation }.folder_apart()?;
            Ok((name.to_owned(), outcome(&folder, &path)?))
        });
        compare(folder, outcomes)?;
    }
    Ok(())
}

fn compare(folder: &str, outcomes: impl Iterator<Item = Result<(String, String)>>) -> Result<()> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut changed = Vec::new();
    for outcome in outcomes {
        let (name, outcome) = outcome?;
        // the others are compared as well before the test fails
        let compare = || settings.bind(|| insta::assert_snapshot!(name.as_str(), outcome));
        if catch_unwind(AssertUnwindSafe(compare)).is_err() {
            changed.push(name);
        }
    }
    ensure!(changed.is_empty(), "changed: {}", changed.join(", "));
    Ok(())
}

fn outcome(folder: &Folder, path: &str) -> Result<String> {
    let ended = folder.safestep(&["rewrite", "--all", "--color", "never", path])?;
    ensure!(ended.status == 0, "exit {}\n{}", ended.status, ended.err);
    let mut outcome = without_diff(&ended.out);
    let report = folder.report(&["--all", path])?;
    for file in report["files"].as_array().context("files")? {
        if let Some(content) = file["after"].as_str() {
            let path = file["path"].as_str().context("path")?;
            // Of a copied model only the chain is new.
            let shown = match path.ends_with("_snapshot.json") {
                true => content.lines().take(4).chain(["  …\n"]).collect::<Vec<_>>().join("\n"),
                false => content.to_owned(),
            };
            outcome.push_str(&format!("\n──── {path}\n{shown}"));
        }
    }
    Ok(outcome)
}

/// The diff says again what the files say. Its lines are never empty: each begins with a sign or a space.
fn without_diff(text: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        inside = line.starts_with("diff --git") || (inside && !line.is_empty());
        !inside
    });
    kept.flat_map(|line| [line, "\n"]).collect::<String>().replace("\n\n\n", "\n\n")
}
