//! # add-serial-column
//!
//! `ADD COLUMN … SERIAL` (and `GENERATED … AS IDENTITY`) numbers every row: the whole table and all its indexes are written
//! anew under an ACCESS EXCLUSIVE lock, and every read and write waits.
//!
//! ## Instead
//!
//! The column, its sequence, and existing rows in batches; NOT NULL comes last, as in set-not-null.
//!
//! ```sql
//! CREATE TABLE t (id int PRIMARY KEY);
//! -- in a migration:
//! ALTER TABLE t ADD COLUMN seq serial;
//! -- becomes:
//! BEGIN;                                                                   -- instant
//! ALTER TABLE t ADD COLUMN seq INTEGER;
//! CREATE SEQUENCE t_seq_seq AS integer OWNED BY t.seq;                     -- the name that SERIAL would choose
//! ALTER TABLE t ALTER COLUMN seq SET DEFAULT nextval('t_seq_seq'::regclass);
//! COMMIT;
//! UPDATE t SET seq = nextval('t_seq_seq'::regclass) WHERE seq IS NULL;     -- in batches, a commit after each
//! ALTER TABLE t ADD CONSTRAINT t_seq_nn CHECK (seq IS NOT NULL) NOT VALID;
//! ALTER TABLE t VALIDATE CONSTRAINT t_seq_nn;
//! BEGIN;
//! ALTER TABLE t ALTER COLUMN seq SET NOT NULL;
//! ALTER TABLE t DROP CONSTRAINT IF EXISTS t_seq_nn;
//! COMMIT;
//! ```
//!
//! ## Why it is safe
//!
//! The catalog ends up the same, the sequence's name included: where `t_seq_seq` is taken, it is `t_seq_seq1`. The numbers of existing rows follow the batches' order instead of the table's; both are
//! arbitrary. An identity column and a serial primary key are reported and passed through.
//!
//! ## References
//!
//! PostgreSQL documentation, 8.1.4 Serial Types.

use super::add_column_default::{add_bare, fill, without};
use super::{Applicability, Hazard, Outcome, Severity, Site, filling};
use crate::operation::{
    ColumnDefinition, ColumnOperation, ObjectKind, ObjectOperation, Operation, SqlFragment, TypeName,
};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::Column(ColumnOperation::Add { table, column, if_not_exists }) = site.operation() else {
        return None;
    };
    if !(column.is_serial() || column.is_identity()) || site.effects().work == Work::Constant {
        return None;
    }
    let mut hazard = Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Safe,
        table: Some(table.name.clone()),
        lock: site.effects().strongest(),
        message: format!("every read and write of {} waits while every row is numbered", table.name),
        label: "ACCESS EXCLUSIVE for a full rewrite".into(),
        help: "add the column and its sequence, number existing rows in batches".into(),
    };
    if column.is_identity() || !column.constraints.is_empty() {
        hazard.applicability = Applicability::Manual;
        hazard.help = "left as it is: add a bigint column with a sequence, number the rows in batches, then \
             turn it into what you want"
            .into();
        return Some(Outcome::reported(hazard));
    }
    let integer = match column.ty.canonical() {
        "bigserial" => "BIGINT",
        "smallserial" => "SMALLINT",
        _ => "INTEGER",
    };
    if let Some(refused) = filling::refused(site, &table.name, &column.name, &hazard) {
        return Some(Outcome::reported(refused));
    }
    let sequence = site.schema.sequence_name(&table.name, &column.name).styled_like(&column.name);
    let sequence = table.name.sibling(sequence);
    let owner = format!("{}.{}", table.name, column.name);
    let create = Operation::Object(ObjectOperation::Create {
        kind: ObjectKind::Sequence,
        name: Some(sequence.clone()),
        or_replace: false,
        on: Some(table.name.clone()),
        definition: SqlFragment::new(&format!("SEQUENCE {sequence} AS {} OWNED BY {owner}", integer.to_lowercase())),
    });
    let literal = sequence.to_string().replace('\'', "''");
    let default = SqlFragment::new(&format!("nextval('{literal}'::regclass)"));
    let mut steps = site.steps();
    let bare = ColumnDefinition { ty: TypeName::new(integer), ..without(column) };
    add_bare(&mut steps, table, &bare, *if_not_exists);
    steps
        .step(
            create,
            format!("{}_{}_sequence", snake_case(&table.name.name), snake_case(&column.name)),
            "dropping the column drops the sequence, as with SERIAL",
            Undo::Nothing,
        )
        .with_the_one_before();
    fill(&mut steps, table, &column.name, &default, true, site.settings.postgres);
    let mut outcome = Outcome::rewritten(hazard, steps.done());
    outcome.note = filling::note(site, &table.name, &column.name);
    Some(outcome)
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn the_name_of_a_sequence_can_be_taken() {
        check(
            "add-serial-column",
            "
            CREATE TABLE t (id int PRIMARY KEY);
            CREATE SEQUENCE t_n_seq;
            -- in a migration:
            ALTER TABLE t ADD COLUMN n bigserial;
            -- becomes:
            BEGIN;
            ALTER TABLE t ADD COLUMN n BIGINT;
            CREATE SEQUENCE t_n_seq1 AS bigint OWNED BY t.n;
            ALTER TABLE t ALTER COLUMN n SET DEFAULT nextval('t_n_seq1'::regclass);
            COMMIT;
            UPDATE t SET n = nextval('t_n_seq1'::regclass) WHERE n IS NULL;
            ALTER TABLE t ADD CONSTRAINT t_n_nn CHECK (n IS NOT NULL) NOT VALID;
            ALTER TABLE t VALIDATE CONSTRAINT t_n_nn;
            BEGIN;
            ALTER TABLE t ALTER COLUMN n SET NOT NULL;
            ALTER TABLE t DROP CONSTRAINT IF EXISTS t_n_nn;
            COMMIT;
            ",
        );
    }

    #[test]
    fn an_identity_column_has_no_safe_form() {
        check(
            "add-serial-column",
            "
            ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS IDENTITY;
            -- is reported:
            -- danger: every read and write of t waits while every row is numbered
            ",
        );
    }
}
