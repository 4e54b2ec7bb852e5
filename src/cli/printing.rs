//! How what was found is printed: the formats, the terminal, the bar that says how far it is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::Failure;
use crate::output::{TextOptions, github, gitlab, json, junit, markdown, patch, sarif, text};
use crate::report::Report;
use crate::rewrite::RULES;
use crate::source::read_text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Patch,
    Markdown,
    /// check only: SARIF 2.1.0, for code scanning
    Sarif,
    /// check only: annotations in the log of a GitHub workflow
    Github,
    /// check only: a GitLab code quality report
    Gitlab,
    /// check only: a JUnit report
    Junit,
}

impl Format {
    /// The formats that only say what is dangerous.
    pub fn is_of_check(self) -> bool {
        matches!(self, Format::Sarif | Format::Github | Format::Gitlab | Format::Junit)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Prints a report to standard output; text looks as the options say.
pub(super) fn print(report: &Report, format: Format, options: &TextOptions) -> Result<(), Failure> {
    let printed = match format {
        Format::Text => text::render(report, &|path: &str| source(report, path), options),
        Format::Json => json::render(report).map_err(|e| Failure::Io("JSON".into(), e.into()))?,
        Format::Patch => patch::render(report),
        Format::Markdown => markdown::render(report),
        Format::Sarif => sarif::render(report, &descriptions()).map_err(|e| Failure::Io("SARIF".into(), e.into()))?,
        Format::Github => github::render(report),
        Format::Gitlab => gitlab::render(report).map_err(|e| Failure::Io("JSON".into(), e.into()))?,
        Format::Junit => junit::render(report),
    };
    put(&printed)
}

/// How text is printed here.
pub(super) fn text_options(color: Color) -> TextOptions {
    let terminal = std::io::stdout().is_terminal();
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    let utf8 = locale.is_none_or(|l| l.to_lowercase().replace('-', "").contains("utf8"));
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    TextOptions {
        width: columns.unwrap_or(if terminal {
            terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into())
        } else {
            usize::MAX
        }),
        unicode: utf8 || !terminal,
        color,
        ..TextOptions::default()
    }
}

/// The rules, as reports of other services describe them.
fn descriptions() -> Vec<sarif::Rule> {
    RULES.iter().map(|rule| sarif::Rule { id: rule.id, summary: rule.summary(), page: rule.page() }).collect()
}

pub(super) fn json_of(report: &impl serde::Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(report).map_err(|error| Failure::Io("JSON".into(), error.into()))? + "\n")
}

pub(super) fn put(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io("standard output".into(), error))
        }
        _ => Ok(()),
    }
}

/// The text that the report speaks of: a file that was rewritten in place is another one by now.
fn source(report: &Report, path: &str) -> Option<String> {
    let mut files = report.migrations.iter().flat_map(|migration| &migration.files);
    match files.find(|file| file.path == path).and_then(|file| file.before.as_deref()) {
        Some(before) => Some(before.strip_prefix('\u{feff}').unwrap_or(before).to_owned()),
        None => read_source(path),
    }
}

pub(super) fn read_source(path: &str) -> Option<String> {
    read_text(path.into())
}

/// A bar on stderr for what takes longer than a second, only on a terminal.
pub(super) struct Progress {
    started: Instant,
    bar: indicatif::ProgressBar,
}

impl Progress {
    pub fn new() -> Self {
        Progress { started: Instant::now(), bar: indicatif::ProgressBar::hidden() }
    }

    pub fn show(&self, done: usize, all: usize) {
        if self.started.elapsed() > Duration::from_secs(1) && std::io::stderr().is_terminal() {
            if self.bar.is_hidden() {
                self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            }
            self.bar.set_length(all as u64);
            self.bar.set_position(done as u64);
        }
    }

    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
