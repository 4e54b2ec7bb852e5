//! # add-serial-column
//!
//! `ADD COLUMN … SERIAL` (and `GENERATED … AS IDENTITY`) numbers every row: the whole table and all its indexes are written
//! anew under an ACCESS EXCLUSIVE lock, and every read and write waits.
//!
//! ## Instead
//!
//! ```sql
//! ALTER TABLE t ADD COLUMN seq integer;                                  -- instant
//! CREATE SEQUENCE t_seq_seq AS integer OWNED BY t.seq;                   -- the name that SERIAL would choose
//! ALTER TABLE t ALTER COLUMN seq SET DEFAULT nextval('t_seq_seq');
//! -- existing rows in batches, then NOT NULL as set-not-null
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
use crate::operation::{ColumnDefinition, ObjectKind, Operation, SqlFragment, TypeName};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::AddColumn { table, column, if_not_exists } = site.operation() else { return None };
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
    let create = Operation::CreateObject {
        kind: ObjectKind::Sequence,
        name: Some(sequence.clone()),
        or_replace: false,
        on: Some(table.name.clone()),
        definition: SqlFragment::new(&format!("SEQUENCE {sequence} AS {} OWNED BY {owner}", integer.to_lowercase())),
    };
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
