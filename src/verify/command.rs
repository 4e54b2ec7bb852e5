//! The project's own runner: a command that is run in a copy of the project, against a scratch database.
//!
//! The copy has links to the folders of the project, but for those with migrations in them: these are written there as each run
//! needs them. What a program finds its own place by, what it writes beside the migrations, and what it logs is no link.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command as Process;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::{Scratch, VerifyError};
use crate::framework::header::shell_word;

/// The command, and where it runs.
#[derive(Debug, Clone)]
pub struct OwnRunner {
    /// As it is configured, with `{revision}` or `{version}` in it.
    pub command: String,
    /// The folder in which it is run.
    pub project: Utf8PathBuf,
    /// What it finds in environment variables beside its own.
    pub environment: BTreeMap<String, String>,
    /// The schema, as SQL names it, that is there for its ledger before its first migration runs.
    pub ledger_schema: Option<String>,
    /// The files of all migrations that are on disk: a copy has none of them by itself.
    pub on_disk: BTreeSet<Utf8PathBuf>,
}

/// A copy of the project with some migrations in it.
pub(super) struct Tree(TempDir);

/// A file of a migration, where it belongs in the project.
#[derive(Debug, Clone)]
pub struct Place {
    /// The name by which the runner knows it.
    pub name: String,
    /// Its path.
    pub path: Utf8PathBuf,
    /// What it holds.
    pub text: String,
}

impl OwnRunner {
    /// A copy of the project that has these migrations.
    pub(super) fn tree<'a>(&self, migrations: impl IntoIterator<Item = &'a Place>) -> Result<Tree, VerifyError> {
        let root = self.project.clone();
        let io = |source| VerifyError::Io { path: root.clone(), source };
        let tree = Tree(TempDir::with_prefix("safestep-verify-").map_err(io)?);
        let to = Utf8PathBuf::from_path_buf(tree.0.path().to_owned())
            .map_err(|path| VerifyError::Refused(format!("{}: the name is not UTF-8", path.display())))?;
        let mut places = Vec::new();
        for migration in migrations {
            let inside = migration.path.strip_prefix(&self.project).map_err(|_| {
                VerifyError::Refused(format!(
                    "[verify] command: {} is outside {}, where the command runs; put safestep.toml above the migrations",
                    migration.path, self.project
                ))
            })?;
            places.push((to.join(inside), migration));
        }
        let mut own = self.on_disk.clone();
        own.extend(places.iter().map(|(_, migration)| migration.path.clone()));
        self.link(&self.project, &to, &own).map_err(io)?;
        for (path, migration) in places {
            let write = path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, &migration.text));
            write.map_err(|source| VerifyError::Io { path, source })?;
        }
        Ok(tree)
    }

    /// Links to what is in a folder; folders with migrations are made anew.
    fn link(&self, from: &Utf8Path, to: &Utf8Path, migrations: &BTreeSet<Utf8PathBuf>) -> std::io::Result<()> {
        for entry in from.read_dir_utf8()? {
            let (from, to) = (entry?.into_path(), to);
            let Some(name) = from.file_name() else { continue };
            let to = to.join(name);
            if migrations.contains(&from) || name == "__pycache__" {
                continue;
            }
            if migrations.iter().any(|migration| migration.starts_with(&from)) {
                std::fs::create_dir(&to)?;
                self.link(&from, &to, migrations)?;
            } else if from.is_file() {
                // Behind a link a dump of the schema would go to the project's own file, and Ruby would look for what stands
                // beside it there.
                std::fs::copy(&from, &to)?;
            } else if WRITTEN.contains(&name) {
                std::fs::create_dir(&to)?;
            } else if FINDS_ITS_PLACE.contains(&name) {
                std::fs::create_dir(&to)?;
                self.link(&from, &to, migrations)?;
            } else {
                link(&from, &to)?;
            }
        }
        Ok(())
    }

    /// Runs the command for a migration; what it said last, when it fails.
    pub(super) fn run(&self, tree: &Tree, database: &Scratch, name: &str) -> Result<Result<(), String>, VerifyError> {
        // Before a version stands the database that it is of, where there are several.
        let version = name.rsplit_once('/').map_or(name, |(_, version)| version);
        let command = self.command.replace("{revision}", &shell_word(name)).replace("{version}", &shell_word(version));
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let output = Process::new(shell)
            .args([flag, &command])
            .current_dir(tree.0.path())
            .envs(&self.environment)
            .env("DATABASE_URL", database.url())
            // Two trees may have different files of one name.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .map_err(|source| VerifyError::Io { path: shell.into(), source })?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        // What a program of Python prints about an error ends with a line on where to read more.
        let last = said.lines().rev().filter(|line| !line.trim().is_empty() && !line.starts_with("(Background on"));
        let last: Vec<&str> = last.take(LINES).collect();
        let what = last.into_iter().rev().collect::<Vec<_>>().join("\n    ");
        Ok(Err(format!("`{command}` failed: {what}")))
    }
}

/// Folders of programs that look for the project's files beside themselves: `bin/rails`, `config/application.rb`.
const FINDS_ITS_PLACE: [&str; 2] = ["bin", "config"];

/// Folders that a runner writes to; what is in them is nothing that it needs.
const WRITTEN: [&str; 2] = ["log", "tmp"];

/// So many lines of what a failed command said are shown.
const LINES: usize = 6;

#[cfg(unix)]
fn link(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn link(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    match from.is_dir() {
        true => std::os::windows::fs::symlink_dir(from, to),
        false => std::os::windows::fs::symlink_file(from, to),
    }
}
