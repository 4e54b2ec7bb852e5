//! How phases wait for deploys in a project, and how its model says what each phase has in the database.

use camino::{Utf8Path, Utf8PathBuf};

use super::Found;
use super::migration::Migration;
use crate::plan::Owned;
use crate::schema::Schema;

/// Files with their texts.
pub type Texts = Vec<(Utf8PathBuf, String)>;

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
    /// The file of a migration in its own folder, where it waits.
    fn file(&self) -> &'static str;
    /// The files that say what the application has in the database; where there are none, nothing waits.
    fn model_files(&self, migrations: &Utf8Path) -> Vec<Utf8PathBuf>;
    /// What they say.
    fn model(&self, files: Texts) -> Box<dyn Model>;
    /// The command that runs what is in the folder.
    fn deploy_command(&self) -> &'static str;
}

/// What an application has in the database, as its files say it. What is not changed stays as it is, byte for byte.
pub trait Model {
    /// All of this is there as in `schema`, and the application does not use it.
    ///
    /// # Errors
    /// What the files cannot say.
    fn keep_unused(&mut self, all: &[Owned], schema: &Schema) -> Result<(), NotKept>;
    /// None of this is there.
    ///
    /// # Errors
    /// Why the files cannot say that.
    fn remove(&mut self, all: &[Owned]) -> Result<(), String>;
    /// The application reads or writes it.
    fn uses(&self, owned: &Owned) -> bool;
    /// The lines that say something of it.
    fn lines(&self, owned: &Owned) -> Vec<String>;
    /// The line with which the application calls it by the name that it is to get, and the database stays as it is.
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
