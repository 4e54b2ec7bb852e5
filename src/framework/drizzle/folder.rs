//! Migrations are what `meta/_journal.json` lists, or each folder with a `migration.sql`.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::ledger::Ledger;
use super::super::migration::Migration;
use super::super::order::locale_compare;
use super::super::{Folder, Found, FrameworkError, WrittenSchemas};
use super::{FILE, RUNNER, SNAPSHOT, config, journal, ledger, names, snapshot};
use crate::source::{SourceFile, follow, is_there};

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

pub(super) struct Listed;

impl Folder for Listed {
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

    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        file.extension() == Some("sql") || file.ends_with("meta/_journal.json")
    }

    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
        names::stand_for(original, originals, folder)
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

    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        Migration::of_sql(name.to_owned(), source, RUNNER)
    }

    fn written_schemas(&self, history: &[Found]) -> Box<dyn WrittenSchemas> {
        snapshot::written_schemas(history)
    }

    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        Ok(Box::new(ledger::DrizzleLedger::of(folder)?))
    }
}

fn is_folder(path: &Utf8Path) -> bool {
    journal::of(path).is_file()
        || path.read_dir_utf8().is_ok_and(|entries| {
            entries.flatten().any(|e| e.path().join(FILE).is_file() && e.path().join(SNAPSHOT).is_file())
        })
}

/// Every folder in it that holds a `migration.sql`, in the order in which the migrator compares their names.
pub(super) fn list_folders(folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
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
        found.push(Found::next(name.to_owned(), file));
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
        let listed = Listed.list(&root.join(place));
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
        assert_eq!(Listed.detect(root), Some(root.join("sql")));
        assert_eq!(Listed.detect(&root.join("admin")), Some(root.join("admin")));
        std::fs::remove_file(root.join("drizzle.config.ts")).unwrap();
        std::fs::remove_file(root.join("drizzle-admin.config.ts")).unwrap();
        assert_eq!(Listed.detect(root), Some(root.join("drizzle")));
    }
}
