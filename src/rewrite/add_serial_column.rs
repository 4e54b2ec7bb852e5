//! # add-serial-column
//!
//! `ADD COLUMN … SERIAL` (and `GENERATED … AS IDENTITY`) numbers every row: the whole table and all its indexes are written
//! anew under an ACCESS EXCLUSIVE lock, and every read and write waits.
//!
//! ## Instead
//!
//! ```sql
//! CREATE SEQUENCE t_seq_seq AS integer;                                           -- takes no lock on the table
//! ALTER TABLE t ADD COLUMN seq integer, ALTER COLUMN seq SET DEFAULT nextval('t_seq_seq');   -- instant
//! ALTER SEQUENCE t_seq_seq OWNED BY t.seq;
//! -- existing rows in batches, then NOT NULL as set-not-null
//! ```
//!
//! ## Why it is safe
//!
//! The catalog ends up the same. The numbers of existing rows follow the batches' order instead of the table's; both are
//! arbitrary. An identity column and a serial primary key are reported and passed through.
//!
//! ## References
//!
//! PostgreSQL documentation, 8.1.4 Serial Types.

use super::add_column_default::{add_and_fill, without};
use super::{Applicability, Hazard, Outcome, Severity, Site};
use crate::operation::{ColumnDefinition, ObjectKind, Operation, SqlFragment, TypeName};
use crate::plan::{Undo, snake_case};
use crate::postgres::Work;

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let Operation::AddColumn { table, column, .. } = site.operation() else { return None };
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
    let taken = |name: &_| site.schema.is_taken(&table.name, name);
    let sequence = crate::schema::names::free_object_name(&table.name.name, column.name.as_str(), "seq", taken)
        .styled_like(&column.name);
    let sequence = table.name.sibling(sequence);
    let (words, name) = (snake_case(&table.name.name), snake_case(&column.name));
    let object = |definition: String| Operation::CreateObject {
        kind: ObjectKind::Sequence,
        name: Some(sequence.clone()),
        or_replace: false,
        on: None,
        definition: SqlFragment::new(&definition),
    };
    let mut steps = site.steps();
    let drop = Operation::DropObject {
        kind: ObjectKind::Sequence,
        names: vec![sequence.clone()],
        on: None,
        if_exists: true,
        cascade: false,
    };
    steps.step(
        object(format!("SEQUENCE IF NOT EXISTS {sequence} AS {}", integer.to_lowercase())),
        format!("{words}_{name}_sequence"),
        "a sequence takes no lock on the table",
        Undo::By(vec![drop]),
    );
    let bare = ColumnDefinition { ty: TypeName::new(integer), ..without(column) };
    let literal = sequence.to_string().replace('\'', "''");
    let default = SqlFragment::new(&format!("nextval('{literal}'::regclass)"));
    add_and_fill(&mut steps, table, &bare, &default, true, site.settings.postgres);
    let owned = Operation::AlterObject {
        kind: ObjectKind::Sequence,
        name: Some(sequence.clone()),
        on: None,
        action: SqlFragment::new(&format!("OWNED BY {}.{}", table.name, column.name)),
    };
    steps.step(
        owned,
        format!("{words}_{name}_owns_sequence"),
        "dropping the column drops the sequence, as with SERIAL",
        Undo::Nothing,
    );
    Some(Outcome::rewritten(hazard, steps.done()))
}
