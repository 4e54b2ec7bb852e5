//! # drop-column
//!
//! `DROP COLUMN` is instant, but the values are lost, and code that is still running and names the column fails from that moment on.
//! Keys and indexes that have the column go with it, also those of several columns.
//!
//! ## Instead
//!
//! Deploy code that no longer names the column first (in Prisma: mark the field `@ignore`), then drop it. In a framework whose later
//! phases can wait beside its migrations, the drop leaves the migration and waits until `safestep release` brings it in. A column
//! that is NOT NULL and has no default takes NULL from now on, or the new code could not insert. Elsewhere safestep reports the
//! drop and passes it through.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TABLE t (id int, a text NOT NULL);
//! CREATE INDEX t_a_idx ON t (a);
//! -- in a migration:
//! ALTER TABLE t DROP COLUMN a;
//! -- becomes:
//! ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx; -- from here on after the deploy
//! ALTER TABLE t DROP COLUMN a;
//! ```
//!
//! ## Why it is safe
//!
//! Old code reads and writes the column as before; new code leaves it out, and gets its default or NULL. Nothing is lost before no
//! running code names it. What is indexed stays so until then. An index goes without a lock that anybody waits for; the column's own
//! removal is a change of the catalog alone.
//!
//! ## Watch
//!
//! The values are gone with the last phase, and no undo brings them back: keep a copy where somebody may want them.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, DROP COLUMN.

use super::drop_index::{drop_concurrently, undo};
use super::leaving::{
    self, because, deferrable, drop_key, is_column, is_relaxed, no_view_reads, own_indexes, own_keys,
};
use super::slug::without_table;
use super::{Applicability, Hazard, Outcome, Severity, Site, StepBuilder, dotted, listed, rename_column};
use crate::operation::{ColumnOperation, ConstraintKind, Ident, Operation, QualifiedName, TableRef};
use crate::plan::{Check, Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::schema::{Age, Column, ConstraintState, same};

const LEFT: &str = "left as it is: run it after a deploy whose code no longer names the column";

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Drop { table, column, cascade, .. }) = site.operation() else { return None };
    if site.schema.is_new(&table.name) || site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New) {
        return None;
    }
    let along = match falls_with(site, &table.name, column).as_slice() {
        [] => String::new(),
        [only] => format!("; {only} goes with it"),
        several => format!("; {} go with it", listed(several)),
    };
    let name = dotted(&table.name, column);
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("the values of {name} are lost, and running code that names it breaks{along}"),
        label: "cannot be taken back".into(),
        help,
    };
    if let Err(why) = site.may_wait() {
        return Some(Outcome::reported(hazard(because(LEFT, why))));
    }
    Some(match deferrable(site, table, column, *cascade) {
        Ok(known) => {
            let asks = is_renamed(site, &table.name, known);
            let hazard = hazard(format!("dropped after a deploy whose code no longer names it{asks}"));
            let is_leaving = |other: &QualifiedName, name: &Ident| same(other, &table.name) && *name == known.name;
            let types = leaving::own_types(site, &is_leaving);
            Outcome {
                claims: types.iter().map(|(at, _)| *at).collect(),
                deferral: Some(deferral(site, &table.name, known, &types)),
                ..Outcome::rewritten(hazard, steps(site, table, known, &types))
            }
        }
        Err(why) => Outcome::reported(hazard(format!("{LEFT}; {why}"))),
    })
}

/// Asks whether another column is this one under a new name: nobody can see it in a drop and an add.
fn is_renamed(site: &Site<'_>, table: &QualifiedName, column: &Column) -> String {
    let [first, others @ ..] = &rename_column::perhaps(site, table, column)[..] else { return String::new() };
    let names = others.iter().fold(first.to_string(), |names, name| format!("{names} or {name}"));
    let flag = format!("--rename {}.{}={}", table.name.as_str(), column.name.as_str(), first.as_str());
    format!("; if it is renamed to {names}, `{flag}` keeps the values")
}

fn steps(site: &Site<'_>, table: &TableRef, column: &Column, types: &[(usize, QualifiedName)]) -> Vec<Step> {
    let mut steps = site.steps();
    let mut now = 0;
    if is_relaxed(column) {
        relax(&mut steps, table, column);
        now = 1;
    }
    free(&mut steps, site, table, &column.name);
    let mut last = Step { settles: Some(leaving::SETTLES), ..site.pass_through() };
    // The keys are gone by then, and with them the locks on the other tables.
    let others: Vec<QualifiedName> = own_keys(site, &table.name, &column.name).filter_map(far_end).collect();
    last.locks.retain(|(other, _)| same(other, &table.name) || !others.iter().any(|far| same(far, other)));
    steps.add(last);
    leaving::drop_types(site, &mut steps, types);
    steps.wait_from(now, Phase::Contract).done()
}

/// The column takes NULL from now on.
pub(super) fn relax(steps: &mut StepBuilder, table: &TableRef, column: &Column) {
    let of = |operation: fn(TableRef, Ident) -> ColumnOperation| {
        Operation::Column(operation(table.clone(), column.name.clone()))
    };
    let relax = of(|table, column| ColumnOperation::DropNotNull { table, column });
    let undo = Undo::By(vec![of(|table, column| ColumnOperation::SetNotNull { table, column })]);
    let slug = format!("{}_{}_nullable", snake_case(&table.name.name), snake_case(&column.name));
    steps.step(relax, slug, "code that no longer names the column can insert", undo);
}

/// What has the column and no other goes, so that its removal is brief and locks nothing else.
pub(super) fn free(steps: &mut StepBuilder, site: &Site<'_>, table: &TableRef, column: &Ident) {
    for key in own_keys(site, &table.name, column) {
        let words = snake_case(&table.name.name);
        let slug = format!("{words}_drop_{}", without_table(&key.name, &words));
        drop_key(steps, table.clone(), key, slug, "locks the other table for an instant".into());
    }
    for index in own_indexes(site, &table.name, column) {
        let slug = format!("drop_index_{}", snake_case(&index.name.name));
        let why = "without it the removal of the column takes nothing else with it";
        steps.step(drop_concurrently(&index.name), slug, why, undo(site, &index.name));
    }
}

fn deferral(site: &Site<'_>, table: &QualifiedName, column: &Column, types: &[(usize, QualifiedName)]) -> Deferral {
    let name = dotted(table, &column.name);
    let inserts = is_relaxed(column).then(|| Check {
        condition: format!("code that does not name {name} can insert"),
        query: format!(
            "SELECT a.attname FROM pg_attribute a WHERE a.attnotnull AND {}",
            is_column(table, &column.name)
        ),
    });
    let own = Owned::Column { table: table.clone(), column: column.name.clone(), becomes: None };
    let checks = inserts.into_iter().chain([no_view_reads(site, table, &column.name)]).collect();
    Deferral {
        gate: Gate {
            deploy: format!("no running code names {name}"),
            checks,
            undo: format!(
                "deploy code that names {name} again: it is there; rows that came meanwhile have its default or NULL"
            ),
        },
        owns: std::iter::once(own).chain(leaving::owned_types(types)).collect(),
    }
}

/// The table that a foreign key points at.
fn far_end(state: &ConstraintState) -> Option<QualifiedName> {
    match &state.constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key.references.clone()),
        _ => None,
    }
}

/// The keys and unique indexes that have the column and others: what they protect is unprotected afterwards.
fn falls_with(site: &Site<'_>, table: &QualifiedName, column: &Ident) -> Vec<String> {
    let constraints = site.schema.table(table).into_iter().flat_map(|t| &t.constraints);
    let keys = constraints.filter_map(|state| {
        let columns = match &state.constraint.kind {
            ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => columns,
            ConstraintKind::ForeignKey(key) => &key.columns,
            ConstraintKind::Check { .. } | ConstraintKind::Exclude(_) | ConstraintKind::NotNull { .. } => {
                return None;
            }
        };
        (columns.len() > 1 && columns.contains(column)).then(|| state.name.to_string())
    });
    let indexes = site.schema.indexes_of(table).filter(|index| {
        let has = index.columns.iter().any(|element| element.column() == Some(column));
        index.unique && index.constraint.is_none() && index.columns.len() > 1 && has
    });
    let mut names: Vec<String> = keys.collect();
    names.extend(indexes.map(|index| index.name.to_string()).filter(|name| !names.contains(name)).collect::<Vec<_>>());
    names
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_key_of_several_columns_goes_with_it() {
        check(
            "drop-column",
            "
            CREATE TABLE t (a int, b int, CONSTRAINT t_a_b_key UNIQUE (a, b));
            -- in a migration:
            ALTER TABLE t DROP COLUMN a;
            -- is reported:
            -- danger: the values of t.a are lost, and running code that names it breaks; t_a_b_key goes with it
            ",
        );
    }

    #[test]
    fn what_has_a_default_stays_as_it_is_until_it_goes() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int, a int NOT NULL DEFAULT 0);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a;
            -- becomes:
            ALTER TABLE t DROP COLUMN a;
            ",
        );
    }

    #[test]
    fn what_stands_behind_it_runs_before_it() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int, a text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b text;
            -- becomes:
            ALTER TABLE t ADD COLUMN b text;
            ALTER TABLE t DROP COLUMN a;
            ",
        );
    }

    #[test]
    fn an_index_that_goes_with_it_waits_as_well() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int, a text, b text);
            CREATE INDEX t_a_b_idx ON t (a, b);
            -- in a migration:
            DROP INDEX t_a_b_idx;
            ALTER TABLE t DROP COLUMN a;
            ALTER TABLE t ADD COLUMN c text;
            -- becomes:
            ALTER TABLE t ADD COLUMN c text;
            DROP INDEX CONCURRENTLY IF EXISTS t_a_b_idx;
            ALTER TABLE t DROP COLUMN a;
            ",
        );
    }

    #[test]
    fn what_takes_its_name_keeps_it_from_waiting() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int, a text);
            CREATE VIEW v AS SELECT id FROM t;
            -- in a migration:
            ALTER TABLE t DROP COLUMN a;
            DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;
            -- is reported:
            -- danger: the values of t.a are lost, and running code that names it breaks
            ",
        );
    }

    #[test]
    fn its_foreign_key_goes_before_it() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (id int, p int REFERENCES p);
            -- in a migration:
            ALTER TABLE t DROP COLUMN p;
            -- becomes:
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_p_fkey;
            ALTER TABLE t DROP COLUMN p;
            ",
        );
    }

    #[test]
    fn a_foreign_key_that_the_migration_drops_waits_with_it() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (id int, p int NOT NULL REFERENCES p);
            -- in a migration:
            ALTER TABLE t DROP CONSTRAINT t_p_fkey;
            ALTER TABLE t DROP COLUMN p;
            -- becomes:
            ALTER TABLE t ALTER COLUMN p DROP NOT NULL;
            ALTER TABLE t DROP CONSTRAINT t_p_fkey;
            ALTER TABLE t DROP COLUMN p;
            ",
        );
    }

    #[test]
    fn its_type_goes_behind_it() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TYPE mood AS ENUM ('sad');
            CREATE TABLE t (id int, a mood);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a;
            DROP TYPE mood;
            -- becomes:
            ALTER TABLE t DROP COLUMN a;
            DROP TYPE mood;
            ",
        );
    }

    #[test]
    fn a_new_column_is_known_to_nobody() {
        check(
            "drop-column",
            "
            CREATE TABLE t (id int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a int;
            ALTER TABLE t DROP COLUMN a;
            -- is left alone
            ",
        );
    }
}
