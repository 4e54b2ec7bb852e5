//! Columns that many tables have, such as `id` and `createdAt`: of those that are the same to the letter one is kept.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Age, Column};
use crate::operation::Ident;

/// How many names a thread remembers: what is common is met early.
const REMEMBERED: usize = 512;

/// The column that was last made under a name, new and as it is in later migrations.
struct Common {
    new: Arc<Column>,
    existing: Arc<Column>,
}

thread_local! {
    static SEEN: RefCell<HashMap<Ident, Common>> = RefCell::default();
}

/// A new column, or the one that was made before and is like it.
pub(super) fn shared(column: Column) -> Arc<Column> {
    // What owns a sequence is like no other.
    if column.age != Age::New || column.sequence.is_some() {
        return Arc::new(column);
    }
    SEEN.with_borrow_mut(|seen| match seen.get(&column.name) {
        Some(common) if is_like(&common.new, &column) => Arc::clone(&common.new),
        None if seen.len() >= REMEMBERED => Arc::new(column),
        _ => {
            let existing = Arc::new(Column { age: Age::Existing, ..column.clone() });
            let new = Arc::new(column);
            seen.insert(new.name.clone(), Common { new: Arc::clone(&new), existing });
            new
        }
    })
}

/// What a shared column is in later migrations; `None` for any other one.
pub(super) fn older(column: &Arc<Column>) -> Option<Arc<Column>> {
    SEEN.with_borrow(|seen| {
        let common = seen.get(&column.name)?;
        Arc::ptr_eq(&common.new, column).then(|| Arc::clone(&common.existing))
    })
}

/// Spelled alike as well, which `==` does not ask.
fn is_like(one: &Column, other: &Column) -> bool {
    let says = |c: &Column| (c.name.is_quoted(), c.collated, c.not_null, c.sure, c.is_local, c.age);
    says(one) == says(other)
        && one.name == other.name
        && one.ty.text() == other.ty.text()
        && one.default == other.default
        && one.generated == other.generated
}
