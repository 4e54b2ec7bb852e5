//! # change-column-type
//!
//! `ALTER COLUMN … TYPE` mostly writes the whole table and all its indexes anew under an ACCESS EXCLUSIVE lock: every read and
//! write waits. Some changes touch the catalog only, such as a longer varchar or varchar to text; even those rebuild an index
//! that has the column in an expression or predicate, read the table again for a CHECK, and lose the column's statistics.
//!
//! ## Instead
//!
//! A second column of the new type, kept in step by a trigger, filled in batches, with the indexes, checks and keys of the first one,
//! takes its name in one brief transaction. The old column stays for the way back, kept in step the other way round, and goes after
//! a deploy. safestep does that in a framework whose later phases can wait beside its migrations, for types that the same code works
//! with and that hold every old value: `smallint`, `integer` and `bigint`, `real` and `double precision`, a `numeric` with more
//! digits.
//!
//! ```sql
//! -- in a project whose phases can wait
//! CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 0);
//! CREATE INDEX t_a_idx ON t (a);
//! -- in a migration:
//! ALTER TABLE t ALTER COLUMN a TYPE bigint;
//! -- becomes:
//! BEGIN;
//! ALTER TABLE t ADD COLUMN a_new bigint;
//! ALTER TABLE t ALTER COLUMN a_new SET DEFAULT 0;
//! CREATE OR REPLACE FUNCTION t_a_new_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
//! BEGIN
//!   NEW.a_new := NEW.a;
//!   RETURN NEW;
//! END
//! $sync$;
//! CREATE TRIGGER zzz_t_a_new_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_a_new_sync();
//! COMMIT;
//! UPDATE t SET a_new = a WHERE a_new IS DISTINCT FROM a; -- in batches
//! ALTER TABLE t ADD CONSTRAINT t_a_new_nn CHECK (a_new IS NOT NULL) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_a_new_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN a_new SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_a_new_nn;
//! COMMIT;
//! CREATE INDEX CONCURRENTLY t_a_idx_new ON t (a_new);
//! DO $safestep$
//! BEGIN
//!   IF EXISTS (SELECT 1 FROM t WHERE a_new IS DISTINCT FROM a) THEN
//!     RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 't.a and t.a_new must agree in every row before they change places';
//!   END IF;
//! END
//! $safestep$;
//! BEGIN;
//! DROP TRIGGER IF EXISTS zzz_t_a_new_sync ON t;
//! DROP FUNCTION IF EXISTS t_a_new_sync;
//! ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
//! ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
//! ALTER TABLE t RENAME COLUMN a TO a_old;
//! ALTER TABLE t RENAME COLUMN a_new TO a;
//! ALTER INDEX t_a_idx RENAME TO t_a_idx_old;
//! ALTER INDEX t_a_idx_new RENAME TO t_a_idx;
//! CREATE OR REPLACE FUNCTION t_a_old_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
//! BEGIN
//!   BEGIN
//!     NEW.a_old := NEW.a;
//!   EXCEPTION WHEN numeric_value_out_of_range THEN
//!     NEW.a_old := NULL;
//!   END;
//!   RETURN NEW;
//! END
//! $sync$;
//! CREATE TRIGGER zzz_t_a_old_sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_a_old_sync();
//! COMMIT;
//! DROP INDEX CONCURRENTLY IF EXISTS t_a_idx_old;
//! BEGIN;                                      -- after the deploy
//! DROP TRIGGER IF EXISTS zzz_t_a_old_sync ON t;
//! DROP FUNCTION IF EXISTS t_a_old_sync;
//! ALTER TABLE t DROP COLUMN a_old;
//! COMMIT;
//! ```
//!
//! Other types, a column in a primary key or that a foreign key points at, a generated one and one that a view or trigger names are
//! reported and passed through, and so is every change in another framework.
//!
//! ```sql
//! CREATE TABLE t (a int);
//! -- in a migration:
//! ALTER TABLE t ALTER COLUMN a TYPE bigint;
//! -- is reported:
//! -- danger: every read and write of t waits while the table and its indexes are written anew
//! ```
//!
//! ## Why it is safe
//!
//! Every write to the old column writes the new one in the same row, and values are computed from the row that is updated, so that no
//! concurrent write is lost. Before the two change places a query refuses to go on while they differ anywhere. The swap touches the
//! catalog only, under a lock for which it waits a tenth of a second at a time.
//!
//! ## Watch
//!
//! The table is written once, a batch at a time: watch WAL and standbys. A prepared `SELECT *` fails once behind the swap, as it does
//! behind `ALTER COLUMN … TYPE`. A value that the old type cannot hold is NULL in the old column, and would be lost on the way back.
//!
//! ## References
//!
//! PostgreSQL documentation, ALTER TABLE, Notes; `ATColumnChangeRequiresRewrite` in `src/backend/commands/tablecmds.c`.

use super::shadow::Shadow;
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ColumnOperation, Operation, TypeName};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::SetType { table, column, ty, using, .. }) = site.operation() else {
        return None;
    };
    let cost = site.effects();
    if cost.work == Work::Constant {
        return None;
    }
    let (message, label) = match &cost.work {
        Work::Rewrite(_) => (
            format!("every read and write of {} waits while the table and its indexes are written anew", table.name),
            "ACCESS EXCLUSIVE for a full rewrite",
        ),
        Work::Build(_) => (
            format!("every read and write of {} waits while indexes on {column} are rebuilt", table.name),
            "ACCESS EXCLUSIVE while indexes are rebuilt",
        ),
        Work::Scan(_) => (
            format!("every read and write of {} waits while its rows are checked again", table.name),
            "ACCESS EXCLUSIVE for one full scan",
        ),
        Work::Constant | Work::Rows | Work::Unknown => (
            format!("every read and write of {} may wait for a full rewrite: the type before is not known", table.name),
            "ACCESS EXCLUSIVE, perhaps for a full rewrite",
        ),
    };
    let help = match &cost.work {
        Work::Build(_) => format!(
            "left as it is: drop those indexes CONCURRENTLY before it and build them again after it; \
             then ANALYZE {}",
            table.name
        ),
        Work::Scan(_) => format!(
            "left as it is: in one ALTER TABLE drop the CHECK, change the type and add the CHECK NOT \
             VALID; then validate it and ANALYZE {}",
            table.name
        ),
        Work::Rewrite(_) | Work::Constant | Work::Rows | Work::Unknown => {
            format!(
                "left as it is: add {} column beside {column}, fill it in batches, swap the two after a deploy",
                with_article(ty)
            )
        }
    };
    let hazard = |help: String| Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Phased,
        table: Some(table.name.clone()),
        lock: cost.strongest(),
        message,
        label: label.into(),
        help,
    };
    if !site.settings.has_swaps || !matches!(cost.work, Work::Rewrite(_)) {
        return Some(Outcome::reported(hazard(help)));
    }
    let shadow = match using {
        Some(_) => Err("USING computes its values".to_owned()),
        None => Shadow::widening(site, table, column, ty),
    };
    Some(match shadow {
        Err(why) => Outcome::reported(hazard(format!("{help}; {why}"))),
        Ok(shadow) => {
            let done = hazard(format!("{} column beside it takes its name when it is filled", with_article(ty)));
            match shadow.filling_refused(&done) {
                Some(refused) => Outcome::reported(refused),
                None => Outcome {
                    deferral: Some(shadow.deferral()),
                    note: Some(shadow.note()),
                    ..Outcome::rewritten(done, shadow.steps())
                },
            }
        }
    })
}

/// `an integer`, `a "Role"`: PostgreSQL's own types in lower case, a user's as it is written.
fn with_article(ty: &TypeName) -> String {
    let text = if ty.is_built_in() { ty.text().to_lowercase() } else { ty.text().to_owned() };
    let begins_with_vowel = text.trim_start_matches('"').starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {text}", if begins_with_vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn a_longer_varchar_touches_the_catalog_only() {
        check(
            "change-column-type",
            "
            CREATE TABLE t (a varchar(5));
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a TYPE varchar(9);
            -- is left alone
            ",
        );
    }

    #[test]
    fn a_shorter_varchar_writes_the_table_anew() {
        check(
            "change-column-type",
            "
            CREATE TABLE t (a varchar(9));
            -- in a migration:
            ALTER TABLE t ALTER COLUMN a TYPE varchar(5);
            -- is reported:
            -- danger: every read and write of t waits while the table and its indexes are written anew
            ",
        );
    }
}
