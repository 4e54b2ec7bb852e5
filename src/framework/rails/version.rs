//! Versions of the files of sequences: the first keeps the one of the migration that it stands for, so that a database that ran
//! that migration goes on behind it; the others get free ones below the next migration's.

use crate::framework::seconds;

/// A migration of a database, or what replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The version that it has.
    pub version: u64,
    /// How many files it becomes.
    pub files: usize,
    /// It may get another version.
    pub is_new: bool,
}

/// The versions of the files of all migrations of a database, which come in their order. One that is new and in the way moves
/// behind.
///
/// # Errors
/// The migration for whose files there is no room, by index, and the version that is in the way.
pub fn versions(wanted: &[Wanted]) -> Result<Vec<Vec<u64>>, (usize, u64)> {
    let mut all: Vec<Vec<u64>> = Vec::new();
    let mut last: Option<u64> = None;
    // Who began to take the versions up to the last one.
    let mut from = 0;
    for (at, one) in wanted.iter().enumerate() {
        let is_free = last.is_none_or(|last| last < one.version);
        let first = match last.filter(|_| !is_free) {
            Some(_) if !one.is_new => return Err((from, one.version)),
            Some(last) => later(last, 1).unwrap_or(last + 1),
            None => one.version,
        };
        // Below the next one that stays where it is.
        let limit = wanted[at + 1..].iter().find(|next| !next.is_new).map_or(u64::MAX, |next| next.version);
        let own = following(first, one.files.max(1), limit);
        if is_free {
            from = at;
        }
        last = own.last().copied();
        if last.is_some_and(|last| last >= limit) {
            return Err((from, limit));
        }
        all.push(own);
    }
    Ok(all)
}

/// So many versions behind the highest one, and not before `now`.
pub fn behind(highest: u64, now: u64, count: usize) -> Vec<u64> {
    let next = later(highest, 1).unwrap_or(highest + 1);
    following(next.max(now), count, u64::MAX)
}

/// So many versions from that one on: seconds of a clock, where it is a time and they have room below the limit, else the next
/// numbers, which Active Record takes as well.
fn following(first: u64, count: usize, limit: u64) -> Vec<u64> {
    let times: Option<Vec<u64>> = (0..count).map(|number| later(first, number)).collect();
    let fits = |versions: &Vec<u64>| versions.last().is_some_and(|last| *last < limit);
    times.filter(fits).unwrap_or_else(|| (first..).take(count).collect())
}

/// The time so many seconds later.
fn later(version: u64, by: usize) -> Option<u64> {
    let time = seconds::of(&version.to_string())?;
    seconds::text(time + i64::try_from(by).ok()?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(all: &[(u64, usize, bool)]) -> Vec<Wanted> {
        all.iter().map(|&(version, files, is_new)| Wanted { version, files, is_new }).collect()
    }

    #[test]
    fn files_come_behind_their_migration_and_before_the_next() {
        let found =
            versions(&wanted(&[(20260101000000, 1, false), (20260101235958, 3, true), (20260201000000, 1, true)]));
        assert_eq!(
            found,
            Ok(vec![vec![20260101000000], vec![20260101235958, 20260101235959, 20260102000000], vec![20260201000000]])
        );
        assert_eq!(versions(&wanted(&[(3, 3, true)])), Ok(vec![vec![3, 4, 5]]));
    }

    #[test]
    fn a_new_one_in_the_way_moves() {
        // as an engine's migrations are copied: one second apart
        let found =
            versions(&wanted(&[(20260101000058, 2, true), (20260101000059, 2, true), (20260101000100, 1, true)]));
        let expected =
            vec![vec![20260101000058, 20260101000059], vec![20260101000100, 20260101000101], vec![20260101000102]];
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn an_old_one_stays() {
        assert_eq!(
            versions(&wanted(&[(20260101000059, 3, true), (20260101000100, 1, false)])),
            Ok(vec![vec![20260101000059, 20260101000060, 20260101000061], vec![20260101000100]])
        );
        assert_eq!(versions(&wanted(&[(5, 3, true), (7, 1, false)])), Err((0, 7)));
        assert_eq!(versions(&wanted(&[(5, 2, true), (6, 1, true), (7, 1, false)])), Err((0, 7)));
    }
}
