//! What a migration makes that a later one uses before it is committed: some runners send all that is pending in one
//! transaction.

use crate::framework::FrameworkError;
use crate::framework::migration::Migration;
use crate::operation::{
    ColumnDefinition, ColumnOperation, Item, ObjectOperation, Operation, QualifiedName, SessionOperation,
    TableOperation, TransactionControl, TypeOperation,
};
use crate::schema::same;

/// A migration as it was read, or why it could not be.
type Read = Result<Migration, FrameworkError>;

/// Marks the labels of the migration at `at` of `read` that one behind it uses, there or in `ahead`, where nothing commits
/// between: what stands behind a migration that waits is waiting as well.
pub(super) fn mark_labels_in_use(read: &mut [Read], at: usize, ahead: &[Read]) {
    let (before, behind) = read.split_at_mut(at + 1);
    let Some(Ok(migration)) = before.last_mut() else { return };
    let later = || behind.iter().chain(ahead).take(super::AT_ONCE).flatten();
    for item in migration.items.iter_mut().rev() {
        match &item.operation {
            // What is sent outside the run's transaction commits that first.
            _ if leaves_transaction(item) => return,
            Operation::Type(TypeOperation::AddValue { name, value, .. }) => {
                item.is_used_later = is_used_before_commit(later(), name, value);
            }
            _ => {}
        }
    }
}

fn is_used_before_commit<'a>(later: impl Iterator<Item = &'a Migration>, name: &QualifiedName, label: &str) -> bool {
    let mut name = name.clone();
    for migration in later {
        for (at, item) in migration.items.iter().enumerate() {
            if leaves_transaction(item) {
                return false;
            }
            match &item.operation {
                Operation::Type(TypeOperation::Rename { name: from, to }) if same(from, &name) => {
                    name = name.sibling(to.clone());
                }
                operation if uses(operation, migration.slice(at), &name, label) => return true,
                _ => {}
            }
        }
    }
    false
}

/// The statement writes the label, and not as a value of another type that it names.
fn uses(operation: &Operation, text: &str, name: &QualifiedName, label: &str) -> bool {
    let is_of = |column: &ColumnDefinition| !column.ty.is_built_in() && same(column.ty.name(), name);
    let may_write = match operation {
        Operation::Type(_) | Operation::Object(ObjectOperation::Comment { .. }) => false,
        Operation::Column(ColumnOperation::Add { column, .. }) => {
            is_of(column) || column.generated.is_some() || !column.constraints.is_empty()
        }
        Operation::Table(TableOperation::Create(table)) => table.columns.iter().any(is_of),
        _ => true,
    };
    may_write && text.contains(label)
}

/// It commits what was sent before it, or is sent outside the run's transaction, which commits that first.
fn leaves_transaction(item: &Item) -> bool {
    let ends = matches!(
        item.operation,
        Operation::Session(SessionOperation::Transaction(TransactionControl::Commit | TransactionControl::Rollback))
    );
    ends || item.block.is_none()
}
