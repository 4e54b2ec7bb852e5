//! One comment at a line: what waits, what becomes of it, the files that stand for it folded.

use std::ops::RangeInclusive;

use super::marker::Mark;
use super::suggestion::Suggestion;
use crate::output::markdown::{code, fenced, plain};
use crate::report::{Applicability, FileAction, FileReport, HazardReport, MigrationReport, Severity};

/// The longest folded text, in bytes.
const FOLDED_BYTES: usize = 24_000;

/// A comment at lines of a file as the pull request has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineComment {
    /// The file, from the top of the repository.
    pub path: String,
    /// The lines, counted from 1.
    pub lines: RangeInclusive<usize>,
    /// The hazard's fingerprint.
    pub fingerprint: String,
    /// The whole comment in Markdown, its hidden first line included.
    pub body: String,
    /// Whether it has a suggestion, which replaces its lines.
    pub suggests: bool,
}

/// What a hazard's comment says. `suggestion` is the whole rewrite of the migration, where the comment stands at its lines.
pub(super) fn body(migration: &MigrationReport, hazard: &HazardReport, suggestion: Option<&Suggestion>) -> String {
    let severity = match hazard.severity {
        Severity::Danger => "Danger",
        Severity::Caution => "Caution",
    };
    let mark = Mark { fingerprint: hazard.fingerprint.clone(), mended: false };
    let label = match hazard.label.as_str() {
        "" => String::new(),
        label => format!(" · {}", plain(label)),
    };
    let mut out = mark.line() + &format!("**{severity}:** {}{label}\n", plain(&hazard.message));
    let is_open = hazard.applicability == Applicability::NeedsInput;
    match hazard.help.as_str() {
        "" => {}
        help if hazard.rewritten => out += &format!("\n**Rewritten:** {}\n", plain(help)),
        help if is_open => out += &format!("\n**Needs input:** {}\n", code(help)),
        help => out += &format!("\n{}\n", plain(help)),
    }
    match suggestion {
        Some(suggestion) => {
            out += &format!("\nThe rewrite of this file:\n\n{}", fenced("suggestion", &suggestion.text));
        }
        None => out += &folded(migration, hazard),
    }
    out + &format!("\n{} tells why.\n", code(&hazard.explain_url))
}

/// The new files with the steps that stand for the hazard, folded; the steps alone where the file is another one's, too.
fn folded(migration: &MigrationReport, hazard: &HazardReport) -> String {
    let is_of_it = |line: usize| line == hazard.line || hazard.also.contains(&line);
    let steps = || migration.steps.iter().filter(|step| hazard.rewritten && is_of_it(step.from_line));
    let files = || migration.files.iter().filter(|file| steps().any(|step| step.file == file.path));
    let are_new = files().all(|file| file.action == FileAction::Create);
    let folder = migration.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (shown, summary) = match (files().count(), are_new) {
        (count @ 1.., true) => {
            let page = |file: &FileReport| {
                let name = file.path.strip_prefix(folder).unwrap_or(&file.path).trim_start_matches('/');
                let text = file.after.as_deref().unwrap_or_default();
                format!("{}\n{}\n", code(name), fenced(language(name), text))
            };
            let title = if count == 1 { "the file".to_owned() } else { format!("the {count} files") };
            (within(files().map(page)), title)
        }
        _ => {
            let statement = |sql: &str| format!("{};\n", sql.trim_end().trim_end_matches(';'));
            let sql = within(steps().filter(|step| !step.sql.is_empty()).map(|step| statement(&step.sql)));
            (if sql.is_empty() { sql } else { fenced("sql", &sql) }, "the statements".to_owned())
        }
    };
    match shown.as_str() {
        "" => shown,
        _ => format!("\n<details>\n<summary>{summary}</summary>\n\n{}\n\n</details>\n", shown.trim_end()),
    }
}

/// As many texts as a comment has room for.
fn within(texts: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    texts.for_each(|text| {
        if out.len() + text.len() <= FOLDED_BYTES {
            out += &text;
        }
    });
    out
}

/// What a fenced block calls the language of a file.
fn language(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, "py")) => "python",
        Some((_, "rb")) => "ruby",
        Some((_, extension)) if extension.bytes().all(|byte| byte.is_ascii_lowercase()) => extension,
        _ => "",
    }
}
