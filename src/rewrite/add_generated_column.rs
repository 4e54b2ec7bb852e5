//! # add-generated-column
//!
//! `ADD COLUMN … GENERATED ALWAYS AS (…) STORED` writes the whole table anew under an ACCESS EXCLUSIVE lock. A column of a domain
//! with a CHECK or NOT NULL does the same.
//!
//! ## Instead
//!
//! On PostgreSQL 18 a VIRTUAL column, which is instant; otherwise a plain column with a BEFORE trigger, filled in batches. No
//! sequence ends in a stored generated column: safestep reports it and passes it through.
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) STORED;
//! -- is reported:
//! -- danger: every read and write of t waits while the whole table is computed anew
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, 5.4 Generated Columns.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ColumnOperation, Generated, Operation};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Add { table, column, .. }) = site.operation() else { return None };
    let cost = site.effects();
    let stored = matches!(column.generated, Some(Generated::Stored(_)));
    let virtual_not_null = matches!(column.generated, Some(Generated::Virtual(_))) && column.not_null;
    let domain = site.schema.domain(column.ty.name()).is_some_and(|d| d.constrained);
    if cost.work == Work::Constant || !(stored || virtual_not_null || domain) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message: format!("every read and write of {} waits while the whole table is computed anew", table.name),
        label: "ACCESS EXCLUSIVE for a full rewrite".into(),
        help: match domain {
            true => "left as it is: use the domain's base type with a CHECK that is validated later".into(),
            false => "left as it is: a plain column with a trigger, filled in batches, or a VIRTUAL column on \
                 PostgreSQL 18"
                .into(),
        },
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_virtual_column_is_instant() {
        check(
            "add-generated-column",
            "
            -- in safestep.toml: postgres = 18
            ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) VIRTUAL;
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_domain_with_a_check_is_computed_for_every_row() {
        check(
            "add-generated-column",
            "
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            -- in a migration:
            ALTER TABLE t ADD COLUMN b positive;
            -- is reported:
            -- danger: every read and write of t waits while the whole table is computed anew
            ",
        );
    }
}
