//! The name that a table had before it was renamed: a view has it while old code runs.

use super::leaving::{deferrable_table, no_view_reads_table};
use super::undo::undo_of;
use super::{Site, StepBuilder};
use crate::operation::{ObjectKind, ObjectOperation, Operation, QualifiedName, SqlFragment, TableOperation, TableRef};
use crate::plan::{Deferral, Gate, Owned, Phase, Undo, snake_case};
use crate::schema::same;

/// The first version in which who asks a view asks its tables as himself.
const SECURITY_INVOKER: u32 = 15;

/// A name that goes, and what its table is called from now on.
pub(super) struct OldName<'a> {
    /// The name.
    pub name: &'a QualifiedName,
    /// The table's new one.
    pub to: &'a QualifiedName,
}

impl OldName<'_> {
    /// Why no view can have the name, if none can. What the migration makes under the name, `replaced` items aside, needs it.
    pub fn refused(&self, site: &Site<'_>, replaced: &[usize]) -> Result<(), String> {
        let OldName { name, to } = self;
        let state = deferrable_table(site, name)?;
        if state.row_security && site.settings.postgres < SECURITY_INVOKER {
            return Err(format!(
                "{name} has row security, which a view passes by before PostgreSQL {SECURITY_INVOKER}"
            ));
        }
        let takes = |operation: &Operation| match operation {
            Operation::Table(TableOperation::Create(create)) => same(&create.name, name),
            Operation::Table(TableOperation::Rename { table, to }) => same(&table.name.sibling(to.clone()), name),
            Operation::Object(ObjectOperation::Create { name: Some(made), on: None, .. }) => same(made, name),
            _ => false,
        };
        match site.following().find(|(at, operation)| !replaced.contains(at) && takes(operation)) {
            Some(_) => Err(format!("the migration gives the name {name} to something else")),
            None if site.schema.table(to).is_some() => Err(format!("{to} is there already")),
            None => Ok(()),
        }
    }

    /// Gives the table its new name, as a rewrite says it.
    pub fn rename(&self, steps: &mut StepBuilder) {
        let table = TableRef { name: self.name.clone(), only: false, if_exists: false };
        let rename = Operation::Table(TableOperation::Rename { table, to: self.to.name.clone() });
        let undo = undo_of(&rename, steps.schema());
        steps.step(rename, self.slug(), "the table keeps its rows under the new name", undo);
    }

    /// Gives the name to a view, in the transaction of the step before it.
    pub fn keep(&self, steps: &mut StepBuilder) {
        let OldName { name, to } = *self;
        let definition = SqlFragment::new(&format!("VIEW {name} AS SELECT * FROM {to}"));
        let view = ObjectOperation::Create {
            kind: ObjectKind::View,
            name: Some(name.clone()),
            or_replace: false,
            on: None,
            definition,
        };
        let why = format!("old code reads and writes {to} through it");
        steps.step(Operation::Object(view), self.slug(), why, Undo::By(vec![self.drop()]));
        steps.with_the_one_before();
        let access = ObjectOperation::ShareAccess { table: to.clone(), view: name.clone() };
        let why = format!("who may use {to} may use it");
        steps.step(Operation::Object(access), self.slug(), why, Undo::Nothing);
        steps.with_the_one_before();
    }

    /// Takes the view away when no running code uses the name.
    pub fn end(&self, steps: &mut StepBuilder) {
        let first = steps.count();
        let words = snake_case(&self.name.name);
        let gone = Undo::Impossible("make the view again as the step before made it".into());
        steps.after_a_deploy();
        steps.step(self.drop(), format!("drop_view_{words}"), "no running code uses the old name any more", gone);
        steps.wait_from(first, Phase::Contract);
    }

    /// What the end waits for.
    pub fn deferral(&self, site: &Site<'_>) -> Deferral {
        let OldName { name, to } = *self;
        Deferral {
            gate: Gate {
                deploy: format!("the code uses {to}, and no running code uses {name}"),
                checks: vec![no_view_reads_table(site, name)],
                undo: format!("deploy code that uses {name}: it is a view of the same rows"),
            },
            owns: vec![Owned::Name { name: name.clone(), table: to.clone() }],
        }
    }

    fn slug(&self) -> String {
        format!("{}_rename_to_{}", snake_case(&self.name.name), snake_case(&self.to.name))
    }

    fn drop(&self) -> Operation {
        Operation::Object(ObjectOperation::Drop {
            kind: ObjectKind::View,
            names: vec![self.name.clone()],
            on: None,
            if_exists: true,
            cascade: false,
        })
    }
}
