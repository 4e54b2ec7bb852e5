//! From steps to units of execution, by the rules that `ARCHITECTURE.md` lists under "From steps to files".

use std::collections::BTreeSet;

use super::dependency::serves_foreign_key;
use super::step::{Duration, Phase, Step, Transaction};
use crate::operation::{Operation, QualifiedName};

/// What a framework's runner can do, as far as the order and grouping of steps depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Runner {
    /// Validations of several tables can share a unit (a file may hold several statements in one transaction).
    pub several_statements_per_unit: bool,
    /// What a failed concurrent build left INVALID is dropped before the next attempt, in the same file.
    pub clears_leftovers: bool,
}

/// What a unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// Statements that nobody feels, as written.
    Free,
    /// O(1) under the strong locks of one set of tables: one short transaction, retried.
    Brief,
    /// Validations.
    Validate,
    /// One statement outside a transaction, or one backfill.
    Alone,
    /// Statements in the author's own words and order.
    AsWritten,
}

/// What runs in one transaction, or alone outside one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it holds.
    pub kind: UnitKind,
    /// Its phase.
    pub phase: Phase,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// The units of a migration, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence {
    /// The units.
    pub units: Vec<Unit>,
}

/// Orders and groups the steps of one migration. The result depends on nothing else.
pub fn sequence(steps: Vec<Step>, runner: Runner) -> Sequence {
    let waits = dependencies(&steps);
    let mut open: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut units = Vec::new();
    while open.iter().any(Option::is_some) {
        let chosen = next_unit(&open, &waits, runner);
        let steps: Vec<Step> = chosen.iter().filter_map(|at| open[*at].take()).collect();
        let Some(first) = steps.first() else { break };
        units.push(Unit { kind: kind(first), phase: first.phase, steps });
    }
    Sequence { units }
}

/// For each step, the steps it waits for.
fn dependencies(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut waits: Vec<Vec<usize>> = (0..steps.len())
        .map(|later| {
            let follows = |earlier: &usize| {
                steps[*earlier].phase < steps[later].phase
                    || steps[*earlier].item == steps[later].item
                    || steps[*earlier].uses.must_precede(&steps[later].uses)
            };
            (0..later).filter(follows).collect()
        })
        .collect();
    // An index on a foreign key's own columns comes first, also when it stands after the key, unless it waits for the key.
    for index in 0..steps.len() {
        for key in 0..steps.len() {
            if serves_foreign_key(&steps[index], &steps[key]) && !reaches(&waits, index, key) {
                waits[key].push(index);
            }
        }
    }
    // And the index that a new one can stand in for goes after it.
    for drop in 0..steps.len() {
        for build in 0..steps.len() {
            if steps[build].uses.replaces_index_of(&steps[drop].uses) && !reaches(&waits, build, drop) {
                waits[drop].push(build);
            }
        }
    }
    // What takes values away comes after all that may still fail on rows: a failure then leaves them where they are.
    let removals: BTreeSet<usize> =
        steps.iter().filter(|step| takes_values_away(&step.operation)).map(|step| step.item).collect();
    for removal in (0..steps.len()).filter(|at| removals.contains(&steps[*at].item)) {
        for check in (0..steps.len()).filter(|at| may_fail_on_rows(&steps[*at])) {
            if steps[check].phase == steps[removal].phase && !reaches(&waits, check, removal) {
                waits[removal].push(check);
            }
        }
    }
    waits
}

fn takes_values_away(operation: &Operation) -> bool {
    matches!(operation, Operation::DropColumn { .. } | Operation::DropTable { .. })
}

fn may_fail_on_rows(step: &Step) -> bool {
    matches!(step.duration, Duration::Scan | Duration::Build | Duration::Backfill)
}

/// True when `from` waits, directly or not, for `to`.
fn reaches(waits: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut open, mut seen) = (vec![from], vec![false; waits.len()]);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&waits[at]);
        }
    }
    false
}

fn kind(step: &Step) -> UnitKind {
    match (step.duration, step.transaction) {
        (Duration::Free, Transaction::Shared | Transaction::Own) => UnitKind::Free,
        (Duration::Instant, Transaction::Shared | Transaction::Own) => UnitKind::Brief,
        (Duration::Scan, Transaction::Shared | Transaction::Own) => UnitKind::Validate,
        (Duration::AsWritten, _) => UnitKind::AsWritten,
        (Duration::Build | Duration::Backfill, _) | (_, Transaction::Outside) => UnitKind::Alone,
    }
}

/// The steps of the next unit, by index: first what is free, then the brief ones of one table set, then validations, then
/// one build or backfill; ties in the source's order.
fn next_unit(open: &[Option<Step>], waits: &[Vec<usize>], runner: Runner) -> Vec<usize> {
    let is_ready = |at: usize, chosen: &[usize]| {
        open[at].is_some() && waits[at].iter().all(|w| open[*w].is_none() || chosen.contains(w))
    };
    for wanted in [UnitKind::Free, UnitKind::Brief, UnitKind::Validate, UnitKind::Alone, UnitKind::AsWritten] {
        let Some(first) = (0..open.len()).find(|at| is_ready(*at, &[]) && open[*at].as_ref().map(kind) == Some(wanted))
        else {
            continue;
        };
        let mut chosen = vec![first];
        if wanted == UnitKind::Alone {
            return chosen;
        }
        // A step may follow another of the same unit, so go round until nothing more fits.
        loop {
            let fits = |at: &usize| {
                !chosen.contains(at)
                    && is_ready(*at, &chosen)
                    && shares(open[first].as_ref(), open[*at].as_ref(), runner)
            };
            let Some(next) = (0..open.len()).find(fits) else { break };
            chosen.push(next);
        }
        return chosen;
    }
    // A cycle cannot arise; should it, the source's order is right.
    (0..open.len()).find(|at| open[*at].is_some()).into_iter().collect()
}

fn shares(first: Option<&Step>, other: Option<&Step>, runner: Runner) -> bool {
    let (Some(a), Some(b)) = (first, other) else { return false };
    if kind(a) != kind(b)
        || a.phase != b.phase
        || a.transaction != Transaction::Shared
        || b.transaction != Transaction::Shared
    {
        return false;
    }
    match kind(a) {
        UnitKind::Free | UnitKind::AsWritten => true,
        UnitKind::Brief => same_tables(&a.locked_tables(), &b.locked_tables()),
        UnitKind::Validate => runner.several_statements_per_unit || a.operation.table() == b.operation.table(),
        UnitKind::Alone => false,
    }
}

fn same_tables(a: &[QualifiedName], b: &[QualifiedName]) -> bool {
    let within =
        |x: &[QualifiedName], y: &[QualifiedName]| x.iter().all(|n| y.iter().any(|m| crate::schema::same(n, m)));
    within(a, b) && within(b, a)
}
