//! The snapshots of folders: each names those that it was made after, and version 9 holds only what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::super::{FrameworkError, WrittenSchemas};
use super::{parse, rows, schema};
use crate::schema::Schema;

/// For each migration, where the schema after it is written down.
pub(super) struct Chain {
    places: Vec<Place>,
}

enum Place {
    /// Nowhere.
    Nowhere,
    /// In this file alone, or it cannot be read.
    File(Utf8PathBuf),
    /// In this file and those before it.
    Summed(Utf8PathBuf, Rows),
}

type Rows = BTreeMap<RowKey, Arc<Value>>;

/// An object's kind, and its names from the outside in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey {
    pub kind: String,
    pub names: Vec<String>,
}

/// What has to be known of every snapshot.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    version: String,
    id: String,
    #[serde(default)]
    prev_ids: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    pub ddl: Option<Vec<Value>>,
    #[serde(default)]
    pub deltas: Vec<Delta>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(super) enum Delta {
    Create {
        row: Value,
    },
    Alter {
        key: String,
        set: Map<String, Value>,
    },
    Drop {
        key: String,
    },
    /// Nothing that rc.5 writes.
    #[serde(other)]
    Unknown,
}

impl Chain {
    /// Reads what each snapshot was made after, and sums up those that hold only changes.
    pub(super) fn read(files: &[Utf8PathBuf]) -> Self {
        let headers: Vec<Option<Result<Header, FrameworkError>>> =
            files.par_iter().map(|file| file.is_file().then(|| parse(file))).collect();
        let mut tips: BTreeSet<String> = BTreeSet::new();
        let mut sum: Option<Rows> = None;
        let mut places = Vec::new();
        for (file, header) in files.iter().zip(headers) {
            places.push(match header {
                None => {
                    sum = sum.filter(|_| !renames(file));
                    Place::Nowhere
                }
                Some(Err(_)) => {
                    sum = None;
                    Place::File(file.clone())
                }
                Some(Ok(header)) => {
                    // On a branch that another one has not been merged into, the other one's objects are missing.
                    let complete = tips.iter().all(|tip| header.prev_ids.contains(tip));
                    tips.retain(|tip| !header.prev_ids.contains(tip));
                    tips.insert(header.id);
                    if header.version == "9" {
                        next(&mut sum, file)
                    } else if complete {
                        Place::File(file.clone())
                    } else {
                        Place::Nowhere
                    }
                }
            });
        }
        Chain { places }
    }
}

impl WrittenSchemas for Chain {
    fn file(&self, at: usize) -> Option<&Utf8Path> {
        match self.places.get(at)? {
            Place::Nowhere => None,
            Place::File(file) | Place::Summed(file, _) => Some(file),
        }
    }

    fn after(&self, at: usize) -> Result<Schema, FrameworkError> {
        match self.places.get(at) {
            Some(Place::File(file)) => super::read(file),
            Some(Place::Summed(file, sum)) => {
                let rows: Result<Vec<rows::Row>, _> =
                    sum.values().map(|row| rows::Row::deserialize(row.as_ref())).collect();
                let rows = rows.map_err(|error| FrameworkError::Unusable {
                    path: file.clone(),
                    why: format!("is not what drizzle-kit writes: {error}"),
                })?;
                Ok(schema(&rows::operations(rows)))
            }
            Some(Place::Nowhere) | None => Ok(Schema::default()),
        }
    }
}

/// Lays a snapshot of version 9 over the sum of those before it.
///
/// A rename is in none of them (1.0.0-rc.5 writes an empty list for it), so after one the sum has names that are gone:
/// nothing is known from there on, until a snapshot holds everything again.
fn next(sum: &mut Option<Rows>, file: &Utf8Path) -> Place {
    let Ok(changes) = parse::<Changes>(file) else {
        *sum = None;
        return Place::File(file.to_owned());
    };
    let before = sum.take();
    *sum = match changes.ddl {
        Some(ddl) => Some(ddl.into_iter().map(|row| (RowKey::of(&row), Arc::new(row))).collect()),
        None if renames(file) => None,
        None => before.and_then(|rows| changed(rows, changes.deltas)),
    };
    sum.clone().map_or(Place::Nowhere, |rows| Place::Summed(file.to_owned(), rows))
}

/// `None` where a change is of an object that is not there.
fn changed(mut rows: Rows, deltas: Vec<Delta>) -> Option<Rows> {
    for delta in deltas {
        match delta {
            Delta::Create { row } => drop(rows.insert(RowKey::of(&row), Arc::new(row))),
            Delta::Alter { key, set } => {
                let row = rows.get_mut(&RowKey::read(&key)?)?;
                Arc::make_mut(row).as_object_mut()?.extend(set);
            }
            Delta::Drop { key } => drop(rows.remove(&RowKey::read(&key)?)?),
            Delta::Unknown => return None,
        }
    }
    Some(rows)
}

/// True when the migration beside a snapshot renames something, or cannot be read.
fn renames(snapshot: &Utf8Path) -> bool {
    let text = crate::source::read_text(&snapshot.with_file_name(super::super::FILE));
    text.is_none_or(|text| text.to_ascii_uppercase().contains("RENAME"))
}

impl RowKey {
    /// `columns\0["public","users","name"]`.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, names) = text.split_once('\0')?;
        Some(RowKey { kind: kind.to_owned(), names: serde_json::from_str(names).ok()? })
    }

    /// An index is named without its table, as its name is its schema's.
    pub fn of(row: &Value) -> Self {
        let text = |field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
        let kind = text("entityType").unwrap_or_default();
        let table = text("table").filter(|_| kind != "indexes");
        let names = [text("schema"), table, text("name")].into_iter().flatten().collect();
        RowKey { kind, names }
    }
}
