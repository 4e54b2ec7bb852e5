//! The order of the steps and the units they run in, by the rules that `PLANNING.md` lists.

use std::collections::{BTreeMap, BTreeSet};

use super::sequence::{UnitKind, kind_of};
use super::step::{Phase, Step, Transaction};
use super::waits::{Freedom, Waits};
use crate::schema::{Key, key};

/// Steps that must commit together and cannot: one of them takes long, or may not run in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The steps, by index.
    pub steps: Vec<usize>,
}

/// The units of a sequence, each with the indexes of its steps in the order in which they run.
///
/// # Errors
/// When steps that are to be one transaction cannot be one.
pub fn units(steps: &[Step], together: &[(usize, usize)], freedom: Freedom) -> Result<Vec<Vec<usize>>, Stuck> {
    let waits = Waits::new(steps, together, freedom);
    let groups = Groups::new(steps.len(), together, &waits);
    let mut queue = Queue::new(steps, &groups, &waits)?;
    let mut units = Vec::new();
    while let Some(unit) = queue.next_unit() {
        units.push(unit);
    }
    Ok(units)
}

/// The steps of later phases that steps of earlier ones wait for: no order of the phases has both.
pub fn held_up(steps: &[Step]) -> Vec<usize> {
    let later: Vec<usize> = (0..steps.len()).filter(|at| steps[*at].phase != Phase::Expand).collect();
    if later.is_empty() {
        return Vec::new();
    }
    let waits = Waits::in_one_phase(steps);
    let waits_for_it = |at: &usize| {
        let mut earlier = (0..steps.len()).filter(|other| steps[*other].phase < steps[*at].phase);
        earlier.any(|other| waits.reaches(other, *at))
    };
    later.into_iter().filter(waits_for_it).collect()
}

/// Steps that commit as one, each a group of its own where nothing else is said.
struct Groups {
    /// The group of each step, by the index of its first step.
    of: Vec<usize>,
    members: BTreeMap<usize, Vec<usize>>,
}

impl Groups {
    /// Steps that are together, and those that would have to stand between them.
    fn new(count: usize, together: &[(usize, usize)], waits: &Waits) -> Self {
        let mut groups = Groups { of: (0..count).collect(), members: BTreeMap::new() };
        together.iter().for_each(|(one, other)| groups.join(*one, *other));
        if !together.is_empty() {
            for circle in groups.circles(waits) {
                circle.windows(2).for_each(|pair| groups.join(pair[0], pair[1]));
            }
        }
        for step in 0..count {
            let group = groups.find(step);
            groups.members.entry(group).or_default().push(step);
        }
        groups
    }

    fn find(&self, step: usize) -> usize {
        let mut at = step;
        while self.of[at] != at {
            at = self.of[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        let (first, second) = (one.min(other), one.max(other));
        self.of[second] = first;
    }

    /// The groups that wait for each other, in circles (Tarjan's strongly connected components, without recursion).
    fn circles(&self, waits: &Waits) -> Vec<Vec<usize>> {
        let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for step in 0..self.of.len() {
            let group = self.find(step);
            let others = waits.of(step).map(|earlier| self.find(earlier)).filter(|other| *other != group);
            next.entry(group).or_default().extend(others);
        }
        let mut search = Circles {
            next: &next,
            index: BTreeMap::new(),
            low: BTreeMap::new(),
            stack: Vec::new(),
            on: BTreeSet::new(),
            found: Vec::new(),
        };
        for group in next.keys() {
            search.visit(*group);
        }
        search.found
    }
}

struct Circles<'a> {
    next: &'a BTreeMap<usize, BTreeSet<usize>>,
    index: BTreeMap<usize, usize>,
    low: BTreeMap<usize, usize>,
    stack: Vec<usize>,
    on: BTreeSet<usize>,
    found: Vec<Vec<usize>>,
}

impl Circles<'_> {
    fn visit(&mut self, root: usize) {
        if self.index.contains_key(&root) {
            return;
        }
        let mut path = vec![(root, self.enter(root))];
        while let Some((at, rest)) = path.last_mut() {
            let at = *at;
            match rest.pop() {
                Some(next) if !self.index.contains_key(&next) => {
                    let open = self.enter(next);
                    path.push((next, open));
                }
                Some(next) if self.on.contains(&next) => self.lower(at, self.index[&next]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some((above, _)) = path.last() {
                        self.lower(*above, self.low[&at]);
                    }
                    self.leave(at);
                }
            }
        }
    }

    fn enter(&mut self, group: usize) -> Vec<usize> {
        let number = self.index.len();
        self.index.insert(group, number);
        self.low.insert(group, number);
        self.stack.push(group);
        self.on.insert(group);
        self.next.get(&group).into_iter().flatten().copied().collect()
    }

    fn lower(&mut self, group: usize, to: usize) {
        if let Some(low) = self.low.get_mut(&group) {
            *low = to.min(*low);
        }
    }

    fn leave(&mut self, group: usize) {
        if self.low[&group] != self.index[&group] {
            return;
        }
        let mut circle = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.on.remove(&member);
            circle.push(member);
            if member == group {
                break;
            }
        }
        if circle.len() > 1 {
            self.found.push(circle);
        }
    }
}

/// What a group may share a unit with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Company {
    kind: UnitKind,
    phase: super::Phase,
    /// The tables that a brief unit locks; the table of a validation.
    tables: BTreeSet<Key>,
    /// A group that shares with no other has a number of its own.
    alone: Option<usize>,
}

/// The groups that wait, and those that can run now.
struct Queue<'a> {
    groups: &'a Groups,
    company: BTreeMap<usize, Company>,
    /// How many groups each still waits for.
    missing: BTreeMap<usize, usize>,
    followers: BTreeMap<usize, BTreeSet<usize>>,
    ready: BTreeMap<UnitKind, BTreeSet<usize>>,
    /// The kind of the unit before.
    last: Option<UnitKind>,
    ready_by_company: BTreeMap<Company, BTreeSet<usize>>,
}

impl<'a> Queue<'a> {
    fn new(steps: &[Step], groups: &'a Groups, waits: &Waits) -> Result<Self, Stuck> {
        let mut queue = Queue {
            groups,
            company: BTreeMap::new(),
            missing: BTreeMap::new(),
            followers: BTreeMap::new(),
            ready: BTreeMap::new(),
            last: None,
            ready_by_company: BTreeMap::new(),
        };
        for (group, members) in &groups.members {
            queue.company.insert(*group, company(steps, *group, members)?);
            let earlier: BTreeSet<usize> =
                members.iter().flat_map(|step| waits.of(*step)).map(|e| groups.find(e)).collect();
            let earlier = earlier.into_iter().filter(|other| other != group).collect::<Vec<_>>();
            queue.missing.insert(*group, earlier.len());
            for other in earlier {
                queue.followers.entry(other).or_default().insert(*group);
            }
        }
        let free: Vec<usize> =
            queue.missing.iter().filter(|(_, missing)| **missing == 0).map(|(group, _)| *group).collect();
        free.into_iter().for_each(|group| queue.is_ready(group));
        Ok(queue)
    }

    fn is_ready(&mut self, group: usize) {
        let company = self.company[&group].clone();
        self.ready.entry(company.kind).or_default().insert(group);
        self.ready_by_company.entry(company).or_default().insert(group);
    }

    fn take(&mut self, group: usize) {
        let company = &self.company[&group];
        if let Some(ready) = self.ready.get_mut(&company.kind) {
            ready.remove(&group);
        }
        if let Some(ready) = self.ready_by_company.get_mut(company) {
            ready.remove(&group);
        }
        for follower in self.followers.remove(&group).unwrap_or_default() {
            let now_ready = self.missing.get_mut(&follower).is_some_and(|missing| {
                *missing -= 1;
                *missing == 0
            });
            if now_ready {
                self.is_ready(follower);
            }
        }
    }

    /// The steps of the next unit: first what is free, then the brief ones of one table set, then validations, then one
    /// build or backfill, then what stays in the author's words; ties in the source's order. Validations and builds go on while
    /// some are ready, so that the brief ones that wait for them follow each other.
    fn next_unit(&mut self) -> Option<Vec<usize>> {
        const LONG: [UnitKind; 2] = [UnitKind::Validate, UnitKind::Alone];
        let goes_on = self.last.is_some_and(|kind| LONG.contains(&kind));
        let long = LONG.iter().find_map(|kind| self.ready.get(kind)?.first()).filter(|_| goes_on);
        let first = *long.or_else(|| self.ready.values().find_map(|ready| ready.first()))?;
        let company = self.company[&first].clone();
        self.last = Some(company.kind);
        let mut unit = Vec::new();
        let mut next = Some(first);
        // A group may follow another of the same unit, so what becomes ready on the way counts as well.
        while let Some(group) = next {
            self.take(group);
            unit.extend(self.groups.members[&group].iter().copied());
            next = self.ready_by_company.get(&company).and_then(|ready| ready.first().copied());
        }
        if company.kind == UnitKind::AsWritten {
            // One transaction, as its author wrote it: what was to come first because it may fail fails with all of it.
            unit.sort_unstable();
        }
        Some(unit)
    }
}

fn company(steps: &[Step], group: usize, members: &[usize]) -> Result<Company, Stuck> {
    let kinds: BTreeSet<UnitKind> = members.iter().map(|at| kind_of(&steps[*at])).collect();
    let kind = match (kinds.first().copied(), kinds.last().copied()) {
        _ if members.len() > 1 && kinds.iter().any(|k| matches!(k, UnitKind::Validate | UnitKind::Alone)) => {
            return Err(Stuck { steps: members.to_vec() });
        }
        (Some(UnitKind::Free), Some(UnitKind::Brief)) => UnitKind::Brief,
        (Some(_), Some(UnitKind::AsWritten)) => UnitKind::AsWritten,
        (Some(kind), _) => kind,
        (None, _) => UnitKind::Free,
    };
    let own_transaction = members.iter().any(|at| steps[*at].transaction != Transaction::Shared);
    let tables = match kind {
        UnitKind::Brief => members.iter().flat_map(|at| steps[*at].locked_tables()).map(|table| key(&table)).collect(),
        UnitKind::Validate => members.iter().filter_map(|at| steps[*at].operation.table()).map(key).collect(),
        _ => BTreeSet::new(),
    };
    let alone = (own_transaction || kind == UnitKind::Alone).then_some(group);
    Ok(Company { kind, phase: steps[members[0]].phase, tables, alone })
}
