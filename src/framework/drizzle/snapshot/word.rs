//! What one snapshot says of a column, a table or an enum.

use camino::Utf8Path;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::super::FrameworkError;
use super::chain::{Changes, Delta, RowKey};
use super::{parse_text, schema_in};
use crate::operation::QualifiedName;
use crate::plan::Owned;
use crate::sql::literal;

/// What a snapshot says of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Says {
    /// It is there.
    There,
    /// It is not there.
    Gone,
    /// It holds only changes, and none of it.
    Nothing,
}

/// What every snapshot has that holds a whole schema.
#[derive(Deserialize)]
struct Whole {
    tables: Option<IgnoredAny>,
    ddl: Option<IgnoredAny>,
}

/// The text of a snapshot that holds a whole schema, and not only what changed.
pub(in super::super) fn is_whole(text: &str) -> bool {
    serde_json::from_str::<Whole>(text).is_ok_and(|whole| whole.tables.is_some() || whole.ddl.is_some())
}

/// What the text of a snapshot says of something.
///
/// # Errors
/// When it is not what drizzle-kit writes.
pub(in super::super) fn says(path: &Utf8Path, text: &str, owned: &Owned) -> Result<Says, FrameworkError> {
    if is_whole(text) {
        let schema = schema_in(path, text)?;
        let is_there = match owned {
            Owned::Column { table, column, .. } => schema.column(table, column).is_some(),
            Owned::Table { table } | Owned::Name { name: table, .. } => schema.table(table).is_some(),
            Owned::Type { name } => schema.enum_type(name).is_some(),
            Owned::Labels { name, labels, .. } => schema
                .enum_type(name)
                .is_some_and(|known| labels.iter().any(|label| known.labels.contains(&literal(label)))),
            Owned::Shadow { .. } => false,
        };
        return Ok(if is_there { Says::There } else { Says::Gone });
    }
    let changes: Changes = parse_text(path, text)?;
    let mut found = Says::Nothing;
    for delta in &changes.deltas {
        let (key, says) = match delta {
            Delta::Create { row } => (Some(RowKey::of(row)), Says::There),
            Delta::Alter { key, .. } => (RowKey::read(key), Says::There),
            Delta::Drop { key } => (RowKey::read(key), Says::Gone),
            Delta::Unknown => (None, Says::Nothing),
        };
        // what is dropped and made again is there
        if key.is_some_and(|key| is_about(&key, owned)) && found != Says::There {
            found = says;
        }
    }
    Ok(found)
}

fn is_about(key: &RowKey, owned: &Owned) -> bool {
    let names: Vec<&str> = key.names.iter().map(String::as_str).collect();
    let schema = |name: &QualifiedName| name.schema.as_ref().map_or("public", |schema| schema.as_str()).to_owned();
    match (owned, key.kind.as_str()) {
        (Owned::Column { table, column, .. }, "columns") => {
            names == [&schema(table), table.name.as_str(), column.as_str()]
        }
        (Owned::Table { table: name } | Owned::Name { name, .. }, "tables") | (Owned::Type { name }, "enums") => {
            names == [&schema(name), name.name.as_str()]
        }
        _ => false,
    }
}
