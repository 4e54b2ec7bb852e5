//! Steps that run again together, as SQL.

use super::migration::Migration;
use super::page::slice;
use super::plpgsql::{Later, guarded, only_if};
use crate::operation::{CreateIndex, IndexOperation, Operation};
use crate::plan::rerun::{Rerun, done_where_gone, stays};
use crate::plan::{Step, Unit};
use crate::postgres::idempotence::Idempotent;

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
