//! `safestep adopt`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{absolute, here, must_be_whole};
use crate::adopt::{Adopted, Waiting, adopt};
use crate::deferred::{sequences, to_come};
use crate::framework::migration::Migration;
use crate::framework::{FrameworkError, LaidOut, Variables};
use crate::pipeline::{Scope, ScopeOptions, resolve};
use crate::project::Config;
use crate::schema::Schema;
use crate::source::{SourceFile, visible};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A project root or a migrations folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,
    /// The development database that ran the naive migration
    #[arg(long, value_name = "URL", env = "DATABASE_URL")]
    database_url: String,
    /// Print the statements and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What waits for a deploy, as it would stand behind the folder's migrations; `schema` is the catalog behind these.
fn waiting(scope: &Scope, variables: &Variables, schema: &mut Schema) -> Result<Vec<Waiting>, Failure> {
    let Some(deferral) = scope.framework.deferral else { return Ok(Vec::new()) };
    let mut waiting = Vec::new();
    for (folder, sequence) in sequences(&deferral.folder(&scope.folder))? {
        let come = to_come(scope.framework, deferral, (&folder, &sequence), &scope.history)?;
        let read = come.into_iter().map(|LaidOut { name, path, content, .. }| {
            let migration = scope.framework.folder.read_with(&name, SourceFile::new(path, content), variables)?;
            Ok(scope.framework.meet(migration, schema))
        });
        let files = read.collect::<Result<_, FrameworkError>>()?;
        waiting.push(Waiting { migration: sequence.recorded.unwrap_or(sequence.migration), files });
    }
    Ok(waiting)
}

/// Says of which migrations the phases that wait have nothing to do on the database.
fn say_what_is_ahead(ahead: &[String]) {
    if !ahead.is_empty() {
        let names = visible(&ahead.join(", ")).into_owned();
        anstream::println!("what waits of {names} for a deploy is done on this database; it finds nothing to do there");
    }
}

/// Exit 1 when the database is not what the folder makes; nothing is changed then.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let options = ScopeOptions { all: true, ..ScopeOptions::default() };
    let path = absolute(&arguments.path, &here()?);
    must_be_whole(&path)?;
    let scope = resolve(&path, &options)?;
    let variables = Variables::new(Config::find(&scope.folder)?.0.environment);
    let ledger = scope.framework.folder.ledger(&scope.folder)?;
    let mut schema = Schema::default();
    let read = scope.history.iter().map(|found| {
        let migration = scope.framework.read_with(found, &variables)?;
        Ok(scope.framework.meet(migration, &mut schema))
    });
    let folder: Vec<Migration> = read.collect::<Result<_, FrameworkError>>()?;
    let waiting = waiting(&scope, &variables, &mut schema)?;
    let kept = scope.framework.folder;
    match adopt(kept, ledger.as_ref(), &folder, &waiting, &arguments.database_url, arguments.dry_run)? {
        Adopted::Nothing(why) => anstream::println!("nothing to adopt: {}", visible(&why)),
        Adopted::InPlace { names, ahead } => {
            anstream::println!(
                "nothing to adopt: the schema is what the folder makes, and the migrator does not look at what {} holds",
                visible(&names.join(", "))
            );
            say_what_is_ahead(&ahead);
        }
        Adopted::Differs { differences, pending } => {
            anstream::println!("not adopted: the database is not what the folder makes (- folder, + database)");
            differences.iter().for_each(|difference| anstream::println!("  {}", visible(difference)));
            if !pending.is_empty() {
                anstream::println!(
                    "not run there yet: {}; run what is pending, then adopt",
                    visible(&pending.join(", "))
                );
            }
            if !waiting.is_empty() {
                anstream::println!(
                    "what waits for a deploy counts only where its migration ran as it was (`safestep status`)"
                );
            }
            return Ok(ExitCode::from(1));
        }
        Adopted::Recorded { statements, .. } if arguments.dry_run => {
            statements.iter().for_each(|statement| anstream::println!("{statement};"));
        }
        Adopted::Recorded { adoptions, ahead, .. } => {
            for adoption in adoptions {
                let files = match adoption.new.len() {
                    1 => "1 file".to_owned(),
                    count => format!("{count} files"),
                };
                anstream::println!("adopted {}: {files} stand for it, recorded as applied", visible(&adoption.old));
            }
            say_what_is_ahead(&ahead);
        }
    }
    Ok(ExitCode::SUCCESS)
}
