//! How phases wait for deploys in a project, and how its model says what each phase has in the database.

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, WalkBuilder};

use super::migration::Migration;
use super::{Found, FrameworkError};
use crate::plan::Owned;
use crate::schema::Schema;
use crate::source::{SourceFile, is_installed, is_there};

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
    /// Those of them that have one of these words, with their texts. What cannot be read as text is not among them.
    ///
    /// # Errors
    /// When nobody can tell.
    fn with_words(&self, folder: &Utf8Path, ending: &str, words: &[&str]) -> Result<Texts, FrameworkError> {
        let paths = self.below(folder, ending)?.into_iter();
        let texts = paths.filter_map(|path| self.text(&path).ok().flatten().map(|text| (path, text)));
        Ok(texts.filter(|(_, text)| words.iter().any(|word| text.contains(word))).collect())
    }
}

/// The files as they are on disk. What is hidden, ignored, installed or behind a link is not looked for.
pub struct OnDisk;

impl Files for OnDisk {
    fn text(&self, path: &Utf8Path) -> Result<Option<String>, FrameworkError> {
        match is_there(path) {
            true => Ok(Some(SourceFile::read(path)?.text)),
            false => Ok(None),
        }
    }

    fn below(&self, folder: &Utf8Path, ending: &str) -> Result<Vec<Utf8PathBuf>, FrameworkError> {
        let mut walk = WalkBuilder::new(folder);
        let is_own = |entry: &DirEntry| entry.depth() == 0 || !is_installed(entry.file_name());
        walk.follow_links(false).sort_by_file_name(Ord::cmp).filter_entry(is_own);
        let files = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        let paths = files.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok());
        Ok(paths.filter(|path| path.extension() == Some(ending)).collect())
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
    /// Phases wait also where there are no such files: nothing in them has to follow. They are looked for when something waits.
    fn waits_without_model(&self) -> bool {
        false
    }
    /// What they say.
    fn model(&self, files: Texts) -> Box<dyn Model>;
    /// The command that runs what is in the folder.
    fn deploy_command(&self) -> &'static str;
    /// What [`Model::lines_of`] are for, as a sentence that ends in a colon.
    fn meanwhile(&self) -> &'static str {
        "The model keeps it, so that no generator drops it before its time:"
    }
    /// What to know while a phase waits, a sentence each.
    fn beware(&self) -> &'static [&'static str] {
        &[]
    }
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
    /// What somebody writes by hand for the deploy that the last phase waits for: a sentence.
    fn by_hand(&self, _owned: &Owned) -> Option<String> {
        None
    }
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
