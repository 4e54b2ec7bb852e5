//! Steps that run again together: those of a file or of a block, which is begun again where a later part of it failed.

mod around;
mod before;
mod conflicts;
mod finished;
mod growing;
mod last_changes;
mod named;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Origin, Step, Unit};
use crate::operation::{Fixed, IndexOperation, ObjectKind, ObjectOperation, Operation, QualifiedName};
use crate::postgres::idempotence::{Idempotent, Later, When, idempotent, is_guarded_by_its_author};
use crate::schema::{Key, key, same};
use crate::sql::render;

pub use crate::postgres::idempotence::changes_rows;
pub use conflicts::is_succeeded_by;
pub use finished::Finished;
pub use growing::{Growing, can_begin_again};
pub use last_changes::LastChanges;

use conflicts::{Conflicts, conflicts, conflicts_at_once};

/// What runs again together, in order.
pub struct Rerun<'a> {
    /// Where the steps come from.
    pub origin: &'a dyn Origin,
    /// The units of the sequence.
    pub units: &'a [Unit],
    /// Looked up once something is asked of the steps around one.
    known: OnceCell<Known>,
}

/// Who does what, so that nobody has to look through all steps for it.
struct Known {
    places: HashMap<*const Step, usize>,
    last: LastChanges,
    finished: Finished,
    /// The triggers, policies and views that are dropped, by name.
    dropped: BTreeMap<Key, Vec<(usize, ObjectKind, Option<QualifiedName>)>>,
    /// The tables that have a concurrent build.
    built_on: BTreeSet<Key>,
}

impl<'a> Rerun<'a> {
    /// These units run again together.
    pub fn new(origin: &'a dyn Origin, units: &'a [Unit]) -> Self {
        Rerun { origin, units, known: OnceCell::new() }
    }

    /// The steps of all units.
    pub fn steps(&self) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        self.units.iter().flat_map(|unit| &unit.steps)
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| Known::of(self.steps()))
    }

    /// What is true of the steps when all of them have run.
    pub fn finished(&self) -> &Finished {
        &self.known().finished
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
        match self.is_replaced(step) {
            true => as_it_is(slice),
            false => idempotent(&step.operation, &slice, &self.what_becomes_of(step)),
        }
    }

    /// What the rest of the sequence does to what a step makes.
    pub fn what_becomes_of(&self, step: &Step) -> Later {
        Later { stays: self.stays(step), finished_if: self.finished().done_where_gone(step) }
    }

    /// A trigger, policy or view that an earlier step drops `IF EXISTS`: dropped and made again each time.
    fn is_replaced(&self, step: &Step) -> bool {
        let Operation::Object(ObjectOperation::Create { kind, name: Some(name), on, .. }) = &step.operation else {
            return false;
        };
        let is_replaced = matches!(kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::View);
        let dropped = || self.known().dropped.get(&key(name)).into_iter().flatten();
        let is_its_drop = |(at, other, table): &(usize, ObjectKind, Option<QualifiedName>)| {
            let is_its_table = on.as_ref().zip(table.as_ref()).is_none_or(|(a, b)| same(a, b));
            *at < self.place(step) && other == kind && is_its_table
        };
        is_replaced && dropped().any(is_its_drop)
    }

    /// Where a step is among all of them; behind all others where it is none of them.
    fn place(&self, step: &Step) -> usize {
        self.known().places.get(&std::ptr::from_ref(step)).copied().unwrap_or(usize::MAX)
    }

    /// The condition under which what a step is about is there still, where a later step takes it away.
    pub fn there(&self, step: &Step) -> Option<String> {
        self.known().last.condition_of_being_there(step, self.place(step))
    }

    /// True when no step behind it changes what a step makes, so that its guard can ask for more than the name.
    pub fn stays(&self, step: &Step) -> bool {
        self.known().last.leave(&step.operation, self.place(step))
    }

    /// True when an index of the table is built concurrently.
    pub fn has_build(&self, table: &QualifiedName) -> bool {
        self.known().built_on.contains(&key(table))
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
        // One step alone meets no other.
        let together = (unit.steps.len() > 1).then(|| {
            let steps = Growing::of(self.origin, std::slice::from_ref(unit));
            let met = steps.met();
            (steps, met)
        });
        let meets_harm =
            |at: usize| together.as_ref().is_some_and(|(steps, met)| steps.is_harmed(at, 0, &met[at], conflicts));
        let harms = |at: &usize| self.idempotent(&unit.steps[*at]).is_none() || meets_harm(*at);
        (0..unit.steps.len()).find(harms).map(|at| &unit.steps[at])
    }
}

impl Known {
    fn of<'a>(steps: impl Iterator<Item = &'a Step> + Clone) -> Self {
        let places = steps.clone().enumerate().map(|(at, step)| (std::ptr::from_ref(step), at)).collect();
        let mut known = Known {
            places,
            last: LastChanges::of(steps.clone()),
            finished: Finished::of(steps.clone()),
            dropped: BTreeMap::new(),
            built_on: BTreeSet::new(),
        };
        for (at, step) in steps.enumerate() {
            match &step.operation {
                Operation::Object(ObjectOperation::Drop { kind, names, on, .. }) => {
                    for name in names {
                        known.dropped.entry(key(name)).or_default().push((at, *kind, on.clone()));
                    }
                }
                Operation::Index(IndexOperation::Create(index)) if index.concurrently => {
                    known.built_on.insert(key(&index.table));
                }
                _ => {}
            }
        }
        known
    }
}
