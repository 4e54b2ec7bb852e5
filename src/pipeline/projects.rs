//! The projects of a repository: every folder of migrations under a path, of whatever framework.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, WalkBuilder};

use super::scope::{Project, ScopeOptions, frameworks};
use crate::deferred;
use crate::framework::{Found, Framework};
use crate::source::is_installed;

/// The folders of migrations under `path`, in the order of their paths. Hidden folders, what git ignores, what a package
/// manager installed and what waits for a deploy is left out; links are not followed. One that holds migrations itself is the only one.
pub fn projects(path: &Utf8Path, options: &ScopeOptions) -> Vec<Project> {
    let Ok(frameworks) = frameworks(options) else { return Vec::new() };
    let mut search = Search {
        root: path,
        detected: HashMap::new(),
        holding: HashMap::new(),
        taken: Taken::default(),
        settled: HashSet::new(),
        found: Vec::new(),
    };
    let taken = Arc::clone(&search.taken);
    let mut walk = WalkBuilder::new(path);
    walk.follow_links(false).sort_by_file_name(Ord::cmp);
    walk.filter_entry(move |entry| !is_foreign(entry) && !is_one_of(&taken, entry) && !waits(entry));
    for entry in walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())) {
        let Some(file) = Utf8Path::from_path(entry.path()) else { continue };
        for framework in frameworks.iter().filter(|framework| framework.folder.is_listed_by(file)) {
            search.look_at(framework, file);
        }
    }
    search.found
}

fn is_foreign(entry: &DirEntry) -> bool {
    entry.depth() > 0 && is_installed(entry.file_name())
}

/// Files of a phase that waits are no migrations yet, whatever they are called.
fn waits(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir()) && entry.path().join(deferred::FILE).is_file()
}

/// Of each project that has a folder for each of its migrations those folders: there is nothing to look for in them.
type Taken = Arc<Mutex<Vec<Arc<HashSet<Utf8PathBuf>>>>>;

fn is_one_of(taken: &Taken, entry: &DirEntry) -> bool {
    let holds = |all: &Vec<Arc<HashSet<Utf8PathBuf>>>| {
        let path = Utf8Path::from_path(entry.path());
        path.is_some_and(|path| all.iter().any(|folders| folders.contains(path)))
    };
    entry.file_type().is_some_and(|kind| kind.is_dir()) && taken.lock().is_ok_and(|all| holds(&all))
}

/// The folders that hold the files of a migrations folder.
struct Holding {
    folders: Arc<HashSet<Utf8PathBuf>>,
    /// Each migration has one.
    is_one_each: bool,
}

impl Holding {
    fn of(history: &[Found], migrations: &Utf8Path) -> Holding {
        let folders = history.iter().filter_map(|found| found.file.parent()).map(Utf8Path::to_owned);
        let folders: HashSet<Utf8PathBuf> = folders.collect();
        let is_one_each = folders.len() == history.len() && !folders.contains(migrations);
        Holding { folders: Arc::new(folders), is_one_each }
    }

    fn contains(&self, folder: &Utf8Path) -> bool {
        self.folders.contains(folder)
    }
}

struct Search<'a> {
    root: &'a Utf8Path,
    /// What each framework detects in a folder.
    detected: HashMap<(&'static str, Utf8PathBuf), Option<Utf8PathBuf>>,
    /// The folders that hold the files of a framework's migrations folder; `None` where it cannot list it, and says so when
    /// it is read.
    holding: HashMap<(&'static str, Utf8PathBuf), Option<Holding>>,
    taken: Taken,
    /// Folders whose files are known to be a project's, or nobody's, by framework.
    settled: HashSet<(&'static str, Utf8PathBuf)>,
    found: Vec<Project>,
}

impl Search<'_> {
    /// The highest folder that has this file among its migrations is the project.
    fn look_at(&mut self, framework: &'static Framework, file: &Utf8Path) {
        let Some(folder) = file.parent() else { return };
        if !self.settled.insert((framework.name, folder.to_owned())) || self.is_taken(folder) {
            return;
        }
        let mut above: Vec<&Utf8Path> = folder.ancestors().take_while(|place| place.starts_with(self.root)).collect();
        above.reverse();
        for place in above {
            let place = (framework.name, place.to_owned());
            let detected = self.detected.entry(place).or_insert_with_key(|(_, place)| framework.folder.detect(place));
            let Some(migrations) = detected.clone().filter(|migrations| folder.starts_with(migrations)) else {
                continue;
            };
            let project = (framework.name, migrations.clone());
            let holding = self.holding.entry(project).or_insert_with(|| {
                let history = framework.folder.list(&migrations).ok()?;
                Some(Holding::of(&history, &migrations))
            });
            if holding.as_ref().is_none_or(|holding| holding.contains(folder)) {
                if self.found.iter().all(|project| project.folder != migrations) {
                    let all = holding.as_ref().filter(|holding| holding.is_one_each);
                    if let (Some(all), Ok(mut taken)) = (all, self.taken.lock()) {
                        taken.push(Arc::clone(&all.folders));
                    }
                    self.found.push(Project { framework, folder: migrations });
                }
                return;
            }
        }
    }

    /// True for a folder that holds files of a project that is found already.
    fn is_taken(&self, folder: &Utf8Path) -> bool {
        self.found.iter().any(|Project { framework, folder: migrations }| {
            let holding = self.holding.get(&(framework.name, migrations.clone()));
            folder.starts_with(migrations)
                && holding.is_some_and(|holding| holding.as_ref().is_none_or(|holding| holding.contains(folder)))
        })
    }
}
