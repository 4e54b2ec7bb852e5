//! What `rewrite` and `check` have in common: scope, configuration, running, printing.

use std::io::{IsTerminal, Read};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use rayon::prelude::*;

use super::Failure;
use super::printing::{Color, Format, Progress, print, put, read_source, text_options};
use crate::disk::{self, Action, FileChange};
use crate::framework::{FRAMEWORKS, Framework, FrameworkError, PLAIN, Variables};
use crate::output::{Mode, Scope as Counted, TextOptions, text};
use crate::pipeline::{
    self, Options, Project, ResolveError, Run, Scope, ScopeOptions, folders, projects, resolve, resolve_project,
};
use crate::project::{Baseline, Config, Layout, Phases, WorkTree};
use crate::report::Report;
use crate::rewrite::rule;
use crate::schema::Schema;
use crate::source::{SourceFile, visible_lines};

/// How much text is held before it is printed, in bytes.
const AT_ONCE: usize = 1 << 16;

#[derive(Debug, Clone, Args)]
pub(super) struct Common {
    /// A project root, a migrations folder or single migrations; `-` reads SQL from standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<Utf8PathBuf>,
    /// Only migrations that are new since this git reference [default: the merge base with the default branch]
    #[arg(long, value_name = "REF")]
    pub since: Option<String>,
    /// Every migration, those on the base branch included
    #[arg(long)]
    pub all: bool,
    /// The framework, when it cannot be told from the files
    #[arg(long, value_name = "NAME")]
    pub framework: Option<String>,
    /// The oldest PostgreSQL major version that the migrations must run on; `verify` takes several: 12,18
    #[arg(long, value_name = "VERSION", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(12..=18))]
    pub postgres: Vec<u32>,
    /// What existing rows get: table.column='value' (may be given several times)
    #[arg(long, value_name = "TABLE.COLUMN=SQL")]
    pub value: Vec<String>,
    /// A dropped column or table and an added one are the same: table.column=new_name, table=new_name (may be given several times)
    #[arg(long, value_name = "TABLE[.COLUMN]=NAME")]
    pub rename: Vec<String>,
    /// The configuration file [default: the nearest safestep.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<Utf8PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print the JSON schema of --format json and stop
    #[arg(long)]
    pub schema: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say less
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Where the phases behind a deploy go.
    #[arg(skip)]
    pub phases: Phases,
    /// Hazards that are not told
    #[arg(skip)]
    pub baseline: Baseline,
}

/// A run with the folder that its changes stay in.
pub(super) struct Ran {
    pub run: Run,
    pub scope: Option<Scope>,
}

impl Ran {
    /// The same, where a project whose migrations cannot be listed is one that cannot be read.
    fn with_unlisted(mut self) -> Ran {
        self.run.errors.extend(self.scope.as_mut().and_then(|scope| scope.unlisted.take()));
        self
    }

    /// Fails when a migration in scope could not be read; each is named on stderr first.
    pub fn all_readable(&self) -> Result<(), Failure> {
        match self.run.errors.as_slice() {
            [] => Ok(()),
            errors => {
                errors.iter().for_each(|e| anstream::eprintln!("error: {}", visible_lines(&e.to_string())));
                let files =
                    if errors.len() == 1 { "1 migration".to_owned() } else { format!("{} migrations", errors.len()) };
                Err(Failure::Unreadable(files))
            }
        }
    }
}

/// What a check came to.
pub(super) struct Checked {
    /// The runs; where hazards were printed as they were found, these have no outcomes.
    pub ran: Vec<Ran>,
    /// Whether some hazard makes it fail.
    pub fails: bool,
    /// The hazards that are in the baseline.
    pub known: usize,
}

/// The working directory.
pub(super) fn here() -> Result<Utf8PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|e| Failure::Io("the working directory".into(), e))?;
    Utf8PathBuf::from_path_buf(here)
        .map_err(|p| Failure::Usage(format!("{}: the working directory's name is not UTF-8", p.display())))
}

/// Fails when an interrupted write left the files of a path half-written; nothing is changed.
pub(super) fn must_be_whole(path: &Utf8Path) -> Result<(), Failure> {
    folders(path, FRAMEWORKS).iter().try_for_each(|folder| Ok(disk::check(folder)?))
}

/// Takes back what an interrupted write left in the folders of a path, and returns the files that this changed.
pub(super) fn take_back(path: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    let restored =
        folders(path, FRAMEWORKS).iter().map(|folder| disk::recover(folder)).collect::<Result<Vec<_>, _>>()?;
    Ok(restored.concat())
}

impl Common {
    /// Runs the pipeline over the paths.
    pub fn run(&self) -> Result<Vec<Ran>, Failure> {
        let here = here()?;
        if self.is_input()? {
            return Ok(vec![self.run_on_input(&here)?]);
        }
        self.scopes(&here)?.into_par_iter().map(|scope| self.run_scope(scope, &here)).collect()
    }

    /// What is read is standard input.
    fn is_input(&self) -> Result<bool, Failure> {
        let is_input = self.paths.iter().any(|p| p == "-");
        if is_input && self.paths.len() > 1 {
            return Err(Failure::Usage("`-` reads standard input and goes with no other path".into()));
        }
        Ok(is_input)
    }

    /// Finds the hazards and prints them as they are found, where that is possible: nothing is kept of a migration that is
    /// printed.
    pub fn check(&self) -> Result<Checked, Failure> {
        if self.format != Format::Text || self.is_input()? {
            let ran = self.run()?;
            self.print(&ran, Mode::Check)?;
            let outcomes = || ran.iter().flat_map(|r| &r.run.outcomes);
            let (fails, known) = (outcomes().any(pipeline::Outcome::fails), outcomes().map(|o| o.known).sum());
            return Ok(Checked { ran, fails, known });
        }
        let here = here()?;
        let scopes = self.scopes(&here)?;
        let mut printer =
            text::Printer::new(&read_source, &self.text_options(Mode::Check, scopes.iter().all(|s| s.only_new)));
        let (mut fails, mut known, mut waiting, mut written) = (false, 0, String::new(), Ok(()));
        let ran = self.each_outcome(scopes, &here, &mut |outcome| {
            fails |= outcome.fails();
            known += outcome.known;
            waiting += &printer.migration(&outcome.report, outcome.text);
            if written.is_ok() && waiting.len() > AT_ONCE {
                written = put(&std::mem::take(&mut waiting));
            }
        })?;
        written.and_then(|()| put(&(waiting + &printer.end())))?;
        Ok(Checked { ran, fails, known })
    }

    /// All hazards of the migrations in scope, as a baseline; nothing is printed.
    pub fn hazards(&self) -> Result<(Vec<Ran>, Baseline), Failure> {
        if self.is_input()? {
            return Err(Failure::Usage("standard input has no baseline: name the folder".into()));
        }
        let here = here()?;
        let mut baseline = Baseline::default();
        let ran = self.each_outcome(self.scopes(&here)?, &here, &mut |outcome| {
            for hazard in &outcome.report.hazards {
                baseline.add(&outcome.report.name, &hazard.rule, &hazard.fingerprint);
            }
        })?;
        Ok((ran, baseline))
    }

    /// Gives away each migration's hazards as they are found. The runs have no outcomes.
    fn each_outcome(
        &self,
        scopes: Vec<Scope>,
        here: &Utf8Path,
        take: &mut dyn FnMut(pipeline::Outcome),
    ) -> Result<Vec<Ran>, Failure> {
        if scopes.len() < 2 {
            return scopes.into_iter().map(|scope| self.hazards_of(scope, here, take)).collect();
        }
        let all = scopes.into_par_iter().map(|scope| {
            let mut outcomes = Vec::new();
            let ran = self.hazards_of(scope, here, &mut |outcome| outcomes.push(outcome))?;
            Ok::<_, Failure>((ran, outcomes))
        });
        let all = all.collect::<Result<Vec<_>, _>>()?;
        let give = |(ran, outcomes): (Ran, Vec<pipeline::Outcome>)| {
            outcomes.into_iter().for_each(&mut *take);
            ran
        };
        Ok(all.into_iter().map(give).collect())
    }

    /// The hazards of one project.
    fn hazards_of(
        &self,
        scope: Scope,
        here: &Utf8Path,
        take: &mut dyn FnMut(pipeline::Outcome),
    ) -> Result<Ran, Failure> {
        let on_terminal = std::io::stdout().is_terminal(); // the text itself shows how far it is
        let options = self.options(&scope, here)?;
        let progress = Progress::new();
        let in_scope = |found: &crate::framework::Found| scope.chosen.contains(&found.file);
        let show = |done, all| {
            if !on_terminal {
                progress.show(done, all)
            }
        };
        let wanted = pipeline::Wanted::Hazards;
        let errors = pipeline::each(scope.framework, &scope.history, &in_scope, &options, wanted, &show, take);
        progress.done();
        let run = Run { framework: scope.framework.name, outcomes: Vec::new(), errors };
        Ok(Ran { run, scope: Some(scope) }.with_unlisted())
    }

    /// What the paths are about: of a project or a repository, everything in it.
    fn scopes(&self, here: &Utf8Path) -> Result<Vec<Scope>, Failure> {
        let mut scopes: Vec<Scope> = Vec::new();
        for path in self.places(here) {
            for scope in self.scopes_of(&path)? {
                match scopes.iter_mut().find(|s| s.folder == scope.folder) {
                    Some(same) => {
                        same.chosen.extend(scope.chosen);
                        same.on_base.extend(scope.on_base);
                        same.led_through = same.led_through.take().and(scope.led_through);
                    }
                    None => scopes.push(scope),
                }
            }
        }
        if !self.quiet {
            let skipped = scopes.iter().flat_map(|scope| &scope.skipped);
            skipped.for_each(|skipped| anstream::eprintln!("note: {}", visible_lines(skipped)));
        }
        Ok(scopes)
    }

    /// The paths that are named, or the folder where the command runs.
    fn places(&self, here: &Utf8Path) -> Vec<Utf8PathBuf> {
        match self.paths.as_slice() {
            [] => vec![here.to_owned()],
            paths => paths.iter().map(|path| absolute(path, here)).collect(),
        }
    }

    /// The projects of a path, where nothing is half-written.
    fn scopes_of(&self, path: &Utf8Path) -> Result<Vec<Scope>, Failure> {
        must_be_whole(path)?;
        let options = self.scope_options(path)?;
        let (mut scopes, none) = match resolve(path, &options) {
            Ok(scope) if scope.is_named_by(path) || !path.is_dir() => return Ok(vec![scope]),
            Ok(scope) => (vec![scope], None),
            Err(none @ ResolveError::NoFramework(..)) if path.is_dir() => (Vec::new(), Some(none)),
            Err(error) => return Err(error.into()),
        };
        for project in projects(path, &options) {
            if scopes.iter().any(|scope| scope.folder == project.folder) {
                continue;
            }
            must_be_whole(&project.folder)?;
            let scope = self.scope_of(path, project)?;
            match &scope.unlisted {
                // Another database has its own tools.
                Some(error @ FrameworkError::OtherDatabase { .. }) => {
                    anstream::eprintln!("note: {}: left out", visible_lines(&error.to_string()));
                }
                _ => scopes.push(scope),
            }
        }
        match none {
            Some(none) if scopes.is_empty() => Err(none.into()),
            _ => Ok(scopes),
        }
    }

    /// A project that was found under a path, as its own configuration says.
    fn scope_of(&self, path: &Utf8Path, project: Project) -> Result<Scope, Failure> {
        let options = self.scope_options(&project.folder)?;
        match &options.framework {
            Some(name) if name != project.framework.name => Ok(resolve(&project.folder, &options)?),
            _ => Ok(resolve_project(path, &project, &options)?),
        }
    }

    fn scope_options(&self, path: &Utf8Path) -> Result<ScopeOptions, Failure> {
        let framework = match &self.framework {
            Some(name) => Some(name.clone()),
            None => self.configuration(path)?.framework,
        };
        Ok(ScopeOptions { framework, since: self.since.clone(), all: self.all, ..ScopeOptions::default() })
    }

    /// Takes back what an interrupted write left in the folders of the paths.
    pub fn recover(&self) -> Result<(), Failure> {
        for path in self.places(&here()?).into_iter().filter(|path| !path.ends_with("-")) {
            let projects = match path.is_dir() {
                true => projects(&path, &self.scope_options(&path)?),
                false => Vec::new(),
            };
            for place in std::iter::once(&path).chain(projects.iter().map(|project| &project.folder)) {
                if !take_back(place)?.is_empty() {
                    anstream::eprintln!(
                        "note: an earlier rewrite was interrupted; what it had begun to write was taken back"
                    );
                }
            }
        }
        Ok(())
    }

    fn run_scope(&self, mut scope: Scope, here: &Utf8Path) -> Result<Ran, Failure> {
        let options = self.options(&scope, here)?;
        scope.variables = Variables::new(options.config.environment.clone());
        let progress = Progress::new();
        let in_scope = |found: &crate::framework::Found| scope.chosen.contains(&found.file);
        let run =
            pipeline::run(scope.framework, &scope.history, &in_scope, &options, &|done, all| progress.show(done, all));
        progress.done();
        Ok(Ran { run, scope: Some(scope) }.with_unlisted())
    }

    fn options(&self, scope: &Scope, here: &Utf8Path) -> Result<Options, Failure> {
        let config = self.configuration_for(scope.framework, &scope.folder)?;
        Ok(Options { config, base: self.base(scope, here)?, baseline: self.baseline.clone() })
    }

    /// The folder that paths in the output start from: the top of the work tree for a patch, because that is where
    /// `git apply` starts, and for what CI services read, because they know a file by its place in the repository.
    fn base(&self, scope: &Scope, here: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
        let git = match self.format {
            Format::Patch | Format::Sarif | Format::Github | Format::Gitlab | Format::Junit => {
                WorkTree::discover(&scope.folder).map_err(ResolveError::from)?
            }
            Format::Text | Format::Json | Format::Markdown => None,
        };
        Ok(git.map_or_else(|| here.to_owned(), |git| git.work_tree))
    }

    /// Plain SQL from standard input: nothing is known about the tables, so every one counts as big.
    fn run_on_input(&self, here: &Utf8Path) -> Result<Ran, Failure> {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|e| Failure::Io("standard input".into(), e))?;
        let path = here.join("migration").join("migration.sql");
        let source = SourceFile::from_bytes(path, bytes).map_err(crate::framework::FrameworkError::from)?;
        let migration = PLAIN.folder.read("migration", source)?;
        let config = self.configuration_for(PLAIN, here)?;
        let options = Options { config, base: here.to_owned(), baseline: self.baseline.clone() };
        let outcome = pipeline::rewrite(PLAIN, migration, &mut Schema::default(), &options);
        Ok(Ran { run: Run { framework: "sql", outcomes: vec![outcome], errors: Vec::new() }, scope: None })
    }

    /// The configuration, when the framework can do what it says.
    fn configuration_for(&self, framework: &Framework, folder: &Utf8Path) -> Result<Config, Failure> {
        can_be_laid_out(framework, self.configuration(folder)?)
    }

    pub fn configuration(&self, folder: &Utf8Path) -> Result<Config, Failure> {
        Ok(self.configuration_at(folder)?.0)
    }

    /// The configuration, and the file that it is from, if there is one.
    pub fn configuration_at(&self, folder: &Utf8Path) -> Result<(Config, Option<Utf8PathBuf>), Failure> {
        let (config, file) = match &self.config {
            Some(path) => (Config::read(path)?, Some(absolute(path, &here()?))),
            None => Config::find(folder)?,
        };
        Ok((self.with_flags(config)?, file))
    }

    /// A configuration with what the flags say.
    pub fn with_flags(&self, mut config: Config) -> Result<Config, Failure> {
        if let Some(unknown) = config.rules.keys().find(|id| rule(id).is_none()) {
            return Err(Failure::Usage(format!("[rules] {unknown}: no such rule; `safestep explain` lists them")));
        }
        config.phases = self.phases;
        if let Some(oldest) = self.postgres.iter().min() {
            config.postgres = *oldest;
        }
        for value in &self.value {
            let (key, sql) = value.split_once('=').ok_or_else(|| {
                Failure::Usage(format!(
                    "--value {value}: expected TABLE.COLUMN=SQL, for example orders.status=\"'pending'\""
                ))
            })?;
            config.values.insert(key.replace('"', ""), sql.to_owned());
        }
        for rename in &self.rename {
            let (key, name) = rename.split_once('=').ok_or_else(|| {
                Failure::Usage(format!(
                    "--rename {rename}: expected TABLE.COLUMN=NAME, for example users.user_name=display_name, or TABLE=NAME"
                ))
            })?;
            config.renames.insert(key.replace('"', ""), name.replace('"', ""));
        }
        Ok(config)
    }

    /// Prints the reports in the chosen format to standard output.
    pub fn print(&self, ran: &[Ran], mode: Mode) -> Result<(), Failure> {
        let new = ran.iter().all(|r| r.scope.as_ref().is_some_and(|s| s.only_new));
        print(&merged(ran), self.format, &self.text_options(mode, new))
    }

    pub fn text_options(&self, mode: Mode, only_new: bool) -> TextOptions {
        TextOptions {
            verbosity: if self.quiet { -1 } else { i8::try_from(self.verbose).unwrap_or(1) },
            mode,
            scope: if only_new { Counted::New } else { Counted::Given },
            ..text_options(self.color)
        }
    }
}

/// The configuration, when the framework can do what it says.
pub(super) fn can_be_laid_out(framework: &Framework, config: Config) -> Result<Config, Failure> {
    match pipeline::refused_layout(framework, &config) {
        Some(why) => {
            let layout = if config.layout == Some(Layout::Phase) { "phase" } else { "step" };
            Err(Failure::Usage(format!("layout = \"{layout}\": {why}")))
        }
        None => Ok(config),
    }
}

fn merged(ran: &[Ran]) -> Report {
    let mut all = Report::empty();
    for report in ran.iter().map(|ran| ran.run.report()) {
        all.extend(&report.framework, report.migrations);
    }
    all
}

/// The deepest folder that all of them are in: what is written to several places is written as one. The folders themselves need
/// not be there yet.
pub(super) fn common_folder<'a>(folders: &[&'a Utf8Path]) -> Option<&'a Utf8Path> {
    let first = *folders.first()?;
    first.ancestors().find(|folder| folders.iter().all(|f| f.starts_with(folder)) && folder.is_dir())
}

/// Writes one file, all of it or nothing.
pub(super) fn write_file(path: &Utf8Path, content: String) -> Result<(), Failure> {
    let action = match std::fs::read_to_string(path) {
        Ok(before) => Action::Modify { before, content },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Action::Create { content },
        Err(error) => return Err(Failure::Io(path.to_string(), error)),
    };
    let path = absolute(path, &here()?);
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Utf8Path::new("/"));
    Ok(disk::apply(&[FileChange { path: path.clone(), action }], folder)?)
}

pub(super) fn absolute(path: &Utf8Path, here: &Utf8Path) -> Utf8PathBuf {
    let joined = here.join(path);
    let mut clean = Utf8PathBuf::new();
    for part in joined.components() {
        match part {
            camino::Utf8Component::CurDir => {}
            camino::Utf8Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}
