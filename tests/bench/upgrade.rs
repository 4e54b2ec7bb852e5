//! Samples as Alembic projects, the real Alembic, and safestep on them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::folder::Folder;
use super::process::Program;
use super::server::Database;
use super::variable;

/// Where the revisions are, relative to a project.
pub const VERSIONS: &str = "alembic/versions";

/// A folder of samples: what Alembic generated for one model (or what makes its tables), and then for another.
pub struct Sample {
    /// Its name.
    pub name: String,
}

/// A project in a temporary folder.
pub struct Project {
    folder: Folder,
    /// The revision that a sample is about.
    pub revision: String,
    /// What that revision follows.
    pub before: String,
}

impl Sample {
    fn folder_of_all() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/alembic")
    }

    /// All samples, by name; only those that `SAFESTEP_TEST_ONLY` lists (`a,b`) when it is set.
    pub fn all() -> Result<Vec<Sample>> {
        Ok(super::samples("alembic")?.into_iter().map(|name| Sample { name }).collect())
    }

    /// Those of these names; only those that `SAFESTEP_TEST_ONLY` lists when it is set.
    pub fn of(names: &[&str]) -> Result<Vec<Sample>> {
        let mut samples = Sample::all()?;
        samples.retain(|sample| names.contains(&sample.name.as_str()));
        Ok(samples)
    }

    /// One whose later phases wait for a deploy.
    pub fn phased(name: &str) -> Sample {
        Sample { name: format!("../phases/alembic/{name}") }
    }

    /// As its author's repository holds it: the revisions, the model and a configuration.
    pub fn folder(&self) -> Result<Folder> {
        let folder = Folder::empty()?;
        folder.write("alembic.ini", "[alembic]\nscript_location = %(here)s/alembic\n")?;
        folder.write("alembic/env.py", "")?;
        // What people write themselves is in projects that do not say which Alembic they have.
        if !self.name.starts_with("hand_") {
            folder.write("requirements.txt", "alembic==1.20.1\n")?;
        }
        let path = Sample::folder_of_all().join(&self.name);
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).context("a name")?;
            match name {
                "before.py" => {}
                "after.py" => folder.write("models.py", fs::read(&path)?)?,
                name => folder.write(&format!("{VERSIONS}/{name}"), fs::read(&path)?)?,
            }
        }
        Ok(folder)
    }

    /// The path of its migration in that folder.
    pub fn migration(&self) -> Result<String> {
        let own = Path::new(&self.name).file_name().and_then(|name| name.to_str()).context("a name")?;
        let ending = format!("_{own}.py");
        let mut names = fs::read_dir(Sample::folder_of_all().join(&self.name))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<String>>>()?;
        names.retain(|name| name.ends_with(&ending));
        ensure!(names.len() == 1, "{names:?} instead of one revision that ends in {ending}");
        Ok(format!("{VERSIONS}/{}", names[0]))
    }

    /// A project with the environment that Alembic writes into one.
    pub fn naive(&self, alembic: &Alembic) -> Result<Project> {
        let (folder, migration) = (self.folder()?, self.migration()?);
        alembic.set_up(&folder)?;
        let text = fs::read_to_string(folder.path().join(migration))?;
        let value = |name: &str| -> Result<String> {
            let line = text.lines().find(|line| line.starts_with(name)).with_context(|| name.to_owned())?;
            let value = line.rsplit(['\'', '"']).nth(1).with_context(|| line.to_owned())?;
            Ok(value.to_owned())
        };
        Ok(Project { folder, revision: value("revision")?, before: value("down_revision")? })
    }
}

impl Project {
    /// A project of files, with the environment that Alembic writes into one.
    pub fn of(alembic: &Alembic, revisions: &[(&str, &str)], revision: &str, before: &str) -> Result<Project> {
        let folder = Folder::empty()?;
        folder.write("alembic.ini", "[alembic]\nscript_location = %(here)s/alembic\n")?;
        alembic.set_up(&folder)?;
        for (name, text) in revisions {
            folder.write(&format!("{VERSIONS}/{name}"), text)?;
        }
        Ok(Project { folder, revision: revision.into(), before: before.into() })
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Its revisions by their paths.
    pub fn revisions(&self) -> Result<BTreeMap<PathBuf, String>> {
        let tree = self.folder.tree()?.into_iter().filter(|(path, _)| path.starts_with(VERSIONS));
        tree.map(|(path, bytes)| Ok((path, String::from_utf8(bytes)?))).collect()
    }

    /// A copy with other revisions.
    pub fn with(&self, revisions: &BTreeMap<PathBuf, String>) -> Result<Project> {
        let folder = Folder::empty()?;
        let others = self.folder.tree()?.into_iter().filter(|(path, _)| !path.starts_with(VERSIONS));
        let revisions = revisions.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        for (path, bytes) in others.chain(revisions) {
            folder.write(path.to_str().context("a path that is not UTF-8")?, bytes)?;
        }
        Ok(Project { folder, revision: self.revision.clone(), before: self.before.clone() })
    }

    /// The same after `safestep rewrite --write` of its revision for servers from `major` on.
    pub fn rewritten(&self, major: u32) -> Result<Project> {
        let project = self.with(&self.revisions()?)?;
        let path = project.path_of(&self.revision)?;
        project.safestep("--write", major, &path)?;
        Ok(project)
    }

    /// Fails when `safestep rewrite` would change any of its revisions that are not in `naive`.
    pub fn must_be_final(&self, naive: &Project, major: u32) -> Result<()> {
        let before = naive.revisions()?;
        for (path, text) in self.revisions()? {
            if before.get(&path) != Some(&text) {
                self.safestep("--check", major, &path).context("rewriting the rewrite")?;
            }
        }
        Ok(())
    }

    fn path_of(&self, revision: &str) -> Result<PathBuf> {
        let is_id = |line: &str| line.starts_with("revision") && line.rsplit(['\'', '"']).nth(1) == Some(revision);
        let is_own = |text: &str| text.lines().any(is_id);
        let own = self.revisions()?.into_iter().find(|(_, text)| is_own(text));
        own.map(|(path, _)| path).with_context(|| format!("no revision {revision}"))
    }

    fn safestep(&self, what: &str, major: u32, path: &Path) -> Result<()> {
        let path = path.to_str().context("a path that is not UTF-8")?;
        let older: &[&str] = if major < 14 { &["--postgres", "12"] } else { &[] };
        let ended =
            self.folder.safestep(&[&["rewrite", what, "--all", "--collapse", "--quiet"], older, &[path]].concat())?;
        ensure!(ended.status == 0, "safestep rewrite {what}: {}\n{}{}", ended.status, ended.out, ended.err);
        Ok(())
    }
}

/// One step of a chain as Alembic sees it.
pub struct Step {
    /// The revision's id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// What its `upgrade()` sends inside the run's transaction.
    pub inside: Vec<String>,
    /// What it sends outside of it, before that.
    pub outside: Vec<String>,
    /// What its `downgrade()` sends outside of it.
    pub back_outside: Vec<String>,
}

/// A real Alembic.
#[derive(Clone, Copy)]
pub struct Alembic {
    /// The variable that names its Python.
    pub python: &'static str,
    /// The driver in the database's URL.
    pub driver: &'static str,
    /// The template whose `env.py` the projects have.
    pub template: &'static str,
    /// Each revision in a transaction of its own.
    pub per_migration: bool,
    /// How safestep lays its sequences out.
    pub layout: &'static str,
}

/// The newest, as `alembic init` sets it up.
pub const ALEMBIC: Alembic = Alembic {
    python: "SAFESTEP_TEST_ALEMBIC",
    driver: "psycopg2",
    template: "generic",
    per_migration: false,
    layout: "step",
};

/// How a run ended.
pub struct Ran {
    /// What it said when it failed.
    pub error: Option<String>,
    /// The revisions that ran, `a -> b`.
    pub steps: Vec<String>,
}

impl Ran {
    /// Whether all went well.
    pub fn ok(&self) -> bool {
        self.error.is_none()
    }

    /// Fails with what it said; returns the revisions that ran.
    pub fn must_succeed(self) -> Result<Vec<String>> {
        self.error.map_or(Ok(self.steps), |error| Err(anyhow::anyhow!(error)))
    }
}

impl Alembic {
    /// The environment of a new project, with its model in it where it has one.
    fn set_up(&self, folder: &Folder) -> Result<()> {
        let answer = self.must_answer(&json!({ "environment": self.template }))?;
        if folder.path().join("requirements.txt").exists() {
            let version = answer["version"].as_str().context("no version")?;
            folder.write("requirements.txt", format!("alembic=={version}\n"))?;
        }
        let mut text = answer["env.py"].as_str().context("no env.py")?.to_owned();
        let mut replace = |from: &str, to: &str| -> Result<()> {
            ensure!(text.contains(from), "env.py has no {from:?}");
            text = text.replace(from, to);
            Ok(())
        };
        // The models are written for the newest SQLAlchemy.
        if self.python == ALEMBIC.python && folder.path().join("models.py").exists() {
            replace("target_metadata = None", "import models\ntarget_metadata = models.Base.metadata")?;
        }
        if self.per_migration {
            let configured = "connection=connection, target_metadata=target_metadata";
            replace(configured, &format!("{configured}, transaction_per_migration=True"))?;
        }
        if self.layout != ALEMBIC.layout {
            folder.write("safestep.toml", format!("layout = \"{}\"\n", self.layout))?;
        }
        folder.write("alembic/env.py", text)?;
        folder.write("alembic/script.py.mako", answer["script.py.mako"].as_str().context("no template")?)
    }

    /// Runs commands on a database, until one fails.
    pub fn run(&self, project: &Project, database: &Database, commands: &[&[&str]]) -> Result<Ran> {
        ran(&self.ask(&self.job(project, database, commands))?)
    }

    /// The job of [`Alembic::run`].
    pub fn job(&self, project: &Project, database: &Database, commands: &[&[&str]]) -> Value {
        let url = database.url.replacen("postgresql:", &format!("postgresql+{}:", self.driver), 1);
        json!({ "folder": project.folder.path(), "url": url, "do": commands })
    }

    /// Runs one command, which has to succeed; returns the revisions that ran.
    pub fn must(&self, project: &Project, database: &Database, command: &[&str]) -> Result<Vec<String>> {
        self.run(project, database, &[command])?
            .must_succeed()
            .with_context(|| format!("alembic {}", command.join(" ")))
    }

    /// The steps of a project's revision, in order.
    pub fn steps(&self, project: &Project) -> Result<Vec<Step>> {
        let between = [&project.before, &project.revision];
        let answer = self.must_answer(&json!({ "steps": project.folder.path(), "between": between }))?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
        let step = |step: &Value| -> Result<Step> {
            let of = |function: usize, place: &str| -> Result<Vec<String>> {
                let sent = step[function].as_array().context("statements")?;
                sent.iter().filter(|one| one[1] == place).map(|one| text(&one[0])).collect()
            };
            Ok(Step {
                id: text(&step[0])?,
                text: fs::read_to_string(text(&step[1])?)?,
                inside: of(2, "inside")?,
                outside: of(2, "outside")?,
                back_outside: of(3, "outside")?,
            })
        };
        answer["steps"].as_array().context("steps")?.iter().map(step).collect()
    }

    /// What `alembic upgrade --sql` prints from the revision before to a project's revision.
    pub fn script(&self, project: &Project) -> Result<String> {
        let range = format!("{}:{}", project.before, project.revision);
        let answer = self.must_answer(&json!({ "script": project.folder.path(), "range": range }))?;
        answer["script"].as_str().map(str::to_owned).context("no script")
    }

    /// Fails when Python cannot compile a revision, or warns.
    pub fn must_compile(&self, project: &Project) -> Result<()> {
        let files: Vec<PathBuf> = project.revisions()?.keys().map(|path| project.folder.path().join(path)).collect();
        self.must_answer(&json!({ "compile": files })).map(drop)
    }

    fn must_answer(&self, job: &Value) -> Result<Value> {
        let answer = self.ask(job)?;
        ensure!(answer["error"].is_null(), "{}", answer["error"].as_str().unwrap_or_default());
        Ok(answer)
    }

    fn ask(&self, job: &Value) -> Result<Value> {
        self.program()?.ask(job)
    }

    /// `tests/alembic/run.py` with its Python.
    pub fn program(&self) -> Result<Program> {
        Ok(Program::script(variable(self.python)?, &[], "alembic/run.py", Vec::new()))
    }
}

/// What an answer says of a run.
pub fn ran(answer: &Value) -> Result<Ran> {
    let error = answer["error"].as_str().map(str::to_owned);
    Ok(Ran { error, steps: serde_json::from_value(answer["ran"].clone())? })
}

impl Step {
    /// All that its `upgrade()` sends.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.outside.iter().chain(&self.inside).map(String::as_str)
    }

    /// The id of the revision that it follows.
    pub fn before(&self) -> &str {
        let line = self.text.lines().find(|line| line.starts_with("down_revision")).unwrap_or_default();
        line.rsplit(['\'', '"']).nth(1).unwrap_or("base")
    }

    /// What the comment says first that was written for it.
    pub fn comment(&self) -> &str {
        let mut comments = self.text.lines().filter_map(|line| line.trim_start().strip_prefix("# "));
        comments.find(|comment| comment.contains(" · ")).unwrap_or_default()
    }

    /// What a message calls it.
    pub fn title(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("\"\"\"")).unwrap_or(&self.id)
    }
}
