//! What `status` and `release` have in common: which sequences wait, and what is known of their gates.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failure;
use super::common::{absolute, here, must_be_whole};
use crate::deferred::{Deployed, Finding, PhaseState, Sequence, sequences};
use crate::disk::FileChange;
use crate::framework::FrameworkError;
use crate::framework::deferral::{Deferral, Files, OnDisk, Texts};
use crate::pipeline::{ResolveError, Scope, ScopeOptions, file_report, relative, resolve};
use crate::project::{Commit, GitError, WorkTree};
use crate::report::{CheckOutcome, CheckStatus, FileReport, PhaseStatus, Release, SequenceStatus};
use crate::verify::{Answer, ask};

/// How long a database may think about one question.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How many of the rows that break a condition are counted.
const COUNTED: usize = 100;

/// Where to look.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// A project root or a migrations folder
    #[arg(long, value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,
    /// The git reference that is deployed [default: the merge base with the default branch]
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Ask this database as well; nothing is changed there
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// A project with the sequences that wait in it.
pub(super) struct Project {
    pub scope: Scope,
    pub deferral: &'static dyn Deferral,
    /// Each with its folder.
    pub sequences: Vec<(Utf8PathBuf, Sequence)>,
    base: Utf8PathBuf,
}

impl Place {
    /// The project, whole and readable.
    pub fn project(&self) -> Result<Project, Failure> {
        let base = here()?;
        let path = absolute(&self.path, &base);
        must_be_whole(&path)?;
        let scope = resolve(&path, &ScopeOptions { all: true, ..ScopeOptions::default() })?;
        let name = scope.framework.name;
        let deferral = scope
            .framework
            .deferral
            .ok_or_else(|| Failure::Usage(format!("phases do not wait in {name}'s migrations yet")))?;
        let sequences = sequences(&deferral.folder(&scope.folder))?;
        Ok(Project { scope, deferral, sequences, base })
    }

    /// What is known of a sequence.
    pub fn status(&self, project: &Project, folder: &Utf8Path, sequence: &Sequence) -> Result<SequenceStatus, Failure> {
        let next = sequence.next();
        let mut phases = Vec::new();
        for (at, phase) in sequence.phases.iter().enumerate() {
            let state = match phase.state {
                PhaseState::Released => Release::Released,
                PhaseState::Waiting if Some(at) == next => Release::Next,
                PhaseState::Waiting => Release::Later,
            };
            let checks = if state == Release::Next { self.checks(project, sequence, at)? } else { Vec::new() };
            phases.push(PhaseStatus {
                phase: phase.phase.clone(),
                state,
                files: phase.files.clone(),
                deploy: phase.deploy.clone(),
                checks,
            });
        }
        Ok(SequenceStatus {
            name: sequence.migration.clone(),
            path: relative(folder, &project.base),
            owns: sequence.owns().iter().map(ToString::to_string).collect(),
            phases,
        })
    }

    fn checks(&self, project: &Project, sequence: &Sequence, at: usize) -> Result<Vec<CheckStatus>, Failure> {
        let deployed = self.deployed(project)?;
        let of_files = deployed.findings(sequence, project.deferral).into_iter().map(|finding| {
            let (what, outcome) = match finding {
                Finding::Holds(what) => (what, CheckOutcome::Holds),
                Finding::Fails(what) => (what, CheckOutcome::Fails),
                Finding::Unknown(why) => (why, CheckOutcome::Unknown),
            };
            CheckStatus { what, outcome, query: None }
        });
        let mut checks: Vec<CheckStatus> = of_files.collect();
        let asked = &sequence.phases[at].checks;
        let answers = match &self.database_url {
            Some(url) => {
                let queries: Vec<&str> = asked.iter().map(|check| check.query.as_str()).collect();
                ask(url, &queries, ANSWER_WITHIN, COUNTED)?
            }
            None => vec![Answer::None("--database-url asks".to_owned()); asked.len()],
        };
        checks.extend(asked.iter().zip(answers).map(|(check, answer)| {
            let (outcome, aside) = match answer {
                Answer::Nothing => (CheckOutcome::Holds, String::new()),
                Answer::Rows { first, more } => {
                    (CheckOutcome::Fails, format!(" ({}{} found)", first.len(), if more { " and more" } else { "" }))
                }
                Answer::None(why) => (CheckOutcome::Unknown, format!(" ({why})")),
            };
            CheckStatus { what: format!("{}{aside}", check.condition), outcome, query: Some(check.query.clone()) }
        }));
        Ok(checks)
    }

    /// The model on the base branch.
    fn deployed(&self, project: &Project) -> Result<Deployed, Failure> {
        let as_failure = |error: GitError| Failure::from(ResolveError::from(error));
        let Some(git) = WorkTree::discover(&project.scope.folder).map_err(as_failure)? else {
            return Ok(Deployed::Unknown("what is deployed is not known: this is no git work tree".into()));
        };
        let Some(base) = git.base(self.since.as_deref()).map_err(as_failure)? else {
            return Ok(Deployed::Unknown("what is deployed is not known: git has no base branch here".into()));
        };
        let files = project.deferral.model_files(&project.scope.folder, &AtCommit { git, commit: base })?;
        Ok(match files.is_empty() && !project.deferral.waits_without_model() {
            true => Deployed::Unknown("what is deployed is not known: the base branch has no model".into()),
            false => Deployed::Model(files),
        })
    }
}

/// The files as they were at a commit.
struct AtCommit {
    git: WorkTree,
    commit: Commit,
}

impl AtCommit {
    fn unusable(path: &Utf8Path) -> impl FnOnce(GitError) -> FrameworkError {
        |error| FrameworkError::Unusable { path: path.to_owned(), why: error.to_string() }
    }
}

impl Files for AtCommit {
    fn text(&self, path: &Utf8Path) -> Result<Option<String>, FrameworkError> {
        let source = self.git.contents_at(&self.commit, path).map_err(AtCommit::unusable(path))?;
        Ok(source.map(|source| source.text))
    }

    fn below(&self, folder: &Utf8Path, ending: &str) -> Result<Vec<Utf8PathBuf>, FrameworkError> {
        let all = self.git.existing_at(&self.commit, folder).map_err(AtCommit::unusable(folder))?;
        Ok(all.into_iter().filter(|path| path.starts_with(folder) && path.extension() == Some(ending)).collect())
    }

    fn with_words(&self, folder: &Utf8Path, ending: &str, words: &[&str]) -> Result<Texts, FrameworkError> {
        let paths = self.git.with_words_at(&self.commit, folder, ending, words).map_err(AtCommit::unusable(folder))?;
        Ok(paths.into_iter().filter_map(|path| Some((path.clone(), self.text(&path).ok()??))).collect())
    }
}

impl Project {
    /// The files of the model, as they are on disk.
    pub fn model(&self) -> Result<Vec<(Utf8PathBuf, String)>, Failure> {
        Ok(self.deferral.model_files(&self.scope.folder, &OnDisk)?)
    }

    /// A change on disk as data.
    pub fn file_report(&self, change: &FileChange) -> FileReport {
        file_report(change, &self.base)
    }

    /// A path as a person here would write it.
    pub fn relative(&self, path: &Utf8Path) -> String {
        relative(path, &self.base)
    }
}
