//! `safestep release`.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failure;
use super::common::{common_folder, take_back};
use super::printing::{Color, put, text_options};
use super::waiting::{Place, Project};
use crate::deferred::{Release, Sequence, release};
use crate::disk;
use crate::output::patch;
use crate::report::{CheckOutcome, Release as State, SequenceStatus, StatusReport};
use crate::source::visible;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The sequence [default: the only one that waits]
    #[arg(value_name = "SEQUENCE")]
    sequence: Option<String>,
    #[command(flatten)]
    place: Place,
    /// The deploy that it waits for is out
    #[arg(long)]
    yes: bool,
    /// Show the diff and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// The next phase comes into the folder. Exit 1 when something that must be true before it is not, or nobody says that the
/// deploy is out; nothing is changed then.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let project = arguments.place.project()?;
    let (folder, sequence) = chosen(&project, arguments.sequence.as_deref())?;
    let status = arguments.place.status(&project, folder, sequence)?;
    let mut model = project.deferral.model(project.model()?);
    let scope = &project.scope;
    let change = release(scope.framework, project.deferral, (folder, sequence), &scope.history, model.as_mut(), now())?;
    let Some(change) = change else {
        return Err(Failure::Usage(format!("{}: all its phases are released", sequence.migration)));
    };
    if arguments.dry_run {
        put(&change.changes.iter().map(|change| patch::file(&project.file_report(change))).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if status.failing().next().is_some() || !is_out(arguments, &status)? {
        let report = StatusReport { version: 1, framework: scope.framework.name.into(), sequences: vec![status] };
        put(&report.render(&text_options(arguments.color)))?;
        let how =
            if report.sequences[0].failing().next().is_some() { "" } else { ": --yes says that the deploy is out" };
        anstream::eprintln!("nothing was released{how}");
        return Ok(ExitCode::from(1));
    }
    write(&project, &change)?;
    told(&project, sequence, &change);
    Ok(ExitCode::SUCCESS)
}

/// The sequence of that name, or the only one that waits.
fn chosen<'a>(project: &'a Project, name: Option<&str>) -> Result<(&'a Utf8Path, &'a Sequence), Failure> {
    let waiting: Vec<&(Utf8PathBuf, Sequence)> =
        project.sequences.iter().filter(|(_, sequence)| sequence.next().is_some()).collect();
    let names = || waiting.iter().map(|(_, sequence)| visible(&sequence.migration)).collect::<Vec<_>>().join(", ");
    let found = match (name, waiting.as_slice()) {
        (None, []) => return Err(Failure::Usage("nothing waits for a deploy".into())),
        (None, [only]) => Some(*only),
        (None, _) => return Err(Failure::Usage(format!("several sequences wait, name one: {}", names()))),
        (Some(name), _) => waiting.iter().find(|(_, sequence)| sequence.migration == name).copied(),
    };
    let (folder, sequence) = found.ok_or_else(|| {
        let name = name.unwrap_or_default();
        Failure::Usage(format!("{}: no such sequence waits; `safestep status` lists them", visible(name)))
    })?;
    Ok((folder, sequence))
}

/// Seconds since 1970; `SOURCE_DATE_EPOCH` stands for the clock where it is set, so that a release can be made again.
fn now() -> i64 {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    set.unwrap_or_else(|| i64::try_from(clock()).unwrap_or_default())
}

/// Somebody says that the deploy is out.
fn is_out(arguments: &Arguments, status: &SequenceStatus) -> Result<bool, Failure> {
    if arguments.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let Some(next) = status.phases.iter().find(|phase| phase.state == State::Next) else { return Ok(false) };
    let ask = |text: &str| {
        let mut err = std::io::stderr().lock();
        err.write_all(text.as_bytes()).and_then(|()| err.flush()).map_err(|e| Failure::Io("standard error".into(), e))
    };
    for check in next.checks.iter().filter(|check| check.outcome == CheckOutcome::Unknown) {
        ask(&format!("not known: {}\n", visible(&check.what)))?;
    }
    ask(&format!("{}? [y/N] ", visible(&next.deploy.join("; "))))?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|e| Failure::Io("standard input".into(), e))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn write(project: &Project, change: &Release) -> Result<(), Failure> {
    let folder = &project.scope.folder;
    take_back(folder)?;
    let places = change.changes.iter().filter_map(|change| change.path.parent()).chain([folder.as_path()]);
    let Some(root) = common_folder(&places.collect::<Vec<_>>()) else { return Ok(()) };
    Ok(disk::apply(&change.changes, root)?)
}

fn told(project: &Project, sequence: &Sequence, change: &Release) {
    let phase = &sequence.phases[change.phase].phase;
    anstream::println!("released the {phase} phase of {}:", visible(&sequence.migration));
    for change in &change.changes {
        let mark = match change.action {
            disk::Action::Create { .. } => '+',
            disk::Action::Modify { .. } => '~',
            disk::Action::Delete { .. } => '-',
        };
        anstream::println!("  {mark} {}", visible(&project.relative(&change.path)));
    }
    let deploy = project.deferral.deploy_command();
    match change.phase + 1 < sequence.phases.len() {
        true => {
            anstream::println!("Commit it; `{deploy}` runs it. `safestep status` says what the next phase waits for.")
        }
        false => anstream::println!("Commit it; `{deploy}` runs it. Nothing more of it waits."),
    }
}
