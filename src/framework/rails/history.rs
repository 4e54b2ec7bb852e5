//! The catalog that a migration meets, as those before it make it: Active Record looks there for names that a call leaves out.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::calls;
use super::folder::{migrations, version};
use super::project::Project;
use crate::schema::Schema;
use crate::source::SourceFile;

/// The migrations of some folders.
struct History {
    /// When a file came to each folder, or went, for the last time.
    changed: Vec<Option<SystemTime>>,
    /// The catalog before each migration.
    before: HashMap<Utf8PathBuf, Schema>,
}

/// The histories that were replayed: each of their migrations asks.
static KNOWN: LazyLock<Mutex<HashMap<Vec<Utf8PathBuf>, History>>> = LazyLock::new(Mutex::default);

/// The catalog before the migration in a file; `None` where the file is in no folder of migrations.
pub(super) fn before(file: &Utf8Path) -> Option<Schema> {
    let folders = match Project::around(file) {
        Some(project) => project.database_of(file)?.folders.clone(),
        None => vec![file.parent()?.to_owned()],
    };
    let changed: Vec<Option<SystemTime>> =
        folders.iter().map(|folder| folder.metadata().ok()?.modified().ok()).collect();
    let mut known = KNOWN.lock().ok()?;
    if known.get(&folders).is_none_or(|history| history.changed != changed) {
        let before = replayed(&folders);
        known.insert(folders.clone(), History { changed, before });
    }
    known.get(&folders)?.before.get(file).cloned()
}

fn replayed(folders: &[Utf8PathBuf]) -> HashMap<Utf8PathBuf, Schema> {
    let mut files: Vec<(u64, Utf8PathBuf)> =
        folders.iter().flat_map(|folder| migrations(folder)).filter_map(|file| Some((version(&file)?, file))).collect();
    files.sort();
    let mut before = HashMap::new();
    let mut schema = Schema::default();
    for (_, file) in files {
        before.insert(file.clone(), schema.clone());
        if let Ok(source) = SourceFile::read(&file) {
            schema = calls::applied(source, schema);
        }
        schema.begin_migration();
    }
    before
}
