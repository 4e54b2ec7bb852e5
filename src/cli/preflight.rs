//! `safestep preflight`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Failure;
use super::common::{Common, Ran};
use super::printing::{Format, json_of, put};
use crate::output::{Mode, json};
use crate::report::{
    CheckOutcome, ConditionAnswer, MigrationAnswers, MigrationReport, PreflightAnswers, PreflightReport,
};
use crate::verify::{Answer, ask};

/// How many rows that break a condition are shown.
const SHOWN: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The database that the migrations will run on, or a standby of it; only reading transactions are used
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true, required_unless_present = "schema")]
    database_url: Option<String>,
    /// How long one query may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

/// Exit 1 when rows break a condition today.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    if common.schema {
        put(&json::preflight_schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Patch || common.format.is_of_check() {
        return Err(Failure::Usage("preflight prints text, json or markdown".into()));
    }
    let ran = common.run()?;
    ran.iter().try_for_each(Ran::all_readable)?;
    let reports = || ran.iter().flat_map(|ran| &ran.run.outcomes).map(|outcome| &outcome.report);
    let queries: Vec<&str> = reports().flat_map(|r| &r.preflights).map(|preflight| preflight.query.as_str()).collect();
    let answers = match &arguments.database_url {
        Some(url) if !queries.is_empty() => ask(url, &queries, Duration::from_secs(arguments.timeout), SHOWN)?,
        _ => Vec::new(),
    };
    let mut answers = answers.into_iter();
    let mut of = |report: &MigrationReport| {
        let conditions = report.preflights.iter().zip(&mut answers).map(|(asked, answer)| answered(asked, answer));
        MigrationAnswers { path: report.path.clone(), conditions: conditions.collect() }
    };
    let with_conditions = reports().filter(|report| !report.preflights.is_empty());
    let report = PreflightAnswers { version: 1, migrations: with_conditions.map(&mut of).collect() };
    put(&match common.format {
        Format::Json => json_of(&report)?,
        Format::Markdown => report.markdown(),
        _ => report.render(&common.text_options(Mode::Check, false)),
    })?;
    Ok(ExitCode::from(u8::from(report.with(CheckOutcome::Fails) > 0)))
}

fn answered(asked: &PreflightReport, answer: Answer) -> ConditionAnswer {
    let (outcome, why, rows, more) = match answer {
        Answer::Nothing => (CheckOutcome::Holds, None, Vec::new(), false),
        Answer::Rows { first, more } => (CheckOutcome::Fails, None, first, more),
        Answer::None(why) => (CheckOutcome::Unknown, Some(why), Vec::new(), false),
    };
    let PreflightReport { condition, query, step, .. } = asked.clone();
    ConditionAnswer { condition, outcome, why, rows, more, query, step }
}
