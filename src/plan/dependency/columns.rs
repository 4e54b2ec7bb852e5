//! What comes and goes with a column, and what its changes touch.

use super::constraints::adds_constraint;
use super::expressions::reads_definition;
use crate::operation::{
    Backfill, ColumnDefinition, ColumnOperation, Generated, Ident, Operation, QualifiedName, SqlFragment, TypeName,
};
use crate::plan::resource::{Resource, Uses, in_tree};
use crate::postgres::proving_check;
use crate::schema::names::free_object_name;
use crate::schema::{Index, Schema, key};

/// `operation` adds the column.
pub(super) fn adds_column(
    uses: &mut Uses,
    table: &QualifiedName,
    column: &ColumnDefinition,
    operation: &ColumnOperation,
    schema: &Schema,
) {
    uses.writes_column(table, &column.name, schema);
    reads_definition(uses, column, schema);
    column.constraints.iter().for_each(|c| adds_constraint(uses, table, c, schema));
    if column.is_serial() || column.is_identity() {
        let mut after = schema.clone();
        after.apply(&Operation::Column(operation.clone()));
        let sequence = after.column(table, &column.name).and_then(|c| c.sequence.clone());
        let names = sequence.into_iter().map(|name| key(&table.sibling(name)));
        names.for_each(|name| uses.write(Resource::Relation(name)));
    }
}

/// `default` is the new one.
pub(super) fn changes_default(
    uses: &mut Uses,
    table: &QualifiedName,
    column: &Ident,
    default: Option<&SqlFragment>,
    schema: &Schema,
) {
    let root = uses.table(table, schema);
    uses.write(Resource::Default(root.clone(), column.clone()));
    uses.read(Resource::Column(root, column.clone()));
    if let Some(default) = default {
        uses.reads_default(default.as_str(), schema);
    }
    if let Some(state) = schema.column(table, column) {
        uses.reads_type(&state.ty);
    }
}

pub(super) fn changes_nullability(uses: &mut Uses, table: &QualifiedName, column: &Ident, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Nullability(root.clone(), column.clone()));
    uses.read(Resource::Column(root.clone(), column.clone()));
    uses.read(Resource::Data(root.clone(), column.clone()));
    // From 18 on it is a constraint, whose name is taken then.
    let name = free_object_name(&table.name, column.as_str(), "not_null", |_| false);
    uses.write(Resource::Constraint(root.clone(), name));
    // What proves it must be proved itself.
    if let Some(check) = proving_check(schema, table, column) {
        uses.read(Resource::Constraint(root, check.name.clone()));
    }
}

pub(super) fn fills_column(uses: &mut Uses, backfill: &Backfill, schema: &Schema) {
    let table = &backfill.table;
    let root = uses.table(table, schema);
    uses.write(Resource::Data(root.clone(), backfill.column.clone()));
    uses.read(Resource::Column(root.clone(), backfill.column.clone()));
    uses.read(Resource::Default(root.clone(), backfill.column.clone()));
    uses.read(Resource::Triggers(root));
    uses.reads_columns(table, &backfill.key, schema);
}

pub(super) fn changes_type(
    uses: &mut Uses,
    table: &QualifiedName,
    column: &Ident,
    ty: &TypeName,
    using: Option<&SqlFragment>,
    schema: &Schema,
) {
    let root = uses.restructures(table, schema);
    uses.write(Resource::TypeOf(root, column.clone()));
    uses.writes_column(table, column, schema);
    uses.reads_type(ty);
    if let Some(using) = using {
        uses.reads_types_of_text(using.as_str(), schema);
    }
    if let Some(state) = schema.column(table, column) {
        uses.reads_type(&state.ty);
    }
    drops_column_without_names(uses, table, column, schema);
}

/// With a column go the constraints and indexes that read it, its sequence, and the foreign keys that point at it.
pub(super) fn drops_column(uses: &mut Uses, table: &QualifiedName, column: &Ident, schema: &Schema) {
    uses.writes_column(table, column, schema);
    let root = uses.table(table, schema);
    if is_in_a_key(table, column, schema) {
        uses.write(Resource::Keys(root.clone()));
    }
    let mut after = schema.clone();
    after.apply(&Operation::Column(ColumnOperation::Drop {
        table: table.clone().into(),
        column: column.clone(),
        if_exists: true,
        cascade: true,
    }));
    let children = schema.children(table).into_iter().map(|t| t.name.clone());
    let pointing = schema.referencing(table).into_iter().map(|(t, _)| t.name.clone());
    for name in std::iter::once(table.clone()).chain(children).chain(pointing) {
        let own = uses.table(&name, schema);
        let constraints = schema.table(&name).into_iter().flat_map(|t| &t.constraints);
        for state in constraints.filter(|c| after.constraint(&name, &c.name).is_none()) {
            uses.write(Resource::Constraint(own.clone(), state.name.clone()));
        }
        for index in schema.indexes_of(&name).filter(|index| after.index(&index.name).is_none()) {
            uses.write(Resource::Relation(key(&index.name)));
        }
    }
    if let Some(sequence) = schema.column(table, column).and_then(|c| c.sequence.as_ref()) {
        uses.write(Resource::Relation(key(&table.sibling(sequence.clone()))));
    }
    for dependent in schema.dependents(table, column) {
        match &dependent.on {
            Some(_) => {
                uses.write(Resource::Policies(root.clone()));
                uses.write(Resource::Triggers(root.clone()));
            }
            None => uses.write(Resource::Relation(key(&dependent.name))),
        }
    }
    if is_no_matter_of_rows(table, column, schema, &after) {
        uses.is_no_matter_of_rows();
    }
}

/// Who changes rows without naming the column does the same before it goes and after: no rule looks at its values, and no
/// new row has to bring one.
fn is_no_matter_of_rows(table: &QualifiedName, column: &Ident, schema: &Schema, after: &Schema) -> bool {
    let (Some(state), Some(whole)) = (schema.column(table, column), schema.table(table)) else { return false };
    let has_value = state.default.is_some() || state.sequence.is_some() || state.generated.is_some();
    let is_computed = matches!(state.generated, Some(Generated::Stored(_) | Generated::Virtual(_)));
    let rules = |name: &QualifiedName| {
        schema.table(name).into_iter().flat_map(|t| &t.constraints).any(|c| after.constraint(name, &c.name).is_none())
    };
    let pointing = schema.referencing(table).into_iter().map(|(t, _)| &t.name);
    let simple = |index: &Index| {
        !index.unique && index.predicate.is_none() && index.columns.iter().all(|c| c.column().is_some())
    };
    let mut indexes = schema.indexes_of(table).filter(|index| after.index(&index.name).is_none());
    let goes_alone = after.table(table).is_some_and(|t| t.columns.iter().count() + 1 == whole.columns.iter().count());
    whole.columns_known
        && goes_alone
        && !in_tree(table, schema)
        && (!state.not_null || has_value)
        && !is_computed
        && !std::iter::once(table).chain(pointing).any(rules)
        && indexes.all(simple)
        && schema.dependents(table, column).is_empty()
}

/// A foreign key may stand on the column.
fn is_in_a_key(table: &QualifiedName, column: &Ident, schema: &Schema) -> bool {
    let known = schema.table(table).is_some_and(|t| t.columns_known);
    let mut unique = schema.indexes_of(table).filter(|index| index.unique);
    !known || unique.any(|index| index.columns.iter().any(|c| c.column() == Some(column)))
}

/// A change of type makes indexes and constraints of the column anew: they must be what they are in the source's order.
fn drops_column_without_names(uses: &mut Uses, table: &QualifiedName, column: &Ident, schema: &Schema) {
    let mut dropped = Uses::default();
    drops_column(&mut dropped, table, column, schema);
    uses.writes.extend(dropped.writes);
}
