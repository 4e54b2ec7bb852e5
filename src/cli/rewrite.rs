//! `safestep rewrite`.

use std::process::ExitCode;

use camino::Utf8Path;
use clap::Args;

use super::Failure;
use super::common::{Common, Ran, common_folder, here};
use super::printing::{Format, put};
use super::servers::ProofArguments;
use super::verify::{print, proofs};
use crate::disk::{self, FileChange};
use crate::output::{Mode, json};
use crate::project::Phases;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Apply the rewrite to the files, all or none
    #[arg(long)]
    write: bool,
    /// Change nothing; exit 1 when there is something to rewrite
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Put all phases into the folder at once: for a maintenance window, or an empty database
    #[arg(long)]
    collapse: bool,
    /// Prove the rewrite first; nothing is written when something differs
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    proof: ProofArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let phases = if arguments.collapse { Phases::Together } else { Phases::Deferred };
    let common = &Common { phases, ..arguments.common.clone() };
    if common.schema {
        put(&json::schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    if common.format.is_of_check() {
        return Err(Failure::Usage(
            "rewrite prints text, json, patch or markdown; the other formats are check's".into(),
        ));
    }
    if arguments.write {
        common.recover()?;
    }
    let ran = common.run()?;
    let readable = ran.iter().try_for_each(Ran::all_readable);
    let changes: usize = ran.iter().map(|r| r.run.changes().len()).sum();
    if arguments.verify {
        ran.iter().try_for_each(Ran::all_readable)?;
        let report = proofs(common, &arguments.proof, &ran, None)?;
        if !report.holds() || !arguments.write {
            print(common, &report)?;
            return Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        if common.format == Format::Text {
            print(common, &report)?;
        }
    }
    if arguments.write {
        readable?;
        write(&ran, common.all)?;
        common.print(&ran, Mode::Write)?;
        return Ok(ExitCode::SUCCESS);
    }
    common.print(&ran, if arguments.check && common.format == Format::Text { Mode::Check } else { Mode::Rewrite })?;
    readable?;
    Ok(if arguments.check && changes > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn write(ran: &[Ran], all: bool) -> Result<(), Failure> {
    let here = here()?;
    for ran in ran {
        let Some(scope) = &ran.scope else {
            return Err(Failure::Usage(
                "standard input cannot be rewritten in place: leave --write out, or name the migration".into(),
            ));
        };
        let on_base = ran.run.outcomes.iter().find(|o| !o.changes.is_empty() && scope.on_base.contains(&o.path));
        if let Some(outcome) = on_base.filter(|_| !all) {
            let path = outcome.path.strip_prefix(&here).unwrap_or(&outcome.path);
            return Err(Failure::Usage(format!(
                "{path}: already on the base branch, so it may have run on a database; nothing was \
                     written\n  add --all when it has run nowhere, or --since REF to name another base"
            )));
        }
    }
    let led_through = |ran: &&Ran| !ran.run.changes().is_empty();
    let led_through = ran.iter().filter(led_through).filter_map(|ran| ran.scope.as_ref());
    if let Some((scope, link)) = led_through.filter_map(|scope| Some((scope, scope.led_through.as_ref()?))).next() {
        let folder = scope.folder.strip_prefix(&here).unwrap_or(&scope.folder);
        let why = match link.is_symlink() {
            true => format!("{link}: is a link"),
            false => format!("{link}: is outside the project"),
        };
        return Err(Failure::Usage(format!(
            "{why}, so nothing was written through it\n  name the folder itself to write there: safestep rewrite --write {folder}"
        )));
    }
    let changes: Vec<FileChange> = ran.iter().flat_map(|r| r.run.changes()).collect();
    let folders = ran.iter().filter_map(|r| r.scope.as_ref()).map(|s| s.folder.as_path());
    let places: Vec<&Utf8Path> = folders.chain(changes.iter().filter_map(|change| change.path.parent())).collect();
    let Some(root) = common_folder(&places) else { return Ok(()) };
    Ok(disk::apply(&changes, root)?)
}
