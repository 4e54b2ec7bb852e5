//! Statements that are dangerous only in the same transaction: can they be parted?

use crate::framework::migration::Migration;
use crate::operation::Fixed;
use crate::plan::{Sequence, Step, Transaction};
use crate::rewrite::{Applicability, Outcome};

/// True when a sequence runs the two in transactions of their own: not those of one `DO` block with logic, nor what the
/// author put between BEGIN and COMMIT, nor what a SET before it decides.
pub(super) fn can_part(migration: &Migration, one: usize, other: usize) -> bool {
    let (a, b) = (&migration.items[one], &migration.items[other]);
    match (a.fixed, b.fixed) {
        (Some(Fixed::Transaction), Some(Fixed::Transaction)) => false,
        (Some(Fixed::Session | Fixed::Names), _) | (_, Some(Fixed::Session | Fixed::Names)) => false,
        (Some(fixed), _) | (_, Some(fixed)) if fixed.is_by_program() => a.statement != b.statement,
        _ => true,
    }
}

/// The operation stays what it is, apart from the one that holds the lock.
pub(super) fn part(outcome: &mut Outcome, step: Step) {
    let step = Step { transaction: own_transaction(step.transaction), ..step };
    outcome.hazard.applicability = Applicability::Safe;
    outcome.hazard.help = "a transaction of its own".into();
    outcome.steps = Some(vec![step]);
}

/// The first step of an item, and whether an earlier one of its transaction holds a lock that others feel.
pub(super) fn find(sequence: &Sequence, item: usize) -> Option<(&Step, bool)> {
    sequence.units.iter().find_map(|unit| {
        let at = unit.steps.iter().position(|step| step.item == item)?;
        let is_strong = |step: &Step| step.locks.iter().any(|(_, mode)| mode.blocks_writes());
        Some((&unit.steps[at], unit.steps[..at].iter().any(is_strong)))
    })
}

/// The operation runs with others of its own migration, but the lock is gone by then.
pub(super) fn release(outcome: &mut Outcome, step: &Step) {
    outcome.hazard.applicability = Applicability::Safe;
    outcome.hazard.help = "the lock is released before it".into();
    outcome.steps = Some(vec![step.clone()]);
}

fn own_transaction(transaction: Transaction) -> Transaction {
    match transaction {
        Transaction::Shared | Transaction::Own => Transaction::Own,
        Transaction::Outside => Transaction::Outside,
    }
}
