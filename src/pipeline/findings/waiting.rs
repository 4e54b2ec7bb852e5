//! What goes with something that waits for a deploy, waits with it: indexes, constraints, triggers and views are there for the code
//! that still runs.

use std::collections::BTreeMap;

use super::{Finding, Findings, leave};
use crate::operation::{
    ConstraintKind, ConstraintOperation, DataOperation, Ident, IndexOperation, Item, ObjectKind, ObjectOperation,
    Operation, QualifiedName,
};
use crate::plan::{Owned, Phase};
use crate::schema::{ConstraintState, Schema, mentions, same};

/// Something that is removed together with what waits.
enum Removal {
    /// It waits with it.
    Waits,
    /// It cannot, and why.
    Cannot(String),
}

/// Lets what goes with something that waits wait as well; `before` is the catalog before the migration.
pub(super) fn settle(items: &[Item], found: &mut Findings, before: &Schema) {
    let waiting: Vec<(usize, Vec<Owned>)> =
        found.findings.iter().filter_map(|f| Some((f.item, f.outcome.deferral.as_ref()?.owns.clone()))).collect();
    for (leader, owns) in waiting {
        let mut with_it = Vec::new();
        let mut refusal = None;
        for (at, item) in items.iter().enumerate().filter(|(at, _)| *at != leader) {
            match owns.iter().find_map(|owned| removal(&item.operation, owned, before)) {
                Some(Removal::Waits) if found.is_by_itself(at) => with_it.push(at),
                Some(Removal::Waits) => refusal = Some("what goes with it is replaced by something else".to_owned()),
                Some(Removal::Cannot(why)) => refusal = Some(why),
                None => {}
            }
        }
        match refusal {
            Some(why) => {
                let of_leader = |finding: &&mut Finding| finding.item == leader;
                found.findings.iter_mut().filter(of_leader).for_each(|finding| leave(&mut finding.outcome, &why));
            }
            None => found.follows.extend(with_it.into_iter().map(|at| (at, leader))),
        }
    }
    found.settle_phases();
}

/// Whether an operation removes something that goes with what waits.
fn removal(operation: &Operation, owned: &Owned, before: &Schema) -> Option<Removal> {
    match owned {
        Owned::Column { table, column, .. } => with_column(operation, (table, column), before),
        Owned::Table { table } => goes_with_table(operation, table, before).then_some(Removal::Waits),
        Owned::Name { .. } | Owned::Type { .. } | Owned::Labels { .. } | Owned::Shadow { .. } => None,
    }
}

/// Something that has the column.
fn with_column(operation: &Operation, (table, column): (&QualifiedName, &Ident), before: &Schema) -> Option<Removal> {
    match operation {
        Operation::Index(IndexOperation::Drop { names, .. }) => {
            let has_it = |name: &QualifiedName| {
                before.index(name).is_some_and(|index| same(&index.table, table) && index.uses_column(column))
            };
            names.iter().any(has_it).then_some(Removal::Waits)
        }
        Operation::Constraint(ConstraintOperation::Drop { table: of, name, .. }) => {
            let state = before.constraint(&of.name, name)?;
            constraint_with_column(state, same(&of.name, table), (table, column))
        }
        Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::View | ObjectKind::MaterializedView,
            names,
            ..
        }) => {
            let reads_it = |name: &QualifiedName| {
                let mut views = before.views_of(table);
                views.any(|view| same(&view.name, name) && mentions(view.definition.as_str(), column.as_str()))
            };
            names.iter().any(reads_it).then_some(Removal::Waits)
        }
        _ => None,
    }
}

fn constraint_with_column(
    state: &ConstraintState,
    is_own: bool,
    (table, column): (&QualifiedName, &Ident),
) -> Option<Removal> {
    match &state.constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            let points_at_it = same(&key.references, table) && key.referenced.contains(column);
            (is_own && key.columns.contains(column) || points_at_it).then_some(Removal::Waits)
        }
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => {
            (is_own && columns.contains(column)).then_some(Removal::Waits)
        }
        ConstraintKind::Check { expression } => {
            (is_own && mentions(expression.as_str(), column.as_str())).then_some(Removal::Waits)
        }
        ConstraintKind::NotNull { column: own } => (is_own && own == column).then_some(Removal::Waits),
        ConstraintKind::Exclude(_) => {
            is_own.then(|| Removal::Cannot(format!("the constraint {} would have to wait with it", state.name)))
        }
    }
}

/// Something that is on the table, points at it or reads it, or that its triggers call; and its rows.
fn goes_with_table(operation: &Operation, table: &QualifiedName, before: &Schema) -> bool {
    let is_it = |name: &QualifiedName| same(name, table);
    match operation {
        Operation::Index(IndexOperation::Drop { names, .. }) => {
            names.iter().any(|name| before.index(name).is_some_and(|index| is_it(&index.table)))
        }
        Operation::Constraint(ConstraintOperation::Drop { table: of, name, .. }) => {
            let points_at_it = before.constraint(&of.name, name).is_some_and(
                |state| matches!(&state.constraint.kind, ConstraintKind::ForeignKey(key) if is_it(&key.references)),
            );
            is_it(&of.name) || points_at_it
        }
        Operation::Object(ObjectOperation::Drop { on: Some(on), .. }) => is_it(on),
        Operation::Object(ObjectOperation::Drop { kind, names, .. }) => names.iter().any(|name| match kind {
            ObjectKind::View | ObjectKind::MaterializedView => {
                before.views_of(table).any(|view| same(&view.name, name))
            }
            ObjectKind::Function => before
                .attached_to(table)
                .filter(|trigger| trigger.on.as_ref().is_some_and(is_it))
                .any(|trigger| mentions(trigger.definition.as_str(), name.name.as_str())),
            ObjectKind::Sequence => before.counting_with(&name.name).iter().any(|user| is_it(&user.name)),
            _ => false,
        }),
        Operation::Data(DataOperation::Delete { table, .. }) => is_it(table),
        Operation::Data(DataOperation::Truncate { tables, .. }) => tables.iter().all(is_it),
        _ => false,
    }
}

impl Findings {
    /// No other operation's rewrite replaces it, and its own replaces nothing else.
    fn is_by_itself(&self, item: usize) -> bool {
        let mut with_steps = self.findings.iter().filter(|finding| finding.outcome.steps.is_some());
        !with_steps.any(|finding| match finding.item == item {
            true => !finding.outcome.claims.is_empty(),
            false => finding.outcome.claims.contains(&item),
        })
    }

    /// What follows something that waits is of its phase; what followed only others, which do not wait any more, is of the first.
    pub(super) fn settle_phases(&mut self) {
        let waits = |leader: usize| {
            self.findings.iter().any(|f| f.item == leader && f.outcome.steps.is_some() && f.outcome.deferral.is_some())
        };
        let mut phases: BTreeMap<usize, Phase> = BTreeMap::new();
        for (item, leader) in &self.follows {
            let phase = if waits(*leader) { Phase::Contract } else { Phase::Expand };
            phases.entry(*item).and_modify(|known| *known = phase.max(*known)).or_insert(phase);
        }
        for (item, phase) in phases {
            self.as_written[item].phase = phase;
            let own = self.findings.iter_mut().filter(|finding| finding.item == item);
            own.flat_map(|finding| finding.outcome.steps.iter_mut().flatten()).for_each(|step| step.phase = phase);
        }
    }
}
