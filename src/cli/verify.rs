//! `safestep verify`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::common::{Common, Ran};
use super::printing::{Format, json_of, put};
use super::servers::{ProofArguments, on_each_server};
use super::traffic::{self, TrialArguments};
use crate::output::{Mode, json};
use crate::report::ProofReport;
use crate::verify::prove;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    proof: ProofArguments,
    /// Prove what is on disk against the originals in this folder or at this git reference
    #[arg(long, value_name = "REF|DIR")]
    against: Option<String>,
    #[command(flatten)]
    trial: TrialArguments,
}

/// Exit 1 when a sequence is not what the naive migration is.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    if common.schema {
        let traffic = arguments.trial.traffic;
        put(&if traffic { json::traffic_schema() } else { json::proof_schema() })?;
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Patch || common.format.is_of_check() {
        return Err(Failure::Usage("verify prints text, json or markdown".into()));
    }
    let ran = common.run()?;
    ran.iter().try_for_each(Ran::all_readable)?;
    let against = arguments.against.as_deref();
    if arguments.trial.traffic {
        return traffic::run(common, &arguments.proof, &arguments.trial, &ran, against);
    }
    let report = proofs(common, &arguments.proof, &ran, against)?;
    print(common, &report)?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Proves every rewritten migration, on each server that was asked for.
pub(super) fn proofs(
    common: &Common,
    arguments: &ProofArguments,
    ran: &[Ran],
    against: Option<&str>,
) -> Result<ProofReport, Failure> {
    let start = std::time::Instant::now();
    let rows = arguments.rows.unwrap_or(1_000);
    let mut report = ProofReport { version: 1, ..ProofReport::default() };
    on_each_server(common, arguments, rows, ran, against, |server, history, wanted, progress| {
        report.proofs.extend(prove(server, history, wanted, progress)?);
        Ok(())
    })?;
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

pub(super) fn print(common: &Common, report: &ProofReport) -> Result<(), Failure> {
    put(&match common.format {
        Format::Json => json_of(report)?,
        Format::Markdown => report.markdown(),
        _ => report.render(&common.text_options(Mode::Check, false)),
    })
}
