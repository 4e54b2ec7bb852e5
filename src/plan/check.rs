//! Whether a planned order does what it says: a checker that shares no code with the planner.
//!
//! The units are replayed strictly against the catalog that the history gives. Every operation must apply where it stands,
//! cost there what its unit allows, and leave nothing unprotected between two units; the end must be the naive end.

mod gaps;
mod rows;

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap};

use gaps::Kept;
pub use gaps::{Missing, relations};
use rows::{
    changes_rows, changes_rows_as_written, fills, is_doubtful, is_final, is_unrelated, may_fail_as_written, unasserted,
    unproved,
};

use super::resource::Resource;
use super::sequence::UnitKind;
use super::step::{Duration, Step};
use crate::operation::{DataOperation, Operation, QualifiedName};
use crate::postgres::{Effects, LockMode, Work, effects};
use crate::schema::protection::takes_away;
use crate::schema::strict::Conflict;
use crate::schema::{Schema, key, same};

/// What is wrong with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// PostgreSQL refuses a step where it stands.
    Refused {
        /// The step, by index.
        step: usize,
        /// Why.
        why: Conflict,
    },
    /// A step does work there that its unit does not allow.
    Costly {
        /// The step, by index.
        step: usize,
    },
    /// Between two units something is missing that is there before and after.
    Gap {
        /// The first that is missing.
        first: Missing,
        /// What else is missing with it or later.
        others: Vec<Missing>,
    },
    /// What may fail on rows comes after something was taken away or renamed for good.
    Doubtful {
        /// The step that takes away or renames, by index.
        removal: usize,
        /// The step that may fail.
        step: usize,
    },
    /// Rows are changed for good before a check that may fail and asks for nothing that they changed.
    Early {
        /// The step that changes rows, by index.
        change: usize,
        /// The step that may fail.
        step: usize,
    },
    /// Rows are changed for good before a check of them that may fail: it can be asked in the transaction of the change.
    Unasserted {
        /// The step that changes rows, by index.
        change: usize,
        /// The step that may fail.
        step: usize,
    },
    /// Rows that are filled are held to a rule of which nothing says that they keep it.
    Unproved {
        /// The step that fills, by index.
        fill: usize,
        /// The rule.
        rule: String,
    },
    /// A statement goes by where rows lie, behind a fill, which moves them.
    Moved {
        /// The step that fills, by index.
        fill: usize,
        /// The statement.
        step: usize,
    },
    /// A commit stands between what copies something and what takes it away: what is written there meanwhile is lost.
    Parted {
        /// The step that copies, by index.
        copy: usize,
        /// The step that takes away.
        removal: usize,
    },
    /// The catalog is another one than the naive order leaves.
    Differs {
        /// In what.
        what: String,
    },
}

/// All that is wrong with an order, as far as it can be told: behind the first fault it is replayed as if that were mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The first.
    pub first: Box<Fault>,
    /// Others, in the order in which they are met.
    pub others: Vec<Fault>,
}

/// What an order is held to.
pub struct Promise<'a> {
    /// The catalog before, in which everything is that is there ([`Schema::close`]).
    pub before: &'a Schema,
    /// The catalog that the naive order leaves.
    pub after: &'a Schema,
    /// The relations that the migration is about, under every name that they have in it.
    pub relations: &'a [QualifiedName],
    /// The items of the migration that do not apply in the source's order either, as far as can be seen.
    pub refused: &'a [bool],
    /// Pairs of items: what copies, and what takes away where it copied from.
    pub copies: &'a [(usize, usize)],
    /// Statements of the author's that change rows commit together: one may fail, and the naive form would take back what
    /// those before it did.
    pub rows_together: bool,
    /// For items whose steps may fail on rows, a query that finds these rows.
    pub askable: &'a BTreeMap<usize, String>,
    /// The oldest server's major version.
    pub version: u32,
}

/// Replays the units, and tells the locks that each step takes where it stands.
///
/// # Errors
/// What is wrong with the order.
pub fn check(
    steps: &[Step],
    units: &[(UnitKind, Vec<usize>)],
    promise: &Promise<'_>,
) -> Result<Vec<Vec<(QualifiedName, LockMode)>>, Faults> {
    let mut replay = Replay::new(steps, promise);
    let last = replay.units(units).err();
    let mut faults = replay.faults.into_iter().chain(last);
    match faults.next() {
        Some(first) => Err(Faults { first: Box::new(first), others: faults.collect() }),
        None => Ok(replay.locks),
    }
}

/// How far the units were replayed. Steps are told by their index.
struct Replay<'a> {
    steps: &'a [Step],
    promise: &'a Promise<'a>,
    schema: Schema,
    locks: Vec<Vec<(QualifiedName, LockMode)>>,
    /// The first step that took something away or renamed it, and committed.
    removal: Option<usize>,
    /// The first that changed rows, and committed.
    change: Option<usize>,
    /// One of them changed rows.
    filled: bool,
    /// The tables whose rows were filled, each with the step.
    fills: Vec<(Resource, usize)>,
    /// The steps that were done, each with the number of its unit.
    done: Vec<(usize, usize)>,
    /// The places in `done` of those that changed rows, and committed.
    changes: Vec<usize>,
    /// What was asked for last in which place in `done`, by the query.
    assertions: HashMap<&'a str, usize>,
    /// What is wrong, where the replay can go on as if it were mended.
    faults: Vec<Fault>,
}

impl<'a> Replay<'a> {
    fn new(steps: &'a [Step], promise: &'a Promise<'a>) -> Self {
        Self {
            steps,
            promise,
            schema: promise.before.clone(),
            locks: vec![Vec::new(); steps.len()],
            removal: None,
            change: None,
            filled: false,
            fills: Vec::new(),
            done: Vec::new(),
            changes: Vec::new(),
            assertions: HashMap::new(),
            faults: Vec::new(),
        }
    }

    /// # Errors
    /// What is wrong, where the replay cannot go on, or nothing else is.
    fn units(&mut self, units: &[(UnitKind, Vec<usize>)]) -> Result<(), Fault> {
        let Promise { before, after, relations, copies, .. } = *self.promise;
        let kept = LazyCell::new(|| Kept::new(self.steps, before, after, relations));
        for (number, (kind, unit)) in units.iter().enumerate() {
            let takes = self.faults.is_empty() && unit.iter().any(|at| takes_away(&self.steps[*at].operation));
            let start = takes.then(|| self.schema.clone());
            for (place, at) in unit.iter().enumerate() {
                self.step(*at, number, *kind, &unit[..place])?;
            }
            self.commit(unit);
            if let Some(start) = start.filter(|_| number + 1 < units.len() && self.faults.is_empty())
                && !kept.missing_behind(unit, &start, &self.schema).is_empty()
            {
                let mut gaps = kept.gaps(start, &units[number..]).into_iter();
                if let Some(first) = gaps.next() {
                    return Err(Fault::Gap { first, others: gaps.collect() });
                }
            }
        }
        if !self.faults.is_empty() {
            return Ok(());
        }
        if let Some((copy, removal)) = parted(self.steps, units, copies) {
            return Err(Fault::Parted { copy, removal });
        }
        self.schema.difference(after).map_or(Ok(()), |what| Err(Fault::Differs { what }))
    }

    /// A step of the unit with this number, behind others of it.
    fn step(&mut self, at: usize, unit: usize, kind: UnitKind, behind: &[usize]) -> Result<(), Fault> {
        let step = &self.steps[at];
        let cost = effects(&step.operation, &self.schema, self.promise.version);
        // An assertion reads all rows.
        if !allows(kind, step, &cost) || (step.is_assertion() && behind.iter().any(|at| self.blocks_writes(*at))) {
            return Err(Fault::Costly { step: at });
        }
        self.filling(at)?;
        let refused = self.promise.refused.get(step.from).is_some_and(|refused| *refused);
        let failing = self.failing(at, &cost, refused);
        self.faults.extend(failing);
        match self.schema.check_applies(&step.operation, self.promise.version) {
            Err(why) if !refused => return Err(Fault::Refused { step: at, why }),
            _ => self.schema.apply(&step.operation),
        }
        self.locks[at] = cost.locks;
        if let Operation::Data(DataOperation::Assertion(assertion)) = &step.operation {
            self.assertions.insert(assertion.query.as_str(), self.done.len());
        }
        self.done.push((unit, at));
        Ok(())
    }

    fn blocks_writes(&self, at: usize) -> bool {
        self.locks[at].iter().any(|(_, mode)| mode.blocks_writes())
    }

    /// The unit commits.
    fn commit(&mut self, unit: &[usize]) {
        let steps = self.steps;
        let place = self.done.len() - unit.len();
        let own = unit.iter().enumerate().filter(|(_, at)| changes_rows(&steps[**at]));
        self.changes.extend(own.map(|(number, _)| place + number));
        self.removal = self.removal.or_else(|| unit.iter().copied().find(|at| is_final(&steps[*at])));
        self.change = self.change.or_else(|| unit.iter().copied().find(|at| changes_rows(&steps[*at])));
    }

    /// What fills rows is held to nothing that it may break, and what goes by where rows lie stands before it.
    fn filling(&mut self, at: usize) -> Result<(), Fault> {
        let step = &self.steps[at];
        if let Operation::Data(DataOperation::Backfill(fill)) = &step.operation {
            if let Some(rule) = unproved(&fill.table, &self.schema, self.promise.after) {
                return Err(Fault::Unproved { fill: at, rule });
            }
            self.fills.push((Resource::Relation(key(&fill.table)), at));
        }
        let mut fills = self.fills.iter().filter(|_| step.uses.by_place);
        let moved = fills.find(|(table, _)| step.uses.reads.contains(table));
        match moved {
            Some((_, fill)) => Err(Fault::Moved { fill: *fill, step: at }),
            None => Ok(()),
        }
    }

    /// What may fail and stands behind what cannot be taken back.
    fn failing(&mut self, at: usize, cost: &Effects, refused: bool) -> Option<Fault> {
        let step = &self.steps[at];
        let doubtful = is_doubtful(step, &self.schema, self.filled);
        self.filled |= fills(step);
        // What fills or sorts out rows may go before an online check of them, but not before a statement that the author
        // wrote to fail with it.
        let hard = doubtful || may_fail_as_written(step, cost);
        let is_hard = hard && step.duration == Duration::AsWritten;
        let changes_rows = changes_rows_as_written(step);
        let unknown = self.promise.rows_together && self.schema.is_about_unknown(&step.operation);
        let fails_behind_removal = doubtful || is_hard || refused || unknown || changes_rows;
        if let Some(removal) = self.removal.filter(|_| fails_behind_removal) {
            return Some(Fault::Doubtful { removal, step: at });
        }
        let rows = self.promise.rows_together && changes_rows;
        if let Some(change) = self.change.filter(|_| refused || rows || is_hard || unknown) {
            return Some(Fault::Doubtful { removal: change, step: at });
        }
        match doubtful {
            true => self.unasked(at, is_hard),
            false => None,
        }
    }

    /// What a step may fail on was not asked before: of what came before that, something is committed too early.
    fn unasked(&self, at: usize, is_hard: bool) -> Option<Fault> {
        let (steps, done) = (self.steps, &self.done);
        let step = &steps[at];
        let query = self.promise.askable.get(&step.item).filter(|_| !is_hard);
        let asked = query.and_then(|query| self.assertions.get(query.as_str())).copied();
        let since = self.changes.iter().rev().take_while(|place| asked.is_none_or(|asked| **place > asked));
        let of_rows = since.map(|place| done[*place].1);
        if let Some(change) = query.and_then(|query| unasserted(of_rows, step, query, steps, &self.schema)) {
            return Some(Fault::Unasserted { change, step: at });
        }
        if !self.promise.rows_together {
            return None;
        }
        let in_unit = asked.map(|place| done[place].0);
        let committed = self.changes.iter().map(|place| done[*place]);
        let mut since = committed.filter(|(unit, _)| in_unit.is_none_or(|asked| *unit > asked));
        let early = since.find(|(_, change)| is_unrelated(&steps[*change].operation, step, &self.schema));
        early.map(|(_, change)| Fault::Early { change, step: at })
    }
}

/// A copy and what takes away what it copied, in different units.
fn parted(steps: &[Step], units: &[(UnitKind, Vec<usize>)], copies: &[(usize, usize)]) -> Option<(usize, usize)> {
    let mut places: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (number, (_, unit)) in units.iter().enumerate() {
        for at in unit {
            places.entry(steps[*at].from).or_default().push((number, *at));
        }
    }
    copies.iter().find_map(|(copy, removal)| {
        let (copies, removals) = (places.get(copy)?, places.get(removal)?);
        let (unit, copy) = copies.last()?;
        let apart = |place: &&(usize, usize)| place.0 != *unit && steps[place.1].replaces();
        removals.iter().find(apart).map(|(_, removal)| (*copy, *removal))
    })
}

/// The unit allows what the step does there.
fn allows(kind: UnitKind, step: &Step, cost: &Effects) -> bool {
    let felt = cost.strongest().is_some_and(LockMode::blocks_writes);
    let work = cost.work != Work::Constant;
    let fits = match kind {
        UnitKind::Free => cost.in_transaction && !felt && !work,
        UnitKind::Brief => cost.in_transaction && !work,
        UnitKind::Validate => cost.in_transaction && !felt,
        UnitKind::Alone => matches!(step.operation, Operation::Data(DataOperation::Backfill(_))) || !(felt && work),
        UnitKind::AsWritten => true,
    };
    fits && (step.fails_on_rows || !cost.fails_on_rows)
}

/// The locks of a step, with those that it takes where it stands.
pub fn all_locks(
    mut said: Vec<(QualifiedName, LockMode)>,
    found: &[(QualifiedName, LockMode)],
) -> Vec<(QualifiedName, LockMode)> {
    for (table, mode) in found {
        match said.iter_mut().find(|(name, _)| same(name, table)) {
            Some((_, held)) => *held = (*held).max(*mode),
            None => said.push((table.clone(), *mode)),
        }
    }
    said
}
