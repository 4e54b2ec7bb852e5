//! The report for a person at a terminal: the answer first, then why, then how to go on.
//!
//! For each migration that has anything to say: its path, what is dangerous in it, the tree of files, the diff.
//! After all of them one sentence that sums up, and what a reader must know before going on.

pub(super) mod columns;
mod diagnostic;
mod diff;
mod footer;
mod style;
mod tree;

use std::collections::BTreeSet;

use super::summary::{is_silent, needs_input};
use crate::report::{HazardReport, MigrationReport, Report, Severity};
use columns::{harmless, width, wrap};
use diagnostic::Diagnostics;
use footer::Footer;

pub(super) use style::{Role, Style};
pub(super) use tree::render as tree;

/// Diagnostics shown in full before the rest is only named.
const FULL_DIAGNOSTICS: usize = 3;
/// Below this many columns lines run over rather than wrap.
const NARROWEST: usize = 20;

/// Which command the text answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// `rewrite`: shows, changes nothing.
    #[default]
    Rewrite,
    /// `check`: hazards only.
    Check,
    /// `rewrite --write`: says what was written.
    Write,
}

/// Which migrations the report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Those that were asked for.
    #[default]
    Given,
    /// Those that are new since a git ref.
    New,
}

/// How the text is printed.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions {
    /// Columns of the terminal. `usize::MAX` never wraps and never cuts.
    pub width: usize,
    /// Draw with Unicode; ASCII otherwise.
    pub unicode: bool,
    /// Write ANSI colours.
    pub color: bool,
    /// -1 is quiet (one line for each hazard, and the summary), 0 normal, 1 verbose (everything in full).
    pub verbosity: i8,
    /// Which command the text answers.
    pub mode: Mode,
    /// Which migrations the report is about.
    pub scope: Scope,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { width: 80, unicode: true, color: false, verbosity: 0, mode: Mode::Rewrite, scope: Scope::Given }
    }
}

impl TextOptions {
    fn style(&self) -> Style {
        Style::new(self.color, self.unicode)
    }

    fn is_quiet(&self) -> bool {
        self.verbosity < 0
    }

    fn is_verbose(&self) -> bool {
        self.verbosity > 0
    }
}

/// Names and what they mean in two columns, broken at `columns`.
pub fn listing(rows: &[(String, String)], columns: usize) -> String {
    let indent = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0) + 2;
    let row = |(name, text): &(String, String)| format!("{name:indent$}{}\n", wrap(text, indent, indent, columns));
    rows.iter().map(row).collect()
}

/// The whole text, each line ending in a newline.
///
/// `sources` gives the text of a file by its path in the report, for the lines around a hazard; without it the
/// hazard's own statement is shown.
pub fn render(report: &Report, sources: &dyn Fn(&str) -> Option<String>, options: &TextOptions) -> String {
    let mut printer = Printer::new(sources, options);
    let migrations: String = report.migrations.iter().map(|migration| printer.migration(migration, None)).collect();
    migrations + &printer.end()
}

/// Prints migration by migration, so that nobody has to hold them all.
pub struct Printer<'a> {
    options: TextOptions,
    diagnostics: Diagnostics<'a>,
    footer: Footer,
    /// Something stands above.
    begun: bool,
}

impl<'a> Printer<'a> {
    /// `sources` is as for [`render`].
    pub fn new(sources: &'a dyn Fn(&str) -> Option<String>, options: &TextOptions) -> Self {
        let options = TextOptions { width: options.width.max(NARROWEST), ..*options };
        let diagnostics = Diagnostics::new(options.style(), options.width, sources);
        Printer { options, diagnostics, footer: Footer::default(), begun: false }
    }

    /// The next migration's part of the text. `source` is its file's text where that is at hand.
    pub fn migration(&mut self, migration: &MigrationReport, source: Option<String>) -> String {
        self.footer.add(migration, &self.options);
        if is_silent(migration) {
            return String::new();
        }
        if let Some((hazard, source)) = migration.hazards.first().zip(source) {
            self.diagnostics.open(&hazard.file, Some(source));
        }
        let blocks = if self.options.is_quiet() {
            vec![migration.hazards.iter().map(|hazard| self.diagnostics.brief(hazard)).collect()]
        } else {
            migration_blocks(migration, &mut self.diagnostics, &self.options)
        };
        blocks.iter().map(|block| self.apart(block)).collect()
    }

    /// What stands under all migrations.
    pub fn end(mut self) -> String {
        let footer = self.footer.render(&self.options);
        self.apart(&footer)
    }

    fn apart(&mut self, block: &str) -> String {
        if block.is_empty() {
            return String::new();
        }
        let before = if std::mem::replace(&mut self.begun, true) { "\n" } else { "" };
        format!("{before}{block}")
    }
}

/// The path of a migration and, under it, its diagnostics, tree and diff; nothing when only the footer tells of it.
fn migration_blocks(migration: &MigrationReport, diagnostics: &mut Diagnostics, options: &TextOptions) -> Vec<String> {
    let mut blocks = diagnostic_blocks(migration, diagnostics, options);
    if options.mode != Mode::Check {
        blocks.push(tree::render(migration, options.style(), options.width));
    }
    if options.mode == Mode::Rewrite {
        let diff = |file| diff::render(file, options.style(), options.is_verbose());
        blocks.push(migration.files.iter().map(diff).collect());
    }
    blocks.retain(|block| !block.is_empty());
    if !blocks.is_empty() {
        blocks.insert(0, header(migration, options));
    }
    blocks
}

fn header(migration: &MigrationReport, options: &TextOptions) -> String {
    let style = options.style();
    style.paint(Role::Path, &harmless(&migration.path, style)) + "\n"
}

/// The hazards of a migration: the first in full, the rest named, then the questions.
fn diagnostic_blocks(migration: &MigrationReport, diagnostics: &mut Diagnostics, options: &TextOptions) -> Vec<String> {
    let (questions, mut hazards): (Vec<_>, Vec<_>) = migration.hazards.iter().partition(|hazard| needs_input(hazard));
    if options.mode == Mode::Write {
        hazards.retain(|hazard| !hazard.rewritten);
    }
    // `check` has nothing but hazards to show, and a list that fails a build must be complete.
    let limit = if options.is_verbose() || options.mode == Mode::Check { hazards.len() } else { FULL_DIAGNOSTICS };
    let full = most_pressing(&hazards, limit);

    let mut blocks = Vec::new();
    for &index in &full {
        blocks.push(diagnostics.full(hazards[index]));
    }
    let rest: Vec<&HazardReport> =
        (0..hazards.len()).filter(|index| !full.contains(index)).map(|index| hazards[index]).collect();
    blocks.push(more(&rest, options));
    for question in questions {
        let answer = if options.is_verbose() { diagnostics.full(question) } else { diagnostics.question(question) };
        blocks.push(answer);
    }
    blocks
}

/// Which hazards to show in full: dangers before cautions, what is left to the reader before what is rewritten; in the
/// order of the source.
fn most_pressing(hazards: &[&HazardReport], limit: usize) -> BTreeSet<usize> {
    let mut indices: Vec<usize> = (0..hazards.len()).collect();
    indices.sort_by_key(|&index| (hazards[index].severity != Severity::Danger, hazards[index].rewritten));
    indices.into_iter().take(limit).collect()
}

/// `… 13 more: add-foreign-key ×12, create-index (-v shows them)`.
fn more(hazards: &[&HazardReport], options: &TextOptions) -> String {
    if hazards.is_empty() {
        return String::new();
    }
    let style = options.style();
    let mut rules: Vec<(&str, usize)> = Vec::new();
    for hazard in hazards {
        match rules.iter_mut().find(|(rule, _)| *rule == hazard.rule) {
            Some((_, count)) => *count += 1,
            None => rules.push((&hazard.rule, 1)),
        }
    }
    let rules: Vec<String> = rules
        .into_iter()
        .map(|(rule, count)| match count {
            1 => rule.to_owned(),
            count => format!("{rule} {}{count}", style.times()),
        })
        .collect();
    let lead = format!("   {} ", style.ellipsis());
    let text = format!("{} more: {} (-v shows them)", hazards.len(), rules.join(", "));
    let indent = width(&lead);
    style.paint(Role::Dim, &format!("{lead}{}", wrap(&text, indent, indent, options.width))) + "\n"
}

#[cfg(test)]
mod tests;
