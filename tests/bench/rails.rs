//! Samples as Rails applications, the real Rails, and safestep on them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use safestep::framework::rails::RAILS;
use safestep::schema::Schema;
use serde_json::{Value, json};

use super::folder::Folder;
use super::process::{Process, Program};
use super::server::Database;
use super::variable;

/// Where the migrations are, relative to an application.
pub const MIGRATIONS: &str = "db/migrate";

/// Some migrations: the last one is what the sample is about, those before it build what it meets.
pub struct Sample {
    /// Its name.
    pub name: String,
}

/// An application in a temporary folder.
pub struct Project {
    folder: Folder,
    /// The version that a sample is about.
    pub version: u64,
    /// The one before it; 0 where there is none.
    pub before: u64,
}

impl Sample {
    fn folder_of_all() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/rails")
    }

    /// All samples, by name; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
    pub fn all() -> Result<Vec<Sample>> {
        Ok(super::samples("rails")?.into_iter().map(|name| Sample { name }).collect())
    }

    /// Those of these names; only those that `SAFESTEP_TEST_ONLY` lists when it is set.
    pub fn of(names: &[&str]) -> Result<Vec<Sample>> {
        let mut samples = Sample::all()?;
        samples.retain(|sample| names.contains(&sample.name.as_str()));
        Ok(samples)
    }

    /// One whose later phases wait.
    pub fn phased(name: &str) -> Sample {
        Sample { name: format!("../phases/rails/{name}") }
    }

    /// Its application: the smallest that has `bin/rails db:migrate`, with the sample's files over it.
    pub fn project(&self) -> Result<Project> {
        let folder = Folder::empty()?;
        for (path, text) in APPLICATION {
            folder.write(path, text)?;
        }
        let own = Sample::folder_of_all().join(&self.name);
        let files =
            fs::read_dir(&own).with_context(|| own.display().to_string())?.collect::<std::io::Result<Vec<_>>>()?;
        let is_migration = |file: &&fs::DirEntry| file.file_name().to_string_lossy().starts_with(char::is_numeric);
        if files.iter().filter(is_migration).count() == 1 {
            folder.write(&format!("{MIGRATIONS}/20260101000000_create_tables.rb"), HISTORY)?;
        }
        for entry in files {
            let path = entry.path();
            let name = path.file_name().and_then(|name| name.to_str()).context("a name")?;
            let place = match name {
                "Gemfile.lock" => name.to_owned(),
                "schema.rb" | "structure.sql" => format!("db/{name}"),
                "initializer.rb" => format!("config/initializers/{name}"),
                name if name.starts_with(char::is_numeric) => format!("{MIGRATIONS}/{name}"),
                name => format!("app/models/{name}"),
            };
            folder.write(&place, fs::read(&path)?)?;
        }
        Project::of(folder)
    }
}

/// What a sample follows that has nothing of its own before.
const HISTORY: &str = include_str!("../rails/create_tables.rb");

/// An application without any migration.
const APPLICATION: [(&str, &str); 6] = [
    (
        "config/application.rb",
        "require \"logger\"
require \"rails\"
require \"active_record/railtie\"

module Sample
  class Application < Rails::Application
    config.eager_load = false
    config.secret_key_base = \"sample\"
    config.logger = Logger.new(ENV.fetch(\"RAILS_LOG\", File::NULL))
    config.colorize_logging = false
  end
end
",
    ),
    ("config/environment.rb", "require_relative \"application\"\n\nRails.application.initialize!\n"),
    (
        "config/database.yml",
        "default: &default
  adapter: postgresql
  encoding: unicode

development:
  <<: *default
  database: sample_development

test:
  <<: *default
  database: sample_test

production:
  <<: *default
  database: sample_production
",
    ),
    ("Rakefile", "require_relative \"config/application\"\n\nRails.application.load_tasks\n"),
    (
        "bin/rails",
        "#!/usr/bin/env ruby
APP_PATH = File.expand_path(\"../config/application\", __dir__)
require \"rails/commands\"
",
    ),
    ("db/seeds.rb", ""),
];

impl Project {
    /// An application with these migrations, each with its name and text.
    pub fn with(migrations: &[(String, String)]) -> Result<Project> {
        let folder = Folder::empty()?;
        for (path, text) in APPLICATION {
            folder.write(path, text)?;
        }
        for (number, (name, text)) in (1..).zip(migrations) {
            folder.write(&format!("db/migrate/2026010100000{number}_{name}.rb"), text)?;
        }
        Project::of(folder)
    }

    fn of(folder: Folder) -> Result<Project> {
        let mut project = Project { folder, version: 0, before: 0 };
        let versions = project.versions()?;
        project.version = *versions.last().context("no migration")?;
        project.before = versions.iter().rev().nth(1).copied().unwrap_or_default();
        Ok(project)
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Its migrations by their paths.
    pub fn migrations(&self) -> Result<BTreeMap<PathBuf, String>> {
        let tree = self.folder.tree()?.into_iter().filter(|(path, _)| path.starts_with(MIGRATIONS));
        tree.map(|(path, bytes)| Ok((path, String::from_utf8(bytes)?))).collect()
    }

    /// The versions of its migrations, in order.
    pub fn versions(&self) -> Result<Vec<u64>> {
        let version = |path: &PathBuf| -> Option<u64> {
            let name = path.file_name()?.to_str()?;
            name[..name.find('_')?].parse().ok()
        };
        let mut versions: Vec<u64> = self.migrations()?.keys().filter_map(version).collect();
        versions.sort_unstable();
        Ok(versions)
    }

    /// The migrations behind the one before, each with its version, in order: the sequence, once it is written.
    pub fn steps(&self) -> Result<Vec<(u64, String)>> {
        let migrations = self.migrations()?;
        let text = |version: u64| {
            let is_own = |path: &PathBuf| path.to_string_lossy().contains(&format!("/{version}_"));
            migrations.iter().find(|(path, _)| is_own(path)).map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let versions = self.versions()?;
        Ok(versions
            .into_iter()
            .filter(|version| *version > self.before)
            .map(|version| (version, text(version)))
            .collect())
    }

    /// The path of the migration that it is about.
    pub fn path(&self) -> Result<PathBuf> {
        self.path_of(self.version)
    }

    /// The path of the migration of that version.
    pub fn path_of(&self, version: u64) -> Result<PathBuf> {
        let is_own = |path: &PathBuf| path.to_string_lossy().contains(&format!("/{version}_"));
        self.migrations()?.into_keys().find(is_own).context("no migration of that version")
    }

    /// The same where a gem is locked and loaded, and its initializer says that.
    pub fn with_gem(&self, gem: Gem, initializer: &str) -> Result<Project> {
        let project = self.copy()?;
        let (name, version) = gem;
        let lock = format!(
            "GEM\n  remote: https://rubygems.org/\n  specs:\n    activerecord (7.2.2)\n    pg (1.5.9)\n    {name} ({version})\n      activerecord (>= 6.1)\n"
        );
        project.folder.write("Gemfile.lock", lock)?;
        let lib = format!("File.join(ENV.fetch(\"SAFESTEP_TEST_GEMS\"), \"{name}-{version}/lib\")");
        let (path, application) = APPLICATION[0];
        let railtie = "require \"active_record/railtie\"\n";
        let load = format!("{railtie}$LOAD_PATH.unshift({lib})\nrequire {name:?}\n");
        project.folder.write(path, application.replace(railtie, &load))?;
        project.folder.write("config/initializers/gem.rb", initializer)?;
        Ok(project)
    }

    /// A copy.
    pub fn copy(&self) -> Result<Project> {
        let folder = Folder::empty()?;
        for (path, bytes) in self.folder.tree()? {
            folder.write(path.to_str().context("a path that is not UTF-8")?, bytes)?;
        }
        Ok(Project { folder, ..*self })
    }

    /// The same with other settings of safestep's.
    pub fn with_settings(&self, settings: &str) -> Result<Project> {
        let project = self.copy()?;
        project.folder.write("safestep.toml", settings)?;
        Ok(project)
    }

    /// The same with another text of a migration.
    pub fn with_text(&self, path: &Path, text: &str) -> Result<Project> {
        let project = self.copy()?;
        project.folder.write(path.to_str().context("a path that is not UTF-8")?, text)?;
        Ok(project)
    }

    /// The same after `safestep rewrite --write` of its migration for servers from `major` on.
    pub fn rewritten(&self, major: u32) -> Result<Project> {
        let project = self.copy()?;
        project.safestep("--write", major, &project.path()?)?;
        Ok(project)
    }

    /// The SQL that the migration that it is about is read as, statement by statement.
    pub fn reading(&self) -> Result<Vec<String>> {
        let folder = self.folder.path().join(MIGRATIONS);
        let folder = camino::Utf8PathBuf::from_path_buf(folder).ok().context("a path that is not UTF-8")?;
        let mut schema = Schema::default();
        let mut sql = Vec::new();
        for found in RAILS.folder.list(&folder)? {
            schema.begin_migration();
            let migration = RAILS.meet(RAILS.read(&found)?, &mut schema);
            sql = migration.statements.into_iter().filter_map(|statement| statement.sql).collect();
        }
        Ok(sql)
    }

    /// Fails when `safestep rewrite` would change any of its migrations that are not in `naive`.
    pub fn must_be_final(&self, naive: &Project, major: u32) -> Result<()> {
        let before = naive.migrations()?;
        for (path, text) in self.migrations()? {
            if before.get(&path) != Some(&text) {
                self.safestep("--check", major, &path).context("rewriting the rewrite")?;
            }
        }
        Ok(())
    }

    fn safestep(&self, what: &str, major: u32, path: &Path) -> Result<()> {
        let path = path.to_str().context("a path that is not UTF-8")?;
        let older: &[&str] = if major < 14 { &["--postgres", "12"] } else { &[] };
        // What waits for a deploy comes at once: `tests/rails_phases.rs` has the phases.
        let how = ["rewrite", what, "--all", "--quiet", "--collapse"];
        let ended = self.folder.safestep(&[&how, older, &[path]].concat())?;
        ensure!(ended.status == 0, "safestep rewrite {what}: {}\n{}{}", ended.status, ended.out, ended.err);
        Ok(())
    }

    /// What Rails wrote down of the schema, without the version.
    pub fn schema(&self) -> Result<String> {
        let text = fs::read_to_string(self.folder.path().join("db/schema.rb")).context("db/schema.rb")?;
        let is_version = |line: &&str| line.starts_with("ActiveRecord::Schema");
        Ok(text.lines().filter(|line| !is_version(line)).collect::<Vec<_>>().join("\n"))
    }
}

/// A gem by its name and version: `NAME-VERSION/lib` in the folder that `SAFESTEP_TEST_GEMS` names.
pub type Gem = (&'static str, &'static str);

/// It stops at what it takes for dangerous.
pub const STRONG_MIGRATIONS: Gem = ("strong_migrations", "2.8.0");
/// The same, and it tries again what waits for a lock.
pub const ONLINE_MIGRATIONS: Gem = ("online_migrations", "0.36.0");
/// It sends other statements than Active Record.
pub const SAFE_PG_MIGRATIONS: Gem = ("safe-pg-migrations", "4.0.0");

/// A real Rails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rails {
    /// The variable that names its Ruby.
    pub ruby: &'static str,
    /// Each application is loaded by itself, and the commands are Rails' own.
    pub alone: bool,
}

/// Rails 7.2.
pub const RAILS_7: Rails = Rails { ruby: "SAFESTEP_TEST_RAILS_7", alone: false };
/// Rails 6.1.
pub const RAILS_6: Rails = Rails { ruby: "SAFESTEP_TEST_RAILS_6", alone: false };

/// A job that has begun.
pub struct Running<'p> {
    process: &'p mut Process,
    /// What runs it.
    pid: u64,
}

/// How a run ended.
pub struct Ran {
    /// The exit status of the command that failed, or 0.
    pub status: i64,
    /// What it printed.
    pub out: String,
}

impl Ran {
    /// Whether all went well.
    pub fn ok(&self) -> bool {
        self.status == 0
    }

    /// Fails with what it said; returns what it printed.
    pub fn must_succeed(self) -> Result<String> {
        ensure!(self.ok(), "exit {}\n{}", self.status, self.out);
        Ok(self.out)
    }

    /// What went wrong, in a line.
    pub fn error(&self) -> &str {
        let mut lines = self.out.lines();
        let errors = ["PG::", "ActiveRecord::", "ArgumentError", "StandardError"];
        lines.find(|line| errors.iter().any(|error| line.contains(error))).unwrap_or(self.out.trim())
    }
}

impl Rails {
    /// Runs commands on a database, until one fails: `[["db:rollback", "STEP=2"]]`.
    pub fn run(self, project: &Project, database: &Database, commands: &[&[&str]]) -> Result<Ran> {
        let mut job = Rails::job(project, database, commands);
        job["alone"] = self.alone.into();
        self.ask(&job)
    }

    /// The job of [`Rails::run`].
    pub fn job(project: &Project, database: &Database, commands: &[&[&str]]) -> Value {
        json!({ "folder": project.folder.path(), "environment": { "DATABASE_URL": database.url }, "do": commands })
    }

    /// Runs one command, which has to succeed; returns what it printed.
    pub fn must(self, project: &Project, database: &Database, command: &[&str]) -> Result<String> {
        let ran = self.run(project, database, &[command])?;
        ran.must_succeed().with_context(|| format!("bin/rails {}", command.join(" ")))
    }

    /// Fails when Ruby cannot compile a migration, or warns.
    pub fn must_compile(self, project: &Project) -> Result<()> {
        let files: Vec<PathBuf> = project.migrations()?.keys().map(|path| project.folder.path().join(path)).collect();
        let said = self.ask(&json!({ "compile": files }))?.must_succeed()?;
        ensure!(said.is_empty(), "{said}");
        Ok(())
    }

    /// Gives it a job, and waits for the answer.
    pub fn ask(self, job: &Value) -> Result<Ran> {
        self.program()?.with(|process| Running::begin(process, job)?.answer())
    }

    /// `tests/rails/run.rb` with its Ruby.
    pub fn program(self) -> Result<Program> {
        Ok(Program::script(variable(self.ruby)?, &[], "rails/run.rb", Vec::new()))
    }
}

impl Running<'_> {
    /// Gives a process a job, which has begun then.
    pub fn begin<'p>(process: &'p mut Process, job: &Value) -> Result<Running<'p>> {
        process.give(job)?;
        let pid = process.answer()?["pid"].as_u64().context("nothing runs")?;
        Ok(Running { process, pid })
    }

    /// Waits for the answer.
    pub fn answer(self) -> Result<Ran> {
        let answer = self.process.answer()?;
        let status = answer["status"].as_i64().context("no status")?;
        Ok(Ran { status, out: answer["out"].as_str().unwrap_or_default().to_owned() })
    }

    /// Kills the command that it runs, whatever that does.
    pub fn kill_command(&self) -> Result<()> {
        let pid = self.pid.to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().context("running kill")?;
        ensure!(status.success(), "kill -TERM {pid}: {status}");
        Ok(())
    }
}
