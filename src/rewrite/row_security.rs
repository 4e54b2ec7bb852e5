//! # row-security
//!
//! With `ENABLE ROW LEVEL SECURITY` a table without a policy shows no row to anybody but its owner, superusers and roles with
//! BYPASSRLS: queries do not fail, they find nothing. `FORCE` hides the rows from the owner as well. A policy `AS RESTRICTIVE`
//! only takes away from what others let through, and the last of those hides every row when it goes.
//!
//! ## Instead
//!
//! The policy first, in the same transaction. safestep reports the statement where neither an earlier migration nor this one makes a
//! permissive policy for the table, and the `DROP POLICY` behind which there is none.
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
use crate::operation::{
    ObjectKind, ObjectOperation, Operation, QualifiedName, RowSecurity, TableAttribute, TableOperation,
};
use crate::schema::{Dependent, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let (table, hidden) = match site.operation() {
        Operation::Table(TableOperation::SetAttribute { table, attribute: TableAttribute::RowSecurity(change) }) => {
            let from = match change {
                RowSecurity::Enable => "from every role but its owner",
                RowSecurity::Force => "also from its owner",
                RowSecurity::Disable | RowSecurity::NoForce => return None,
            };
            let has_policy = permissive(site, &table.name).next().is_some()
                || site.items.iter().any(|item| may_permit(&item.operation, &table.name));
            if has_policy {
                return None;
            }
            let is_any = site.schema.policies_of(&table.name).next().is_some()
                || site.items.iter().any(|item| makes_policy(&item.operation, &table.name));
            (&table.name, format!("{from}: it has no {}policy", if is_any { "permissive " } else { "" }))
        }
        Operation::Object(ObjectOperation::Drop { kind: ObjectKind::Policy, names, on: Some(table), .. }) => {
            let is_secured = site.schema.table(table).is_some_and(|known| known.row_security);
            let goes = |policy: &Dependent| names.iter().any(|name| name.name == policy.name.name);
            let is_last = permissive(site, table).next().is_some() && permissive(site, table).all(goes);
            let mut later = site.later().map(|(_, operation)| operation);
            if !is_secured || !is_last || later.any(|operation| may_permit(operation, table) || lifts(operation, table))
            {
                return None;
            }
            (table, "from every role but its owner: its last permissive policy goes".to_owned())
        }
        _ => return None,
    };
    if site.schema.is_new(table) {
        return None;
    }
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("every row of {table} is hidden {hidden}"),
        label: "queries find nothing from here on".into(),
        help: "left as it is: create the policies before it, in the same transaction".into(),
    }))
}

/// The policies that a row needs one of.
fn permissive<'a>(site: &Site<'a>, table: &QualifiedName) -> impl Iterator<Item = &'a Dependent> + use<'a> {
    site.schema.policies_of(table).filter(|policy| !is_restrictive(policy.definition.as_str()))
}

fn is_restrictive(definition: &str) -> bool {
    let words: Vec<String> = definition.split_whitespace().map(str::to_ascii_uppercase).collect();
    words.windows(2).any(|pair| pair == ["AS", "RESTRICTIVE"])
}

fn makes_policy(operation: &Operation, table: &QualifiedName) -> bool {
    matches!(operation, Operation::Object(ObjectOperation::Create { kind: ObjectKind::Policy, on: Some(on), .. }) if same(on, table))
}

/// It makes a permissive policy, or may do.
fn may_permit(operation: &Operation, table: &QualifiedName) -> bool {
    match operation {
        Operation::Object(ObjectOperation::Create { definition, .. }) => {
            makes_policy(operation, table) && !is_restrictive(definition.as_str())
        }
        operation => matches!(operation, Operation::Opaque { .. }),
    }
}

/// It takes row security off the table.
fn lifts(operation: &Operation, table: &QualifiedName) -> bool {
    matches!(operation, Operation::Table(
        TableOperation::SetAttribute { table: on, attribute: TableAttribute::RowSecurity(RowSecurity::Disable) }
    ) if same(&on.name, table))
        || matches!(operation, Operation::Table(TableOperation::Drop { names, .. }) if names.iter().any(|name| same(name, table)))
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

    #[test]
    fn a_restrictive_policy_lets_nothing_through() {
        check(
            "row-security",
            "
            CREATE POLICY t_some ON t AS RESTRICTIVE USING (a > 0);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            -- is reported:
            -- danger: every row of t is hidden from every role but its owner: it has no permissive policy
            ",
        );
    }

    #[test]
    fn the_last_one_goes() {
        check(
            "row-security",
            "
            CREATE TABLE t (a int);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY t_all ON t USING (true);
            -- in a migration:
            DROP POLICY t_all ON t;
            -- is reported:
            -- danger: every row of t is hidden from every role but its owner: its last permissive policy goes
            ",
        );
    }

    #[test]
    fn one_that_is_made_again_is_none() {
        check(
            "row-security",
            "
            CREATE TABLE t (a int);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY t_all ON t USING (true);
            -- in a migration:
            DROP POLICY t_all ON t;
            CREATE POLICY t_all ON t USING (a > 0);
            -- is left alone
            ",
        );
    }
}
