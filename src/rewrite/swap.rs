//! A constraint in another's place: the new one stands and is proved before the old one goes, and they change places in one
//! transaction.

use super::Site;
use super::slug::without_table;
use crate::operation::{Constraint, ConstraintOperation, Ident, Operation, QualifiedName, TableRef};
use crate::plan::{Step, Undo, snake_case};
use crate::rewrite::StepBuilder;
use crate::schema::ConstraintState;

/// The history does not show what a table has: it was made before, or elsewhere. What a migration drops there and makes again
/// under the same name is replaced, whatever it was.
pub(super) fn is_unknown(site: &Site<'_>, table: &QualifiedName) -> bool {
    site.schema.table(table).is_none_or(|table| !table.columns_known)
}

/// Why something that the history does not show is not brought back.
pub(super) const NOT_IN_HISTORY: &str = "the constraint's definition is not in the migrations";

/// The steps that put `new`, the constraint of item `at`, in the place of the one called `name`, which the operation at hand
/// drops and which is `old` where the history shows it. `prove` adds it under the name that it is given and proves it.
pub(super) fn swap(
    site: &Site<'_>,
    table: &TableRef,
    (name, old): (&Ident, Option<&ConstraintState>),
    at: usize,
    new: &Constraint,
    prove: impl FnOnce(&mut StepBuilder, Ident),
) -> Vec<Step> {
    let wanted = match &new.name {
        Some(name) => name.clone(),
        None => without(site, table, name).constraint_name(&table.name, new),
    };
    let temporary = if wanted == *name { name.with_suffix("_new") } else { wanted.clone() };
    let mut steps = site.steps();
    prove(steps.from(at), temporary.clone());
    let words = snake_case(&table.name.name);
    let again = |old: &ConstraintState| {
        vec![
            Operation::Constraint(ConstraintOperation::Add {
                table: table.clone(),
                constraint: Constraint { name: Some(name.clone()), not_valid: true, ..old.constraint.clone() },
            }),
            Operation::Constraint(ConstraintOperation::Validate { table: table.clone(), name: name.clone() }),
        ]
    };
    steps.from(site.at).step(
        Operation::Constraint(ConstraintOperation::Drop {
            table: table.clone(),
            name: name.clone(),
            if_exists: old.is_some(),
            cascade: false,
        }),
        format!("{words}_swap_{}", without_table(name, &words)),
        "the new one protects the rows now",
        old.map_or_else(|| Undo::Impossible(NOT_IN_HISTORY.into()), |old| Undo::By(again(old))),
    );
    if temporary != wanted {
        steps.from(at).step(
            Operation::Constraint(ConstraintOperation::Rename {
                table: table.clone(),
                name: temporary.clone(),
                to: wanted.clone(),
            }),
            format!("{words}_rename_{}", without_table(&wanted, &words)),
            "the new one takes the old name",
            Undo::By(vec![Operation::Constraint(ConstraintOperation::Rename {
                table: table.clone(),
                name: wanted,
                to: temporary,
            })]),
        );
    }
    let mut steps = steps.done();
    // The swap locks what the drop locks: with a foreign key both tables, also for the rename.
    let locks = steps
        .iter()
        .find(|s| matches!(s.operation, Operation::Constraint(ConstraintOperation::Drop { .. })))
        .map(|s| s.locks.clone())
        .unwrap_or_default();
    for step in
        steps.iter_mut().filter(|s| matches!(s.operation, Operation::Constraint(ConstraintOperation::Rename { .. })))
    {
        step.locks.clone_from(&locks);
    }
    steps
}

/// The catalog as it is when the constraint is gone, where its name is free.
pub(super) fn without(site: &Site<'_>, table: &TableRef, name: &Ident) -> crate::schema::Schema {
    let mut schema = site.schema.clone();
    schema.apply(&Operation::Constraint(ConstraintOperation::Drop {
        table: table.clone(),
        name: name.clone(),
        if_exists: true,
        cascade: false,
    }));
    schema
}
