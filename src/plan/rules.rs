//! Steps that only hold rows to a rule, behind the statements that change rows.

use std::collections::{BTreeMap, BTreeSet};

use super::resource::Resource;
use super::step::{Duration, Step};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, DataOperation, IndexOperation, Operation,
};
use crate::postgres::idempotence::changes_rows;

/// The steps with the items that only hold rows to a rule behind the last statement of the author's that changes rows: it does
/// the same without the rule or fails, and whether its rows keep the rule can be asked (`askable`, by item).
pub fn rules_last(mut steps: Vec<Step>, askable: &BTreeMap<usize, String>) -> Vec<Step> {
    let changes = |step: &Step| changes_rows(&step.operation) && step.duration == Duration::AsWritten;
    let items: BTreeSet<usize> = steps.iter().map(|step| step.item).collect();
    let is_rule_of = |item: usize, steps: &[Step]| {
        askable.contains_key(&item) && steps.iter().filter(|step| step.item == item).all(is_rule)
    };
    for item in items.into_iter().rev().filter(|item| is_rule_of(*item, &steps)).collect::<Vec<_>>() {
        let Some(first) = steps.iter().position(|step| step.item == item) else { continue };
        let Some(last) = steps.iter().rposition(changes).filter(|last| *last > first) else { continue };
        let (own, others): (Vec<Step>, Vec<Step>) =
            steps[first..=last].iter().cloned().partition(|step| step.item == item);
        if others.iter().all(|other| own.iter().all(|step| lets_pass(other, step, &changes))) {
            steps.splice(first..=last, others.into_iter().chain(own));
        }
    }
    steps
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

/// The rule may come behind a step that stands behind it in the source.
fn lets_pass(other: &Step, rule: &Step, changes: &impl Fn(&Step) -> bool) -> bool {
    if changes(other) {
        let names_rules = matches!(&other.operation, Operation::Data(DataOperation::Insert { on_conflict: true, .. }));
        return !names_rules;
    }
    let works_with = |resource: &Resource| other.uses.reads.contains(resource) || other.uses.writes.contains(resource);
    let changed = rule.uses.reads.iter().any(|resource| other.uses.writes.contains(resource));
    let stands_on = |(table, _): &(_, _)| rule.uses.unique_on.as_ref().is_some_and(|(own, _)| own == table);
    !other.uses.barrier
        && !changed
        && !rule.uses.writes.iter().any(works_with)
        && !other.uses.points_at.iter().any(stands_on)
}
