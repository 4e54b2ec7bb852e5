//! A commit of texts on top of another one, and its way to a remote. Neither the work tree nor its index is touched.

use std::io::{self, Write};
use std::process::{Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::git::{Commit, GitError, WorkTree, command, refused};

/// What a file holds then; `None` where it goes.
pub type Texts<'a> = [(&'a Utf8Path, Option<&'a str>)];

/// Who commits where git knows nobody.
const NAME: &str = "safestep";
const EMAIL: &str = "safestep@users.noreply.github.com";
/// Git's mode of a file that nobody executes.
const PLAIN: &str = "100644";

impl WorkTree {
    /// A commit on top of `parent` with these files, by their paths from the top of the work tree.
    ///
    /// # Errors
    /// When git refuses, or there is no room for what it writes.
    pub fn commit_on(&self, parent: &Commit, files: &Texts<'_>, message: &str) -> Result<Commit, GitError> {
        let folder = tempfile::tempdir().map_err(|source| self.io(source))?;
        let index = Utf8PathBuf::from_path_buf(folder.path().join("index"))
            .map_err(|path| self.io(io::Error::other(format!("{}: not UTF-8", path.display()))))?;
        let index = Some(index.as_path());
        self.write(index, &["read-tree", parent.as_str()], "")?;
        let mut entries = String::new();
        for (path, text) in files {
            entries += &match text {
                Some(text) => {
                    let object = self.write(index, &["hash-object", "-w", "--stdin", "--path", path.as_str()], text)?;
                    let known = self.write(index, &["ls-files", "--stage", "--", path.as_str()], "")?;
                    let mode = known.split_once(' ').map_or(PLAIN, |(mode, _)| mode);
                    format!("{mode} {object}\t{path}\0")
                }
                None => format!("0 {}\t{path}\0", "0".repeat(40)),
            };
        }
        self.write(index, &["update-index", "-z", "--index-info"], &entries)?;
        let tree = self.write(index, &["write-tree"], "")?;
        let commit = self.write(index, &["commit-tree", &tree, "-p", parent.as_str(), "-F", "-"], message)?;
        self.commit(&commit)?.ok_or_else(|| self.io(io::Error::other(format!("git made no commit {commit}"))))
    }

    /// The commit at the tip of a branch of a remote, and the message that it has; `None` where there is no such branch.
    ///
    /// # Errors
    /// When git refuses, or the remote does not answer.
    pub fn tip_at(&self, remote: &str, branch: &str) -> Result<Option<(Commit, String)>, GitError> {
        let name = format!("refs/heads/{branch}");
        let listed = self.write(None, &["ls-remote", "--", remote, &name], "")?;
        let Some((hash, _)) = listed.split_once('\t') else { return Ok(None) };
        if self.commit(hash)?.is_none() {
            self.write(None, &["fetch", "--quiet", "--no-tags", "--", remote, hash], "")?;
        }
        let message = self.write(None, &["log", "-1", "--format=%B", hash], "")?;
        Ok(self.commit(hash)?.map(|commit| (commit, message)))
    }

    /// Pushes a commit to a branch of a remote: over `known` where it is there already, else only forward.
    ///
    /// # Errors
    /// When the branch is somewhere else by now, or the remote refuses.
    pub fn push(&self, remote: &str, commit: &Commit, branch: &str, known: Option<&Commit>) -> Result<(), GitError> {
        let to = format!("{commit}:refs/heads/{branch}");
        let lease = known.map(|known| format!("--force-with-lease=refs/heads/{branch}:{known}"));
        let mut arguments = vec!["push", "--quiet"];
        arguments.extend(lease.as_deref());
        arguments.extend(["--", remote, &to]);
        self.write(None, &arguments, "").map(drop)
    }

    /// Whether two commits have the same files and the same parents.
    ///
    /// # Errors
    /// When git refuses.
    pub fn is_same(&self, one: &Commit, other: &Commit) -> Result<bool, GitError> {
        let of = |commit: &Commit| self.write(None, &["log", "-1", "--format=%T %P", commit.as_str()], "");
        Ok(of(one)? == of(other)?)
    }

    /// Whether a branch can be called that.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn is_branch_name(&self, name: &str) -> Result<bool, GitError> {
        let arguments = ["check-ref-format", &format!("refs/heads/{name}")];
        Ok(self.run(&self.work_tree, &arguments)?.status.success())
    }

    /// What git prints, in one line, when it is told this; with an index of its own where one is given.
    fn write(&self, index: Option<&Utf8Path>, arguments: &[&str], input: &str) -> Result<String, GitError> {
        let mut command = command(&self.work_tree, arguments);
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        if arguments[0] == "commit-tree" && !self.knows_who()? {
            for role in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{role}_NAME"), NAME).env(format!("GIT_{role}_EMAIL"), EMAIL);
            }
        }
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|source| self.io(source))?;
        let told = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
        let output: Output = child.wait_with_output().map_err(|source| self.io(source))?;
        if !output.status.success() {
            return Err(refused(&self.work_tree, arguments, &output));
        }
        told.map_err(|source| self.io(source))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn knows_who(&self) -> Result<bool, GitError> {
        Ok(self.run(&self.work_tree, &["var", "GIT_COMMITTER_IDENT"])?.status.success())
    }

    fn io(&self, source: io::Error) -> GitError {
        GitError::Io { folder: self.work_tree.clone(), source }
    }
}
