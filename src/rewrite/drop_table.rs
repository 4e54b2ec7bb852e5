//! # drop-table
//!
//! `DROP TABLE` is instant, but the rows are lost, running code that uses the table fails, and every table at the other end of
//! a foreign key is locked as well, with ACCESS EXCLUSIVE: two busy ones one after the other, which can deadlock with a query
//! that uses both.
//!
//! ## Instead
//!
//! Deploy code that no longer uses the table first; then its foreign keys go one by one, and the table last. In a framework whose
//! later phases can wait beside its migrations, all of that leaves the migration and waits until `safestep release` brings it in,
//! with what goes with the table: its indexes, triggers, views, and types that nothing else is of.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TYPE mood AS ENUM ('sad');
//! CREATE TABLE p (id int PRIMARY KEY);
//! CREATE TABLE t (a int REFERENCES p (id), m mood);
//! -- in a migration:
//! ALTER TABLE t DROP CONSTRAINT t_a_fkey;
//! DROP TABLE t;
//! DROP TYPE mood;
//! -- becomes:
//! ALTER TABLE t DROP CONSTRAINT t_a_fkey;  -- all of it after the deploy
//! DROP TABLE t;
//! DROP TYPE mood;
//! ```
//!
//! Elsewhere safestep reports the drop, names the tables that it locks, and lets the keys go before it where that keeps it from
//! locking two others at once.
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
//! Old code reads and writes the table as before until no running code uses it, with its keys to protect it. Each transaction
//! locks the table and one other, for an instant. Between them the table is there without its keys: nobody should use it by then.
//!
//! ## Watch
//!
//! The rows are gone with the last phase, and no undo brings them back: keep a copy where somebody may want them.
//!
//! ## References
//!
//! PostgreSQL documentation, DROP TABLE; 13.3.4 Deadlocks.

use super::leaving::{self, because, deferrable_table, drop_key, no_key_points_at, no_view_reads_table};
use super::slug::without_table;
use super::{Applicability, Hazard, Outcome, Severity, Site, StepBuilder, lacks_lock_timeout, listed, table_pair};
use crate::operation::{
    ConstraintKind, ConstraintOperation, Ident, ObjectKind, ObjectOperation, Operation, QualifiedName, TableOperation,
    TableRef,
};
use crate::plan::{Deferral, Gate, Owned, Phase, snake_case};
use crate::schema::{ConstraintState, RelationKind, same};

const LEFT: &str = "left as it is: run it after a deploy whose code no longer uses the table";

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
        help: LEFT.into(),
    });
    let keys: Vec<Key<'_>> = names.iter().flat_map(|name| keys(site, name, *cascade)).collect();
    match site.may_wait() {
        Err(why) => outcome.hazard.help = because(LEFT, why),
        Ok(()) => match names.iter().find_map(|name| deferrable_table(site, name).err()) {
            None => return Some(deferred(site, names, &keys, *if_exists, outcome.hazard)),
            Some(why) => outcome.hazard.help = because(LEFT, Some(&why)),
        },
    }
    // Partitions and views have more than foreign keys to let go of.
    let covered = others.iter().all(|other| keys.iter().any(|(_, _, far)| same(far, other)));
    if names.len() == 1 && keys.len() > 1 && covered && lacks_lock_timeout(site) {
        outcome.hazard.help =
            "left as it is: foreign keys go first, one by one; run it after a deploy whose code no longer uses the table".into();
        let mut steps = site.steps();
        one_by_one(site, &mut steps, &keys, *if_exists);
        outcome.steps = Some(steps.done());
        outcome.guarded = true;
    }
    Some(outcome)
}

/// All of it waits for a deploy.
fn deferred(site: &Site<'_>, names: &[QualifiedName], keys: &[Key<'_>], if_exists: bool, hazard: Hazard) -> Outcome {
    let is_leaving = |table: &QualifiedName, _: &Ident| names.iter().any(|name| same(name, table));
    let types = leaving::own_types(site, &is_leaving);
    let mut steps = site.steps();
    match keys.len() > 1 {
        true => one_by_one(site, &mut steps, keys, if_exists),
        false => drop(steps.add(site.pass_through())),
    }
    steps.settles("drop-table");
    leaving::drop_types(site, &mut steps, &types);
    let help = format!("dropped after a deploy whose code no longer uses it{}", is_renamed(site, names));
    Outcome {
        claims: types.iter().map(|(at, _)| *at).collect(),
        deferral: Some(Deferral {
            gate: gate(site, names, keys),
            owns: names
                .iter()
                .map(|table| Owned::Table { table: table.clone() })
                .chain(leaving::owned_types(&types))
                .collect(),
        }),
        ..Outcome::rewritten(Hazard { help, ..hazard }, steps.wait_from(0, Phase::Contract).done())
    }
}

/// Asks whether another table is this one under a new name: nobody can see it in a drop and a create.
fn is_renamed(site: &Site<'_>, names: &[QualifiedName]) -> String {
    let [only] = names else { return String::new() };
    let [first, others @ ..] = &table_pair::perhaps(site, only)[..] else { return String::new() };
    let names = others.iter().fold(first.to_string(), |names, name| format!("{names} or {name}"));
    let flag = format!("--rename {}={}", only.name.as_str(), first.as_str());
    format!("; if it is renamed to {names}, `{flag}` keeps the rows")
}

/// What must be true before they go. Foreign keys that the migration drops go before them, and those of tables that it drops with
/// their tables.
fn gate(site: &Site<'_>, names: &[QualifiedName], keys: &[Key<'_>]) -> Gate {
    let dropped = site.items.iter().filter_map(|item| match &item.operation {
        Operation::Constraint(ConstraintOperation::Drop { name, .. }) => Some(name.clone()),
        _ => None,
    });
    let gone: Vec<Ident> = dropped.chain(keys.iter().map(|(_, state, _)| state.name.clone())).collect();
    let tables = site.items.iter().filter_map(|item| match &item.operation {
        Operation::Table(TableOperation::Drop { names, .. }) => Some(names.clone()),
        _ => None,
    });
    let tables: Vec<QualifiedName> = tables.flatten().collect();
    let of_table = |name| [no_view_reads_table(site, name), no_key_points_at(name, &gone, &tables)];
    let (it, is) = if names.len() == 1 { ("it", "is") } else { ("they", "are") };
    Gate {
        deploy: format!("no running code uses {}", listed(names)),
        checks: names.iter().flat_map(of_table).collect(),
        undo: format!("deploy code that uses {} again: {it} {is} there as before", listed(names)),
    }
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

fn one_by_one(site: &Site<'_>, steps: &mut StepBuilder, keys: &[Key<'_>], if_exists: bool) {
    for (table, state, far) in keys {
        let on = TableRef { name: table.clone(), only: false, if_exists };
        let words = snake_case(&table.name);
        let slug = format!("{words}_drop_{}", without_table(&state.name, &words));
        drop_key(steps, on, state, slug, format!("locks {far} for an instant, and nothing else beside it"));
    }
    let mut last = site.pass_through();
    // The keys are gone by then, and with them the locks on the other tables.
    last.locks.retain(|(table, _)| !keys.iter().any(|(_, _, far)| same(far, table)));
    steps.add(last);
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
    fn its_keys_go_one_by_one_after_the_deploy() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p);
            CREATE TABLE c (t int REFERENCES t);
            -- in a migration:
            ALTER TABLE p ADD COLUMN a int;
            DROP TABLE t CASCADE;
            -- becomes:
            ALTER TABLE p ADD COLUMN a int;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_p_fkey;
            ALTER TABLE c DROP CONSTRAINT IF EXISTS c_t_fkey;
            DROP TABLE t CASCADE;
            ",
        );
    }

    #[test]
    fn a_table_with_its_columns_may_be_it() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int);
            -- in a migration:
            DROP TABLE t;
            CREATE TABLE u (a int);
            -- becomes:
            CREATE TABLE u (a int);
            DROP TABLE t;
            ",
        );
    }

    #[test]
    fn what_is_on_it_waits_with_it() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int);
            CREATE INDEX t_a_idx ON t (a);
            CREATE VIEW v AS SELECT a FROM t;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            -- in a migration:
            DROP VIEW v;
            DROP INDEX t_a_idx;
            DROP TRIGGER g ON t;
            DROP FUNCTION f();
            DROP TABLE t;
            CREATE TABLE u (a int);
            -- becomes:
            CREATE TABLE u (a int);
            DROP VIEW v;
            DROP TRIGGER g ON t;
            DROP INDEX CONCURRENTLY IF EXISTS t_a_idx;
            DROP FUNCTION f();
            DROP TABLE t;
            ",
        );
    }

    #[test]
    fn several_with_keys_between_them_go_one_behind_the_other() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (p int);
            ALTER TABLE t ADD CONSTRAINT t_p_fkey FOREIGN KEY (p) REFERENCES p (id);
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_p_fkey;
            DROP TABLE p;
            DROP TABLE t;
            -- becomes:
            ALTER TABLE t DROP CONSTRAINT t_p_fkey;
            DROP TABLE p;
            DROP TABLE t;
            ",
        );
    }

    #[test]
    fn rows_that_move_elsewhere_keep_it_from_waiting() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int);
            CREATE TABLE u (a int);
            -- in a migration:
            INSERT INTO u SELECT a FROM t;
            DROP TABLE t;
            -- is reported:
            -- danger: the rows of t are lost, and running code that uses it breaks
            ",
        );
    }

    #[test]
    fn a_partition_keeps_it_from_waiting() {
        check(
            "drop-table",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (a int) PARTITION BY RANGE (a);
            CREATE TABLE t1 PARTITION OF t DEFAULT;
            -- in a migration:
            DROP TABLE t1;
            -- is reported:
            -- danger: the rows of t1 are lost, and running code that uses it breaks; t is locked as well
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
