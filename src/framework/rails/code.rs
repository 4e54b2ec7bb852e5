//! Lines of Ruby, and the methods that they call.

use std::collections::BTreeSet;

use super::file::{Lines, OWN_INDENT};
use super::helpers::Helper;

/// Statements, and the methods that they call.
#[derive(Default)]
pub(super) struct Code {
    pub lines: Lines,
    pub helpers: BTreeSet<Helper>,
}

impl Code {
    /// Puts more behind it.
    pub fn add(&mut self, more: Code) {
        self.lines.extend(more.lines);
        self.helpers.extend(more.helpers);
    }
}

pub(super) fn own_indent(line: String) -> String {
    if line.is_empty() { line } else { format!("{OWN_INDENT}{line}") }
}

/// Lines in a block of a method.
pub(super) fn in_block(method: &str, lines: Lines) -> Lines {
    let inside = lines.into_iter().map(|line| match line.starts_with(OWN_INDENT) || line.is_empty() {
        true => line,
        false => format!("  {line}"),
    });
    std::iter::once(format!("{method} do")).chain(inside).chain(["end".to_owned()]).collect()
}

/// What a step does, and what is sent for it.
#[derive(Default)]
pub(super) struct Up {
    pub code: Code,
    /// What is sent, as SQL or as its author wrote it.
    pub sent: String,
    /// Nothing stands around its statements.
    pub is_bare: bool,
    /// Some of it is in its author's words.
    pub has_words: bool,
    /// The comments by which a hazard is over, where these stand above the class.
    pub settles: BTreeSet<String>,
}

/// A call in its author's words, with the comments before it. What goes on behind its first line stays where it stands in that
/// line, where no literal goes over lines.
pub(super) fn as_written(text: &str, depth: usize) -> Lines {
    let mut lines: Lines = Vec::new();
    let mut rest = text.trim_matches('\n');
    while rest.starts_with('#') || rest.starts_with('\n') {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        lines.push(line.to_owned());
        rest = behind;
    }
    let rest = rest.trim_end();
    let may_shift = depth > 0 && !rest.contains("<<") && !rest.lines().any(has_open_quote);
    let shift = if may_shift { "  ".repeat(depth) } else { String::new() };
    let mut own = rest.lines();
    lines.extend(own.next().map(str::to_owned));
    lines.extend(own.map(|line| if line.is_empty() { String::new() } else { own_indent(format!("{shift}{line}")) }));
    lines
}

/// A string may go on in the next line.
fn has_open_quote(line: &str) -> bool {
    line.contains("%q")
        || line.contains("%Q")
        || line.contains("%(")
        || ['"', '\''].iter().any(|quote| line.matches(*quote).count() % 2 == 1)
}
