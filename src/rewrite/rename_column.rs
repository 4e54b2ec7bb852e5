//! # rename-column
//!
//! `RENAME COLUMN` is instant, but the code that is still running asks for the old name and fails from that moment on. Prisma and
//! other generators write a rename as `DROP COLUMN` and `ADD COLUMN`: then all values are lost as well.
//!
//! ## Instead
//!
//! Where only the code is to have another name, change no database: map the new name to the old column in the model (in Prisma
//! `@map`). Where the column itself is to be renamed, the new one comes beside the old one, a trigger keeps them in step, existing
//! rows are filled, and after the deploy of the code that uses the new name the old column goes. A drop and an add are a rename
//! only where you say so: `--rename t.a=b`, or `[renames]` in safestep.toml. In a framework whose later phases cannot wait beside
//! its migrations, safestep reports the rename and passes it through.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
//! -- in a migration:
//! ALTER TABLE t RENAME COLUMN a TO b;
//! -- becomes:
//! BEGIN;
//! ALTER TABLE t ADD COLUMN b text;
//! CREATE OR REPLACE FUNCTION t_b_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
//! BEGIN
//!   IF TG_OP = 'INSERT' THEN
//!     /* who knows only one of them leaves the other at its default */
//!     IF NEW.b IS NOT NULL AND NEW.b IS DISTINCT FROM NEW.a THEN
//!       NEW.a := NEW.b;
//!     ELSE
//!       NEW.b := NEW.a;
//!     END IF;
//!   ELSIF NEW.b IS DISTINCT FROM OLD.b AND NEW.b IS DISTINCT FROM NEW.a THEN
//!     NEW.a := NEW.b;
//!   ELSIF NEW.a IS DISTINCT FROM OLD.a OR NEW.b IS NULL THEN
//!     /* also in a row that is not filled yet */
//!     NEW.b := NEW.a;
//!   END IF;
//!   RETURN NEW;
//! END
//! $sync$;
//! CREATE TRIGGER zzz_t_b_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_b_sync();
//! COMMIT;
//! UPDATE t SET b = a WHERE b IS DISTINCT FROM a; -- in batches
//! ALTER TABLE t ADD CONSTRAINT t_b_nn CHECK (b IS NOT NULL) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_b_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN b SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_b_nn;
//! ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
//! COMMIT;                                     -- what follows waits for the deploy
//! DO $safestep$
//! BEGIN
//!   IF EXISTS (SELECT 1 FROM t WHERE b IS DISTINCT FROM a) THEN
//!     RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 't.a and t.b must agree in every row before t.a goes';
//!   END IF;
//! END
//! $safestep$;
//! BEGIN;
//! DROP TRIGGER IF EXISTS zzz_t_b_sync ON t;
//! DROP FUNCTION IF EXISTS t_b_sync;
//! ALTER TABLE t DROP COLUMN a;
//! COMMIT;
//! ```
//!
//! ## Why it is safe
//!
//! Whichever column a writer names, the trigger writes the other one as well, so neither code sees what the other has not
//! written. Values are computed from the row that is updated, a batch at a time, so that no concurrent write is lost. The old
//! column goes last, when no running code names it.
//!
//! ## Watch
//!
//! Writes that bypass triggers (`session_replication_role = replica`, logical replication) are not kept in step; the last phase
//! refuses to run while there are rows in which the two differ.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, RENAME; CREATE TRIGGER.

use super::add_column_default::{add_bare, without};
use super::drop_index::{drop_concurrently, undo};
use super::leaving::{self, deferrable, is_relaxed, no_view_reads, own_indexes};
use super::sync_trigger::{SyncTrigger, differ};
use super::{Applicability, Hazard, Outcome, Severity, Site, dotted, filling, set_not_null};
use crate::operation::{
    Asked, Assertion, ColumnDefinition, ColumnOperation, ConstraintKind, DataOperation, Ident, Operation,
    QualifiedName, SqlFragment, TableRef,
};
use crate::plan::{Check, Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::postgres::{Volatility, volatility};
use crate::schema::{Age, Column, ConstraintState, same};

/// A column that gets another name.
struct Rename<'a> {
    table: &'a TableRef,
    column: &'a Ident,
    to: &'a Ident,
    /// The other half, where it is a drop and an add: its item, and the column as it is added.
    pair: Option<(usize, &'a ColumnDefinition)>,
}

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let rename = renamed(site)?;
    let Rename { table, column, to, .. } = rename;
    let is_added_here = site.schema.column(&table.name, column).is_some_and(|c| c.age == Age::New);
    if site.schema.is_new(&table.name) || is_added_here || changes_places(site, &rename) {
        return None;
    }
    let name = dotted(&table.name, column);
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: match rename.pair {
            None => format!("running code that reads or writes {name} breaks at once"),
            Some(_) => format!("the values of {name} are lost, and running code that names it breaks"),
        },
        label: format!("gone from here on: {column}"),
        help,
    };
    let left = format!("left as it is: add {to} beside it, deploy code that writes both, then drop {column}");
    let claims = rename.pair.iter().map(|(item, _)| *item).collect();
    let refused =
        |why: &str| Outcome { claims: Vec::new(), ..Outcome::reported(hazard(leaving::because(&left, Some(why)))) };
    match site.may_wait() {
        Ok(()) => {}
        Err(Some(why)) => return Some(refused(why)),
        Err(None) => return Some(Outcome { claims, ..Outcome::reported(hazard(left)) }),
    }
    let done = hazard(format!("{to} beside it, kept in step by a trigger; {column} goes after the deploy"));
    Some(match known(site, &rename) {
        Err(why) => refused(&why),
        Ok((old, new)) => match filling::refused(site, &table.name, column, &done) {
            Some(refused) => Outcome::reported(refused),
            None => Outcome {
                claims,
                deferral: Some(deferral(site, &rename, old)),
                note: note(site, &rename),
                ..Outcome::rewritten(done, steps(site, &rename, old, &new))
            },
        },
    })
}

/// It is half of a swap that safestep wrote: a column that was filled beside it takes its name in the same transaction.
fn changes_places(site: &Site<'_>, Rename { table, column, .. }: &Rename<'_>) -> bool {
    let own = &site.items[site.at];
    let takes_it = |operation: &Operation| match operation {
        Operation::Column(ColumnOperation::Rename { table: other, column: from, to }) => {
            let is_new = site.schema.column(&table.name, from).is_some_and(|known| known.age == Age::New);
            same(&other.name, &table.name) && to == *column && is_new
        }
        _ => false,
    };
    let mut behind = site.following();
    own.bounds_lock_waits
        && behind.any(|(at, operation)| takes_it(operation) && site.items[at].shares_transaction_with(own))
}

/// What to know of it: the catalog knows neither comments nor the privileges of single columns, which a renamed column keeps. One
/// that is added in its place has none in the naive form either.
fn note(site: &Site<'_>, Rename { table, column, to, pair }: &Rename<'_>) -> Option<String> {
    let own = pair.is_none().then(|| {
        format!("a comment or privileges that {} has of its own do not go over to {to}", dotted(&table.name, column))
    });
    let notes: Vec<String> = own.into_iter().chain(filling::note(site, &table.name, column)).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// A rename, or a drop and an add of which the author says that they are one.
fn renamed<'a>(site: &Site<'a>) -> Option<Rename<'a>> {
    let is_said = |table: &QualifiedName, column: &Ident, to: &Ident| {
        site.settings.renamed_to(table, column).is_some_and(|name| name == to.as_str())
    };
    match site.operation() {
        Operation::Column(ColumnOperation::Rename { table, column, to }) => {
            Some(Rename { table, column, to, pair: None })
        }
        Operation::Column(ColumnOperation::Drop { table, column, .. }) => site.later().find_map(|(at, operation)| {
            let Operation::Column(ColumnOperation::Add { table: other, column: added, .. }) = operation else {
                return None;
            };
            let is_pair = other.name == table.name && is_said(&table.name, column, &added.name);
            is_pair.then_some(Rename { table, column, to: &added.name, pair: Some((at, added)) })
        }),
        Operation::Column(ColumnOperation::Add { table, column: added, .. }) => {
            site.later().find_map(|(at, operation)| {
                let Operation::Column(ColumnOperation::Drop { table: other, column, .. }) = operation else {
                    return None;
                };
                let is_pair = other.name == table.name && is_said(&table.name, column, &added.name);
                is_pair.then_some(Rename { table, column, to: &added.name, pair: Some((at, added)) })
            })
        }
        _ => None,
    }
}

/// The column, and what comes beside it, or why that was not proved.
fn known<'a>(site: &'a Site<'_>, rename: &Rename<'_>) -> Result<(&'a Column, ColumnDefinition), String> {
    let Rename { table, column, to, pair } = rename;
    let old = deferrable(site, table, column, false)?;
    if site.schema.column(&table.name, to).is_some() {
        return Err(format!("{to} is there already"));
    }
    if old.generated.is_some() || old.sequence.is_some() {
        return Err("its values are generated".into());
    }
    if old.collated {
        return Err("it has a collation of its own".into());
    }
    if !old.ty.is_built_in() && site.schema.enum_type(old.ty.name()).is_none() {
        return Err(format!("nothing is known of its type {}", old.ty.text()));
    }
    if let Some(default) = old.default.as_ref().filter(|d| volatility(d, site.schema) == Volatility::Volatile) {
        return Err(format!("its default {default} gives every column another value"));
    }
    if let Some(dependent) = site.schema.dependents(&table.name, column).first() {
        return Err(format!("{} names it", dependent.what));
    }
    let has_it = |state: &&ConstraintState| match &state.constraint.kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => columns.contains(column),
        ConstraintKind::ForeignKey(key) => key.columns.contains(column),
        ConstraintKind::Check { expression } => crate::schema::mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { .. } => false,
        ConstraintKind::Exclude(_) => true,
    };
    let constraints = site.schema.table(&table.name).into_iter().flat_map(|state| &state.constraints);
    if let Some(constraint) = constraints.into_iter().find(has_it) {
        return Err(format!("the constraint {} would have to be made again", constraint.name));
    }
    match pair {
        Some((_, added)) => same_but_for_its_name(old, added).map(|()| (old, (*added).clone())),
        None => match site.schema.indexes_of(&table.name).find(|index| index.uses_column(column)) {
            Some(index) => Err(format!("the index {} would have to be made again", index.name.name)),
            None => Ok((old, definition(old, to))),
        },
    }
}

fn definition(old: &Column, name: &Ident) -> ColumnDefinition {
    ColumnDefinition {
        name: name.clone(),
        ty: old.ty.clone(),
        storage: None,
        compression: None,
        collation: None,
        not_null: old.not_null,
        default: old.default.clone(),
        generated: None,
        constraints: Vec::new(),
    }
}

/// The columns that the migration adds to the table and that may be this one under another name.
pub(super) fn perhaps<'a>(site: &Site<'a>, table: &QualifiedName, old: &Column) -> Vec<&'a Ident> {
    let added = site.items.iter().filter_map(|item| match &item.operation {
        Operation::Column(ColumnOperation::Add { table: other, column, .. }) if other.name == *table => Some(column),
        _ => None,
    });
    added.filter(|added| same_but_for_its_name(old, added).is_ok()).map(|added| &added.name).collect()
}

/// A column that is added in another's place differs from it in nothing that a trigger would have to translate.
fn same_but_for_its_name(old: &Column, added: &ColumnDefinition) -> Result<(), String> {
    let by_itself = "change that in a migration of its own";
    let type_of = |ty: &crate::operation::TypeName| (ty.canonical().to_owned(), ty.modifiers().to_vec());
    if type_of(&old.ty) != type_of(&added.ty) {
        return Err(format!("{} has another type, {}: {by_itself}", added.name, added.ty.text()));
    }
    if old.default != added.default {
        return Err(format!("{} has another default: {by_itself}", added.name));
    }
    if old.not_null != added.not_null {
        return Err(format!("only one of the two is NOT NULL: {by_itself}"));
    }
    let more = added.collation.is_some() || added.generated.is_some() || added.storage.is_some();
    match more || added.compression.is_some() || !added.constraints.is_empty() {
        true => Err(format!("{} has more than a type, a default and NOT NULL: {by_itself}", added.name)),
        false => Ok(()),
    }
}

fn steps(site: &Site<'_>, rename: &Rename<'_>, old: &Column, new: &ColumnDefinition) -> Vec<Step> {
    let Rename { table, column, to, .. } = rename;
    let (words, to_words) = (snake_case(&table.name.name), snake_case(to));
    let of = |operation: ColumnOperation| Operation::Column(operation);
    let sync = SyncTrigger::of(table, old, to);
    let mut steps = site.steps();
    add_bare(&mut steps, table, &without(new), false);
    if let Some(default) = &new.default {
        let (table, column, default) = ((*table).clone(), (*to).clone(), default.clone());
        steps.step(
            of(ColumnOperation::SetDefault { table, column, default }),
            format!("{words}_{to_words}_default"),
            "new rows get the default from here on",
            Undo::Nothing,
        );
        steps.with_the_one_before();
    }
    sync.create(&mut steps);
    steps.backfill_as_before(
        site.schema,
        (&table.name, to),
        SqlFragment::new(&column.to_string()),
        SqlFragment::new(&differ(old, &to.to_string(), &old.name.to_string())),
        format!("{words}_fill_{to_words}"),
        "existing rows get the value, a few at a time",
    );
    if new.not_null {
        set_not_null::prove(&mut steps, table, to, site.settings.postgres);
    }
    let mut now = steps.count();
    if is_relaxed(old) {
        let of_column = |operation: fn(TableRef, Ident) -> ColumnOperation| {
            Operation::Column(operation((*table).clone(), (*column).clone()))
        };
        steps.step(
            of_column(|table, column| ColumnOperation::DropNotNull { table, column }),
            format!("{words}_{}_nullable", snake_case(column)),
            format!("{to} is NOT NULL in its place, and the model can leave {column} out"),
            Undo::By(vec![of_column(|table, column| ColumnOperation::SetNotNull { table, column })]),
        );
        now = steps.count();
    }
    steps.step(
        Operation::Data(DataOperation::Assertion(agree(rename, old))),
        format!("{words}_{to_words}_agrees"),
        format!("a value of {column} that is not in {to} would be lost"),
        Undo::Nothing,
    );
    let slug = format!("{words}_drop_{}", snake_case(column));
    sync.remove(&mut steps, &slug);
    for index in own_indexes(site, &table.name, column) {
        let slug = format!("drop_index_{}", snake_case(&index.name.name));
        let why = "without it the removal of the column takes nothing else with it";
        steps.step(drop_concurrently(&index.name), slug, why, undo(site, &index.name));
    }
    let (table, column) = ((*table).clone(), (*column).clone());
    let drop = of(ColumnOperation::Drop { table, column, if_exists: false, cascade: false });
    steps.step(drop, slug, "no running code names it any more", Undo::Impossible("what it removes is gone".into()));
    steps.part_of_the_last(now).wait_from(now, Phase::Contract).settles(leaving::SETTLES).done()
}

/// Nothing that the old column has is missing in the new one.
fn agree(Rename { table, to, .. }: &Rename<'_>, old: &Column) -> Assertion {
    let (name, new_name) = (dotted(&table.name, &old.name), dotted(&table.name, to));
    let differ = differ(old, &to.to_string(), &old.name.to_string());
    Assertion {
        query: SqlFragment::new(&format!("SELECT 1 FROM {} WHERE {differ}", table.name)),
        condition: format!("{name} and {new_name} must agree in every row before {name} goes"),
        asked: Asked::ByItself,
    }
}

fn deferral(site: &Site<'_>, rename: &Rename<'_>, old: &Column) -> Deferral {
    let (table, to) = (&rename.table.name, rename.to);
    let (name, new_name) = (dotted(table, &old.name), dotted(table, to));
    let agree = Check {
        condition: format!("{name} and {new_name} agree in every row"),
        query: format!("SELECT 1 FROM {table} WHERE {} LIMIT 1", differ(old, &to.to_string(), &old.name.to_string())),
    };
    Deferral {
        gate: Gate {
            deploy: format!("the code uses {new_name}, and no running code names {name}"),
            checks: vec![agree, no_view_reads(site, table, &old.name)],
            undo: format!("deploy code that names {name}: what is written to {new_name} is there as well"),
        },
        owns: vec![Owned::Column { table: table.clone(), column: old.name.clone(), becomes: Some(to.clone()) }],
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_new_column_is_known_to_nobody() {
        check(
            "rename-column",
            "
            CREATE TABLE t (id int);
            -- in a migration:
            ALTER TABLE t ADD COLUMN a int;
            ALTER TABLE t RENAME COLUMN a TO b;
            -- is left alone
            ",
        );
    }

    #[test]
    fn the_word_column_may_be_missing() {
        check(
            "rename-column",
            "
            ALTER TABLE t RENAME a TO b;
            -- is reported:
            -- danger: running code that reads or writes t.a breaks at once
            ",
        );
    }

    #[test]
    fn a_drop_and_an_add_are_a_rename_where_somebody_says_so() {
        check(
            "rename-column",
            "
            -- in safestep.toml: renames.\"t.a\" = \"b\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'x');
            -- in a migration:
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b text DEFAULT 'x';
            -- becomes:
            BEGIN;
            ALTER TABLE t ADD COLUMN b text;
            ALTER TABLE t ALTER COLUMN b SET DEFAULT 'x';
            CREATE OR REPLACE FUNCTION t_b_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
            BEGIN
              IF TG_OP = 'INSERT' THEN
                /* who knows only one of them leaves the other at its default */
                IF NEW.b IS DISTINCT FROM ('x')::text AND NEW.b IS DISTINCT FROM NEW.a THEN
                  NEW.a := NEW.b;
                ELSE
                  NEW.b := NEW.a;
                END IF;
              ELSIF NEW.b IS DISTINCT FROM OLD.b AND NEW.b IS DISTINCT FROM NEW.a THEN
                NEW.a := NEW.b;
              ELSIF NEW.a IS DISTINCT FROM OLD.a OR NEW.b IS NULL THEN
                /* also in a row that is not filled yet */
                NEW.b := NEW.a;
              END IF;
              RETURN NEW;
            END
            $sync$;
            CREATE TRIGGER zzz_t_b_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_b_sync();
            COMMIT;
            UPDATE t SET b = a WHERE b IS DISTINCT FROM a;
            DO $safestep$
            BEGIN
              IF EXISTS (SELECT 1 FROM t WHERE b IS DISTINCT FROM a) THEN
                RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 't.a and t.b must agree in every row before t.a goes';
              END IF;
            END
            $safestep$;
            BEGIN;
            DROP TRIGGER IF EXISTS zzz_t_b_sync ON t;
            DROP FUNCTION IF EXISTS t_b_sync;
            ALTER TABLE t DROP COLUMN a;
            COMMIT;
            ",
        );
    }

    #[test]
    fn another_type_is_no_rename() {
        check(
            "rename-column",
            "
            -- in safestep.toml: renames.\"t.a\" = \"b\"
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN a, ADD COLUMN b int;
            -- is reported:
            -- danger: the values of t.a are lost, and running code that names it breaks
            ",
        );
    }

    #[test]
    fn a_default_that_differs_in_every_column_keeps_it_from_waiting() {
        check(
            "rename-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a uuid DEFAULT gen_random_uuid());
            -- in a migration:
            ALTER TABLE t RENAME COLUMN a TO b;
            -- is reported:
            -- danger: running code that reads or writes t.a breaks at once
            ",
        );
    }

    #[test]
    fn what_names_it_keeps_it_from_waiting() {
        check(
            "rename-column",
            "
            -- in a project whose phases can wait
            CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0));
            -- in a migration:
            ALTER TABLE t RENAME COLUMN a TO b;
            -- is reported:
            -- danger: running code that reads or writes t.a breaks at once
            ",
        );
    }
}
