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
use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, listed};
use crate::operation::{ColumnOperation, ConstraintKind, Ident, Operation, QualifiedName, TableRef};
use crate::plan::{Check, Deferral, Gate, OwnedColumn, Phase, Step, Undo, snake_case};
use crate::schema::{Age, Column, ConstraintState, Index, RelationKind};
use crate::sql::literal;

/// Its id.
const ID: &str = "drop-column";

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
    if !site.settings.has_phases {
        return Some(Outcome::reported(hazard(LEFT.into())));
    }
    Some(match deferrable(site, table, column, *cascade) {
        Ok(known) => {
            let hazard = hazard("dropped after a deploy whose code no longer names it".into());
            Outcome {
                deferral: Some(deferral(&table.name, known)),
                ..Outcome::rewritten(hazard, steps(site, table, known))
            }
        }
        Err(why) => Outcome::reported(hazard(format!("{LEFT}; {why}"))),
    })
}

/// The column, where the drop can wait by itself, or why it cannot.
fn deferrable<'a>(site: &'a Site<'_>, table: &TableRef, column: &Ident, cascade: bool) -> Result<&'a Column, String> {
    let state = site.schema.table(&table.name).filter(|state| state.columns_known);
    let state = state.ok_or("the migrations do not tell what the table looks like")?;
    let known =
        state.columns.get(column).filter(|known| known.sure).ok_or("the migrations do not tell what it looks like")?;
    if cascade {
        return Err("CASCADE takes what nobody can list with it".into());
    }
    let is_alone =
        state.kind == RelationKind::Table && state.parents.is_empty() && site.schema.children(&table.name).is_empty();
    if !is_alone || table.only {
        return Err("other tables share the column".into());
    }
    if state.primary_key().is_some_and(|key| key.contains(column)) {
        return Err("it is in the primary key".into());
    }
    let has_key = |constraint: &&ConstraintState| matches!(&constraint.constraint.kind, ConstraintKind::ForeignKey(key) if key.columns.contains(column));
    if let Some(key) = state.constraints.iter().find(has_key) {
        return Err(format!("its foreign key {} would have to wait with it", key.name));
    }
    let is_referenced = |constraint: &ConstraintState| matches!(&constraint.constraint.kind, ConstraintKind::ForeignKey(key) if key.referenced.contains(column));
    if let Some((other, key)) = site.schema.referencing(&table.name).into_iter().find(|(_, key)| is_referenced(key)) {
        return Err(format!("the foreign key {} of {} points at it", key.name, other.name));
    }
    Ok(known)
}

fn steps(site: &Site<'_>, table: &TableRef, column: &Column) -> Vec<Step> {
    let mut steps = site.steps();
    let mut now = 0;
    if is_relaxed(column) {
        let of = |operation: fn(TableRef, Ident) -> ColumnOperation| {
            Operation::Column(operation(table.clone(), column.name.clone()))
        };
        let relax = of(|table, column| ColumnOperation::DropNotNull { table, column });
        let undo = Undo::By(vec![of(|table, column| ColumnOperation::SetNotNull { table, column })]);
        let slug = format!("{}_{}_nullable", snake_case(&table.name.name), snake_case(&column.name));
        steps.step(relax, slug, "code that no longer names the column can insert", undo);
        now = 1;
    }
    let is_own = |index: &&Index| {
        let only_it = matches!(index.columns.as_slice(), [key] if key.column() == Some(&column.name));
        index.constraint.is_none() && only_it
    };
    for index in site.schema.indexes_of(&table.name).filter(is_own) {
        let slug = format!("drop_index_{}", snake_case(&index.name.name));
        let why = "without it the removal of the column takes nothing else with it";
        steps.step(drop_concurrently(&index.name), slug, why, undo(site, &index.name));
    }
    steps.add(Step { settles: Some(ID), ..site.pass_through() }).wait_from(now, Phase::Contract);
    steps.done()
}

/// Without it, code that does not name the column could not insert.
fn is_relaxed(column: &Column) -> bool {
    column.not_null && column.default.is_none() && column.generated.is_none()
}

fn deferral(table: &QualifiedName, column: &Column) -> Deferral {
    let name = dotted(table, &column.name);
    let of_column = format!(
        "a.attrelid = to_regclass({}) AND a.attname = {}",
        literal(&table.to_string()),
        literal(column.name.as_str())
    );
    let views = Check {
        condition: format!("no view reads {name}"),
        query: format!(
            "SELECT DISTINCT r.ev_class::regclass FROM pg_attribute a JOIN pg_depend d ON d.refobjid = a.attrelid AND \
             d.refobjsubid = a.attnum JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass AND \
             d.refclassid = 'pg_class'::regclass AND {of_column}"
        ),
    };
    let inserts = is_relaxed(column).then(|| Check {
        condition: format!("code that does not name {name} can insert"),
        query: format!("SELECT a.attname FROM pg_attribute a WHERE a.attnotnull AND {of_column}"),
    });
    let checks = inserts.into_iter().chain([views]).collect();
    Deferral {
        gate: Gate { deploy: format!("no running code names {name}"), checks },
        owns: vec![OwnedColumn { table: table.clone(), column: column.name.clone() }],
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
    fn a_key_does_not_wait() {
        check(
            "drop-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (id int, p int REFERENCES p);
            -- in a migration:
            ALTER TABLE t DROP COLUMN p;
            -- is reported:
            -- danger: the values of t.p are lost, and running code that names it breaks
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
