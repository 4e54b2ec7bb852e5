//! A temporary folder with a Prisma project in it, and the real `safestep` run there as a person at a shell would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::prisma::Sample;

/// Where the migrations are, relative to the folder.
pub const MIGRATIONS: &str = "prisma/migrations";

/// A project in a temporary folder, which goes with this value.
pub struct Folder(TempDir);

/// What a run of `safestep` printed and how it ended.
pub struct Ended {
    /// The exit status, -1 when a signal ended it.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Folder {
    /// A project without migrations.
    pub fn new() -> Result<Folder> {
        let folder = Folder::empty()?;
        folder.write(&format!("{MIGRATIONS}/migration_lock.toml"), "provider = \"postgresql\"\n")?;
        Ok(folder)
    }

    /// Nothing at all.
    pub fn empty() -> Result<Folder> {
        Ok(Folder(TempDir::with_prefix("safestep-test-")?))
    }

    /// A sample: its history, and its migration on top of that.
    pub fn of(sample: &Sample) -> Result<Folder> {
        let folder = Folder::new()?;
        folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), sample.read("before.sql")?)?;
        folder.write(&format!("{}/migration.sql", migration(sample)), sample.read("migration.sql")?)?;
        Ok(folder)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, its folders included.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, content).with_context(|| path.display().to_string())
    }

    /// Every file with its bytes, by its path; what belongs to git is left out, and no symbolic link is followed.
    pub fn tree(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() && entry.file_name() != ".git" {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let path = entry.path();
                    let content = fs::read(&path).with_context(|| path.display().to_string())?;
                    files.insert(path.strip_prefix(self.path())?.to_owned(), content);
                }
            }
        }
        Ok(files)
    }

    /// `safestep` with these arguments, with no terminal and a width of 100.
    pub fn safestep(&self, arguments: &[&str]) -> Result<Ended> {
        let mut command = self.command();
        command.args(arguments);
        Ended::of(&command.output().context("running safestep")?)
    }

    /// [`Folder::safestep`], not yet started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_safestep"));
        command.current_dir(self.path()).stdin(Stdio::null()).env("COLUMNS", "100").env("LC_ALL", "C.UTF-8");
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
            command.env_remove(variable);
        }
        command
    }

    /// What `safestep rewrite --format json` says with these arguments about its only migration.
    pub fn report(&self, arguments: &[&str]) -> Result<Value> {
        let ended = self.safestep(&[&["rewrite", "--format", "json"], arguments].concat())?;
        ensure!(ended.status == 0, "exit {}\n{}", ended.status, ended.err);
        let mut report: Value = serde_json::from_str(&ended.out).context("--format json")?;
        report.pointer_mut("/migrations/0").map(Value::take).context("the report has no migration")
    }

    /// Runs git here, away from the user's configuration.
    pub fn git(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
            .output()
            .context("running git")?;
        ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Ended {
    fn of(output: &Output) -> Result<Ended> {
        Ok(Ended {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).context("standard output is not UTF-8")?,
            err: String::from_utf8(output.stderr.clone()).context("standard error is not UTF-8")?,
        })
    }
}

/// The folder of a sample's migration.
pub fn migration(sample: &Sample) -> String {
    format!("{MIGRATIONS}/20261120105114_{}", sample.name)
}
