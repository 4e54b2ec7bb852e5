//! The files that go, come and change, as the lines of a tree: what the terminal and the pull request both show.

use crate::report::{FileAction, MigrationReport, StepReport};

/// The file name that says nothing: a folder that holds one *is* the migration, and is shown instead of it.
const ANONYMOUS: &str = "migration.sql";

/// One folder of the tree and what happens in it.
pub(super) struct Folder<'a> {
    /// Relative path with a `/` at its end; empty for the working directory.
    pub path: &'a str,
    /// What goes, then what comes and changes in the report's order.
    pub entries: Vec<Entry<'a>>,
}

/// One line of the tree: a file, or a folder that is a migration.
pub(super) struct Entry<'a> {
    /// Relative to the folder above it; ends in `/` when it is a folder.
    pub name: &'a str,
    pub action: FileAction,
    /// The tables that its steps work on, each once.
    pub tables: Vec<&'a str>,
    /// How long its steps take, each wording once.
    pub durations: Vec<&'a str>,
    /// The steps in it, where it holds several.
    pub parts: Vec<Part<'a>>,
}

/// A step in a file that holds several.
pub(super) struct Part<'a> {
    pub number: usize,
    pub name: &'a str,
    pub tables: Vec<&'a str>,
    pub durations: Vec<&'a str>,
}

impl Entry<'_> {
    /// `+`, `-` or `~`.
    pub fn mark(&self) -> char {
        match self.action {
            FileAction::Create => '+',
            FileAction::Delete => '-',
            FileAction::Modify => '~',
        }
    }
}

/// The changes of a migration by folder, folders in the order in which the report first names them.
pub(super) fn folders(migration: &MigrationReport) -> Vec<Folder<'_>> {
    let mut folders: Vec<Folder> = Vec::new();
    for file in &migration.files {
        let (path, name) = place(migration, &file.path, file.action);
        let index = folders.iter().position(|folder| folder.path == path).unwrap_or_else(|| {
            folders.push(Folder { path, entries: Vec::new() });
            folders.len() - 1
        });
        let entries = &mut folders[index].entries;
        let entry = match entries.iter().position(|entry| entry.name == name && entry.action == file.action) {
            Some(known) => &mut entries[known],
            None => {
                entries.push(Entry {
                    name,
                    action: file.action,
                    tables: Vec::new(),
                    durations: Vec::new(),
                    parts: Vec::new(),
                });
                let new = entries.len() - 1;
                &mut entries[new]
            }
        };
        for step in migration.steps.iter().filter(|step| step.file == file.path) {
            describe(entry, step);
        }
    }
    for folder in &mut folders {
        folder.entries.iter_mut().filter(|entry| entry.parts.len() == 1).for_each(|entry| entry.parts.clear());
        folder.entries.sort_by_key(|entry| entry.action != FileAction::Delete);
    }
    folders
}

/// The files that hold steps, in the order in which they run: file 1 is the first of them.
pub(super) fn step_files(migration: &MigrationReport) -> Vec<&str> {
    let mut files: Vec<&str> = Vec::new();
    for step in &migration.steps {
        if !files.contains(&step.file.as_str()) {
            files.push(&step.file);
        }
    }
    files
}

/// Splits a path after its last `/`.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

/// The folder and the name under which a file is shown.
fn place<'a>(migration: &MigrationReport, path: &'a str, action: FileAction) -> (&'a str, &'a str) {
    let (folder, name) = split(path);
    let holds_migration = |other: &str| other.strip_prefix(folder) == Some(ANONYMOUS);
    let is_migration = !folder.is_empty()
        && migration.files.iter().any(|other| other.action == action && holds_migration(&other.path));
    if !is_migration {
        return (folder, name);
    }
    let parent = split(folder.trim_end_matches('/')).0;
    match action {
        FileAction::Create | FileAction::Delete => (parent, &folder[parent.len()..]),
        FileAction::Modify => (parent, &path[parent.len()..]),
    }
}

fn describe<'a>(entry: &mut Entry<'a>, step: &'a StepReport) {
    add(&mut entry.tables, &mut entry.durations, step);
    if entry.parts.last().is_none_or(|part| part.number != step.number) {
        entry.parts.push(Part { number: step.number, name: &step.name, tables: Vec::new(), durations: Vec::new() });
    }
    if let Some(part) = entry.parts.last_mut() {
        add(&mut part.tables, &mut part.durations, step);
    }
}

fn add<'a>(tables: &mut Vec<&'a str>, durations: &mut Vec<&'a str>, step: &'a StepReport) {
    for table in &step.tables {
        if !tables.contains(&table.as_str()) {
            tables.push(table);
        }
    }
    if !durations.contains(&step.duration.as_str()) {
        durations.push(&step.duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    fn shown(migration: &MigrationReport) -> Vec<String> {
        let mut lines = Vec::new();
        for folder in folders(migration) {
            lines.push(folder.path.to_owned());
            lines.extend(folder.entries.iter().map(|entry| format!("{} {}", entry.mark(), entry.name)));
        }
        lines
    }

    #[test]
    fn a_folder_with_a_migration_is_one_line() {
        let mut migration = example::migration("drizzle/0003_big");
        migration.files = vec![
            example::created("drizzle/0003_big_01/migration.sql", "a"),
            example::created("drizzle/0003_big_01/snapshot.json", "{}"),
            example::deleted("drizzle/0003_big/migration.sql", "a"),
            example::deleted("drizzle/0003_big/snapshot.json", "{}"),
        ];
        assert_eq!(shown(&migration), ["drizzle/", "- 0003_big/", "+ 0003_big_01/"]);
    }

    #[test]
    fn files_are_gathered_by_folder() {
        let mut migration = example::migration("drizzle/0003_big.sql");
        migration.files = vec![
            example::modified("drizzle/0003_big.sql", "a", "b"),
            example::created("drizzle/0004_big.sql", "c"),
            example::modified("drizzle/meta/_journal.json", "{}", "{ }"),
            example::modified("prisma/migrations/1_a/migration.sql", "a", "b"),
            example::created("top.sql", "c"),
        ];
        assert_eq!(
            shown(&migration),
            [
                "drizzle/",
                "~ 0003_big.sql",
                "+ 0004_big.sql",
                "drizzle/meta/",
                "~ _journal.json",
                "prisma/migrations/",
                "~ 1_a/migration.sql",
                "",
                "+ top.sql",
            ]
        );
    }
}
