//! The folders of an application's migrations: `db/migrate` and what the configuration names beside it.

use std::collections::HashSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::calls;
use super::ledger::{self, RailsLedger};
use super::listing::{files, migrations, version};
use super::names::Named;
use super::project::Project;
use super::schema_file;
use super::steps::steps_of;
use crate::framework::ledger::Ledger;
use crate::framework::migration::Migration;
use crate::framework::{Folder, Found, FrameworkError, WrittenSchemas};
use crate::schema::Schema;
use crate::source::{SourceFile, read_text};

pub(super) struct VersionedFiles;

impl Folder for VersionedFiles {
    /// The folder of an application that holds all its migrations; or a folder with migrations in it.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let own = |folder: Utf8PathBuf| migrations(&folder).iter().any(|file| is_migration(file)).then_some(folder);
        if let Some(project) = Project::at(path) {
            let folders = project.databases.iter().flat_map(|database| &database.folders);
            let has_migrations = folders.clone().any(|folder| own(folder.clone()).is_some());
            if has_migrations {
                return Some(project.folder());
            }
        }
        if let Some(project) = Project::around(&path.join("x")).filter(|project| project.folder() == path)
            && project
                .databases
                .iter()
                .flat_map(|database| &database.folders)
                .any(|folder| own(folder.clone()).is_some())
        {
            return Some(path.to_owned());
        }
        let entries = path.read_dir_utf8().into_iter().flatten().flatten();
        let mut files = entries.filter(|entry| matches!(Named::of(entry.file_name()), Named::Migration(_)));
        if files.any(|entry| is_migration(entry.path())) {
            return Some(path.to_owned());
        }
        // Without a configuration beside it.
        own(path.join("db/migrate"))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
        let project = Project::around(&folder.join("x"));
        if let Some(provider) = project.as_ref().and_then(|project| project.other_adapter.clone()) {
            return Err(FrameworkError::OtherDatabase { path: folder.to_owned(), provider });
        }
        if !folder.is_dir() {
            let source = std::io::Error::from(std::io::ErrorKind::NotADirectory);
            return Err(FrameworkError::Unlistable { path: folder.to_owned(), source });
        }
        let databases = databases_in(folder);
        let has_others = databases.len() > 1;
        let mut found: Vec<Found> = Vec::new();
        for (database, folders) in databases {
            let mut files: Vec<(u64, Utf8PathBuf)> = folders
                .iter()
                .flat_map(|folder| migrations(folder))
                .filter_map(|file| Some((version(&file)?, file)))
                .collect();
            files.sort();
            if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let why = format!("has the version of {} too, so Rails runs none: give it another one", pair[0].1);
                return Err(FrameworkError::Unusable { path: pair[1].1.clone(), why });
            }
            for (at, (version, file)) in files.into_iter().enumerate() {
                // Each database has a history of its own.
                let follows = has_others.then(|| if at == 0 { Vec::new() } else { vec![found.len() - 1] });
                found.push(Found { name: format!("{}{version}", prefix(&database)), file, follows });
            }
        }
        Ok(found)
    }

    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        matches!(Named::of(file.file_name().unwrap_or_default()), Named::Migration(_))
    }

    fn skipped(&self, folder: &Utf8Path, listed: &[Found]) -> Vec<String> {
        let listed: HashSet<&Utf8Path> = listed.iter().map(|found| found.file.as_path()).collect();
        let folders: Vec<Utf8PathBuf> = databases_in(folder).into_iter().flat_map(|(_, folders)| folders).collect();
        let mut skipped = Vec::new();
        for file in folders.iter().flat_map(|folder| files(folder)).filter(|file| !listed.contains(file.as_path())) {
            let name = file.file_name().unwrap_or_default();
            let is_ruby = file.extension() == Some("rb");
            match Named::of(name) {
                Named::Illegal => skipped.push(format!(
                    "{file}: Rails stops every migration at this name: only a-z, 0-9 and _ may stand behind the version: left out"
                )),
                Named::Migration(_) => skipped.push(format!("{file}: its version is no number that Rails can compare: left out")),
                Named::Other if is_ruby && is_migration(&file) => {
                    skipped.push(format!("{file}: Rails takes only VERSION_name.rb for a migration: left out"));
                }
                Named::Other => {}
            }
        }
        skipped.sort();
        skipped
    }

    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        calls::read(name, source)
    }

    fn read_against(&self, migration: &Migration, before: &Schema) -> Option<Migration> {
        calls::read_against(migration, before)
    }

    fn written_schemas(&self, history: &[Found]) -> Box<dyn WrittenSchemas> {
        schema_file::written_schemas(history)
    }

    /// The first of a sequence has the version of the migration that it stands for; those behind it say in their comments that
    /// they belong to it.
    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
        steps_of(originals[original], folder)
    }

    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        if let [(first, _), (second, _), ..] = databases_in(folder).as_slice() {
            let named = |name: &str| if name.is_empty() { "the first one".to_owned() } else { name.to_owned() };
            let why = format!(
                "holds the migrations of several databases ({}, {}), each with a ledger of its own: name the folder of one of them",
                named(first),
                named(second)
            );
            return Err(FrameworkError::Unusable { path: folder.to_owned(), why });
        }
        let project = Project::around(&folder.join("x"));
        let named = |name: &str| match &project {
            Some(project) => format!("{}{name}{}", project.prefix, project.suffix),
            None => name.to_owned(),
        };
        let versions = project.as_ref().map_or(ledger::TABLES[0], |project| &project.ledger);
        Ok(Box::new(RailsLedger { tables: [named(versions), named(ledger::TABLES[1])] }))
    }
}

/// The databases whose migrations are in a folder, by their names, each with its folders.
fn databases_in(folder: &Utf8Path) -> Vec<(String, Vec<Utf8PathBuf>)> {
    let Some(project) = Project::around(&folder.join("x")) else {
        return vec![(String::new(), vec![folder.to_owned()])];
    };
    let below = |folders: &[Utf8PathBuf]| -> Vec<Utf8PathBuf> {
        folders.iter().filter(|own| own.starts_with(folder)).cloned().collect()
    };
    let all = project.databases.iter().map(|database| (database.name.clone(), below(&database.folders)));
    let all: Vec<_> = all.filter(|(_, folders)| !folders.is_empty()).collect();
    match all.is_empty() {
        true => vec![(String::new(), vec![folder.to_owned()])],
        false => all,
    }
}

/// What stands before the versions of a database that is not the first.
fn prefix(database: &str) -> String {
    if database.is_empty() { String::new() } else { format!("{database}/") }
}

/// True for a file with a class of migrations in it.
fn is_migration(file: &Utf8Path) -> bool {
    read_text(file).is_some_and(|text| text.contains("Migration"))
}
