//! Steps that run again together, as SQL.

use super::migration::Migration;
use super::page::{slice, validation};
use super::plpgsql::{Later, guarded, only_if, unless_valid, validated_if_there};
use crate::operation::{ConstraintOperation, CreateIndex, Ident, IndexOperation, Operation, QualifiedName};
use crate::plan::rerun::{Rerun, done_where_gone, is_temporary, stays};
use crate::plan::{Step, Unit};
use crate::postgres::idempotence::Idempotent;
use crate::schema::same;

/// What runs again together, in order.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// The units of its sequence.
    pub units: &'a [Unit],
}

impl<'a> Again<'a> {
    /// The same for the plan.
    pub fn rerun(&self) -> Rerun<'a> {
        Rerun { origin: self.migration, units: self.units }
    }

    /// A step's statement in a form that can run again, when there is one.
    pub fn statement(&self, unit: &Unit, step: &Step) -> Option<String> {
        Some(match self.rerun().statement(unit, step)? {
            Idempotent::Statement(text) => text,
            Idempotent::Where(condition, text) => only_if(&condition, &text),
        })
    }

    /// The statements of a brief unit, each in a form that can run again where it has one.
    pub fn brief(&self, unit: &Unit) -> Vec<String> {
        let text = |step: &Step| self.statement(unit, step).unwrap_or_else(|| slice(self.migration, step));
        let operations: Vec<_> = unit.steps.iter().map(|step| (if_missing(&step.operation), text(step))).collect();
        let operations: Vec<_> = operations.iter().map(|(operation, text)| (operation, text.clone())).collect();
        let step_of = |operation: &Operation| unit.steps.iter().find(|s| if_missing(&s.operation) == *operation);
        let later = Later {
            settled: &|operation| done_where_gone(operation, self.rerun().steps()),
            there: &|operation| step_of(operation).and_then(|step| self.rerun().there(step)),
            stays: &|operation| step_of(operation).is_some_and(|step| stays(operation, self.rerun().later(step))),
        };
        guarded(&operations, &later)
    }

    /// Validations of one table, which must not miss a constraint that a finished run has taken away again.
    pub fn validate(&self, unit: &Unit) -> String {
        let all: Vec<&Step> = unit.steps.iter().collect();
        let constraints: Vec<_> = all.iter().filter_map(|step| self.temporary(step)).collect();
        if constraints.is_empty() {
            return self.unless_done(&all).unwrap_or_else(|| validation(&all));
        }
        let rest: Vec<&Step> = all.iter().copied().filter(|step| self.temporary(step).is_none()).collect();
        let rest = (!rest.is_empty()).then(|| self.unless_done(&rest).unwrap_or_else(|| validation(&rest)));
        validated_if_there(&constraints, validation(&all).trim_end(), rest.as_deref().map(str::trim_end))
    }

    /// The constraint of a validation that what runs again takes away.
    fn temporary<'s>(&self, step: &'s Step) -> Option<(&'s QualifiedName, &'s Ident)> {
        let Operation::Constraint(ConstraintOperation::Validate { table, name }) = &step.operation else { return None };
        is_temporary(table, name, self.rerun().steps()).then_some((&table.name, name))
    }

    /// Validations of one table as a statement that takes no lock where they are done: somebody who is a step ahead may be at a
    /// concurrent build on it. `None` where there is no such build.
    fn unless_done(&self, validations: &[&Step]) -> Option<String> {
        let constraints = validations.iter().filter_map(|step| match &step.operation {
            Operation::Constraint(ConstraintOperation::Validate { table, name }) => Some((&table.name, name)),
            _ => None,
        });
        let (tables, names): (Vec<_>, Vec<_>) = constraints.unzip();
        let table = *tables.first()?;
        let is_build = |step: &Step| match &step.operation {
            Operation::Index(IndexOperation::Create(index)) => index.concurrently && same(&index.table, table),
            _ => false,
        };
        let has_build = self.rerun().steps().any(is_build);
        has_build.then(|| unless_valid(table, &names, validation(validations).trim_end()))
    }
}

/// An index that is built in an instant is built once.
fn if_missing(operation: &Operation) -> Operation {
    match operation {
        Operation::Index(IndexOperation::Create(index)) => {
            Operation::Index(IndexOperation::Create(CreateIndex { if_not_exists: true, ..index.clone() }))
        }
        other => other.clone(),
    }
}
