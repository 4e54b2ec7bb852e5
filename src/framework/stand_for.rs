//! Which migrations stand for another one, by their names.

use super::migration::Migration;

/// Those of the same name, or of that name and a number or words behind it, unless an original has that name.
pub fn stand_for_by_name(original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
    let name = originals[original];
    let stands = |other: &str| {
        let follows = other.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
        other == name || (follows && !originals.contains(&other))
    };
    (0..folder.len()).filter(|at| stands(&folder[*at].name)).collect()
}
