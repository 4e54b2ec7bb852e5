//! Alembic's samples, and the scripts that hold our reading against Python's and Alembic's own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use camino::Utf8Path;
use safestep::framework::alembic::scope::Project;

use super::folder::Folder;
use super::variable;

/// The names of the samples; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
pub fn samples() -> Result<Vec<String>> {
    super::samples("alembic")
}

/// A project as `alembic init` makes it, whose database is the one in `DATABASE_URL`.
pub fn empty_project() -> Result<Folder> {
    let folder = Folder::empty()?;
    folder.write("alembic.ini", "[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = .\n")?;
    folder.write("alembic/env.py", ENV)?;
    Ok(folder)
}

const ENV: &str = r#"import os

from alembic import context
from sqlalchemy import create_engine, pool


def run_migrations_online() -> None:
    connectable = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)

    with connectable.connect() as connection:
        context.configure(connection=connection)

        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
"#;

/// A sample: the tables that its model had before, and its revisions on top of that.
pub fn project(sample: &str) -> Result<Folder> {
    let folder = empty_project()?;
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/alembic").join(sample);
    let mut revisions = Vec::new();
    python_files(&files, &mut revisions)?;
    for file in revisions {
        let name = file.file_name().context("a name")?.to_string_lossy().into_owned();
        if !["before.py", "after.py"].contains(&name.as_str()) {
            folder.write(&format!("alembic/versions/{name}"), std::fs::read(&file)?)?;
        }
    }
    Ok(folder)
}

/// All Python files of the samples, or of the folders in `SAFESTEP_TEST_REVISIONS`.
pub fn files() -> Result<Vec<PathBuf>> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let folders: Vec<PathBuf> = match std::env::var_os("SAFESTEP_TEST_REVISIONS") {
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => ["alembic", "alembic-reading"].map(|name| samples.join(name)).into(),
    };
    let mut files = Vec::new();
    for folder in &folders {
        python_files(folder, &mut files)?;
    }
    files.sort();
    ensure!(files.len() > 20, "only {} files in {folders:?}", files.len());
    Ok(files)
}

/// Those that are revisions.
pub fn revisions() -> Result<Vec<PathBuf>> {
    let mut revisions = Vec::new();
    for file in files()? {
        if std::fs::read_to_string(&file)?.lines().any(|line| line.starts_with("down_revision")) {
            revisions.push(file);
        }
    }
    Ok(revisions)
}

fn python_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        match path.is_dir() {
            true => python_files(&path, found)?,
            false if path.extension().is_some_and(|extension| extension == "py") => found.push(path),
            false => {}
        }
    }
    Ok(())
}

/// The projects that revisions belong to, one for each folder.
#[derive(Default)]
pub struct Projects(BTreeMap<PathBuf, Rc<Project>>);

impl Projects {
    /// The project of a revision file. `SAFESTEP_TEST_VARIABLES` says what environment variables there are: `A=b;C=d`.
    pub fn of(&mut self, file: &Path) -> Result<Rc<Project>> {
        let folder = file.parent().context("no folder")?;
        if let Some(project) = self.0.get(folder) {
            return Ok(project.clone());
        }
        let said = std::env::var("SAFESTEP_TEST_VARIABLES").unwrap_or_default();
        let pairs = said.split(';').filter_map(|pair| pair.split_once('='));
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let path = Utf8Path::from_path(folder).context("a path that is no text")?;
        let project = Rc::new(Project::of(path).with_variables(variables));
        self.0.insert(folder.to_owned(), project.clone());
        Ok(project)
    }
}

/// What a script of `tests/alembic/` prints for these files; `python` is the variable that names its interpreter.
pub fn run(python: &str, script: &str, files: &[PathBuf]) -> Result<String> {
    let mut child = Command::new(variable(python)?)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("running {script}"))?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut stdin = child.stdin.take().context("no stdin")?;
    let writer = std::thread::spawn(move || stdin.write_all(names.join("\n").as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("{script} was not written to"))??;
    ensure!(output.status.success(), "{script} failed");
    Ok(String::from_utf8(output.stdout)?)
}
