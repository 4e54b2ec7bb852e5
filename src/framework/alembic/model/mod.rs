//! Phases that wait beside the folders of revisions. Models are Python and are not changed: from the first phase on they say what
//! comes of it all, and lines for `env.py` hide from autogenerate what still waits.
//!
//! What the application uses is told by the model classes and tables of the project's files, as far as these are plain.

mod hidden;
mod read;
mod renamed;
mod usage;

use camino::{Utf8Path, Utf8PathBuf};

use super::config::Configuration;
use super::folder::{DEPTH, configuration};
use super::written::literal;
use crate::framework::deferral::{Deferral, Files, Model, NotKept, Texts, Usage};
use crate::framework::migration::Migration;
use crate::framework::{Found, FrameworkError};
use crate::operation::{Fixed, Operation};
use crate::plan::Owned;
use crate::schema::Schema;

pub(super) struct BesideVersions;

/// What phases wait in, beside the folder of the revisions.
const FOLDERS: [&str; 2] = ["deferred", "deferred_phases"];
/// Each file with a model has one of these.
const WORDS: [&str; 6] = ["__tablename__", "Table(", "Column(", "mapped_column", "Mapped[", "Field("];

impl Deferral for BesideVersions {
    /// The folder of the revisions, or the script folder that has several of them.
    fn migrations(&self, found: &Found) -> Utf8PathBuf {
        let above = || found.file.ancestors().skip(1).take(DEPTH);
        let known = above().find_map(|folder| configuration(folder).ok().flatten());
        known.map_or_else(|| above().next().unwrap_or("".as_ref()).to_owned(), |known| known.folder())
    }

    fn folder(&self, migrations: &Utf8Path) -> Utf8PathBuf {
        let known = configuration(migrations).ok().flatten();
        let beside = match &known {
            Some(known) if known.version_locations.len() > 1 => &known.script_location,
            _ => migrations.parent().unwrap_or("".as_ref()),
        };
        let places = FOLDERS.map(|name| beside.join(name));
        let is_free = |place: &&Utf8PathBuf| known.as_ref().is_none_or(|known| !looks_into(known, place));
        places.iter().find(is_free).unwrap_or(&places[0]).clone()
    }

    fn is_whole(&self, migration: &Migration) -> Option<String> {
        let folder = migration.path().parent()?;
        let found = Found::next(migration.name.clone(), migration.path().clone());
        let migrations = self.migrations(&found);
        if configuration(folder).ok().flatten().is_some_and(|known| looks_into(&known, &self.folder(&migrations))) {
            return Some(format!(
                "Alembic looks for revisions in every folder beside {}, so there is no place for what waits",
                folder.file_name().unwrap_or_default()
            ));
        }
        let ends_transactions = migration.items.iter().any(|item| item.fixed == Some(Fixed::Transaction));
        if migration.leaves_open || ends_transactions {
            return Some("the revision begins or ends transactions of its own".into());
        }
        let holds = migration.items.iter().any(|item| matches!(item.operation, Operation::Session(_)));
        holds.then(|| "a SET or LOCK TABLE of the revision holds for all that stands behind it".into())
    }

    fn called(&self, migration: &Migration) -> String {
        called(migration)
    }

    fn file(&self) -> &'static str {
        "revision.py"
    }

    /// Below the project's folder, wherever they are.
    fn model_files(&self, migrations: &Utf8Path, files: &dyn Files) -> Result<Texts, FrameworkError> {
        let below = project_folder(migrations).or_else(|| migrations.parent().map(Utf8Path::to_owned));
        below.map_or(Ok(Texts::new()), |below| files.with_words(&below, "py", &WORDS))
    }

    fn waits_without_model(&self) -> bool {
        true
    }

    fn model(&self, files: Texts) -> Box<dyn Model> {
        Box::new(Sources(files))
    }

    fn deploy_command(&self) -> &'static str {
        "alembic upgrade head"
    }

    fn meanwhile(&self) -> &'static str {
        "The models do not have it any more and the database has it, so `alembic check` fails and the next autogenerate drops it \
         before its time, unless `env.py` hides it with these lines, which go with the release:"
    }

    fn in_report(&self) -> Option<&'static str> {
        Some(
            "until the release `alembic check` fails and the next autogenerate drops what waits: RUNBOOK.md has the lines for env.py \
             that hide it",
        )
    }

    fn beware(&self) -> &'static [&'static str] {
        &["Where `env.py` has an `include_object` already, let it return False where this one does."]
    }
}

/// The nearest folder at or above the project's configuration, within its repository, with Python beside the revisions.
fn project_folder(migrations: &Utf8Path) -> Option<Utf8PathBuf> {
    let known = configuration(migrations).ok().flatten()?;
    let own = known.file.as_deref().unwrap_or(&known.script_location).parent()?;
    let mut found = own;
    for folder in own.ancestors() {
        found = folder;
        if has_python(folder, &known.script_location, DEPTH_OF_CODE) || folder.join(".git").exists() {
            break;
        }
    }
    Some(if found.as_str().is_empty() { ".".into() } else { found.to_owned() })
}

/// How deep below a project's folder its code begins.
const DEPTH_OF_CODE: usize = 4;

/// There is Python in a folder or not far below, apart from Alembic's own.
fn has_python(folder: &Utf8Path, scripts: &Utf8Path, depth: usize) -> bool {
    let is_code = |name: &str| !name.starts_with('.') && name != "node_modules" && name != "site-packages";
    folder.read_dir_utf8().into_iter().flatten().flatten().any(|entry| {
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => {
                depth > 0
                    && entry.path() != scripts
                    && is_code(entry.file_name())
                    && has_python(entry.path(), scripts, depth - 1)
            }
            false => entry.file_name().ends_with(".py"),
        }
    })
}

/// What a revision is called where its phases wait: as its file, for an id says nothing.
pub(super) fn called(migration: &Migration) -> String {
    migration.path().file_stem().unwrap_or(&migration.name).to_owned()
}

/// Alembic would take a file in that folder, or in one below it, for a revision.
fn looks_into(known: &Configuration, place: &Utf8Path) -> bool {
    let is_above = |location: &Utf8PathBuf| known.is_recursive && place.starts_with(location);
    known.version_locations.iter().any(|location| location.starts_with(place) || is_above(location))
}

/// The files of a project that may have models in them.
struct Sources(Texts);

impl Model for Sources {
    /// They are as their author wants them.
    fn keep_unused(&mut self, _all: &[Owned], _migration: &str, _schema: &Schema) -> Result<(), NotKept> {
        Ok(())
    }

    fn remove(&mut self, _all: &[Owned]) -> Result<(), String> {
        Ok(())
    }

    /// What nobody can tell is in use.
    fn uses(&self, owned: &Owned, migration: &str) -> bool {
        self.usage(owned, migration) != Usage::Unused
    }

    fn usage(&self, owned: &Owned, _migration: &str) -> Usage {
        usage::usage(&self.0, owned)
    }

    fn lines(&self, owned: &Owned) -> Vec<String> {
        self.lines_of(std::slice::from_ref(owned))
    }

    fn lines_of(&self, all: &[Owned]) -> Vec<String> {
        hidden::lines(all)
    }

    fn mapped(&self, owned: &Owned) -> Option<String> {
        let Owned::Column { table, column, becomes: Some(to) } = owned else { return None };
        Some(match renamed::line(&self.0, table, column, to) {
            Some(line) => format!(
                "delete the revision and write `{}` for `{}` in {}:{}",
                line.after, line.before, line.path, line.number
            ),
            None => {
                let name = literal(column.as_str(), '"');
                format!(
                    "delete the revision and name the column {name} in the model, as in `mapped_column({name})`, under the attribute that it has now"
                )
            }
        })
    }

    fn files(&self) -> &Texts {
        &self.0
    }
}

#[cfg(test)]
mod tests;
