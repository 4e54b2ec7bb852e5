//! # data-change
//!
//! `UPDATE` and `DELETE` without a WHERE touch every row in one transaction: each row stays locked until the end, the table
//! bloats, and replicas fall behind. `TRUNCATE` takes ACCESS EXCLUSIVE and loses every row.
//!
//! ## Instead
//!
//! Change the rows in batches with a commit after each, by key range. safestep reports the statement and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, 13.3.2 Row-Level Locks.

use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::Operation;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, message) = match site.operation() {
        Operation::Update { table, bounded: false } => {
            (table, format!("every row of {table} stays locked until all are changed"))
        }
        Operation::Delete { table, bounded: false } => {
            (table, format!("every row of {table} is deleted in one transaction"))
        }
        Operation::Truncate { tables, .. } => (tables.first()?, format!("every row of {} is lost", listed(tables))),
        _ => return None,
    };
    if site.schema.is_new(table) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message,
        label: "all rows in one transaction".into(),
        help: "left as it is: change the rows in batches, with a commit after each".into(),
    }))
}
