//! `NAME/migration.sql` for each migration, beside `migration_lock.toml`.

use std::collections::HashSet;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use super::super::config_file::{Config, SCRIPT_ENDINGS, below};
use super::super::ledger::Ledger;
use super::super::migration::Migration;
use super::super::order::locale_compare;
use super::super::{Folder, Found, FrameworkError, stand_for_by_name};
use super::{FILE, RUNNER, ledger};
use crate::source::{SourceFile, fence, is_there, read_bytes, read_text};

const LOCK: &str = "migration_lock.toml";

pub(super) struct MigrationFolders;

impl Folder for MigrationFolders {
    /// A folder with `migration_lock.toml` or with `NAME/migration.sql` in it; else the usual places below a project.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if is_folder(path) {
            return Some(path.to_owned());
        }
        let config = configured(path);
        let usual = ["prisma/migrations", "prisma/schema/migrations", "migrations"];
        let places = config.into_iter().chain(usual.iter().map(|place| path.join(place)));
        places.into_iter().find(|place| is_folder(place))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
        check_provider(folder)?;
        let unlistable = |source| FrameworkError::Unlistable { path: folder.to_owned(), source };
        let mut found = Vec::new();
        for entry in folder.read_dir_utf8().map_err(unlistable)? {
            let entry = entry.map_err(unlistable)?;
            // The engine ignores links to folders, and files beside the folders.
            if entry.file_type().is_ok_and(|t| t.is_dir()) && is_there(&entry.path().join(FILE)) {
                found.push(Found::next(entry.file_name().to_owned(), entry.path().join(FILE)));
            }
        }
        found.sort_by_cached_key(|f| locale_compare(&f.name));
        Ok(found)
    }

    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        matches!(file.file_name(), Some(FILE | LOCK))
    }

    fn skipped(&self, folder: &Utf8Path, listed: &[Found]) -> Vec<String> {
        let listed: HashSet<&str> = listed.iter().map(|found| found.name.as_str()).collect();
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let entries = entries.filter(|entry| !listed.contains(entry.file_name()));
        let why = |entry: Utf8DirEntry| {
            let (path, kind) = (entry.path(), entry.file_type().ok()?);
            let has_file = is_there(&path.join(FILE));
            if kind.is_symlink() && (path.is_dir() || path.metadata().is_err()) {
                return Some(format!("{path}: is a link, which Prisma does not look into: left out"));
            }
            let is_empty = kind.is_dir() && !has_file && !entry.file_name().starts_with('.');
            is_empty.then(|| format!("{path}: has no {FILE}, so `prisma migrate deploy` stops at it: left out"))
        };
        let mut skipped: Vec<String> = entries.filter_map(why).collect();
        skipped.sort();
        skipped
    }

    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        Migration::of_sql(name.to_owned(), source, RUNNER)
    }

    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
        stand_for_by_name(original, originals, folder)
    }

    fn ledger(&self, _folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        Ok(Box::new(ledger::PrismaLedger))
    }
}

fn is_folder(path: &Utf8Path) -> bool {
    if path.join(LOCK).is_file() {
        return true;
    }
    let Ok(entries) = path.read_dir_utf8() else { return false };
    let folders: Vec<_> = entries.flatten().map(|e| e.path().to_owned()).filter(|p| p.join(FILE).is_file()).collect();
    // Drizzle's newer folders look the same but keep a snapshot beside the SQL.
    !folders.is_empty() && !folders.iter().any(|folder| folder.join("snapshot.json").exists())
}

/// `migrations: { path: "…" }` of a Prisma config file.
fn configured(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let names = ["prisma.config", ".config/prisma", ".config/prisma.config"];
    let files = names.iter().flat_map(|name| SCRIPT_ENDINGS.iter().map(move |ending| format!("{name}.{ending}")));
    let text = files.map(|file| root.join(file)).find_map(|file| read_text(&file))?;
    let path = Utf8PathBuf::from(Config::of(&text).string_in("migrations", "path")?);
    match path.is_absolute() {
        true => fence::inside(root, path),
        false => Some(below(root, path.as_str())),
    }
}

fn check_provider(folder: &Utf8Path) -> Result<(), FrameworkError> {
    let path = folder.join(LOCK);
    if !is_there(&path) {
        return Ok(());
    }
    let bytes = read_bytes(&path)?;
    let text = String::from_utf8_lossy(&bytes);
    let provider = text
        .trim_start_matches('\u{feff}')
        .split(['\n', '\r'])
        .find_map(|line| line.trim().strip_prefix("provider"))
        .and_then(|rest| rest.split('"').nth(1));
    match provider {
        Some(provider) if !matches!(provider, "postgresql" | "postgres" | "cockroachdb") => {
            Err(FrameworkError::OtherDatabase { path, provider: provider.to_owned() })
        }
        _ => Ok(()),
    }
}
