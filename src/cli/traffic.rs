//! `safestep verify --traffic`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{Common, Ran, write_file};
use super::printing::{Format, json_of, put};
use super::servers::{ProofArguments, on_each_server};
use crate::output::Mode;
use crate::report::TrafficReport;
use crate::verify::{Load, try_traffic};

/// `--traffic` and what goes with it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Traffic")]
pub(super) struct TrialArguments {
    /// Run readers and writers beside the migration, as written and as a sequence, and show how long they wait
    #[arg(long, conflicts_with_all = ["interrupt", "undo"])]
    pub traffic: bool,
    /// Sessions that read or write, half of them each
    #[arg(long, value_name = "N", requires = "traffic", default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=40))]
    clients: u32,
    /// Statements per second of all clients together
    #[arg(long, value_name = "N", requires = "traffic", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    rate: u32,
    /// Draw the trial into this file
    #[arg(long, value_name = "FILE", requires = "traffic")]
    svg: Option<Utf8PathBuf>,
}

/// Exit 1 when a sequence fails, or stops statements that the naive migration lets pass.
pub(super) fn run(
    common: &Common,
    proof: &ProofArguments,
    trial: &TrialArguments,
    ran: &[Ran],
    against: Option<&str>,
) -> Result<ExitCode, Failure> {
    let rows = proof.rows.unwrap_or(100_000);
    let load = Load { clients: trial.clients, rate: trial.rate, rows };
    let mut report = TrafficReport { version: 1, ..TrafficReport::default() };
    on_each_server(common, proof, rows, ran, against, |server, history, wanted, progress| {
        report.trials.extend(try_traffic(server, history, wanted, load, progress)?);
        Ok(())
    })?;
    if let Some(path) = &trial.svg {
        write_file(path, report.svg())?;
    }
    put(&match common.format {
        Format::Json => json_of(&report)?,
        Format::Markdown => report.markdown(),
        _ => report.render(&common.text_options(Mode::Check, false)),
    })?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
