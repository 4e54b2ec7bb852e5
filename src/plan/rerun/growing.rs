//! Steps of a block or a file to which more may come.

use std::collections::{BTreeMap, HashMap};

use super::super::{Origin, Step, Unit, UnitKind};
use super::around::Around;
use super::before::Before;
use super::conflicts::{Conflicts, Met, conflicts, is_succeeded_by};
use crate::operation::{ConstraintOperation, DataOperation, Operation};
use crate::postgres::idempotence::{Name, drops};
use crate::sql::render;

/// Steps that run again together where one behind them fails, in order.
pub struct Growing<'a> {
    before: Before<'a>,
    /// The words of a step's statement.
    text: Box<dyn Fn(&Step) -> String + 'a>,
}

impl<'a> Growing<'a> {
    /// No steps yet.
    pub fn new(origin: &'a dyn Origin) -> Self {
        Growing { before: Before::default(), text: Box::new(|step| text(origin, step)) }
    }

    /// The steps of these units.
    pub fn of(origin: &'a dyn Origin, units: &'a [Unit]) -> Self {
        let mut growing = Growing::new(origin);
        units.iter().for_each(|unit| growing.push(unit));
        growing
    }

    /// Puts the steps of a unit behind them.
    pub fn push(&mut self, unit: &'a Unit) {
        unit.steps.iter().for_each(|step| self.before.push(step, unit.kind, &self.text));
    }

    /// The first of the steps that would do harm when all of them run again behind `later`.
    pub fn harmful_behind<'l>(&self, later: impl IntoIterator<Item = &'l Step>) -> Option<&'a Step> {
        let mut met: BTreeMap<usize, Vec<Met<'l>>> = BTreeMap::new();
        let mut dropped: HashMap<Name, usize> = HashMap::new();
        for (place, step) in later.into_iter().enumerate() {
            self.before.that_matter_to(step).into_iter().for_each(|at| met.entry(at).or_default().push((place, step)));
            for name in drops(&step.operation) {
                dropped.entry(name).or_insert(place);
            }
        }
        let drops_before = |name: &Name, place: usize| {
            self.before.drop(name, 0, usize::MAX) || dropped.get(name).is_some_and(|first| *first < place)
        };
        let around = Around { text: &self.text, drops_before: &drops_before };
        let mut harmed = met.iter().filter(|(at, met)| conflicts(self.before.steps[**at], met, &around));
        harmed.next().map(|(at, _)| self.before.steps[*at])
    }

    /// True when one of the steps is succeeded by one of `later` ([`is_succeeded_by`]).
    pub fn are_succeeded_by<'l>(&self, later: impl IntoIterator<Item = &'l Step>) -> bool {
        later.into_iter().any(|later| {
            let mut places = self.before.that_matter_to(later).into_iter();
            places.any(|at| is_succeeded_by(self.before.steps[at], later))
        })
    }

    /// The steps that are succeeded by one behind them, each with that one.
    pub fn succeeded(&self) -> impl Iterator<Item = (&'a Step, &'a Step)> {
        let met = self.before.steps.iter().copied().zip(self.met());
        let pairs = met.flat_map(|(step, met)| met.into_iter().map(move |(_, later)| (step, later)));
        pairs.filter(|(step, later)| is_succeeded_by(step, later))
    }

    /// True when a validation, build or backfill among the steps is about what one of `later` takes away.
    pub fn are_at_work_on_what_goes<'l>(&self, later: impl IntoIterator<Item = &'l Step>) -> bool {
        later.into_iter().any(|later| self.before.are_at_work_on_what_goes(later))
    }

    /// For each step, those behind it that matter to it.
    pub(super) fn met(&self) -> Vec<Vec<Met<'a>>> {
        let mut met = vec![Vec::new(); self.before.steps.len()];
        for (place, step) in self.before.steps.iter().enumerate() {
            let earlier = self.before.that_matter_to(step);
            earlier.range(..place).for_each(|at| met[*at].push((place, *step)));
        }
        met
    }

    /// True when the step at a place would do harm, run again with those from `from` on where those that it met have run.
    pub(super) fn is_harmed(&self, at: usize, from: usize, met: &[Met<'a>], conflicts: &Conflicts) -> bool {
        let drops_before = |name: &Name, place: usize| self.before.drop(name, from, place);
        let around = Around { text: &self.text, drops_before: &drops_before };
        !met.is_empty() && conflicts(self.before.steps[at], met, &around)
    }
}

/// True when steps, each group of which commits before the next one, can begin again behind any of the groups. Of constraints
/// and indexes what is dropped or renamed again is made again, and nothing in them is lost.
pub fn can_begin_again(groups: &[Vec<Step>]) -> bool {
    let text = |step: &Step| render::statement(&step.operation).unwrap_or_default();
    let mut together = Growing { before: Before::default(), text: Box::new(text) };
    let mut ends = Vec::new();
    for group in groups {
        group.iter().for_each(|step| together.before.push(step, UnitKind::Brief, &text));
        ends.push(together.before.steps.len());
    }
    let met = together.met();
    let is_made_again = |operation: &Operation| {
        matches!(
            operation,
            Operation::Index(_)
                | Operation::Constraint(ConstraintOperation::Drop { .. } | ConstraintOperation::Rename { .. })
        )
    };
    let mut start = 0;
    for end in ends {
        let harms = |at: usize| {
            let later = &met[at][met[at].partition_point(|(place, _)| *place < end)..];
            !is_made_again(&together.before.steps[at].operation) && together.is_harmed(at, start, later, &conflicts)
        };
        if (start..end).any(harms) {
            return false;
        }
        start = end;
    }
    true
}

/// The words of a step's statement.
fn text(origin: &dyn Origin, step: &Step) -> String {
    match step.verbatim {
        true => origin.slice(step.from).to_owned(),
        false => match &step.operation {
            Operation::Data(DataOperation::Backfill(fill)) => {
                format!("{} {} {}", fill.column, fill.value, fill.todo)
            }
            operation => render::statement(operation).unwrap_or_default(),
        },
    }
}
