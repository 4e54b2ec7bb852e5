//! # failing-statement
//!
//! A statement that PostgreSQL refuses whatever the rows are: an object of that name exists already, a column is not there, a
//! foreign key points at columns that are not unique, something depends on what is dropped. Every deploy stops at it.
//!
//! ## Instead
//!
//! The message says what is in the way, with PostgreSQL's error code: mend the migration. safestep rewrites nothing of it before
//! that, because the statements above the failing one would be committed without the rest.
//!
//! ## Watch
//!
//! safestep knows what the migrations make. Where they say nothing of an object (an extension's table, one made by hand), it is
//! taken to be there.
//!
//! ## References
//!
//! PostgreSQL documentation, Appendix A, PostgreSQL Error Codes.

use super::{Applicability, Hazard, Outcome, Severity, Site};

/// The rule's id.
pub(crate) const ID: &str = "failing-statement";

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let why = site.schema.check_applies(site.operation(), site.settings.postgres).err().filter(|why| why.sure)?;
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: site.operation().table().cloned(),
        lock: None,
        message: format!("this fails: {why}"),
        label: "PostgreSQL refuses it here".into(),
        help: "left as it is: mend the migration, the deploy stops at this statement".into(),
    }))
}
