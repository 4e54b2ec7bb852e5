//! Which framework, which folder, and which of its migrations.

use std::collections::{BTreeSet, HashSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::framework::migration::Migration;
use crate::framework::{FRAMEWORKS, Found, Framework, FrameworkError, Variables};
use crate::project::{GitError, WorkTree};
use crate::source::{SourceFile, project_of};

/// What the command line says about the scope.
#[derive(Debug, Clone)]
pub struct ScopeOptions {
    /// The frameworks that are looked for, in this order.
    pub frameworks: &'static [&'static Framework],
    /// `--framework`.
    pub framework: Option<String>,
    /// `--since`.
    pub since: Option<String>,
    /// `--all`.
    pub all: bool,
}

impl Default for ScopeOptions {
    fn default() -> Self {
        ScopeOptions { frameworks: FRAMEWORKS, framework: None, since: None, all: false }
    }
}

/// A migrations folder and the part of it that a run is about.
pub struct Scope {
    /// The framework.
    pub framework: &'static Framework,
    /// The migrations folder.
    pub folder: Utf8PathBuf,
    /// Every migration, in order.
    pub history: Vec<Found>,
    /// Why the history of a project that nobody named cannot be listed; it is empty then.
    pub unlisted: Option<FrameworkError>,
    /// The migrations that the run is about.
    pub chosen: HashSet<Utf8PathBuf>,
    /// Migrations that were asked for by name but are on the base branch already.
    pub on_base: BTreeSet<Utf8PathBuf>,
    /// The folder was narrowed to what is new.
    pub only_new: bool,
    /// What stands in the folder like a migration and is left out, one sentence each.
    pub skipped: Vec<String>,
    /// The link that leads from the path that was named to the folder, or the folder where that is not inside the path's
    /// project: nothing is written there unless the folder itself is named.
    pub led_through: Option<Utf8PathBuf>,
    /// The environment variables that are known.
    pub variables: Variables,
}

/// A folder of migrations.
#[derive(Debug, Clone)]
pub struct Project {
    /// Whose they are.
    pub framework: &'static Framework,
    /// Where they are.
    pub folder: Utf8PathBuf,
}

impl Scope {
    /// Whether a path that stands for this scope names the migrations themselves, not a project that has some.
    pub fn is_named_by(&self, path: &Utf8Path) -> bool {
        let holds = |found: &Found| found.file.ancestors().take(3).any(|place| place == path);
        path.starts_with(&self.folder) && self.history.iter().any(holds)
    }

    /// Reads a migration of it.
    ///
    /// # Errors
    /// When something in it never ends.
    pub fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        self.framework.folder.read_with(name, source, &self.variables)
    }
}

/// Why a path cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// There is no such path.
    #[error("{0}: no such file or folder")]
    Missing(Utf8PathBuf),
    /// No framework's migrations are there.
    #[error("{0}: no migrations found here; name the migrations folder, or its framework with --framework ({1})")]
    NoFramework(Utf8PathBuf, String),
    /// `--framework` names none.
    #[error("--framework {0}: not one of {1}")]
    UnknownFramework(String, String),
    /// The framework cannot list it.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn names(frameworks: &[&Framework]) -> String {
    frameworks.iter().map(|framework| framework.name).collect::<Vec<_>>().join(", ")
}

/// The folders that `path` may be about: itself, and the migrations folders of whatever framework there. What is in them is
/// not read: it may be half-written.
pub fn folders(path: &Utf8Path, frameworks: &[&Framework]) -> BTreeSet<Utf8PathBuf> {
    let nearest = path.ancestors().find(|place| place.is_dir()).map(Utf8Path::to_owned);
    let detected = frameworks.iter().filter_map(|framework| framework.folder.detect(path));
    nearest.into_iter().chain(detected).collect()
}

/// The frameworks that are looked for.
pub(super) fn frameworks(options: &ScopeOptions) -> Result<Vec<&'static Framework>, ResolveError> {
    let Some(name) = &options.framework else { return Ok(options.frameworks.to_vec()) };
    let named = options.frameworks.iter().find(|framework| framework.name == name);
    let unknown = || ResolveError::UnknownFramework(name.clone(), names(options.frameworks));
    named.map(|framework| vec![*framework]).ok_or_else(unknown)
}

/// The migrations of a project that was found under `path`: one that cannot be listed keeps nobody from the others.
///
/// # Errors
/// When git cannot say what is new.
pub fn resolve_project(path: &Utf8Path, project: &Project, options: &ScopeOptions) -> Result<Scope, ResolveError> {
    let (history, unlisted) = match project.framework.folder.list(&project.folder) {
        Ok(history) => (history, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let led_through = led_through(path, &project.folder);
    let scope = narrow(project.framework, project.folder.clone(), history, None, options)?;
    Ok(Scope { led_through, unlisted, ..scope })
}

/// Finds the framework and the migrations of `path`: a project root, a migrations folder, one migration or its file.
///
/// # Errors
/// When there is nothing to work on there, or git cannot say what is new.
pub fn resolve(path: &Utf8Path, options: &ScopeOptions) -> Result<Scope, ResolveError> {
    if !path.exists() {
        return Err(ResolveError::Missing(path.to_owned()));
    }
    let frameworks = frameworks(options)?;
    // A single migration is named by its folder or file; else the path is a folder or a project.
    let ancestors = [Some(path), path.parent(), path.parent().and_then(Utf8Path::parent)];
    for (depth, place) in ancestors.into_iter().flatten().enumerate() {
        for framework in frameworks.iter().filter(|framework| depth == 0 || may_be_one(framework, path)) {
            let Some(folder) = framework.folder.detect(place).filter(|f| depth == 0 || f == place) else { continue };
            let history = framework.folder.list(&folder)?;
            let is_named = |f: &&Found| f.file == path || (path != folder && f.file.parent() == Some(path));
            let single = history.iter().find(is_named).cloned();
            if depth > 0 && single.is_none() {
                continue;
            }
            let led_through = led_through(path, &folder);
            let scope = narrow(framework, folder, history, single, options)?;
            return Ok(Scope { led_through, ..scope });
        }
    }
    Err(ResolveError::NoFramework(path.to_owned(), names(options.frameworks)))
}

/// Whether a path looks like a single migration: its file, or a folder with that file in it.
fn may_be_one(framework: &Framework, path: &Utf8Path) -> bool {
    let mut entries = path.read_dir_utf8().into_iter().flatten().flatten();
    framework.folder.is_listed_by(path) || entries.any(|entry| framework.folder.is_listed_by(entry.path()))
}

/// The first link between a path that was named and a migrations folder that was found there; the folder itself where a
/// configuration named it and it is not in the path's project.
fn led_through(named: &Utf8Path, folder: &Utf8Path) -> Option<Utf8PathBuf> {
    if named.starts_with(folder) {
        return None;
    }
    let project = match folder.starts_with(named) {
        true => named.to_owned(),
        false => project_of(&named.join("x")),
    };
    if !folder.starts_with(&project) {
        return Some(folder.to_owned());
    }
    let mut between: Vec<&Utf8Path> = folder.ancestors().take_while(|place| *place != project).collect();
    between.reverse();
    between.into_iter().find(|place| place.is_symlink()).map(Utf8Path::to_owned)
}

fn narrow(
    framework: &'static Framework,
    folder: Utf8PathBuf,
    history: Vec<Found>,
    single: Option<Found>,
    options: &ScopeOptions,
) -> Result<Scope, ResolveError> {
    let every: HashSet<Utf8PathBuf> = history.iter().map(|f| f.file.clone()).collect();
    let mut scope = Scope {
        skipped: framework.folder.skipped(&folder, &history),
        framework,
        folder,
        history,
        unlisted: None,
        chosen: every,
        on_base: BTreeSet::new(),
        only_new: false,
        variables: Variables::default(),
        led_through: None,
    };
    if let Some(single) = &single {
        scope.chosen = HashSet::from([single.file.clone()]);
    }
    if options.all && options.since.is_none() {
        return Ok(scope);
    }
    let Some(git) = WorkTree::discover(&scope.folder)? else { return Ok(scope) };
    let Some(base) = git.base(options.since.as_deref())? else { return Ok(scope) };
    let on_base = git.existing_at(&base, &scope.folder)?;
    if single.is_some() {
        scope.on_base = scope.chosen.iter().filter(|f| on_base.contains(*f)).cloned().collect();
    } else {
        scope.chosen.retain(|f| !on_base.contains(f));
        scope.only_new = true;
    }
    Ok(scope)
}
