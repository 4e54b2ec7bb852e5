//! Columns.

use super::constraint::inline_constraint;
use super::joined;
use crate::operation::{ColumnDefinition, Generated, Generation, Identity};

/// `name type …` with everything that was said.
pub fn column_definition(column: &ColumnDefinition) -> String {
    let parts = [
        Some(format!("{} {}", column.name, column.ty)),
        column.storage.as_ref().map(|storage| format!("STORAGE {storage}")),
        column.compression.as_ref().map(|method| format!("COMPRESSION {method}")),
        column.collation.as_ref().map(|collation| format!("COLLATE {collation}")),
        column.generated.as_ref().map(generated),
        column.not_null.then(|| "NOT NULL".to_owned()),
        column.default.as_ref().map(|default| format!("DEFAULT {default}")),
    ];
    joined(parts.into_iter().flatten().chain(column.constraints.iter().map(inline_constraint)))
}

fn generated(generated: &Generated) -> String {
    match generated {
        Generated::Identity(identity) => identity_clause(identity),
        Generated::Stored(expression) => format!("GENERATED ALWAYS AS ({expression}) STORED"),
        Generated::Virtual(expression) => format!("GENERATED ALWAYS AS ({expression}) VIRTUAL"),
    }
}

fn identity_clause(identity: &Identity) -> String {
    let generation = match identity.generation {
        Generation::Always => "ALWAYS",
        Generation::ByDefault => "BY DEFAULT",
    };
    let options = identity.sequence_options.as_ref().map(|options| format!(" ({options})")).unwrap_or_default();
    format!("GENERATED {generation} AS IDENTITY{options}")
}
