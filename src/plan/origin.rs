//! The migration that steps come from, as far as the plan asks.

use super::Step;
use crate::operation::Item;

/// A migration that was read.
pub trait Origin: Sync {
    /// An item, by index.
    fn item(&self, at: usize) -> &Item;
    /// All of them.
    fn items(&self) -> &[Item];
    /// An item's text, as it stands in the file.
    fn slice(&self, item: usize) -> &str;
    /// A step's operation as the source wrote it, as a statement of its own.
    fn statement(&self, step: &Step) -> String;
    /// The `DO` block that an item stands in.
    fn do_block(&self, item: usize) -> Option<&str>;
    /// A transaction is open after it, begun by the author.
    fn leaves_open(&self) -> bool;
}
