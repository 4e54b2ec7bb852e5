//! # row-security
//!
//! With `ENABLE ROW LEVEL SECURITY` a table without a policy shows no row to anybody but its owner, superusers and roles with
//! BYPASSRLS: queries do not fail, they find nothing. `FORCE` hides the rows from the owner as well.
//!
//! ## Instead
//!
//! The policy first, in the same transaction. safestep reports the statement where neither an earlier migration nor this one makes a
//! policy for the table.
//!
//! ```sql
//! ALTER TABLE t ENABLE ROW LEVEL SECURITY;
//! -- is reported:
//! -- danger: every row of t is hidden from every role but its owner: it has no policy
//! ```
//!
//! ```sql
//! CREATE POLICY t_all ON t USING (true);
//! ALTER TABLE t ENABLE ROW LEVEL SECURITY;
//! -- is left alone
//! ```
//!
//! ## References
//!
//! PostgreSQL documentation, 5.9 Row Security Policies.

use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ObjectKind, ObjectOperation, Operation, RowSecurity, TableAttribute, TableOperation};
use crate::schema::same;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Table(TableOperation::SetAttribute { table, attribute: TableAttribute::RowSecurity(change) }) =
        site.operation()
    else {
        return None;
    };
    let from = match change {
        RowSecurity::Enable => "from every role but its owner",
        RowSecurity::Force => "also from its owner",
        RowSecurity::Disable | RowSecurity::NoForce => return None,
    };
    let makes_policy = |operation: &Operation| {
        matches!(
            operation,
            Operation::Object(ObjectOperation::Create { kind: ObjectKind::Policy, on: Some(on), .. })
                if same(on, &table.name)
        )
    };
    let has_policy = site.schema.policies_of(&table.name).next().is_some()
        || site
            .items
            .iter()
            .any(|item| makes_policy(&item.operation) || matches!(item.operation, Operation::Opaque { .. }));
    if has_policy || site.schema.is_new(&table.name) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("every row of {} is hidden {from}: it has no policy", table.name),
        label: "queries find nothing from here on".into(),
        help: "left as it is: create the policies before it, in the same transaction".into(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn force_is_for_the_owner() {
        check(
            "row-security",
            "
            ALTER TABLE t FORCE ROW LEVEL SECURITY;
            -- is reported:
            -- danger: every row of t is hidden also from its owner: it has no policy
            ",
        );
    }

    #[test]
    fn an_earlier_policy_counts() {
        check(
            "row-security",
            "
            CREATE TABLE t (a int);
            CREATE POLICY t_all ON t USING (true);
            -- in a migration:
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            -- is left alone
            ",
        );
    }
}
