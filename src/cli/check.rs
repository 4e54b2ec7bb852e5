//! `safestep check`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{Checked, Common, Ran, write_file};
use super::printing::put;
use crate::output::json;
use crate::project::Baseline;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Hazards that are in this file are not told and do not fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,
    /// Write the hazards that are there now into the file of --baseline
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
}

/// Exit 1 when there is a hazard, cautions included, whose rule is not set to `warn` and that is not in the baseline.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { mut common, baseline, write_baseline } = arguments;
    if common.schema {
        put(&json::schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = baseline.as_ref().filter(|_| write_baseline) {
        let (ran, baseline) = common.hazards()?;
        ran.iter().try_for_each(Ran::all_readable)?;
        let text = baseline.text().map_err(|error| Failure::Io("JSON".into(), error.into()))?;
        write_file(path, text)?;
        anstream::println!("{path}: {}", hazards(baseline.len()));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &baseline {
        common.baseline = Baseline::read(path)?;
    }
    let Checked { ran, fails, known } = common.check()?;
    if let Some(path) = baseline.filter(|_| known > 0 && !common.quiet) {
        anstream::eprintln!("note: {} in {path}, not told here", hazards(known));
    }
    ran.iter().try_for_each(Ran::all_readable)?;
    Ok(if fails { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn hazards(count: usize) -> String {
    format!("{count} hazard{}", if count == 1 { "" } else { "s" })
}
