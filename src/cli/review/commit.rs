//! The rewrite as a commit: on the branch of the pull request, or on one of its own with a pull request onto that one.

use camino::Utf8Path;
use clap::ValueEnum;

use super::super::Failure;
use super::found::Found;
use super::target::Target;
use crate::project::{Commit, WorkTree};
use crate::report::{FileAction, FileReport};
use crate::review::Stacked;

/// Where the commit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Where {
    /// To the branch of the pull request
    Branch,
    /// To a branch of its own, with a pull request onto the other one
    Stacked,
}

/// The remote to which it is pushed.
const REMOTE: &str = "origin";
/// What the message of every commit of ours says, by which a later run knows that it may replace it.
const MARK: &str = "Rewritten-by: safestep";

/// A commit that was not made yet.
pub(super) struct Proposal<'a> {
    files: Vec<&'a FileReport>,
    /// The branch that it goes to.
    pub branch: String,
    /// The pull request for it, where it is on a branch of its own.
    pub stacked: Option<Stacked>,
    message: String,
}

impl<'a> Proposal<'a> {
    /// What there is to commit; `None` where nothing is rewritten.
    ///
    /// # Errors
    /// When something could not be read, the branch is not known, or it is somebody else's.
    pub fn of(
        found: &'a Found,
        target: &Target,
        tree: &WorkTree,
        branch: Option<&str>,
        place: Where,
    ) -> Result<Option<Proposal<'a>>, Failure> {
        let migrations = found.report.migrations.iter().filter(|migration| !migration.files.is_empty());
        let names: Vec<&str> = migrations.clone().map(|migration| migration.title()).collect();
        let files: Vec<&FileReport> = migrations.flat_map(|migration| &migration.files).collect();
        if files.is_empty() {
            return Ok(None);
        }
        if !found.unreadable.is_empty() {
            return Err(Failure::Unreadable(found.unreadable.len().to_string()));
        }
        let Some(onto) = branch.or(target.branch.as_deref()).map(str::to_owned) else {
            return Err(Failure::Usage("the branch of the pull request is not known: name it with --branch".into()));
        };
        if target.is_fork {
            return Err(Failure::Usage(format!(
                "{onto} is a branch of another repository, where nothing of ours is pushed; leave --commit out"
            )));
        }
        let branch = match place {
            Where::Branch => onto.clone(),
            Where::Stacked => format!("safestep/{onto}"),
        };
        if !tree.is_branch_name(&branch)? {
            return Err(Failure::Usage(format!("{branch}: git takes no such name for a branch")));
        }
        let title = match names.as_slice() {
            [name] => format!("Rewrite {name} into safe steps"),
            names => format!("Rewrite {} migrations into safe steps", names.len()),
        };
        let list: String = names.iter().map(|name| format!("- {name}\n")).collect();
        let message = format!("{title}\n\n{list}\n{MARK}\n");
        let body = format!("What the review of `{onto}` proposes, as files:\n\n{list}");
        let stacked = (place == Where::Stacked).then(|| Stacked { branch: branch.clone(), onto, title, body });
        Ok(Some(Proposal { files, branch, stacked, message }))
    }

    /// What would be committed and pushed, a line each.
    pub fn shown(&self) -> String {
        let mark = |file: &&FileReport| match file.action {
            FileAction::Create => '+',
            FileAction::Modify => '~',
            FileAction::Delete => '-',
        };
        let lines = self.files.iter().map(|file| format!("{} {}\n", mark(file), file.path));
        format!("git push {REMOTE} to {}\n{}", self.branch, lines.collect::<String>())
    }

    /// Makes the commit on top of `head` and pushes it. Returns it; `None` where the branch has it already.
    ///
    /// # Errors
    /// When git refuses: the branch has moved on, or has commits of somebody else.
    pub fn push(&self, tree: &WorkTree, head: &Commit) -> Result<Option<Commit>, Failure> {
        let files: Vec<_> = self.files.iter().map(|file| (Utf8Path::new(&file.path), file.after.as_deref())).collect();
        let commit = tree.commit_on(head, &files, &self.message)?;
        let known = match self.stacked {
            Some(_) => tree.tip_at(REMOTE, &self.branch)?,
            None => None,
        };
        if let Some((_, message)) = known.as_ref().filter(|(_, message)| !message.contains(MARK)) {
            let first = message.lines().next().unwrap_or_default();
            return Err(Failure::Usage(format!(
                "{} has a commit that is not ours ({first}): nothing was pushed over it",
                self.branch
            )));
        }
        if known.as_ref().is_some_and(|(known, _)| tree.is_same(known, &commit).unwrap_or(false)) {
            return Ok(None);
        }
        tree.push(REMOTE, &commit, &self.branch, known.as_ref().map(|(known, _)| known))?;
        Ok(Some(commit))
    }
}
