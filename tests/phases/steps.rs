//! Each step of each phase by itself: killed in the middle of its work and sent again, and taken back as its file says.

use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use safestep::framework::header::{SQL, Undo, headers};

use super::cases::Case;
use crate::bench::blocker::{block, end, gone, until, waits};
use crate::bench::prisma::{Project, Sample};
use crate::bench::proof::Expected;
use crate::bench::server::{Database, Server};
use crate::{bench, succeeds};

/// Those whose first phase can be taken back as a whole.
const SAMPLES: [&str; 6] =
    ["rename_fields", "rename_by_hand", "rename_model", "rename_table_by_hand", "widen_column", "remove_label"];

#[test]
fn every_step_bears_interruption() -> Result<()> {
    let server = Server::of(15)?;
    let cases: Vec<&Case> = SAMPLES.iter().map(|name| Case::of(name)).collect::<Result<_>>()?;
    let samples: Vec<Sample> = cases.into_iter().filter(Case::is_asked_for).map(Case::sample).collect();
    bench::on_each(&samples, crate::THREADS, |sample| step_by_step(&server, sample))
}

fn step_by_step(server: &Server, sample: &Sample) -> Result<()> {
    let case = Case::of(&sample.name)?;
    let flags = case.rename.map_or(&[][..], |rename| rename.flags);
    let [naive, project] = [Project::naive(sample)?, Project::naive(sample)?];
    std::fs::write(project.root().join("safestep.toml"), "[backfill]\nbatch_size = 100\npause = \"1ms\"\n")?;
    succeeds(project.safestep(&[&["rewrite", "--write", "--all"], flags].concat())?)?;
    let history = sample.history_with_rows(server, 300)?;
    let database = server.copy(&history)?;
    let mut killed = 0;
    let mut done: Vec<String> = Vec::new();
    for phase in 0..case.files.len() {
        let files: Vec<(String, String)> =
            project.sequence()?.into_iter().filter(|(name, _)| !done.contains(name)).collect();
        for (name, sql) in &files {
            killed += usize::from(interrupted(&database, sql).with_context(|| name.clone())?);
            done.push(name.clone());
        }
        if phase == 0 {
            let back = server.copy(&database)?;
            taken_back(&back, &files)?;
            Expected::of(&history, &history, &[])?.must_be(&back).context("taken back")?;
        }
        if phase + 1 < case.files.len() {
            succeeds(project.safestep(&["release", "--yes"])?)?;
        }
    }
    ensure!(killed > 0, "no step was held up");
    let expected = server.copy(&history)?;
    match case.rename {
        Some(rename) => expected.connect()?.batch_execute(rename.kept)?,
        None => succeeds(naive.send(&expected)?)?,
    }
    Expected::of(&expected, &history, &[])?.must_be(&database)
}

/// Kills a file where something is in its way, and sends it again; whether something was.
fn interrupted(database: &Database, sql: &str) -> Result<bool> {
    let [mut blocker, mut watcher, mut client] = [database.connect()?, database.connect()?, database.connect()?];
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    block(&mut blocker, sql)?;
    let was_held_up = thread::scope(|scope| {
        let sent = scope.spawn(move || client.batch_execute(sql));
        let mut is_held_up = false;
        until("it neither ends nor waits", || {
            is_held_up = waits(&mut watcher, pid)?;
            Ok(is_held_up || sent.is_finished())
        })?;
        if is_held_up {
            end(&mut watcher, pid)?;
            gone(&mut watcher, pid)?;
        }
        let ended = sent.join().map_err(|_| anyhow!("the file's thread panicked"))?;
        ensure!(ended.is_err() == is_held_up, "it should have been killed: {ended:?}");
        Ok(is_held_up)
    })?;
    blocker.batch_execute("ROLLBACK")?;
    if was_held_up {
        let clears = headers(sql, SQL).into_iter().find_map(|header| header.clears);
        let mut again = database.connect()?;
        if let Some(clears) = clears {
            again.batch_execute(&clears)?;
        }
        again.batch_execute(sql).context("again")?;
    }
    Ok(was_held_up)
}

/// Takes files back, the last one first.
fn taken_back(database: &Database, files: &[(String, String)]) -> Result<()> {
    let mut client = database.connect()?;
    for (name, sql) in files.iter().rev() {
        for header in headers(sql, SQL) {
            match header.undo {
                Some(Undo::By(statements)) => statements
                    .iter()
                    .try_for_each(|sql| client.batch_execute(sql).with_context(|| format!("{name}: {sql}")))?,
                Some(Undo::Impossible) | None => bail!("{name} says nothing of how it is taken back"),
            }
        }
    }
    Ok(())
}
