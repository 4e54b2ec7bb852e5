//! What comes and goes with a constraint.

use super::expressions::{reads_expression, stands_on_columns};
use super::indexes::leading;
use crate::operation::{Constraint, ConstraintKind, ForeignKey, Ident, QualifiedName};
use crate::plan::resource::{Resource, Uses, in_tree};
use crate::postgres::calls_users_function;
use crate::schema::{Index, Schema, key};
use crate::sql::render;

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
        ConstraintKind::Unique { columns, using_index, index_parameters, .. }
        | ConstraintKind::PrimaryKey { columns, using_index, index_parameters } => {
            let index = using_index.as_ref().and_then(|index| schema.index(&table.sibling(index.clone())));
            let columns = index.map_or_else(|| columns.clone(), key_columns);
            let include = index.map_or(&index_parameters.include, |index| &index.parameters.include);
            uses.reads_columns(table, &columns, schema);
            uses.reads_columns(table, include, schema);
            uses.unique_on = Some((key(table), columns.clone()));
            uses.stands_on = columns.iter().chain(include).cloned().collect();
            uses.write(Resource::Keys(root.clone()));
            uses.write(Resource::Relation(key(&table.sibling(schema.constraint_name(table, constraint)))));
            if let Some(index) = using_index {
                uses.write(Resource::Relation(key(&table.sibling(index.clone()))));
            }
            if let ConstraintKind::PrimaryKey { .. } = constraint.kind {
                for column in columns {
                    uses.write(Resource::Nullability(root.clone(), column));
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
        ConstraintKind::Exclude(exclusion) => {
            let text = render::exclusion(exclusion);
            reads_expression(uses, table, &text, schema);
            if exclusion.index.predicate.is_none() {
                uses.builds = leading(table, &exclusion.index.columns);
            }
            uses.write(Resource::Relation(key(&table.sibling(schema.constraint_name(table, constraint)))));
            uses.barrier = calls_users_function(&text, schema);
            if in_tree(table, schema) {
                uses.alone(table, schema);
            }
        }
    }
}

/// The columns that a unique index is of, those of its expressions aside.
fn key_columns(index: &Index) -> Vec<Ident> {
    index.columns.iter().filter_map(|column| column.column().cloned()).collect()
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
        ConstraintKind::Exclude(exclusion) => {
            stands_on_columns(uses, table, &render::exclusion(exclusion), schema);
            uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
        }
        ConstraintKind::Check { expression } => stands_on_columns(uses, table, expression.as_str(), schema),
        ConstraintKind::NotNull { .. } => {}
    }
}
