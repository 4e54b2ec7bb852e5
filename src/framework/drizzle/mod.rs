//! Drizzle: `NAME.sql` listed in `meta/_journal.json` up to 0.x, `NAME/migration.sql` beside `snapshot.json` from 1.0 on.
//!
//! The migrators run everything pending in one transaction and send each file chunk by chunk, cut at a literal marker.
//! What is applied is told by a journal's time (0.x) or a folder's name (1.x), never by a file's content: a sequence takes
//! the place of its migration's content, and nothing else in the folder changes. With a file for each step, the last one has
//! the migration's time or name, so that a database that ran the migration knows it.

mod chain;
mod config;
mod folders;
mod journal;
mod json;
mod layout;
mod ledger;
mod names;
mod numbering;
mod parts;
mod runners;
mod seconds;
mod snapshot;

use camino::{Utf8Path, Utf8PathBuf};

use super::ledger::Ledger;
use super::migration::Migration;
use super::order::locale_compare;
use super::{Found, Framework, FrameworkError, LaidOut, Layout, LayoutSettings, NoRoom, Records, Refusal, Replaced};
use crate::plan::{Begins, Leaves, Resumes, Runner, Sends, Sequence, Unit, UnitKind};
use crate::source::{follow, is_there};

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
        &[ledger::TABLE]
    }

    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        Ok(Box::new(ledger::DrizzleLedger::of(folder)?))
    }

    fn runner(&self) -> Runner {
        Runner {
            sends: Sends::Chunks(SEPARATOR),
            begins: Begins::Run,
            leaves: Leaves::ByCommit,
            resumes: Resumes::AtBeginningOfFile,
        }
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

    fn records(&self, history: &[Found]) -> Box<dyn Records> {
        snapshot::records(history)
    }

    fn skipped(&self, folder: &Utf8Path, _: &[Found]) -> Vec<String> {
        if journal::of(folder).is_file() {
            return Vec::new();
        }
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let links = entries.map(|entry| entry.path().to_owned()).filter(|path| path.is_symlink());
        let mut skipped: Vec<_> = links.filter(|path| path.metadata().is_err()).collect();
        skipped.sort();
        skipped.iter().map(|path| format!("{path}: is a link that leads nowhere: left out")).collect()
    }

    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        file.extension() == Some("sql") || file.ends_with("meta/_journal.json")
    }

    fn stand_for(&self, original: usize, originals: &[&str], folder: &[(String, String)]) -> Vec<usize> {
        names::stand_for(original, originals, folder)
    }

    fn name_of(&self, file: &Utf8Path) -> String {
        let of_folder = file.file_name() == Some(FILE);
        let name = if of_folder { file.parent().and_then(Utf8Path::file_name) } else { file.file_stem() };
        name.unwrap_or(file.as_str()).to_owned()
    }

    fn refuses_layout(&self, _: Layout) -> Option<&'static str> {
        None
    }

    fn refuses(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Option<Refusal> {
        layout::refuse(migration, sequence, settings)
    }

    fn notes(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<String> {
        if sequence.units.is_empty() {
            return Vec::new();
        }
        let proved = "proved with drizzle-kit migrate and migrate() over node-postgres, postgres-js and PGlite; not for \
                      neon-http, and not inside db.transaction()";
        let takes_time = |unit: &Unit| matches!(unit.kind, UnitKind::Alone | UnitKind::Validate);
        let lifetime =
            "postgres-js closes its connection after 30 to 60 minutes: ?max_lifetime=86400 on the URL for long steps";
        let lifetime = sequence.units.iter().any(takes_time).then(|| lifetime.to_owned());
        let of_files = layout::notes(migration, sequence, settings);
        [proved.to_owned()].into_iter().chain(lifetime).chain(of_files).collect()
    }

    fn lay_out(&self, migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut> {
        layout::lay_out(migration, sequence, settings)
    }

    fn place(
        &self,
        history: &[Found],
        in_scope: &(dyn Fn(&Found) -> bool + Sync),
        replaced: &mut [Replaced<'_>],
    ) -> Result<Vec<NoRoom>, FrameworkError> {
        let folder = history.first().and_then(|found| found.file.parent()).unwrap_or("".as_ref());
        let has_journal = journal::of(folder).is_file();
        let without = match has_journal {
            _ if replaced.iter().all(|replaced| replaced.files.len() < 2) => Vec::new(),
            true => numbering::place(folder, history, in_scope, replaced)?,
            false => folders::place(history, replaced),
        };
        if without.is_empty() {
            let folder = if has_journal { Some(folder) } else { folder.parent() };
            runners::name(folder.unwrap_or("".as_ref()), replaced)?;
        }
        Ok(without)
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
        if !is_there(&file) {
            continue;
        }
        // The migrator follows links to folders.
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            follow(entry.path())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, place: &str) -> Result<Vec<String>, String> {
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let listed = Drizzle.list(&root.join(place));
        let text = |error: FrameworkError| error.to_string().replace(root.as_str(), "");
        listed.map(|found| found.into_iter().map(|f| f.name).collect()).map_err(text)
    }

    fn journal(version: &str, dialect: &str, tags: &[&str]) -> String {
        let entries: Vec<String> =
            tags.iter().map(|tag| format!("{{\"idx\": 7, \"when\": 5, \"tag\": \"{tag}\"}}")).collect();
        format!("{{\"version\": \"{version}\", \"dialect\": \"{dialect}\", \"entries\": [{}]}}", entries.join(", "))
    }

    #[test]
    fn the_journal_alone_says_what_runs_and_in_which_order() {
        let folder = project(&[
            ("d/meta/_journal.json", &journal("5", "pg", &["0001_b", "0000_a"])),
            ("d/0000_a.sql", ""),
            ("d/0001_b.sql", ""),
            ("d/0002_never_run.sql", ""),
            ("d/20260101000000_x/migration.sql", ""),
        ]);
        assert_eq!(names(&folder, "d").unwrap(), ["0001_b", "0000_a"]);
    }

    #[test]
    fn a_journal_that_cannot_be_followed_is_an_error() {
        for (journal, files, error) in [
            (
                journal("7", "postgresql", &["0000_a"]),
                vec![],
                "/d/meta/_journal.json: names 0000_a, but /d/0000_a.sql is not there: the migrator stops before it runs anything",
            ),
            (
                journal("7", "mysql", &[]),
                vec![],
                "/d/meta/_journal.json: these migrations are for mysql, not for PostgreSQL: left alone",
            ),
            (
                journal("4", "pg", &[]),
                vec![],
                "/d/meta/_journal.json: journal version 4 is not known here: run `drizzle-kit up`",
            ),
            (
                "{".into(),
                vec![],
                "/d/meta/_journal.json: is not what drizzle-kit writes: EOF while parsing an object at line 1 column 1",
            ),
            (
                journal("7", "pg", &["_a"]),
                vec!["d/meta/_snapshot.json", "d/_a.sql"],
                "/d/meta/_journal.json: `prefix: \"none\"` keeps one snapshot for all migrations, so the next one creates every table again: choose another prefix",
            ),
        ] {
            let mut all = vec![("d/meta/_journal.json", journal.as_str())];
            all.extend(files.iter().map(|file| (*file, "{}")));
            assert_eq!(names(&project(&all), "d").unwrap_err(), error);
        }
    }

    #[test]
    fn folders_run_in_the_order_of_their_names() {
        let snapshot = "{\"dialect\": \"postgres\"}";
        let mut files = Vec::new();
        for name in ["20260101000000_b_10", "20260101000000_b_9", "20260101000000_b", "20250101000000_z"] {
            files.push((format!("d/{name}/migration.sql"), ""));
            files.push((format!("d/{name}/snapshot.json"), snapshot));
        }
        files.push(("d/20270101000000_empty/readme.md".into(), ""));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let folder = project(&files);
        assert_eq!(
            names(&folder, "d").unwrap(),
            ["20250101000000_z", "20260101000000_b", "20260101000000_b_10", "20260101000000_b_9"]
        );
        std::fs::create_dir(folder.path().join("d/later")).unwrap();
        std::fs::write(folder.path().join("d/later/migration.sql"), "").unwrap();
        assert!(names(&folder, "d").unwrap_err().starts_with("/d/later: the folder's name must begin with 14 digits"));
    }

    #[test]
    fn a_project_is_found_by_its_configuration() {
        let folder = project(&[
            ("drizzle.config.ts", "export default { out: './sql', dialect: 'postgresql' }"),
            ("drizzle-admin.config.ts", "export default { out: './admin' }"),
            ("sql/meta/_journal.json", "{}"),
            ("admin/meta/_journal.json", "{}"),
            ("drizzle/meta/_journal.json", "{}"),
        ]);
        let root = Utf8Path::from_path(folder.path()).unwrap();
        assert_eq!(Drizzle.detect(root), Some(root.join("sql")));
        assert_eq!(Drizzle.detect(&root.join("admin")), Some(root.join("admin")));
        std::fs::remove_file(root.join("drizzle.config.ts")).unwrap();
        std::fs::remove_file(root.join("drizzle-admin.config.ts")).unwrap();
        assert_eq!(Drizzle.detect(root), Some(root.join("drizzle")));
    }
}
