//! Samples as Prisma projects, and the programs that run on them: the real Prisma CLI or its engine, and safestep.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::engine::Engine;
use super::server::{Database, Server};
use super::variable;

const HISTORY: &str = "20260101000000_init";

/// A folder of `tests/samples/prisma`: a history, and the migration that Prisma generated on top of it.
pub struct Sample {
    /// The folder's name.
    pub name: String,
    folder: PathBuf,
}

/// A Prisma project in a temporary folder: the model after the migration, the history, and the migration.
pub struct Project {
    folder: TempDir,
    /// The name of the naive migration.
    pub migration: String,
}

/// Who runs a project; each writes what the engine is asked and sends into a file, where one is named.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// The real `prisma` command, with its engine.
    Command(Option<&'a Path>),
    /// The engine, asked what the command asks it.
    Engine(Option<&'a Path>),
}

/// How a program ended.
pub struct Run {
    /// Its exit status, -1 when a signal ended it.
    pub status: i32,
    /// What it printed, both streams.
    pub text: String,
}

impl Sample {
    /// All samples, by name; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
    pub fn all() -> Result<Vec<Sample>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/prisma");
        let mut names: Vec<String> = fs::read_dir(&folder)
            .with_context(|| folder.display().to_string())?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?;
        names.sort();
        if let Ok(only) = std::env::var("SAFESTEP_TEST_ONLY") {
            names.retain(|name| only.split(',').any(|wanted| wanted == name));
        }
        Ok(names.iter().map(|name| Sample::named(name)).collect())
    }

    /// Those that run on servers of a major version: a migration may begin with `-- PostgreSQL 15 and later`.
    pub fn on(major: u32) -> Result<Vec<Sample>> {
        let mut samples = Sample::all()?;
        let mut unreadable = None;
        samples.retain(|sample| match sample.oldest_server() {
            Ok(oldest) => major >= oldest,
            Err(error) => {
                unreadable = Some(error);
                false
            }
        });
        unreadable.map_or(Ok(samples), Err)
    }

    fn oldest_server(&self) -> Result<u32> {
        let migration = self.read("migration.sql")?;
        let note = migration.lines().next().and_then(|line| line.strip_prefix("-- PostgreSQL "));
        note.map_or(Ok(0), |note| note.trim_end_matches(" and later").parse().context("-- PostgreSQL N and later"))
    }

    /// One sample.
    pub fn named(name: &str) -> Sample {
        Sample {
            name: name.to_owned(),
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/prisma").join(name),
        }
    }

    /// One whose values its author keeps by a declaration: `tests/samples/phases`.
    pub fn declared(name: &str) -> Sample {
        Sample {
            name: name.to_owned(),
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/phases").join(name),
        }
    }

    /// There is such a folder.
    pub fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// Whether its migration was written by hand, not generated from its model.
    pub fn by_hand(&self) -> bool {
        self.name.starts_with("hand_")
    }

    /// The text of one of its files.
    pub fn read(&self, file: &str) -> Result<String> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// A database where the history ran, and nothing else. Its tables are empty.
    ///
    /// The history is sent as plain SQL and recorded in the ledger as `prisma migrate deploy` does it: a call of the CLI
    /// takes two seconds, and what it would do is not what is tested.
    pub fn history(&self, server: &Server) -> Result<Database> {
        let database = server.create()?;
        let sql = self.read("before.sql")?;
        let mut client = database.connect()?;
        client.batch_execute(&sql).context("before.sql")?;
        client.batch_execute(
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
               migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
               applied_steps_count integer NOT NULL DEFAULT 0)",
        )?;
        client.execute(
            "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
             VALUES ('00000000-0000-4000-8000-000000000000', encode(sha256(convert_to($1, 'UTF8')), 'hex'), now(), $2, 1)",
            &[&sql, &HISTORY],
        )?;
        Ok(database)
    }

    /// [`Sample::history`] with `rows` rows in every table.
    pub fn history_with_rows(&self, server: &Server, rows: u32) -> Result<Database> {
        let database = self.history(server)?;
        database.fill(rows).with_context(|| self.name.clone())?;
        Ok(database)
    }
}

impl Project {
    /// The sample as its author's repository would hold it.
    pub fn naive(sample: &Sample) -> Result<Project> {
        let project = Project {
            folder: TempDir::with_prefix("safestep-bench-")?,
            migration: format!("20261120105114_{}", sample.name),
        };
        fs::create_dir_all(project.migrations())?;
        fs::write(project.migrations().join("migration_lock.toml"), "provider = \"postgresql\"\n")?;
        fs::write(project.model(), without_generators(&sample.read("after.prisma")?))?;
        project.add(HISTORY, &sample.read("before.sql")?)?;
        project.add(&project.migration, &sample.read("migration.sql")?)?;
        Ok(project)
    }

    /// The same project with `files` (name, SQL) in place of the migration.
    pub fn with_sequence(sample: &Sample, files: &[(&str, &str)]) -> Result<Project> {
        let project = Project::naive(sample)?;
        fs::remove_dir_all(project.migrations().join(&project.migration))?;
        for (name, sql) in files {
            project.add(&format!("{}_{name}", project.migration), sql)?;
        }
        Ok(project)
    }

    /// The same project after `safestep rewrite --write` for servers from `major` on.
    pub fn rewritten(sample: &Sample, major: u32) -> Result<Project> {
        let project = Project::naive(sample)?;
        let path = format!("prisma/migrations/{}", project.migration);
        let mut arguments = vec!["rewrite", "--write", "--all", "--collapse", "--quiet"];
        if major < 14 {
            arguments.extend(["--postgres", "12"]);
        }
        arguments.push(&path);
        let run = project.safestep(&arguments)?;
        ensure!(run.status <= 1, "safestep rewrite --write: exit {}\n{}", run.status, run.text);
        Ok(project)
    }

    /// Every migration with its SQL, in the order in which Prisma runs them, without the history.
    pub fn sequence(&self) -> Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(self.migrations())? {
            let (name, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
            if path.is_dir() && name != HISTORY {
                let sql = fs::read_to_string(path.join("migration.sql")).with_context(|| path.display().to_string())?;
                files.insert(name.to_string_lossy().into_owned(), sql);
            }
        }
        Ok(files)
    }

    /// Fails when `safestep rewrite` would change its own output.
    pub fn must_be_final(&self, major: u32) -> Result<()> {
        let mut arguments = vec!["rewrite", "--check", "--all", "--collapse"];
        if major < 14 {
            arguments.extend(["--postgres", "12"]);
        }
        arguments.push("prisma/migrations");
        let run = self.safestep(&arguments)?;
        ensure!(run.status == 0, "rewriting the rewrite: exit {}\n{}", run.status, run.text);
        Ok(())
    }

    /// `prisma migrate deploy`.
    pub fn deploy(&self, by: By, database: &Database) -> Result<Run> {
        match by {
            By::Command(log) => self.prisma(&["migrate", "deploy"], database, None, log),
            By::Engine(log) => Engine::start(self, database, None, log)?.deploy(),
        }
    }

    /// The statements of its migrations behind the history, one by one, as `prisma migrate deploy` sends them; nothing is
    /// recorded.
    pub fn send(&self, database: &Database) -> Result<Run> {
        let mut client = database.connect()?;
        for sql in self.sequence()?.values() {
            for piece in safestep::sql::split(sql).pieces {
                if let Err(error) = client.batch_execute(piece.span.slice(sql)) {
                    return Ok(Run { status: 1, text: safestep::verify::message_of(&error) });
                }
            }
        }
        Ok(Run { status: 0, text: String::new() })
    }

    /// `prisma migrate resolve --rolled-back` for the file of a sequence with that name.
    pub fn resolve(&self, name: &str, database: &Database) -> Result<()> {
        self.resolve_migration(&format!("{}_{name}", self.migration), database)
    }

    /// The same for a migration of that name.
    pub fn resolve_migration(&self, name: &str, database: &Database) -> Result<()> {
        let run = self.prisma(&["migrate", "resolve", "--rolled-back", name], database, None, None)?;
        ensure!(run.succeeded(), "prisma migrate resolve: exit {}\n{}", run.status, run.text);
        Ok(())
    }

    /// Whether the migrations give what the model says (`prisma migrate diff --exit-code`).
    pub fn drift(&self, by: By, database: &Database, shadow: &Database) -> Result<Run> {
        let model = ["--from-migrations", "prisma/migrations", "--to-schema", "prisma/schema.prisma"];
        let arguments = [&["migrate", "diff"][..], &model, &["--exit-code"]].concat();
        match by {
            By::Command(log) => self.prisma(&arguments, database, Some(shadow), log),
            By::Engine(log) => Engine::start(self, database, Some(shadow), log)?.drift(),
        }
    }

    /// `prisma migrate dev`: replays the migrations in `shadow` and compares them with the database and the model.
    pub fn dev(&self, by: By, database: &Database, shadow: &Database) -> Result<Run> {
        match by {
            By::Command(log) => self.prisma(&["migrate", "dev"], database, Some(shadow), log),
            By::Engine(log) => Engine::start(self, database, Some(shadow), log)?.dev(),
        }
    }

    /// What `prisma migrate dev --create-only` writes on top of the history for the model; the sample's own migration goes. The
    /// command itself asks on a terminal whether a unique index is meant.
    pub fn create_only(&self, database: &Database, shadow: &Database) -> Result<String> {
        fs::remove_dir_all(self.migrations().join(&self.migration))?;
        Engine::start(self, database, Some(shadow), None)?.create_only()
    }

    /// `prisma migrate status`.
    pub fn status(&self, database: &Database) -> Result<Run> {
        self.prisma(&["migrate", "status"], database, None, None)
    }

    /// `safestep adopt` on a database.
    pub fn adopt(&self, database: &Database, more: &[&str]) -> Result<Run> {
        self.safestep(&[&["adopt", "--database-url", &database.url], more].concat())
    }

    fn prisma(
        &self,
        arguments: &[&str],
        database: &Database,
        shadow: Option<&Database>,
        log: Option<&Path>,
    ) -> Result<Run> {
        let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prisma/runner/run.sh");
        let mut command = Command::new(&runner);
        command
            .arg(variable("SAFESTEP_TEST_PRISMA")?)
            .args([self.migrations(), self.model()])
            .arg("--")
            .args(arguments)
            .env("DATABASE_URL", &database.url)
            .env_remove("SHADOW_DATABASE_URL");
        if let Some(shadow) = shadow {
            command.env("SHADOW_DATABASE_URL", &shadow.url);
        }
        if let Some(log) = log {
            command.env("PRISMA_STANDIN_LOG", log);
        }
        let output = command.output().with_context(|| runner.display().to_string())?;
        Ok(Run::from(&output))
    }

    /// `safestep` in its folder.
    pub fn safestep(&self, arguments: &[&str]) -> Result<Run> {
        let output = Command::new(env!("CARGO_BIN_EXE_safestep"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .context("running safestep")?;
        Ok(Run::from(&output))
    }

    fn add(&self, name: &str, sql: &str) -> Result<()> {
        let folder = self.migrations().join(name);
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        Ok(fs::write(folder.join("migration.sql"), sql)?)
    }

    fn migrations(&self) -> PathBuf {
        self.folder.path().join("prisma/migrations")
    }

    /// Its file with the model.
    pub fn model(&self) -> PathBuf {
        self.root().join("prisma/schema.prisma")
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// A model without what `prisma generate` would run: `migrate` asks nothing of it.
fn without_generators(model: &str) -> String {
    let mut inside = false;
    let lines = model.split_inclusive('\n').filter(|line| {
        inside |= line.starts_with("generator ");
        let keep = !inside;
        inside &= !line.starts_with('}');
        keep
    });
    lines.collect()
}

impl Run {
    fn from(output: &Output) -> Run {
        Run {
            status: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned(),
        }
    }

    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        self.status == 0
    }
}
