//! # retype-by-drop
//!
//! Prisma changes a type that it cannot cast by dropping the column and adding it again: every value is lost, and with NOT NULL
//! the migration fails on a table that has rows.
//!
//! ## Instead
//!
//! Keep the old column, add the new one beside it, copy the values in batches, and swap them after a deploy. safestep reports the
//! pair and passes it through.
//!
//! ## References
//!
//! Prisma documentation, Customizing migrations.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::Operation;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::DropColumn { table, column, .. } = site.operation() else { return None };
    if site.schema.is_new(&table.name) {
        return None;
    }
    site.later().find(|(_, operation)| {
        matches!(operation, Operation::AddColumn { table: other, column: added, .. } if other.name == table.name && added.name == *column)
    })?;
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "every value of {} is lost: the column is dropped and added again empty",
            dotted(&table.name, column)
        ),
        label: "dropped here, added again below".into(),
        help: "left as it is: keep the values in a second column and swap the two after a deploy".into(),
    }))
}
