//! The frameworks: how each keeps its migrations, how its runner executes them, and how a sequence reads in its files.
//!
//! This page is what a framework is. It knows files and its runner; it knows no lock and no rule. To add one, write its four
//! parts in a folder of its own and list it in [`FRAMEWORKS`], or give it to [`crate::pipeline::resolve`]. What frameworks
//! have in common are functions beside this page, for their parts to call.

pub mod alembic;
mod blocks;
mod config_file;
pub mod deferral;
pub mod drizzle;
mod error;
pub mod header;
mod inverse;
mod layout;
pub mod ledger;
mod line_ends;
pub mod migration;
mod order;
pub mod origin;
pub mod page;
pub mod plpgsql;
pub mod prisma;
pub mod rails;
mod remark;
mod rerun;
mod seconds;
mod session;
mod stand_for;
pub mod statements;
pub mod text;
mod undo;
mod words;
mod written_schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::Runner;
use crate::schema::Schema;
use crate::source::SourceFile;
pub use blocks::in_blocks;
use deferral::Deferral;
pub use error::FrameworkError;
pub use header::NAME;
pub use layout::{
    Body, CompanionFiles, Incoming, LaidOut, Layout, LayoutSettings, NoRoom, Placed, Placement, Sequenced,
};
use ledger::Ledger;
use migration::Migration;
pub use remark::Remark;
pub use stand_for::stand_for_by_name;
pub use written_schema::{Unwritten, WrittenSchemas};

/// A migration framework, in four parts, and one more where phases can wait.
pub struct Framework {
    /// Its name in `--framework` and in reports.
    pub name: &'static str,
    /// The command that makes a migration and does not run it.
    pub create_command: &'static str,
    /// What begins a comment line in its files.
    pub comment_sign: &'static str,
    /// What its runner does with the files.
    pub runner: Runner,
    /// How it keeps migrations.
    pub folder: &'static dyn Folder,
    /// How a sequence reads in its files.
    pub idiom: &'static dyn Idiom,
    /// How files get their names and versions.
    pub place: &'static dyn Place,
    /// How phases wait for deploys; `None` where none can.
    pub deferral: Option<&'static dyn Deferral>,
}

/// One migration on disk, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name as the framework records it.
    pub name: String,
    /// The file that holds its statements.
    pub file: Utf8PathBuf,
    /// The migrations that it follows, by index in the list; `None` for the one before it, where no history has branches.
    pub follows: Option<Vec<usize>>,
}

impl Found {
    /// A migration that follows the one before it.
    pub fn next(name: String, file: Utf8PathBuf) -> Found {
        Found { name, file, follows: None }
    }
}

/// Values of environment variables, by which files that are programs may go.
pub type Variables = Arc<BTreeMap<String, String>>;

/// How a framework keeps its migrations, and what it remembers of them.
pub trait Folder: Sync {
    /// The migrations folder of a project or folder at `path`, when it is one of this framework's.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf>;
    /// The migrations of a folder, in the order in which the runner applies them.
    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError>;
    /// True for the path of a file that [`Folder::list`] and [`Folder::read`] need to see.
    fn is_listed_by(&self, file: &Utf8Path) -> bool;
    /// What stands among the migrations of a folder like one and is not listed, with the reason, one sentence each.
    fn skipped(&self, _folder: &Utf8Path, _listed: &[Found]) -> Vec<String> {
        Vec::new()
    }
    /// The migration of that name, whose file holds this.
    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError>;
    /// The same migration, where what its statements are depends on the catalog that it meets; `None` where its text says all.
    fn read_against(&self, _migration: &Migration, _before: &Schema) -> Option<Migration> {
        None
    }
    /// The same where environment variables have these values.
    ///
    /// # Errors
    /// As [`Folder::read`].
    fn read_with(&self, name: &str, source: SourceFile, _variables: &Variables) -> Result<Migration, FrameworkError> {
        self.read(name, source)
    }
    /// What the framework wrote down of the schema beside its migrations.
    fn written_schemas(&self, _history: &[Found]) -> Box<dyn WrittenSchemas> {
        Box::new(Unwritten)
    }
    /// What the project around these migrations says that decides whether they can be rewritten.
    ///
    /// # Errors
    /// When a file of the project that says so cannot be used.
    fn remarks(&self, _history: &[Found]) -> Result<Vec<Remark>, FrameworkError> {
        Ok(Vec::new())
    }
    /// The migrations of `folder` that stand for one, by index. `folder` has those that are there now, `originals` the names
    /// of those that were there before, both in the runner's order.
    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize>;
    /// How the ledger of this folder's runner is read and told of a sequence that stands for a migration.
    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError>;
}

/// How a sequence reads in a framework's files.
pub trait Idiom: Sync {
    /// Why it cannot be laid out like that, if it cannot.
    fn refuses_layout(&self, _layout: Layout) -> Option<&'static str> {
        None
    }
    /// What to know of its runner before the sequence runs, one sentence each.
    fn notes(&self, _of: &Sequenced<'_>) -> Vec<String> {
        Vec::new()
    }
    /// Its files let a concurrent build take its time, whatever timeouts the session has.
    fn lifts_timeouts(&self) -> bool {
        false
    }
    /// What the files of a sequence hold, in order.
    fn bodies(&self, of: &Sequenced<'_>) -> Vec<Body>;
    /// What stands in the migration's place while all of it waits for a deploy; `None` where it leaves the folder.
    fn nothing_yet(&self, _migration: &Migration) -> Option<Body> {
        None
    }
}

/// How files get their places in a folder.
pub trait Place: Sync {
    /// Whatever is in the folder, every sequence has its place there.
    fn has_room_for_all(&self) -> bool {
        true
    }
    /// A database that ran a migration knows only one of the files that replace it, and runs the others.
    fn others_run_again(&self, _migration: &Migration) -> bool {
        false
    }
    /// Gives the bodies of sequences their places, and changes what the folder keeps of its migrations. `history` and
    /// `incoming` are in the runner's order; only migrations `in_scope` may get other names.
    ///
    /// # Errors
    /// When the folder is not as the framework writes it, with the file that shows it and what to do.
    fn place(
        &self,
        history: &[Found],
        in_scope: &(dyn Fn(&Found) -> bool + Sync),
        incoming: &[Incoming<'_>],
    ) -> Result<Placement, FrameworkError>;
}

impl std::fmt::Debug for Framework {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Framework {
    /// Reads a migration from its file.
    ///
    /// # Errors
    /// When the file cannot be read as text, or something in it never ends.
    pub fn read(&self, found: &Found) -> Result<Migration, FrameworkError> {
        self.read_with(found, &Variables::default())
    }

    /// The same where environment variables have these values.
    ///
    /// # Errors
    /// As [`Framework::read`].
    pub fn read_with(&self, found: &Found, variables: &Variables) -> Result<Migration, FrameworkError> {
        self.folder.read_with(&found.name, SourceFile::read(&found.file)?, variables)
    }

    /// A migration that was read, as it reads where it meets that catalog, which is the one behind it afterwards.
    pub fn meet(&self, migration: Migration, schema: &mut Schema) -> Migration {
        let migration = self.folder.read_against(&migration, schema).unwrap_or(migration);
        migration.items.iter().for_each(|item| schema.apply(&item.operation));
        migration
    }
}

/// Every framework that safestep knows by itself.
pub static FRAMEWORKS: &[&Framework] = &[&prisma::PRISMA, &drizzle::DRIZZLE, &alembic::ALEMBIC, &rails::RAILS];

/// SQL that comes without a folder is laid out as Prisma's: files of one statement, which every runner can run.
pub static PLAIN: &Framework = &prisma::PRISMA;
