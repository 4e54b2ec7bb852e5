//! Phases that wait beside a migrations folder. drizzle-kit compares its last snapshot with the schema files and never looks at a
//! database, so the model says what comes of it all from the first phase on, and nothing of it changes while phases wait.
//!
//! What the application uses is told by the last snapshot: `generate` has written it from the schema files of that commit.

mod schema_files;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::deferral::{Deferral, Files, Model, NotKept, OnDisk, Texts};
use super::super::migration::Migration;
use super::super::{Found, FrameworkError};
use super::snapshot::{Says, says};
use super::{FILE, SNAPSHOT, config, folder, journal, snapshot};
use crate::operation::{Fixed, Operation};
use crate::plan::Owned;
use crate::schema::Schema;
use schema_files::Renamed;

pub(super) struct BesideMigrations;

impl Deferral for BesideMigrations {
    fn migrations(&self, found: &Found) -> Utf8PathBuf {
        let parent = |path: &Utf8Path| path.parent().map(Utf8Path::to_owned).unwrap_or_default();
        let beside = parent(&found.file);
        match found.file.file_name() == Some(FILE) && !journal::of(&beside).is_file() {
            true => parent(&beside),
            false => beside,
        }
    }

    /// `drizzle-deferred` beside `drizzle`: several folders of migrations may stand side by side.
    fn folder(&self, migrations: &Utf8Path) -> Utf8PathBuf {
        migrations.with_file_name(format!("{}-deferred", migrations.file_name().unwrap_or("drizzle")))
    }

    fn is_whole(&self, migration: &Migration) -> Option<String> {
        let ends_transactions = migration.items.iter().any(|item| item.fixed == Some(Fixed::Transaction));
        if migration.leaves_open || ends_transactions {
            return Some("the migration begins or ends transactions of its own".into());
        }
        let holds = migration.items.iter().any(|item| matches!(item.operation, Operation::Session(_)));
        holds.then(|| "a SET or LOCK TABLE of the migration holds for all that stands behind it".into())
    }

    fn file(&self) -> &'static str {
        FILE
    }

    /// The last snapshot, and of those that hold only changes all back to one that holds everything; the last one first.
    fn model_files(&self, migrations: &Utf8Path, files: &dyn Files) -> Result<Texts, FrameworkError> {
        let journal = journal::of(migrations);
        let snapshots: Vec<Utf8PathBuf> = match journal.is_file() {
            true => {
                let Some(text) = files.text(&journal)? else { return Ok(Vec::new()) };
                let tags = journal::tags_in(&journal, &text)?;
                tags.iter().filter_map(|tag| snapshot::of_tag(migrations, tag)).collect()
            }
            false => {
                let history = folder::list_folders(migrations)?;
                history.iter().map(|found| found.file.with_file_name(SNAPSHOT)).collect()
            }
        };
        let mut texts = Vec::new();
        for path in snapshots.into_iter().rev() {
            let Some(text) = files.text(&path)? else { continue };
            let is_whole = snapshot::is_whole(&text);
            texts.push((path, text));
            if is_whole {
                break;
            }
        }
        Ok(texts)
    }

    fn model(&self, files: Texts) -> Box<dyn Model> {
        Box::new(Snapshots(files))
    }

    fn deploy_command(&self) -> &'static str {
        "drizzle-kit migrate"
    }

    fn beware(&self) -> &'static [&'static str] {
        &[
            "`drizzle-kit generate` and `check` compare the snapshots with the schema files, which hold the end of it all already, and have \
           nothing to say. `drizzle-kit push` looks at the database and would drop what waits: do not run it meanwhile.",
        ]
    }
}

/// The last snapshots of a folder, the last one first.
struct Snapshots(Texts);

impl Snapshots {
    /// What the last snapshot that says something of it says, and which one that is.
    fn last_word(&self, owned: &Owned, migration: &str) -> Result<(Says, Option<&Utf8Path>), FrameworkError> {
        for (path, text) in &self.0 {
            let found = says(path, text, owned)?;
            if found != Says::Nothing {
                return Ok((found, Some(path)));
            }
            // drizzle-kit 1.0 writes an empty list for a rename
            let is_own = path.parent().and_then(Utf8Path::file_name) == Some(migration);
            if is_own && matches!(owned, Owned::Column { becomes: Some(_), .. }) {
                return Ok((Says::Gone, Some(path)));
            }
        }
        Ok((Says::Nothing, None))
    }

    /// The migrations folder.
    fn folder(&self) -> Option<&Utf8Path> {
        let beside = self.0.first()?.0.parent()?;
        beside.parent()
    }
}

impl Model for Snapshots {
    /// What the model still has is not gone when its migration drops it: the next `generate` does not see that.
    fn keep_unused(&mut self, all: &[Owned], migration: &str, _schema: &Schema) -> Result<(), NotKept> {
        for (at, owned) in all.iter().enumerate() {
            let why = match self.last_word(owned, migration) {
                Ok((Says::Gone, _)) => continue,
                Ok((Says::There, Some(path))) => {
                    let name = path.file_name().unwrap_or_default();
                    format!(
                        "the model still has {owned} ({name}): take it out of the schema files and generate the migration"
                    )
                }
                Ok(_) => "no snapshot says whether the model still has it".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(NotKept { at, why });
        }
        Ok(())
    }

    fn remove(&mut self, _all: &[Owned]) -> Result<(), String> {
        Ok(())
    }

    /// What nobody can tell is in use.
    fn uses(&self, owned: &Owned, migration: &str) -> bool {
        !matches!(self.last_word(owned, migration), Ok((Says::Gone, _)))
    }

    fn lines(&self, _owned: &Owned) -> Vec<String> {
        Vec::new()
    }

    fn mapped(&self, owned: &Owned) -> Option<String> {
        let Owned::Column { table, column, becomes: Some(to) } = owned else { return None };
        let migrations = self.folder()?;
        let delete = match journal::of(migrations).is_file() {
            true => "take the migration back (`drizzle-kit drop`)",
            false => "delete its folder",
        };
        let files = config::schema_files(migrations);
        let texts: Texts =
            files.into_iter().filter_map(|path| Some((path.clone(), OnDisk.text(&path).ok()??))).collect();
        let wanted = Renamed { table, column, to };
        Some(match wanted.line_in(&texts) {
            Some(line) => {
                format!("{delete} and write `{}` for `{}` in {}:{}", line.after, line.before, line.path, line.number)
            }
            None => {
                let name = schema_files::quoted(column.as_str());
                format!(
                    "{delete} and name the column {name} in the schema files, as in `text({name})`, under the key that it has now"
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
