//! # replace-enum
//!
//! To take a label out of an enum Prisma makes a second type, changes the columns to it and renames the two; Drizzle changes the
//! columns to text, drops the type, makes it anew and changes them back. Either way every table with such a column is written
//! anew under an ACCESS EXCLUSIVE lock (Drizzle's twice), and the migration fails where a row still has the label that is gone.
//!
//! ## Instead
//!
//! A second type without the label, and for each column a second one of that type, which a trigger fills from the first as far as the
//! type has the label. When no running code writes the label and no row has it, columns and types change names in one brief
//! transaction; then the old column goes, and the old type. Until then the old type has all labels, those that come
//! included. safestep does that in a framework whose later phases can wait beside its migrations.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TYPE role AS ENUM ('USER', 'OLD');
//! CREATE TABLE t (id int PRIMARY KEY, a role NOT NULL DEFAULT 'USER');
//! CREATE INDEX t_a_idx ON t (a);
//! -- in a migration:
//! CREATE TYPE role_new AS ENUM ('USER');
//! ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
//! ALTER TABLE t ALTER COLUMN a TYPE role_new USING (a::text::role_new);
//! ALTER TYPE role RENAME TO role_old;
//! ALTER TYPE role_new RENAME TO role;
//! DROP TYPE role_old;
//! ALTER TABLE t ALTER COLUMN a SET DEFAULT 'USER';
//! -- becomes:
//! CREATE TYPE role_new AS ENUM ('USER');
//! BEGIN;
//! ALTER TABLE t ADD COLUMN a_new role_new;
//! CREATE OR REPLACE FUNCTION t_a_new_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
//! BEGIN
//!   NEW.a_new := CASE WHEN NEW.a::text IN ('USER') THEN NEW.a::text::role_new END;
//!   RETURN NEW;
//! END
//! $sync$;
//! CREATE TRIGGER zzz_t_a_new_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_a_new_sync();
//! COMMIT;
//! UPDATE t SET a_new = CASE WHEN a::text IN ('USER') THEN a::text::role_new END WHERE a_new IS DISTINCT FROM CASE WHEN a::text IN ('USER') THEN a::text::role_new END; -- in batches
//! CREATE INDEX CONCURRENTLY t_a_idx_new ON t (a_new);
//! BEGIN;                                      -- what follows waits for the deploy
//! DO $safestep$
//! BEGIN
//!   IF EXISTS (WITH own AS (SELECT a.attrelid, a.attnum FROM pg_attribute a WHERE a.attrelid = to_regclass('t') AND a.attname = 'a')
//!     SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d
//!     WHERE d.deptype <> 'i'
//!       AND (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT t.oid FROM pg_type t WHERE to_regtype('role') IN (t.oid, t.typelem))
//!         OR d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) IN (SELECT * FROM own))
//!       AND NOT (d.classid = 'pg_class'::regclass AND ((d.objid, d.objsubid) IN (SELECT * FROM own) OR d.objid = to_regclass('t_a_idx')))
//!       AND NOT (d.classid = 'pg_attrdef'::regclass
//!         AND d.objid IN (SELECT f.oid FROM pg_attrdef f JOIN own ON f.adrelid = own.attrelid AND f.adnum = own.attnum))
//!       AND NOT (d.classid = 'pg_constraint'::regclass
//!         AND d.objid IN (SELECT c.oid FROM pg_constraint c WHERE c.contype = 'n'))) THEN
//!     RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'nothing but t.a, its defaults and its indexes in the migrations may use role or the column';
//!   END IF;
//! END
//! $safestep$;
//! DO $safestep$
//! BEGIN
//!   IF EXISTS (SELECT 1 FROM t WHERE a_new::text IS DISTINCT FROM a::text) THEN
//!     RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'no row may have ''OLD'' in t.a, and t.a_new must have what it has in every row, before the two change places';
//!   END IF;
//! END
//! $safestep$;
//! COMMIT;
//! ALTER TABLE t ADD CONSTRAINT t_a_new_nn CHECK (a_new IS NOT NULL) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_new_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN a_new SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_new_nn;
//! DROP TRIGGER IF EXISTS zzz_t_a_new_sync ON t;
//! DROP FUNCTION IF EXISTS t_a_new_sync;
//! ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
//! ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
//! ALTER TABLE t RENAME COLUMN a TO a_old;
//! ALTER TABLE t RENAME COLUMN a_new TO a;
//! ALTER INDEX t_a_idx RENAME TO t_a_idx_old;
//! ALTER INDEX t_a_idx_new RENAME TO t_a_idx;
//! ALTER TYPE role RENAME TO role_old;
//! ALTER TYPE role_new RENAME TO role;
//! ALTER TABLE t ALTER COLUMN a SET DEFAULT 'USER';
//! COMMIT;
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx_old;
//! ALTER TABLE t DROP COLUMN a_old;
//! DROP TYPE role_old;
//! ```
//!
//! Where a label is often enough only forbidden, keep it in the type: a CHECK (`NOT VALID`, then `VALIDATE`) keeps it out of the rows.
//! A new label needs no new type (`ALTER TYPE … ADD VALUE`). An array of the enum, a column in a key, a CHECK or a foreign
//! key, and one that an expression, a view, a trigger or a policy names are reported and passed through, and so is every change in
//! another framework.
//!
//! ```sql
//! CREATE TYPE role AS ENUM ('USER', 'OLD');
//! CREATE TABLE t (a role);
//! -- in a migration:
//! CREATE TYPE role_new AS ENUM ('USER');
//! ALTER TABLE t ALTER COLUMN a TYPE role_new USING (a::text::role_new);
//! ALTER TYPE role RENAME TO role_old;
//! ALTER TYPE role_new RENAME TO role;
//! DROP TYPE role_old;
//! -- is reported:
//! -- danger: every read and write of t waits while it is written anew; a row that still has 'OLD' stops it
//! ```
//!
//! ## Why it is safe
//!
//! Every write to the old column writes the new one in the same row; a label that goes leaves it NULL there, so that old code goes on
//! writing it. Before the names change, queries refuse to go on while a row has such a label, the two columns differ anywhere, or
//! something is of the type that the migrations do not show; a check then keeps the label out of new rows. The swap touches the catalog
//! only, under a lock for which it waits a tenth of a second at a time.
//!
//! ## Watch
//!
//! Rows that have the label are yours to change before the release, in batches; a label that gets another name is such a label, and a
//! new one beside it. The table is written once, a batch at a time: watch WAL and standbys. A prepared statement that returns the column fails
//! once behind the swap, as it does behind `ALTER COLUMN … TYPE`.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TYPE; ALTER TABLE, Notes.

use super::new_labels::NewLabels;
use super::shadow::Shadow;
use super::{Applicability, Hazard, Outcome, Severity, Site, listed};
use crate::operation::{ColumnOperation, Operation};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::SetType { table, .. }) = site.operation() else { return None };
    if matches!(site.effects().work, Work::Constant) {
        return None;
    }
    let change = NewLabels::of(site)?;
    let gone = change.gone();
    let how_often = if change.is_twice { ", twice" } else { "" };
    let stops = match gone.as_slice() {
        [] => String::new(),
        gone => format!("; a row that still has {} stops it", listed(gone).replace(" and ", " or ")),
    };
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("every read and write of {} waits while it is written anew{how_often}{stops}", table.name),
        label: "ACCESS EXCLUSIVE for a full rewrite".into(),
        help,
    };
    let left = match gone.is_empty() {
        true => format!("left as it is: ALTER TYPE {} ADD VALUE adds labels without touching a row", change.name),
        false => "left as it is: keep the label and forbid it with a CHECK, NOT VALID first; RENAME VALUE where it is another \
                  name"
            .into(),
    };
    let reported = |why: Option<&str>| {
        let help = why.map_or_else(|| left.clone(), |why| format!("{left}; {why}"));
        Outcome { claims: change.told.clone(), ..Outcome::reported(hazard(help)) }
    };
    if gone.is_empty() || !site.settings.has_swaps || !change.begins_at(site.at) {
        return Some(reported(None));
    }
    if let Err(why) = site.may_wait() {
        return Some(reported(why));
    }
    let before = change.before(site);
    let here = Site { schema: &before, ..site.clone() };
    let shadows = match change.refused(&here).and_then(|()| change.shadows(&here)) {
        Ok(shadows) => shadows,
        Err(why) => return Some(reported(Some(&why))),
    };
    let done = hazard(format!(
        "a second type and column take its place after a deploy whose code no longer writes {}",
        listed(&gone).replace(" and ", " or ")
    ));
    if let Some(refused) = shadows.iter().find_map(|shadow| shadow.filling_refused(&done)) {
        return Some(Outcome::reported(refused));
    }
    Some(Outcome {
        claims: change.claims(site.at),
        deferral: Some(change.deferral(&shadows)),
        note: shadows.first().map(Shadow::note),
        ..Outcome::rewritten(done, change.steps(&here, &shadows))
    })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn through_text() {
        check(
            "replace-enum",
            "
            CREATE TYPE role AS ENUM ('USER', 'OLD');
            CREATE TABLE t (a role);
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a SET DATA TYPE text;
            DROP TYPE role;
            CREATE TYPE role AS ENUM ('USER');
            ALTER TABLE t ALTER COLUMN a SET DATA TYPE role USING a::role;
            -- is reported:
            -- danger: every read and write of t waits while it is written anew, twice; a row that still has 'OLD' stops it
            ",
        );
    }

    #[test]
    fn nulls_stay_nulls() {
        check(
            "replace-enum",
            "
            -- in a project whose phases can wait
            CREATE TYPE role AS ENUM ('USER', 'OLD');
            CREATE TABLE t (id int PRIMARY KEY, a role);
            -- in a migration:
            BEGIN;
            CREATE TYPE r2 AS ENUM ('USER', 'OWNER');
            ALTER TABLE t ALTER COLUMN a TYPE r2 USING (a::text::r2);
            ALTER TYPE role RENAME TO r1;
            ALTER TYPE r2 RENAME TO role;
            DROP TYPE r1;
            COMMIT;
            -- becomes:
            ALTER TYPE role ADD VALUE IF NOT EXISTS 'OWNER';
            CREATE TYPE role_new AS ENUM ('USER', 'OWNER');
            BEGIN;
            ALTER TABLE t ADD COLUMN a_new role_new;
            CREATE OR REPLACE FUNCTION t_a_new_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
            BEGIN
              NEW.a_new := CASE WHEN NEW.a::text IN ('USER', 'OWNER') THEN NEW.a::text::role_new END;
              RETURN NEW;
            END
            $sync$;
            CREATE TRIGGER zzz_t_a_new_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_a_new_sync();
            COMMIT;
            UPDATE t SET a_new = CASE WHEN a::text IN ('USER', 'OWNER') THEN a::text::role_new END WHERE a_new IS DISTINCT FROM CASE WHEN a::text IN ('USER', 'OWNER') THEN a::text::role_new END;
            BEGIN;
            DO $safestep$
            BEGIN
              IF EXISTS (WITH own AS (SELECT a.attrelid, a.attnum FROM pg_attribute a WHERE a.attrelid = to_regclass('t') AND a.attname = 'a')
                SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d
                WHERE d.deptype <> 'i'
                  AND (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT t.oid FROM pg_type t WHERE to_regtype('role') IN (t.oid, t.typelem))
                    OR d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) IN (SELECT * FROM own))
                  AND NOT (d.classid = 'pg_class'::regclass AND ((d.objid, d.objsubid) IN (SELECT * FROM own)))
                  AND NOT (d.classid = 'pg_attrdef'::regclass
                    AND d.objid IN (SELECT f.oid FROM pg_attrdef f JOIN own ON f.adrelid = own.attrelid AND f.adnum = own.attnum))
                  AND NOT (d.classid = 'pg_constraint'::regclass
                    AND d.objid IN (SELECT c.oid FROM pg_constraint c WHERE c.contype = 'n'))) THEN
                RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'nothing but t.a, its defaults and its indexes in the migrations may use role or the column';
              END IF;
            END
            $safestep$;
            DO $safestep$
            BEGIN
              IF EXISTS (SELECT 1 FROM t WHERE a_new::text IS DISTINCT FROM a::text) THEN
                RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'no row may have ''OLD'' in t.a, and t.a_new must have what it has in every row, before the two change places';
              END IF;
            END
            $safestep$;
            COMMIT;
            ALTER TABLE t ADD CONSTRAINT t_a_new_filled CHECK (a IS NULL OR a_new IS NOT NULL) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_a_new_filled;
            BEGIN;
            DROP TRIGGER IF EXISTS zzz_t_a_new_sync ON t;
            DROP FUNCTION IF EXISTS t_a_new_sync;
            ALTER TABLE t RENAME COLUMN a TO a_old;
            ALTER TABLE t RENAME COLUMN a_new TO a;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_new_filled;
            ALTER TYPE role RENAME TO role_old;
            ALTER TYPE role_new RENAME TO role;
            ALTER TABLE t DROP COLUMN a_old;
            COMMIT;
            DROP TYPE role_old;
            ",
        );
    }

    #[test]
    fn what_was_not_proved_is_reported() {
        for (table, more) in [
            ("a role[]", ""),
            ("a role CHECK (a <> 'OLD')", ""),
            ("a role, b role", ""),
            ("a role", "CREATE INDEX i ON t (id) WHERE a IS NOT NULL;"),
            ("a role", "CREATE VIEW v AS SELECT a FROM t;"),
            ("a role PRIMARY KEY", ""),
        ] {
            let array = if table.contains("[]") { "[]" } else { "" };
            check(
                "replace-enum",
                &format!(
                    "
                    -- in a project whose phases can wait
                    CREATE TYPE role AS ENUM ('USER', 'OLD');
                    CREATE TABLE t (id int, {table});
                    {more}
                    -- in a migration:
                    CREATE TYPE role_new AS ENUM ('USER');
                    ALTER TABLE t ALTER COLUMN a TYPE role_new{array} USING (a::text::role_new{array});
                    ALTER TYPE role RENAME TO role_old;
                    ALTER TYPE role_new RENAME TO role;
                    DROP TYPE role_old;
                    -- is reported:
                    -- danger: every read and write of t waits while it is written anew; a row that still has 'OLD' stops it
                    "
                ),
            );
        }
    }

    #[test]
    fn a_new_label_needs_no_new_type() {
        check(
            "replace-enum",
            "
            CREATE TYPE role AS ENUM ('USER');
            -- in a migration:
            ALTER TYPE role ADD VALUE 'OWNER';
            -- is left alone
            ",
        );
    }
}
