//! `safestep schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::framework::FRAMEWORKS;
use crate::output::json;
use crate::project::Config;
use crate::rewrite::RULES;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What it describes
    #[arg(value_enum)]
    of: Described,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Described {
    /// safestep.toml
    Settings,
    /// What `rewrite` and `check` print
    Report,
    /// What `verify` prints
    Verify,
    /// What `verify --traffic` prints
    Traffic,
    /// What `preflight` prints
    Preflight,
    /// What `stats` prints
    Stats,
    /// What `status` prints
    Status,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.of {
        Described::Settings => settings(),
        Described::Report => json::schema(),
        Described::Verify => json::proof_schema(),
        Described::Traffic => json::traffic_schema(),
        Described::Preflight => json::preflight_schema(),
        Described::Stats => json::sizes_schema(),
        Described::Status => json::status_schema(),
    };
    anstream::print!("{schema}");
    Ok(ExitCode::SUCCESS)
}

fn settings() -> String {
    let frameworks: Vec<&str> = FRAMEWORKS.iter().map(|framework| framework.name).collect();
    let rules = RULES.iter().map(|rule| (rule.id, rule.summary().replace('`', "")));
    format!("{:#}\n", Config::schema(&frameworks, rules))
}
