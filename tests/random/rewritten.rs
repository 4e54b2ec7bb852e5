//! What safestep makes of a case, and what it promises of that without a server.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use safestep::disk::Action;
use safestep::framework::{FRAMEWORKS, Framework};
use safestep::pipeline::{Options, Run, run};
use safestep::project::{Config, Millis};
use safestep::report::MigrationReport;
use safestep::source::SourceFile;
use safestep::verify::{Candidate, Piece};

use super::case::{Case, Form, Project, put};
use crate::bench::lost::lost;

/// Something that is not as promised.
#[derive(Debug, Clone)]
pub struct Finding {
    /// In a few words, the same for all of a kind.
    pub kind: String,
    pub what: String,
}

impl Finding {
    pub fn new(kind: impl Into<String>, what: impl Into<String>) -> Finding {
        Finding { kind: kind.into(), what: what.into() }
    }
}

/// A rewritten case.
#[derive(Debug, Clone)]
pub struct Rewritten {
    /// What the runner sends; empty when the migration stays as it is.
    pub pieces: Vec<Piece>,
    pub report: MigrationReport,
}

/// Rows per batch of a backfill: fewer than a table has.
const BATCH: u64 = 5;

fn options(case: &Case, project: &Project) -> Options {
    let mut config = Config::default();
    config.postgres = case.oldest.unwrap_or(config.postgres);
    config.backfill.batch_size = BATCH;
    config.backfill.pause = Millis(0);
    Options { config, base: project.root.clone(), baseline: safestep::project::Baseline::default() }
}

fn framework(form: Form) -> Result<&'static Framework> {
    let name = if form == Form::Prisma { "prisma" } else { "drizzle" };
    FRAMEWORKS.iter().find(|framework| framework.name == name).copied().context("the framework")
}

/// Rewrites all but the history.
fn rewrite(case: &Case, project: &Project) -> Result<Result<Run, Finding>> {
    let framework = framework(case.form)?;
    let history = match framework.folder.list(&project.root) {
        Ok(history) => history,
        Err(error) => return Ok(Err(Finding::new("unusable folder", error.to_string()))),
    };
    let is_new = |found: &safestep::framework::Found| !found.name.contains("init");
    let rewrite = || run(framework, &history, &is_new, &options(case, project), &|_, _| ());
    Ok(match catch_unwind(AssertUnwindSafe(rewrite)) {
        Ok(run) if run.errors.is_empty() => Ok(run),
        Ok(run) => Err(Finding::new("unreadable", run.errors.iter().map(ToString::to_string).collect::<String>())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(Finding::new("panic", text.unwrap_or_default()))
        }
    })
}

/// One of so many is rewritten twice.
const TWICE: u64 = 8;

/// Rewrites a case; now and then twice, since the same comes out, and again, since nothing is left to do.
pub fn rewritten(case: &Case) -> Result<Result<Rewritten, Finding>> {
    let project = case.project()?;
    let first = match rewrite(case, &project)? {
        Ok(run) => run,
        Err(finding) => return Ok(Err(finding)),
    };
    let changes = first.changes();
    let by_path = |run: &Run| run.changes().iter().map(|change| format!("{change:?}")).collect::<Vec<_>>();
    if case.seed.is_multiple_of(TWICE) {
        match rewrite(case, &project)? {
            Ok(again) if by_path(&again) == by_path(&first) => {}
            _ => {
                return Ok(Err(Finding::new(
                    "not deterministic",
                    "the same migration gives other files the second time",
                )));
            }
        }
    }
    let outcome = first.outcomes.first().context("no migration in scope")?;
    let source = case.text();
    if let Err(error) = lost(&source, &serde_json::to_value(&outcome.report)?) {
        let kind = if error.to_string().starts_with("the value") { "value lost" } else { "statement lost" };
        return Ok(Err(Finding::new(kind, error.to_string())));
    }
    let framework = framework(case.form)?;
    let read = |name: &str, text: &str| framework.folder.read(name, SourceFile::new(format!("{name}.sql"), text));
    let files = outcome.files.iter().map(|file| read(&file.name, &file.content));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let candidate = Candidate::new(&read(&outcome.report.name, &source)?, files.iter().collect());
    for change in &changes {
        put(
            &change.path,
            match &change.action {
                Action::Create { content } | Action::Modify { content, .. } => Some(content),
                Action::Delete { .. } => None,
            },
        )?;
    }
    match rewrite(case, &project)? {
        Ok(last) if last.changes().is_empty() => {}
        Ok(last) => {
            let changed: BTreeMap<Utf8PathBuf, String> = last
                .changes()
                .into_iter()
                .map(|change| (change.path.clone(), format!("{:?}", change.action)))
                .collect();
            let first =
                changed.into_iter().next().map(|(path, action)| format!("{path}: {action}")).unwrap_or_default();
            return Ok(Err(Finding::new("not final", first)));
        }
        Err(finding) => return Ok(Err(Finding::new(format!("its own output: {}", finding.kind), finding.what))),
    }
    Ok(Ok(Rewritten { pieces: candidate.pieces, report: outcome.report.clone() }))
}
