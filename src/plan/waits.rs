//! Which steps wait for which: those that use the same things in the source's order, and a few preferences beside it.
//!
//! Who touches what is looked up, not searched for: the work grows with what the steps use, not with their pairs.

use std::collections::{BTreeMap, BTreeSet};

use super::dependency::is_timeout;
use super::resource::Resource;
use super::step::{Duration, Phase, Step};
use crate::operation::{
    ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, Operation, SessionOperation,
};
use crate::schema::{Key, key, same};

/// How far an order may leave the source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freedom {
    /// As `Things`; and who looks at some values of rows passes who changes others.
    Rows,
    /// Steps pass each other unless they use the same thing and one of them changes it.
    Things,
    /// Steps on the same table keep their order.
    Tables,
    /// All steps keep their order.
    None,
}

/// For each step, the steps it waits for.
pub(super) struct Waits {
    of: Vec<BTreeSet<usize>>,
    /// The steps that wait for one that stands behind them in the source.
    backwards: BTreeSet<usize>,
    /// The phase of each step: none waits for a later one.
    phases: Vec<Phase>,
}

impl Waits {
    /// `together` are steps that commit as one.
    pub(super) fn new(steps: &[Step], together: &[(usize, usize)], freedom: Freedom) -> Self {
        let mut waits = Waits::in_phases(steps.iter().map(|step| step.phase).collect());
        waits.earlier_phases();
        waits.within_phases(steps, together, freedom);
        waits
    }

    /// What they wait for were they all of one phase.
    pub(super) fn in_one_phase(steps: &[Step]) -> Self {
        let mut waits = Waits::in_phases(vec![Phase::Expand; steps.len()]);
        waits.within_phases(steps, &[], Freedom::Things);
        waits
    }

    fn in_phases(phases: Vec<Phase>) -> Self {
        Waits { of: vec![BTreeSet::new(); phases.len()], backwards: BTreeSet::new(), phases }
    }

    fn within_phases(&mut self, steps: &[Step], together: &[(usize, usize)], freedom: Freedom) {
        match freedom {
            Freedom::None => self.all_in_the_sources_order(),
            Freedom::Rows | Freedom::Things | Freedom::Tables => {
                self.in_the_sources_order(steps, freedom);
                self.keys_for_their_indexes(steps);
                self.drops_for_their_successors(steps);
                self.rules_for_fills(steps);
                self.removals_for_what_may_fail(steps, together);
                self.timeouts_for_what_is_rewritten(steps);
            }
        }
    }

    pub(super) fn of(&self, step: usize) -> impl Iterator<Item = usize> + use<'_> {
        self.of[step].iter().copied()
    }

    fn add(&mut self, later: usize, earlier: usize) {
        if self.phases[later] < self.phases[earlier] {
            return;
        }
        if earlier > later {
            self.backwards.insert(later);
        }
        self.of[later].insert(earlier);
    }

    /// The same again unless it would close a circle.
    fn prefer(&mut self, later: usize, earlier: usize) {
        if !self.reaches(earlier, later) {
            self.add(later, earlier);
        }
    }

    /// True when `from` waits, directly or not, for `to`.
    pub(super) fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            // What stands before `to` waits for what stands before itself, unless a preference says otherwise.
            let may_lead_there = at > to || self.backwards.range(..=at).next().is_some();
            if may_lead_there && seen.insert(at) {
                open.extend(&self.of[at]);
            }
        }
        false
    }

    /// A phase waits for all that runs in earlier ones, wherever that stands.
    fn earlier_phases(&mut self) {
        let Some(first) = self.phases.iter().min().copied() else { return };
        let is_later = |at: &usize| self.phases[*at] != first;
        for at in (0..self.phases.len()).filter(is_later).collect::<Vec<_>>() {
            let earlier = (0..self.phases.len()).filter(|other| self.phases[*other] < self.phases[at]);
            earlier.collect::<Vec<_>>().into_iter().for_each(|other| self.add(at, other));
        }
    }

    fn all_in_the_sources_order(&mut self) {
        for at in 1..self.phases.len() {
            let before = (0..at).rfind(|other| self.phases[*other] == self.phases[at]);
            before.into_iter().for_each(|before| self.add(at, before));
        }
    }

    fn in_the_sources_order(&mut self, steps: &[Step], freedom: Freedom) {
        let mut users = Users::default();
        let mut barrier = None;
        // The last that also privileges do not pass.
        let mut hard = None;
        let mut last_of_item: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            if let Some(before) = last_of_item.insert(step.item, at) {
                self.add(at, before);
            }
            if let Some(barrier) = if step.uses.only_privileges { hard } else { barrier } {
                self.add(at, barrier);
            }
            if step.uses.barrier {
                (barrier.unwrap_or(0)..at).for_each(|earlier| self.add(at, earlier));
                barrier = Some(at);
                if !step.uses.passed_by_privileges {
                    hard = barrier;
                    users = Users::default();
                    continue;
                }
            }
            if step.uses.last {
                (barrier.unwrap_or(0)..at).for_each(|earlier| self.add(at, earlier));
            }
            for resource in &step.uses.writes {
                users.write(resource, at).for_each(|earlier| self.add(at, earlier));
            }
            let by_columns = freedom == Freedom::Rows && step.uses.by_columns;
            let is_passed = |resource: &&Resource| by_columns && matches!(resource, Resource::Rows(_));
            for resource in step.uses.reads.difference(&step.uses.writes).filter(|resource| !is_passed(resource)) {
                let alone = freedom == Freedom::Tables && matches!(resource, Resource::Relation(_));
                match alone {
                    true => users.write(resource, at).for_each(|earlier| self.add(at, earlier)),
                    false => users.read(resource, at).into_iter().for_each(|earlier| self.add(at, earlier)),
                }
            }
            for earlier in users.unique_for(step, at) {
                self.add(at, earlier);
            }
        }
    }

    /// An index on a foreign key's own columns comes first, also when it stands after the key, unless it waits for the key.
    fn keys_for_their_indexes(&mut self, steps: &[Step]) {
        let mut builds: BTreeMap<&(Key, Ident), Vec<usize>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            if let Some(leads) = &step.uses.builds {
                builds.entry(leads).or_default().push(at);
            }
        }
        for (at, step) in steps.iter().enumerate() {
            let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else {
                continue;
            };
            let crate::operation::ConstraintKind::ForeignKey(fk) = &constraint.kind else { continue };
            let own = crate::schema::key(table);
            let leading = fk.columns.iter().filter_map(|column| builds.get(&(own.clone(), column.clone())));
            for index in leading.flatten().copied().filter(|index| serves_foreign_key(&steps[*index], step)) {
                self.prefer(at, index);
            }
        }
    }

    /// The index that a new one can stand in for goes after it.
    fn drops_for_their_successors(&mut self, steps: &[Step]) {
        let mut builds: BTreeMap<&(Key, Ident), Vec<usize>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            if let Some(leads) = &step.uses.builds {
                builds.entry(leads).or_default().push(at);
            }
        }
        let mut unique: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            if let Some((table, _)) = &step.uses.unique_on {
                unique.entry(table).or_default().push(at);
            }
        }
        for (at, step) in steps.iter().enumerate() {
            let successors = step.uses.drops.as_ref().and_then(|leads| builds.get(leads));
            for build in successors.into_iter().flatten() {
                self.prefer(at, *build);
            }
            // What is unique is unique together with more columns. Where the new rule is another one, of an expression or of
            // some rows, there is always one of the two.
            let Some((table, columns)) = &step.uses.unique_until else { continue };
            for build in unique.get(table).into_iter().flatten() {
                let of_these =
                    |resource: &Resource| matches!(resource, Resource::Column(_, column) if columns.contains(column));
                if steps[*build].uses.reads.iter().any(of_these) {
                    self.prefer(at, *build);
                }
            }
        }
    }

    /// A rule that holds for new rows only comes after the fill of a column: a row that is filled is held to it.
    fn rules_for_fills(&mut self, steps: &[Step]) {
        let fill = |step: &Step| match &step.operation {
            Operation::Data(DataOperation::Backfill(fill)) => Some(Resource::Relation(key(&fill.table))),
            _ => None,
        };
        let fills: Vec<(usize, Resource)> =
            steps.iter().enumerate().filter_map(|(at, step)| Some((at, fill(step)?))).collect();
        if fills.is_empty() {
            return;
        }
        for (at, step) in steps.iter().enumerate() {
            let Operation::Constraint(ConstraintOperation::Add { table, constraint }) = &step.operation else {
                continue;
            };
            let validates = |other: &Step| {
                matches!(&other.operation, Operation::Constraint(ConstraintOperation::Validate { table: of, name })
                    if same(of, table) && constraint.name.as_ref() == Some(name))
            };
            if !constraint.not_valid || steps.iter().any(validates) {
                continue;
            }
            let own = Resource::Relation(key(table));
            for (fill, table) in &fills {
                if step.uses.reads.contains(table) || steps[*fill].uses.reads.contains(&own) {
                    self.prefer(at, *fill);
                }
            }
        }
    }

    /// What takes something away or shows itself to the application comes after all that may still fail on rows: a
    /// failure then leaves everything as it was.
    fn removals_for_what_may_fail(&mut self, steps: &[Step], together: &[(usize, usize)]) {
        // What makes way for a removal waits like it. Rows that a statement deletes are often those that a check would find, so
        // deletions are no reason for anything else.
        let of_rows = |step: &&Step| {
            matches!(step.operation, Operation::Data(DataOperation::Delete { .. } | DataOperation::Truncate { .. }))
        };
        let items = |rows: bool| -> BTreeSet<(usize, Phase)> {
            let own = steps.iter().filter(|step| step.is_removal() && of_rows(step) == rows);
            own.map(|step| (step.item, step.phase)).collect()
        };
        let (things, rows) = (items(false), items(true));
        let of = |items: &BTreeSet<(usize, Phase)>| -> Vec<usize> {
            let own = |at: &usize| {
                let step = &steps[*at];
                items.contains(&(step.item, step.phase)) && !step.is_assertion()
            };
            (0..steps.len()).filter(own).collect()
        };
        self.after_what_may_fail(steps, of(&things), together);
        self.deletions_for_what_may_fail(steps, &of(&rows));
    }

    /// As [`Waits::prefer`] for each deletion and each step that may fail; what waits for a deletion is kept, and not looked for
    /// each time.
    fn deletions_for_what_may_fail(&mut self, steps: &[Step], deletions: &[usize]) {
        let checks: Vec<usize> = (0..steps.len()).filter(|at| steps[*at].may_fail_on_rows()).collect();
        if deletions.is_empty() || checks.is_empty() {
            return;
        }
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
        for at in 0..steps.len() {
            self.of(at).for_each(|earlier| followers[earlier].push(at));
        }
        let mut behind: Vec<Places> = deletions.iter().map(|at| Places::reached(*at, &followers)).collect();
        for (number, deletion) in deletions.iter().copied().enumerate() {
            let own = behind[number].clone();
            let mut now = Places::none(steps.len());
            for check in checks.iter().copied().filter(|check| !own.holds(*check)) {
                if self.phases[deletion] >= self.phases[check] {
                    now.insert(check);
                }
                self.add(deletion, check);
            }
            behind.iter_mut().filter(|other| other.has_any_of(&now)).for_each(|other| other.insert_all(&own));
        }
    }

    /// A timeout that the author sets for the session is for the author's own statements: a build, a validation or the
    /// attempts of a brief step take longer than one statement of the author's should.
    fn timeouts_for_what_is_rewritten(&mut self, steps: &[Step]) {
        let is_timeout = |step: &Step| {
            matches!(
                &step.operation,
                Operation::Session(SessionOperation::SetParameter { name, local: false, .. })
                    if is_timeout(name)
            )
        };
        let Some(first) = steps.iter().position(is_timeout) else { return };
        let mut last = first;
        for (at, step) in steps.iter().enumerate().skip(first + 1) {
            if is_timeout(step) || step.duration == Duration::AsWritten {
                self.add(at, last);
            }
            if is_timeout(step) {
                last = at;
            }
        }
        let own = |step: &Step| step.duration != Duration::AsWritten && step.duration != Duration::Free;
        for at in (first + 1..steps.len()).filter(|at| own(&steps[*at])) {
            self.prefer(first, at);
        }
    }

    fn after_what_may_fail(&mut self, steps: &[Step], removals: Vec<usize>, together: &[(usize, usize)]) {
        // What waits for a removal, or for what commits with one, cannot come before it.
        let mut after = vec![false; steps.len()];
        removals.iter().for_each(|at| after[*at] = true);
        let pairs = together.iter().filter(|(one, other)| after[*one] != after[*other]);
        let pairs: Vec<(usize, usize)> =
            pairs.map(|(one, other)| if after[*one] { (*one, *other) } else { (*other, *one) }).collect();
        let mut open = removals.clone();
        open.extend(pairs.iter().map(|(_, companion)| *companion));
        open.iter().for_each(|at| after[*at] = true);
        let Some(first) = open.iter().min() else { return };
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
        for at in *first..steps.len() {
            self.of(at).for_each(|earlier| followers[earlier].push(at));
        }
        for at in &self.backwards {
            self.of(*at).for_each(|earlier| followers[earlier].push(*at));
        }
        while let Some(at) = open.pop() {
            for follower in std::mem::take(&mut followers[at]) {
                if !std::mem::replace(&mut after[follower], true) {
                    open.push(follower);
                }
            }
        }
        let may_fail = |step: &Step| step.may_fail_on_rows() || step.duration == Duration::AsWritten;
        let doubtful: Vec<usize> = (0..steps.len()).filter(|at| !after[*at] && may_fail(&steps[*at])).collect();
        for (own, companion) in pairs.into_iter().filter(|(_, companion)| may_fail(&steps[*companion])) {
            for removal in removals.iter().copied().filter(|removal| *removal != own) {
                if !self.reaches(own, removal) && !self.reaches(companion, removal) {
                    self.add(removal, companion);
                }
            }
        }
        for removal in removals {
            for check in &doubtful {
                if steps[*check].phase == steps[removal].phase {
                    self.add(removal, *check);
                }
            }
        }
    }
}

/// Some of the steps.
#[derive(Clone)]
struct Places(Vec<u64>);

impl Places {
    fn none(count: usize) -> Places {
        Places(vec![0; count.div_ceil(64)])
    }

    /// A step, and all that lies behind it.
    fn reached(from: usize, next: &[Vec<usize>]) -> Places {
        let (mut open, mut seen) = (vec![from], Places::none(next.len()));
        while let Some(at) = open.pop() {
            if !seen.holds(at) {
                seen.insert(at);
                open.extend(&next[at]);
            }
        }
        seen
    }

    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn holds(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }

    fn has_any_of(&self, others: &Places) -> bool {
        self.0.iter().zip(&others.0).any(|(own, other)| own & other != 0)
    }

    fn insert_all(&mut self, others: &Places) {
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| *own |= other);
    }
}

/// Who used a thing last.
#[derive(Default)]
struct Users<'a> {
    last_write: BTreeMap<&'a Resource, usize>,
    reads_since: BTreeMap<&'a Resource, Vec<usize>>,
    unique: BTreeMap<Key, Vec<(usize, &'a [Ident])>>,
}

impl<'a> Users<'a> {
    /// The steps that a write waits for.
    fn write(&mut self, resource: &'a Resource, at: usize) -> impl Iterator<Item = usize> + use<> {
        let before = self.last_write.insert(resource, at);
        let readers = self.reads_since.remove(resource).unwrap_or_default();
        readers.into_iter().chain(before).filter(move |earlier| *earlier != at)
    }

    /// The step that a read waits for.
    fn read(&mut self, resource: &'a Resource, at: usize) -> Option<usize> {
        self.reads_since.entry(resource).or_default().push(at);
        self.last_write.get(resource).copied().filter(|earlier| *earlier != at)
    }

    /// The steps that make unique what a foreign key points at.
    fn unique_for(&mut self, step: &'a Step, at: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for (parent, wanted) in &step.uses.points_at {
            let candidates = self.unique.get(parent).into_iter().flatten();
            let serves = |columns: &[Ident]| {
                wanted.is_empty() || columns.is_empty() || wanted.iter().all(|column| columns.contains(column))
            };
            found.extend(candidates.filter(|(_, columns)| serves(columns)).map(|(earlier, _)| *earlier));
        }
        if let Some((table, columns)) = &step.uses.unique_on {
            self.unique.entry(table.clone()).or_default().push((at, columns));
        }
        found
    }
}

/// True when `index` is a build that a foreign key should wait for: it leads with the key's own columns.
fn serves_foreign_key(index: &Step, key: &Step) -> bool {
    let (
        Operation::Index(IndexOperation::Create(index)),
        Operation::Constraint(ConstraintOperation::Add { table, constraint }),
    ) = (&index.operation, &key.operation)
    else {
        return false;
    };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return false };
    let leading: Vec<_> = index.columns.iter().take(key.columns.len()).map(|c| c.column()).collect();
    same(&index.table, table)
        && index.predicate.is_none()
        && leading.len() == key.columns.len()
        && key.columns.iter().all(|c| leading.contains(&Some(c)))
}
