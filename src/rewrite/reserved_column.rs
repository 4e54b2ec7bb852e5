//! # reserved-column
//!
//! A sequence that waits for a deploy takes a column as it is: what its next phase does was written for that. A migration that
//! changes the column before, or drops it again because the model no longer has it, runs into that phase or does its work too early.
//!
//! ## Instead
//!
//! Release the sequence first: `safestep status` says what it waits for. Where a generator made the statement, the model does not
//! say that the column is still there; `safestep rewrite --write` and `safestep release` keep it in step. safestep reports the
//! statement and passes it through.
//!
//! ```sql
//! -- t.a belongs to a sequence that waits
//! CREATE TABLE t (id int, a text);
//! -- in a migration:
//! ALTER TABLE t DROP COLUMN a;
//! -- is reported:
//! -- danger: t.a belongs to the sequence before, which waits for a deploy
//! ```
//!
//! ## References
//!
//! `safestep status`, `safestep release`.

use super::{Applicability, Hazard, Outcome, Severity, Site, dotted};
use crate::operation::{
    ColumnOperation, ConstraintKind, ConstraintOperation, Ident, IndexOperation, ObjectOperation, Operation,
    QualifiedName, TableOperation,
};
use crate::schema::{Reserved, Schema, mentions, reads_column};

pub(super) fn apply(site: &Site<'_>) -> Option<Outcome> {
    let reserved = touched(site.operation(), site.schema)?;
    let column = dotted(&reserved.table, &reserved.column);
    Some(Outcome::reported(Hazard {
        severity: Severity::Danger,
        applicability: Applicability::Manual,
        table: Some(reserved.table.clone()),
        lock: site.effects().strongest(),
        message: format!("{column} belongs to the sequence {}, which waits for a deploy", reserved.sequence),
        label: "its next phase takes the column as it is now".into(),
        help: format!("left as it is: release it first (`safestep status`), or leave {column} to it"),
    }))
}

/// The reserved column that an operation changes, or whose table or index it does.
fn touched<'a>(operation: &Operation, schema: &'a Schema) -> Option<&'a Reserved> {
    let in_table = |table: &QualifiedName, is_it: &dyn Fn(&Ident) -> bool| {
        schema.reserved_in(table).find(|reserved| is_it(&reserved.column))
    };
    // What is built on a column that stays does not change the column.
    let leaving = |table: &QualifiedName, is_it: &dyn Fn(&Ident) -> bool| {
        schema.reserved_in(table).find(|reserved| !reserved.stays && is_it(&reserved.column))
    };
    match operation {
        Operation::Column(column) => in_table(&column.table().name, &|reserved| {
            let comes = matches!(column, ColumnOperation::Rename { to, .. } if to == reserved);
            reserved == column.column() || comes
        }),
        Operation::Table(TableOperation::Drop { names, .. }) => {
            names.iter().find_map(|table| in_table(table, &|_| true))
        }
        Operation::Table(TableOperation::Rename { table, .. }) => in_table(&table.name, &|_| true),
        Operation::Object(ObjectOperation::SetSchema { name, .. }) => in_table(name, &|_| true),
        Operation::Index(IndexOperation::Create(index)) => {
            leaving(&index.table, &|column| reads_column(&index.definition, column))
        }
        Operation::Index(IndexOperation::Drop { names, .. }) => names.iter().find_map(|name| {
            let index = schema.index(name)?;
            leaving(&index.table, &|column| index.uses_column(column))
        }),
        Operation::Constraint(ConstraintOperation::Add { table, constraint }) => {
            leaving(&table.name, &|column| has_column(&constraint.kind, column))
        }
        Operation::Constraint(ConstraintOperation::Drop { table, name, .. }) => {
            let state = schema.constraint(&table.name, name)?;
            leaving(&table.name, &|column| has_column(&state.constraint.kind, column))
        }
        _ => None,
    }
}

fn has_column(kind: &ConstraintKind, column: &Ident) -> bool {
    match kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => columns.contains(column),
        ConstraintKind::ForeignKey(key) => key.columns.contains(column),
        ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::rewrite::tests::check;

    #[test]
    fn other_columns_of_its_table_are_free() {
        check(
            "reserved-column",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text, b text);
            -- in a migration:
            ALTER TABLE t DROP COLUMN b, ADD COLUMN c text;
            CREATE INDEX ON t (id);
            -- is left alone
            ",
        );
    }

    #[test]
    fn what_takes_the_whole_table_takes_it_too() {
        check(
            "reserved-column",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text);
            -- in a migration:
            ALTER TABLE t RENAME TO u;
            -- is reported:
            -- danger: t.a belongs to the sequence before, which waits for a deploy
            ",
        );
    }

    #[test]
    fn an_index_on_it_is_in_the_way() {
        check(
            "reserved-column",
            "
            -- t.a belongs to a sequence that waits
            CREATE TABLE t (id int, a text);
            -- in a migration:
            CREATE INDEX t_a_idx ON t (id, a);
            -- is reported:
            -- danger: t.a belongs to the sequence before, which waits for a deploy
            ",
        );
    }
}
