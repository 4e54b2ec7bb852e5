//! How phases wait for deploys in a project, and how its model says what each phase has in the database.

use camino::{Utf8Path, Utf8PathBuf};

use super::migration::Migration;
use super::{Found, FrameworkError};
use crate::plan::Owned;
use crate::schema::Schema;
use crate::source::{SourceFile, is_there};

/// Files with their texts.
pub type Texts = Vec<(Utf8PathBuf, String)>;

/// The files of a project, as they are on disk or were at some commit.
pub trait Files {
    /// The text of a file; `None` where there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn text(&self, path: &Utf8Path) -> Result<Option<String>, FrameworkError>;
    /// The files below a folder with that ending, in the order of their paths; none where there is no such folder.
    ///
    /// # Errors
    /// When nobody can tell.
    fn below(&self, folder: &Utf8Path, ending: &str) -> Result<Vec<Utf8PathBuf>, FrameworkError>;
}

/// The files as they are on disk. What is hidden or a link to another folder has none.
pub struct OnDisk;

impl Files for OnDisk {
    fn text(&self, path: &Utf8Path) -> Result<Option<String>, FrameworkError> {
        match is_there(path) {
            true => Ok(Some(SourceFile::read(path)?.text)),
            false => Ok(None),
        }
    }

    fn below(&self, folder: &Utf8Path, ending: &str) -> Result<Vec<Utf8PathBuf>, FrameworkError> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let path = entry.path().to_owned();
                match kind.is_dir() {
                    true if !entry.file_name().starts_with('.') => folders.push(path),
                    false if path.extension() == Some(ending) && path.is_file() => found.push(path),
                    true | false => {}
                }
            }
        }
        found.sort();
        Ok(found)
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
    /// What a migration is called where its phases wait: a name for people, and of a folder.
    fn called(&self, migration: &Migration) -> String {
        migration.name.clone()
    }
    /// The file of a migration in its own folder, where it waits.
    fn file(&self) -> &'static str;
    /// The files that say what the application has in the database.
    ///
    /// # Errors
    /// Those of `files`, and files that are not what the framework writes.
    fn model_files(&self, migrations: &Utf8Path, files: &dyn Files) -> Result<Texts, FrameworkError>;
    /// Phases wait also where there are no such files: nothing in them has to follow.
    fn waits_without_model(&self) -> bool {
        false
    }
    /// What they say.
    fn model(&self, files: Texts) -> Box<dyn Model>;
    /// The command that runs what is in the folder.
    fn deploy_command(&self) -> &'static str;
    /// What [`Model::lines`] are for, as the end of a paragraph about new code.
    fn why_lines(&self) -> &'static str {
        "The model keeps it, so that no generator drops it before its time:"
    }
    /// What to know while a phase waits, a sentence each.
    fn beware(&self) -> &'static [&'static str] {
        &[]
    }
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
    /// What is known of that, for people.
    fn usage(&self, owned: &Owned, migration: &str) -> Usage {
        match self.uses(owned, migration) {
            true => Usage::Used(None),
            false => Usage::Unused,
        }
    }
    /// The lines that say something of it.
    fn lines(&self, owned: &Owned) -> Vec<String>;
    /// What somebody writes by hand for the deploy that the last phase waits for: a sentence.
    fn by_hand(&self, _owned: &Owned) -> Option<String> {
        None
    }
    /// What somebody does who wants the application to call it by the name that it is to get, and the database to stay as it is: the
    /// end of a sentence.
    fn mapped(&self, owned: &Owned) -> Option<String>;
    /// The files as they are to be.
    fn files(&self) -> &Texts;
}

/// What is known of whether an application uses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// It does, or nobody can tell that it does not; where that is seen.
    Used(Option<String>),
    /// It does not.
    Unused,
    /// The model does not speak of it, and why.
    Unknown(String),
}

/// Something that a model cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKept {
    /// Of what, by index.
    pub at: usize,
    /// Why.
    pub why: String,
}
