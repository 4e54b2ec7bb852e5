//! # drop-table
//!
//! `DROP TABLE` is instant, but the rows are lost, running code that uses the table fails, and every table that it references or
//! that references it is locked as well.
//!
//! ## Instead
//!
//! Deploy code that no longer uses the table, drop its foreign keys one by one, then drop it. safestep reports the drop and
//! passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, DROP TABLE.

use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::Operation;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::DropTable { names, .. } = site.operation() else { return None };
    let table = names.iter().find(|name| !site.schema.is_new(name))?;
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("the rows of {} are lost, and running code that uses it breaks", listed(names)),
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer uses the table".into(),
    }))
}
