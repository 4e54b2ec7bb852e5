//! Columns.

use super::constraint::inline_constraint;
use super::{joined, word};
use crate::operation::{ColumnDefinition, ColumnOperation, Generated, Generation, Identity};

/// The part of an `ALTER TABLE` after the table's name, of what can be one of several and a rewrite makes.
pub(super) fn subcommand(operation: &ColumnOperation) -> Option<String> {
    Some(match operation {
        ColumnOperation::Add { column, if_not_exists, .. } => {
            format!("ADD COLUMN {}{}", word(*if_not_exists, "IF NOT EXISTS "), column_definition(column))
        }
        ColumnOperation::Drop { column, if_exists, cascade, .. } => {
            format!("DROP COLUMN {}{column}{}", word(*if_exists, "IF EXISTS "), word(*cascade, " CASCADE"))
        }
        ColumnOperation::SetNotNull { column, .. } => format!("ALTER COLUMN {column} SET NOT NULL"),
        ColumnOperation::DropNotNull { column, .. } => format!("ALTER COLUMN {column} DROP NOT NULL"),
        ColumnOperation::SetDefault { column, default, .. } => format!("ALTER COLUMN {column} SET DEFAULT {default}"),
        ColumnOperation::DropDefault { column, .. } => format!("ALTER COLUMN {column} DROP DEFAULT"),
        ColumnOperation::SetType { column, ty, collation, using, .. } => format!(
            "ALTER COLUMN {column} SET DATA TYPE {ty}{}{}",
            collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default(),
            using.as_ref().map(|u| format!(" USING {u}")).unwrap_or_default(),
        ),
        ColumnOperation::Rename { .. } | ColumnOperation::SetAttribute { .. } => return None,
    })
}

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
