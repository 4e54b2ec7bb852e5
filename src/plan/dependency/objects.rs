//! What views, triggers, policies and other objects use, and what is said of an object.

use super::tables::made_with;
use crate::operation::{ObjectKind, QualifiedName};
use crate::plan::resource::{Resource, Uses};
use crate::schema::{Schema, key};

pub(super) fn creates_object(
    uses: &mut Uses,
    kind: ObjectKind,
    name: &QualifiedName,
    on: Option<&QualifiedName>,
    definition: &str,
    schema: &Schema,
) {
    match (kind, on) {
        (ObjectKind::View, _) => {
            uses.reads_text(definition, schema);
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        (ObjectKind::MaterializedView, _) => {
            uses.reads_rows_of_text(definition, schema);
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        (ObjectKind::Trigger | ObjectKind::Policy, Some(table)) => {
            uses.reads_text(definition, schema);
            on_table(uses, kind, table, schema);
        }
        (ObjectKind::Sequence, _) => uses.write(Resource::Relation(key(name))),
        (ObjectKind::Type, _) => {
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        // What calls it can be anything; who may use what is not asked when it is made.
        (ObjectKind::Function, None) => {
            uses.write(Resource::Function(key(name)));
            (uses.barrier, uses.passed_by_privileges) = (true, true);
        }
        _ => uses.barrier = true,
    }
}

/// A trigger or a policy of a table comes or goes.
fn on_table(uses: &mut Uses, kind: ObjectKind, table: &QualifiedName, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Structure(root.clone()));
    uses.write(if kind == ObjectKind::Policy { Resource::Policies(root) } else { Resource::Triggers(root) });
    // Policies of a table without row security say nothing of its rows.
    if kind == ObjectKind::Policy && schema.table(table).is_some_and(|t| t.is_sure() && !t.row_security) {
        uses.is_no_matter_of_rows();
    }
}

pub(super) fn drops_object(
    uses: &mut Uses,
    kind: ObjectKind,
    name: &QualifiedName,
    on: Option<&QualifiedName>,
    schema: &Schema,
) {
    match (kind, on) {
        (ObjectKind::View | ObjectKind::MaterializedView, _) => match schema.definition_of(name) {
            Some(definition) => {
                uses.reads_text(definition.as_str(), schema);
                uses.write(Resource::Relation(key(name)));
                uses.write(Resource::Type(key(name)));
                made_with(uses, name, schema);
            }
            None => uses.barrier = true,
        },
        (ObjectKind::Trigger | ObjectKind::Policy, Some(table)) => on_table(uses, kind, table, schema),
        (ObjectKind::Sequence, _) => {
            uses.write(Resource::Relation(key(name)));
            for table in schema.counting_with(&name.name) {
                uses.alone(&table.name, schema);
            }
        }
        // What used it went before it, and what makes it again is a barrier. The types of what it takes and gives go after it.
        (ObjectKind::Function, None) => {
            uses.last = true;
            match schema.function(name) {
                Some(definition) => {
                    for table in schema.named_in(definition.as_str()) {
                        uses.read(Resource::Relation(key(&table.name)));
                    }
                    uses.reads_types_of_text(definition.as_str(), schema);
                }
                None => uses.barrier = true,
            }
        }
        _ => uses.barrier = true,
    }
}

/// A comment needs what it speaks of; of other things than tables and columns it is not known.
pub(super) fn comments(uses: &mut Uses, text: &str, schema: &Schema) {
    let mut words = text.split_whitespace().skip(2).map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("TABLE" | "COLUMN") => uses.reads_text(text, schema),
        _ => uses.barrier = true,
    }
}

/// Privileges need what is named. What makes schemas is a barrier.
pub(super) fn grants(uses: &mut Uses, kind: ObjectKind, names: &[QualifiedName], text: &str, schema: &Schema) {
    match kind {
        ObjectKind::Table => uses.reads_text(text, schema),
        ObjectKind::Sequence => names.iter().for_each(|name| uses.read(Resource::Relation(key(name)))),
        ObjectKind::Type => names.iter().for_each(|name| uses.read(Resource::Type(key(name)))),
        ObjectKind::Function => names.iter().for_each(|name| uses.read(Resource::Function(key(name)))),
        ObjectKind::Schema => {}
        _ => uses.barrier = true,
    }
    uses.only_privileges = !uses.barrier;
    match names.is_empty() {
        true => uses.write(Resource::Privileges),
        false => {
            uses.read(Resource::Privileges);
            let is_function = kind == ObjectKind::Function;
            names.iter().for_each(|name| uses.write(Resource::PrivilegesOn(is_function, key(name))));
        }
    }
}
