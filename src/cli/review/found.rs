//! What a range of commits has in its migrations, read from a copy of its last commit.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::super::Failure;
use super::super::common::{Common, can_be_laid_out};
use super::super::printing::Progress;
use crate::framework::{FRAMEWORKS, Found as Migration, Variables};
use crate::pipeline::{self, Options, ResolveError, Scope, ScopeOptions, relative, resolve};
use crate::project::{Baseline, Changed, Config, LeftOut, Range, WorkTree};
use crate::report::{MigrationReport, Report};
use crate::review::{Lines, Review, Reviewed};
use crate::source::fence;

/// What is to be said of a range.
pub(super) struct Found {
    /// Its migrations; paths from the top of the repository.
    pub report: Report,
    /// The lines that its diff shows, of the files with hazards.
    lines: Lines,
    /// What could not be read.
    pub unreadable: Vec<String>,
    /// What else to say, one sentence each.
    pub sentences: Vec<String>,
    /// The fewest that a configuration allows.
    max_comments: Option<usize>,
}

/// The files that the range adds and changes, as they are in the copy.
struct Files<'a> {
    root: &'a Utf8Path,
    changed: BTreeMap<Utf8PathBuf, Changed>,
}

impl Found {
    /// Reads the migrations that the range adds or changes.
    ///
    /// # Errors
    /// When git refuses, or the configuration cannot be used.
    pub fn of(tree: &WorkTree, range: &Range, project: &Utf8Path, common: &Common) -> Result<Found, Failure> {
        let report = Report::empty();
        let (unreadable, sentences) = (Vec::new(), Vec::new());
        let mut found = Found { report, lines: Lines::new(), unreadable, sentences, max_comments: None };
        let changed = tree.changed_in(range)?;
        let is_listed = |path: &Utf8Path| FRAMEWORKS.iter().any(|framework| framework.folder.is_listed_by(path));
        let changed: BTreeMap<Utf8PathBuf, Changed> =
            changed.into_iter().filter(|(path, _)| path.starts_with(project) && is_listed(path)).collect();
        if changed.is_empty() {
            return Ok(found);
        }
        let io = |error: std::io::Error| Failure::Io("a temporary folder".into(), error);
        let folder = tempfile::tempdir().map_err(io)?;
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().map_err(io)?.join("copy/of"))
            .map_err(|path| Failure::Usage(format!("{}: the temporary folder's name is not UTF-8", path.display())))?;
        // Nobody looks for its modules and settings further up, and its settings lead nowhere else.
        fence::fence(&root).map_err(io)?;
        let left_out = tree.copy_of(&range.head, project, &root)?;
        for (path, what) in left_out.iter().filter(|(path, _)| changed.contains_key(*path)) {
            found.sentences.push(match what {
                LeftOut::Link => format!("{path} is a link, which is not followed here: nothing is known of it."),
                LeftOut::TooLarge => format!("{path} is too large to be read: nothing is known of it."),
            });
        }
        let changed = changed.into_iter().map(|(path, change)| (root.join(path), change)).collect();
        let files = Files { root: &root, changed };
        for scope in files.scopes(common, &mut found)? {
            found.run(scope, &files, common)?;
        }
        for file in found.report.migrations.iter().flat_map(|migration| &migration.hazards).map(|hazard| &hazard.file) {
            if !found.lines.contains_key(file) {
                found.lines.insert(file.clone(), tree.lines_shown(range, Utf8Path::new(file))?);
            }
        }
        Ok(found)
    }

    /// The review of it.
    pub fn review(&self) -> Review {
        let sentences: Vec<String> = self.unreadable.iter().chain(&self.sentences).cloned().collect();
        let max_comments = self.max_comments.unwrap_or(Config::default().review.max_comments);
        let (report, lines) = (&self.report, &self.lines);
        Review::of(&Reviewed { report, lines, sentences: &sentences, max_comments })
    }

    fn run(&mut self, mut scope: Scope, files: &Files<'_>, common: &Common) -> Result<(), Failure> {
        let config = can_be_laid_out(scope.framework, files.configuration(&scope.folder, common)?)?;
        let max_comments = config.review.max_comments;
        self.max_comments = Some(self.max_comments.map_or(max_comments, |known| known.min(max_comments)));
        scope.variables = Variables::new(config.environment.clone());
        let options = Options { config, base: files.root.to_owned(), baseline: Baseline::default() };
        let in_scope = |migration: &Migration| scope.chosen.contains(&migration.file);
        let progress = Progress::new();
        let show = |done, all| progress.show(done, all);
        let run = pipeline::run(scope.framework, &scope.history, &in_scope, &options, &show);
        progress.done();
        self.unreadable.extend(run.errors.iter().map(|error| files.here(&error.to_string())));
        let migrations = run.outcomes.into_iter().map(|outcome| match files.changed.get(&outcome.path) {
            Some(Changed::Modified) => left_as_it_is(outcome.report),
            _ => outcome.report,
        });
        self.report.extend(scope.framework.name, migrations.collect());
        Ok(())
    }
}

/// A migration that the base branch has: it may have run, and what has run is not rewritten.
fn left_as_it_is(mut migration: MigrationReport) -> MigrationReport {
    for hazard in migration.hazards.iter_mut().filter(|hazard| hazard.rewritten) {
        hazard.rewritten = false;
        "the base branch has this migration, so it may have run: leave it as it is there and write a new one"
            .clone_into(&mut hazard.help);
    }
    let name = &migration.name;
    let note = format!("{name} is on the base branch already: where it has run, it does not run again.");
    MigrationReport {
        steps: Vec::new(),
        files: Vec::new(),
        phases: Vec::new(),
        preflights: Vec::new(),
        notes: vec![note],
        ..migration
    }
}

impl Files<'_> {
    /// The migrations folders that have some of the files among their migrations, each narrowed to them.
    fn scopes(&self, common: &Common, found: &mut Found) -> Result<Vec<Scope>, Failure> {
        let mut scopes: Vec<Scope> = Vec::new();
        let mut claimed: HashSet<Utf8PathBuf> = HashSet::new();
        for place in self.places() {
            let is_done = |file: &Utf8PathBuf| !file.starts_with(&place) || claimed.contains(file);
            if self.changed.keys().all(is_done) {
                continue;
            }
            let framework = match &common.framework {
                Some(name) => Some(name.clone()),
                None => self.configuration(&place, common)?.framework,
            };
            let mut scope = match resolve(&place, &ScopeOptions { framework, all: true, ..ScopeOptions::default() }) {
                Ok(scope) => scope,
                Err(ResolveError::NoFramework(..) | ResolveError::Missing(_)) => continue,
                Err(error @ ResolveError::UnknownFramework(..)) => return Err(error.into()),
                Err(error) => {
                    let error = self.here(&error.to_string());
                    if !found.unreadable.contains(&error) {
                        found.unreadable.push(error);
                    }
                    continue;
                }
            };
            let is_known =
                scopes.iter().any(|known| known.folder == scope.folder) || !scope.folder.starts_with(self.root);
            if scope.history.iter().any(|migration| !self.has(&migration.file)) {
                let folder = self.here(scope.folder.as_str());
                found
                    .unreadable
                    .push(format!("{folder}: has migrations outside of the repository, which are not read here"));
                continue;
            }
            let files = scope.history.iter().map(|migration| &migration.file);
            scope.chosen = files.filter(|file| self.changed.contains_key(*file)).cloned().collect();
            if !is_known && !scope.chosen.is_empty() {
                claimed.extend(scope.chosen.iter().cloned());
                found.sentences.extend(scope.skipped.iter().map(|skipped| self.here(skipped)));
                scopes.push(scope);
            }
        }
        scopes.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(scopes)
    }

    /// Whether a path leads to something in the copy.
    fn has(&self, path: &Utf8Path) -> bool {
        let is_plain = |part: Utf8Component<'_>| part != Utf8Component::ParentDir;
        path.starts_with(self.root) && path.components().all(is_plain)
    }

    /// The folders above the files, the deepest first: where a migrations folder is named by its own files, a project above it
    /// need not be.
    fn places(&self) -> Vec<Utf8PathBuf> {
        let above = |file: &Utf8PathBuf| {
            let inside = file.ancestors().skip(1).take_while(|place| place.starts_with(self.root));
            inside.map(Utf8Path::to_owned).collect::<Vec<_>>()
        };
        let places: BTreeSet<Utf8PathBuf> = self.changed.keys().flat_map(above).collect();
        let mut places: Vec<Utf8PathBuf> = places.into_iter().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.components().count()));
        places
    }

    /// The configuration that counts in a folder: the copy's own, nothing that happens to stand above it.
    fn configuration(&self, folder: &Utf8Path, common: &Common) -> Result<Config, Failure> {
        let found = match &common.config {
            Some(path) => Config::read(path)?,
            None => match Config::find(folder) {
                Ok((config, Some(path))) if path.starts_with(self.root) => config,
                Ok(_) => Config::default(),
                Err(error) => return Err(Failure::Usage(self.here(&error.to_string()))),
            },
        };
        common.with_flags(found)
    }

    /// A message with paths from the top of the repository.
    fn here(&self, message: &str) -> String {
        message
            .replace(&format!("{}/", self.root), "")
            .replace(self.root.as_str(), &relative(Utf8Path::new("."), self.root))
    }
}
