//! # drop-type
//!
//! `DROP TYPE` fails while a column uses the type; with CASCADE it silently drops those columns and their values.
//!
//! ## Instead
//!
//! Change the columns first; never CASCADE. safestep reports the drop and passes it through.
//!
//! ## References
//!
//! PostgreSQL documentation, DROP TYPE.

use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::Operation;
use crate::schema::Age;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::DropType { names, cascade, .. } = site.operation() else { return None };
    if names.iter().all(|n| site.schema.enum_type(n).is_some_and(|e| e.age == Age::New)) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: if *cascade { Severity::Danger } else { Severity::Caution },
        applicability: Applicability::Phased,
        table: None,
        lock: None,
        message: match cascade {
            true => format!("every column of type {} is dropped with its values", listed(names)),
            false => format!("running code that names {} breaks", listed(names)),
        },
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer uses the type".into(),
    }))
}
