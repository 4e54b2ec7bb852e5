//! `safestep adopt`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::common::{absolute, here, must_be_whole};
use crate::adopt::{Adopted, adopt};
use crate::deferred::sequences;
use crate::framework::migration::Migration;
use crate::framework::{FrameworkError, Variables};
use crate::pipeline::{Scope, ScopeOptions, resolve};
use crate::project::Config;
use crate::schema::Schema;
use crate::source::visible;

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

/// A sequence has phases that are not in the folder.
fn waits(scope: &Scope) -> Result<bool, Failure> {
    let Some(deferral) = scope.framework.deferral else { return Ok(false) };
    let sequences = sequences(&deferral.folder(&scope.folder))?;
    Ok(sequences.iter().any(|(_, sequence)| sequence.next().is_some()))
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
    let kept = scope.framework.folder;
    match adopt(kept, ledger.as_ref(), &folder, &arguments.database_url, arguments.dry_run)? {
        Adopted::Nothing(why) => anstream::println!("nothing to adopt: {}", visible(&why)),
        Adopted::InPlace(names) => anstream::println!(
            "nothing to adopt: the schema is what the folder makes, and the migrator does not look at what {} holds",
            visible(&names.join(", "))
        ),
        Adopted::Differs(differences) => {
            anstream::println!("not adopted: the database is not what the folder makes (- folder, + database)");
            differences.iter().for_each(|difference| anstream::println!("  {}", visible(difference)));
            if waits(&scope)? {
                anstream::println!(
                    "a phase waits that this database has behind it: what it takes away is still in the folder (`safestep status`); \
                     bring it back here, or reset this database"
                );
            }
            return Ok(ExitCode::from(1));
        }
        Adopted::Recorded { statements, .. } if arguments.dry_run => {
            statements.iter().for_each(|statement| anstream::println!("{statement};"));
        }
        Adopted::Recorded { adoptions, .. } => {
            for adoption in adoptions {
                let files = match adoption.new.len() {
                    1 => "1 file".to_owned(),
                    count => format!("{count} files"),
                };
                anstream::println!("adopted {}: {files} stand for it, recorded as applied", visible(&adoption.old));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
