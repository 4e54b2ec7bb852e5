//! `safestep review`.

mod found;
mod http;
mod target;

use std::io::Write;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use self::found::Found;
use self::http::Client;
use self::target::{Target, TargetArguments};
use super::Failure;
use super::common::{Common, here};
use super::printing::{Color, Format, put};
use crate::output::github;
use crate::project::{Baseline, Phases, WorkTree};
use crate::report::Level;
use crate::review::{Change, Posted, Published, Request, Review, ReviewError, changes, publish};
use crate::source::{visible, visible_lines};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The commits of the pull request: BASE..HEAD, or BASE alone [default: those that the CI service names]
    #[arg(value_name = "BASE..HEAD")]
    range: Option<String>,
    /// Print the requests instead of sending them; needs no token
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: TargetArguments,
    /// Look only at this folder of the repository
    #[arg(long, value_name = "FOLDER", default_value = "")]
    project: Utf8PathBuf,
    /// The framework, when it cannot be told from the files
    #[arg(long, value_name = "NAME")]
    framework: Option<String>,
    /// The oldest PostgreSQL major version that the migrations must run on
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u32).range(12..=18))]
    postgres: Option<u32>,
    /// What existing rows get: table.column='value' (may be given several times)
    #[arg(long, value_name = "TABLE.COLUMN=SQL")]
    value: Vec<String>,
    /// A dropped column or table and an added one are the same: table.column=new_name, table=new_name (may be given several times)
    #[arg(long, value_name = "TABLE[.COLUMN]=NAME")]
    rename: Vec<String>,
    /// The configuration file [default: the nearest safestep.toml that the last commit has]
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// Say less
    #[arg(short, long)]
    quiet: bool,
}

/// Exit 1 when there is a hazard whose rule is not set to `warn`, as with `check`.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let here = here()?;
    let tree = WorkTree::discover(&here)?.ok_or_else(|| {
        Failure::Usage(format!("{here}: not in a git work tree; run it in a clone of the repository"))
    })?;
    let target =
        Target::of(&arguments.target, &|name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    let (base, head) = match (&arguments.range, &target.range) {
        (Some(range), _) => ends(range),
        (None, Some((base, head))) => (base.clone(), head.clone()),
        (None, None) => match tree.base(None)? {
            Some(base) => (base.to_string(), "HEAD".to_owned()),
            None => return Err(Failure::Usage("there is no default branch to compare with: name BASE..HEAD".into())),
        },
    };
    let range = tree.range(&base, &head)?;
    let found = Found::of(&tree, &range, &arguments.project, &arguments.common())?;
    let review = target.service.worded(found.review());
    let code = found.exit_code();
    found.unreadable.iter().for_each(|error| anstream::eprintln!("error: {}", visible_lines(error)));
    if arguments.dry_run {
        put(&shown(&target, &review, range.head.as_str()))?;
        return Ok(code);
    }
    let (headers, token) = target.ready()?;
    let mut client = Client::new(&target.api, headers, token, arguments.quiet).map_err(Failure::Usage)?;
    match publish(target.service.as_ref(), &review, range.head.as_str(), &mut client) {
        Ok(published) => {
            published.notes.iter().for_each(|note| anstream::eprintln!("note: {}", visible(note)));
            if !arguments.quiet {
                put(&format!("{}: {}\n", target.name, done(&published)))?;
            }
        }
        Err(error @ ReviewError::ReadOnly { .. }) => {
            anstream::eprintln!("note: {}", visible(&error.to_string()));
            fall_back(&found, &review)?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(code)
}

impl Arguments {
    fn common(&self) -> Common {
        Common {
            paths: Vec::new(),
            since: None,
            all: true,
            framework: self.framework.clone(),
            postgres: self.postgres.into_iter().collect(),
            value: self.value.clone(),
            rename: self.rename.clone(),
            config: self.config.clone(),
            format: Format::Markdown,
            schema: false,
            color: Color::Never,
            quiet: self.quiet,
            verbose: 0,
            phases: Phases::Deferred,
            baseline: Baseline::default(),
        }
    }
}

/// The two ends of `BASE..HEAD`, which compares as `BASE...HEAD` does: from where they parted.
fn ends(range: &str) -> (String, String) {
    let (base, head) = range.split_once("...").or_else(|| range.split_once("..")).unwrap_or((range, "HEAD"));
    let or_head = |end: &str| if end.is_empty() { "HEAD".to_owned() } else { end.to_owned() };
    (or_head(base), or_head(head))
}

/// The requests that would be sent to a pull request on which nothing stands yet.
fn shown(target: &Target, review: &Review, head: &str) -> String {
    let all: Vec<Change> = changes(review, &Posted::default());
    let requests = all.iter().flat_map(|change| target.service.requests(change, head));
    let shown = requests.map(|Request { method, url, body, .. }| {
        let body = body.map(|body| serde_json::to_string_pretty(&body).unwrap_or_default()).unwrap_or_default();
        // A log of a GitHub workflow takes `##[` for the beginning of a command.
        let body = visible_lines(&body).replace("##[", "\\u0023#[");
        format!("{} {}\n{body}\n", method.name(), visible(&url))
    });
    let shown = shown.collect::<Vec<_>>().join("\n");
    if shown.is_empty() { "nothing to say\n".to_owned() } else { shown }
}

fn done(published: &Published) -> String {
    let mut parts = Vec::new();
    let comments = |count: usize| if count == 1 { "1 comment".to_owned() } else { format!("{count} comments") };
    if published.commented > 0 {
        parts.push(format!("{} at lines", comments(published.commented)));
    }
    if published.resolved > 0 {
        parts.push(format!("{} resolved", comments(published.resolved)));
    }
    if published.summarized {
        parts.push("summary written".to_owned());
    }
    if parts.is_empty() { "nothing new to say".to_owned() } else { parts.join(", ") }
}

/// What can be said without a right to write: annotations in the log, and the summary of the job.
fn fall_back(found: &Found, review: &Review) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return put(&review.summary);
    };
    put(&github::render(&found.report))?;
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let written = file.as_mut().map_err(|error| std::io::Error::new(error.kind(), error.to_string()));
    let written = written.and_then(|file| file.write_all(review.summary.as_bytes()));
    written.map_err(|error| Failure::Io("GITHUB_STEP_SUMMARY".into(), error))
}

impl Found {
    fn exit_code(&self) -> ExitCode {
        let mut hazards = self.report.migrations.iter().flat_map(|migration| &migration.hazards);
        match (self.unreadable.is_empty(), hazards.any(|hazard| hazard.level == Level::Error)) {
            (false, _) => ExitCode::from(2),
            (true, true) => ExitCode::from(1),
            (true, false) => ExitCode::SUCCESS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn a_range_has_two_ends() {
        let pair = |base: &str, head: &str| (base.to_owned(), head.to_owned());
        assert_eq!(ends("main..topic"), pair("main", "topic"));
        assert_eq!(ends("main...topic"), pair("main", "topic"));
        assert_eq!(ends("main"), pair("main", "HEAD"));
        assert_eq!(ends("main.."), pair("main", "HEAD"));
        assert_eq!(ends("v1.2..topic"), pair("v1.2", "topic"));
    }
}
