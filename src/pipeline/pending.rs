//! What a migration makes that the next one uses before it is committed: some runners send all that is pending in one
//! transaction.

use crate::framework::migration::Migration;
use crate::operation::{Item, ObjectOperation, Operation, SessionOperation, TransactionControl, TypeOperation};
use crate::plan::{Begins, Runner};

/// Marks the labels of `migration` that the one behind it uses, where nothing commits between.
pub(super) fn mark_labels_in_use(migration: &mut Migration, next: &Migration, runner: Runner) {
    if runner.begins != Begins::Run {
        return;
    }
    let before_commit = next.items.iter().take_while(|item| !ends_transaction(item) && item.block.is_some()).count();
    let uses = |label: &str| {
        (0..before_commit).any(|at| match next.items[at].operation {
            Operation::Type(TypeOperation::AddValue { .. } | TypeOperation::RenameValue { .. })
            | Operation::Object(ObjectOperation::Comment { .. }) => false,
            _ => next.slice(at).contains(label),
        })
    };
    for item in migration.items.iter_mut().rev() {
        match &item.operation {
            // What is sent outside the run's transaction commits that first.
            _ if ends_transaction(item) || item.block.is_none() => return,
            Operation::Type(TypeOperation::AddValue { value, .. }) => {
                item.is_used_next = uses(value);
            }
            _ => {}
        }
    }
}

fn ends_transaction(item: &Item) -> bool {
    matches!(
        item.operation,
        Operation::Session(SessionOperation::Transaction(control)) if control != TransactionControl::Begin
    )
}
