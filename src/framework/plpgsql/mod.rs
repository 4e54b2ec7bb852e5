//! The plpgsql around statements: the block that tries again, the guards that let a step run twice, the batches.
//!
//! Every block was run on PostgreSQL 12 to 18.

mod batches;
mod guard;
mod index;
mod once;
mod retry;
mod text;

pub use batches::{batches, batches_under};
pub use guard::{Repeated, by_itself_again, each, guarded, in_words, once, swap, swap_is_due};
pub use index::{before_build, must_be_valid};
pub use once::{Once, Recorded, unless_recorded};
pub use retry::{
    by_itself, if_then, only_if, retried, retried_in_turn, transactions, unless_valid, validated_if_there,
};
