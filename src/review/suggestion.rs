//! Where a rewrite fits in the lines of the file that it is about.

use std::ops::RangeInclusive;

use crate::report::{FileAction, MigrationReport};
use crate::source::is_hostile;

/// More lines than this are no suggestion: a person applies what they can read at a glance.
const MOST_LINES: usize = 100; // GitLab takes no more
/// Nor more bytes.
const MOST_BYTES: usize = 8_000;

/// Lines of a file and what is to stand there instead: the whole rewrite of its migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The lines, counted from 1.
    pub lines: RangeInclusive<usize>,
    /// Their replacement, without a line break at its end.
    pub text: String,
}

impl Suggestion {
    /// The suggestion for a migration: one file changes, nothing comes or goes or waits, and the diff shows all lines that
    /// change. A part of a rewrite would be none.
    pub fn of(migration: &MigrationReport, shown: &[RangeInclusive<usize>]) -> Option<Suggestion> {
        let [file] = migration.files.as_slice() else { return None };
        if file.action != FileAction::Modify || !migration.phases.is_empty() {
            return None;
        }
        let (before, after) = (file.before.as_deref()?, file.after.as_deref()?);
        let is_plain = |text: &str| !text.contains(|c| is_hostile(c) && c != '\n' && c != '\t');
        if !is_plain(before) || !is_plain(after) || before.ends_with('\n') != after.ends_with('\n') {
            return None;
        }
        let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let same_first = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
        let rest = before.len().min(after.len()) - same_first;
        let pairs = before.iter().rev().zip(after.iter().rev());
        let same_last = pairs.take(rest).take_while(|(old, new)| old == new).count();
        // Lines that only come replace the one before them, or the first.
        let is_added = before.len() == same_first + same_last;
        let first = same_first - usize::from(is_added && same_first > 0);
        let behind = usize::from(is_added && same_first == 0).min(same_last);
        let (end, new_end) = (before.len() - same_last + behind, after.len() - same_last + behind);
        let lines = first + 1..=end;
        let text = after.get(first..new_end)?.join("\n");
        let fits =
            new_end - first <= MOST_LINES && text.len() <= MOST_BYTES && lines.end() - lines.start() < MOST_LINES;
        let is_shown = shown.iter().any(|hunk| hunk.contains(lines.start()) && hunk.contains(lines.end()));
        (fits && is_shown && !text.is_empty() && !lines.is_empty()).then_some(Suggestion { lines, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[track_caller]
    fn suggested(before: &str, after: &str) -> Option<(RangeInclusive<usize>, String)> {
        let mut migration = example::migration("db/1.sql");
        migration.files = vec![example::modified("db/1.sql", before, after)];
        let suggestion = Suggestion::of(&migration, &[1..=9])?;
        // Applied as GitHub does it: the end of the file stays as it is.
        let mut lines: Vec<&str> = before.lines().collect();
        lines.splice(suggestion.lines.start() - 1..*suggestion.lines.end(), suggestion.text.lines());
        assert_eq!(lines.join("\n") + if before.ends_with('\n') { "\n" } else { "" }, after);
        Some((suggestion.lines, suggestion.text))
    }

    #[test]
    fn the_lines_that_change_and_no_others() {
        assert_eq!(suggested("a\nb\nc\n", "a\nB\nc\n"), Some((2..=2, "B".into())));
        assert_eq!(suggested("a\na\n", "a\na\na\n"), Some((2..=2, "a\na".into())));
        assert_eq!(suggested("a\n", "x\na\ny\n"), Some((1..=1, "x\na\ny".into())));
        assert_eq!(suggested("a\n", "x\na\n"), Some((1..=1, "x\na".into())));
        assert_eq!(suggested("a\nb\nc\n", "a\nc\n"), None, "an empty suggestion deletes nothing");
        assert_eq!(suggested("a\nb\nc\n", "x\nc\n"), Some((1..=2, "x".into())));
        assert_eq!(suggested("a", "b\nc"), Some((1..=1, "b\nc".into())));
    }

    #[test]
    fn nothing_that_would_be_another_text() {
        assert_eq!(suggested("a\r\n", "b\r\n"), None);
        assert_eq!(suggested("a\n", "\u{202e}b\n"), None);
        assert_eq!(suggested("a", "b\n"), None);
        assert_eq!(suggested("a\n", "b"), None);
        assert_eq!(suggested(&"a\n".repeat(10), &("a\n".repeat(9) + "b\n")), None, "line 10 is not shown");
        assert_eq!(suggested("a\n", &"b\n".repeat(101)), None);
        let mut migration = example::migration("db/1.sql");
        migration.files = vec![example::modified("db/1.sql", "a\n", "b\n"), example::created("db/2.sql", "c\n")];
        assert_eq!(Suggestion::of(&migration, &[1..=9]), None);
    }
}
