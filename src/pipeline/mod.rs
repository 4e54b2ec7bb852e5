//! The flow as one readable function: files → operations → rewrites → steps → sequence → file changes → report.
//!
//! This is the only place where framework, schema, rewrite and plan meet.

mod bonds;
mod findings;
mod planning;
mod records;
mod reporting;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::disk::{Action, FileChange};
use crate::framework::migration::Migration;
use crate::framework::{Beside, Found, Framework, FrameworkError, LaidOut, Layout, LayoutSettings, Replaced};
use crate::output::{MigrationReport, Report};
use crate::plan::Sequence;
use crate::project::{Config, Level};
use crate::rewrite::Settings;
use crate::schema::Schema;

pub use findings::Findings;
use planning::Around;
use records::WrittenDown;
pub use scope::{ResolveError, Scope, ScopeOptions, resolve};

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
    framework: &dyn Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Run {
    let sending = framework.sending();
    let read: Vec<Result<Migration, FrameworkError>> =
        history.par_iter().map(|found| Migration::read(found, sending)).collect();
    let settings = settings(&options.config);
    let continues = |at: usize| read[at].as_ref().is_ok_and(Migration::continues_a_sequence);
    let mut written_down = WrittenDown::new(framework, history, in_scope, &continues);
    let continued: Vec<bool> = (0..read.len()).map(continues).collect();
    let mut errors = Vec::new();
    let mut schema = Schema::default();
    let mut judged = Vec::new();
    for (at, (found, migration)) in history.iter().zip(read).enumerate() {
        if !continued[at] {
            schema.begin_migration();
            written_down.begin_migration();
        }
        match migration {
            Ok(migration) if in_scope(found) => {
                let notes = written_down.notes(&options.base);
                let (around, findings) = match written_down.schema() {
                    Some(known) => {
                        migration.items.iter().for_each(|item| schema.apply(&item.operation));
                        let around = Around::new(&migration, known);
                        (around, findings::find(&migration, known, &settings, &options.config))
                    }
                    None => {
                        let around = Around::new(&migration, &schema);
                        (around, findings::find(&migration, &mut schema, &settings, &options.config))
                    }
                };
                judged.push((migration, around, findings, notes));
            }
            Ok(migration) => {
                let known = written_down.schema().into_iter().chain([&mut schema]);
                known.for_each(|schema| migration.items.iter().for_each(|item| schema.apply(&item.operation)));
            }
            Err(error) => errors.push(error),
        }
        written_down.lay_over(&schema, at);
        progress(at + 1, history.len());
    }
    let draft = |(migration, around, findings, notes)| {
        let settings = layout_settings(&options.config);
        let (findings, sequence) =
            planning::plan(&migration, findings, &around, framework.runner(), options.config.postgres);
        Draft { notes, ..Draft::of(framework, migration, findings, sequence, settings) }
    };
    let mut drafts: Vec<Draft> = judged.into_par_iter().map(draft).collect();
    if let Err(error) = place(framework, history, in_scope, &mut drafts) {
        errors.push(error);
        drafts.iter_mut().for_each(Draft::stays);
    }
    let changes = changes(&drafts);
    let outcomes =
        drafts.into_par_iter().zip(changes).map(|(draft, changes)| draft.outcome(framework, changes, options));
    Run { framework: framework.name(), outcomes: outcomes.collect(), errors }
}

/// One migration that stands by itself, from its operations to its file changes; `schema` is the catalog before it, after the
/// call the one after it.
pub fn rewrite(framework: &dyn Framework, migration: Migration, schema: &mut Schema, options: &Options) -> Outcome {
    let around = Around::new(&migration, schema);
    let findings = findings::find(&migration, schema, &settings(&options.config), &options.config);
    let (findings, sequence) =
        planning::plan(&migration, findings, &around, framework.runner(), options.config.postgres);
    let draft = Draft::of(framework, migration, findings, sequence, layout_settings(&options.config));
    let changes = changes(std::slice::from_ref(&draft)).pop().unwrap_or_default();
    draft.outcome(framework, changes, options)
}

/// A migration with the files that replace it, before they have their places in the folder.
struct Draft {
    migration: Migration,
    findings: Findings,
    sequence: Sequence,
    files: Vec<LaidOut>,
    beside: Beside,
    notes: Vec<String>,
    settings: LayoutSettings,
}

impl Draft {
    fn of(
        framework: &dyn Framework,
        migration: Migration,
        findings: Findings,
        sequence: Sequence,
        settings: LayoutSettings,
    ) -> Draft {
        if let Some(refusal) = framework.refuses(&migration, &sequence, &settings) {
            let findings = findings.kept(&migration, &refusal);
            return Draft::of(framework, migration, findings, Sequence::default(), settings);
        }
        let files = framework.lay_out(&migration, &sequence, &settings);
        Draft { migration, findings, sequence, files, beside: Beside::default(), notes: Vec::new(), settings }
    }

    /// The same where there is no place for more than one file.
    fn in_one_file(self, framework: &dyn Framework, why: String) -> Draft {
        let settings = LayoutSettings { one_file: Some(why), ..self.settings };
        Draft { notes: self.notes, ..Draft::of(framework, self.migration, self.findings, self.sequence, settings) }
    }

    /// There is no place for what would replace it.
    fn stays(&mut self) {
        self.findings = self.findings.left("what would replace it has no place in the folder");
        self.files.clear();
        self.sequence = Sequence::default();
        self.beside = Beside::default();
    }

    fn outcome(self, framework: &dyn Framework, changes: Vec<FileChange>, options: &Options) -> Outcome {
        let Draft { migration, findings, sequence, files, notes, settings, .. } = self;
        let mut report = reporting::report(&migration, &findings, &sequence, &files, &changes, &options.base);
        let of_runner = framework.notes(&migration, &sequence, &settings);
        report.notes.extend(of_runner.into_iter().chain(notes));
        let fails = |finding: &&findings::Finding| options.config.level(finding.rule.id) != Some(Level::Warn);
        let failing = findings.findings.iter().filter(fails).count();
        Outcome { path: migration.path().clone(), changes, files, report, failing }
    }
}

/// Finds places in the folder for all files; what has none for several is laid out in one, or stays as it is.
fn place(
    framework: &dyn Framework,
    history: &[Found],
    in_scope: &(dyn Fn(&Found) -> bool + Sync),
    drafts: &mut Vec<Draft>,
) -> Result<(), FrameworkError> {
    loop {
        let rewritten: Vec<usize> = (0..drafts.len()).filter(|at| !drafts[*at].files.is_empty()).collect();
        let mut files: Vec<Vec<LaidOut>> = rewritten.iter().map(|at| drafts[*at].files.clone()).collect();
        let mut replaced: Vec<Replaced> = rewritten
            .iter()
            .zip(&mut files)
            .map(|(at, files)| {
                let Draft { migration, sequence, .. } = &drafts[*at];
                Replaced { migration, sequence, files, beside: Beside::default(), notes: Vec::new() }
            })
            .collect();
        let without = framework.place(history, in_scope, &mut replaced)?;
        if without.is_empty() {
            let placed: Vec<(Beside, Vec<String>)> = replaced.into_iter().map(|r| (r.beside, r.notes)).collect();
            for ((at, files), (beside, notes)) in rewritten.into_iter().zip(files).zip(placed) {
                drafts[at].files = files;
                drafts[at].beside = beside;
                drafts[at].notes.extend(notes);
            }
            return Ok(());
        }
        let mut why: BTreeMap<usize, String> = without.into_iter().map(|no| (rewritten[no.at], no.why)).collect();
        let redrafted = |(at, draft): (usize, Draft)| match why.remove(&at) {
            Some(why) => draft.in_one_file(framework, why),
            None => draft,
        };
        *drafts = std::mem::take(drafts).into_iter().enumerate().map(redrafted).collect();
    }
}

/// Why the framework cannot lay sequences out as the configuration wants, if it cannot.
pub fn refused_layout(framework: &dyn Framework, config: &Config) -> Option<&'static str> {
    framework.refuses_layout(layout(config)?)
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
fn changes(drafts: &[Draft]) -> Vec<Vec<FileChange>> {
    let before_of = |draft: &Draft| {
        let original =
            (!draft.files.is_empty()).then(|| (draft.migration.path().clone(), draft.migration.source.text.clone()));
        original.into_iter().chain(draft.beside.before.iter().cloned()).collect::<Vec<_>>()
    };
    let after_of = |draft: &Draft| {
        let files = draft.files.iter().map(|file| (file.path.clone(), file.content.clone()));
        files.chain(draft.beside.after.iter().cloned()).collect::<Vec<_>>()
    };
    let before: BTreeMap<Utf8PathBuf, String> = drafts.iter().flat_map(before_of).collect();
    let kept: BTreeSet<Utf8PathBuf> = drafts.iter().flat_map(after_of).map(|(path, _)| path).collect();
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
    drafts.iter().map(changes).collect()
}

/// `path` relative to `base` where it is inside, with `/`.
pub(crate) fn relative(path: &Utf8Path, base: &Utf8Path) -> String {
    path.strip_prefix(base).unwrap_or(path).as_str().replace('\\', "/")
}
