//! From what was found and planned to the report that is printed.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use sha2::{Digest, Sha256};

use super::estimates::Estimate;
use super::findings::{Finding, Findings};
use super::{Options, relative};
use crate::disk::{Action, FileChange};
use crate::framework::migration::Migration;
use crate::framework::{Framework, LaidOut, origin};
use crate::operation::{DataOperation, IndexOperation, ObjectOperation, Operation, QualifiedName};
use crate::plan::{Duration, Sequence, Step, Transaction, Undo, UnitKind};
use crate::project;
use crate::report::{
    Applicability, FileAction, FileReport, HazardReport, Level, MigrationReport, OpaqueReport, PreflightReport,
    Severity, StepReport,
};
use crate::rewrite;
use crate::schema::same;
use crate::sql::render;

/// The report of one migration's hazards, without what becomes of it.
pub(super) fn hazards(
    framework: &Framework,
    migration: &Migration,
    findings: &Findings,
    sequence: &Sequence,
    files_written: usize,
    options: &Options,
) -> MigrationReport {
    let base = &options.base;
    let path = relative(migration.path(), base);
    // A folder that holds a file of that name is the migration.
    let folder = migration.path().parent().filter(|_| migration.path().file_name() == Some("migration.sql"));
    let mut blocks_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..sequence.blocks.len() {
        let items: BTreeSet<usize> = sequence.steps_of(at..at + 1).map(|step| step.item).collect();
        items.into_iter().for_each(|item| blocks_of.entry(item).or_default().push(at));
    }
    let report = |finding: &Finding| {
        let blocks = blocks_of.get(&finding.item).map(Vec::as_slice).unwrap_or_default();
        let level = match options.config.level(finding.rule.id) {
            Some(project::Level::Warn) => Level::Warn,
            _ => Level::Error,
        };
        let estimate = Estimate::of_work(&finding.work, &migration.items[finding.item].operation, &options.config);
        let hazard = hazard(migration, finding, (sequence.blocks.len(), blocks), files_written, &path);
        with_estimate(HazardReport { level, ..hazard }, estimate)
    };
    let mut hazards: Vec<HazardReport> = findings.findings.iter().map(report).collect();
    fingerprints(&migration.name, &mut hazards);
    MigrationReport {
        framework: framework.name.to_owned(),
        path: relative(folder.unwrap_or(migration.path()), base),
        name: migration.name.clone(),
        hazards,
        steps: Vec::new(),
        files: Vec::new(),
        phases: Vec::new(),
        preflights: Vec::new(),
        opaque: opaque(migration, &path),
        notes: notes(findings),
    }
}

/// The whole report of one migration.
pub(super) fn report(
    framework: &Framework,
    migration: &Migration,
    findings: &Findings,
    sequence: &Sequence,
    files: &[LaidOut],
    changes: &[FileChange],
    options: &Options,
) -> MigrationReport {
    let base = &options.base;
    let path = relative(migration.path(), base);
    let file_of = |block: usize| {
        files.iter().rfind(|f| f.block <= block).map(|f| relative(&f.path, base)).unwrap_or_else(|| path.clone())
    };
    let mut steps = Vec::new();
    let mut named = Vec::new();
    for at in 0..sequence.blocks.len() {
        let only_asks = sequence.steps_of(at..at + 1).all(Step::is_assertion);
        let kind = match only_asks {
            true => UnitKind::Validate,
            false => sequence.block(at).first().map_or(UnitKind::Free, |unit| unit.kind),
        };
        let of_block = sequence.steps_of(at..at + 1);
        steps.extend(of_block.map(|step| {
            let estimate = Estimate::of_step(step, &options.config).filter(|_| kind != UnitKind::AsWritten);
            step_report(migration, step, (at, kind), file_of(at), &mut named, estimate)
        }));
    }
    MigrationReport {
        steps,
        files: changes.iter().map(|c| file_report(c, base)).collect(),
        preflights: findings.findings.iter().filter_map(|f| preflight(f, sequence, &file_of)).collect(),
        ..hazards(framework, migration, findings, sequence, files.len(), options)
    }
}

/// With what is known of the rows that it is about.
fn with_estimate(hazard: HazardReport, estimate: Option<Estimate>) -> HazardReport {
    let Some(estimate) = estimate else { return hazard };
    HazardReport {
        label: format!("{}: {}", hazard.label, estimate.words()),
        rows: Some(estimate.rows),
        estimated_seconds: estimate.seconds,
        ..hazard
    }
}

/// Names each hazard by what it is: its migration, rule and statement, whose spacing does not count, and which of these it
/// is where there are several.
fn fingerprints(migration: &str, hazards: &mut [HazardReport]) {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for hazard in hazards {
        let statement = hazard.statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let of_these = seen.entry((hazard.rule.clone(), statement.clone())).or_default();
        let text = [migration, &hazard.rule, &statement, &of_these.to_string()].join("\0");
        *of_these += 1;
        let digest = Sha256::digest(text.as_bytes());
        hazard.fingerprint = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    }
}

fn notes(findings: &Findings) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for note in findings.findings.iter().filter_map(|f| f.outcome.note.clone()) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// `count` blocks replace the migration, and `blocks` of them are the finding's.
fn hazard(
    migration: &Migration,
    finding: &Finding,
    (count, blocks): (usize, &[usize]),
    files_written: usize,
    path: &str,
) -> HazardReport {
    let hazard = &finding.outcome.hazard;
    let span = migration.spans[finding.item];
    let (from, to) = (migration.source.position(span.start), migration.source.position(span.end));
    // What is only guarded is still there: rows are lost, running code breaks.
    let guarded = finding.outcome.guarded;
    let rewritten = finding.outcome.steps.is_some() && !guarded;
    let part = if files_written == count { "file" } else { "step" };
    let numbers: Vec<String> = blocks.iter().map(|at| (at + 1).to_string()).collect();
    let place = match (count, numbers.len()) {
        (0 | 1, _) => String::new(),
        (_, 1) => format!(" ({part} {})", numbers[0]),
        _ => format!(" ({part}s {})", numbers.join(", ")),
    };
    HazardReport {
        rule: finding.rule.id.to_owned(),
        severity: match hazard.severity {
            rewrite::Severity::Danger => Severity::Danger,
            rewrite::Severity::Caution => Severity::Caution,
        },
        level: Level::Error,
        applicability: match hazard.applicability {
            rewrite::Applicability::Safe => Applicability::Safe,
            rewrite::Applicability::Phased => Applicability::Phased,
            rewrite::Applicability::NeedsInput => Applicability::NeedsInput,
            rewrite::Applicability::Manual => Applicability::Manual,
        },
        file: path.to_owned(),
        line: from.line,
        column: from.column,
        end_line: to.line,
        end_column: to.column,
        also: finding
            .outcome
            .claims
            .iter()
            .map(|item| migration.source.position(migration.spans[*item].start).line)
            .collect(),
        statement: migration.slice(finding.item).to_owned(),
        table: hazard.table.as_ref().map(ToString::to_string),
        lock: hazard.lock.map(|l| l.to_string()),
        message: hazard.message.clone(),
        label: hazard.label.clone(),
        help: match hazard.help.strip_prefix("left as it is: ").unwrap_or(&hazard.help) {
            rest if guarded => format!("lock_timeout and retries{place}; {rest}"),
            _ if rewritten => format!("{}{place}", hazard.help),
            _ => hazard.help.clone(),
        },
        rewritten,
        rows: None,
        estimated_seconds: None,
        explain_url: format!("safestep explain {}", finding.rule.id),
        fingerprint: String::new(),
    }
}

fn preflight(finding: &Finding, sequence: &Sequence, file_of: &dyn Fn(usize) -> String) -> Option<PreflightReport> {
    let preflight = finding.outcome.preflight.as_ref()?;
    let block = sequence.block_with(|step| step.item == finding.item && step.preflight.is_some())?;
    Some(PreflightReport {
        condition: preflight.condition.clone(),
        query: format!("{};", preflight.query),
        file: file_of(block),
        step: block + 1,
    })
}

/// `named` are the tables as they were first named: one that is written with its schema here and without it there is one.
fn step_report(
    migration: &Migration,
    step: &Step,
    (block, kind): (usize, UnitKind),
    file: String,
    named: &mut Vec<QualifiedName>,
    estimate: Option<Estimate>,
) -> StepReport {
    let strongest = step.locks.iter().map(|(_, mode)| *mode).max();
    let mut tables: Vec<&QualifiedName> = step.locks.iter().map(|(table, _)| table).collect();
    if tables.is_empty() {
        tables.extend(step.operation.table());
    }
    let tables: Vec<String> = tables
        .into_iter()
        .map(|table| match named.iter().find(|known| same(known, table)) {
            Some(known) => known.to_string(),
            None => {
                named.push(table.clone());
                table.to_string()
            }
        })
        .collect();
    let line = migration.source.position(migration.spans[step.from].start).line;
    StepReport {
        file,
        number: block + 1,
        name: step.slug.clone(),
        phase: step.phase.word().into(),
        transaction: match step.transaction {
            Transaction::Shared => "in-tx",
            Transaction::Own => "own-tx",
            Transaction::Outside => "no-tx",
        }
        .into(),
        lock: strongest.map(|mode| format!("{mode} on {}", tables.join(", "))),
        duration: with_words(
            estimate,
            match step.duration {
                // until the last of its statements is done
                _ if step.is_assertion() && kind == UnitKind::Validate => "scans, blocks nothing",
                _ if kind == UnitKind::AsWritten => "as written",
                Duration::Free => "locks nothing in use",
                Duration::Instant => "instant",
                Duration::Scan => "scans, blocks nothing",
                Duration::Build if matches!(step.operation, Operation::Index(IndexOperation::Drop { .. })) => {
                    "drops, blocks nothing"
                }
                Duration::Build => "builds, blocks nothing",
                Duration::Backfill => "fills in batches",
                Duration::AsWritten => "as written",
            },
        ),
        rows: estimate.map(|estimate| estimate.rows),
        estimated_seconds: estimate.and_then(|estimate| estimate.seconds),
        tables,
        sql: if step.verbatim {
            origin::slice(migration, step)
        } else {
            in_short(&step.operation).or_else(|| render::statement(&step.operation)).unwrap_or_default()
        },
        why: step.why.clone(),
        undo: match &step.undo {
            Undo::By(operations) => operations.iter().filter_map(render::statement).collect::<Vec<_>>().join("; "),
            Undo::Nothing => "nothing to undo".into(),
            Undo::Impossible(why) => why.clone(),
        },
        from_line: line,
    }
}

fn with_words(estimate: Option<Estimate>, duration: &str) -> String {
    match estimate {
        Some(estimate) => format!("{duration}, {}", estimate.words()),
        None => duration.to_owned(),
    }
}

/// What whole programs do, as the statement that each stands for.
fn in_short(operation: &Operation) -> Option<String> {
    match operation {
        Operation::Data(DataOperation::Backfill(b)) => {
            Some(format!("UPDATE {} SET {} = {} WHERE {}", b.table, b.column, b.value, b.todo))
        }
        Operation::Object(ObjectOperation::ShareAccess { view, .. }) => Some(format!("GRANT … ON {view} TO …")),
        _ => None,
    }
}

/// A change on disk as data; its path is relative to `base`.
pub fn file_report(change: &FileChange, base: &Utf8Path) -> FileReport {
    let (action, before, after) = match &change.action {
        Action::Create { content } => (FileAction::Create, None, Some(content.clone())),
        Action::Modify { before, content } => (FileAction::Modify, Some(before.clone()), Some(content.clone())),
        Action::Delete { before } => (FileAction::Delete, Some(before.clone()), None),
    };
    FileReport { path: relative(&change.path, base), action, before, after }
}

fn opaque(migration: &Migration, path: &str) -> Vec<OpaqueReport> {
    let unread = migration.items.iter().enumerate().filter_map(|(at, item)| match &item.operation {
        Operation::Opaque { what, .. } => Some((at, what)),
        _ => None,
    });
    unread
        .map(|(at, what)| {
            let position = migration.source.position(migration.spans[at].start);
            OpaqueReport { file: path.to_owned(), line: position.line, column: position.column, what: what.clone() }
        })
        .collect()
}
