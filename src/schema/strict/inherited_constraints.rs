//! Constraints that a table has from another one.

use super::*;
use crate::operation::{Constraint, ConstraintKind};
use crate::schema::ConstraintState;
use crate::schema::names::free_object_name;

impl Schema {
    /// A parent says the check, and its children keep it as long as it does (`ATExecDropConstraint`, `rename_constraint_internal`).
    pub(super) fn inherits_check(&self, table: &QualifiedName, name: &Ident) -> bool {
        let parents = self.table(table).map(|state| state.parents.as_slice()).unwrap_or_default();
        let says = |parent: &QualifiedName| {
            let state = self.table(parent).and_then(|parent| parent.constraints.get(name));
            state.is_some_and(|state| state.sure && is_check(&state.constraint) && !state.constraint.no_inherit)
        };
        parents.iter().any(says)
    }

    /// A check that the table has from a parent becomes its own when it says the same (`MergeWithExistingConstraint`).
    pub(super) fn merges_with(&self, table: &TableRef, constraint: &Constraint, known: &ConstraintState) -> bool {
        self.inherits_check(&table.name, &known.name) && says_the_same(constraint, &known.constraint)
    }

    /// The children's own checks of that name say the same, and go on to their children.
    pub(super) fn merges_in_children(&self, table: &TableRef, constraint: &Constraint, name: &Ident) -> Applies {
        if !is_check(constraint) || constraint.no_inherit || table.only {
            return Ok(());
        }
        for child in self.children(&table.name) {
            let Some(known) = child.constraints.get(name).filter(|known| known.sure) else { continue };
            if !says_the_same(constraint, &known.constraint) {
                let exists = format!("constraint {name} for relation {} already exists", child.name);
                return refused(DUPLICATE_OBJECT, exists);
            }
            if known.constraint.no_inherit {
                let apart =
                    format!("constraint {name} conflicts with non-inherited constraint on relation {}", child.name);
                return refused("42P17", apart);
            }
        }
        Ok(())
    }

    /// From 18 on each NOT NULL is a constraint with a name, which is taken.
    pub(super) fn is_no_name_of_not_null(&self, table: &TableRef, name: &Ident, version: u32) -> Applies {
        let may_be = version >= 18 && name.as_str().ends_with("_not_null");
        let Some(state) = self.table(&table.name).filter(|_| may_be) else {
            return Ok(());
        };
        let is_its =
            |column: &Ident| free_object_name(&table.name.name, column.as_str(), "not_null", |_| false) == *name;
        match state.columns.iter().any(|column| column.not_null && is_its(&column.name)) {
            true => refused(DUPLICATE_OBJECT, format!("constraint {name} for relation {} already exists", table.name)),
            false => Ok(()),
        }
    }
}

fn is_check(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::Check { .. })
}

fn says_the_same(one: &Constraint, other: &Constraint) -> bool {
    match (&one.kind, &other.kind) {
        (ConstraintKind::Check { expression: one }, ConstraintKind::Check { expression: other }) => {
            let words = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
            words(one.as_str()) == words(other.as_str())
        }
        _ => false,
    }
}
