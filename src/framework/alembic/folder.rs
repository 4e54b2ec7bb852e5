//! A folder of revisions: the files that Alembic takes for revisions, in the order of their graph.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::calls;
use super::config::{Configuration, is_revision_name};
use super::environment::{Environment, Finding};
use super::graph::{Graph, Node};
use super::ledger::AlembicLedger;
use crate::framework::header;
use crate::framework::ledger::Ledger;
use crate::framework::migration::Migration;
use crate::framework::{Folder, Found, FrameworkError, Remark, Variables};
use crate::source::{SourceFile, read_text};

pub(super) struct Revisions;

impl Folder for Revisions {
    /// The folder of the revisions of a project, of a script folder, or that folder itself. Where there are several it is
    /// the script folder that they belong to.
    fn detect(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        match Configuration::find(path) {
            // What is wrong with it is said when it is listed.
            Err(_) => Some(path.to_owned()),
            Ok(Some(configuration)) => Some(configuration.folder()),
            Ok(None) => holds_revisions(path).then(|| path.to_owned()),
        }
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
        let graph = graph(folder)?;
        let follows: Vec<Vec<usize>> = (0..graph.nodes.len()).map(|at| graph.before(at).to_vec()).collect();
        let nodes = graph.nodes.into_iter().zip(follows);
        Ok(nodes.map(|(node, follows)| Found { name: node.id, file: node.file, follows: Some(follows) }).collect())
    }

    fn is_listed_by(&self, file: &Utf8Path) -> bool {
        let name = file.file_name().unwrap_or_default();
        is_revision_name(name) || matches!(name, "alembic.ini" | "pyproject.toml")
    }

    fn read(&self, name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
        calls::read(name, source, &Variables::default())
    }

    fn read_with(&self, name: &str, source: SourceFile, variables: &Variables) -> Result<Migration, FrameworkError> {
        calls::read(name, source, variables)
    }

    /// What `env.py` does around the migrations.
    fn remarks(&self, history: &[Found]) -> Result<Vec<Remark>, FrameworkError> {
        let Some(first) = history.first() else { return Ok(Vec::new()) };
        // A folder of revisions may have others in it.
        let mut found = None;
        for folder in first.file.ancestors().skip(1).take(DEPTH) {
            found = configuration(folder)?.map(|configuration| configuration.script_location);
            if found.is_some() {
                break;
            }
        }
        let script = found.or_else(|| Some(first.file.parent()?.parent()?.to_owned()));
        let Some((source, environment)) = script.map(|script| environment_in(&script)).transpose()?.flatten() else {
            return Ok(Vec::new());
        };
        let of = |findings: &[Finding], forbids: bool| -> Vec<Remark> {
            let remark = |finding: &Finding| Remark {
                path: source.path.clone(),
                position: source.position(finding.span.start),
                what: finding.what.clone(),
                forbids,
            };
            findings.iter().map(remark).collect()
        };
        let Environment { outer_transactions, advisory_locks, lost_locks, .. } = &environment;
        Ok([of(outer_transactions, true), of(advisory_locks, true), of(lost_locks, false)].concat())
    }

    /// A sequence ends with the revision that it replaces; the steps before it say in their comments that they belong to it.
    fn stand_for(&self, original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
        steps_of(originals[original], folder)
    }

    fn ledger(&self, folder: &Utf8Path) -> Result<Box<dyn Ledger>, FrameworkError> {
        let environment = environment(folder)?.map(|(_, environment)| environment).unwrap_or_default();
        Ok(Box::new(AlembicLedger::new(graph(folder)?, &environment)))
    }
}

/// The configuration that a folder of revisions belongs to.
///
/// # Errors
/// When a configuration on the way cannot be used.
pub(super) fn configuration(folder: &Utf8Path) -> Result<Option<Configuration>, FrameworkError> {
    let same = |one: &Utf8Path| one == folder || one.canonicalize().ok().is_some_and(|one| Some(one) == real(folder));
    // A script folder is one by itself; what a file above says of it goes before.
    let mut without_file = None;
    for place in folder.ancestors().take(DEPTH) {
        let place = if place.as_str().is_empty() { Utf8Path::new(".") } else { place };
        if let Some(configuration) = Configuration::find(place)?
            && (same(&configuration.script_location) || configuration.version_locations.iter().any(|own| same(own)))
        {
            if configuration.file.is_some() {
                return Ok(Some(configuration));
            }
            without_file = without_file.or(Some(configuration));
        }
    }
    Ok(without_file)
}

/// How far above its revisions a project's configuration may be.
pub(super) const DEPTH: usize = 8;

fn real(folder: &Utf8Path) -> Option<std::path::PathBuf> {
    folder.canonicalize().ok()
}

/// The `env.py` of a folder of revisions, read.
///
/// # Errors
/// When a configuration on the way cannot be used, or a string or bracket in it never ends.
pub(super) fn environment(folder: &Utf8Path) -> Result<Option<(SourceFile, Environment)>, FrameworkError> {
    let script = match configuration(folder)? {
        Some(configuration) => configuration.script_location,
        None => folder.parent().unwrap_or(folder).to_owned(),
    };
    environment_in(&script)
}

/// The `env.py` of a script folder.
fn environment_in(script: &Utf8Path) -> Result<Option<(SourceFile, Environment)>, FrameworkError> {
    let path = script.join("env.py");
    let Some(text) = read_text(&path) else { return Ok(None) };
    let source = SourceFile::new(path, text);
    match Environment::read(&source.text) {
        Ok(environment) => Ok(Some((source, environment))),
        Err(error) => {
            let place = format!("{}:{}", source.path, source.position(error.at));
            Err(FrameworkError::Unusable { path: place.into(), why: error.what.to_owned() })
        }
    }
}

/// The graph of the revisions of a folder.
fn graph(folder: &Utf8Path) -> Result<Graph, FrameworkError> {
    let files = match configuration(folder)? {
        Some(configuration) => configuration.revision_files()?,
        None => revision_files(folder)?,
    };
    let nodes: Vec<Node> =
        files.into_par_iter().map(|file| Node::read(&SourceFile::read(&file)?)).collect::<Result<_, _>>()?;
    Ok(Graph::new(nodes)?)
}

/// The files of a folder that no configuration names.
fn revision_files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, FrameworkError> {
    let unlistable = |source| FrameworkError::Unlistable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().map_err(unlistable)? {
        let entry = entry.map_err(unlistable)?;
        if is_revision_name(entry.file_name()) && entry.path().is_file() {
            files.push(entry.path().to_owned());
        }
    }
    files.sort();
    Ok(files)
}

/// True for a folder with a file in it that says which revision it follows.
fn holds_revisions(folder: &Utf8Path) -> bool {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut files = entries.filter(|entry| is_revision_name(entry.file_name()));
    files.any(|entry| read_text(entry.path()).is_some_and(|text| text.lines().any(is_down_revision)))
}

fn is_down_revision(line: &str) -> bool {
    line.strip_prefix("down_revision").is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
}

/// The revision with that id and the steps before it, by index.
fn steps_of(id: &str, folder: &[Migration]) -> Vec<usize> {
    let Some(own) = folder.iter().position(|migration| migration.name == id) else { return Vec::new() };
    let mut first = own;
    while first > 0 && header::follows(&folder[first - 1].headers, &folder[first].headers) {
        first -= 1;
    }
    (first..=own).collect()
}
