//! Units of execution and the sequence that they make.

use std::ops::Range;

use super::step::{Duration, Phase, Step, Transaction};

/// What a unit holds, in the order in which units that are ready run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

impl UnitKind {
    /// The kind that the heaviest of these steps asks for.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Option<UnitKind> {
        steps.into_iter().map(kind_of).max()
    }
}

/// The kind of unit that a step asks for.
pub(super) fn kind_of(step: &Step) -> UnitKind {
    match (step.duration, step.transaction) {
        (Duration::Free, Transaction::Shared | Transaction::Own) => UnitKind::Free,
        (Duration::Instant, Transaction::Shared | Transaction::Own) => UnitKind::Brief,
        (Duration::Scan, Transaction::Shared | Transaction::Own) if step.is_validation() => UnitKind::Validate,
        (Duration::Build | Duration::Backfill, _) | (_, Transaction::Outside) => UnitKind::Alone,
        (Duration::AsWritten | Duration::Scan, _) => UnitKind::AsWritten,
    }
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
    /// The blocks, each a range of units: what the runner is sent at once, and what comments and reports count as a step.
    /// One unit each, unless a framework joins some that follow each other.
    pub blocks: Vec<Range<usize>>,
}

impl Sequence {
    /// A sequence in which each unit is a block.
    pub fn new(units: Vec<Unit>) -> Sequence {
        let blocks = (0..units.len()).map(|at| at..at + 1).collect();
        Sequence { units, blocks }
    }

    /// The units of a block.
    pub fn block(&self, at: usize) -> &[Unit] {
        &self.units[self.blocks[at].clone()]
    }

    /// The steps of all units of some blocks.
    pub fn steps_of(&self, blocks: Range<usize>) -> impl Iterator<Item = &Step> + Clone {
        blocks.flat_map(|at| self.block(at)).flat_map(|unit| &unit.steps)
    }

    /// The block that holds such a step, by index.
    pub fn block_with(&self, is_it: impl Fn(&Step) -> bool) -> Option<usize> {
        (0..self.blocks.len()).find(|at| self.block(*at).iter().flat_map(|unit| &unit.steps).any(&is_it))
    }
}

impl Unit {
    /// A unit of these steps, which is of the kind that the heaviest of them asks for.
    pub fn of(steps: Vec<Step>) -> Option<Unit> {
        let kind = UnitKind::of(&steps)?;
        let phase = steps.first()?.phase;
        Some(Unit { kind, phase, steps })
    }
}
