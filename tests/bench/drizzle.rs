//! Samples as Drizzle folders, the real Drizzle, and safestep on them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::folder::Folder;
use super::process::{Process, Program};
use super::server::{Database, Server};
use super::variable;

/// The two forms of a Drizzle project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Up to 0.x: a journal.
    Journal,
    /// From 1.0 on: a folder for each migration.
    Folders,
}

impl Generation {
    /// Where its samples are.
    pub fn samples(self) -> PathBuf {
        let name = match self {
            Generation::Journal => "drizzle-031",
            Generation::Folders => "drizzle-1rc",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
    }

    fn variable(self) -> &'static str {
        match self {
            Generation::Journal => "SAFESTEP_TEST_DRIZZLE_0",
            Generation::Folders => "SAFESTEP_TEST_DRIZZLE_1",
        }
    }
}

/// A folder of samples: what drizzle-kit generated for one model, and then for another.
pub struct Sample {
    /// Its name.
    pub name: String,
    /// Its form.
    pub generation: Generation,
}

/// A copy of a sample in a temporary folder.
pub struct Project(TempDir);

impl Sample {
    /// All samples, by name; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
    pub fn all(generation: Generation) -> Result<Vec<Sample>> {
        let folder = generation.samples();
        let mut names: Vec<String> = fs::read_dir(&folder)
            .with_context(|| folder.display().to_string())?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?;
        names.sort();
        if let Ok(only) = std::env::var("SAFESTEP_TEST_ONLY") {
            names.retain(|name| only.split(',').any(|wanted| wanted == name));
        }
        Ok(names.into_iter().map(|name| Sample { name, generation }).collect())
    }

    /// One of which a part waits for a deploy: `tests/samples/phases/drizzle-031` and `drizzle-1rc`.
    pub fn phased(name: &str, generation: Generation) -> Sample {
        let folder = generation.samples();
        let form = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Sample { name: format!("../phases/{form}/{name}"), generation }
    }

    /// The model after the migration, in TypeScript.
    pub fn model(&self) -> Result<String> {
        self.read("after.ts")
    }

    /// The text of one of its files.
    pub fn read(&self, file: &str) -> Result<String> {
        let path = self.generation.samples().join(&self.name).join(file);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// As its author's repository holds it.
    pub fn naive(&self) -> Result<Project> {
        let project = Project(TempDir::with_prefix("safestep-bench-")?);
        copy(&self.generation.samples().join(&self.name).join("drizzle"), &project.drizzle())?;
        Ok(project)
    }

    /// As its author's repository holds it, and the path of its last migration there.
    pub fn folder(&self) -> Result<(Folder, String)> {
        let folder = Folder::empty()?;
        copy(&self.generation.samples().join(&self.name).join("drizzle"), &folder.path().join("drizzle"))?;
        let last = migrations(&folder.path().join("drizzle"))?.pop().context("no migration")?;
        let path = last.strip_prefix(folder.path())?.to_str().context("a path that is not UTF-8")?.to_owned();
        Ok((folder, path))
    }

    /// As its author's repository holds it, the last migration generated long after the others, with a file for each
    /// step in the configuration.
    pub fn apart(&self) -> Result<Project> {
        let project = self.naive()?;
        self.set_apart(project.0.path())?;
        Ok(project)
    }

    /// The same as a folder, and the path of its last migration there.
    pub fn folder_apart(&self) -> Result<(Folder, String)> {
        let (folder, path) = self.folder()?;
        self.set_apart(folder.path())?;
        Ok((folder, path))
    }

    fn set_apart(&self, root: &Path) -> Result<()> {
        fs::write(root.join("safestep.toml"), "layout = \"step\"\n")?;
        let drizzle = root.join("drizzle");
        match self.generation {
            Generation::Folders => {
                let files = migrations(&drizzle)?;
                for folder in files[..files.len() - 1].iter().filter_map(|file| file.parent()) {
                    let name = folder.file_name().and_then(|name| name.to_str()).context("a name")?;
                    fs::rename(folder, folder.with_file_name(format!("2025{}", &name[4..])))?;
                }
            }
            Generation::Journal => {
                let path = drizzle.join("meta/_journal.json");
                let mut text = fs::read_to_string(&path)?;
                let journal: Value = serde_json::from_str(&text)?;
                let entries = journal["entries"].as_array().context("entries")?;
                for entry in &entries[..entries.len() - 1] {
                    let when = entry["when"].as_i64().context("when")?;
                    text = text.replace(&when.to_string(), &(when - 3_600_000).to_string());
                }
                fs::write(&path, text)?;
            }
        }
        Ok(())
    }

    /// The migrations before the last one.
    pub fn history(&self) -> Result<Project> {
        self.without_last(self.naive()?)
    }

    /// A project without its last migration.
    pub fn without_last(&self, project: Project) -> Result<Project> {
        match self.generation {
            Generation::Folders => fs::remove_dir_all(
                project.migrations()?.last().context("no migration")?.parent().context("no folder")?,
            )?,
            Generation::Journal => {
                fs::remove_file(project.migrations()?.last().context("no migration")?)?;
                let path = project.drizzle().join("meta/_journal.json");
                let mut journal: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
                journal["entries"].as_array_mut().context("entries")?.pop();
                fs::write(&path, journal.to_string())?;
            }
        }
        Ok(project)
    }

    /// After `safestep rewrite --write` for servers from `major` on.
    pub fn rewritten(&self, major: u32) -> Result<Project> {
        let project = self.naive()?;
        project.safestep("--write", major)?;
        Ok(project)
    }

    /// Whether the last migration of a sample in folders becomes what that of the sample with a journal becomes.
    pub fn has_a_twin(&self, major: u32) -> Result<bool> {
        let twin = Sample { name: self.name.clone(), generation: Generation::Journal };
        let is_there = self.generation == Generation::Folders && twin.generation.samples().join(&twin.name).is_dir();
        Ok(is_there && self.written(major)? == twin.written(major)?)
    }

    /// What the last migration becomes.
    fn written(&self, major: u32) -> Result<Vec<String>> {
        let before = self.naive()?.migrations()?.len() - 1;
        Ok(self.rewritten(major)?.texts()?.split_off(before))
    }

    /// A database where the history ran, with `rows` rows in every table.
    pub fn database(&self, drizzle: &Drizzle, server: &Server, rows: u32) -> Result<Database> {
        let database = server.create()?;
        drizzle.run("pg", &self.history()?, &database)?.must_succeed().context("the history")?;
        database.fill(rows)?;
        Ok(database)
    }
}

impl Project {
    /// Its migrations folder.
    pub fn drizzle(&self) -> PathBuf {
        self.0.path().join("drizzle")
    }

    /// The files of its migrations, in order.
    pub fn migrations(&self) -> Result<Vec<PathBuf>> {
        migrations(&self.drizzle())
    }

    /// The texts of its migrations, in order.
    pub fn texts(&self) -> Result<Vec<String>> {
        self.migrations()?.iter().map(|path| Ok(fs::read_to_string(path)?)).collect()
    }

    /// The same with another text in one of its files.
    pub fn with_text(&self, file: usize, text: &str) -> Result<Project> {
        let project = Project(TempDir::with_prefix("safestep-bench-")?);
        copy(&self.drizzle(), &project.drizzle())?;
        fs::write(&project.migrations()?[file], text)?;
        Ok(project)
    }

    /// The text of its last migration.
    pub fn last(&self) -> Result<String> {
        Ok(fs::read_to_string(self.migrations()?.last().context("no migration")?)?)
    }

    /// Writes a file beside its migrations folder.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.0.path().join(name), text)?)
    }

    /// `safestep adopt` with these further arguments: whether it succeeded, and what it said.
    pub fn adopt(&self, database: &Database, arguments: &[&str]) -> Result<Ran> {
        self.command(&[&["adopt", "--database-url", &database.url], arguments].concat())
    }

    /// `safestep` with these arguments in its root: whether it succeeded, and what it said.
    pub fn command(&self, arguments: &[&str]) -> Result<Ran> {
        let output = Command::new(env!("CARGO_BIN_EXE_safestep"))
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .context("running safestep")?;
        let error = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        Ok(Ran { ok: output.status.success(), error })
    }

    /// Copies all of it over what is in a folder.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        copy(self.root(), folder)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// A copy of all of it.
    pub fn copied(&self) -> Result<Project> {
        let project = Project(TempDir::with_prefix("safestep-bench-")?);
        copy(self.root(), project.root())?;
        Ok(project)
    }

    /// Fails when `safestep rewrite` would change any of its migrations.
    pub fn all_must_be_final(&self) -> Result<()> {
        self.safestep_on("--check", 15, &self.drizzle()).context("rewriting the rewrite")
    }

    /// Rewrites its last migration.
    pub fn rewrite(&self, major: u32) -> Result<()> {
        self.safestep("--write", major)
    }

    /// The same with a migration behind it that fails.
    pub fn before_a_failure(&self, generation: Generation) -> Result<Project> {
        self.and(generation, &[("failing", "SELECT 1 / 0;")])
    }

    /// The same with more migrations behind it, each with its name and SQL.
    pub fn and(&self, generation: Generation, more: &[(&str, &str)]) -> Result<Project> {
        let project = Project(TempDir::with_prefix("safestep-bench-")?);
        copy(&self.drizzle(), &project.drizzle())?;
        for (number, (name, sql)) in (1..).zip(more) {
            match generation {
                Generation::Folders => {
                    let folder = project.drizzle().join(format!("2099010100000{number}_{name}"));
                    fs::create_dir(&folder)?;
                    fs::write(folder.join("migration.sql"), sql)?;
                }
                Generation::Journal => {
                    let path = project.drizzle().join("meta/_journal.json");
                    let mut journal: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
                    let entries = journal["entries"].as_array_mut().context("entries")?;
                    let tag = format!("009{number}_{name}");
                    let when = 4_070_908_800_000_i64 + number;
                    entries.push(
                        json!({ "idx": 90 + number, "version": "7", "when": when, "tag": tag, "breakpoints": true }),
                    );
                    fs::write(&path, journal.to_string())?;
                    fs::write(project.drizzle().join(format!("{tag}.sql")), sql)?;
                }
            }
        }
        Ok(project)
    }

    /// The same after `safestep rewrite --write` of all its migrations but the first.
    pub fn rewritten(&self) -> Result<Project> {
        let project = Project(TempDir::with_prefix("safestep-bench-")?);
        copy(&self.drizzle(), &project.drizzle())?;
        for path in project.migrations()?.iter().skip(1) {
            project.safestep_on("--write", 15, path)?;
        }
        Ok(project)
    }

    /// Fails when `safestep rewrite` would change its own output: the files from the first on that is not of the history.
    pub fn must_be_final(&self, major: u32, history: usize) -> Result<()> {
        let mut written = self.migrations()?.into_iter().skip(history);
        written.try_for_each(|file| self.safestep_on("--check", major, &file)).context("rewriting the rewrite")
    }

    fn safestep(&self, what: &str, major: u32) -> Result<()> {
        // The history stays as it is: a test wants to see what becomes of the last migration.
        self.safestep_on(what, major, self.migrations()?.last().context("no migration")?)
    }

    fn safestep_on(&self, what: &str, major: u32, migration: &Path) -> Result<()> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_safestep"));
        // what waits for a deploy is in the folder as well: phases have tests of their own
        command.args(["rewrite", what, "--all", "--collapse", "--quiet"]).current_dir(self.0.path());
        if major < 14 {
            command.args(["--postgres", "12"]);
        }
        command.arg(migration);
        let output = command.output().context("running safestep")?;
        let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "safestep rewrite {what}: {}\n{text}", output.status);
        Ok(())
    }
}

fn migrations(drizzle: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(drizzle)? {
        let path = entry?.path();
        let inside = path.join("migration.sql");
        if path.extension().is_some_and(|ending| ending == "sql") {
            files.push(path);
        } else if inside.is_file() {
            files.push(inside);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => drop(fs::copy(entry.path(), to)?),
        }
    }
    Ok(())
}

/// The real Drizzle of one generation.
pub struct Drizzle(Generation);

/// The processes with a PGlite, one for each generation: it takes seconds of a core to start.
static LITE: [Mutex<Option<Process>>; 2] = [Mutex::new(None), Mutex::new(None)];

/// How a run of a migrator ended.
pub struct Ran {
    /// Whether it says that all is applied.
    pub ok: bool,
    /// What it said otherwise.
    pub error: String,
}

/// What is done in PGlite.
pub enum Lite<'a> {
    /// Applies what is pending.
    Migrate(&'a Project),
    /// Takes the rows of a database on a server.
    Rows(&'a Database),
    /// Sends texts, each by itself.
    Chunks(Vec<&'a str>),
}

/// What a run leaves in PGlite.
pub struct Left {
    /// Why it stopped, if it did.
    pub error: Option<String>,
    /// Its objects, a line for each.
    pub catalog: Value,
    rows: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
}

impl Left {
    /// The columns in which it differs from another run of the same: drawn at random, or the time.
    pub fn varying(&self, other: &Left) -> BTreeSet<(String, String)> {
        let mut varying = BTreeSet::new();
        for (table, rows) in &self.rows {
            let others = other.rows.get(table).map_or(&[][..], Vec::as_slice);
            for (row, other) in rows.iter().zip(others) {
                let differs = row.iter().filter(|(column, value)| other.get(*column) != Some(*value));
                varying.extend(differs.map(|(column, _)| (table.clone(), column.clone())));
            }
        }
        varying
    }

    /// Its rows as sorted lines, `varying` left out.
    pub fn lines(&self, varying: &BTreeSet<(String, String)>) -> Vec<String> {
        let line = |table: &String, row: &BTreeMap<String, Value>| {
            let known = row.iter().filter(|(column, _)| !varying.contains(&(table.clone(), (*column).clone())));
            format!("{table} {:?}", known.map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>())
        };
        let rows = self.rows.iter().flat_map(|(table, rows)| rows.iter().map(move |row| line(table, row)));
        let mut lines: Vec<String> = rows.collect();
        lines.sort();
        lines
    }
}

impl Ran {
    /// Fails with what it said.
    pub fn must_succeed(self) -> Result<()> {
        ensure!(self.ok, "{}", self.error);
        Ok(())
    }
}

impl Drizzle {
    /// The one of this generation.
    pub fn of(generation: Generation) -> Drizzle {
        Drizzle(generation)
    }

    /// `tests/drizzle/run.mjs` with Node.
    fn program(&self) -> Result<Program> {
        let trees = PathBuf::from(variable(self.0.variable())?);
        let trees = [trees.join("all"), trees.join("postgres-only")].map(|tree| tree.display().to_string());
        // PGlite is compiled in half the time, and no query is long enough to miss it.
        Ok(Program::script("node".into(), &["--liftoff-only"], "drizzle/run.mjs", trees.into()))
    }

    fn ran(&self, request: &Value) -> Result<Ran> {
        let answer = self.program()?.ask(request)?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        Ok(Ran { ok: answer["ok"] == true, error: text("error") })
    }

    /// Applies what is pending, over one of the drivers that `tests/drizzle/run.mjs` lists.
    pub fn run(&self, driver: &str, project: &Project, database: &Database) -> Result<Ran> {
        self.ran(&json!({ "run": driver, "folder": project.drizzle(), "url": database.url }))
    }

    /// What runs leave in PGlite, each in an empty database.
    pub fn pglite(&self, runs: &[&[Lite]]) -> Result<Vec<Left>> {
        let step = |step: &Lite| match step {
            Lite::Migrate(project) => json!(project.drizzle()),
            Lite::Rows(database) => json!({ "rows": database.url }),
            Lite::Chunks(chunks) => json!({ "chunks": chunks }),
        };
        let runs: Vec<Vec<Value>> = runs.iter().map(|run| run.iter().map(step).collect()).collect();
        let mut process = LITE[self.0 as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let mut started = process.take().map_or_else(|| self.program()?.start(), Ok)?;
        let answer = started.ask(&json!({ "pglite": runs }))?;
        *process = Some(started);
        ensure!(answer["ok"] == true, "{answer}");
        let left = answer["left"].as_array().context("left")?.iter();
        left.map(|left| {
            Ok(Left {
                error: left["error"].as_str().map(str::to_owned),
                catalog: left["catalog"].clone(),
                rows: serde_json::from_value(left["rows"].clone())?,
            })
        })
        .collect()
    }

    /// `drizzle-kit` with a project and a model.
    pub fn kit(&self, arguments: &[&str], project: &Project, model: &str) -> Result<Ran> {
        self.ran(&json!({ "kit": arguments, "folder": project.drizzle(), "schema": model }))
    }
}
