//! The migrations that are proved, and what stands for each: the rewrite, or files that are on disk.

use camino::Utf8Path;

use super::Failure;
use super::common::Ran;
use crate::framework::{Found, Framework, FrameworkError, LaidOut};
use crate::pipeline::{ResolveError, Scope};
use crate::project::GitScope;
use crate::source::SourceFile;
use crate::verify::Candidate;

/// Every migration of the folder, with its sequence where it is in scope and rewritten.
pub(super) fn candidates(ran: &Ran) -> Result<Vec<Candidate>, Failure> {
    let Some(scope) = &ran.scope else { return Ok(Vec::new()) };
    let last = scope.history.iter().rposition(|found| {
        ran.run.outcomes.iter().any(|outcome| outcome.path == found.file && !outcome.files.is_empty())
    });
    let history = scope.history.iter().take(last.map_or(0, |last| last + 1));
    let named = |file: &LaidOut| (scope.framework.name_of(&file.path), file.content.clone());
    history
        .map(|found| {
            let source = SourceFile::read(&found.file).map_err(FrameworkError::from)?;
            let outcome = ran.run.outcomes.iter().find(|outcome| outcome.path == found.file);
            let files: Vec<(String, String)> = outcome.iter().flat_map(|outcome| &outcome.files).map(named).collect();
            Ok(Candidate::new(found.name.clone(), &source.text, &files, scope.framework.sending()))
        })
        .collect()
}

/// The originals, each with what stands in its place on disk: `origin` is a folder, or a git reference.
pub(super) fn candidates_against(origin: &str, scope: &Scope) -> Result<Vec<Candidate>, Failure> {
    let originals = match Utf8Path::new(origin).is_dir() {
        true => in_folder(scope.framework, Utf8Path::new(origin))?,
        false => at_reference(scope, origin)?,
    };
    let on_disk = in_folder(scope.framework, &scope.folder)?;
    let is_original = |name: &str| originals.iter().any(|(original, _)| original == name);
    let mut candidates = Vec::new();
    for (name, text) in &originals {
        let stands_for = |other: &str| {
            other == name
                || (other.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('_')) && !is_original(other))
        };
        let files: Vec<(String, String)> = on_disk.iter().filter(|(other, _)| stands_for(other)).cloned().collect();
        if files.is_empty() {
            return Err(Failure::Usage(format!("{}: nothing there stands for {name}", scope.folder)));
        }
        let is_unchanged = matches!(files.as_slice(), [(_, only)] if only == text);
        let files = if is_unchanged { Vec::new() } else { files };
        candidates.push(Candidate::new(name.clone(), text, &files, scope.framework.sending()));
    }
    if candidates.is_empty() {
        return Err(Failure::Usage(format!("--against {origin}: no migration is there")));
    }
    let new =
        on_disk.iter().filter(|(name, _)| !originals.iter().any(|(original, _)| name.starts_with(original.as_str())));
    let (new, nothing) = (new.count(), candidates.iter().all(|candidate| candidate.pieces.is_empty()));
    if nothing && new > 0 {
        return Err(Failure::Usage(format!(
            "--against {origin}: {new} migrations of the folder stand for none that is there; name what has the originals"
        )));
    }
    Ok(candidates)
}

fn in_folder(framework: &dyn Framework, folder: &Utf8Path) -> Result<Vec<(String, String)>, Failure> {
    let read = |found: Found| {
        let source = SourceFile::read(&found.file).map_err(FrameworkError::from)?;
        Ok((found.name, source.text))
    };
    framework.list(folder)?.into_iter().map(read).collect()
}

fn at_reference(scope: &Scope, reference: &str) -> Result<Vec<(String, String)>, Failure> {
    let no_git = || Failure::Usage(format!("--against {reference}: neither a folder nor, without git, a reference"));
    let git = GitScope::discover(&scope.folder).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let base = git.base(Some(reference)).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let paths = git.existing_at(&base, &scope.folder).map_err(ResolveError::from)?;
    let listed = scope.framework.list(&scope.folder)?;
    // What is there and not listed is never run; what is not there any more was replaced.
    let is_run = |file: &Utf8Path| !file.exists() || listed.iter().any(|found| found.file == file);
    let migrations = paths.into_iter().filter(|file| scope.framework.is_migration(file) && is_run(file));
    let mut found: Vec<Found> = migrations.map(|file| Found { name: scope.framework.name_of(&file), file }).collect();
    scope.framework.sort(&mut found);
    let mut originals = Vec::new();
    for found in found {
        if let Some(source) = git.contents_at(&base, &found.file).map_err(ResolveError::from)? {
            originals.push((found.name, source.text));
        }
    }
    Ok(originals)
}
