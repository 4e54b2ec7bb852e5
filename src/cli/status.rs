//! `safestep status`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::printing::{Color, json_of, put, text_options};
use super::waiting::Place;
use crate::report::StatusReport;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

/// Says what waits, for which deploy, and what is known of it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let project = arguments.place.project()?;
    let waiting = project.sequences.iter().filter(|(_, sequence)| sequence.next().is_some());
    let status = waiting.map(|(folder, sequence)| arguments.place.status(&project, folder, sequence));
    let report = StatusReport {
        version: 1,
        framework: project.scope.framework.name.to_owned(),
        sequences: status.collect::<Result<_, Failure>>()?,
    };
    put(&match arguments.format {
        Format::Text => report.render(&text_options(arguments.color)),
        Format::Json => json_of(&report)?,
        Format::Markdown => report.markdown(),
    })?;
    Ok(ExitCode::SUCCESS)
}
