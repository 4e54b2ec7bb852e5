//! # rename-table
//!
//! `RENAME TO` and `SET SCHEMA` are instant, but the code that is still running asks for the old name and fails from that moment on.
//!
//! ## Instead
//!
//! Rename the table and leave an updatable view under the old name in the same transaction; drop the view once no running code
//! uses it. safestep reports the rename and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE; CREATE VIEW, Updatable Views.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ObjectKind, Operation};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, kind) = match site.operation() {
        Operation::RenameTable { table, .. } => (&table.name, ObjectKind::Table),
        Operation::SetSchema { kind, name, .. } => (name, *kind),
        _ => return None,
    };
    if kind != ObjectKind::Table || site.schema.is_new(table) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("running code that uses {table} breaks at once"),
        label: "the old name is gone from here on".into(),
        help: "left as it is: keep a view under the old name until no running code uses it".into(),
    }))
}
