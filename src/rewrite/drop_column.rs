//! # drop-column
//!
//! `DROP COLUMN` is instant, but the values are lost, and code that is still running and names the column fails from that moment on.
//!
//! ## Instead
//!
//! Deploy code that no longer names the column first (in Prisma: mark the field `@ignore`), then drop it. safestep reports the
//! drop and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, DROP COLUMN.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::Operation;
use crate::schema::Age;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::DropColumn { table, column, .. } = site.operation() else { return None };
    if site.schema.is_new(&table.name) || site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "the values of {} are lost, and running code that names it breaks",
            dotted(&table.name, column)
        ),
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer names the column".into(),
    }))
}
