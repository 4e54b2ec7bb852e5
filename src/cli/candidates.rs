//! The migrations that are proved, and what stands for each: the rewrite, or files that are on disk.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::Failure;
use super::common::Ran;
use crate::framework::migration::Migration;
use crate::framework::{Framework, FrameworkError, LaidOut};
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
    let read = |file: &LaidOut| {
        scope.framework.folder.read(&file.name, SourceFile::new(file.path.clone(), file.content.clone()))
    };
    history
        .map(|found| {
            let naive = scope.framework.read(found)?;
            let outcome = ran.run.outcomes.iter().find(|outcome| outcome.path == found.file);
            let files: Vec<Migration> =
                outcome.iter().flat_map(|outcome| &outcome.files).map(read).collect::<Result<_, FrameworkError>>()?;
            Ok(Candidate::new(&naive, files.iter().collect()))
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
    let names: Vec<&str> = originals.iter().map(|original| original.name.as_str()).collect();
    let mut candidates = Vec::new();
    let mut new: BTreeSet<usize> = (0..on_disk.len()).collect();
    for (at, original) in originals.iter().enumerate() {
        let stand_for = scope.framework.folder.stand_for(at, &names, &on_disk);
        if stand_for.is_empty() {
            return Err(Failure::Usage(format!("{}: nothing there stands for {}", scope.folder, original.name)));
        }
        let files: Vec<&Migration> = stand_for.iter().map(|at| &on_disk[*at]).collect();
        new.retain(|at| !stand_for.contains(at));
        let is_unchanged = matches!(files.as_slice(), [only] if only.text() == original.text());
        candidates.push(Candidate::new(original, if is_unchanged { Vec::new() } else { files }));
    }
    if candidates.is_empty() {
        return Err(Failure::Usage(format!("--against {origin}: no migration is there")));
    }
    let (new, nothing) = (new.len(), candidates.iter().all(|candidate| candidate.pieces.is_empty()));
    if nothing && new > 0 {
        return Err(Failure::Usage(format!(
            "--against {origin}: {new} migrations of the folder stand for none that is there; name what has the originals"
        )));
    }
    Ok(candidates)
}

fn in_folder(framework: &Framework, folder: &Utf8Path) -> Result<Vec<Migration>, Failure> {
    let read = framework.folder.list(folder)?.into_iter().map(|found| framework.read(&found));
    Ok(read.collect::<Result<_, FrameworkError>>()?)
}

/// The migrations as they were at a git reference, listed as the framework listed them then.
fn at_reference(scope: &Scope, reference: &str) -> Result<Vec<Migration>, Failure> {
    let no_git = || Failure::Usage(format!("--against {reference}: neither a folder nor, without git, a reference"));
    let git = GitScope::discover(&scope.folder).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let base = git.base(Some(reference)).map_err(ResolveError::from)?.ok_or_else(no_git)?;
    let paths = git.existing_at(&base, &scope.folder).map_err(ResolveError::from)?;
    let unwritable = |error: std::io::Error| Failure::Usage(format!("a temporary folder: {error}"));
    let folder = tempfile::tempdir().map_err(unwritable)?;
    let root = Utf8Path::from_path(folder.path()).ok_or_else(|| Failure::Usage("TMPDIR is not UTF-8".into()))?;
    for path in paths.iter().filter(|path| scope.framework.folder.is_listed_by(path)) {
        let Ok(place) = path.strip_prefix(&scope.folder) else { continue };
        let Some(source) = git.contents_at(&base, path).map_err(ResolveError::from)? else { continue };
        let copy = root.join(place);
        copy.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(unwritable)?;
        std::fs::write(&copy, source.text).map_err(unwritable)?;
    }
    in_folder(scope.framework, root)
}
