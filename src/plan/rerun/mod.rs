//! Steps that run again together: those of a file or of a block, which is begun again where a later part of it failed.

mod behind;
mod conflicts;
mod finished;
mod named;

use super::{Origin, Step, Unit};
use crate::operation::{ConstraintOperation, DataOperation, Fixed, ObjectKind, ObjectOperation, Operation};
use crate::postgres::idempotence::{Idempotent, Later, When, idempotent, is_guarded_by_its_author};
use crate::schema::same;
use crate::sql::render;

use behind::Behind;

pub use crate::postgres::idempotence::changes_rows;
pub use conflicts::{condition_of_being_there, is_succeeded_by, may_succeed};
use conflicts::{conflicts, conflicts_at_once, stays};
use finished::done_where_gone;
pub use finished::{is_temporary, only_adds};

/// Whether a step does harm, run again behind others.
type Conflicts = dyn for<'a> Fn(&'a Step, &[&'a Step], &[&'a Step], &dyn Fn(&Step) -> String) -> bool;

/// What runs again together, in order.
#[derive(Clone, Copy)]
pub struct Rerun<'a> {
    /// Where the steps come from.
    pub origin: &'a dyn Origin,
    /// The units of the sequence.
    pub units: &'a [Unit],
}

impl<'a> Rerun<'a> {
    /// The steps of all units.
    pub fn steps(&self) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        self.units.iter().flat_map(|unit| &unit.steps)
    }

    /// A step's statement in a form that can run again, when there is one.
    pub fn idempotent<'s>(&self, step: &'s Step) -> Option<Idempotent<'s>> {
        if self.origin.item(step.from).fixed.is_some_and(Fixed::is_by_program) {
            return None;
        }
        let as_it_is = |statement: String| Some(Idempotent { when: When::Always, statement });
        // The author's own guard stays around it.
        if step.verbatim
            && let Some(whole) = self.origin.do_block(step.from)
        {
            return as_it_is(whole.to_owned()).filter(|_| is_guarded_by_its_author(&step.operation, whole));
        }
        let slice = match step.verbatim {
            true => self.origin.statement(step),
            false => render::statement(&step.operation).unwrap_or_default(),
        };
        let earlier = self.steps().take_while(|other| !std::ptr::eq(*other, step));
        match is_replaced(&step.operation, earlier) {
            true => as_it_is(slice),
            false => idempotent(&step.operation, &slice, &self.what_becomes_of(step)),
        }
    }

    /// What the rest of the sequence does to what a step makes.
    pub fn what_becomes_of(&self, step: &Step) -> Later {
        Later {
            stays: stays(&step.operation, self.later(step)),
            finished_if: done_where_gone(&step.operation, self.steps()),
        }
    }

    /// The condition under which what a step is about is there still, where a later step takes it away.
    pub fn there(&self, step: &Step) -> Option<String> {
        condition_of_being_there(step, self.later(step))
    }

    /// The steps behind a step.
    pub fn later(&self, step: &Step) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        let at = self.steps().position(|other| std::ptr::eq(other, step));
        self.steps().skip(at.map_or(usize::MAX, |at| at + 1))
    }

    /// A unit's first step that would do harm when the unit runs again.
    pub fn harmful<'u>(&self, unit: &'u Unit) -> Option<&'u Step> {
        self.harmful_by(unit, &conflicts)
    }

    /// The same where the unit runs again from its beginning, and commits as one.
    pub fn harmful_at_once<'u>(&self, unit: &'u Unit) -> Option<&'u Step> {
        self.harmful_by(unit, &conflicts_at_once)
    }

    fn harmful_by<'u>(&self, unit: &'u Unit, conflicts: &Conflicts) -> Option<&'u Step> {
        let all: Vec<&Step> = unit.steps.iter().collect();
        let behind = Behind::new(all.clone());
        let harms = |number: &usize| {
            let (step, again) = (all[*number], &all[..*number + 1]);
            self.idempotent(step).is_none()
                || self.is_harmed(
                    step,
                    again,
                    &behind.that_matter_to(step, number + 1, &|step| self.text(step)),
                    conflicts,
                )
        };
        (0..all.len()).find(harms).map(|number| all[number])
    }

    /// The first of the steps that would do harm when all of them run again behind `later`.
    pub fn harmful_behind<'l>(&self, later: impl IntoIterator<Item = &'l Step>) -> Option<&'a Step>
    where
        'a: 'l,
    {
        let again: Vec<&Step> = self.steps().collect();
        let behind = Behind::new(later.into_iter().collect());
        let harms = |step: &&Step| {
            let later = behind.that_matter_to(step, 0, &|step| self.text(step));
            self.is_harmed(step, &again, &later, &conflicts)
        };
        self.steps().find(harms)
    }

    fn is_harmed<'s>(&self, step: &'s Step, again: &[&'s Step], later: &[&'s Step], conflicts: &Conflicts) -> bool {
        !later.is_empty() && conflicts(step, again, later, &|step| self.text(step))
    }

    /// The words of a step's statement.
    fn text(&self, step: &Step) -> String {
        match step.verbatim {
            true => self.origin.slice(step.from).to_owned(),
            false => match &step.operation {
                Operation::Data(DataOperation::Backfill(fill)) => {
                    format!("{} {} {}", fill.column, fill.value, fill.todo)
                }
                operation => render::statement(operation).unwrap_or_default(),
            },
        }
    }
}

/// True when steps, each group of which commits before the next one, can begin again behind any of the groups. Of constraints
/// and indexes what is dropped or renamed again is made again, and nothing in them is lost.
pub fn can_begin_again(groups: &[Vec<Step>]) -> bool {
    let text = |step: &Step| render::statement(&step.operation).unwrap_or_default();
    let harms = |(at, group): (usize, &Vec<Step>)| {
        let again: Vec<&Step> = group.iter().collect();
        let later: Vec<&Step> = groups[at + 1..].iter().flatten().collect();
        let is_made_again = |operation: &Operation| {
            matches!(
                operation,
                Operation::Index(_)
                    | Operation::Constraint(ConstraintOperation::Drop { .. } | ConstraintOperation::Rename { .. })
            )
        };
        group.iter().any(|step| !is_made_again(&step.operation) && conflicts(step, &again, &later, &text))
    };
    !groups.iter().enumerate().any(harms)
}

/// A trigger, policy or view that an earlier step drops `IF EXISTS`: dropped and made again each time.
fn is_replaced<'a>(operation: &Operation, earlier: impl IntoIterator<Item = &'a Step>) -> bool {
    let Operation::Object(ObjectOperation::Create { kind, name: Some(name), on, .. }) = operation else { return false };
    matches!(kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::View)
        && earlier.into_iter().any(|step| match &step.operation {
            Operation::Object(ObjectOperation::Drop { kind: other, names, on: table, .. }) => {
                other == kind
                    && names.iter().any(|n| same(n, name))
                    && on.as_ref().zip(table.as_ref()).is_none_or(|(a, b)| same(a, b))
            }
            _ => false,
        })
}
