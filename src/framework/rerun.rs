//! Steps that run again together, as SQL.

use super::migration::Migration;
use super::origin::slice;
use super::plpgsql::{Repeated, by_itself_again, guarded, unless_valid, validated_if_there};
use crate::operation::{ConstraintOperation, Ident, Operation, QualifiedName};
use crate::plan::rerun::Rerun;
use crate::plan::{Step, Unit};
use crate::sql::render;

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
