//! `safestep check`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::common::{Common, Ran};
use crate::output::json;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
}

/// Exit 1 when there is a hazard, cautions included, whose rule is not set to `warn`.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    if common.schema {
        anstream::println!("{}", json::schema());
        return Ok(ExitCode::SUCCESS);
    }
    let (ran, fails) = common.check()?;
    ran.iter().try_for_each(Ran::all_readable)?;
    Ok(if fails { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
