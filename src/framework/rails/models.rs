//! What the models of an application say of tables and columns: which class is a table's, and which columns it ignores.

mod classes;
mod tables;

use std::sync::Arc;

use camino::Utf8Path;

use super::project::Project;
use super::written::{string, symbol, words};
use crate::framework::deferral::{Model, NotKept, Texts, Usage};
use crate::operation::{Ident, QualifiedName};
use crate::plan::Owned;
use crate::schema::Schema;
use classes::{ModelClass, classes};
use tables::Tables;

/// The files with models, and the classes in them.
pub(super) struct Models {
    files: Texts,
    classes: Vec<ModelClass>,
    project: Option<Arc<Project>>,
}

impl Models {
    pub(super) fn of(files: Texts) -> Models {
        let classes = files.iter().enumerate().flat_map(|(at, (_, text))| classes(at, text)).collect();
        let project = files.first().and_then(|(path, _)| Project::around(path));
        Models { files, classes, project }
    }

    fn tables(&self) -> Tables<'_> {
        Tables::of(&self.classes, self.project.as_deref())
    }

    /// The classes whose rows are in a table.
    fn of_table(&self, table: &QualifiedName) -> Vec<&ModelClass> {
        let tables = self.tables();
        self.classes.iter().filter(|class| tables.is_of(class, table)).collect()
    }

    /// Where a class stands: `app/models/user.rb`.
    fn path(&self, class: &ModelClass) -> &Utf8Path {
        &self.files[class.file].0
    }

    /// The same from the folder of the application on.
    fn short_path(&self, class: &ModelClass) -> &Utf8Path {
        let path = self.path(class);
        let root = self.project.as_ref().map(|project| project.root.as_path());
        root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path)
    }

    /// The models of a table, for people.
    fn places(&self, table: &QualifiedName) -> Vec<String> {
        let of = |class: &&ModelClass| format!("{}, {}", class.name, self.short_path(class));
        match self.of_table(table).as_slice() {
            [] => vec![format!("the model of {table}")],
            several => several.iter().map(of).collect(),
        }
    }

    fn place(&self, class: &ModelClass) -> String {
        format!("{}:{}", self.short_path(class), class.line)
    }

    fn usage_of_column(&self, table: &QualifiedName, column: &Ident) -> Usage {
        let own = self.of_table(table);
        if own.is_empty() {
            return Usage::Unknown(format!(
                "no model of {table} is in app/models: whether code uses its {column} is not known"
            ));
        }
        let not_ignored = own.into_iter().find(|class| !self.ignores(class, column));
        not_ignored.map_or(Usage::Unused, |class| {
            let why = match class.unread {
                Some(line) => format!("{}:{line} cannot be read", self.short_path(class)),
                None => format!("{} lacks `{}`", self.place(class), ignoring(&[column])),
            };
            Usage::Used(Some(format!("{} does not ignore it, {why}", class.name)))
        })
    }

    /// The class, or one that it comes from, ignores the column.
    fn ignores(&self, class: &ModelClass, column: &Ident) -> bool {
        let of_superclass = || {
            let name = class.superclass.rsplit("::").next().unwrap_or_default();
            let mut others = self.classes.iter().filter(|other| other.name.rsplit("::").next() == Some(name));
            others.any(|other| other.name != class.name && other.ignored.iter().any(|own| own == column.as_str()))
        };
        class.ignored.iter().any(|own| own == column.as_str()) || (!class.ignores_no_more && of_superclass())
    }

    fn usage_of_table(&self, table: &QualifiedName) -> Usage {
        if let Some(class) = self.of_table(table).first() {
            return Usage::Used(Some(format!("class {} is there, {}", class.name, self.place(class))));
        }
        let tables = self.tables();
        match self.classes.iter().find(|class| tables.joins(class, table)) {
            Some(class) => Usage::Used(Some(format!("{} joins through it, {}", class.name, self.place(class)))),
            None => Usage::Unused,
        }
    }
}

impl Model for Models {
    /// No file of the application tells Rails what is in the database.
    fn keep_unused(&mut self, _all: &[Owned], _migration: &str, _schema: &Schema) -> Result<(), NotKept> {
        Ok(())
    }

    fn remove(&mut self, _all: &[Owned]) -> Result<(), String> {
        Ok(())
    }

    fn uses(&self, owned: &Owned, migration: &str) -> bool {
        matches!(self.usage(owned, migration), Usage::Used(_))
    }

    fn usage(&self, owned: &Owned, _migration: &str) -> Usage {
        match owned {
            Owned::Column { table, column, .. } => self.usage_of_column(table, column),
            Owned::Table { table } => self.usage_of_table(table),
            Owned::Name { name, .. } => self.usage_of_table(name),
            Owned::Type { .. } => Usage::Unused,
            Owned::Shadow { table, column, .. } => self.usage_of_column(table, column),
            Owned::Labels { .. } => Usage::Unknown(format!("whether code writes {owned}, no file tells for sure")),
        }
    }

    fn lines(&self, owned: &Owned) -> Vec<String> {
        self.lines_of(std::slice::from_ref(owned))
    }

    /// A line for each class: what it ignores, or that it is gone.
    fn lines_of(&self, all: &[Owned]) -> Vec<String> {
        let mut ignored: Vec<(String, Vec<&Ident>)> = Vec::new();
        let mut gone = Vec::new();
        for owned in all {
            match owned {
                Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                    for place in self.places(table) {
                        match ignored.iter_mut().find(|(known, _)| *known == place) {
                            Some((_, columns)) => columns.push(column),
                            None => ignored.push((place, vec![column])),
                        }
                    }
                }
                Owned::Table { table } => {
                    let of = |class: &ModelClass| format!("# class {} is gone, {}", class.name, self.short_path(class));
                    gone.extend(self.of_table(table).into_iter().map(of));
                }
                Owned::Name { .. } | Owned::Type { .. } | Owned::Labels { .. } => {}
            }
        }
        let ignoring = |(place, columns): (String, Vec<&Ident>)| format!("{} # in {place}", ignoring(&columns));
        ignored.into_iter().map(ignoring).chain(gone).collect()
    }

    fn by_hand(&self, owned: &Owned) -> Option<String> {
        let named = |class: &ModelClass| format!("{} ({}:{})", class.name, self.path(class), class.line);
        match owned {
            Owned::Column { table, column, .. } | Owned::Shadow { table, column, .. } => {
                let own = self.of_table(table);
                let missing: Vec<String> =
                    own.iter().filter(|class| !self.ignores(class, column)).map(|class| named(class)).collect();
                let places = match own.is_empty() {
                    true => format!("the model of {table}, which is not in app/models"),
                    false if missing.is_empty() => return None,
                    false => missing.join(" and "),
                };
                Some(format!("before the release deploy `{}` in {places}", ignoring(&[column])))
            }
            Owned::Table { table } => {
                let own: Vec<String> = self.of_table(table).into_iter().map(named).collect();
                (!own.is_empty()).then(|| format!("before the release deploy without {}", own.join(" and ")))
            }
            Owned::Name { .. } | Owned::Type { .. } | Owned::Labels { .. } => None,
        }
    }

    fn mapped(&self, owned: &Owned) -> Option<String> {
        let places = |table: &QualifiedName, else_in: String| match self.of_table(table).as_slice() {
            [] => else_in,
            several => {
                let all: Vec<String> = several
                    .iter()
                    .map(|class| format!("{} ({}:{})", class.name, self.path(class), class.line))
                    .collect();
                all.join(" and ")
            }
        };
        let (line, place) = match owned {
            Owned::Column { table, column, becomes: Some(to) } => {
                let line = format!("alias_attribute {}, {}", symbol(to.as_str()), symbol(column.as_str()));
                (line, places(table, format!("the model of {table}")))
            }
            Owned::Name { name, table } => {
                let line = format!("self.table_name = {}", string(&name.unquoted()));
                (line, places(table, format!("the model of {table}")))
            }
            Owned::Column { becomes: None, .. }
            | Owned::Shadow { .. }
            | Owned::Table { .. }
            | Owned::Type { .. }
            | Owned::Labels { .. } => return None,
        };
        Some(format!("delete the migration and write `{line}` in {place}"))
    }

    fn files(&self) -> &Texts {
        &self.files
    }
}

/// The line by which a model ignores columns.
fn ignoring(columns: &[&Ident]) -> String {
    format!("self.ignored_columns += {}", words(columns))
}

#[cfg(test)]
mod tests;
