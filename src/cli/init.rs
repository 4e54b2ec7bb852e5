//! `safestep init`.

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::Failure;
use super::common::{absolute, common_folder, here, must_be_whole};
use super::printing::put;
use crate::disk::{self, FileChange};
use crate::output::patch;
use crate::pipeline::{Project, ResolveError, ScopeOptions, file_report, projects};
use crate::project::WorkTree;
use crate::setup::{Offer, Part, offer};
use crate::source::visible;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The repository, or a project in it
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,
    /// Write the files, all or none
    #[arg(long)]
    write: bool,
    /// Set up these, whatever is there already [default: the settings, and what goes with what the repository has]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    only: Vec<Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// safestep.toml, with every setting as a comment
    Settings,
    /// A script in package.json that makes a migration and rewrites it
    Script,
    /// A hook for pre-commit
    PreCommit,
    /// A workflow for GitHub Actions
    Github,
    /// A job for GitLab CI
    Gitlab,
}

impl Choice {
    fn part(self) -> Part {
        match self {
            Choice::Settings => Part::Settings,
            Choice::Script => Part::Script,
            Choice::PreCommit => Part::PreCommit,
            Choice::Github => Part::Github,
            Choice::Gitlab => Part::Gitlab,
        }
    }
}

/// Finds the projects and shows the files that would come; `--write` makes them.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let base = here()?;
    let path = absolute(&arguments.path, &base);
    must_be_whole(&path)?;
    let options = ScopeOptions::default();
    let found = projects(&path, &options);
    if found.is_empty() {
        let names: Vec<&str> = options.frameworks.iter().map(|framework| framework.name).collect();
        return Err(ResolveError::NoFramework(path, names.join(", ")).into());
    }
    for Project { framework, folder } in &found {
        let migrations = framework.folder.list(folder).map_err(ResolveError::from)?.len();
        let count = if migrations == 1 { "1 migration".to_owned() } else { format!("{migrations} migrations") };
        anstream::println!("{}: {}, {count}", visible(&inside(folder, &base)), framework.name);
    }
    let Offered { changes, by_hand } = offers(arguments, &root(&path)?, &found, &base)?;
    for (file, lines) in &by_hand {
        anstream::println!("\n{} cannot be changed by safestep. This belongs in it:\n", visible(file));
        lines.lines().for_each(|line| anstream::println!("    {}", visible(line)));
    }
    if changes.is_empty() {
        anstream::println!("\nnothing to set up");
        return Ok(ExitCode::SUCCESS);
    }
    match arguments.write {
        true => {
            write(&changes)?;
            anstream::println!();
            changes.iter().for_each(|change| anstream::println!("wrote {}", visible(&inside(&change.path, &base))));
        }
        false => {
            let diff: String = changes.iter().map(|change| patch::file(&file_report(change, &base))).collect();
            put(&format!("\n{diff}"))?;
            anstream::println!("\n`safestep init --write` makes these; --only takes some of them.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The top of the work tree, or the path where there is none.
fn root(path: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    let git = WorkTree::discover(path).map_err(ResolveError::from)?;
    Ok(git.map_or_else(|| path.to_owned(), |git| git.work_tree))
}

/// What is offered.
#[derive(Default)]
struct Offered {
    changes: Vec<FileChange>,
    /// What a person has to write into which file.
    by_hand: Vec<(String, String)>,
}

/// The parts that were asked for, or all. What is there already is named.
fn offers(arguments: &Arguments, root: &Utf8Path, found: &[Project], base: &Utf8Path) -> Result<Offered, Failure> {
    let chosen: Vec<Part> = arguments.only.iter().map(|choice| choice.part()).collect();
    let mut offered = Offered::default();
    for part in Part::ALL.into_iter().filter(|part| chosen.is_empty() || chosen.contains(part)) {
        let one = offer(part, root, found, chosen.contains(&part));
        match one.map_err(|error| Failure::Io("the repository".into(), error))? {
            Offer::Changes(more) => offered.changes.extend(more),
            Offer::IsThere(file) => anstream::println!("{}: is there already", visible(&inside(&file, base))),
            Offer::ByHand(file, lines) => offered.by_hand.push((inside(&file, base), lines)),
            Offer::NotAsked if chosen.contains(&part) => {
                anstream::println!("no package.json here depends on a framework of these migrations");
            }
            Offer::NotAsked => {}
        }
    }
    Ok(offered)
}

fn write(changes: &[FileChange]) -> Result<(), Failure> {
    let places: Vec<&Utf8Path> = changes.iter().filter_map(|change| change.path.parent()).collect();
    let Some(folder) = common_folder(&places) else { return Ok(()) };
    Ok(disk::apply(changes, folder)?)
}

fn inside(path: &Utf8Path, base: &Utf8Path) -> String {
    path.strip_prefix(base).unwrap_or(path).to_string()
}
