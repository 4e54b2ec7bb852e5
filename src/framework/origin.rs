//! A migration as what the steps of its sequence come from.

use super::migration::Migration;
use crate::operation::{ColumnOperation, ConstraintOperation, Item, Operation, TableOperation};
use crate::plan::{Origin, Step};
use crate::sql::render;

/// The operation as the source wrote it, as a statement of its own; what a rewrite makes beside it has no source.
pub fn slice(migration: &Migration, step: &Step) -> String {
    let is_made = matches!(
        step.operation,
        Operation::Object(_)
            | Operation::Table(TableOperation::Rename { .. })
            | Operation::Column(ColumnOperation::Rename { .. })
    );
    if let Some(text) = render::statement(&step.operation).filter(|_| is_made && !step.verbatim) {
        return text;
    }
    let statement = migration.statement_of(step.from);
    let whole = migration.sql(statement);
    let slice = migration.slice(step.from);
    match render::alter_target(&step.operation) {
        Some(table) if !starts_with_alter(slice) => format!("ALTER TABLE {table} {slice}"),
        _ if statement.items.len() == 1 && !statement.in_do => whole.trim_end().trim_end_matches(';').to_owned(),
        _ => match step.operation.table() {
            Some(table) if !starts_with_alter(slice) && is_table_attribute(&step.operation) => {
                format!("ALTER TABLE {table} {slice}")
            }
            _ => slice.to_owned(),
        },
    }
}

impl Origin for Migration {
    fn item(&self, at: usize) -> &Item {
        &self.items[at]
    }

    fn items(&self) -> &[Item] {
        &self.items
    }

    fn slice(&self, item: usize) -> &str {
        Migration::slice(self, item)
    }

    fn statement(&self, step: &Step) -> String {
        slice(self, step)
    }

    fn do_block(&self, item: usize) -> Option<&str> {
        let statement = self.statement_of(item);
        statement.in_do.then(|| self.sql(statement))
    }

    fn leaves_open(&self) -> bool {
        self.leaves_open
    }
}

fn is_table_attribute(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Table(TableOperation::SetAttribute { .. })
            | Operation::Column(ColumnOperation::SetAttribute { .. })
            | Operation::Constraint(ConstraintOperation::Alter { .. })
    )
}

fn starts_with_alter(slice: &str) -> bool {
    slice.get(..11).is_some_and(|s| s.eq_ignore_ascii_case("ALTER TABLE"))
}
