//! Steps that run again together: those of a file or of a block, which is begun again where a later part of it failed.

use super::super::migration::Migration;
use super::super::page::slice;
use super::super::plpgsql::{Later, guarded, is_missing};
use super::{conflicts, is_guarded_by_its_author, is_made_anew, runs_again, settled, stays, there_before};
use crate::operation::{CreateIndex, DataOperation, Fixed, IndexOperation, Operation};
use crate::plan::{Step, Unit, UnitKind};
use crate::sql::render;

/// What runs again together, in order.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// The units of its sequence.
    pub units: &'a [Unit],
}

impl<'a> Again<'a> {
    fn steps(&self) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        self.units.iter().flat_map(|unit| &unit.steps)
    }

    /// A step's statement in a form that can run again, when there is one.
    pub fn statement(&self, unit: &Unit, step: &Step) -> Option<String> {
        if self.migration.items[step.from].fixed == Some(Fixed::Block) {
            return None;
        }
        let statement = self.migration.statement_of(step.from);
        // The author's own guard stays around it.
        if step.verbatim && statement.in_do {
            let whole = statement.span.slice(&self.migration.source.text);
            return is_guarded_by_its_author(&step.operation, whole).then(|| whole.to_owned());
        }
        let slice = match step.verbatim {
            true => slice(self.migration, step),
            false => render::statement(&step.operation).unwrap_or_default(),
        };
        let earlier = self.steps().take_while(|other| !std::ptr::eq(*other, step));
        if is_made_anew(&step.operation, earlier) {
            return Some(slice);
        }
        let text = runs_again(&step.operation, &slice)?;
        // A block cannot stand in the block that tries again, which has guards of its own.
        match unit.kind == UnitKind::Brief && text.starts_with("DO ") {
            true => is_missing(&step.operation).map(|_| slice),
            false => Some(text),
        }
    }

    /// The statements of a brief unit, each in a form that can run again where it has one.
    pub fn brief(&self, unit: &Unit) -> Vec<String> {
        let text = |step: &Step| self.statement(unit, step).unwrap_or_else(|| slice(self.migration, step));
        let operations: Vec<_> = unit.steps.iter().map(|step| (if_missing(&step.operation), text(step))).collect();
        let operations: Vec<_> = operations.iter().map(|(operation, text)| (operation, text.clone())).collect();
        let step_of = |operation: &Operation| unit.steps.iter().find(|s| if_missing(&s.operation) == *operation);
        let later = Later {
            settled: &|operation| settled(operation, self.steps()),
            there: &|operation| step_of(operation).and_then(|step| self.there(step)),
            stays: &|operation| step_of(operation).is_some_and(|step| stays(operation, self.later(step))),
        };
        guarded(&operations, &later)
    }

    /// The condition under which what a step is about is there still, where a later step takes it away.
    pub fn there(&self, step: &Step) -> Option<String> {
        there_before(step, self.later(step))
    }

    /// The steps behind a step.
    pub fn later(&self, step: &Step) -> impl Iterator<Item = &'a Step> + Clone + use<'a> {
        let at = self.steps().position(|other| std::ptr::eq(other, step));
        self.steps().skip(at.map_or(usize::MAX, |at| at + 1))
    }

    /// A unit's first step that would do harm when the unit runs again.
    pub fn harmful<'u>(&self, unit: &'u Unit) -> Option<&'u Step> {
        let all: Vec<&Step> = unit.steps.iter().collect();
        let harms = |number: &usize| {
            let (again, later) = all.split_at(number + 1);
            self.statement(unit, all[*number]).is_none()
                || conflicts(all[*number], again, later, &|step| self.text(step))
        };
        (0..all.len()).find(harms).map(|number| all[number])
    }

    /// The first of the steps that would do harm when all of them run again behind `later`.
    pub fn harmful_behind<'l>(&self, later: impl IntoIterator<Item = &'l Step>) -> Option<&'a Step>
    where
        'a: 'l,
    {
        let again: Vec<&Step> = self.steps().collect();
        let later: Vec<&Step> = later.into_iter().collect();
        self.steps().find(|step| conflicts(step, &again, &later, &|step| self.text(step)))
    }

    /// The words of a step's statement.
    fn text(&self, step: &Step) -> String {
        match step.verbatim {
            true => self.migration.slice(step.from).to_owned(),
            false => match &step.operation {
                Operation::Data(DataOperation::Backfill(fill)) => {
                    format!("{} {} {}", fill.column, fill.value, fill.todo)
                }
                operation => render::statement(operation).unwrap_or_default(),
            },
        }
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
