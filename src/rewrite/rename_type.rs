//! # rename-type
//!
//! `ALTER TYPE … RENAME TO` and `RENAME VALUE` are instant, but code that names the type or writes the old label fails from that moment on.
//!
//! ## Instead
//!
//! Add the new label beside the old one, deploy code that understands both, migrate the rows, and keep or forbid the old label.
//! safestep reports the rename and passes it through.
//!
//! ```sql
//! ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
//! -- is reported:
//! -- danger: running code that writes the old label of mood breaks at once
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TYPE.

use super::drop_type::comes_back;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{Operation, TypeOperation};
use crate::schema::Age;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (name, what) = match site.operation() {
        Operation::Type(TypeOperation::Rename { name, .. }) => (name, "names the type"),
        Operation::Type(TypeOperation::RenameValue { name, .. }) => (name, "writes the old label of"),
        _ => return None,
    };
    // Where another type takes the name in the same migration, code goes on with that one.
    let renamed = matches!(site.operation(), Operation::Type(TypeOperation::Rename { .. }));
    if site.schema.enum_type(name).is_some_and(|e| e.age == Age::New) || (renamed && comes_back(site, name)) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: None,
        lock: None,
        message: format!("running code that {what} {name} breaks at once"),
        label: "the old name is gone from here on".into(),
        help: "left as it is: let old and new exist side by side until no running code uses the old".into(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_new_type_is_known_to_nobody() {
        check(
            "rename-type",
            "
            CREATE TYPE mood AS ENUM ('sad');
            ALTER TYPE mood RENAME TO feeling;
            -- is left alone
            ",
        );
    }

    #[test]
    fn code_may_name_a_type() {
        check(
            "rename-type",
            "
            CREATE TYPE mood AS ENUM ('sad');
            -- in a migration:
            ALTER TYPE mood RENAME TO feeling;
            -- is reported:
            -- danger: running code that names the type mood breaks at once
            ",
        );
    }
}
