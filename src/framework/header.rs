//! The comments of the files that safestep writes: how any text gets into one, and how the first line tells later that
//! files belong together.

use crate::source::visible;

/// A comment line. Whatever the text holds, it ends where the line ends, and no runner cuts the file in it.
pub(super) fn comment(text: &str) -> String {
    // Drizzle cuts a file wherever its marker stands.
    format!("-- {}", visible(text).replace("-->", "-- >"))
}

/// A word of a command that somebody copies to a shell.
pub(super) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    match !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Which steps a file holds, as its first line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header<'a> {
    first: usize,
    last: usize,
    of: usize,
    title: &'a str,
}

impl Header<'_> {
    /// `-- Step 2 of 5 · title · …`, `-- Step 2 of 5 of title: …` or `-- Steps 2 to 4 of 5 of title: …`.
    fn of(text: &str) -> Option<Header<'_>> {
        let line = text.split(['\n', '\r']).next()?;
        let (first, last, rest) = match line.strip_prefix("-- Steps ") {
            Some(rest) => {
                let (first, rest) = rest.split_once(" to ")?;
                let (last, rest) = rest.split_once(" of ")?;
                (number(first)?, number(last)?, rest)
            }
            None => {
                let (first, rest) = line.strip_prefix("-- Step ")?.split_once(" of ")?;
                (number(first)?, number(first)?, rest)
            }
        };
        let (of, rest) = rest.split_once(' ')?;
        let of = number(of)?;
        let (title, _) = match rest.strip_prefix("· ") {
            Some(rest) => rest.split_once(" · ")?,
            None => rest.strip_prefix("of ")?.split_once(": ")?,
        };
        (first <= last && last <= of).then_some(Header { first, last, of, title })
    }
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

/// True when a file holds the steps behind those of the file `before` it, of the same sequence.
pub fn follows(before: &str, text: &str) -> bool {
    let (Some(before_it), Some(header)) = (Header::of(before), Header::of(text)) else { return false };
    let step = header.first - 1;
    let line = format!("-- Step {step} of {} ", header.of);
    let holds_step = || before_it.last == step || before.lines().any(|other| other.starts_with(&line));
    before_it.of == header.of && before_it.title == header.title && before_it.first <= step && holds_step()
}

/// True when a file is a step of a sequence that was left in its author's words, or has such steps behind others that run once.
pub fn is_as_written(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    let (line, next) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let in_words = line.ends_with(" · as written") || line.ends_with(": as written");
    Header::of(text).is_some() && (in_words || next.strip_prefix("-- ") == Some(RUNS_ONCE))
}

/// What a file says that commits with its row in the ledger.
pub const RUNS_ONCE: &str = "It runs once: in the migrator's transaction, which records it too.";

/// True when a file holds the first steps of a sequence.
pub fn begins(text: &str) -> bool {
    Header::of(text).is_some_and(|header| header.first == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_stays_in_its_line() {
        assert_eq!(
            comment("a\nDROP TABLE x; --> statement-breakpoint\u{2028}"),
            "-- a\\u{a}DROP TABLE x; -- > statement-breakpoint\\u{2028}"
        );
        assert_eq!(comment("Step 1 of 2 · Ärger"), "-- Step 1 of 2 · Ärger");
    }

    #[test]
    fn a_name_is_one_word_of_a_command() {
        for (name, word) in
            [("20260101_a.b", "20260101_a.b"), ("a b", "'a b'"), ("$(x)'", "'$(x)'\\'''"), ("-x", "'-x'"), ("", "''")]
        {
            assert_eq!(shell_word(name), word);
        }
    }

    #[test]
    fn only_our_own_header_in_its_place_goes_on() {
        let first = "-- Step 1 of 3 · add things · instant\n…";
        let second = "-- Step 2 of 3 · add things · reads all rows";
        assert!(follows(first, second) && follows(second, "-- Step 3 of 3 · add things · x\r\n"));
        assert!(follows("-- Steps 1 to 2 of 4 of x: each has …", "-- Step 3 of 4 of x: it has …"));
        // A step at the end of its file, behind the ones that the first line names.
        let with_tail = "-- Step 1 of 4 of x: it has …\n\n-- Step 2 of 4 · x · as written\n";
        assert!(follows(with_tail, "-- Step 3 of 4 of x: it has …"));
        for other in [
            "-- Step 2 of our cleanup of users",
            "-- Step 2 of 3: clean up",
            "-- Step 2 of 3 of the cleanup",
            "-- Step 2 of 3 · other things · x",
            "-- Step 2 of 4 · add things · x",
            "-- Step 3 of 3 · add things · x",
            "-- Step 2 of 1 · add things · x",
            "-- Step +2 of 3 · add things · x",
            "SELECT 1; -- Step 2 of 3 · add things · x",
        ] {
            assert!(!follows(first, other), "{other}");
            assert!(!follows(other, other), "{other}");
        }
        assert!(!follows("SELECT 1;", second));
        assert!(begins(first) && !begins(second) && !begins("-- Step 1 of our cleanup"));
        assert!(is_as_written("-- Step 2 of 4 · x · as written\nDROP TABLE x;") && !is_as_written("-- x · as written"));
    }
}
