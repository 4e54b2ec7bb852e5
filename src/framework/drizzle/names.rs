//! The names and first lines by which the files of a sequence are known: in the folder, in a ledger, and as what stands for
//! a migration that was there before.

use super::super::header::follows;
use super::super::migration::Migration;
use super::super::words::slug;
use crate::operation::clipped;
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

/// The words of a file that waits, one of `of` of its phase: it will be a migration of its own.
pub(super) fn waiting_name((name, phase): (&str, &str), (at, of): (usize, usize), units: &[Unit]) -> String {
    let number = if of > 1 { format!("_{:02}", at + 1) } else { String::new() };
    let words = clipped(words(name), MAX_WORDS / 2);
    let mut name = [words, phase].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_") + &number;
    if of > 1 {
        let slug = slug(units, TIME + name.chars().count() + 1);
        name.push_str(&format!("_{slug}"));
    }
    clipped(&name, MAX_WORDS).to_owned()
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

/// The files that stand for a migration. Its number may be another one now, where not all names are there still: of several that
/// share their words, the first is still the first.
pub(super) fn stand_for(original: usize, originals: &[&str], folder: &[Migration]) -> Vec<usize> {
    let name = originals[original];
    let named = |name: &str| folder.iter().position(|migration| migration.name == name);
    let at = match originals.iter().all(|other| named(other).is_some()) {
        true => named(name),
        false => {
            let number = originals[..original].iter().filter(|other| words(other) == words(name)).count();
            (0..folder.len()).filter(|at| words(&folder[*at].name) == words(name)).nth(number)
        }
    };
    at.map_or_else(Vec::new, |at| sequence_at(at, folder).collect())
}

#[cfg(test)]
mod tests {
    use super::super::DRIZZLE;
    use super::*;
    use crate::source::SourceFile;

    fn folder(files: &[(&str, &str)]) -> Vec<Migration> {
        let read = |(name, text): &(&str, &str)| DRIZZLE.folder.read(name, SourceFile::new("m.sql", *text)).unwrap();
        files.iter().map(read).collect()
    }

    fn names(originals: &[&str], original: usize, folder: &[Migration]) -> Vec<String> {
        stand_for(original, originals, folder).into_iter().map(|at| folder[at].name.clone()).collect()
    }

    const FIRST: &str =
        "-- Step 1 of 2 of x: it has …\n-- When it fails, the same command begins this file again: …\nCOMMIT;";
    const SECOND: &str =
        "-- Step 2 of 2 of x: it has …\n-- When it fails, the same command begins this file again: …\nCOMMIT;";

    #[test]
    fn the_files_of_a_sequence_stand_together() {
        let folder = folder(&[
            ("0", "CREATE TABLE a ();"),
            ("1", FIRST),
            ("2", SECOND),
            ("3", FIRST),
            ("4", SECOND),
            ("5", "-- y: 2 steps, each with its own commit …\nCOMMIT;"),
        ]);
        let of_today = ["0", "1", "2", "4", "5"];
        let files: [&[&str]; 5] = [&["0"], &["1", "2"], &["1", "2"], &["3", "4"], &["5"]];
        for (original, expected) in files.into_iter().enumerate() {
            assert_eq!(names(&of_today, original, &folder), expected, "{original}");
        }
    }

    #[test]
    fn a_number_may_be_another_one_now_where_a_name_is_gone() {
        let folder = folder(&[("0000_x_01_a", FIRST), ("0001_x", SECOND), ("0002_x", "SELECT 1;")]);
        assert_eq!(names(&["0000_x", "0001_x"], 0, &folder), ["0000_x_01_a", "0001_x"]);
        assert_eq!(names(&["0000_x", "0001_x"], 1, &folder), ["0002_x"]);
        // A ledger that knows only the last one.
        assert_eq!(names(&["0002_x"], 0, &folder), ["0002_x"]);
        assert!(names(&["0001_x", "0009_gone"], 1, &folder).is_empty());
    }
}
