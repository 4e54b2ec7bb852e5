//! The comments that safestep writes: how any text gets into one, what a step's comment says, and how it is read again. No
//! other place looks into a comment of safestep's.

use crate::source::visible;
use crate::sql::split;

/// Stands in a body's comments for the name that the file's place gives it, as a word of a command. No file that is read can
/// hold a NUL byte.
pub const NAME: &str = "\0name\0";

/// What begins a comment line in SQL.
pub const SQL: &str = "--";

/// A comment line. Whatever the text holds, it ends where the line ends, and no runner cuts the file in it.
pub(super) fn comment(sign: &str, text: &str) -> String {
    let parts: Vec<String> = text.split(NAME).map(in_comment).collect();
    format!("{sign} {}", parts.join(NAME))
}

/// Text as it can stand in a comment line.
pub(super) fn in_comment(text: &str) -> String {
    // Drizzle cuts a file wherever its marker stands.
    visible(text).replace("-->", "-- >")
}

/// A word of a command that somebody copies to a shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    match !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Steps of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first one, from 1 on.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// How many the sequence has.
    pub of: usize,
}

/// What is written before the statements of a step.
pub struct StepComment<'a> {
    /// The step; `None` where the sequence has no other.
    pub step: Option<Steps>,
    /// What the sequence is called.
    pub title: &'a str,
    /// What it does to those who use the database.
    pub what: String,
    /// What must be true before it.
    pub before: Vec<String>,
    /// What is left when it fails, and how to go on.
    pub if_it_fails: String,
    /// The commands that this takes, one a line.
    pub commands: Vec<String>,
    /// How to take it back.
    pub undo: Vec<String>,
    /// The rules whose hazards are over by then.
    pub settles: Vec<&'static str>,
}

impl StepComment<'_> {
    /// Its lines, without the sign of a comment.
    pub fn lines(&self) -> Vec<String> {
        let first = match self.step {
            None => format!("{} · {}", self.title, self.what),
            Some(Steps { first, of, .. }) => format!("Step {first} of {of} · {} · {}", self.title, self.what),
        };
        let before = self.before.iter().map(|before| format!("{BEFORE}{before}"));
        let fails = if_it_fails(&self.if_it_fails);
        let lines = [first].into_iter().chain(before).chain([fails]).chain(self.commands.iter().cloned());
        let settles = self.settles.iter().map(|rule| format!("safestep: ignore[{rule}] {SETTLED}"));
        lines.chain(undo_lines(&self.undo)).chain(settles).collect()
    }
}

/// The line that says what a failure leaves.
pub fn if_it_fails(text: &str) -> String {
    format!("{IF_IT_FAILS}{text}")
}

/// The lines that say how to take something back.
pub fn undo_lines(undo: &[String]) -> impl Iterator<Item = String> {
    undo.iter().map(|undo| format!("{UNDO}{undo}"))
}

/// The first line of a file that holds several steps, or a step and what the runner does with the file.
pub fn of_file(Steps { first, last, of }: Steps, title: &str, what: &str) -> String {
    match first == last {
        true => format!("Step {first} of {of} of {title}: {what}"),
        false => format!("Steps {first} to {last} of {of} of {title}: {what}"),
    }
}

/// The first lines of a file of several steps, each with its own commit `but` for some: where a failed run goes on.
pub fn of_several(steps: Steps, title: &str, but: &str, is_only_file: bool) -> [String; 2] {
    let first = match is_only_file {
        true => format!("{title}: {} steps, each with its own commit{but}", steps.of),
        false => of_file(steps, title, &format!("each has its own commit{but}")),
    };
    [first, BEGINS_AGAIN[1].to_owned()]
}

/// The second line of a file that is begun again, with one step in it, or with several.
pub const BEGINS_AGAIN: [&str; 2] = [
    "When it fails, the same command begins this file again: what was done runs again as a no-op.",
    "When one fails, the same command begins this file again: what was done before stays, and runs again as a no-op.",
];
/// The second line of a file that commits with its row in the ledger.
pub const RUNS_ONCE: &str = "It runs once: in the migrator's transaction, which records it too.";

/// Why a hazard is over.
const SETTLED: &str = "it runs when the deploy before it is out";

const BEFORE: &str = "Before: ";
const IF_IT_FAILS: &str = "If it fails: ";
const UNDO: &str = "Undo: ";
/// How what a step does to others begins.
const WHAT: [&str; 6] = [
    "locks nothing that is in use",
    "instant",
    "reads all rows; ",
    "fills rows in batches of ",
    "takes its time; ",
    AS_WRITTEN,
];
const AS_WRITTEN: &str = "as written";
const FREE: &str = "locks nothing that is in use";
const NOTHING: &str = "nothing to undo";
const NOT_POSSIBLE: &str = "not possible:";
const DROP: &str = "DROP INDEX CONCURRENTLY IF EXISTS ";

/// The comment on what stands before a concurrent build, whose index has that name.
pub fn before_build(step: usize, index: &str) -> String {
    format!("Before step {step}: {CLEARS}{index} that a failed one left is dropped")
}

/// The comment on what stands behind a concurrent build.
pub fn after_build(step: usize) -> String {
    format!("After step {step}: {MUST_BE_VALID}")
}

const CLEARS: &str = "another build is waited for, an INVALID ";
const MUST_BE_VALID: &str = "the index must be valid";

/// A comment that safestep wrote, read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Where it begins in the text, in bytes.
    pub at: usize,
    /// Nothing that is sent stands before it.
    pub is_at_the_top: bool,
    /// What it speaks of.
    pub about: About,
    /// What the sequence is called; empty where it does not say so.
    pub title: String,
    /// It speaks of statements in their author's words.
    pub as_written: bool,
    /// It speaks of statements that lock nothing in use: tables are new in all of their sequence.
    pub free: bool,
    /// Its file commits with its row in the ledger.
    pub runs_once: bool,
    /// How to take it back, where it says that.
    pub undo: Option<Undo>,
    /// The statement that clears away what a failed run left behind, where there is one.
    pub clears: Option<String>,
}

/// What a comment speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The only step of its sequence.
    OnlyStep,
    /// These steps.
    Steps(Steps),
    /// What makes a step bear repetition, before it.
    BeforeStep(usize),
    /// The same behind it.
    AfterStep(usize),
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// By these statements, in order.
    By(Vec<String>),
    /// Not, or not as a whole.
    Impossible,
}

/// What safestep wrote in the comments of a text, in order. `sign` begins a comment line.
///
/// Only a whole one counts: its first line, and behind it a line that says what a failure leaves. A line that looks like the
/// first one is its author's.
pub fn headers(text: &str, sign: &str) -> Vec<Header> {
    let mut found: Vec<(Header, bool)> = Vec::new();
    let (mut at, mut goes_on) = (0, false);
    for line in text.split_inclusive('\n') {
        let begins = at;
        at += line.len();
        // SQL is never indented by us; a call stands in a function.
        let line = if sign == SQL { line.trim_end() } else { line.trim() };
        let Some(line) = line.strip_prefix(sign).and_then(|rest| rest.strip_prefix(' ')) else {
            goes_on = false;
            continue;
        };
        if let Some(header) = opened(line, begins).filter(|header| !goes_on || header.about != About::OnlyStep) {
            let whole = matches!(header.about, About::BeforeStep(_) | About::AfterStep(_));
            found.push((header, whole));
            goes_on = true;
        } else if let Some((header, whole)) = found.last_mut().filter(|_| goes_on) {
            *whole |= header.continued(line);
        }
    }
    found.into_iter().filter_map(|(header, whole)| whole.then_some(header)).collect()
}

/// The header that begins with this line.
fn opened(line: &str, at: usize) -> Option<Header> {
    let about = |about: About, title: &str, what: &str| Header {
        at,
        is_at_the_top: at == 0,
        about,
        title: title.to_owned(),
        as_written: what == AS_WRITTEN,
        free: what == FREE,
        runs_once: false,
        undo: None,
        clears: None,
    };
    if let Some((step, what)) = line.strip_prefix("Before step ").and_then(|rest| rest.split_once(": ")) {
        return Some(about(About::BeforeStep(number(step)?), "", what)).filter(|_| what.starts_with(CLEARS));
    }
    if let Some((step, what)) = line.strip_prefix("After step ").and_then(|rest| rest.split_once(": ")) {
        return Some(about(About::AfterStep(number(step)?), "", what)).filter(|_| what == MUST_BE_VALID);
    }
    let Some((steps, rest)) = steps(line) else {
        let (title, what) = line.split_once(" · ")?;
        return WHAT.iter().any(|known| what.starts_with(known)).then(|| about(About::OnlyStep, title, what));
    };
    let (title, what) = match rest.strip_prefix("· ") {
        Some(rest) => rest.split_once(" · ")?,
        None => rest.strip_prefix("of ")?.split_once(": ")?,
    };
    Some(about(About::Steps(steps), title, what))
}

/// `Step 2 of 5` or `Steps 2 to 4 of 5`, and what follows.
fn steps(line: &str) -> Option<(Steps, &str)> {
    let (first, last, rest) = match line.strip_prefix("Steps ") {
        Some(rest) => {
            let (first, rest) = rest.split_once(" to ")?;
            let (last, rest) = rest.split_once(" of ")?;
            (number(first)?, number(last)?, rest)
        }
        None => {
            let (first, rest) = line.strip_prefix("Step ")?.split_once(" of ")?;
            (number(first)?, number(first)?, rest)
        }
    };
    let (of, rest) = rest.split_once(' ')?;
    let of = number(of)?;
    (first <= last && last <= of).then_some((Steps { first, last, of }, rest))
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

impl Header {
    /// Takes in a line behind the first one; true when it is one that no header is without.
    fn continued(&mut self, line: &str) -> bool {
        if let Some((_, rest)) = line.split_once(DROP)
            && self.clears.is_none()
        {
            self.clears = Some(format!("{DROP}{}", name_at_the_beginning(rest)));
        }
        if let Some(undo) = line.strip_prefix(UNDO) {
            self.undo.get_or_insert_with(|| Undo::of(undo));
            return false;
        }
        self.runs_once |= line == RUNS_ONCE;
        let begins_again = BEGINS_AGAIN.iter().any(|known| known.split(':').next() == line.split(':').next());
        line == RUNS_ONCE || begins_again || line.starts_with(IF_IT_FAILS)
    }

    /// The steps that it speaks of, of several.
    pub fn steps(&self) -> Option<Steps> {
        match self.about {
            About::Steps(steps) => Some(steps),
            About::OnlyStep | About::BeforeStep(_) | About::AfterStep(_) => None,
        }
    }
}

impl Undo {
    fn of(text: &str) -> Undo {
        match text {
            NOTHING => Undo::By(Vec::new()),
            text if text.contains(NOT_POSSIBLE) => Undo::Impossible,
            text => Undo::By(split(text).pieces.iter().map(|piece| piece.span.slice(text).to_owned()).collect()),
        }
    }
}

/// A name as SQL writes it, with its schema.
fn name_at_the_beginning(text: &str) -> String {
    let mut quoted = false;
    let is_part = |&letter: &char| {
        quoted ^= letter == '"';
        quoted || letter == '"' || letter == '.' || letter == '_' || letter.is_alphanumeric()
    };
    text.chars().take_while(is_part).collect()
}

/// The steps that a file begins with, of a sequence of several.
fn at_the_top(headers: &[Header]) -> Option<(&Header, Steps)> {
    let header = headers.first().filter(|header| header.is_at_the_top)?;
    Some((header, header.steps()?))
}

/// True when a file, by its headers, holds the steps behind those of the file `before` it, of the same sequence.
pub fn follows(before: &[Header], here: &[Header]) -> bool {
    let (Some((first, steps)), Some((header, own))) = (at_the_top(before), at_the_top(here)) else { return false };
    let step = own.first - 1;
    let is_held = |held: &Header| held.steps().is_some_and(|held| held.of == own.of && held.last == step);
    steps.of == own.of && first.title == header.title && steps.first <= step && before.iter().any(is_held)
}

/// True when a file holds the first steps of a sequence.
pub fn begins(headers: &[Header]) -> bool {
    at_the_top(headers).is_some_and(|(_, steps)| steps.first == 1)
}

/// True when a file is a step of a sequence that was left in its author's words, or has such steps behind others that run once;
/// its first header may speak of the file alone, and those behind it of its steps. What locks nothing in use stays as it is too.
pub fn is_as_written(headers: &[Header]) -> bool {
    let mut behind = headers.iter().skip(1).filter(|header| header.steps().is_some()).peekable();
    let of_its_steps = behind.peek().is_some() && behind.all(|header| header.as_written || header.free);
    at_the_top(headers).is_some_and(|(header, _)| header.as_written || header.runs_once || of_its_steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_stays_in_its_line() {
        assert_eq!(
            comment(SQL, "a\nDROP TABLE x; --> statement-breakpoint\u{2028}"),
            "-- a\\u{a}DROP TABLE x; -- > statement-breakpoint\\u{2028}"
        );
        assert_eq!(comment(SQL, "Step 1 of 2 · Ärger"), "-- Step 1 of 2 · Ärger");
    }

    #[test]
    fn a_name_is_one_word_of_a_command() {
        for (name, word) in
            [("20260101_a.b", "20260101_a.b"), ("a b", "'a b'"), ("$(x)'", "'$(x)'\\'''"), ("-x", "'-x'"), ("", "''")]
        {
            assert_eq!(shell_word(name), word);
        }
    }

    const FAILS: &str = "\n-- If it fails: nothing has changed. Run it again\n";

    fn read(text: &str) -> Vec<Header> {
        headers(text, SQL)
    }

    #[test]
    fn only_our_own_header_in_its_place_goes_on() {
        let follows = |before: &str, text: &str| follows(&read(before), &read(text));
        let first = format!("-- Step 1 of 3 · add things · instant{FAILS}");
        let second = format!("-- Step 2 of 3 · add things · reads all rows{FAILS}");
        let third = "-- Step 3 of 3 · add things · x\r\n-- Before: y\r\n-- If it fails: z\r\n";
        assert!(follows(&first, &second) && follows(&second, third));
        let several =
            "-- Steps 1 to 2 of 4 of x: each has …\n-- When one fails, the same command begins this file again: …\n";
        let one = "-- Step 3 of 4 of x: it has …\n-- When it fails, the same command begins this file again: …\n";
        assert!(follows(several, one));
        // A step at the end of its file, behind the ones that the first line names.
        let with_tail = format!(
            "{}\n-- Step 2 of 4 · x · as written{FAILS}",
            several.replace("Steps 1 to 2", "Step 1").replace("one fails", "it fails")
        );
        assert!(follows(&with_tail, one));
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
            let other = format!("{other}{FAILS}");
            assert!(!follows(&first, &other), "{other}");
            assert!(!follows(&other, &other), "{other}");
        }
        assert!(!follows("SELECT 1;", &second));
        assert!(begins(&read(&first)) && !begins(&read(&second)) && !begins(&read("-- Step 1 of our cleanup")));
        assert!(is_as_written(&read(&format!("-- Step 2 of 4 · x · as written{FAILS}DROP TABLE x;"))));
        assert!(!is_as_written(&read(&format!("-- x · as written{FAILS}"))));
        let file = |steps: &str| format!("-- Step 2 of 4 of x: its own commit{FAILS}COMMIT;\n{steps}");
        let (left, instant) =
            (format!("-- Step 2 of 4 · x · as written{FAILS}"), format!("-- Step 3 of 4 · x · instant{FAILS}"));
        assert!(is_as_written(&read(&file(&left))));
        assert!(!is_as_written(&read(&file(&format!("{left}{instant}")))) && !is_as_written(&read(&file(&instant))));
    }

    #[test]
    fn a_comment_that_looks_like_a_first_line_is_its_authors() {
        for text in [
            "-- Step 2 of 3 · add things · as written\nDROP TABLE x;",
            "-- Step 2 of 3 of things: as written\n-- and more\nDROP TABLE x;",
            "-- Step 2 of 3 · add things · as written\n\n-- If it fails: call me\nDROP TABLE x;",
            "-- Before step 2: stop the workers\nDROP TABLE x;",
            "-- cleanup · by hand\n-- If it fails: call me\nDROP TABLE x;",
            "-- Undo: DROP TABLE y;\n-- If it fails: call me\nCREATE TABLE y ();",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_whatever_the_sign() {
        for sign in [SQL, "#"] {
            let comment_of = |undo: &str| StepComment {
                settles: Vec::new(),
                step: Some(Steps { first: 2, last: 2, of: 3 }),
                title: "add things",
                what: "takes its time".into(),
                before: vec!["this must find nothing, or it fails:  SELECT 1;".into()],
                if_it_fails: "it leaves an INVALID index.".into(),
                commands: vec!["  1. run <<< 'DROP INDEX CONCURRENTLY IF EXISTS \"a b\".i;'".into()],
                undo: vec![undo.into()],
            };
            let text = |undo: &str| -> String {
                comment_of(undo).lines().iter().map(|line| comment(sign, line) + "\n").collect()
            };
            for (undo, expected) in [
                ("nothing to undo", Undo::By(Vec::new())),
                ("DROP INDEX i; DROP TABLE t;", Undo::By(vec!["DROP INDEX i;".into(), "DROP TABLE t;".into()])),
                ("in part, by DROP INDEX i; the rest is not possible: why", Undo::Impossible),
            ] {
                let read = headers(&text(undo), sign);
                let [header] = read.as_slice() else { panic!("{read:?}") };
                assert_eq!(header.steps(), Some(Steps { first: 2, last: 2, of: 3 }));
                assert_eq!(header.undo, Some(expected));
                assert_eq!(header.clears.as_deref(), Some("DROP INDEX CONCURRENTLY IF EXISTS \"a b\".i"));
            }
            let helps = [before_build(2, "i"), after_build(2)];
            let read = helps.map(|text| headers(&comment(sign, &text), sign)[0].about);
            assert_eq!(read, [About::BeforeStep(2), About::AfterStep(2)]);
        }
    }
}
