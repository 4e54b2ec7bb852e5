//! Which files are the steps of a migration that was rewritten.

use crate::framework::header;
use crate::framework::migration::Migration;

/// The migration of that name and the steps behind it, by index. It is the first of them.
pub(super) fn steps_of(name: &str, folder: &[Migration]) -> Vec<usize> {
    let Some(own) = folder.iter().position(|migration| migration.name == name) else { return Vec::new() };
    let mut last = own;
    while folder.get(last + 1).is_some_and(|next| header::follows(&folder[last].headers, &next.headers)) {
        last += 1;
    }
    (own..=last).collect()
}
