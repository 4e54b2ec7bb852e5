//! Which missing lock timeouts are said and which are mended, once it is known what becomes of the rest of the migration.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Findings, parting};
use crate::framework::migration::Migration;
use crate::operation::{Operation, QualifiedName, SessionOperation};
use crate::plan::{Duration, Step};
use crate::postgres::LockMode;
use crate::rewrite::{Applicability, takes_its_name};
use crate::schema::same;

/// `unguarded` are the items that are brief and wait for a strong lock without a bound; `failing` is one that is left as it is
/// and known to fail.
pub(super) fn settle(migration: &Migration, found: &mut Findings, unguarded: &BTreeSet<usize>, failing: Option<usize>) {
    drop_useless(migration, found);
    let replaced = found.findings.iter().any(|f| !is_guard(f) && f.outcome.steps.is_some());
    let whole = stays_whole(migration, found, failing);
    let parted = whole.is_none() && wants_parting(migration, found);
    let rewritten = replaced || parted;
    match whole.or_else(|| cannot_be_wrapped(migration)).filter(|_| !rewritten) {
        Some(why) => leave(found, &why),
        None => guard_reported(found, unguarded),
    }
    if parted || found.is_rewritten() {
        part_what_is_held(migration, found);
    }
    once(migration, found, rewritten);
}

/// Where a longer statement that stays as it is waits for the same lock in the same transaction, a guard around a brief one bounds
/// nothing, and would only take apart what belongs together.
fn drop_useless(migration: &Migration, found: &mut Findings) {
    let long: BTreeSet<usize> = found.steps.iter().filter(|step| is_long(step)).map(|step| step.item).collect();
    let waits: Vec<(usize, QualifiedName, LockMode)> = found
        .findings
        .iter()
        .filter(|f| !is_guard(f) && f.outcome.steps.is_none() && f.outcome.held_by.is_none())
        .filter(|f| long.contains(&f.item))
        .filter_map(|f| Some((f.item, f.outcome.hazard.table.clone()?, f.outcome.hazard.lock?)))
        .collect();
    found.findings.retain(|guard| {
        let (table, lock) = (&guard.outcome.hazard.table, guard.outcome.hazard.lock);
        let covers = |(item, long, held): &(usize, QualifiedName, LockMode)| {
            migration.items[*item].shares_transaction_with(&migration.items[guard.item])
                && table.as_ref().is_some_and(|table| same(table, long))
                && Some(*held) >= lock
        };
        !is_guard(guard) || !waits.iter().any(covers)
    });
}

fn is_long(step: &Step) -> bool {
    step.duration == Duration::AsWritten && step.locks.iter().any(|(_, mode)| mode.blocks_writes())
}

fn is_guard(finding: &Finding) -> bool {
    finding.rule.id == "missing-lock-timeout"
}

/// Why the statements must commit as one, unless something in them is rewritten: guards and held locks alone are no reason to
/// take them apart.
fn stays_whole(migration: &Migration, found: &Findings, failing: Option<usize>) -> Option<String> {
    // What is known to fail takes the rest of the migration back only while they are one.
    let waits = |f: &&Finding| f.outcome.steps.is_none() && f.outcome.hazard.applicability == Applicability::NeedsInput;
    if let Some(unanswered) = found.findings.iter().find(waits) {
        let place = place(migration, unanswered.item);
        return Some(format!("a lock_timeout and retries come with the answer for {place}"));
    }
    if let Some(at) = failing {
        return Some(format!("{} fails, and takes the rest back only while they are one", place(migration, at)));
    }
    // Between two renames neither the old nor the new code works.
    let is_rename = |f: &&Finding| ["rename-table", "rename-column"].contains(&f.rule.id);
    let renames: Vec<usize> = found.findings.iter().filter(is_rename).map(|f| f.item).collect();
    let two =
        renames.first().and_then(|one| Some((*one, *renames[1..].iter().find(|at| together(migration, *one, **at))?)));
    let comes_back = || (0..migration.items.len()).find_map(|at| Some((at, takes_its_name(&migration.items, at)?)));
    let (first, other) = two.or_else(comes_back)?;
    let (one, other) = (place(migration, first), place(migration, other));
    Some(format!("no lock_timeout is set; {one} and {other} must be seen together, so set one before them"))
}

fn together(migration: &Migration, one: usize, other: usize) -> bool {
    migration.items[one].shares_transaction_with(&migration.items[other])
}

/// Beside statements that cannot be moved a `DO` in place would change what they share.
fn cannot_be_wrapped(migration: &Migration) -> Option<String> {
    let unmovable = |operation: &Operation| {
        matches!(operation, Operation::Opaque { .. } | Operation::Session(SessionOperation::Transaction(_)))
    };
    let at = migration.items.iter().position(|item| unmovable(&item.operation))?;
    Some(format!("no lock_timeout is set, and {} keeps safestep from adding one", place(migration, at)))
}

/// `the COMMIT at line 3`.
pub(super) fn place(migration: &Migration, at: usize) -> String {
    let line = migration.source.position(migration.spans[at].start).line;
    let words = migration.slice(at).split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    match &migration.items[at].operation {
        // What a program does is known by what reads it.
        Operation::Opaque { what, is_program: true } => format!("{what} at line {line}"),
        _ if words.is_empty() => format!("what line {line} does"),
        _ => format!("the {} at line {line}", words.trim_end_matches(';')),
    }
}

/// True when a statement is dangerous only under a lock that it can be parted from; where the author bounds the waits, the
/// order is the author's as well.
fn wants_parting(migration: &Migration, found: &Findings) -> bool {
    found.findings.iter().any(|finding| {
        let parted = finding.outcome.held_by.is_some_and(|holder| parting::can_part(migration, finding.item, holder));
        parted && !migration.items[finding.item].bounds_lock_waits
    })
}

/// No guard is possible: what misses one is said.
fn leave(found: &mut Findings, why: &str) {
    for finding in found.findings.iter_mut().filter(|f| is_guard(f) && f.outcome.steps.is_some()) {
        finding.outcome.steps = None;
        finding.outcome.hazard.applicability = Applicability::Manual;
        finding.outcome.hazard.help = format!("left as it is: {why}");
    }
}

/// What a rule reports and leaves as it is, such as a dropped column, is brief and gets a guard all the same.
fn guard_reported(found: &mut Findings, unguarded: &BTreeSet<usize>) {
    let steps = by_item(&found.steps);
    for finding in &mut found.findings {
        let left = finding.outcome.steps.is_none() && finding.outcome.held_by.is_none();
        let known = matches!(finding.outcome.hazard.applicability, Applicability::Phased | Applicability::Manual);
        if !left || !known || !unguarded.contains(&finding.item) {
            continue;
        }
        finding.outcome.guarded = true;
        finding.outcome.steps = steps.get(&finding.item).map(|step| vec![Step::clone(step)]);
    }
}

/// The sequence runs what a lock made dangerous in another transaction than the lock, whatever it was rewritten for.
fn part_what_is_held(migration: &Migration, found: &mut Findings) {
    let steps = by_item(&found.steps);
    for finding in found.findings.iter_mut().filter(|f| f.outcome.steps.is_none()) {
        let parted = finding.outcome.held_by.filter(|holder| parting::can_part(migration, finding.item, *holder));
        if let (Some(_), Some(step)) = (parted, steps.get(&finding.item)) {
            parting::part(&mut finding.outcome, Step::clone(step));
        }
    }
}

/// The step of each item that has one.
fn by_item(steps: &[Step]) -> BTreeMap<usize, &Step> {
    steps.iter().map(|step| (step.item, step)).collect()
}

/// What is rewritten anyway is guarded without a word, and one finding says it for a file of which nothing else is rewritten.
/// What cannot be guarded is said once, unless another finding tells of the lock and stays beside it.
fn once(migration: &Migration, found: &mut Findings, rewritten: bool) {
    // What cannot be moved is alone with its lock when what stood beside it is rewritten.
    let tells = |f: &Finding| !is_guard(f) && f.outcome.steps.is_none();
    let told: Vec<(usize, Option<QualifiedName>)> =
        found.findings.iter().filter(|f| tells(f)).map(|f| (f.item, f.outcome.hazard.table.clone())).collect();
    let is_told = |finding: &Finding| {
        told.iter().any(|(item, table)| {
            let together = migration.items[*item].shares_transaction_with(&migration.items[finding.item]);
            together && table.iter().zip(&finding.outcome.hazard.table).any(|(a, b)| same(a, b))
        })
    };
    let (mut mended, mut left) = (rewritten, false);
    found.findings.retain(|finding| match (is_guard(finding), finding.outcome.steps.is_some()) {
        (false, _) => true,
        (true, true) => !std::mem::replace(&mut mended, true),
        (true, false) => !left && !is_told(finding) && !std::mem::replace(&mut left, true),
    });
}
