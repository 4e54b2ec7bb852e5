//! # split-column
//!
//! A column that goes, and new ones that are to have its values: `name` becomes `first_name` and `last_name`, or two columns become
//! one. The generators write the drop and the adds; the values are lost, and running code that names the old column breaks.
//!
//! ## Instead
//!
//! Say in `[values]` (or with `--value`) how each new column is computed from the one that goes. Then the new columns come beside it,
//! a trigger computes them from what old code writes, existing rows are filled, and after the deploy of the code that uses the new
//! columns the old one goes. In a framework whose later phases cannot wait beside its migrations, safestep reports it and passes it
//! through.
//!
//! ```sql
//! -- in safestep.toml: values."t.first" = "split_part(name, ' ', 1)"
//! -- in safestep.toml: values."t.last" = "nullif(substr(name, strpos(name, ' ') + 1), name)"
//! -- in a project whose phases can wait
//! CREATE TABLE t (id int PRIMARY KEY, name text);
//! -- in a migration:
//! ALTER TABLE t DROP COLUMN name, ADD COLUMN first text, ADD COLUMN last text;
//! -- becomes:
//! BEGIN;
//! ALTER TABLE t ADD COLUMN first text;
//! ALTER TABLE t ADD COLUMN last text;
//! CREATE OR REPLACE FUNCTION t_first_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
//! BEGIN
//!   IF TG_OP = 'INSERT' THEN
//!     IF NEW.first IS NULL THEN
//!       NEW.first := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS t);
//!     END IF;
//!     IF NEW.last IS NULL THEN
//!       NEW.last := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS t);
//!     END IF;
//!   ELSIF NEW.name IS DISTINCT FROM OLD.name THEN
//!     /* code that does not know a column leaves it as it is */
//!     IF NOT (NEW.first IS DISTINCT FROM OLD.first) THEN
//!       NEW.first := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS t);
//!     END IF;
//!     IF NOT (NEW.last IS DISTINCT FROM OLD.last) THEN
//!       NEW.last := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS t);
//!     END IF;
//!   END IF;
//!   RETURN NEW;
//! END
//! $sync$;
//! CREATE TRIGGER zzz_t_first_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_first_sync();
//! COMMIT;
//! BEGIN;                                      -- in batches, both in one pass
//! UPDATE t SET first = split_part(name, ' ', 1) WHERE first IS NULL;
//! UPDATE t SET last = nullif(substr(name, strpos(name, ' ') + 1), name) WHERE last IS NULL;
//! COMMIT;
//! DO $safestep$
//! BEGIN
//!   IF EXISTS (SELECT 1 FROM t WHERE first IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL OR last IS NULL AND (nullif(substr(name, strpos(name, ' ') + 1), name)) IS NOT NULL) THEN
//!     RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'every row must have its t.first and t.last before code reads them';
//!   END IF;
//! END
//! $safestep$;
//! BEGIN;                                      -- what follows waits for the deploy
//! DROP TRIGGER IF EXISTS zzz_t_first_sync ON t;
//! DROP FUNCTION IF EXISTS t_first_sync;
//! ALTER TABLE t DROP COLUMN name;
//! COMMIT;
//! ```
//!
//! ## Why it is safe
//!
//! Old code goes on with the old column, and whatever it writes is in the new ones as well; new code finds them filled. The values are
//! computed from the row that is updated, a batch at a time, so that no concurrent write is lost. The last step before the deploy
//! fails where a row is missing. The old column goes last, when no running code names it.
//!
//! ## Watch
//!
//! Nothing computes the old column from the new ones: old code finds NULL, or the default, in rows that only new code wrote. Writes
//! that bypass triggers (`session_replication_role = replica`, logical replication) are not computed. Try the expression first, on
//! values such as a name without a blank: `SELECT name, split_part(name, ' ', 1) FROM t LIMIT 100`.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE; CREATE TRIGGER; Trigger Functions in PL/pgSQL.

use super::add_column_default::{add_bare, without};
use super::drop_column;
use super::leaving::{self, deferrable, is_relaxed, no_view_reads};
use super::sync_trigger::SyncTrigger;
use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, filling, listed};
use crate::operation::{
    Asked, Assertion, ColumnDefinition, ColumnOperation, DataOperation, Ident, Operation, SqlFragment, TableRef,
};
use crate::plan::{Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::postgres::{Volatility, volatility};
use crate::schema::Column;
use crate::sql::expression;

/// A new column and how it is computed.
struct Part<'a> {
    item: usize,
    column: &'a ColumnDefinition,
    value: SqlFragment,
}

/// Columns that go, and what comes of their values.
struct Split<'a> {
    table: &'a TableRef,
    /// Those that go, each with its item.
    old: Vec<(usize, &'a Ident)>,
    new: Vec<Part<'a>>,
}

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let split = Split::at(site)?;
    let (old, new) = (split.old_names(), split.new_names());
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(split.table.name.clone()),
        lock: site.effects().strongest(),
        message: format!(
            "the values of {old} are lost before {new} can have them, and running code that names it breaks"
        ),
        label: "cannot be taken back".into(),
        help,
    };
    let claims: Vec<usize> = split.items().filter(|item| *item != site.at).collect();
    let left = format!("left as it is: add {new} first, fill, deploy code that writes both, then drop {old}");
    let refused = |why: &str| Outcome::reported(hazard(leaving::because(&left, Some(why))));
    match site.may_wait() {
        Ok(()) => {}
        Err(Some(why)) => return Some(refused(why)),
        Err(None) => return Some(Outcome { claims, ..Outcome::reported(hazard(left)) }),
    }
    let known = match split.known(site) {
        Ok(known) => known,
        Err(why) => return Some(refused(&why)),
    };
    let done = hazard(format!("{new} beside it, computed by a trigger; {old} goes after the deploy"));
    let fired = split.new.iter().find_map(|part| filling::refused(site, &split.table.name, &part.column.name, &done));
    if let Some(fired) = fired {
        return Some(Outcome::reported(fired));
    }
    let note = format!("old code finds NULL or the default in {old} of rows that only new code writes");
    let filled = split.new.first().and_then(|part| filling::note(site, &split.table.name, &part.column.name));
    Some(Outcome {
        claims,
        deferral: Some(split.deferral(site)),
        note: Some(filled.map_or_else(|| note.clone(), |filled| format!("{note}; {filled}"))),
        ..Outcome::rewritten(done, split.steps(site, &known))
    })
}

impl<'a> Split<'a> {
    /// The columns that go and come with the operation at hand, where it is the first of them.
    fn at(site: &Site<'a>) -> Option<Split<'a>> {
        let Operation::Column(ColumnOperation::Drop { table, .. } | ColumnOperation::Add { table, .. }) =
            site.operation()
        else {
            return None;
        };
        // Most migrations say no value at all.
        if site.settings.values.is_empty() {
            return None;
        }
        let mut drops: Vec<(usize, &Ident)> = Vec::new();
        let mut adds: Vec<(Part<'a>, Vec<Ident>)> = Vec::new();
        for (at, operation) in std::iter::once((site.at, site.operation())).chain(site.later()) {
            match operation {
                Operation::Column(ColumnOperation::Drop { table: other, column, .. }) if other.name == table.name => {
                    drops.push((at, column));
                }
                Operation::Column(ColumnOperation::Add { table: other, column, .. }) if other.name == table.name => {
                    let value = site.settings.value(&table.name, &column.name).filter(|_| column.default.is_none());
                    let read = value.as_ref().and_then(expression::parse).map(|value| value.columns());
                    if let Some((value, read)) = value.zip(read) {
                        adds.push((Part { item: at, column, value }, read.into_iter().collect()));
                    }
                }
                _ => {}
            }
        }
        adds.retain(|(_, read)| drops.iter().any(|(_, column)| read.contains(column)));
        // What has a column in common goes together.
        let mut items = vec![site.at];
        loop {
            let before = items.len();
            for (part, read) in &adds {
                let own: Vec<usize> =
                    drops.iter().filter(|(_, column)| read.contains(column)).map(|(at, _)| *at).collect();
                let is_one = items.contains(&part.item) || own.iter().any(|at| items.contains(at));
                let more = std::iter::once(part.item).chain(own).filter(|_| is_one);
                let more: Vec<usize> = more.filter(|at| !items.contains(at)).collect();
                items.extend(more);
            }
            if items.len() == before {
                break;
            }
        }
        drops.retain(|(at, _)| items.contains(at));
        let new: Vec<Part> = adds.into_iter().map(|(part, _)| part).filter(|part| items.contains(&part.item)).collect();
        (!new.is_empty()).then_some(Split { table, old: drops, new })
    }

    fn items(&self) -> impl Iterator<Item = usize> {
        self.old.iter().map(|(at, _)| *at).chain(self.new.iter().map(|part| part.item))
    }

    fn old_names(&self) -> String {
        listed(&self.old.iter().map(|(_, column)| dotted(&self.table.name, column)).collect::<Vec<_>>())
    }

    fn new_names(&self) -> String {
        listed(&self.new.iter().map(|part| dotted(&self.table.name, &part.column.name)).collect::<Vec<_>>())
    }

    /// The columns that go, or why this was not proved for them.
    fn known<'s>(&self, site: &'s Site<'_>) -> Result<Vec<&'s Column>, String> {
        let Split { table, old, new } = self;
        for part in new {
            let ColumnDefinition { name, not_null, generated, constraints, collation, .. } = part.column;
            let says = |why: &str| Err(format!("{name} {why}"));
            if site.schema.column(&table.name, name).is_some() {
                return says("is there already");
            }
            if *not_null {
                return says("is NOT NULL: add it without that, and set it in a later migration");
            }
            if generated.is_some() || !constraints.is_empty() || collation.is_some() {
                return says("has more than a type: add that in a statement of its own");
            }
            if volatility(&part.value, site.schema) == Volatility::Volatile {
                return says(&format!("would get another value each time: {}", part.value));
            }
            let read = expression::parse(&part.value);
            if read.as_ref().is_none_or(expression::Expression::has_query) {
                return says("is computed by a query: name the columns of its row alone");
            }
            let columns = read.map(|read| read.columns()).unwrap_or_default();
            if let Some(unknown) = columns.iter().find(|column| site.schema.column(&table.name, column).is_none()) {
                return says(&format!("is computed from {unknown}, which {} does not have", table.name));
            }
        }
        let one = |(_, column): &(usize, &Ident)| {
            let known = deferrable(site, table, column, false)?;
            if let Some(dependent) = site.schema.dependents(&table.name, column).first() {
                return Err(format!("{} names {column}", dependent.what));
            }
            Ok(known)
        };
        old.iter().map(one).collect()
    }

    fn steps(&self, site: &Site<'_>, known: &[&Column]) -> Vec<Step> {
        let Split { table, new, .. } = self;
        let words = snake_case(&table.name.name);
        let parts: Vec<(&ColumnDefinition, &SqlFragment)> = new.iter().map(|part| (part.column, &part.value)).collect();
        let Some(first) = new.first() else { return Vec::new() };
        let sync = SyncTrigger::computing(table, known, &parts);
        let mut steps = site.steps();
        for (number, part) in new.iter().enumerate() {
            add_bare(&mut steps, table, &without(part.column), false);
            if number > 0 {
                steps.with_the_one_before();
            }
        }
        sync.create(&mut steps);
        for part in new {
            steps.backfill_as_before(
                site.schema,
                (&table.name, &part.column.name),
                part.value.clone(),
                // Rows that no value can be computed for are written once more: so all columns are filled in one pass.
                SqlFragment::new(&format!("{} IS NULL", part.column.name)),
                format!("{words}_fill_{}", snake_case(&part.column.name)),
                "existing rows get the value, a few at a time",
            );
        }
        steps.step(
            Operation::Data(DataOperation::Assertion(self.is_filled())),
            format!("{words}_{}_is_filled", snake_case(&first.column.name)),
            "the code that is deployed next reads it",
            Undo::Nothing,
        );
        for column in known.iter().filter(|column| is_relaxed(column)) {
            drop_column::relax(&mut steps, table, column);
        }
        let now = steps.count();
        let slug = format!("{words}_drop_{}", known.first().map(|column| snake_case(&column.name)).unwrap_or_default());
        sync.remove(&mut steps, &slug);
        for column in known {
            drop_column::free(&mut steps, site, table, &column.name);
        }
        for column in known {
            let drop = ColumnOperation::Drop {
                table: (*table).clone(),
                column: column.name.clone(),
                if_exists: false,
                cascade: false,
            };
            let gone = Undo::Impossible("what it removes is gone".into());
            let slug = format!("{words}_drop_{}", snake_case(&column.name));
            steps.step(Operation::Column(drop), slug, "no running code names it any more", gone);
            steps.settles(leaving::SETTLES);
        }
        steps.part_of_the_last(now).wait_from(now, Phase::Contract).done()
    }

    /// No row lacks a value that can be computed.
    fn is_filled(&self) -> Assertion {
        let missing: Vec<String> = self.new.iter().map(Part::missing).collect();
        Assertion {
            query: SqlFragment::new(&format!("SELECT 1 FROM {} WHERE {}", self.table.name, missing.join(" OR "))),
            condition: format!("every row must have its {} before code reads them", self.new_names()),
            asked: Asked::ByItself,
        }
    }

    fn deferral(&self, site: &Site<'_>) -> Deferral {
        let (old, new) = (self.old_names(), self.new_names());
        let table = &self.table.name;
        let owned = |(_, column): &(usize, &Ident)| Owned::Column {
            table: table.clone(),
            column: (*column).clone(),
            becomes: None,
        };
        Deferral {
            gate: Gate {
                deploy: format!("the code uses {new}, and no running code names {old}"),
                checks: self.old.iter().map(|(_, column)| no_view_reads(site, table, column)).collect(),
                undo: format!(
                    "deploy code that names {old} again: it is there; rows that came meanwhile have its default or NULL"
                ),
            },
            owns: self.old.iter().map(owned).collect(),
        }
    }
}

impl Part<'_> {
    /// A row has no value and could have one.
    fn missing(&self) -> String {
        format!("{} IS NULL AND ({}) IS NOT NULL", self.column.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn two_columns_become_one() {
        check(
            "split-column",
            "
            -- in safestep.toml: values.\"t.name\" = \"a || b\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL, b text);
            CREATE INDEX t_b_idx ON t (b);
            -- in a migration:
            ALTER TABLE t ADD COLUMN name text;
            ALTER TABLE t DROP COLUMN a;
            ALTER TABLE t DROP COLUMN b;
            -- becomes:
            BEGIN;
            ALTER TABLE t ADD COLUMN name text;
            CREATE OR REPLACE FUNCTION t_name_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
            BEGIN
              IF TG_OP = 'INSERT' THEN
                IF NEW.name IS NULL THEN
                  NEW.name := (SELECT a || b FROM (SELECT NEW.*) AS t);
                END IF;
              ELSIF NEW.a IS DISTINCT FROM OLD.a OR NEW.b IS DISTINCT FROM OLD.b THEN
                /* code that does not know a column leaves it as it is */
                IF NOT (NEW.name IS DISTINCT FROM OLD.name) THEN
                  NEW.name := (SELECT a || b FROM (SELECT NEW.*) AS t);
                END IF;
              END IF;
              RETURN NEW;
            END
            $sync$;
            CREATE TRIGGER zzz_t_name_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_name_sync();
            COMMIT;
            UPDATE t SET name = a || b WHERE name IS NULL;
            DO $safestep$
            BEGIN
              IF EXISTS (SELECT 1 FROM t WHERE name IS NULL AND (a || b) IS NOT NULL) THEN
                RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'every row must have its t.name before code reads them';
              END IF;
            END
            $safestep$;
            ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
            BEGIN;
            DROP TRIGGER IF EXISTS zzz_t_name_sync ON t;
            DROP FUNCTION IF EXISTS t_name_sync;
            COMMIT;
            DROP INDEX CONCURRENTLY IF EXISTS t_b_idx;
            BEGIN;
            ALTER TABLE t DROP COLUMN a;
            ALTER TABLE t DROP COLUMN b;
            COMMIT;
            ",
        );
    }

    #[test]
    fn what_was_not_proved_is_reported_with_the_reason() {
        check(
            "split-column",
            "
            -- in safestep.toml: values.\"t.b\" = \"upper(a)\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b text NOT NULL;
            -- is reported:
            -- danger: the values of t.a are lost before t.b can have them, and running code that names it breaks
            ",
        );
    }

    #[test]
    fn a_value_of_another_column_is_none_of_its_business() {
        check(
            "split-column",
            "
            -- in safestep.toml: values.\"t.b\" = \"upper(c)\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a text, c text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b text;
            -- is left alone
            ",
        );
    }
}
