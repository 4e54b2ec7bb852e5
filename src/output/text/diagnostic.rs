//! A hazard as rustc shows one: what happens, where, the source with the operation underlined, what is done about it.

use super::columns::{Cells, harmless, width, wrap};
use super::style::{Role, Style};
use crate::output::summary::needs_input;
use crate::output::tree::split;
use crate::report::{HazardReport, Severity};

/// The least room that a label gets under the source before it moves to the left.
const LABEL_ROOM: usize = 24;

/// Prints diagnostics, one after the other, and remembers the file of the last one.
pub(super) struct Diagnostics<'a> {
    pub style: Style,
    pub width: usize,
    sources: &'a dyn Fn(&str) -> Option<String>,
    file: Option<File>,
}

/// A file that diagnostics speak of.
struct File {
    path: String,
    named: bool,
    text: Option<String>,
    /// Where its lines start, in bytes.
    lines: Vec<usize>,
}

impl File {
    /// A line by its number from 1, without its end.
    fn line(&self, number: usize) -> Option<&str> {
        let at = number.checked_sub(1)?;
        let rest = self.text.as_deref()?.get(*self.lines.get(at)?..)?;
        let line = rest.split('\n').next()?;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

impl<'a> Diagnostics<'a> {
    /// `sources` gives the text of a file by its path in the report, or `None` when it cannot be had.
    pub fn new(style: Style, width: usize, sources: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { style, width, sources, file: None }
    }

    /// Says that the next diagnostics are about a file with that text.
    pub fn open(&mut self, path: &str, text: Option<String>) {
        let starts = text.iter().flat_map(|text| text.match_indices('\n').map(|(at, _)| at + 1));
        let lines = std::iter::once(0).chain(starts).collect();
        self.file = Some(File { path: path.to_owned(), named: false, text, lines });
    }

    fn file(&mut self, path: &str) -> Option<&mut File> {
        if self.file.as_ref().is_none_or(|file| file.path != path) {
            let text = (self.sources)(path);
            self.open(path, text);
        }
        self.file.as_mut()
    }

    /// The whole diagnostic, ending in a newline.
    pub fn full(&mut self, hazard: &HazardReport) -> String {
        let gutter = hazard.line.to_string().len();
        let mut out = self.headline(hazard);
        out += &self.place(hazard, gutter);
        out += &self.excerpt(hazard, gutter);
        out + &self.help(hazard, gutter)
    }

    /// Only the question and the ways to answer it.
    pub fn question(&mut self, hazard: &HazardReport) -> String {
        self.headline(hazard) + &self.help(hazard, 2)
    }

    /// One line, however long: where and what. Programs such as grep and editors read it.
    pub fn brief(&self, hazard: &HazardReport) -> String {
        let place = format!("{}:{}:{}", harmless(&hazard.file, self.style), hazard.line, hazard.column);
        let (label, role) = (label(hazard), role(hazard));
        let message = harmless(&hazard.message, self.style);
        let (place, label) = (self.style.paint(Role::Path, &place), self.style.paint(role, &label));
        format!("{place}: {label}: {message}\n")
    }

    /// `danger[set-not-null]: what happens`.
    fn headline(&self, hazard: &HazardReport) -> String {
        let label = label(hazard);
        let used = width(&label) + 2;
        let message = wrap(&harmless(&hazard.message, self.style), used, 2, self.width);
        format!("{}: {message}\n", self.style.paint(role(hazard), &label))
    }

    fn place(&mut self, hazard: &HazardReport, gutter: usize) -> String {
        let (folder, name) = split(&hazard.file);
        let seen = self.file(&hazard.file).is_some_and(|file| std::mem::replace(&mut file.named, true));
        let path =
            if seen && !folder.is_empty() { format!("{}/{name}", self.style.ellipsis()) } else { hazard.file.clone() };
        let place = format!("{}:{}:{}", harmless(&path, self.style), hazard.line, hazard.column);
        format!(
            "{}{} {}\n",
            " ".repeat(gutter + 1),
            self.style.paint(Role::Dim, self.style.opens()),
            self.style.paint(Role::Path, &place),
        )
    }

    /// The first line of the operation, and the line before it when that belongs to the same statement.
    fn excerpt(&mut self, hazard: &HazardReport, gutter: usize) -> String {
        let line_at = |file: &File, number| file.line(number).map(str::to_owned);
        let file = self.file(&hazard.file).map(|file| &*file);
        if let Some(line) = file.and_then(|file| line_at(file, hazard.line)) {
            let above = hazard.line.checked_sub(1);
            let before = file.zip(above).and_then(|(file, above)| line_at(file, above)).filter(|line| is_context(line));
            return self.marked(hazard, before.as_deref(), &line, gutter, hazard.column.saturating_sub(1));
        }
        match hazard.statement.lines().next() {
            Some(line) => self.marked(hazard, None, line, gutter, 0),
            None => String::new(),
        }
    }

    /// The source lines with their gutter; the operation starts at the character `start` (from 0) of `line`.
    fn marked(&self, hazard: &HazardReport, before: Option<&str>, line: &str, gutter: usize, start: usize) -> String {
        let end = if hazard.end_line > hazard.line {
            line.trim_end().chars().count()
        } else {
            start.saturating_add(hazard.end_column.saturating_sub(hazard.column))
        };
        let room = self.width.saturating_sub(gutter + 3);
        let mut out = String::new();
        if let Some(before) = before {
            let excerpt = Cells::of(before, self.style).excerpt(0, 0, room, self.style);
            out += &self.gutter(&(hazard.line - 1).to_string(), gutter, &excerpt.text);
        }
        let excerpt = Cells::of(line, self.style).excerpt(start, end.max(start.saturating_add(1)), room, self.style);
        out += &self.gutter(&hazard.line.to_string(), gutter, &excerpt.text);
        for line in self.underline(hazard, excerpt.mark, room) {
            out += &self.gutter("", gutter, &line);
        }
        out
    }

    /// The underline with its label behind it, or under it when there is no room.
    fn underline(&self, hazard: &HazardReport, (start, length): (usize, usize), room: usize) -> Vec<String> {
        let length = length.max(1);
        let line = self.style.underline().repeat(length);
        let label = harmless(&hazard.label, self.style);
        let indent = " ".repeat(start);
        if label.is_empty() || start + length + 1 + width(&label) <= room {
            let separator = if label.is_empty() { "" } else { " " };
            return vec![self.style.paint(role(hazard), &format!("{indent}{line}{separator}{label}"))];
        }
        let left = start.min(room.saturating_sub(LABEL_ROOM.max(width(&label).min(room))));
        let wrapped = wrap(&label, left, 0, room);
        std::iter::once(format!("{indent}{line}"))
            .chain(wrapped.split('\n').map(|part| format!("{}{part}", " ".repeat(left))))
            .map(|part| self.style.paint(role(hazard), &part))
            .collect()
    }

    fn gutter(&self, number: &str, gutter: usize, text: &str) -> String {
        let margin = self.style.paint(Role::Dim, &format!("{number:>gutter$} {}", self.style.bar()));
        format!("{margin} {text}").trim_end().to_owned() + "\n"
    }

    fn help(&self, hazard: &HazardReport, gutter: usize) -> String {
        if hazard.help.is_empty() {
            return String::new();
        }
        let closes = self.style.closes();
        let used = gutter + 1 + width(closes) + 1;
        let help = wrap(&harmless(&hazard.help, self.style), used, used, self.width);
        let help = if hazard.rewritten { self.style.paint(Role::Safe, &help) } else { help };
        format!("{}{} {help}\n", " ".repeat(gutter + 1), self.style.paint(Role::Dim, closes))
    }
}

/// `danger[set-not-null]`.
fn label(hazard: &HazardReport) -> String {
    let kind = match hazard.severity {
        _ if needs_input(hazard) => "needs input",
        Severity::Danger => "danger",
        Severity::Caution => "caution",
    };
    format!("{kind}[{}]", hazard.rule)
}

fn role(hazard: &HazardReport) -> Role {
    match hazard.severity {
        _ if needs_input(hazard) => Role::Caution,
        Severity::Danger => Role::Danger,
        Severity::Caution => Role::Caution,
    }
}

/// True for a line that an operation under it may belong to: neither blank, nor a comment, nor the end of a statement.
fn is_context(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("--") && !line.starts_with('#') && !line.ends_with(';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example::{hazard, question};

    fn shown(hazard: &HazardReport, source: &str, width: usize, unicode: bool) -> String {
        let sources = |_: &str| Some(source.to_owned());
        let mut diagnostics = Diagnostics::new(Style::new(false, unicode), width, &sources);
        let text = diagnostics.full(hazard);
        assert!(!text.lines().any(|line| line.ends_with(' ')), "{text}");
        text
    }

    #[test]
    fn the_operation_is_underlined_and_labelled() {
        let mut hazard = hazard("set-not-null", "db/1.sql", (2, 1, 32), "every read waits");
        hazard.label = "ACCESS EXCLUSIVE for one full scan".into();
        hazard.help = "rewritten: check NOT VALID, validate, set (files 1, 2)".into();
        let source = "ALTER TABLE \"User\" ADD COLUMN a int,\nALTER COLUMN \"name\" SET NOT NULL;\n";
        assert_eq!(
            shown(&hazard, source, 80, true),
            "\
danger[set-not-null]: every read waits
  ╭─ db/1.sql:2:1
1 │ ALTER TABLE \"User\" ADD COLUMN a int,
2 │ ALTER COLUMN \"name\" SET NOT NULL;
  │ ─────────────────────────────── ACCESS EXCLUSIVE for one full scan
  ╰─ rewritten: check NOT VALID, validate, set (files 1, 2)
"
        );
        assert_eq!(
            shown(&hazard, source, 50, false),
            "\
danger[set-not-null]: every read waits
  --> db/1.sql:2:1
1 | ALTER TABLE \"User\" ADD COLUMN a int,
2 | ALTER COLUMN \"name\" SET NOT NULL;
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  | ACCESS EXCLUSIVE for one full scan
  = rewritten: check NOT VALID, validate, set
    (files 1, 2)
"
        );
    }

    #[test]
    fn a_file_is_named_in_full_once() {
        let sources = |_: &str| None;
        let mut diagnostics = Diagnostics::new(Style::new(false, true), 80, &sources);
        let first = diagnostics.full(&hazard("a", "db/1.sql", (1, 1, 2), "m"));
        let second = diagnostics.full(&hazard("b", "db/1.sql", (12, 3, 4), "m"));
        assert_eq!(first, "danger[a]: m\n  ╭─ db/1.sql:1:1\n");
        assert_eq!(second, "danger[b]: m\n   ╭─ …/1.sql:12:3\n");
    }

    #[test]
    fn without_the_file_the_statement_is_shown() {
        let mut hazard = hazard("a", "-", (7, 5, 9), "m");
        hazard.statement = "DROP TABLE a\n  CASCADE".into();
        let sources = |_: &str| None;
        let text = Diagnostics::new(Style::new(false, true), 80, &sources).full(&hazard);
        assert_eq!(text, "danger[a]: m\n  ╭─ -:7:5\n7 │ DROP TABLE a\n  │ ────\n");
    }

    #[test]
    fn a_question_is_the_question_and_its_answers() {
        let sources = |_: &str| None;
        let mut diagnostics = Diagnostics::new(Style::new(false, true), 120, &sources);
        assert_eq!(
            diagnostics.question(&question("db/1.sql")),
            "\
needs input[add-required-column]: what do existing rows of \"Order\" get in \"status\"?
   ╰─ --value Order.status=\"'pending'\"      or in safestep.toml: [values] \"Order.status\" = \"'pending'\"
"
        );
        diagnostics.width = 80;
        assert_eq!(
            diagnostics.question(&question("db/1.sql")),
            "\
needs input[add-required-column]: what do existing rows of \"Order\" get in
  \"status\"?
   ╰─ --value Order.status=\"'pending'\"
      or in safestep.toml: [values] \"Order.status\" = \"'pending'\"
"
        );
    }

    #[test]
    fn several_lines_are_underlined_on_the_first() {
        let mut hazard = hazard("a", "f", (1, 1, 3), "m");
        hazard.end_line = 2;
        assert_eq!(
            shown(&hazard, "DROP TABLE  \r\n  a;\r\n", 80, true),
            "danger[a]: m\n  ╭─ f:1:1\n1 │ DROP TABLE\n  │ ──────────\n"
        );
    }

    #[test]
    fn places_that_do_not_exist_do_no_harm() {
        for (line, column, end_column) in [(0, 0, 0), (1, 90, 95), (2, 1, 1), (3, 1, 9), (99, 1, 2), (1, 5, 2)] {
            let hazard = hazard("a", "f", (line, column, end_column), "m");
            let text = shown(&hazard, "SELECT 1\n", 20, true);
            assert!(text.starts_with("danger[a]: m\n"), "{text}");
        }
        let at_end = hazard("a", "f", (1, 9, 9), "m");
        assert_eq!(shown(&at_end, "SELECT 1", 20, true), "danger[a]: m\n  ╭─ f:1:9\n1 │ SELECT 1\n  │         ─\n");
    }

    #[test]
    fn twenty_columns_hold() {
        let mut hazard = hazard("set-not-null", "f", (1, 4_001, 4_010), "every read and write waits");
        hazard.label = "ACCESS EXCLUSIVE for one full scan".into();
        let source = format!("{}\tDROP TABLE 表表表表表表表表表表;", "x, ".repeat(1_333));
        let text = shown(&hazard, &source, 20, true);
        assert!(text.lines().skip(1).all(|line| width(line) <= 20), "{text}");
        assert!(text.contains("DROP TABLE"), "{text}");
    }
}
