//! The names and first lines by which the files of a sequence are known: in the folder, in a ledger, and as what stands for
//! a migration that was there before.

use super::super::header::follows;
use super::super::migration::Migration;
use super::super::words::slug;
use crate::plan::Unit;

/// The longest name of a part in bytes, without its number or time: file systems take 255.
const MAX_WORDS: usize = 200;

/// The longest number or time before the words, with what parts them.
const TIME: usize = "20260101000000_".len();

/// The words of a part's name, without the time or number that its place in the folder gives it.
pub(super) fn part_name(name: &str, at: usize, parts: usize, units: &[Unit]) -> String {
    let width = parts.to_string().len().max(2);
    let mut words = words(name).to_owned();
    let slug = slug(units, TIME + words.chars().count() + width + 2);
    while words.len() + slug.len() > MAX_WORDS {
        if words.pop().is_none() {
            break;
        }
    }
    format!("{words}_{:0width$}_{slug}", at + 1)
}

/// A migration's name without its number or time.
pub(super) fn words(name: &str) -> &str {
    name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_')
}

/// All files of the sequence that one of a folder belongs to, as their first lines say.
pub(super) fn sequence_at(at: usize, folder: &[Migration]) -> std::ops::RangeInclusive<usize> {
    let headers = |at: usize| folder.get(at).map_or(&[][..], |migration: &Migration| &migration.headers);
    let follows = |at: usize| follows(headers(at), headers(at + 1));
    let first = (0..at).rev().take_while(|before| follows(*before)).last().unwrap_or(at);
    let last = (at..folder.len()).find(|at| !follows(*at)).unwrap_or(at);
    first..=last
}

/// The files that stand for a migration. Its number may be another one now: of several that share their words, the first is
/// still the first.
pub(super) fn stand_for(original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
    let own = words(originals[original]);
    let number = originals[..original].iter().filter(|other| words(other) == own).count();
    let same = (0..folder.len()).filter(|at| words(&folder[*at].name) == own).nth(number);
    same.map_or_else(Vec::new, |at| sequence_at(at, folder).collect())
}
