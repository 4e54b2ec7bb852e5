//! The end of the text: one sentence that sums up, what waits, what to know, how to go on.

use std::collections::BTreeMap;

use super::columns::{harmless, width, wrap};
use super::style::Role;
use super::{Mode, Scope, TextOptions};
use crate::output::summary::{Counts, files_by_action, files_now_and_deferred, plural, thousands};
use crate::output::tree::{folders, step_files};
use crate::report::{FileAction, MigrationReport, OpaqueReport, PreflightReport};

/// Statements that are left as they are and named, before the rest is counted.
const NAMED_STATEMENTS: usize = 5;

/// What the end of the text tells of all migrations.
#[derive(Default)]
pub(super) struct Footer {
    counts: Counts,
    /// Files that are created, changed and removed.
    files: [usize; 3],
    now: usize,
    deferred: usize,
    /// safestep has a safe form of a hazard, or waits for an answer.
    has_rewrite: bool,
    /// What is replaced: true for a folder.
    replaced: Vec<bool>,
    /// What to know of each migration.
    details: Vec<Details>,
}

/// What to know of one migration.
struct Details {
    path: String,
    /// What is of this one only.
    text: String,
    notes: Vec<String>,
}

impl Footer {
    /// Counts a migration.
    pub fn add(&mut self, migration: &MigrationReport, options: &TextOptions) {
        self.counts.add(migration);
        for (sum, count) in self.files.iter_mut().zip(files_by_action(migration)) {
            *sum += count;
        }
        let (now, deferred) = files_now_and_deferred(migration);
        self.now += now;
        self.deferred += deferred;
        self.has_rewrite |= migration.hazards.iter().any(|hazard| hazard.rewritten);
        for folder in folders(migration) {
            let deleted = |entry: &&crate::output::tree::Entry| entry.action == FileAction::Delete;
            self.replaced.extend(folder.entries.iter().filter(deleted).map(|entry| entry.name.ends_with('/')));
        }
        if !options.is_quiet() {
            let text = details(migration, options);
            self.details.push(Details { path: migration.path.clone(), text, notes: migration.notes.clone() });
        }
    }

    /// The summary and all that follows it, each line ending in a newline.
    pub fn render(&self, options: &TextOptions) -> String {
        let mut out = paragraph(&self.sentence(options), options);
        if options.is_quiet() {
            return out;
        }
        let several = self.counts.migrations > 1;
        let before = out.len();
        let shared = self.shared_notes();
        for details in &self.details {
            let own: Vec<&String> = details.notes.iter().filter(|note| !shared.contains_key(note)).collect();
            if details.text.is_empty() && own.is_empty() {
                continue;
            }
            if several {
                let style = options.style();
                out += &format!("\n{}\n", style.paint(Role::Path, &harmless(&details.path, style)));
            }
            out += &details.text;
            out.extend(own.into_iter().map(|text| note("note:", text, options)));
        }
        if !shared.is_empty() {
            out.push('\n');
        }
        out.extend(
            shared.into_iter().map(|(text, count)| note(&format!("note for {count} migrations:"), text, options)),
        );
        let hint = self.hint(options);
        if several && out.len() > before && !hint.is_empty() {
            out.push('\n');
        }
        out + &hint
    }

    /// The notes that are the same for several migrations, each with their number.
    fn shared_notes(&self) -> BTreeMap<&String, usize> {
        let mut counts = BTreeMap::new();
        self.details.iter().flat_map(|details| &details.notes).for_each(|note| *counts.entry(note).or_insert(0) += 1);
        counts.retain(|_, count| *count > 1);
        counts
    }

    /// The answer of the run in one sentence.
    fn sentence(&self, options: &TextOptions) -> String {
        let counts = &self.counts;
        let noun = match options.scope {
            Scope::Given => "migration",
            Scope::New => "new migration",
        };
        if options.mode == Mode::Check {
            return match counts.hazards() {
                0 => counts.nothing_found(noun) + ".",
                _ => counts.found_in(noun),
            };
        }
        let outcome = self.outcome(options.mode);
        let found = match counts.hazards() {
            0 => counts.nothing_found(noun),
            _ if counts.affected == counts.migrations => {
                format!("{}, {}, {}", plural(counts.migrations, noun), counts.found(), counts.disposition())
            }
            _ => format!("{}, {}", counts.found_in(noun), counts.disposition()),
        };
        format!("{found}{outcome}.")
    }

    /// What happens to the files: `: 7 files that can go out in one deploy`.
    fn outcome(&self, mode: Mode) -> String {
        let [created, modified, deleted] = self.files;
        if created + modified + deleted == 0 {
            return String::new();
        }
        // The noun stands with the first number only.
        let list = |verbs: [&str; 3]| {
            let mut parts: Vec<String> = Vec::new();
            for (count, verb) in [created, modified, deleted].into_iter().zip(verbs) {
                match count {
                    0 => {}
                    _ if parts.is_empty() => parts.push(format!("{} {verb}", plural(count, "file"))),
                    _ => parts.push(format!("{} {verb}", thousands(count))),
                }
            }
            format!(": {}", parts.join(", "))
        };
        if mode == Mode::Write {
            return list(["written", "changed", "removed"]);
        }
        if self.counts.hazards() == 0 {
            return list(["to write", "to change", "to remove"]);
        }
        match (self.now, self.deferred) {
            (now, 0) => format!(": {} that can go out in one deploy", plural(now, "file")),
            (now, deferred) => format!(": {} now, {} deferred", plural(now, "file"), thousands(deferred)),
        }
    }

    /// The commands that go on from here: in one line if they fit, otherwise one in each.
    fn hint(&self, options: &TextOptions) -> String {
        let changes = self.files.iter().any(|count| *count > 0);
        let write = format!("`safestep rewrite --write` {}.", what_write_does(&self.replaced));
        let sentences = match options.mode {
            Mode::Check if self.has_rewrite => {
                ["`safestep rewrite` shows the safe form.", "`safestep explain RULE` says why."]
            }
            Mode::Rewrite if changes => [write.as_str(), "`safestep verify` proves it first."],
            Mode::Write if self.deferred > 0 => {
                ["`safestep status` shows what is deferred.", "`safestep release` brings in the next phase."]
            }
            _ => return String::new(),
        };
        let line = sentences.join(" ");
        if width(&line) <= options.width {
            return line + "\n";
        }
        sentences.iter().map(|sentence| paragraph(sentence, options)).collect()
    }
}

fn paragraph(text: &str, options: &TextOptions) -> String {
    match text {
        "" => String::new(),
        text => wrap(&harmless(text, options.style()), 0, 0, options.width) + "\n",
    }
}

/// What to know about one migration and no other.
fn details(migration: &MigrationReport, options: &TextOptions) -> String {
    let mut out = String::new();
    if options.mode != Mode::Check {
        out += &phases(migration, options);
        out += &preflights(migration, options);
    }
    out + &opaque(&migration.opaque, options)
}

fn note(lead: &str, text: &str, options: &TextOptions) -> String {
    format!("{lead} {}\n", wrap(&harmless(text, options.style()), lead.len() + 1, 6, options.width))
}

/// The phases as a table: when, which, how many files, after what.
fn phases(migration: &MigrationReport, options: &TextOptions) -> String {
    let style = options.style();
    let names = migration.phases.iter().map(|phase| width(&phase.phase)).max().unwrap_or(0);
    let files: Vec<String> = migration.phases.iter().map(|phase| plural(phase.files, "file")).collect();
    let counts = files.iter().map(|count| width(count)).max().unwrap_or(0);
    let mut out = String::new();
    for (phase, count) in migration.phases.iter().zip(&files) {
        let (when, role, what) = match phase.gate.as_str() {
            "" => ("now", Role::Safe, "old code runs, new code can be deployed after it".to_owned()),
            gate if gate.starts_with("after ") => ("deferred", Role::Caution, gate.to_owned()),
            gate => ("deferred", Role::Caution, format!("after {gate}")),
        };
        let lead = format!("   {:<names$}   {count:<counts$}   ", phase.phase);
        let mut indent = 2 + "deferred".len() + width(&lead);
        let mut used = indent;
        let mut separator = "";
        if indent + 24 > options.width {
            (indent, used, separator) = (4, 4, "\n    ");
        }
        let what = wrap(&harmless(&what, style), used, indent, options.width);
        let lead = if separator.is_empty() { lead.as_str() } else { lead.trim_end() };
        out += &format!("  {}{lead}{separator}{what}\n", style.paint(role, &format!("{when:<8}")));
    }
    out
}

/// What must hold before the sequence runs, and where the query that checks it stands.
fn preflights(migration: &MigrationReport, options: &TextOptions) -> String {
    let style = options.style();
    let files = step_files(migration);
    let last = migration.steps.iter().map(|step| step.number).max().unwrap_or(1);
    let text = |preflight: &PreflightReport| {
        let place = match files.iter().position(|file| *file == preflight.file) {
            Some(_) if !options.is_verbose() && files.len() < last => {
                format!(" (preflight query in step {})", preflight.step)
            }
            Some(index) if !options.is_verbose() => {
                format!(" (preflight query in file {})", index + 1)
            }
            _ => String::new(),
        };
        harmless(&format!("{}{place}", preflight.condition), style).into_owned()
    };
    let query = |preflight: &PreflightReport, indent: &str| {
        let shown = options.is_verbose() || !files.contains(&preflight.file.as_str());
        let query = harmless(&preflight.query, style).replace('\n', &format!("\n{indent}"));
        if shown { format!("{indent}{query}\n") } else { String::new() }
    };
    let lead = "Before you run it:";
    match migration.preflights.as_slice() {
        [] => String::new(),
        [one] => {
            let sentence = wrap(&format!("{lead} {}.", text(one)), 0, 2, options.width);
            format!("{sentence}\n{}", query(one, "  "))
        }
        several => {
            let mut out = format!("{lead}\n");
            for preflight in several {
                out += &format!("  {}\n", wrap(&text(preflight), 2, 4, options.width));
                out += &query(preflight, "    ");
            }
            out
        }
    }
}

/// `left as it is: 2 statements that safestep does not read (…). Nothing about them is promised.`
fn opaque(statements: &[OpaqueReport], options: &TextOptions) -> String {
    let Some(first) = statements.first() else {
        return String::new();
    };
    let limit = if options.is_verbose() { statements.len() } else { NAMED_STATEMENTS };
    let mut named: Vec<String> = statements
        .iter()
        .take(limit)
        .map(|statement| {
            let file = if statement.file == first.file { String::new() } else { format!("{}:", statement.file) };
            format!("{} at {file}{}:{}", statement.what, statement.line, statement.column)
        })
        .collect();
    if statements.len() > limit {
        named.push(format!("{} {} more", options.style().ellipsis(), statements.len() - limit));
    }
    let pronoun = if statements.len() == 1 { "it" } else { "them" };
    let text = format!(
        "{} that safestep does not read ({}). Nothing about {pronoun} is promised.",
        plural(statements.len(), "statement"),
        named.join(", "),
    );
    let lead = "left as it is:";
    let text = wrap(&harmless(&text, options.style()), lead.len() + 1, 2, options.width);
    format!("{} {text}\n", options.style().paint(Role::Caution, lead))
}

/// `replaces the folder`, in words that are true of the changes.
fn what_write_does(replaced: &[bool]) -> &'static str {
    match replaced {
        [] => "makes these changes",
        [true] => "replaces the folder",
        [false] => "replaces the file",
        [first, rest @ ..] if *first && rest.iter().all(|folder| *folder) => "replaces the folders",
        [first, rest @ ..] if !*first && !rest.contains(&true) => "replaces the files",
        _ => "replaces them",
    }
}
