//! What a statement that nobody reads may take away, and what puts it back behind it.

use crate::framework::migration::Migration;
use crate::operation::{
    ColumnOperation, ConstraintOperation, IndexOperation, Item, ObjectOperation, Operation, RowSecurity,
    TableAttribute, TableOperation,
};
use crate::schema::mentions;

/// Pairs of items of one transaction: a statement that is not read, whose text drops or disables something and names a table, and
/// one behind it that gives that table a rule. Between the two nobody must see the table without it.
pub(super) fn put_back(migration: &Migration) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut taking: Vec<usize> = Vec::new();
    for (at, item) in migration.items.iter().enumerate() {
        if matches!(item.operation, Operation::Opaque { .. }) && takes_away(migration.slice(at)) {
            taking.push(at);
        }
        let Some(table) = item.operation.table().filter(|_| protects(&item.operation)) else { continue };
        let is_about = |before: &&usize| {
            let taking: &Item = &migration.items[**before];
            taking.shares_transaction_with(item) && mentions(migration.slice(**before), table.name.as_str())
        };
        found.extend(taking.iter().filter(is_about).map(|before| (*before, at)));
    }
    found
}

fn takes_away(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_part(c)).any(|word| word.eq_ignore_ascii_case("DROP") || word.eq_ignore_ascii_case("DISABLE"))
}

fn protects(operation: &Operation) -> bool {
    match operation {
        Operation::Constraint(ConstraintOperation::Add { .. } | ConstraintOperation::Validate { .. })
        | Operation::Column(ColumnOperation::SetNotNull { .. })
        | Operation::Object(ObjectOperation::Create { .. }) => true,
        Operation::Index(IndexOperation::Create(index)) => index.unique,
        Operation::Table(TableOperation::SetAttribute { attribute, .. }) => {
            matches!(attribute, TableAttribute::RowSecurity(RowSecurity::Enable | RowSecurity::Force))
        }
        _ => false,
    }
}
