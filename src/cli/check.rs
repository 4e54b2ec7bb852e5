//! `safestep check`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::common::{Common, Ran};
use crate::output::{Mode, Severity, json};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
}

/// Exit 1 when there is a hazard, cautions included.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    if common.schema {
        anstream::println!("{}", json::schema());
        return Ok(ExitCode::SUCCESS);
    }
    let ran = common.run()?;
    common.print(&ran, Mode::Check)?;
    ran.iter().try_for_each(Ran::all_readable)?;
    let reports = ran.iter().flat_map(|r| &r.run.outcomes).flat_map(|o| &o.report.hazards);
    let found = reports.filter(|h| h.severity == Severity::Danger || h.severity == Severity::Caution).count();
    Ok(if found > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
