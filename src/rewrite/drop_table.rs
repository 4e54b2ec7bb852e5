//! # drop-table
//!
//! `DROP TABLE` is instant, but the rows are lost, running code that uses the table fails, and every table at the other end of
//! a foreign key is locked as well, with ACCESS EXCLUSIVE: two busy ones one after the other, which can deadlock with a query
//! that uses both.
//!
//! ## Instead
//!
//! Deploy code that no longer uses the table first; then its foreign keys go one by one, and the table last. safestep reports the
//! drop, names the tables that it locks, and lets the keys go before it where that keeps it from locking two others at once.
//!
//! ```sql
//! CREATE TABLE p (id int PRIMARY KEY);
//! CREATE TABLE q (id int PRIMARY KEY);
//! CREATE TABLE t (a int REFERENCES p (id), b int REFERENCES q (id));
//! -- in a migration:
//! DROP TABLE t;
//! -- becomes:
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_fkey;   -- each in a transaction of its own, which tries again for its lock
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_b_fkey;
//! DROP TABLE t;
//! ```
//!
//! ## Why it is safe
//!
//! Each transaction locks the table and one other, for an instant. Between them the table is there without its keys: nobody
//! should use it by then.
//!
//! ## References
//!
//! PostgreSQL documentation, DROP TABLE; 13.3.4 Deadlocks.

use super::slug::without_table;
use super::{Applicability, Hazard, Outcome, Severity, Site, lacks_lock_timeout, listed};
use crate::operation::{
    Constraint, ConstraintKind, ConstraintOperation, Ident, ObjectKind, ObjectOperation, Operation, QualifiedName,
    TableOperation, TableRef,
};
use crate::plan::{Step, Undo, snake_case};
use crate::schema::{ConstraintState, RelationKind, same};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Table(TableOperation::Drop { names, if_exists, cascade }) = site.operation() else {
        return with_its_schema(site);
    };
    let table = names.iter().find(|name| !site.schema.is_new(name))?;
    let others: Vec<QualifiedName> = site
        .effects()
        .locks
        .iter()
        .map(|(other, _)| other)
        .filter(|other| !names.iter().any(|name| same(name, other)))
        .cloned()
        .collect();
    let along = match others.as_slice() {
        [] => String::new(),
        others => format!("; {} {} locked as well", listed(others), if others.len() == 1 { "is" } else { "are" }),
    };
    let mut outcome = Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.clone()),
        lock: site.effects().strongest(),
        message: format!("the rows of {} are lost, and running code that uses it breaks{along}", listed(names)),
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer uses the table".into(),
    });
    let keys = keys(site, table, *cascade);
    // Partitions and views have more than foreign keys to let go of.
    let covered = others.iter().all(|other| keys.iter().any(|(_, _, far)| same(far, other)));
    if names.len() == 1 && keys.len() > 1 && covered && lacks_lock_timeout(site) {
        outcome.hazard.help =
            "left as it is: foreign keys go first, one by one; run it after a deploy whose code no longer uses the table".into();
        outcome.steps = Some(one_by_one(site, &keys, *if_exists));
        outcome.guarded = true;
    }
    Some(outcome)
}

/// `DROP SCHEMA … CASCADE`: the tables in it go with it.
fn with_its_schema(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Object(ObjectOperation::Drop { kind: ObjectKind::Schema, names, cascade: true, .. }) =
        site.operation()
    else {
        return None;
    };
    let inside = names.iter().flat_map(|schema| site.schema.tables_in(&schema.name));
    let inside = inside.filter(|table| matches!(table.kind, RelationKind::Table | RelationKind::Partitioned));
    let tables: Vec<QualifiedName> = inside
        .map(|table| table.name.clone())
        .filter(|name| name.schema.is_some() && !site.schema.is_new(name))
        .collect();
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(tables.first()?.clone()),
        lock: site.effects().strongest(),
        message: format!("the rows of {} are lost, and running code that uses the schema breaks", listed(&tables)),
        label: "cannot be taken back".into(),
        help: "left as it is: run it after a deploy whose code no longer uses the schema".into(),
    }))
}

/// A foreign key with the table that has it and the one at its other end.
type Key<'a> = (QualifiedName, &'a ConstraintState, QualifiedName);

/// The foreign keys between the table and others that are in use: its own, and with CASCADE those that point at it.
fn keys<'a>(site: &Site<'a>, table: &QualifiedName, cascade: bool) -> Vec<Key<'a>> {
    let own = site.schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let own = own.filter_map(|state| match &state.constraint.kind {
        ConstraintKind::ForeignKey(key) => Some((table.clone(), state, key.references.clone())),
        _ => None,
    });
    let pointing = site.schema.referencing(table).into_iter().filter(|_| cascade);
    let pointing = pointing.map(|(other, state)| (other.name.clone(), state, other.name.clone()));
    own.chain(pointing).filter(|(_, state, far)| state.sure && !same(far, table) && !site.schema.is_new(far)).collect()
}

fn one_by_one(site: &Site<'_>, keys: &[Key<'_>], if_exists: bool) -> Vec<Step> {
    let mut steps = site.steps();
    for (table, state, far) in keys {
        let on = TableRef { name: table.clone(), only: false, if_exists };
        let words = snake_case(&table.name);
        steps.step(
            Operation::Constraint(ConstraintOperation::Drop {
                table: on.clone(),
                name: state.name.clone(),
                if_exists: true,
                cascade: false,
            }),
            format!("{words}_drop_{}", without_table(&state.name, &words)),
            format!("locks {far} for an instant, and nothing else beside it"),
            undo(on, &state.name, &state.constraint),
        );
    }
    let mut steps = steps.done();
    let mut last = site.pass_through();
    // The keys are gone by then, and with them the locks on the other tables.
    last.locks.retain(|(table, _)| !keys.iter().any(|(_, _, far)| same(far, table)));
    steps.push(last);
    steps
}

fn undo(table: TableRef, name: &Ident, constraint: &Constraint) -> Undo {
    let again = Constraint { name: Some(name.clone()), not_valid: true, ..constraint.clone() };
    Undo::By(vec![
        Operation::Constraint(ConstraintOperation::Add { table: table.clone(), constraint: again }),
        Operation::Constraint(ConstraintOperation::Validate { table, name: name.clone() }),
    ])
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn one_other_table_is_locked_with_it() {
        check(
            "drop-table",
            "
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (a int REFERENCES p (id));
            -- in a migration:
            DROP TABLE t;
            -- is reported:
            -- danger: the rows of t are lost, and running code that uses it breaks; p is locked as well
            ",
        );
    }

    #[test]
    fn a_table_goes_with_its_schema() {
        check(
            "drop-table",
            "
            CREATE SCHEMA s;
            CREATE TABLE s.t (a int);
            -- in a migration:
            DROP SCHEMA s CASCADE;
            -- is reported:
            -- danger: the rows of s.t are lost, and running code that uses the schema breaks
            ",
        );
    }

    #[test]
    fn a_new_table_is_known_to_nobody() {
        check(
            "drop-table",
            "
            CREATE TABLE t (a int);
            DROP TABLE t;
            -- is left alone
            ",
        );
    }
}
