//! `safestep review`.

mod commit;
mod found;
mod http;
mod target;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;

use self::commit::{Proposal, Where};
use self::found::Found;
use self::http::Client;
use self::target::{Target, TargetArguments};
use super::Failure;
use super::common::{Common, here};
use super::printing::{Color, Format, put};
use crate::output::github;
use crate::project::{Baseline, Phases, Range, WorkTree};
use crate::report::Level;
use crate::review::{Change, Posted, Published, Request, Review, ReviewError, Sender, Stacked, changes, publish};
use crate::source::{visible, visible_lines};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The commits of the pull request: BASE..HEAD, or BASE alone [default: those that the CI service names]
    #[arg(value_name = "BASE..HEAD")]
    range: Option<String>,
    /// Print the requests instead of sending them; needs no token
    #[arg(long)]
    dry_run: bool,
    /// The branch of the pull request, for --commit [default: the one that the CI service names]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    #[command(flatten)]
    target: TargetArguments,
    /// Push the rewrite as a commit to the branch of the pull request, or to one of its own with a pull request onto that one
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_missing_value = "branch")]
    commit: Option<Where>,
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

/// How long the service may take to see a commit that it was pushed, in seconds.
const PATIENCE: [u64; 4] = [1, 2, 4, 8];

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
    let mut found = Found::of(&tree, &range, &arguments.project, &arguments.common())?;
    found.unreadable.iter().for_each(|error| anstream::eprintln!("error: {}", visible_lines(error)));
    if arguments.dry_run {
        if let Some(proposal) = arguments.proposal(&found, &target, &tree)? {
            put(&(shown_commit(&target, &proposal) + "\n"))?;
        }
        put(&shown(&target, &target.service.worded(found.review()), range.head.as_str()))?;
        return Ok(found.exit_code());
    }
    let (headers, token) = target.ready()?;
    let mut client = Client::new(&target.api, headers, token, arguments.quiet).map_err(Failure::Usage)?;
    let mut reviewed = range.clone();
    if let Some(proposal) = arguments.proposal(&found, &target, &tree)? {
        let pushed = proposal.push(&tree, &range.head)?;
        if let Some(commit) = pushed.as_ref().filter(|_| !arguments.quiet) {
            put(&format!("{}: {} has the rewrite as {commit:.9}\n", target.name, visible(&proposal.branch)))?;
        }
        match (proposal.stacked, pushed) {
            (None, Some(commit)) => {
                reviewed.head = commit;
                found = Found::of(&tree, &reviewed, &arguments.project, &arguments.common())?;
            }
            (None, None) => {}
            (Some(stacked), _) => {
                let place = target.service.open(&stacked, &mut client)?;
                let place = place.map(|url| format!(" ({url})")).unwrap_or_default();
                let Stacked { branch, onto, .. } = stacked;
                found.sentences.push(format!("`{branch}` has the rewrite as files: merge it into `{onto}`{place}."));
            }
        }
    }
    say(&found, &reviewed, &range, &target, (&mut client, arguments.quiet))?;
    Ok(found.exit_code())
}

/// Makes the review stand on the pull request. A commit of ours may not have arrived there yet.
fn say(
    found: &Found,
    range: &Range,
    asked: &Range,
    target: &Target,
    (client, quiet): (&mut Client, bool),
) -> Result<(), Failure> {
    let review = target.service.worded(found.review());
    let mut waits = if range.head == asked.head { [].iter() } else { PATIENCE.iter() };
    let published = loop {
        match publish(target.service.as_ref(), &review, range.head.as_str(), client) {
            Err(ReviewError::HeadMoved { message, .. }) if message.contains(asked.head.as_str()) => {
                match waits.next() {
                    Some(seconds) => client.pause(Duration::from_secs(*seconds)),
                    None => {
                        return Ok(anstream::eprintln!(
                            "note: the commit is pushed and not seen yet: {}",
                            visible(&message)
                        ));
                    }
                }
            }
            ended => break ended,
        }
    };
    match published {
        Ok(published) => {
            published.notes.iter().for_each(|note| anstream::eprintln!("note: {}", visible(note)));
            match quiet {
                true => Ok(()),
                false => put(&format!("{}: {}\n", target.name, done(&published))),
            }
        }
        Err(error @ ReviewError::ReadOnly { .. }) => {
            anstream::eprintln!("note: {}", visible(&error.to_string()));
            fall_back(found, &review)
        }
        Err(error) => Err(error.into()),
    }
}

impl Arguments {
    /// What is to be committed, where that is asked for.
    fn proposal<'a>(
        &self,
        found: &'a Found,
        target: &Target,
        tree: &WorkTree,
    ) -> Result<Option<Proposal<'a>>, Failure> {
        match self.commit {
            Some(place) => Proposal::of(found, target, tree, self.branch.as_deref(), place),
            None => Ok(None),
        }
    }

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

/// What would be committed, and the request that would open a pull request for it.
fn shown_commit(target: &Target, proposal: &Proposal<'_>) -> String {
    let opens = proposal.stacked.as_ref().map(|stacked| in_words(target.service.opens(stacked)));
    visible_lines(&proposal.shown()).into_owned() + &opens.map(|request| format!("\n{request}")).unwrap_or_default()
}

/// The requests that would be sent to a pull request on which nothing stands yet.
fn shown(target: &Target, review: &Review, head: &str) -> String {
    let all: Vec<Change> = changes(review, &Posted::default());
    let requests = all.iter().flat_map(|change| target.service.requests(change, head));
    let shown = requests.map(in_words).collect::<Vec<_>>().join("\n");
    if shown.is_empty() { "nothing to say\n".to_owned() } else { shown }
}

fn in_words(Request { method, url, body, .. }: Request) -> String {
    let body = body.map(|body| serde_json::to_string_pretty(&body).unwrap_or_default()).unwrap_or_default();
    // A log of a GitHub workflow takes `##[` for the beginning of a command.
    let body = visible_lines(&body).replace("##[", "\\u0023#[");
    format!("{} {}\n{body}\n", method.name(), visible(&url))
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
