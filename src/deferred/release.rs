//! The next phase of a sequence comes among the migrations.

use camino::{Utf8Path, Utf8PathBuf};

use super::DeferredError;
use super::stored::{FILE, PhaseState, Sequence};
use crate::disk::{Action, FileChange};
use crate::framework::deferral::{Deferral, Model};
use crate::framework::{Body, CompanionFiles, Found, Framework, Incoming, LaidOut, Placed, Placement};
use crate::plan;
use crate::source::SourceFile;

/// What the release of a phase changes.
pub struct Release {
    /// The phase, by index.
    pub phase: usize,
    /// The names of its files among the migrations.
    pub files: Vec<String>,
    /// The changes on disk.
    pub changes: Vec<FileChange>,
}

/// The changes that bring the next phase of a sequence among the migrations of `history`, behind `now` (seconds since 1970), and
/// `model` to what is there then. `None` where nothing waits.
///
/// # Errors
/// When its files are not there, or the folder or the model is not as it has to be.
pub fn release(
    framework: &Framework,
    deferral: &dyn Deferral,
    (folder, sequence): (&Utf8Path, &Sequence),
    history: &[Found],
    model: &mut dyn Model,
    now: i64,
) -> Result<Option<Release>, DeferredError> {
    let Some(at) = sequence.next() else { return Ok(None) };
    must_follow(sequence, at, history, folder)?;
    let placed = place(framework, deferral, (folder, sequence), at, history, Some(now))?;
    let files: Vec<String> = placed.files.iter().map(|file| file.name.clone()).collect();
    let mut changes: Vec<FileChange> = placed.files.into_iter().map(created).collect();
    changes.extend(beside(placed.companions));
    for name in &sequence.phases[at].files {
        let path = waiting_file(deferral, (folder, sequence), at, name);
        let before = SourceFile::read(&path)?.text;
        changes.push(FileChange { path, action: Action::Delete { before } });
    }
    let is_last = at + 1 == sequence.phases.len();
    changes.extend(papers(folder, sequence, at, &files, is_last)?);
    if is_last {
        let before = model.files().clone();
        let unusable = |why| DeferredError::Unusable { path: folder.join(FILE), why };
        model.remove(&sequence.owns()).map_err(unusable)?;
        let both = before.into_iter().zip(model.files());
        changes.extend(both.filter(|(before, after)| before.1 != after.1).map(|((path, before), (_, after))| {
            FileChange { path, action: Action::Modify { before, content: after.clone() } }
        }));
    }
    Ok(Some(Release { phase: at, files, changes }))
}

/// The files of all phases that wait, as they would be if they were released now.
///
/// # Errors
/// When they are not there, or the folder is not as it has to be.
pub fn to_come(
    framework: &Framework,
    deferral: &dyn Deferral,
    (folder, sequence): (&Utf8Path, &Sequence),
    history: &[Found],
) -> Result<Vec<LaidOut>, DeferredError> {
    let waiting = (0..sequence.phases.len()).filter(|at| sequence.phases[*at].state == PhaseState::Waiting);
    let mut files = Vec::new();
    for at in waiting {
        files.extend(place(framework, deferral, (folder, sequence), at, history, None)?.files);
    }
    Ok(files)
}

/// The files of a phase in their places behind the migrations of `history`.
fn place(
    framework: &Framework,
    deferral: &dyn Deferral,
    (folder, sequence): (&Utf8Path, &Sequence),
    at: usize,
    history: &[Found],
    not_before: Option<i64>,
) -> Result<Placed, DeferredError> {
    let mut bodies = Vec::new();
    for (block, name) in sequence.phases[at].files.iter().enumerate() {
        let text = SourceFile::read(waiting_file(deferral, (folder, sequence), at, name))?.text;
        let words = name.split_once('_').map_or(name.as_str(), |(_, words)| words).to_owned();
        bodies.push(Body { words: Some(words), text: Body::text_that_waited(&text), block });
    }
    let empty = plan::Sequence::default();
    let before = sequence.phases[..at].iter().rev().flat_map(|phase| phase.files.iter().rev());
    let behind = before.filter_map(|name| history.iter().find(|found| found.name == *name)).next();
    let incoming = Incoming { replaces: None, sequence: &empty, bodies: &bodies, behind, not_before };
    match framework.place.place(history, &|_| true, &[incoming])? {
        Placement::Placed(mut placed) => Ok(placed.pop().unwrap_or_default()),
        Placement::NoRoom(why) => {
            let why = why.first().map(|no| no.why.clone()).unwrap_or_default();
            Err(DeferredError::Unusable { path: folder.join(sequence.phase_folder(at)), why })
        }
    }
}

fn waiting_file(
    deferral: &dyn Deferral,
    (folder, sequence): (&Utf8Path, &Sequence),
    at: usize,
    name: &str,
) -> Utf8PathBuf {
    folder.join(sequence.phase_folder(at)).join(name).join(deferral.file())
}

fn created(file: LaidOut) -> FileChange {
    FileChange { path: file.path, action: Action::Create { content: file.content } }
}

/// What changes in the folder with files that come into it.
fn beside(CompanionFiles { before, after }: CompanionFiles) -> impl Iterator<Item = FileChange> {
    after.into_iter().map(move |(path, content)| {
        let action = match before.iter().find(|(known, _)| *known == path) {
            Some((_, before)) => Action::Modify { before: before.clone(), content },
            None => Action::Create { content },
        };
        FileChange { path, action }
    })
}

/// The phase before it is among the migrations.
fn must_follow(sequence: &Sequence, at: usize, history: &[Found], folder: &Utf8Path) -> Result<(), DeferredError> {
    let before = sequence.phases[..at].iter().flat_map(|phase| &phase.files);
    let mut missing = before.filter(|file| !history.iter().any(|found| found.name == **file));
    match missing.next() {
        None => Ok(()),
        Some(name) => Err(DeferredError::Unusable {
            path: folder.join(FILE),
            why: format!("{name} of the phase before is not among the migrations; bring it back, or it never runs"),
        }),
    }
}

/// What becomes of the sequence's own files: after its last phase they go.
fn papers(
    folder: &Utf8Path,
    sequence: &Sequence,
    at: usize,
    files: &[String],
    is_last: bool,
) -> Result<Vec<FileChange>, DeferredError> {
    let read = |path: &Utf8Path| SourceFile::read(path).map(|source| source.text);
    let path = folder.join(FILE);
    let before = read(&path)?;
    if !is_last {
        let mut stored = sequence.clone();
        stored.phases[at].state = PhaseState::Released;
        stored.phases[at].files = files.to_vec();
        let unusable = |error: toml::ser::Error| DeferredError::Unusable { path: path.clone(), why: error.to_string() };
        let content = stored.text().map_err(unusable)?;
        return Ok(vec![FileChange { path, action: Action::Modify { before, content } }]);
    }
    let runbook: Utf8PathBuf = folder.join("RUNBOOK.md");
    let mut gone = vec![FileChange { path, action: Action::Delete { before } }];
    if runbook.is_file() {
        let before = read(&runbook)?;
        gone.push(FileChange { path: runbook, action: Action::Delete { before } });
    }
    Ok(gone)
}
