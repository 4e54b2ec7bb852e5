//! Which revisions are the steps of one that was rewritten.

use crate::framework::header;
use crate::framework::migration::Migration;

/// The revision with that id and the steps before it, by index.
pub(super) fn stand_for(id: &str, folder: &[Migration]) -> Vec<usize> {
    let Some(own) = folder.iter().position(|migration| migration.name == id) else { return Vec::new() };
    let mut first = own;
    while first > 0 && header::follows(&folder[first - 1].headers, &folder[first].headers) {
        first -= 1;
    }
    (first..=own).collect()
}
