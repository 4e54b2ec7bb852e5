//! The flow as one readable function: files → operations → rewrites → steps → sequence → file changes → report.
//!
//! This is the only place where framework, schema, rewrite and plan meet.

mod access;
mod ancestry;
mod bonds;
mod continued;
mod copies;
mod deferring;
mod draft;
mod estimates;
mod findings;
mod judge;
pub mod originals;
mod pending;
mod planning;
mod projects;
mod put_back;
mod remarks;
mod reporting;
mod scope;
mod session;
mod written_schema;

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::disk::{Action, FileChange};
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError, LaidOut, Layout, LayoutSettings, Variables};
use crate::plan::Begins;
use crate::project::{Baseline, Config, Phases};
use crate::report::{Level, MigrationReport, Report};
use crate::rewrite::Settings;
use crate::schema::Schema;

use draft::{Draft, Planned, changes, place_all};
pub use findings::Findings;
use judge::Judge;
pub use originals::OriginalsError;
use planning::Around;
pub use projects::projects;
pub use reporting::file_report;
pub use scope::{Project, ResolveError, Scope, ScopeOptions, folders, resolve, resolve_project};

/// What a run needs to know.
pub struct Options {
    /// The project's configuration, flags already applied.
    pub config: Config,
    /// Paths in reports are relative to this folder.
    pub base: Utf8PathBuf,
    /// Hazards that are known and not told again.
    pub baseline: Baseline,
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
    /// The hazards that are in the baseline, and not in the report.
    pub known: usize,
    /// The migration as it is on disk, where only hazards are wanted and it has some.
    pub text: Option<String>,
}

impl Outcome {
    /// Whether it fails a check.
    pub fn fails(&self) -> bool {
        self.report.hazards.iter().any(|hazard| hazard.level == Level::Error)
    }
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

    /// Every change on disk: a file that several migrations change, such as a model, changes once.
    pub fn changes(&self) -> Vec<FileChange> {
        let mut all: Vec<FileChange> = Vec::new();
        let mut places: HashMap<&Utf8Path, usize> = HashMap::new();
        for change in self.outcomes.iter().flat_map(|outcome| &outcome.changes) {
            let place = *places.entry(&change.path).or_insert(all.len());
            match (all.get_mut(place).map(|known| &mut known.action), &change.action) {
                (Some(Action::Modify { content, .. }), Action::Modify { content: later, .. }) => {
                    content.clone_from(later);
                }
                _ => all.push(change.clone()),
            }
        }
        all
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

/// How many migrations are read ahead of the replay, or twice as many where a later one matters: their texts and what is
/// planned of them are held at once.
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
    let mut errors = Vec::new();
    let variables = Variables::new(options.config.environment.clone());
    let mut judge = Judge::new(framework, history, in_scope, options, &variables, &mut errors);
    let mut planned: Vec<Planned> = Vec::new();
    let read_batch = |batch: usize| -> Vec<Result<Migration, FrameworkError>> {
        let some = history.chunks(AT_ONCE).nth(batch).unwrap_or_default();
        some.par_iter().map(|found| framework.read_with(found, &variables)).collect()
    };
    // What a migration makes may be used by one that is pending with it.
    let mut ahead = (framework.runner.begins == Begins::Run).then(|| read_batch(0));
    for (batch, some) in history.chunks(AT_ONCE).enumerate() {
        let read = match &mut ahead {
            Some(ahead) => {
                let mut read = std::mem::replace(ahead, read_batch(batch + 1));
                (0..read.len())
                    .filter(|at| in_scope(&some[*at]))
                    .for_each(|at| pending::mark_labels_in_use(&mut read, at, ahead));
                read
            }
            None => read_batch(batch),
        };
        let mut judged = Vec::new();
        for (at, continues, migration) in judge.in_order(batch * AT_ONCE, read) {
            match judge.meet(at, continues, migration) {
                Ok(findings) => judged.extend(findings),
                Err(error) => errors.push(error),
            }
            progress(at + 1, history.len());
        }
        planned.par_extend(judged.into_par_iter().map(|judged| judged.plan(framework, wanted, options)));
        if planned.iter().all(|one| matches!(one, Planned::Finished(_))) {
            planned.drain(..).filter_map(Planned::outcome).for_each(&mut *take);
        }
    }
    errors.extend(place_all(framework, history, in_scope, judge.deferring(), options, &mut planned));
    let changes = changes(&planned);
    let outcomes = planned.into_par_iter().zip(changes).map(|(one, changes)| match one {
        Planned::Finished(outcome) => *outcome,
        Planned::Draft(draft) => draft.outcome(framework, changes, wanted, options),
    });
    outcomes.collect::<Vec<_>>().into_iter().for_each(take);
    errors
}

/// One migration that stands by itself, from its operations to its file changes; `schema` is the catalog before it, after the
/// call the one after it.
pub fn rewrite(framework: &Framework, mut migration: Migration, schema: &mut Schema, options: &Options) -> Outcome {
    session::resolve(&mut migration, schema);
    let around = Around::new(&migration, schema, options.config.postgres);
    let settings = settings(&options.config, options.config.phases == Phases::Together);
    let findings = findings::find(&migration, schema, &settings, &options.config);
    let (findings, sequence) = planning::plan(&migration, findings, &around, framework.runner, options.config.postgres);
    let settings = layout_settings(&options.config);
    let how = (Wanted::Files, Phases::Together);
    let mut draft = Draft::of(framework, migration, findings, sequence, settings, how);
    draft.placed = draft.placed_alone(framework);
    let planned = Planned::Draft(Box::new(draft));
    let changes = changes(std::slice::from_ref(&planned)).pop().unwrap_or_default();
    match planned {
        Planned::Draft(draft) => draft.outcome(framework, changes, Wanted::Files, options),
        Planned::Finished(outcome) => *outcome,
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

fn settings(config: &Config, has_phases: bool) -> Settings {
    Settings {
        has_phases,
        has_swaps: has_phases,
        stays: BTreeMap::new(),
        postgres: config.postgres,
        fill_nulls: config.backfill.nulls == crate::project::Nulls::Default,
        fire_triggers: config.backfill.triggers == crate::project::Triggers::Fire,
        bound_lock_waits: config.lock_timeout.is_some(),
        values: config.values.clone(),
        renames: config.renames.clone(),
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

/// `path` relative to `base` where it is inside, with `/`.
pub(crate) fn relative(path: &Utf8Path, base: &Utf8Path) -> String {
    path.strip_prefix(base).unwrap_or(path).as_str().replace('\\', "/")
}
