//! How phases wait for deploys in a project, and how its model says what each phase has in the database.

use camino::{Utf8Path, Utf8PathBuf};

use super::migration::Migration;
use super::{Found, FrameworkError};
use crate::plan::Owned;
use crate::schema::Schema;
use crate::source::{SourceFile, is_there};

/// Files with their texts.
pub type Texts = Vec<(Utf8PathBuf, String)>;

/// The text of a file of the project, as it is on disk or was at some commit; `None` where there is none.
pub type Read<'a> = dyn Fn(&Utf8Path) -> Result<Option<String>, FrameworkError> + 'a;

/// The text of a file as it is on disk.
///
/// # Errors
/// When it is there and cannot be read.
pub fn on_disk(path: &Utf8Path) -> Result<Option<String>, FrameworkError> {
    match is_there(path) {
        true => Ok(Some(SourceFile::read(path)?.text)),
        false => Ok(None),
    }
}

/// What a framework needs so that phases can wait beside its migrations.
pub trait Deferral: Sync {
    /// The folder that a migration is one of.
    fn migrations(&self, found: &Found) -> Utf8PathBuf;
    /// Where the sequences of a migrations folder wait. Nothing looks for migrations there.
    fn folder(&self, migrations: &Utf8Path) -> Utf8PathBuf;
    /// Why a migration cannot leave the folder, if it cannot.
    fn must_stay(&self, _migration: &Migration) -> Option<String> {
        None
    }
    /// Why all of a migration must be in one file, if it must.
    fn is_whole(&self, _migration: &Migration) -> Option<String> {
        None
    }
    /// What takes another one's name can wait as well: a view that has a table's old name, a column that two have swapped.
    fn keeps_swaps(&self) -> bool {
        false
    }
    /// The file of a migration in its own folder, where it waits.
    fn file(&self) -> &'static str;
    /// The files that say what the application has in the database, as `read` gives them; where there are none, nothing waits.
    ///
    /// # Errors
    /// Those of `read`, and files that are not what the framework writes.
    fn model_files(&self, migrations: &Utf8Path, read: &Read<'_>) -> Result<Texts, FrameworkError>;
    /// How the files with the model are found, where no place is theirs: then something can wait also where there are none, and
    /// [`Deferral::model_files`] is not asked.
    fn anywhere(&self, _migrations: &Utf8Path) -> Option<Anywhere> {
        None
    }
    /// What they say.
    fn model(&self, files: Texts) -> Box<dyn Model>;
    /// The command that runs what is in the folder.
    fn deploy_command(&self) -> &'static str;
    /// What [`Model::lines_of`] are for, as a sentence that ends in a colon.
    fn meanwhile(&self) -> &'static str {
        "The model keeps it, so that no generator drops it before its time:"
    }
    /// What the report says where there are such lines, as a sentence.
    fn in_report(&self) -> Option<&'static str> {
        None
    }
    /// What to know while a phase waits, a sentence each.
    fn beware(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Files that may be anywhere in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anywhere {
    /// The project's folder.
    pub below: Utf8PathBuf,
    /// What their names end in, the dot included.
    pub ending: &'static str,
    /// Each has one of these words.
    pub words: &'static [&'static str],
}

/// Whether an application uses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// It does, and where, if somebody can say.
    Used(Option<String>),
    /// It does not.
    Unused,
    /// Nobody can tell, and why.
    Unknown(String),
}

/// What an application has in the database, as its files say it. What is not changed stays as it is, byte for byte.
pub trait Model {
    /// All of this is there as in `schema`, and the application, whose model follows `migration`, does not use it.
    ///
    /// # Errors
    /// What the files cannot say.
    fn keep_unused(&mut self, all: &[Owned], migration: &str, schema: &Schema) -> Result<(), NotKept>;
    /// None of this is there.
    ///
    /// # Errors
    /// Why the files cannot say that.
    fn remove(&mut self, all: &[Owned]) -> Result<(), String>;
    /// The application reads or writes it, which goes with `migration`.
    fn uses(&self, owned: &Owned, migration: &str) -> bool;
    /// The same, where more is known of it or less.
    fn usage(&self, owned: &Owned, migration: &str) -> Usage {
        match self.uses(owned, migration) {
            true => Usage::Used(None),
            false => Usage::Unused,
        }
    }
    /// The lines that say something of it.
    fn lines(&self, owned: &Owned) -> Vec<String>;
    /// The lines that say something of them.
    fn lines_of(&self, all: &[Owned]) -> Vec<String> {
        all.iter().flat_map(|owned| self.lines(owned)).collect()
    }
    /// What somebody does who wants the application to call it by the name that it is to get, and the database to stay as it is: the
    /// end of a sentence.
    fn mapped(&self, owned: &Owned) -> Option<String>;
    /// The files as they are to be.
    fn files(&self) -> &Texts;
}

/// Something that a model cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKept {
    /// Of what, by index.
    pub at: usize,
    /// Why.
    pub why: String,
}
