//! What comes and goes with a constraint.

use super::expressions::{reads_expression, stands_on_columns};
use crate::operation::{Constraint, ConstraintKind, ForeignKey, Ident, QualifiedName};
use crate::plan::resource::{Resource, Uses, in_tree};
use crate::schema::{Schema, key};

/// A foreign key stands on the keys of the table that it points at.
pub(super) fn stands_on(uses: &mut Uses, fk: &ForeignKey, schema: &Schema) {
    let root = uses.table(&fk.references, schema);
    uses.read(Resource::Keys(root));
    uses.reads_columns(&fk.references, &fk.referenced, schema);
    uses.points_at.push((key(&fk.references), fk.referenced.clone()));
}

pub(super) fn adds_constraint(uses: &mut Uses, table: &QualifiedName, constraint: &Constraint, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Constraint(root.clone(), schema.constraint_name(table, constraint)));
    match &constraint.kind {
        ConstraintKind::ForeignKey(fk) => {
            uses.reads_columns(table, &fk.columns, schema);
            stands_on(uses, fk, schema);
            if in_tree(table, schema) {
                uses.alone(table, schema);
            }
        }
        ConstraintKind::Unique { columns, using_index, .. }
        | ConstraintKind::PrimaryKey { columns, using_index, .. } => {
            uses.reads_columns(table, columns, schema);
            uses.unique_on = Some((key(table), columns.clone()));
            uses.write(Resource::Keys(root.clone()));
            uses.write(Resource::Relation(key(&table.sibling(schema.constraint_name(table, constraint)))));
            if let Some(index) = using_index {
                uses.write(Resource::Relation(key(&table.sibling(index.clone()))));
            }
            if let ConstraintKind::PrimaryKey { .. } = constraint.kind {
                for column in columns {
                    uses.write(Resource::Nullability(root.clone(), column.clone()));
                }
            }
            if in_tree(table, schema) {
                uses.alone(table, schema);
            }
        }
        ConstraintKind::Check { expression } => match crate::sql::expression::parse(expression).map(|e| e.columns()) {
            Some(columns) => uses.reads_columns(table, &columns.into_iter().collect::<Vec<_>>(), schema),
            None => reads_expression(uses, table, expression.as_str(), schema),
        },
        ConstraintKind::NotNull { column } => uses.reads_columns(table, std::slice::from_ref(column), schema),
        ConstraintKind::Exclude { .. } => uses.barrier = true,
    }
}

/// With a constraint go its index and, where it is a key, the foreign keys that stand on it.
pub(super) fn drops_constraint(uses: &mut Uses, table: &QualifiedName, name: &Ident, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Constraint(root.clone(), name.clone()));
    let Some(state) = schema.constraint(table, name) else {
        uses.barrier = true;
        return;
    };
    match &state.constraint.kind {
        ConstraintKind::ForeignKey(fk) => {
            uses.reads_columns(table, &fk.columns, schema);
            let root = uses.table(&fk.references, schema);
            uses.read(Resource::Keys(root));
            uses.reads_columns(&fk.references, &fk.referenced, schema);
        }
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            uses.drops = columns.first().map(|column| (key(table), column.clone()));
            uses.unique_until = Some((key(table), columns.clone()));
            uses.reads_columns(table, columns, schema);
            uses.write(Resource::Keys(root));
            uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
            for (other, state) in schema.referencing(table) {
                let root = uses.table(&other.name, schema);
                uses.write(Resource::Constraint(root, state.name.clone()));
            }
        }
        ConstraintKind::Exclude { definition } => {
            stands_on_columns(uses, table, definition.as_str(), schema);
            uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
        }
        ConstraintKind::Check { expression } => stands_on_columns(uses, table, expression.as_str(), schema),
        ConstraintKind::NotNull { .. } => {}
    }
}
