//! The flow as one readable function: files → operations → rewrites → steps → sequence → file changes → report.
//!
//! This is the only place where framework, schema, rewrite and plan meet.

mod access;
mod bonds;
mod copies;
mod findings;
mod pending;
mod planning;
mod records;
mod reporting;
mod scope;
mod session;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::disk::{Action, FileChange};
use crate::framework::header::{self, Header};
use crate::framework::migration::Migration;
use crate::framework::{
    Body, Found, Framework, FrameworkError, Incoming, LaidOut, Layout, LayoutSettings, Placed, Placement, Sequenced,
    in_blocks,
};
use crate::plan::Sequence;
use crate::plan::files::{Division, Files};
use crate::project::{Config, Level};
use crate::report::{MigrationReport, Report};
use crate::rewrite::Settings;
use crate::schema::Schema;
use crate::source::SourceFile;

pub use findings::Findings;
use planning::Around;
use records::WrittenDown;
pub use scope::{ResolveError, Scope, ScopeOptions, folders, resolve};

/// What a run needs to know.
pub struct Options {
    /// The project's configuration, flags already applied.
    pub config: Config,
    /// Paths in reports are relative to this folder.
    pub base: Utf8PathBuf,
}

/// A migration that was read, judged and planned.
pub struct Outcome {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// What goes to disk; empty when it stays as it is.
    pub changes: Vec<FileChange>,
    /// The files of the sequence that replaces it; empty when it stays as it is.
    pub files: Vec<LaidOut>,
    /// The same as data.
    pub report: MigrationReport,
    /// The hazards that fail a check: all but those whose rule is set to `warn`.
    pub failing: usize,
    /// The migration as it is on disk, where only hazards are wanted and it has some.
    pub text: Option<String>,
}

/// What a run came to.
pub struct Run {
    /// The framework's name.
    pub framework: &'static str,
    /// The migrations in scope, in order.
    pub outcomes: Vec<Outcome>,
    /// Migrations that could not be read, those outside the scope included.
    pub errors: Vec<FrameworkError>,
}

impl Run {
    /// The report that every printer prints.
    pub fn report(&self) -> Report {
        Report {
            version: 1,
            framework: self.framework.to_owned(),
            migrations: self.outcomes.iter().map(|o| o.report.clone()).collect(),
        }
    }

    /// Every change on disk.
    pub fn changes(&self) -> Vec<FileChange> {
        self.outcomes.iter().flat_map(|o| o.changes.clone()).collect()
    }
}

/// Reads the whole history, replays it, and rewrites the migrations that `in_scope` names.
///
/// `progress` is called after each migration with its index and their number.
pub fn run(
    framework: &Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Run {
    let mut outcomes = Vec::new();
    let keep = &mut |outcome| outcomes.push(outcome);
    let errors = each(framework, history, in_scope, options, Wanted::Files, progress, keep);
    Run { framework: framework.name, outcomes, errors }
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The hazards, and how many files replace what is rewritten. Files that nothing else needs are not written; outcomes
    /// have neither steps nor files, but the migration's text where it has hazards.
    Hazards,
    /// Everything, the texts of the files included.
    Files,
}

/// How many migrations are read ahead of the replay: their texts and what is planned of them are held at once.
const AT_ONCE: usize = 256;

/// As [`run`], but gives each outcome away, in order, as soon as nothing can change it any more, so that a long history takes
/// no more memory than its schema. Returns the errors.
pub fn each(
    framework: &Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    options: &Options,
    wanted: Wanted,
    progress: &(dyn Fn(usize, usize) + Sync),
    take: &mut dyn FnMut(Outcome),
) -> Vec<FrameworkError> {
    let runner = framework.runner;
    let settings = settings(&options.config);
    let continues = |at: usize| continues_on_disk(framework, history, at);
    let mut written_down = WrittenDown::new(framework, history, in_scope, &continues);
    let mut errors = Vec::new();
    let mut schema = Schema::default();
    let mut settled: Vec<Settled> = Vec::new();
    let mut before = Before::default();
    for (batch, some) in history.chunks(AT_ONCE).enumerate() {
        let mut read: Vec<Result<Migration, FrameworkError>> =
            some.par_iter().map(|found| framework.read(found)).collect();
        for (behind, found) in (1..read.len()).zip(some) {
            if let ([.., Ok(migration)], [Ok(next), ..]) = read.split_at_mut(behind)
                && in_scope(found)
            {
                pending::mark_labels_in_use(migration, next, runner);
            }
        }
        let continued = before.continued(&read);
        let mut judged = Vec::new();
        for (offset, (found, migration)) in some.iter().zip(read).enumerate() {
            let at = batch * AT_ONCE + offset;
            if !continued[offset] {
                schema.begin_migration();
                written_down.begin_migration();
            }
            match migration {
                Ok(mut migration) if in_scope(found) => {
                    let notes = written_down.notes(&options.base);
                    session::resolve(&mut migration, written_down.schema().map_or(&schema, |known| &*known));
                    let known = match written_down.schema() {
                        Some(known) => {
                            migration.items.iter().for_each(|item| schema.apply(&item.operation));
                            known
                        }
                        None => &mut schema,
                    };
                    let before = known.clone();
                    let findings = findings::find(&migration, known, &settings, &options.config);
                    let before = findings.is_rewritten().then_some(before);
                    judged.push(Judged { migration, before, findings, notes });
                }
                Ok(mut migration) => {
                    session::resolve(&mut migration, &schema);
                    let known = written_down.schema().into_iter().chain([&mut schema]);
                    known.for_each(|schema| migration.items.iter().for_each(|item| schema.apply(&item.operation)));
                }
                Err(error) => errors.push(error),
            }
            written_down.lay_over(&schema, at);
            progress(at + 1, history.len());
        }
        settled.par_extend(judged.into_par_iter().map(|judged| judged.settle(framework, wanted, options)));
        if settled.iter().all(|one| matches!(one, Settled::Outcome(_))) {
            settled.drain(..).filter_map(Settled::outcome).for_each(&mut *take);
        }
    }
    errors.extend(place_all(framework, history, in_scope, &mut settled));
    let changes = changes(&settled);
    let outcomes = settled.into_par_iter().zip(changes).map(|(one, changes)| match one {
        Settled::Outcome(outcome) => *outcome,
        Settled::Draft(draft) => draft.outcome(framework, changes, wanted, options),
    });
    outcomes.collect::<Vec<_>>().into_iter().for_each(take);
    errors
}

/// A migration with what the rules say.
struct Judged {
    migration: Migration,
    /// The catalog before it, where something is rewritten.
    before: Option<Schema>,
    findings: Findings,
    notes: Vec<String>,
}

impl Judged {
    fn settle(self, framework: &Framework, wanted: Wanted, options: &Options) -> Settled {
        let Judged { migration, before, findings, notes } = self;
        let (findings, sequence) = match before {
            Some(before) => {
                let around = Around::new(&migration, &before, options.config.postgres);
                planning::plan(&migration, findings, &around, framework.runner, options.config.postgres)
            }
            None => (findings, Sequence::default()),
        };
        let settings = layout_settings(&options.config);
        let draft = Draft { notes, ..Draft::of(framework, migration, findings, sequence, settings, wanted) };
        match draft.bodies.is_empty() {
            true => Settled::Outcome(Box::new(draft.outcome(framework, Vec::new(), wanted, options))),
            false => Settled::Draft(Box::new(draft)),
        }
    }
}

/// A migration that is planned.
enum Settled {
    /// Nothing can change it any more.
    Outcome(Box<Outcome>),
    /// Its files wait for their places.
    Draft(Box<Draft>),
}

impl Settled {
    fn outcome(self) -> Option<Outcome> {
        match self {
            Settled::Outcome(outcome) => Some(*outcome),
            Settled::Draft(_) => None,
        }
    }

    fn draft(&self) -> Option<&Draft> {
        match self {
            Settled::Draft(draft) => Some(draft),
            Settled::Outcome(_) => None,
        }
    }
}

/// The file before those that are read next.
#[derive(Default)]
struct Before {
    headers: Vec<Header>,
    continued: bool,
}

impl Before {
    /// True for each file that goes on with a sequence that safestep wrote, the files before it there: what those made is
    /// still as new as in the migration that they replace.
    fn continued(&mut self, read: &[Result<Migration, FrameworkError>]) -> Vec<bool> {
        let mut before = self.headers.as_slice();
        let mut continued = Vec::new();
        for migration in read {
            let here = migration.as_ref().map_or(&[][..], |migration| &migration.headers);
            self.continued = header::follows(before, here) && (self.continued || header::begins(before));
            before = here;
            continued.push(self.continued);
        }
        self.headers = before.to_vec();
        continued
    }
}

/// The same for one file of a history that is not read yet.
fn continues_on_disk(framework: &Framework, history: &[Found], at: usize) -> bool {
    let headers = |at: usize| {
        let text = SourceFile::read(&history[at].file).map(|source| source.text).unwrap_or_default();
        header::headers(&text, framework.comment_sign)
    };
    let mut here = headers(at);
    for at in (0..at).rev() {
        let before = headers(at);
        if !header::follows(&before, &here) || header::begins(&before) {
            return header::follows(&before, &here);
        }
        here = before;
    }
    false
}

/// One migration that stands by itself, from its operations to its file changes; `schema` is the catalog before it, after the
/// call the one after it.
pub fn rewrite(framework: &Framework, mut migration: Migration, schema: &mut Schema, options: &Options) -> Outcome {
    session::resolve(&mut migration, schema);
    let around = Around::new(&migration, schema, options.config.postgres);
    let findings = findings::find(&migration, schema, &settings(&options.config), &options.config);
    let (findings, sequence) = planning::plan(&migration, findings, &around, framework.runner, options.config.postgres);
    let settings = layout_settings(&options.config);
    let mut draft = Draft::of(framework, migration, findings, sequence, settings, Wanted::Files);
    draft.placed = draft.placed_alone(framework);
    let settled = Settled::Draft(Box::new(draft));
    let changes = changes(std::slice::from_ref(&settled)).pop().unwrap_or_default();
    match settled {
        Settled::Draft(draft) => draft.outcome(framework, changes, Wanted::Files, options),
        Settled::Outcome(outcome) => *outcome,
    }
}

/// A migration with the files that replace it, before they have their places in the folder.
struct Draft {
    migration: Migration,
    findings: Findings,
    sequence: Sequence,
    files: Files,
    bodies: Vec<Body>,
    /// How many files it becomes, where nobody needs them.
    unwritten: Option<usize>,
    /// The bodies in their places.
    placed: Placed,
    notes: Vec<String>,
    settings: LayoutSettings,
}

impl Draft {
    fn of(
        framework: &Framework,
        migration: Migration,
        findings: Findings,
        sequence: Sequence,
        settings: LayoutSettings,
        wanted: Wanted,
    ) -> Draft {
        let sequence = in_blocks(&migration, sequence);
        let division = Division {
            origin: &migration,
            sequence: &sequence,
            runner: framework.runner,
            by_step: settings.layout == Some(Layout::Step),
            one_file: settings.one_file.as_deref(),
            others_run_again: framework.place.others_run_again(&migration),
        };
        let files = match division.files() {
            Ok(files) => files,
            Err(refusal) => {
                let findings = findings.kept(&migration, &refusal);
                return Draft::of(framework, migration, findings, Sequence::default(), settings, wanted);
            }
        };
        let needs_files = wanted == Wanted::Files || !framework.place.has_room_for_all();
        let bodies = match needs_files && !sequence.units.is_empty() {
            true => {
                let of = Sequenced { migration: &migration, sequence: &sequence, files: &files, settings: &settings };
                framework.idiom.bodies(&of)
            }
            false => Vec::new(),
        };
        let unwritten = (!needs_files).then_some(files.parts.len());
        let (placed, notes) = (Placed::default(), Vec::new());
        Draft { migration, findings, sequence, files, bodies, unwritten, placed, notes, settings }
    }

    fn incoming(&self) -> Incoming<'_> {
        let Draft { migration, sequence, bodies, .. } = self;
        Incoming { replaces: Some(migration), sequence, bodies }
    }

    /// Its files without a folder that they would come into: where only others in it tell the places, beside the migration.
    fn placed_alone(&self, framework: &Framework) -> Placed {
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
        let draft = Draft::of(framework, self.migration, self.findings, self.sequence, settings, Wanted::Files);
        Draft { notes: self.notes, ..draft }
    }

    /// There is no place for what would replace it.
    fn stays(&mut self) {
        self.findings = self.findings.left("what would replace it has no place in the folder");
        self.bodies.clear();
        self.sequence = Sequence::default();
        self.files = Files::default();
        self.placed = Placed::default();
    }

    fn outcome(self, framework: &Framework, changes: Vec<FileChange>, wanted: Wanted, options: &Options) -> Outcome {
        let Draft { migration, findings, sequence, files: of_blocks, placed, unwritten, notes, settings, .. } = self;
        let Placed { files, notes: of_place, .. } = placed;
        let written = unwritten.unwrap_or(files.len());
        let mut report = match wanted {
            Wanted::Hazards => reporting::hazards(&migration, &findings, &sequence, written, &options.base),
            Wanted::Files => reporting::report(&migration, &findings, &sequence, &files, &changes, &options.base),
        };
        let of = Sequenced { migration: &migration, sequence: &sequence, files: &of_blocks, settings: &settings };
        let of_runner = framework.idiom.notes(&of);
        let left_behind = session::left_behind(&migration, framework.runner).filter(|_| !sequence.units.is_empty());
        report.notes.extend(of_runner.into_iter().chain(left_behind).chain(notes).chain(of_place));
        let fails = |finding: &&findings::Finding| options.config.level(finding.rule.id) != Some(Level::Warn);
        let failing = findings.findings.iter().filter(fails).count();
        let path = migration.path().clone();
        match wanted {
            Wanted::Hazards => {
                let text = (!report.hazards.is_empty()).then_some(migration.source.text);
                Outcome { path, changes: Vec::new(), files: Vec::new(), report, failing, text }
            }
            Wanted::Files => Outcome { path, changes, files, report, failing, text: None },
        }
    }
}

/// Finds places for the files of all drafts; where the folder is not as the framework writes it, all stay as they are.
fn place_all(
    framework: &Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    settled: &mut Vec<Settled>,
) -> Option<FrameworkError> {
    let (at, mut drafts): (Vec<usize>, Vec<Draft>) = std::mem::take(settled)
        .into_iter()
        .enumerate()
        .filter_map(|(at, one)| match one {
            Settled::Draft(draft) => Some((at, *draft)),
            Settled::Outcome(outcome) => {
                settled.push(Settled::Outcome(outcome));
                None
            }
        })
        .unzip();
    let error = place(framework, history, in_scope, &mut drafts).err();
    if error.is_some() {
        drafts.iter_mut().for_each(Draft::stays);
    }
    for (at, draft) in at.into_iter().zip(drafts) {
        settled.insert(at, Settled::Draft(Box::new(draft)));
    }
    error
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

/// Why the framework cannot lay sequences out as the configuration wants, if it cannot.
pub fn refused_layout(framework: &Framework, config: &Config) -> Option<&'static str> {
    framework.idiom.refuses_layout(layout(config)?)
}

fn layout(config: &Config) -> Option<Layout> {
    Some(match config.layout? {
        crate::project::Layout::Step => Layout::Step,
        crate::project::Layout::Phase => Layout::Phase,
    })
}

fn settings(config: &Config) -> Settings {
    Settings {
        postgres: config.postgres,
        fill_nulls: config.backfill.nulls == crate::project::Nulls::Default,
        fire_triggers: config.backfill.triggers == crate::project::Triggers::Fire,
        bound_lock_waits: config.lock_timeout.is_some(),
        values: config.values.clone(),
    }
}

fn layout_settings(config: &Config) -> LayoutSettings {
    LayoutSettings {
        lock_timeout: config.lock_timeout.map(|t| t.to_string()),
        lock_attempts: config.lock_attempts,
        batch_size: config.backfill.batch_size,
        batch_pause: config.backfill.pause.as_duration().as_secs_f64(),
        postgres: config.postgres,
        layout: layout(config),
        one_file: None,
    }
}

/// For each draft what it changes on disk: what is there before and not afterwards goes, the rest comes or changes. A file
/// that one migration leaves may be another's new place.
fn changes(settled: &[Settled]) -> Vec<Vec<FileChange>> {
    let drafts = || settled.iter().filter_map(Settled::draft);
    let before_of = |draft: &Draft| {
        let original = (!draft.placed.files.is_empty())
            .then(|| (draft.migration.path().clone(), draft.migration.source.text.clone()));
        original.into_iter().chain(draft.placed.companions.before.iter().cloned()).collect::<Vec<_>>()
    };
    let after_of = |draft: &Draft| {
        let files = draft.placed.files.iter().map(|file| (file.path.clone(), file.content.clone()));
        files.chain(draft.placed.companions.after.iter().cloned()).collect::<Vec<_>>()
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
        gone.chain(come).collect()
    };
    settled.iter().map(|one| one.draft().map(changes).unwrap_or_default()).collect()
}

/// `path` relative to `base` where it is inside, with `/`.
pub(crate) fn relative(path: &Utf8Path, base: &Utf8Path) -> String {
    path.strip_prefix(base).unwrap_or(path).as_str().replace('\\', "/")
}
