//! Drizzle: `NAME.sql` listed in `meta/_journal.json` up to 0.x, `NAME/migration.sql` beside `snapshot.json` from 1.0 on.
//!
//! The migrators run everything pending in one transaction and send each file chunk by chunk, cut at a literal marker.
//! What is applied is told by a journal's time (0.x) or a folder's name (1.x), never by a file's content: a sequence takes
//! the place of its migration's content, and nothing else in the folder changes.

mod config;
mod journal;
mod layout;

use camino::{Utf8Path, Utf8PathBuf};

use super::ledger::Ledger;
use super::migration::{Migration, Sending};
use super::order::locale_compare;
use super::{Found, Framework, FrameworkError, LaidOut, Layout, LayoutSettings, Refusal};
use crate::plan::{Runner, Sequence};

/// The framework.
pub struct Drizzle;

/// Cuts a file into what is sent to the server one by one; the migrators look for exactly this text, anywhere.
const SEPARATOR: &str = "--> statement-breakpoint";
const FILE: &str = "migration.sql";
const SNAPSHOT: &str = "snapshot.json";

/// Where projects keep their migrations when no `drizzle.config` says it.
const USUAL: [&str; 10] = [
    "drizzle",
    "migrations",
    "drizzle/migrations",
    "db/migrations",
    "db/drizzle",
    "src/db/migrations",
    "src/db/drizzle",
    "src/drizzle",
    "src/drizzle/migrations",
    "lib/db/migrations",
];

impl Framework for Drizzle {
    fn name(&self) -> &'static str {
        "drizzle"
    }

    fn ledger_tables(&self) -> &'static [&'static str] {
        &["__drizzle_migrations"]
    }

    fn ledger(&self) -> Option<&'static dyn Ledger> {
        None
    }

    fn sending(&self) -> Sending {
        Sending { separator: Some(SEPARATOR), in_transaction: true }
    }

    fn runner(&self) -> Runner {
        Runner { several_statements_per_unit: false }
    }

    /// A folder with a journal or with `NAME/migration.sql` and its snapshot; else the `out` of a `drizzle.config` there;
    /// else the usual places below a project.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if is_folder(path) {
            return Some(path.to_owned());
        }
        let usual = USUAL.iter().map(|place| path.join(place));
        config::out_folders(path).into_iter().chain(usual).find(|place| is_folder(place))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
        match journal::of(folder).is_file() {
            true => journal::list(folder),
            false => list_folders(folder),
        }
    }

    fn is_migration(&self, file: &Utf8Path) -> bool {
        file.extension() == Some("sql")
    }

    fn sort(&self, found: &mut [Found]) {
        let journal = found.first().and_then(|f| f.file.parent()).map(journal::list).and_then(Result::ok);
        match journal {
            Some(listed) => found.sort_by_key(|f| listed.iter().position(|l| l.file == f.file)),
            None => found.sort_by_cached_key(|f| locale_compare(&f.name)),
        }
    }

    fn refuses_layout(&self, layout: Layout) -> Option<&'static str> {
        (layout == Layout::Step).then_some("safestep writes the steps of a Drizzle migration into its own file only")
    }

    fn refuses(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Option<Refusal> {
        layout::refuse(migration, sequence, settings)
    }

    fn lay_out(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut> {
        layout::lay_out(migration, sequence, settings)
    }
}

fn is_folder(path: &Utf8Path) -> bool {
    journal::of(path).is_file()
        || path.read_dir_utf8().is_ok_and(|entries| {
            entries.flatten().any(|e| e.path().join(FILE).is_file() && e.path().join(SNAPSHOT).is_file())
        })
}

/// Every folder in it that holds a `migration.sql`, in the order in which the migrator compares their names.
fn list_folders(folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
    let unlistable = |source| FrameworkError::Unlistable { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().map_err(unlistable)? {
        let entry = entry.map_err(unlistable)?;
        let (name, file) = (entry.file_name(), entry.path().join(FILE));
        if !file.is_file() {
            continue;
        }
        let digits = name.chars().take_while(char::is_ascii_digit).count();
        if digits < 14 {
            let why =
                "the folder's name must begin with 14 digits (YYYYMMDDHHMMSS): the migrator makes its time of them";
            return Err(FrameworkError::Unusable { path: entry.path().to_owned(), why: why.into() });
        }
        journal::check_dialect(&entry.path().join(SNAPSHOT))?;
        found.push(Found { name: name.to_owned(), file });
    }
    found.sort_by_cached_key(|f| locale_compare(&f.name));
    Ok(found)
}
