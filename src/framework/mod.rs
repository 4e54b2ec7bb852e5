//! The frameworks: how each keeps its migrations, how its runner executes them, and how a sequence is laid out in its files.
//!
//! A framework knows files and its runner; it knows no lock and no rule. What SQL files have in common is in
//! [`migration`], [`page`] and [`plpgsql`].

mod blocks;
mod config_file;
pub mod drizzle;
pub mod header;
pub mod ledger;
pub mod migration;
mod order;
pub mod page;
pub mod plpgsql;
pub mod prisma;
mod rerun;
mod session;
mod undo;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::{Runner, Sequence};
use crate::schema::Schema;
use crate::source::SourceError;
pub use blocks::in_blocks;
use ledger::Ledger;
use migration::Migration;

/// One migration on disk, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name as the framework records it.
    pub name: String,
    /// The file that holds its statements.
    pub file: Utf8PathBuf,
}

/// A file of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidOut {
    /// Where it goes.
    pub path: Utf8PathBuf,
    /// What it holds.
    pub content: String,
    /// The first block of the sequence that it holds, by index.
    pub block: usize,
}

/// A migration that files of a sequence replace, on its way into the folder.
pub struct Replaced<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// The sequence.
    pub sequence: &'a Sequence,
    /// What replaces it, in order.
    pub files: &'a mut Vec<LaidOut>,
    /// What else in the folder changes with it.
    pub beside: Beside,
    /// What to know of it, one sentence each.
    pub notes: Vec<String>,
}

/// Files beside a sequence that change with it: a journal, snapshots, migrations that move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// What is there now, by its path.
    pub before: Vec<(Utf8PathBuf, String)>,
    /// What is there afterwards, by its path.
    pub after: Vec<(Utf8PathBuf, String)>,
}

/// A migration that has no place for several files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoom {
    /// Which of the replaced migrations, by index.
    pub at: usize,
    /// Why, as a sentence.
    pub why: String,
}

/// A migration that cannot be laid out as a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The item that stands in the way.
    pub item: usize,
    /// Why, as the end of a sentence that begins with the item.
    pub why: String,
}

/// How the blocks of a sequence become files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A file for each block.
    Step,
    /// A file for each phase.
    Phase,
}

/// What a layout needs to know beside the sequence.
#[derive(Debug, Clone)]
pub struct LayoutSettings {
    /// How long one attempt may wait for its locks, as PostgreSQL writes it; `None` leaves it unbounded.
    pub lock_timeout: Option<String>,
    /// How often a brief step tries.
    pub lock_attempts: u32,
    /// Rows per batch.
    pub batch_size: u64,
    /// Pause between batches, in seconds.
    pub batch_pause: f64,
    /// The oldest server version.
    pub postgres: u32,
    /// The layout that is wanted; `None` leaves it to the framework.
    pub layout: Option<Layout>,
    /// Why this sequence gets no more than one file, whatever layout is wanted.
    pub one_file: Option<String>,
}

/// A migration framework.
pub trait Framework: Sync {
    /// Its name in `--framework` and in reports.
    fn name(&self) -> &'static str;
    /// The tables in which its runner writes down what it has run, without their schema.
    fn ledger_tables(&self) -> &'static [&'static str];
    /// How the ledger of this folder's runner is told of a sequence that stands for a migration.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError>;
    /// What its runner does.
    fn runner(&self) -> Runner;
    /// The migrations folder of a project or folder at `path`, when it is one of this framework's.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf>;
    /// The migrations of a folder, in the order in which the runner applies them.
    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError>;
    /// What stands among the migrations of a folder like one and is not listed, with the reason, one sentence each.
    fn skipped(&self, _folder: &Utf8Path, _listed: &[Found]) -> Vec<String> {
        Vec::new()
    }
    /// What the framework wrote down of the schema beside its migrations.
    fn records(&self, _history: &[Found]) -> Box<dyn Records> {
        Box::new(NoRecords)
    }
    /// True for the path of a file that [`Framework::list`] needs to see.
    fn is_listed_by(&self, file: &Utf8Path) -> bool;
    /// The files of `folder` that stand for a migration, by index. `folder` has the migrations that are there now with their
    /// texts, `originals` the names of those that were there before, both in the runner's order.
    fn stand_for(&self, original: usize, originals: &[&str], folder: &[(String, String)]) -> Vec<usize> {
        let name = originals[original];
        let stands = |other: &str| {
            let follows = other.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
            other == name || (follows && !originals.contains(&other))
        };
        (0..folder.len()).filter(|at| stands(&folder[*at].0)).collect()
    }
    /// The name that the framework records for a migration in this file.
    fn name_of(&self, file: &Utf8Path) -> String {
        file.parent().and_then(Utf8Path::file_name).unwrap_or(file.as_str()).to_owned()
    }
    /// Why it cannot be laid out like that, if it cannot.
    fn refuses_layout(&self, layout: Layout) -> Option<&'static str>;
    /// What stands in the way of laying a sequence out, if something does.
    fn refuses(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Option<Refusal>;
    /// What to know of its runner before the sequence runs, one sentence each.
    fn notes(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<String>;
    /// The files of a sequence that replaces `migration`.
    fn lay_out(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut>;
    /// How many files a sequence becomes, where that needs no more than the sequence and all of them have their places.
    fn number_of_files(&self, _sequence: &Sequence) -> Option<usize> {
        None
    }
    /// Gives the files that replace migrations of a folder their places in it, and changes what the folder keeps of them.
    /// `history` and `replaced` are in the runner's order; only migrations `in_scope` may get other names. Returns those
    /// that have no place for several files; when there are any, nothing is placed.
    ///
    /// # Errors
    /// When the folder is not as the framework writes it, with the file that shows it and what to do.
    fn place(
        &self,
        _history: &[Found],
        _in_scope: &(dyn Fn(&Found) -> bool + Sync),
        _replaced: &mut [Replaced<'_>],
    ) -> Result<Vec<NoRoom>, FrameworkError> {
        Ok(Vec::new())
    }
}

/// The schemas that a framework wrote down beside the migrations of a history, each by its migration's index.
pub trait Records: Sync {
    /// The file that holds the schema after a migration; `None` where nothing does.
    fn file(&self, at: usize) -> Option<&Utf8Path>;
    /// The schema after it, as far as the framework knows it; empty where there is no file.
    ///
    /// # Errors
    /// When the file is not what the framework writes.
    fn after(&self, at: usize) -> Result<Schema, FrameworkError>;
}

/// Of a framework that writes no schema down, or none that can be read.
struct NoRecords;

impl Records for NoRecords {
    fn file(&self, _at: usize) -> Option<&Utf8Path> {
        None
    }

    fn after(&self, _at: usize) -> Result<Schema, FrameworkError> {
        Ok(Schema::default())
    }
}

/// What can go wrong with a migrations folder.
#[derive(Debug, thiserror::Error)]
pub enum FrameworkError {
    /// The folder cannot be listed.
    #[error("{path}: cannot be listed: {source}")]
    Unlistable {
        /// The folder.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder is for another database.
    #[error("{path}: these migrations are for {provider}, not for PostgreSQL: left alone")]
    OtherDatabase {
        /// The file that says so.
        path: Utf8PathBuf,
        /// The database.
        provider: String,
    },
    /// The folder is not as the runner needs it, or in a form that safestep does not rewrite.
    #[error("{path}: {why}")]
    Unusable {
        /// The file or folder that shows it.
        path: Utf8PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A string, quoted name or comment never ends.
    #[error(
        "{path}:{position}: this never ends: close the string, quoted name, dollar quote or comment that begins here"
    )]
    Unterminated {
        /// The file.
        path: Utf8PathBuf,
        /// Where it begins.
        position: crate::source::Position,
    },
}

/// A file with CRLF stays one. A line break in a string, a quoted name or a dollar quote is part of its value and stays
/// as it is; in the blocks that safestep writes that goes for what is in them.
fn with_line_ends_of(original: &str, content: String) -> String {
    if original.contains("\r\n") { with_crlf(&content) } else { content }
}

fn with_crlf(text: &str) -> String {
    let ends = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mut out = String::new();
    let mut at = 0;
    for literal in crate::sql::literals(text) {
        out += &ends(&text[at..literal.start]);
        let value = literal.slice(text);
        let tag = value.strip_prefix("$safestep").and_then(|rest| rest.split_once('$')).map(|(number, _)| number);
        match tag.map(|number| format!("$safestep{number}$")).filter(|tag| value.len() >= 2 * tag.len()) {
            Some(tag) => out += &format!("{tag}{}{tag}", with_crlf(&value[tag.len()..value.len() - tag.len()])),
            None => out += value,
        }
        at = literal.end;
    }
    out + &ends(&text[at..])
}

/// Every framework.
pub static FRAMEWORKS: &[&dyn Framework] = &[&prisma::Prisma, &drizzle::Drizzle];

/// SQL that comes without a folder is laid out as Prisma's: files of one statement, which every runner can run.
pub static PLAIN: &dyn Framework = &prisma::Prisma;

#[cfg(test)]
mod tests {
    use super::with_line_ends_of;

    #[test]
    fn line_ends_of_literals_are_values() {
        let (crlf, lf) = ("SELECT 1;\r\n", "SELECT 1;\n");
        for (content, expected) in [
            ("SELECT 1\n, 2;\n", "SELECT 1\r\n, 2;\r\n"),
            ("SELECT 'a\nb',\n'c\r\nd';\n", "SELECT 'a\nb',\r\n'c\r\nd';\r\n"),
            (
                "DO $safestep$\nBEGIN\n  SELECT 'a\nb';\nEND\n$safestep$;\n",
                "DO $safestep$\r\nBEGIN\r\n  SELECT 'a\nb';\r\nEND\r\n$safestep$;\r\n",
            ),
            ("-- it's\nSELECT \"a\nb\"\n", "-- it's\r\nSELECT \"a\nb\"\r\n"),
        ] {
            assert_eq!(with_line_ends_of(crlf, content.to_owned()), expected);
            assert_eq!(with_line_ends_of(lf, content.to_owned()), content);
        }
    }
}
