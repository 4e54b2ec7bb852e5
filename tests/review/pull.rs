//! A repository with a pull request, and the real `safestep review` run on it as a CI job would.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::bench::folder::Folder;
use crate::review::github::GITHUB;
use crate::review::gitlab::GITLAB;
use crate::review::server::{Dialect, Server, TOKEN};

/// A repository whose branch `topic` is a pull request to `main`, and the service that shows it.
pub struct Pull {
    pub folder: Folder,
    pub server: Server,
}

/// How a run ended.
pub struct Ended {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Pull {
    /// A repository with these files on `main`.
    pub fn of(files: &[(&str, &str)]) -> Result<Pull> {
        Pull::on(GITHUB, files)
    }

    /// The same on GitLab.
    pub fn on_gitlab(files: &[(&str, &str)]) -> Result<Pull> {
        Pull::on(GITLAB, files)
    }

    fn on(dialect: Dialect, files: &[(&str, &str)]) -> Result<Pull> {
        let (folder, server) = (Folder::empty()?, Server::start(dialect)?);
        folder.git(&["init", "--quiet", "-b", "main"])?;
        folder.write("README.md", "# shop\n")?;
        let pull = Pull { folder, server };
        pull.commit(files)?;
        pull.folder.git(&["checkout", "--quiet", "-b", "topic"])?;
        Ok(pull)
    }

    /// A commit with these files, added to the branch that is checked out.
    pub fn commit(&self, files: &[(&str, &str)]) -> Result<()> {
        files.iter().try_for_each(|(path, text)| self.folder.write(path, text))?;
        self.folder.git(&["add", "--all"])?;
        self.folder.git(&["commit", "--quiet", "--allow-empty", "-m", "x"])
    }

    /// A commit, pushed: the service knows it, and the diff.
    pub fn push(&self, files: &[(&str, &str)]) -> Result<()> {
        self.commit(files)?;
        let names = self.git(&["diff", "--name-only", "-z", "--no-renames", "main...topic"])?;
        let patch =
            |name: &str| Ok((name.to_owned(), Some(self.git(&["diff", "--no-renames", "main...topic", "--", name])?)));
        let patches = names.split('\0').filter(|name| !name.is_empty()).map(patch).collect::<Result<_>>()?;
        let head = self.git(&["rev-parse", "topic"])?.trim().to_owned();
        let mut state = self.server.state();
        (state.patches, state.head) = (patches, head);
        Ok(())
    }

    /// The job, with the event of the push and a token.
    pub fn review(&self) -> Result<Ended> {
        self.review_with(&[], &[("GITHUB_TOKEN", TOKEN)])
    }

    /// The repository has a remote, to which the branch is pushed.
    pub fn with_remote(&self) -> Result<PathBuf> {
        let remote = self.folder.path().join(".git/remote.git");
        self.git(&["init", "--quiet", "--bare", &remote.display().to_string()])?;
        self.git(&["remote", "add", "origin", &remote.display().to_string()])?;
        self.git(&["push", "--quiet", "origin", "main", "topic"])?;
        self.server.state().remote = Some(remote.clone());
        Ok(remote)
    }

    /// The job with more arguments and variables.
    pub fn review_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Ended> {
        let sha = |name: &str| -> Result<Value> { Ok(json!({ "sha": self.git(&["rev-parse", name])?.trim() })) };
        let mut head = sha("topic")?;
        (head["ref"], head["repo"]) = (json!("topic"), json!({ "full_name": "o/r" }));
        let pull = json!({ "number": 7, "base": sha("main")?, "head": head });
        let event = json!({ "action": "synchronize", "pull_request": pull });
        let path = self.folder.path().join(".git/event.json");
        std::fs::write(&path, event.to_string())?;
        let mut command = self.folder.command();
        for name in [
            "GITHUB_TOKEN",
            "GITLAB_CI",
            "GITLAB_TOKEN",
            "CI_JOB_TOKEN",
            "CI_MERGE_REQUEST_PROJECT_ID",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
            "GITHUB_STEP_SUMMARY",
            "GITHUB_GRAPHQL_URL",
            "GITHUB_REF",
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
        ] {
            command.env_remove(name);
        }
        command
            .env("GITHUB_REPOSITORY", "o/r")
            .env("GITHUB_EVENT_PATH", path)
            .env("GITHUB_API_URL", &self.server.address);
        command.arg("review").args(arguments).envs(variables.iter().copied());
        let output = command.output().context("running safestep")?;
        let text = |bytes| String::from_utf8(bytes).context("not UTF-8");
        let ended =
            Ended { status: output.status.code().unwrap_or(-1), out: text(output.stdout)?, err: text(output.stderr)? };
        ensure!(
            !ended.out.contains(TOKEN) && !ended.err.contains(TOKEN),
            "the token is told:\n{}{}",
            ended.out,
            ended.err
        );
        Ok(ended)
    }

    /// A job of GitLab's for the merge request.
    pub fn review_on_gitlab(&self, token: (&str, &str)) -> Result<Ended> {
        self.review_on_gitlab_with(&[], &[token])
    }

    /// The same with more arguments and variables.
    pub fn review_on_gitlab_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Ended> {
        let sha = |name: &str| Ok::<_, anyhow::Error>(self.git(&["rev-parse", name])?.trim().to_owned());
        let of_job = [
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", &format!("{}/api/v4", self.server.address)),
            ("CI_PROJECT_ID", "42"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &sha("main")?),
            ("CI_COMMIT_SHA", &sha("topic")?),
        ];
        self.review_with(arguments, &[&of_job, variables].concat())
    }

    /// Git's answer in the repository.
    pub fn git(&self, arguments: &[&str]) -> Result<String> {
        let output =
            Command::new("git").args(arguments).current_dir(self.folder.path()).output().context("running git")?;
        ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// `safestep rewrite --write`, as the author of the pull request runs it.
    pub fn rewrite(&self, project: &str) -> Result<()> {
        let ended = self.folder.safestep(&["rewrite", "--write", "--since", "main", project])?;
        ensure!(ended.status == 0, "{}{}", ended.out, ended.err);
        Ok(())
    }
}
