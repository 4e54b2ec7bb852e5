//! What comes and goes with an index.

use super::expressions::{reads_expression, stands_on_columns};
use crate::operation::{CreateIndex, Ident, IndexColumn, QualifiedName};
use crate::plan::resource::{Resource, Uses, in_tree};
use crate::schema::{Key, Schema, key};

pub(super) fn creates_index(uses: &mut Uses, index: &CreateIndex, schema: &Schema) {
    let columns: Vec<Ident> = index.columns.iter().filter_map(|c| c.column.clone()).collect();
    uses.reads_columns(&index.table, &columns, schema);
    uses.reads_columns(&index.table, &index.include, schema);
    let expressions = index.columns.iter().filter(|c| c.column.is_none()).map(|c| c.text.as_str());
    for text in expressions.chain(index.predicate.as_ref().map(|p| p.as_str())) {
        reads_expression(uses, &index.table, text, schema);
    }
    if in_tree(&index.table, schema) {
        uses.alone(&index.table, schema);
    }
    uses.builds = leading(&index.table, &index.columns);
    uses.unique_on = index.unique.then(|| (key(&index.table), columns));
    let name = index.name.clone().unwrap_or_else(|| schema.index_name(index));
    uses.write(Resource::Relation(key(&index.table.sibling(name))));
}

pub(super) fn renames_index(uses: &mut Uses, index: &QualifiedName, to: &Ident, schema: &Schema) {
    uses_index(uses, index, schema);
    uses.write(Resource::Relation(key(&index.sibling(to.clone()))));
    if let Some((table, name)) = schema.index(index).and_then(|i| Some((&i.table, i.constraint.as_ref()?))) {
        let root = uses.table(table, schema);
        uses.write(Resource::Constraint(root.clone(), name.clone()));
        uses.write(Resource::Constraint(root, to.clone()));
    }
}

pub(super) fn drops_index(uses: &mut Uses, name: &QualifiedName, schema: &Schema) {
    uses_index(uses, name, schema);
    let Some(index) = schema.index(name) else { return };
    let texts = index.columns.iter().map(|c| c.text.as_str());
    for text in texts.chain(index.predicate.as_ref().map(|predicate| predicate.as_str())) {
        stands_on_columns(uses, &index.table, text, schema);
    }
    uses.drops = leading(&index.table, &index.columns);
    if index.unique {
        let columns: Option<Vec<Ident>> = index.columns.iter().map(|c| c.column.clone()).collect();
        uses.unique_until = columns.map(|columns| (key(&index.table), columns));
        let root = uses.table(&index.table, schema);
        uses.write(Resource::Keys(root));
    }
}

pub(super) fn uses_index(uses: &mut Uses, name: &QualifiedName, schema: &Schema) {
    uses.write(Resource::Relation(key(name)));
    if let Some(table) = schema.index(name).map(|index| index.table.clone()) {
        if in_tree(&table, schema) {
            uses.alone(&table, schema)
        } else {
            uses.table(&table, schema)
        };
    }
}

/// The column that an index leads with.
fn leading(table: &QualifiedName, columns: &[IndexColumn]) -> Option<(Key, Ident)> {
    Some((key(table), columns.first()?.column.clone()?))
}
