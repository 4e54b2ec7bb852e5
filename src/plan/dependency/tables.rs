//! What comes and goes with a table.

use super::constraints::stands_on;
use super::expressions::reads_definition;
use crate::operation::{ConstraintKind, CreateTable, Operation, QualifiedName, TableOperation};
use crate::plan::resource::{Resource, Uses};
use crate::postgres::calls_users_function;
use crate::schema::{Schema, key};

/// A new table takes its own name, as a relation and a type, and those of its keys' indexes and its sequences.
pub(super) fn creates_table(uses: &mut Uses, create: &CreateTable, text: &str, schema: &Schema) {
    let own = key(&create.name);
    uses.write(Resource::Relation(own.clone()));
    uses.write(Resource::Type(own));
    for source in create.sources() {
        uses.alone(source, schema);
    }
    create.partition_of.iter().for_each(|parent| names_keys_after_who_points_at(uses, parent, schema));
    if create.as_query {
        uses.reads_rows_of_text(text, schema);
        uses.barrier |= text.is_empty() || calls_users_function(text, schema);
    }
    create.columns.iter().for_each(|column| reads_definition(uses, column, schema));
    let mut after = schema.clone();
    after.apply(&Operation::Table(TableOperation::Create(create.clone())));
    made_with(uses, &create.name, &after);
    let inline = create.columns.iter().flat_map(|c| &c.constraints);
    for constraint in create.constraints.iter().chain(inline) {
        if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
            stands_on(uses, fk, schema);
        }
    }
}

/// A foreign key that points at a partitioned table has one for each partition, named after its own table.
pub(super) fn names_keys_after_who_points_at(uses: &mut Uses, parent: &QualifiedName, schema: &Schema) {
    for (other, _) in schema.referencing(parent) {
        uses.alone(&other.name, schema);
    }
}

/// The names that come or go with a table: its indexes and the sequences of its columns.
pub(super) fn made_with(uses: &mut Uses, table: &QualifiedName, schema: &Schema) {
    for index in schema.indexes_of(table) {
        uses.write(Resource::Relation(key(&index.name)));
    }
    for sequence in schema.table(table).into_iter().flat_map(|t| &t.columns).filter_map(|c| c.sequence.as_ref()) {
        uses.write(Resource::Relation(key(&table.sibling(sequence.clone()))));
    }
}

/// With a table go its partitions, indexes and sequences, and the foreign keys that point at it.
pub(super) fn drops_table(uses: &mut Uses, table: &QualifiedName, schema: &Schema) {
    let children = schema.children(table).into_iter().map(|t| t.name.clone());
    for name in std::iter::once(table.clone()).chain(children) {
        let root = uses.alone(&name, schema);
        uses.write(Resource::Relation(root));
        uses.write(Resource::Type(key(&name)));
        made_with(uses, &name, schema);
        for (other, state) in schema.referencing(&name) {
            let root = uses.table(&other.name, schema);
            uses.write(Resource::Constraint(root, state.name.clone()));
        }
        // Its own foreign keys lock what they point at, and make room there for changes of its keys.
        for parent in schema.referenced_by(&name) {
            let root = uses.table(&parent, schema);
            uses.read(Resource::Keys(root));
        }
        for view in schema.views_of(&name) {
            uses.write(Resource::Relation(key(&view.name)));
        }
    }
}
