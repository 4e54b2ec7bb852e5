//! # drop-type
//!
//! `DROP TYPE` fails while a column uses the type; with CASCADE it silently drops those columns and their values.
//!
//! ## Instead
//!
//! Change the columns first; never CASCADE. safestep reports the drop, names the columns that use the type, and passes it
//! through. A type whose name this migration made, as in the second half of a swap, is known to nobody and is not reported.
//!
//! ```sql
//! CREATE TYPE mood AS ENUM ('sad');
//! CREATE TABLE t (a mood);
//! -- in a migration:
//! DROP TYPE mood CASCADE;
//! -- is reported:
//! -- danger: t.a is dropped with its values
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, DROP TYPE.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, listed};
use crate::operation::{Operation, QualifiedName, TypeOperation};
use crate::schema::{Age, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Type(TypeOperation::Drop { names, cascade, .. }) = site.operation() else { return None };
    let users: Vec<String> = names.iter().flat_map(|name| columns_of(site, name)).collect();
    let refused = !*cascade && !users.is_empty();
    if !refused && users.is_empty() && names.iter().all(|name| is_unknown_to_code(site, name)) {
        return None;
    }
    let (message, help) = match (cascade, users.as_slice()) {
        (true, []) => (format!("every column of type {} is dropped with its values", listed(names)), None),
        (true, users) => {
            let verb = if users.len() == 1 { "is" } else { "are" };
            (
                format!(
                    "{} {verb} dropped with {} values",
                    listed(users),
                    if users.len() == 1 { "its" } else { "their" }
                ),
                None,
            )
        }
        (false, []) => (format!("running code that names {} breaks", listed(names)), None),
        (false, users) => {
            let verb = if users.len() == 1 { "is" } else { "are" };
            let message = format!("PostgreSQL refuses it: {} {verb} of type {}", listed(users), listed(names));
            let again = names.iter().any(|name| comes_back(site, name));
            let way = if again {
                "ALTER TYPE … RENAME VALUE and ADD VALUE change the labels in place"
            } else {
                "change the columns to another type first"
            };
            (message, Some(way))
        }
    };
    Some(Outcome::reported(Hazard {
        severity: if *cascade || refused { Severity::Danger } else { Severity::Caution },
        applicability: if refused { Applicability::Manual } else { Applicability::Phased },
        table: None,
        lock: None,
        message,
        label: if refused { "fails while a column is of that type" } else { "cannot be taken back" }.into(),
        help: format!("left as it is: {}", help.unwrap_or("run it after a deploy whose code no longer uses the type")),
    }))
}

/// The columns of that type, in words.
fn columns_of(site: &Site<'_>, ty: &QualifiedName) -> Vec<String> {
    let of_type = |table: &crate::schema::Table| {
        let own = table.columns.iter().filter(|column| same(column.ty.name(), ty));
        own.map(|column| dotted(&table.name, &column.name)).collect::<Vec<_>>()
    };
    site.schema.tables().flat_map(of_type).collect()
}

/// A name that this migration made, or one that is there again at its end.
fn is_unknown_to_code(site: &Site<'_>, name: &QualifiedName) -> bool {
    let is_new = site.schema.enum_type(name).is_some_and(|e| e.age == Age::New);
    let renamed = site.items[..site.at].iter().any(|item| {
        matches!(
            &item.operation,
            Operation::Type(TypeOperation::Rename { name: from, to })
                if same(&from.sibling(to.clone()), name)
        )
    });
    is_new || renamed || comes_back(site, name)
}

/// True when a later statement of the migration makes a type of that name.
pub(super) fn comes_back(site: &Site<'_>, name: &QualifiedName) -> bool {
    site.items[site.at + 1..].iter().any(|item| match &item.operation {
        Operation::Type(
            TypeOperation::CreateEnum { name: made, .. } | TypeOperation::CreateDomain { name: made, .. },
        ) => same(made, name),
        Operation::Type(TypeOperation::Rename { name: from, to }) => same(&from.sibling(to.clone()), name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn code_may_name_a_type_without_columns() {
        check(
            "drop-type",
            "
            CREATE TYPE mood AS ENUM ('sad');
            -- in a migration:
            DROP TYPE mood;
            -- is reported:
            -- caution: running code that names mood breaks
            ",
        );
    }

    #[test]
    fn a_new_type_is_known_to_nobody() {
        check(
            "drop-type",
            "
            CREATE TYPE mood AS ENUM ('sad');
            DROP TYPE mood;
            -- is left alone
            ",
        );
    }
}
