//! Steps that only hold rows to a rule, behind the statements that change rows.

use std::collections::BTreeMap;

use super::resource::{Resource, Uses};
use super::step::{Duration, Step};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, IndexOperation, Operation,
};
use crate::postgres::idempotence::changes_rows;
use crate::schema::Key;

/// The steps with the items that only hold rows to a rule behind the last statement of the author's that changes rows: it does
/// the same without the rule or fails, and whether its rows keep the rule can be asked (`askable`, by item).
pub fn rules_last(steps: Vec<Step>, askable: &BTreeMap<usize, String>) -> Vec<Step> {
    let Some(last) = steps.iter().rposition(changes) else { return steps };
    let mut of_item: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        of_item.entry(step.item).or_default().push(at);
    }
    let users = Users::of(&steps[..=last]);
    let mut moved = vec![false; steps.len()];
    for (item, own) in of_item.iter().rev() {
        let is_rule = askable.contains_key(item) && own.iter().all(|at| is_rule(&steps[*at]));
        let own = &own[..own.partition_point(|at| *at <= last)];
        let Some(first) = own.first().filter(|_| is_rule) else { continue };
        let is_passed = |at: usize| at > *first && !moved[at] && steps[at].item != *item;
        if !own.iter().any(|at| users.hold(&steps[*at], is_passed)) {
            own.iter().for_each(|at| moved[*at] = true);
        }
    }
    let (mut before, mut rules, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for (at, step) in steps.into_iter().enumerate() {
        match (moved[at], at <= last) {
            (true, _) => rules.push(step),
            (false, true) => before.push(step),
            (false, false) => behind.push(step),
        }
    }
    rules.sort_by_key(|step| step.item);
    before.into_iter().chain(rules).chain(behind).collect()
}

/// A statement of the author's that changes rows.
fn changes(step: &Step) -> bool {
    changes_rows(&step.operation) && step.duration == Duration::AsWritten
}

/// It changes no row and no statement that changes rows, but for making it fail.
fn is_rule(step: &Step) -> bool {
    match &step.operation {
        Operation::Index(IndexOperation::Create(index)) => index.unique,
        Operation::Constraint(ConstraintOperation::Add { constraint, .. }) => matches!(
            constraint.kind,
            ConstraintKind::Check { .. }
                | ConstraintKind::NotNull { .. }
                | ConstraintKind::Unique { .. }
                | ConstraintKind::PrimaryKey { .. }
        ),
        Operation::Constraint(ConstraintOperation::Validate { .. } | ConstraintOperation::Drop { .. })
        | Operation::Column(ColumnOperation::SetNotNull { .. }) => !step.verbatim,
        _ => false,
    }
}

/// Which steps keep a rule before them, by what it uses.
#[derive(Default)]
struct Users<'a> {
    /// They are passed by no rule.
    all: Vec<usize>,
    writers: BTreeMap<&'a Resource, Vec<usize>>,
    readers: BTreeMap<&'a Resource, Vec<usize>>,
    /// They point at something unique of the table.
    pointing: BTreeMap<&'a Key, Vec<usize>>,
}

impl<'a> Users<'a> {
    fn of(steps: &'a [Step]) -> Self {
        let mut users = Users::default();
        for (at, step) in steps.iter().enumerate() {
            if changes(step) {
                let names_rules =
                    matches!(&step.operation, Operation::Data(DataOperation::Insert { on_conflict: true, .. }));
                users.all.extend(names_rules.then_some(at));
                continue;
            }
            users.all.extend(step.uses.barrier.then_some(at));
            step.uses.writes.iter().for_each(|resource| users.writers.entry(resource).or_default().push(at));
            step.uses.reads.iter().for_each(|resource| users.readers.entry(resource).or_default().push(at));
            step.uses.points_at.iter().for_each(|(table, _)| users.pointing.entry(table).or_default().push(at));
        }
        users
    }

    /// One of those that the rule would pass keeps it before itself.
    fn hold(&self, rule: &Step, is_passed: impl Fn(usize) -> bool) -> bool {
        let any = |users: Option<&Vec<usize>>| users.into_iter().flatten().any(|at| is_passed(*at));
        let Uses { reads, writes, unique_on, .. } = &*rule.uses;
        any(Some(&self.all))
            || reads.iter().chain(writes).any(|resource| any(self.writers.get(resource)))
            || writes.iter().any(|resource| any(self.readers.get(resource)))
            || unique_on.iter().any(|(table, _)| any(self.pointing.get(table)))
    }
}
