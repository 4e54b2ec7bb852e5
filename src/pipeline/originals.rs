//! The original migrations, each with the files that stand for it: those of the rewrite, or what is on disk by now.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Run, Scope};
use crate::framework::migration::Migration;
use crate::framework::{Body, Found, FrameworkError, Incoming, LaidOut, Placement};
use crate::plan::{Sends, Sequence};
use crate::project::{GitError, WorkTree};
use crate::schema::Schema;
use crate::source::SourceFile;

/// A migration as it was written, and what stands for it.
pub struct Original {
    /// The migration.
    pub migration: Migration,
    /// The files that stand for it; none where it stays as it is.
    pub files: Vec<Migration>,
    /// The first of them that waits for a deploy, by index.
    pub deploys_before: Option<usize>,
}

/// Why originals cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum OriginalsError {
    /// A migration cannot be read or listed.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It names neither a folder nor something that git knows.
    #[error("--against {0}: neither a folder nor, without git, a reference")]
    Unknown(String),
    /// It has no migrations.
    #[error("--against {0}: no migration is there")]
    Empty(String),
    /// It has the folder's migrations as they are, and not those that others stand for.
    #[error("--against {0}: {1} migrations of the folder stand for none that is there; name what has the originals")]
    NoneReplaced(String, usize),
    /// One of them is lost.
    #[error("{folder}: nothing there stands for {name}")]
    Unreplaced {
        /// The migrations folder.
        folder: Utf8PathBuf,
        /// The original.
        name: String,
    },
    /// What git has cannot be put where the framework can list it.
    #[error("a temporary folder: {0}")]
    TemporaryFolder(#[from] std::io::Error),
}

/// Every migration of the history up to the last one that the run rewrites.
///
/// # Errors
/// When one cannot be read.
pub fn rewritten(scope: &Scope, run: &Run) -> Result<Vec<Original>, OriginalsError> {
    let outcome_of = |found: &Found| run.outcomes.iter().find(|outcome| outcome.path == found.file);
    let is_rewritten = |found: &Found| outcome_of(found).is_some_and(|outcome| !outcome.files.is_empty());
    let count = scope.history.iter().rposition(is_rewritten).map_or(0, |last| last + 1);
    let read = |file: &LaidOut| scope.read(&file.name, SourceFile::new(file.path.clone(), file.content.clone()));
    let mut schema = Schema::default();
    let original = |found: &Found| {
        let mut behind = schema.clone();
        let migration = scope.read(&found.name, SourceFile::read(&found.file).map_err(FrameworkError::from)?)?;
        let files = outcome_of(found).map(|outcome| as_released(scope, &migration, &outcome.files)).unwrap_or_default();
        let waiting = outcome_of(found).map_or(0, |outcome| waiting_in(scope, &outcome.files));
        let deploys_before = (waiting > 0).then(|| files.len().saturating_sub(waiting));
        let files = files.iter().map(read).map(|file| Ok(scope.framework.meet(file?, &mut behind)));
        let files = files.collect::<Result<_, FrameworkError>>()?;
        Ok(Original { migration: scope.framework.meet(migration, &mut schema), files, deploys_before })
    };
    scope.history.iter().take(count).map(original).collect()
}

/// How many of the files of a sequence wait for a deploy: the last ones.
fn waiting_in(scope: &Scope, files: &[LaidOut]) -> usize {
    let folder = scope.framework.deferral.map(|deferral| deferral.folder(&scope.folder));
    let waits = |file: &&LaidOut| folder.as_ref().is_some_and(|folder| file.path.starts_with(folder));
    files.iter().filter(waits).count()
}

/// The files of a sequence where what waits has its place behind the rest: a runner that is a program knows them by their names.
fn as_released(scope: &Scope, migration: &Migration, files: &[LaidOut]) -> Vec<LaidOut> {
    let Some(deferral) = scope.framework.deferral.filter(|_| scope.framework.runner.sends == Sends::Calls) else {
        return files.to_vec();
    };
    let folder = deferral.folder(&scope.folder);
    let (waiting, now): (Vec<LaidOut>, Vec<LaidOut>) =
        files.iter().cloned().partition(|file| file.path.starts_with(&folder));
    let Some(own) = now.iter().find(|file| file.name == migration.name).filter(|_| !waiting.is_empty()) else {
        return files.to_vec();
    };
    let body = |file: &LaidOut| Body {
        words: file.name.split_once('_').map(|(_, words)| words.to_owned()),
        text: Body::text_that_waited(&file.content),
        block: file.block,
    };
    let own = Body { words: None, text: own.content.clone(), block: own.block };
    let bodies: Vec<Body> = std::iter::once(own).chain(waiting.iter().map(body)).collect();
    let (sequence, not_before) = (Sequence::default(), None);
    let incoming =
        Incoming { replaces: Some(migration), sequence: &sequence, bodies: &bodies, not_before, behind: None };
    match scope.framework.place.place(&scope.history, &|_| true, &[incoming]) {
        Ok(Placement::Placed(placed)) => {
            let placed = placed.into_iter().flat_map(|placed| placed.files).skip(1);
            now.into_iter().chain(placed).collect()
        }
        Ok(Placement::NoRoom(_)) | Err(_) => files.to_vec(),
    }
}

/// The migrations of `origin`, a folder or a git reference, each with what stands for it on disk.
///
/// # Errors
/// When they cannot be read, or nothing stands for one of them.
pub fn against(origin: &str, scope: &Scope) -> Result<Vec<Original>, OriginalsError> {
    let originals = match Utf8Path::new(origin).is_dir() {
        true => in_folder(scope, Utf8Path::new(origin))?,
        false => at_reference(scope, origin)?,
    };
    let mut on_disk: Vec<Option<Migration>> = Vec::new();
    let folder = in_folder(scope, &scope.folder)?;
    let names: Vec<&str> = originals.iter().map(|original| original.name.as_str()).collect();
    let stand_for: Vec<Vec<usize>> =
        (0..names.len()).map(|at| scope.framework.folder.stand_for(at, &names, &folder)).collect();
    on_disk.extend(folder.into_iter().map(Some));
    let mut matched = Vec::new();
    for (migration, stand_for) in originals.into_iter().zip(stand_for) {
        let is_there = |at: &usize| on_disk[*at].is_some();
        if stand_for.is_empty() || !stand_for.iter().all(is_there) {
            return Err(OriginalsError::Unreplaced { folder: scope.folder.clone(), name: migration.name });
        }
        let files: Vec<Migration> = stand_for.into_iter().filter_map(|at| on_disk[at].take()).collect();
        let is_unchanged = matches!(files.as_slice(), [only] if only.text() == migration.text());
        matched.push(Original {
            migration,
            files: if is_unchanged { Vec::new() } else { files },
            deploys_before: None,
        });
    }
    let new: Vec<&Migration> = on_disk.iter().flatten().collect();
    if matched.is_empty() {
        return Err(OriginalsError::Empty(origin.to_owned()));
    }
    if !new.is_empty() && matched.iter().all(|original| original.files.is_empty()) {
        return Err(OriginalsError::NoneReplaced(origin.to_owned(), new.len()));
    }
    Ok(matched)
}

/// The migrations of a folder, as if they stood in that of the scope: what a file means may depend on its project.
fn in_folder(scope: &Scope, folder: &Utf8Path) -> Result<Vec<Migration>, OriginalsError> {
    let listed = scope.framework.folder.list(folder)?;
    let mut schema = Schema::default();
    let read = listed.into_iter().map(|Found { name, file, .. }| {
        let mut source = SourceFile::read(&file)?;
        if let Ok(inside) = file.strip_prefix(folder) {
            source.path = scope.folder.join(inside);
        }
        Ok(scope.framework.meet(scope.read(&name, source)?, &mut schema))
    });
    Ok(read.collect::<Result<_, FrameworkError>>()?)
}

/// The migrations as they were at a git reference, listed as the framework listed them then.
fn at_reference(scope: &Scope, reference: &str) -> Result<Vec<Migration>, OriginalsError> {
    let no_git = || OriginalsError::Unknown(reference.to_owned());
    let git = WorkTree::discover(&scope.folder)?.ok_or_else(no_git)?;
    let base = git.base(Some(reference))?.ok_or_else(no_git)?;
    let folder = tempfile::tempdir()?;
    let root = Utf8PathBuf::try_from(folder.path().to_owned()).map_err(|error| error.into_io_error())?;
    for path in git.existing_at(&base, &scope.folder)?.iter().filter(|path| scope.framework.folder.is_listed_by(path)) {
        let Ok(place) = path.strip_prefix(&scope.folder) else { continue };
        let Some(source) = git.contents_at(&base, path)? else { continue };
        let copy = root.join(place);
        copy.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(&copy, source.text)?;
    }
    in_folder(scope, &root)
}
