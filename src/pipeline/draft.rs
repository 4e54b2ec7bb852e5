//! Migrations that are planned: the files that replace each, their places in the folder, and what that changes on disk.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::deferring::Deferring;
use super::findings::Findings;
use super::{Options, Outcome, Wanted, reporting, session};
use crate::deferred::{self, Making, Waiting};
use crate::disk::{Action, FileChange};
use crate::framework::deferral::{Model, Texts};
use crate::framework::migration::Migration;
use crate::framework::{
    Body, Found, Framework, FrameworkError, Incoming, LaidOut, Layout, LayoutSettings, Placed, Placement, Sequenced,
    in_blocks,
};
use crate::plan::files::{Division, Files};
use crate::plan::rerun::Rerun;
use crate::plan::{Owned, PhasePlan, Sequence};
use crate::project::Phases;
use crate::report::PhaseReport;
use crate::rewrite::CONCURRENT_NOTE;
use crate::schema::Schema;

/// A migration that is planned.
pub(super) enum Planned {
    /// Nothing can change it any more.
    Finished(Box<Outcome>),
    /// Its files wait for their places.
    Draft(Box<Draft>),
}

impl Planned {
    pub(super) fn outcome(self) -> Option<Outcome> {
        match self {
            Planned::Finished(outcome) => Some(*outcome),
            Planned::Draft(_) => None,
        }
    }

    pub(super) fn draft(&self) -> Option<&Draft> {
        match self {
            Planned::Draft(draft) => Some(draft),
            Planned::Finished(_) => None,
        }
    }
}

/// A migration with the files that replace it, before they have their places in the folder.
pub(super) struct Draft {
    migration: Migration,
    findings: Findings,
    sequence: Sequence,
    files: Files,
    pub(super) bodies: Vec<Body>,
    /// How many files it becomes, where nobody needs them.
    unwritten: Option<usize>,
    /// The bodies in their places.
    pub(super) placed: Placed,
    pub(super) notes: Vec<String>,
    settings: LayoutSettings,
    /// The bodies of later phases, which wait.
    waiting: Option<Waiting>,
    /// The catalog once the first phase has run, where others wait.
    pub(super) after_expand: Option<Schema>,
    /// The same as they wait on disk.
    kept: Option<Kept>,
}

/// What is on disk of phases that wait.
struct Kept {
    files: Vec<LaidOut>,
    /// What tells of them.
    papers: Texts,
    /// The files of the model that change, with both texts.
    model: Vec<(Utf8PathBuf, String, String)>,
    phases: Vec<PhaseReport>,
}

impl Draft {
    pub(super) fn of(
        framework: &Framework,
        migration: Migration,
        findings: Findings,
        sequence: Sequence,
        settings: LayoutSettings,
        (wanted, phases): (Wanted, Phases),
    ) -> Draft {
        let sequence = in_blocks(&migration, sequence);
        let division = Division {
            sequence: &sequence,
            again: Rerun::new(&migration, &sequence.units),
            runner: framework.runner,
            by_step: settings.layout.map(|layout| layout == Layout::Step),
            one_file: settings.one_file.as_deref(),
            others_run_again: framework.place.others_run_again(&migration),
            by_phase: phases == Phases::Deferred,
        };
        let files = match division.files() {
            Ok(files) => files,
            Err(refusal) => {
                let findings = findings.kept(&migration, &refusal);
                return Draft::of(framework, migration, findings, Sequence::default(), settings, (wanted, phases));
            }
        };
        let needs_files = wanted == Wanted::Files || !framework.place.has_room_for_all();
        let mut bodies = match needs_files && !sequence.units.is_empty() {
            true => {
                let of = Sequenced { migration: &migration, sequence: &sequence, files: &files, settings: &settings };
                framework.idiom.bodies(&of)
            }
            false => Vec::new(),
        };
        let unwritten = (!needs_files).then_some(files.parts.len());
        let waiting = match phases {
            Phases::Deferred => Waiting::of(PhasePlan::of(&sequence, findings.deferrals()), &sequence, &mut bodies),
            Phases::Together => None,
        };
        if bodies.is_empty() && waiting.is_some() {
            bodies.extend(framework.idiom.nothing_yet(&migration));
        }
        let (placed, notes) = (Placed::default(), Vec::new());
        let (after_expand, kept) = (None, None);
        Draft {
            migration,
            findings,
            sequence,
            files,
            bodies,
            unwritten,
            placed,
            notes,
            settings,
            waiting,
            after_expand,
            kept,
        }
    }

    fn incoming(&self) -> Incoming<'_> {
        let Draft { migration, sequence, bodies, .. } = self;
        Incoming { replaces: Some(migration), sequence, bodies, behind: None, not_before: None }
    }

    /// Its files without a folder that they would come into: where only others in it tell the places, beside the migration.
    pub(super) fn placed_alone(&self, framework: &Framework) -> Placed {
        let beside = |body: &Body| {
            let name = body.words.as_deref().unwrap_or(&self.migration.name);
            let own = self.migration.path();
            body.at(name, if body.words.is_none() { own.clone() } else { own.with_file_name(name) })
        };
        match framework.place.place(&[], &|_| true, &[self.incoming()]) {
            Ok(Placement::Placed(mut placed)) => placed.pop().unwrap_or_default(),
            Ok(Placement::NoRoom(_)) | Err(_) => {
                Placed { files: self.bodies.iter().map(beside).collect(), ..Placed::default() }
            }
        }
    }

    /// The same where there is no place for more than one file.
    fn in_one_file(self, framework: &Framework, why: String) -> Draft {
        let settings = LayoutSettings { one_file: Some(why), ..self.settings };
        let phases = if self.waiting.is_some() { Phases::Deferred } else { Phases::Together };
        let how = (Wanted::Files, phases);
        let draft = Draft::of(framework, self.migration, self.findings, self.sequence, settings, how);
        Draft { notes: self.notes, after_expand: self.after_expand, ..draft }
    }

    /// There is no place for what would replace it.
    fn stays(&mut self) {
        self.is_left("what would replace it has no place in the folder");
    }

    fn is_left(&mut self, why: &str) {
        self.findings = self.findings.left(why);
        (self.waiting, self.kept) = (None, None);
        self.bodies.clear();
        self.sequence = Sequence::default();
        self.files = Files::default();
        self.placed = Placed::default();
    }

    /// Nothing of it stays as it is.
    pub(super) fn is_empty(&self) -> bool {
        self.bodies.is_empty() && self.waiting.is_none()
    }

    /// What waits gets its place beside the migrations, and the model says what there is until then. `after` is the migration
    /// before it.
    fn keep(
        &mut self,
        framework: &Framework,
        deferring: &Deferring,
        model: &mut dyn Model,
        after: Option<&str>,
        options: &Options,
    ) -> Result<(), String> {
        let (Some(waiting), Some(schema)) = (&self.waiting, &self.after_expand) else { return Ok(()) };
        let before = model.files().clone();
        let called = deferring.deferral.called(&self.migration);
        let mut sequence = deferred::Sequence::new(framework.name, &called, after, self.migration.text());
        sequence.recorded = (called != self.migration.name).then(|| self.migration.name.clone());
        let owns: Vec<Owned> = self.findings.deferrals().flat_map(|deferral| deferral.owns.clone()).collect();
        model.keep_unused(&owns, &self.migration.name, schema).map_err(|not_kept| not_kept.why)?;
        let lines = model.lines_of(&owns);
        owns.iter().for_each(|owned| sequence.own(owned));
        let making = Making {
            framework,
            deferral: deferring.deferral,
            folder: &deferring.folder,
            sequence,
            waiting,
            now: &self.placed.files,
        };
        let files = making.files();
        let all: Vec<LaidOut> = self.placed.files.iter().chain(&files).cloned().collect();
        let report = reporting::report(framework, &self.migration, &self.findings, &self.sequence, &all, &[], options);
        let papers = making.papers(&report, &lines).map_err(|error| error.to_string())?;
        let stored = making.stored();
        let phases = stored.phases.iter().filter(|phase| !phase.files.is_empty()).map(|phase| PhaseReport {
            phase: phase.phase.clone(),
            files: phase.files.len(),
            gate: phase.deploy.join("; "),
        });
        let phases: Vec<PhaseReport> = phases.collect();
        let both = before.into_iter().zip(model.files());
        let changed = both.filter(|(before, after)| before.1 != after.1);
        let model = changed.map(|((path, before), (_, after))| (path, before, after.clone())).collect();
        let told = deferring.deferral.in_report().filter(|_| !lines.is_empty());
        self.notes.extend(told.map(str::to_owned));
        self.kept = Some(Kept { files, papers, model, phases });
        Ok(())
    }

    pub(super) fn outcome(
        self,
        framework: &Framework,
        changes: Vec<FileChange>,
        wanted: Wanted,
        options: &Options,
    ) -> Outcome {
        let Draft { migration, findings, sequence, files: of_blocks, placed, unwritten, notes, settings, kept, .. } =
            self;
        let Placed { mut files, notes: of_place, .. } = placed;
        let (later, phases) = kept.map(|kept| (kept.files, kept.phases)).unwrap_or_default();
        files.extend(later);
        let written = unwritten.unwrap_or(files.len());
        let mut report = match wanted {
            Wanted::Hazards => reporting::hazards(framework, &migration, &findings, &sequence, written, options),
            Wanted::Files => reporting::report(framework, &migration, &findings, &sequence, &files, &changes, options),
        };
        report.phases = phases;
        let of = Sequenced { migration: &migration, sequence: &sequence, files: &of_blocks, settings: &settings };
        // What to know of a sequence is for whom the sequence is for.
        let of_sequence = || {
            let left_behind = session::left_behind(&migration, framework.runner).filter(|_| !sequence.units.is_empty());
            framework.idiom.notes(&of).into_iter().chain(left_behind)
        };
        if framework.idiom.lifts_timeouts() {
            report.notes.retain(|note| note != CONCURRENT_NOTE);
        }
        match wanted {
            Wanted::Hazards => report.notes.extend(notes),
            Wanted::Files => report.notes.extend(of_sequence().chain(notes).chain(of_place)),
        }
        let found = report.hazards.len();
        report.hazards.retain(|hazard| !options.baseline.holds(&hazard.fingerprint));
        let known = found - report.hazards.len();
        let path = migration.path().clone();
        match wanted {
            Wanted::Hazards => {
                let text = (!report.hazards.is_empty()).then_some(migration.source.text);
                Outcome { path, changes: Vec::new(), files: Vec::new(), report, known, text }
            }
            Wanted::Files => Outcome { path, changes, files, report, known, text: None },
        }
    }
}

/// Finds places for the files of all drafts; where the folder is not as the framework writes it, all stay as they are.
pub(super) fn place_all(
    framework: &Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    deferring: Option<&Deferring>,
    options: &Options,
    planned: &mut Vec<Planned>,
) -> Option<FrameworkError> {
    let (at, mut drafts): (Vec<usize>, Vec<Draft>) = std::mem::take(planned)
        .into_iter()
        .enumerate()
        .filter_map(|(at, one)| match one {
            Planned::Draft(draft) => Some((at, *draft)),
            Planned::Finished(outcome) => {
                planned.push(Planned::Finished(outcome));
                None
            }
        })
        .unzip();
    let error = place(framework, history, in_scope, &mut drafts).err();
    if error.is_some() {
        drafts.iter_mut().for_each(Draft::stays);
    }
    if let Some(deferring) = deferring {
        keep_all(framework, history, deferring, options, &mut drafts);
    }
    for (at, draft) in at.into_iter().zip(drafts) {
        planned.insert(at, Planned::Draft(Box::new(draft)));
    }
    error
}

/// What waits of each migration, in order: each finds the model as those before it leave it.
fn keep_all(framework: &Framework, history: &[Found], deferring: &Deferring, options: &Options, drafts: &mut [Draft]) {
    if drafts.iter().all(|draft| draft.waiting.is_none()) {
        return;
    }
    let mut model = deferring.model();
    let waits = |at: &usize| drafts[*at].waiting.is_some();
    for at in (0..drafts.len()).filter(waits).collect::<Vec<_>>() {
        let position = history.iter().position(|found| found.file == *drafts[at].migration.path()).unwrap_or_default();
        let name = |found: &Found| match drafts[..at].iter().find(|draft| *draft.migration.path() == found.file) {
            Some(draft) if !draft.is_empty() => draft.placed.files.last().map(|file| file.name.clone()),
            Some(_) | None => Some(found.name.clone()),
        };
        let after = history[..position].iter().rev().find_map(name);
        let before = model.files().clone();
        if let Err(why) = drafts[at].keep(framework, deferring, model.as_mut(), after.as_deref(), options) {
            model = deferring.deferral.model(before);
            drafts[at].is_left(&why);
        }
    }
}

/// Finds places in the folder for all files; what has none for several is laid out in one, or stays as it is.
fn place(
    framework: &Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    drafts: &mut Vec<Draft>,
) -> Result<(), FrameworkError> {
    loop {
        let rewritten: Vec<usize> = (0..drafts.len()).filter(|at| !drafts[*at].bodies.is_empty()).collect();
        let incoming: Vec<Incoming> = rewritten.iter().map(|at| drafts[*at].incoming()).collect();
        let without = match framework.place.place(history, in_scope, &incoming)? {
            Placement::NoRoom(without) => without,
            Placement::Placed(placed) => {
                rewritten.into_iter().zip(placed).for_each(|(at, placed)| drafts[at].placed = placed);
                return Ok(());
            }
        };
        let mut why: BTreeMap<usize, String> = without.into_iter().map(|no| (rewritten[no.at], no.why)).collect();
        let redrafted = |(at, draft): (usize, Draft)| match why.remove(&at) {
            Some(why) => draft.in_one_file(framework, why),
            None => draft,
        };
        *drafts = std::mem::take(drafts).into_iter().enumerate().map(redrafted).collect();
    }
}

/// For each draft what it changes on disk: what is there before and not afterwards goes, the rest comes or changes. A file
/// that one migration leaves may be another's new place.
pub(super) fn changes(planned: &[Planned]) -> Vec<Vec<FileChange>> {
    let drafts = || planned.iter().filter_map(Planned::draft);
    let before_of = |draft: &Draft| {
        let original = (!draft.placed.files.is_empty() || draft.kept.is_some())
            .then(|| (draft.migration.path().clone(), draft.migration.source.text.clone()));
        original.into_iter().chain(draft.placed.companions.before.iter().cloned()).collect::<Vec<_>>()
    };
    let after_of = |draft: &Draft| {
        let kept = draft.kept.iter().flat_map(|kept| &kept.files);
        let files = draft.placed.files.iter().chain(kept).map(|file| (file.path.clone(), file.content.clone()));
        let papers = draft.kept.iter().flat_map(|kept| kept.papers.iter().cloned());
        files.chain(papers).chain(draft.placed.companions.after.iter().cloned()).collect::<Vec<_>>()
    };
    let before: BTreeMap<Utf8PathBuf, String> = drafts().flat_map(before_of).collect();
    let kept: BTreeSet<Utf8PathBuf> = drafts().flat_map(after_of).map(|(path, _)| path).collect();
    let changes = |draft: &Draft| {
        let gone = before_of(draft).into_iter().filter(|(path, _)| !kept.contains(path));
        let gone = gone.map(|(path, before)| FileChange { path, action: Action::Delete { before } });
        let come = after_of(draft).into_iter().filter_map(|(path, content)| {
            let action = match before.get(&path) {
                Some(before) if *before == content => return None,
                Some(before) => Action::Modify { before: before.clone(), content },
                None => Action::Create { content },
            };
            Some(FileChange { path, action })
        });
        let of_model = draft.kept.iter().flat_map(|kept| &kept.model).map(|(path, before, content)| {
            let action = Action::Modify { before: before.clone(), content: content.clone() };
            FileChange { path: path.clone(), action }
        });
        gone.chain(come).chain(of_model).collect()
    };
    planned.iter().map(|one| one.draft().map(changes).unwrap_or_default()).collect()
}
