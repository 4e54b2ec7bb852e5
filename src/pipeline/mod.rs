//! The flow as one readable function: files → operations → rewrites → steps → sequence → file changes → report.
//!
//! This is the only place where framework, schema, rewrite and plan meet.

mod findings;
mod records;
mod reporting;
mod scope;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::disk::{Action, FileChange};
use crate::framework::migration::Migration;
use crate::framework::{Found, Framework, FrameworkError, LaidOut, Layout, LayoutSettings};
use crate::output::{MigrationReport, Report};
use crate::plan::{Sequence, sequence};
use crate::project::{Config, Level};
use crate::rewrite::Settings;
use crate::schema::Schema;

pub use findings::Findings;
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
                let findings = match written_down.schema() {
                    Some(known) => {
                        migration.items.iter().for_each(|item| schema.apply(&item.operation));
                        findings::find(&migration, known, &settings, &options.config)
                    }
                    None => findings::find(&migration, &mut schema, &settings, &options.config),
                };
                judged.push((migration, findings, notes));
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
    let outcomes = judged.into_par_iter().map(|(migration, findings, notes)| {
        let mut outcome = lay_out(framework, &migration, &findings, options);
        outcome.report.notes.extend(notes);
        outcome
    });
    Run { framework: framework.name(), outcomes: outcomes.collect(), errors }
}

/// One migration from its operations to its file changes; `schema` is the catalog before it, after the call the one after it.
pub fn rewrite(framework: &dyn Framework, migration: &Migration, schema: &mut Schema, options: &Options) -> Outcome {
    let findings = findings::find(migration, schema, &settings(&options.config), &options.config);
    lay_out(framework, migration, &findings, options)
}

/// One migration from what was found in it to its file changes.
fn lay_out(framework: &dyn Framework, migration: &Migration, findings: &Findings, options: &Options) -> Outcome {
    let sequence = match findings.is_rewritten() {
        true => sequence(findings.steps.clone(), framework.runner()),
        false => Sequence::default(),
    };
    let settings = layout_settings(&options.config);
    if let Some(refusal) = framework.refuses(migration, &sequence, &settings) {
        return lay_out(framework, migration, &findings.kept(migration, &refusal), options);
    }
    let files = framework.lay_out(migration, &sequence, &settings);
    let changes = changes(migration, &files);
    let mut report = reporting::report(migration, findings, &sequence, &files, &changes, &options.base);
    report.notes.extend(framework.notes(&sequence));
    let fails = |finding: &&findings::Finding| options.config.level(finding.rule.id) != Some(Level::Warn);
    let failing = findings.findings.iter().filter(fails).count();
    Outcome { path: migration.path().clone(), changes, files, report, failing }
}

/// Why the framework cannot lay sequences out as the configuration wants, if it cannot.
pub fn refused_layout(framework: &dyn Framework, config: &Config) -> Option<&'static str> {
    framework.refuses_layout(match config.layout? {
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
    }
}

/// The original goes, the sequence comes; a sequence of one file takes its place.
fn changes(migration: &Migration, files: &[LaidOut]) -> Vec<FileChange> {
    let before = &migration.source.text;
    let mut changes = Vec::new();
    if !files.is_empty() && files.iter().all(|f| f.path != *migration.path()) {
        changes.push(FileChange { path: migration.path().clone(), action: Action::Delete { before: before.clone() } });
    }
    for file in files {
        let content = file.content.clone();
        let action = match file.path == *migration.path() {
            true if content == *before => continue,
            true => Action::Modify { before: before.clone(), content },
            false => Action::Create { content },
        };
        changes.push(FileChange { path: file.path.clone(), action });
    }
    changes
}

/// `path` relative to `base` where it is inside, with `/`.
pub(crate) fn relative(path: &Utf8Path, base: &Utf8Path) -> String {
    path.strip_prefix(base).unwrap_or(path).as_str().replace('\\', "/")
}
