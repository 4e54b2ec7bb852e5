//! What `rewrite` and `check` have in common: scope, configuration, running, printing.

use std::io::{IsTerminal, Read, Write};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::Failure;
use crate::disk::{self, Action, FileChange};
use crate::framework::{FRAMEWORKS, Framework, PLAIN, Variables};
use crate::output::{Mode, Scope as Counted, TextOptions, github, gitlab, json, junit, markdown, patch, sarif, text};
use crate::pipeline::{self, Options, ResolveError, Run, Scope, ScopeOptions, folders, resolve};
use crate::project::{Baseline, Config, Layout, Phases, WorkTree};
use crate::report::Report;
use crate::rewrite::{RULES, rule};
use crate::schema::Schema;
use crate::source::{SourceFile, read_text, visible_lines};

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
    /// A dropped column and an added one are the same: table.column=new_name (may be given several times)
    #[arg(long, value_name = "TABLE.COLUMN=NAME")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Patch,
    Markdown,
    /// check only: SARIF 2.1.0, for code scanning
    Sarif,
    /// check only: annotations in the log of a GitHub workflow
    Github,
    /// check only: a GitLab code quality report
    Gitlab,
    /// check only: a JUnit report
    Junit,
}

impl Format {
    /// The formats that only say what is dangerous.
    pub fn is_of_check(self) -> bool {
        matches!(self, Format::Sarif | Format::Github | Format::Gitlab | Format::Junit)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// A run with the folder that its changes stay in.
pub(super) struct Ran {
    pub run: Run,
    pub scope: Option<Scope>,
}

impl Ran {
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
        self.scopes(&here)?.into_iter().map(|scope| self.run_scope(scope, &here)).collect()
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
        let on_terminal = std::io::stdout().is_terminal(); // the text itself shows how far it is
        let mut ran = Vec::new();
        for scope in scopes {
            let options = self.options(&scope, here)?;
            let progress = Progress::new();
            let in_scope = |found: &crate::framework::Found| scope.chosen.contains(&found.file);
            let show = |done, all| {
                if !on_terminal {
                    progress.show(done, all)
                }
            };
            let wanted = pipeline::Wanted::Hazards;
            let errors =
                pipeline::each(scope.framework, &scope.history, &in_scope, &options, wanted, &show, &mut *take);
            progress.done();
            let run = Run { framework: scope.framework.name, outcomes: Vec::new(), errors };
            ran.push(Ran { run, scope: Some(scope) });
        }
        Ok(ran)
    }

    fn scopes(&self, here: &Utf8Path) -> Result<Vec<Scope>, Failure> {
        let default = [Utf8PathBuf::from(".")];
        let paths = if self.paths.is_empty() { default.as_slice() } else { self.paths.as_slice() };
        let mut scopes: Vec<Scope> = Vec::new();
        for path in paths {
            let scope = self.scope(&absolute(path, here))?;
            match scopes.iter_mut().find(|s| s.folder == scope.folder) {
                Some(same) => {
                    same.chosen.extend(scope.chosen);
                    same.on_base.extend(scope.on_base);
                    same.led_through = same.led_through.take().and(scope.led_through);
                }
                None => scopes.push(scope),
            }
        }
        Ok(scopes)
    }

    /// The scope of a path, where nothing is half-written.
    fn scope(&self, path: &Utf8Path) -> Result<Scope, Failure> {
        must_be_whole(path)?;
        let framework = match &self.framework {
            Some(name) => Some(name.clone()),
            None => self.configuration(path)?.framework,
        };
        let options = ScopeOptions { framework, since: self.since.clone(), all: self.all, ..ScopeOptions::default() };
        let scope = resolve(path, &options)?;
        if !self.quiet {
            scope.skipped.iter().for_each(|skipped| anstream::eprintln!("note: {}", visible_lines(skipped)));
        }
        Ok(scope)
    }

    /// Takes back what an interrupted write left in the folders of the paths.
    pub fn recover(&self) -> Result<(), Failure> {
        let here = here()?;
        let default = [Utf8PathBuf::from(".")];
        let paths = if self.paths.is_empty() { default.as_slice() } else { self.paths.as_slice() };
        for path in paths.iter().filter(|path| *path != "-") {
            if !take_back(&absolute(path, &here))?.is_empty() {
                anstream::eprintln!(
                    "note: an earlier rewrite was interrupted; what it had begun to write was taken back"
                );
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
        Ok(Ran { run, scope: Some(scope) })
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
            let (key, name) = rename.split_once('=').filter(|(key, _)| key.contains('.')).ok_or_else(|| {
                Failure::Usage(format!(
                    "--rename {rename}: expected TABLE.COLUMN=NAME, for example users.user_name=display_name"
                ))
            })?;
            config.renames.insert(key.replace('"', ""), name.replace('"', ""));
        }
        Ok(config)
    }

    /// Prints the reports in the chosen format to standard output.
    pub fn print(&self, ran: &[Ran], mode: Mode) -> Result<(), Failure> {
        let report = merged(ran);
        let printed = match self.format {
            Format::Text => {
                let new = ran.iter().all(|r| r.scope.as_ref().is_some_and(|s| s.only_new));
                text::render(&report, &|path: &str| source(&report, path), &self.text_options(mode, new))
            }
            Format::Json => json::render(&report).map_err(|e| Failure::Io("JSON".into(), e.into()))?,
            Format::Patch => patch::render(&report),
            Format::Markdown => markdown::render(&report),
            Format::Sarif => {
                sarif::render(&report, &descriptions()).map_err(|e| Failure::Io("SARIF".into(), e.into()))?
            }
            Format::Github => github::render(&report),
            Format::Gitlab => gitlab::render(&report).map_err(|e| Failure::Io("JSON".into(), e.into()))?,
            Format::Junit => junit::render(&report),
        };
        put(&printed)
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

/// How text is printed here.
pub(super) fn text_options(color: Color) -> TextOptions {
    let terminal = std::io::stdout().is_terminal();
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    let utf8 = locale.is_none_or(|l| l.to_lowercase().replace('-', "").contains("utf8"));
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    TextOptions {
        width: columns.unwrap_or(if terminal {
            terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into())
        } else {
            usize::MAX
        }),
        unicode: utf8 || !terminal,
        color,
        ..TextOptions::default()
    }
}

/// The deepest folder that all of them are in: what is written to several places is written as one. The folders themselves need
/// not be there yet.
pub(super) fn common_folder<'a>(folders: &[&'a Utf8Path]) -> Option<&'a Utf8Path> {
    let first = *folders.first()?;
    first.ancestors().find(|folder| folders.iter().all(|f| f.starts_with(folder)) && folder.is_dir())
}

/// The rules, as reports of other services describe them.
fn descriptions() -> Vec<sarif::Rule> {
    RULES.iter().map(|rule| sarif::Rule { id: rule.id, summary: rule.summary(), page: rule.page() }).collect()
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

pub(super) fn json_of(report: &impl serde::Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(report).map_err(|error| Failure::Io("JSON".into(), error.into()))? + "\n")
}

pub(super) fn put(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io("standard output".into(), error))
        }
        _ => Ok(()),
    }
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

/// The text that the report speaks of: a file that was rewritten in place is another one by now.
fn source(report: &Report, path: &str) -> Option<String> {
    let mut files = report.migrations.iter().flat_map(|migration| &migration.files);
    match files.find(|file| file.path == path).and_then(|file| file.before.as_deref()) {
        Some(before) => Some(before.strip_prefix('\u{feff}').unwrap_or(before).to_owned()),
        None => read_source(path),
    }
}

fn read_source(path: &str) -> Option<String> {
    read_text(path.into())
}

fn merged(ran: &[Ran]) -> Report {
    let mut reports = ran.iter().map(|r| r.run.report());
    let mut first = reports.next().unwrap_or(Report { version: 1, framework: "sql".into(), migrations: Vec::new() });
    reports.for_each(|r| first.migrations.extend(r.migrations));
    first
}

/// A bar on stderr for what takes longer than a second, only on a terminal.
pub(super) struct Progress {
    started: Instant,
    bar: indicatif::ProgressBar,
}

impl Progress {
    pub fn new() -> Self {
        Progress { started: Instant::now(), bar: indicatif::ProgressBar::hidden() }
    }

    pub fn show(&self, done: usize, all: usize) {
        if self.started.elapsed() > Duration::from_secs(1) && std::io::stderr().is_terminal() {
            if self.bar.is_hidden() {
                self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            }
            self.bar.set_length(all as u64);
            self.bar.set_position(done as u64);
        }
    }

    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
