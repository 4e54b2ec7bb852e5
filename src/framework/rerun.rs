//! Steps that run again together, as SQL.

use super::migration::Migration;
use super::origin::slice;
use super::plpgsql::{Repeated, by_itself_again, guarded, unless_valid, validated_if_there};
use crate::operation::{ConstraintOperation, Ident, Operation, QualifiedName};
use crate::plan::rerun::Rerun;
use crate::plan::{Step, Unit};
use crate::postgres::idempotence::{Idempotent, When, constraint_exists, has_something_to_do};
use crate::sql::render;

/// What keeps a statement from doing its work twice, for a runner that asks for it in its own language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: it does the same again.
    Nothing,
    /// It has something to do where this condition holds.
    If(String),
    /// It asks itself, in this form.
    Itself(String),
}

impl Asked {
    /// Of a statement that is about something which is there still where `there` holds. `words` are its author's; a rewrite
    /// has none, and what it says `IF EXISTS` of its runner may have no word for.
    pub fn of(operation: &Operation, words: Option<&str>, idempotent: &Idempotent<'_>, there: Option<String>) -> Asked {
        let plain = |text: &str| text.trim_end().trim_end_matches(';').to_owned();
        let says = || words.map_or_else(|| render::statement(operation).unwrap_or_default(), str::to_owned);
        let condition = match (&idempotent.when, has_something_to_do(operation)) {
            (When::Always, Some(_)) if words.is_some_and(|words| plain(words) == plain(&idempotent.statement)) => None,
            (When::Always, Some(condition)) => Some(condition),
            (When::Always, None) if plain(&says()) == plain(&idempotent.statement) => None,
            (When::Always, None) => return Asked::Itself(by_itself_again(idempotent, there.as_deref())),
            (when, _) => when.condition(),
        };
        match (there, condition) {
            (None, None) => Asked::Nothing,
            (Some(condition), None) | (None, Some(condition)) => Asked::If(condition),
            (Some(there), Some(condition)) => Asked::If(format!("{there}\n  AND ({condition})")),
        }
    }
}

/// What runs again together, in order.
pub struct Again<'a> {
    migration: &'a Migration,
    rerun: Rerun<'a>,
}

impl<'a> Again<'a> {
    /// The units of a migration's sequence that run again together.
    pub fn new(migration: &'a Migration, units: &'a [Unit]) -> Self {
        Again { migration, rerun: Rerun::new(migration, units) }
    }

    /// The same for the plan.
    pub fn rerun(&self) -> &Rerun<'a> {
        &self.rerun
    }

    /// A step's statement in a form that can run again by itself, when there is one.
    pub fn statement(&self, step: &Step) -> Option<String> {
        self.rerun.idempotent(step).map(|idempotent| by_itself_again(&idempotent, None))
    }

    /// What keeps a step from doing its work twice.
    pub fn asked(&self, step: &Step) -> Asked {
        if let Operation::Constraint(ConstraintOperation::Validate { table, name }) = &step.operation {
            let constraint = constraint_exists(&table.name, name);
            // What runs again takes it away.
            return Asked::If(match self.temporary(step) {
                Some(_) => format!("EXISTS ({constraint})"),
                None => format!("NOT EXISTS ({constraint} AND convalidated)"),
            });
        }
        let there = self.rerun.there(step);
        // It asks itself already, in its author's words.
        let in_do = step.verbatim && self.migration.statement_of(step.from).in_do;
        if in_do && there.is_none() {
            return Asked::Nothing;
        }
        match self.rerun.idempotent(step) {
            Some(idempotent) => {
                let words = step.verbatim.then(|| slice(self.migration, step));
                Asked::of(&step.operation, words.as_deref(), &idempotent, there)
            }
            None => there.map_or(Asked::Nothing, Asked::If),
        }
    }

    /// The statements of a brief unit, each in a form that can run again where it has one.
    pub fn brief(&self, unit: &Unit) -> Vec<String> {
        let repeated = unit.steps.iter().map(|step| Repeated {
            operation: &step.operation,
            slice: slice(self.migration, step),
            later: self.rerun.what_becomes_of(step),
            there: self.rerun.there(step),
        });
        guarded(&repeated.collect::<Vec<_>>())
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
        self.rerun.finished().is_temporary(table, name).then_some((&table.name, name))
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
        let has_build = self.rerun.has_build(table);
        has_build.then(|| unless_valid(table, &names, validation(validations).trim_end()))
    }
}

/// One statement for the validations of one table.
pub fn validation(steps: &[&Step]) -> String {
    let table = steps.first().and_then(|s| render::alter_target(&s.operation)).map(ToString::to_string);
    let parts: Vec<String> = steps.iter().filter_map(|s| render::subcommand(&s.operation)).collect();
    format!("ALTER TABLE {} {};\n", table.unwrap_or_default(), parts.join(", "))
}
