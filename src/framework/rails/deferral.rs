//! Phases that wait beside the migrations: in `db/deferred`, where Rails does not look. The migration keeps its version, which
//! databases know, and what is released gets one of that day.
//!
//! Rails compares no model with a database, so no file of the application has to follow. But Active Record reads a table's columns
//! and writes all of them, so a model has to ignore a column before that goes: its author is told the line.

use camino::{Utf8Path, Utf8PathBuf};

use super::file::File;
use super::models::Models;
use super::project::Project;
use crate::framework::deferral::{Deferral, Files, Model, Texts};
use crate::framework::header::Undo;
use crate::framework::inverse::subjects;
use crate::framework::migration::Migration;
use crate::framework::{Found, FrameworkError};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, CreateIndex, Fixed, Ident, IndexOperation, Operation,
    QualifiedName,
};
use crate::schema::same;
use crate::sql::read_statement;

pub(super) struct BesideMigrations;

/// Where parts of an application have models of their own.
const PARTS: [&str; 6] = ["components", "engines", "gems", "lib", "packages", "packs"];

/// A file with models has one of them.
const WORDS: [&str; 2] = ["class ", "module "];

impl Deferral for BesideMigrations {
    fn migrations(&self, found: &Found) -> Utf8PathBuf {
        found.file.parent().map(Utf8Path::to_owned).unwrap_or_default()
    }

    /// One folder for all databases: names begin with versions.
    fn folder(&self, migrations: &Utf8Path) -> Utf8PathBuf {
        let Some(project) = Project::around(&migrations.join("x")) else {
            let own = migrations.ancestors().find(|folder| folder.file_name().is_some_and(is_of_migrations));
            return own.unwrap_or(migrations).with_file_name("deferred");
        };
        let runs = |folder: &Utf8Path| {
            let mut folders = project.databases.iter().flat_map(|database| &database.folders);
            folders.any(|own| folder.starts_with(own))
        };
        // All of `db` may be a folder of migrations, and Rails looks below it.
        let places = [project.root.join("db/deferred"), project.root.join("deferred")];
        places.into_iter().find(|place| !runs(place)).unwrap_or_else(|| project.root.with_file_name("deferred"))
    }

    fn is_whole(&self, migration: &Migration) -> Option<String> {
        let ends_transactions = migration.items.iter().any(|item| item.fixed == Some(Fixed::Transaction));
        if migration.leaves_open || ends_transactions {
            return Some("the migration begins or ends transactions of its own".into());
        }
        if migration.items.iter().any(|item| matches!(item.operation, Operation::Session(_))) {
            return Some("a SET or LOCK TABLE of the migration holds for all that stands behind it".into());
        }
        does_more_down(migration).then(|| "its `down` does more than take `up` back, so it cannot be cut".into())
    }

    /// Its file's name: in the ledger it is a number.
    fn called(&self, migration: &Migration) -> String {
        called(migration)
    }

    fn file(&self) -> &'static str {
        "migration.rb"
    }

    /// What is in `app/models` of the application and its parts.
    fn model_files(&self, migrations: &Utf8Path, files: &dyn Files) -> Result<Texts, FrameworkError> {
        let root = root(migrations);
        let mut found = files.with_words(&root.join("app/models"), "rb", &WORDS)?;
        for part in PARTS {
            let of_part = files.with_words(&root.join(part), "rb", &WORDS)?;
            found.extend(of_part.into_iter().filter(|(path, _)| path.as_str().contains("/app/models/")));
        }
        Ok(found)
    }

    fn waits_without_model(&self) -> bool {
        true
    }

    fn model(&self, files: Texts) -> Box<dyn Model> {
        Box::new(Models::of(files))
    }

    fn deploy_command(&self) -> &'static str {
        "bin/rails db:migrate"
    }

    fn meanwhile(&self) -> &'static str {
        "Its models say so, in the deploy before the next phase:"
    }

    fn beware(&self) -> &'static [&'static str] {
        &[
            "Active Record knows a table's columns from when it was loaded, reads all of them and writes all of them on INSERT: a \
             column may only go when every model of its table ignores it. The line may go again behind the last phase.",
            "`db/schema.rb` or `db/structure.sql` has what waits, as the database has, until the last phase ran. A database on \
             which the migration ran before it was rewritten is ahead: there the phases that wait find nothing to do, but what it \
             dumps until then lacks what waits. Dump from another one, or `bin/rails db:rollback` it before the rewrite.",
        ]
    }
}

/// `db/migrate`, `db/animals_migrate`.
fn is_of_migrations(name: &str) -> bool {
    name == "migrate" || name.ends_with("_migrate")
}

/// The folder of the application.
fn root(migrations: &Utf8Path) -> Utf8PathBuf {
    let known = Project::around(&migrations.join("x")).map(|project| project.root.clone());
    let beside = || {
        let own = migrations.ancestors().find(|folder| folder.file_name().is_some_and(is_of_migrations))?;
        Some(own.parent()?.parent()?.to_owned())
    };
    known.or_else(beside).unwrap_or_else(|| migrations.to_owned())
}

/// What people call a migration: its file's name.
pub(super) fn called(migration: &Migration) -> String {
    migration.path().file_stem().map_or_else(|| migration.name.clone(), str::to_owned)
}

/// Its author's way back does something that `up` has not done; one that only fails can stand in any file.
fn does_more_down(migration: &Migration) -> bool {
    let Some(file) = File::new(migration.text()).filter(|file| !file.is_reversible()) else { return false };
    let Some(own) = file.method("down") else { return false };
    let statements = match &migration.downgrade {
        Some(Undo::By(statements)) => statements,
        Some(Undo::Impossible) => return !own.contains("IrreversibleMigration"),
        None => return false,
    };
    let made: Vec<String> = migration.items.iter().flat_map(|item| subjects(&item.operation)).collect();
    let dropped: Vec<(&QualifiedName, &Ident)> =
        migration.items.iter().filter_map(|item| dropped(&item.operation)).collect();
    // What is only the column's has gone with it.
    let went_with = |table: &QualifiedName, columns: &[&Ident]| match columns {
        [only] => dropped.iter().any(|(of, column)| same(of, table) && column == only),
        _ => false,
    };
    let mut back = statements.iter().flat_map(|statement| read_statement(statement).operations);
    back.any(|located| match &located.operation {
        Operation::Index(IndexOperation::Create(index)) if went_with(&index.table, &columns_of(index)) => false,
        Operation::Constraint(ConstraintOperation::Add { table, constraint })
            if matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if went_with(&table.name, &key.columns.iter().collect::<Vec<_>>())) =>
        {
            false
        }
        operation => {
            let all = subjects(operation);
            all.is_empty() || !all.iter().all(|subject| made.contains(subject))
        }
    })
}

fn columns_of(index: &CreateIndex) -> Vec<&Ident> {
    index.columns.iter().filter_map(|column| column.column()).collect()
}

fn dropped(operation: &Operation) -> Option<(&QualifiedName, &Ident)> {
    match operation {
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => Some((&table.name, column)),
        _ => None,
    }
}
