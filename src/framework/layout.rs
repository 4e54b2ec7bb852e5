//! A sequence on its way into a folder: first bodies without a place, then files with one.

use camino::Utf8PathBuf;

use super::Found;
use super::header::{NAME, in_comment, shell_word};
use super::migration::Migration;
use crate::operation::clipped;
use crate::plan::{Files, Sequence};

/// How the blocks of a sequence become files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A file for each block.
    Step,
    /// A file for each phase.
    Phase,
}

/// What a layout needs to know beside the sequence.
#[derive(Debug, Clone)]
pub struct LayoutSettings {
    /// How long one attempt may wait for its locks, as PostgreSQL writes it; `None` leaves it unbounded.
    pub lock_timeout: Option<String>,
    /// How often a brief step tries.
    pub lock_attempts: u32,
    /// Rows per batch.
    pub batch_size: u64,
    /// Pause between batches, in seconds.
    pub batch_pause: f64,
    /// The oldest server version.
    pub postgres: u32,
    /// The layout that is wanted; `None` leaves it to the framework.
    pub layout: Option<Layout>,
    /// Why this sequence gets no more than one file, whatever layout is wanted.
    pub one_file: Option<String>,
}

/// A sequence that is to be written in a framework's words.
#[derive(Clone, Copy)]
pub struct Sequenced<'a> {
    /// The migration that it replaces.
    pub migration: &'a Migration,
    /// The sequence.
    pub sequence: &'a Sequence,
    /// Which of its blocks share a file.
    pub files: &'a Files,
    /// How it is written.
    pub settings: &'a LayoutSettings,
}

/// What a file of a sequence holds, before the file has a place in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// A few words for its name, in which its place adds a version or a number; `None` keeps the name of the migration that
    /// the sequence replaces.
    pub words: Option<String>,
    /// Its text, where [`NAME`] and gaps of the framework's own stand for what only its place tells.
    pub text: String,
    /// The first block of the sequence that it holds, by index.
    pub block: usize,
}

/// The bodies of a sequence that come into a folder.
pub struct Incoming<'a> {
    /// The migration that they replace; `None` where they replace nothing and come behind all others.
    pub replaces: Option<&'a Migration>,
    /// The sequence that they are.
    pub sequence: &'a Sequence,
    /// The bodies, in order.
    pub bodies: &'a [Body],
    /// What replaces nothing belongs with this one, where it is among the migrations.
    pub behind: Option<&'a Found>,
    /// What replaces nothing gets no earlier time than this one, in seconds since 1970, where the folder has times.
    pub not_before: Option<i64>,
}

/// A file of a sequence, in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidOut {
    /// The name as the framework records it.
    pub name: String,
    /// Where it goes.
    pub path: Utf8PathBuf,
    /// What it holds.
    pub content: String,
    /// The first block of the sequence that it holds, by index.
    pub block: usize,
}

/// Behind the words of a gap in a file that waits.
const TO_COME: &str = "-BY-SAFESTEP-RELEASE";

impl Body {
    /// Its text as it is on disk while it waits: each gap in words that show.
    pub fn waiting_text(&self) -> String {
        let parts = self.text.split('\0').enumerate();
        let shown = parts.map(|(at, part)| match at % 2 {
            0 => part.to_owned(),
            _ => part.to_uppercase().replace(' ', "-") + TO_COME,
        });
        shown.collect()
    }

    /// The text with its gaps, of one that waited.
    pub fn text_that_waited(text: &str) -> String {
        let mut parts = text.split(TO_COME).peekable();
        let mut with_gaps = String::new();
        while let Some(part) = parts.next() {
            let words = part.trim_end_matches(|c: char| c.is_ascii_uppercase() || c == '-').len();
            match parts.peek() {
                Some(_) => {
                    let gap = part[words..].to_lowercase().replace('-', " ");
                    with_gaps += &format!("{}\0{gap}\0", &part[..words]);
                }
                None => with_gaps += part,
            }
        }
        with_gaps
    }

    /// The file that it becomes under a name.
    pub fn at(&self, name: &str, path: Utf8PathBuf) -> LaidOut {
        let content = self.text.replace(NAME, &in_comment(&shell_word(name)));
        LaidOut { name: name.to_owned(), path, content, block: self.block }
    }
}

impl Incoming<'_> {
    /// Its files under the name of the migration that it replaces; of several, each with its number and words behind the
    /// name, padded, so that every order of names is the same. No name is longer than `longest` bytes.
    pub fn numbered(&self, name: &str, longest: usize, path: impl Fn(&str) -> Utf8PathBuf) -> Vec<LaidOut> {
        let width = width(self.bodies.len());
        let file = |(at, body): (usize, &Body)| {
            let suffix = body.words.as_ref().map(|words| format!("_{:0width$}_{words}", at + 1)).unwrap_or_default();
            let name = clipped(name, longest.saturating_sub(suffix.len())).to_owned() + &suffix;
            body.at(&name, path(&name))
        };
        self.bodies.iter().enumerate().map(file).collect()
    }
}

/// The digits of a number among so many.
pub(super) fn width(count: usize) -> usize {
    count.to_string().len().max(2)
}

/// The files of a sequence in their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// The files, in order.
    pub files: Vec<LaidOut>,
    /// What else in the folder changes with them.
    pub companions: CompanionFiles,
    /// What to know of it, one sentence each.
    pub notes: Vec<String>,
}

/// Files beside a sequence that change with it: a journal, snapshots, migrations that move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanionFiles {
    /// What is there now, by its path.
    pub before: Vec<(Utf8PathBuf, String)>,
    /// What is there afterwards, by its path.
    pub after: Vec<(Utf8PathBuf, String)>,
}

/// What came of placing sequences in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// Each in its place, in the order in which they came.
    Placed(Vec<Placed>),
    /// Nothing is placed: these have no place for several files.
    NoRoom(Vec<NoRoom>),
}

/// A sequence that has no place for several files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoom {
    /// Which one, by index.
    pub at: usize,
    /// Why, as a sentence.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::Body;
    use crate::framework::NAME;

    #[test]
    fn gaps_show_while_a_file_waits() {
        let text = format!("-- as {NAME}-x, {NAME}\nSELECT FROM \0place as text\0 WHERE \0row\0;");
        let body = Body { words: None, text: text.clone(), block: 0 };
        let shown = body.waiting_text();
        assert_eq!(
            shown,
            "-- as NAME-BY-SAFESTEP-RELEASE-x, NAME-BY-SAFESTEP-RELEASE\n\
             SELECT FROM PLACE-AS-TEXT-BY-SAFESTEP-RELEASE WHERE ROW-BY-SAFESTEP-RELEASE;"
        );
        assert_eq!(Body::text_that_waited(&shown), text);
        assert_eq!(Body::text_that_waited("SELECT 'A-B'"), "SELECT 'A-B'");
    }
}
