//! What goes with a column that waits for a deploy, waits with it: its indexes and constraints are there for the code that still
//! runs.

use super::{Finding, Findings, leave};
use crate::operation::{ConstraintKind, ConstraintOperation, IndexOperation, Item, Operation, QualifiedName};
use crate::plan::{OwnedColumn, Phase};
use crate::schema::{Schema, mentions, same};

/// Something that is removed together with a column.
enum Removal {
    /// It waits with the column.
    Waits,
    /// It cannot, and why.
    Cannot(String),
}

/// Lets what goes with a waiting column wait; `before` is the catalog before the migration.
pub(super) fn settle(items: &[Item], found: &mut Findings, before: &Schema) {
    let waiting: Vec<(usize, Vec<OwnedColumn>)> =
        found.findings.iter().filter_map(|f| Some((f.item, f.outcome.deferral.as_ref()?.owns.clone()))).collect();
    for (column, owns) in waiting {
        let of_column = |owned: &OwnedColumn, item: &Item| removal(&item.operation, owned, before);
        let mut with_it = Vec::new();
        let mut refusal = None;
        for (at, item) in items.iter().enumerate().filter(|(at, _)| *at != column) {
            match owns.iter().find_map(|owned| of_column(owned, item)) {
                Some(Removal::Waits) if found.is_by_itself(at) => with_it.push(at),
                Some(Removal::Waits) => refusal = Some("what goes with it is replaced by something else".to_owned()),
                Some(Removal::Cannot(why)) => refusal = Some(why),
                None => {}
            }
        }
        match refusal {
            Some(why) => {
                let of_column = |finding: &&mut Finding| finding.item == column;
                found.findings.iter_mut().filter(of_column).for_each(|finding| leave(&mut finding.outcome, &why));
            }
            None => found.follows.extend(with_it.into_iter().map(|at| (at, column))),
        }
    }
    found.settle_phases();
}

/// Whether an operation removes something that has the column.
fn removal(operation: &Operation, owned: &OwnedColumn, before: &Schema) -> Option<Removal> {
    match operation {
        Operation::Index(IndexOperation::Drop { names, .. }) => {
            let has_it = |name: &QualifiedName| {
                before
                    .index(name)
                    .is_some_and(|index| same(&index.table, &owned.table) && index.uses_column(&owned.column))
            };
            names.iter().any(has_it).then_some(Removal::Waits)
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            let state = before.constraint(&table.name, name)?;
            let is_own = same(&table.name, &owned.table);
            match &state.constraint.kind {
                ConstraintKind::ForeignKey(key) => {
                    let has_it = (is_own && key.columns.contains(&owned.column))
                        || (same(&key.references, &owned.table) && key.referenced.contains(&owned.column));
                    has_it.then(|| Removal::Cannot(format!("the foreign key {name} would have to wait with it")))
                }
                ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => {
                    (is_own && columns.contains(&owned.column)).then_some(Removal::Waits)
                }
                ConstraintKind::Check { expression } => {
                    (is_own && mentions(expression.as_str(), owned.column.as_str())).then_some(Removal::Waits)
                }
                ConstraintKind::NotNull { column } => (is_own && *column == owned.column).then_some(Removal::Waits),
                ConstraintKind::Exclude(_) => {
                    is_own.then(|| Removal::Cannot(format!("the constraint {name} would have to wait with it")))
                }
            }
        }
        _ => None,
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

    /// What follows a column that waits is of its phase; what followed one that does not wait any more is of the first.
    pub(super) fn settle_phases(&mut self) {
        let waits = |column: usize| {
            self.findings.iter().any(|f| f.item == column && f.outcome.steps.is_some() && f.outcome.deferral.is_some())
        };
        let phases: Vec<(usize, Phase)> = self
            .follows
            .iter()
            .map(|(item, column)| (*item, if waits(*column) { Phase::Contract } else { Phase::Expand }))
            .collect();
        for (item, phase) in phases {
            self.as_written[item].phase = phase;
            let own = self.findings.iter_mut().filter(|finding| finding.item == item);
            own.flat_map(|finding| finding.outcome.steps.iter_mut().flatten()).for_each(|step| step.phase = phase);
        }
    }
}
