//! Which files are history: what git has on the base branch.
//!
//! Only the `git` command is used, and only to read. Every call runs inside the folder in question, so that
//! worktrees, submodules and symbolic links are git's business.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::{SourceError, SourceFile};

/// Where the default branch is looked for, the remote's own word first.
const DEFAULT_BRANCHES: [&str; 5] = [
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
];

/// Set by git for its hooks; they would point every call at the repository that runs the hook.
const HOOK_VARIABLES: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// A git work tree to ask what is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTree {
    /// The top folder of the work tree, as git names it: absolute, symbolic links resolved.
    pub work_tree: Utf8PathBuf,
}

/// A commit by its full hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(String);

impl Commit {
    /// The full hash, in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why git cannot say what is new.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The reference given with `--since` is no commit here.
    #[error("--since {reference}: no such commit in {work_tree}; fetch it first, or name another")]
    UnknownReference {
        /// As it was given.
        reference: String,
        /// Where it was looked for.
        work_tree: Utf8PathBuf,
    },
    /// One end of a range is no commit here.
    #[error(
        "{reference}: no such commit in {work_tree}; fetch it first (`fetch-depth: 0` in actions/checkout), or name another"
    )]
    UnknownCommit {
        /// As it was given.
        reference: String,
        /// Where it was looked for.
        work_tree: Utf8PathBuf,
    },
    /// A commit has more files than anybody wants to have copied.
    #[error("{commit} has more than {files} files or {bytes} bytes: name the folder of the project")]
    TooMuch {
        /// The commit.
        commit: String,
        /// How many files are copied at most.
        files: usize,
        /// And how many bytes of them.
        bytes: u64,
    },
    /// The history needed for the merge base was not fetched.
    #[error(
        "{work_tree} is a shallow clone, so what is new cannot be told; fetch the history \
         (`git fetch --unshallow`, or `fetch-depth: 0` in actions/checkout), or use --since or --all"
    )]
    Shallow {
        /// The clone.
        work_tree: Utf8PathBuf,
    },
    /// HEAD and the default branch share no commit.
    #[error("HEAD and {branch} in {work_tree} have no common commit; use --since or --all")]
    Unrelated {
        /// The default branch.
        branch: String,
        /// Where.
        work_tree: Utf8PathBuf,
    },
    /// git refuses.
    #[error("`git {command}` failed in {folder}: {message}")]
    Git {
        /// The arguments.
        command: String,
        /// The folder it ran in.
        folder: Utf8PathBuf,
        /// What git says.
        message: String,
    },
    /// git cannot be started, or the folder cannot be used.
    #[error("{folder}: git cannot be run: {source}")]
    Io {
        /// The folder it was to run in.
        folder: Utf8PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file at that commit is not a text that can be used.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl WorkTree {
    /// The work tree that holds `dir`, the folder of the migrations (they may be in a submodule). `None` outside a
    /// work tree and where there is no git.
    ///
    /// # Errors
    /// [`GitError::Git`] when git refuses to look, as it does in a folder that another user owns.
    pub fn discover(dir: &Utf8Path) -> Result<Option<WorkTree>, GitError> {
        let (folder, _) = existing_folder(dir)?;
        let arguments = ["rev-parse", "--show-toplevel"];
        let output = match git(&folder, &arguments) {
            Ok(output) => output,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(GitError::Io { folder, source }),
        };
        if output.status.success() {
            let work_tree = Utf8PathBuf::from(first_line(&output));
            return Ok(Some(WorkTree { work_tree }));
        }
        let message = stderr(&output);
        let outside = ["not a git repository", "must be run in a work tree"];
        if outside.iter().any(|part| message.contains(part)) {
            return Ok(None);
        }
        Err(refused(&folder, &arguments, &output))
    }

    /// The commit against which something is new: `since` itself when given, else the merge base of HEAD and the
    /// default branch. `None` when there is no commit yet or no default branch: then nothing is known to be old.
    /// On the default branch itself, only what is not pushed (or, without a remote, not committed) is new.
    ///
    /// # Errors
    /// [`GitError`]: `since` is unknown, the clone is too shallow, the histories are unrelated, git refuses.
    pub fn base(&self, since: Option<&str>) -> Result<Option<Commit>, GitError> {
        if let Some(reference) = since {
            let commit = self.commit(reference)?;
            return commit.map(Some).ok_or_else(|| GitError::UnknownReference {
                reference: reference.to_owned(),
                work_tree: self.work_tree.clone(),
            });
        }
        let Some(head) = self.commit("HEAD")? else {
            return Ok(None);
        };
        for branch in DEFAULT_BRANCHES {
            if let Some(tip) = self.commit(branch)? {
                return self.merge_base(&head, &tip, branch).map(Some);
            }
        }
        match self.is_shallow()? {
            true => Err(self.shallow()),
            false => Ok(None),
        }
    }

    /// The files under `dir` at a commit, as absolute paths that start with `dir` as it was given (made absolute).
    /// Names that are not UTF-8 are left out: no other part of safestep can name them either.
    ///
    /// # Errors
    /// [`GitError::Git`] when the commit is not in the repository that holds `dir`.
    pub fn existing_at(&self, base: &Commit, dir: &Utf8Path) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
        let (folder, missing) = existing_folder(dir)?;
        let mut arguments = vec!["ls-tree", "-r", "-z", "--name-only", base.as_str()];
        let pathspec = format!("{missing}/");
        if !missing.as_str().is_empty() {
            arguments.extend(["--", &pathspec]);
        }
        let output = self.run(&folder, &arguments)?;
        if !output.status.success() {
            return Err(refused(&folder, &arguments, &output));
        }
        let names = output.stdout.split(|byte| *byte == 0);
        Ok(names
            .filter(|name| !name.is_empty())
            .filter_map(|name| std::str::from_utf8(name).ok())
            .map(|name| folder.join(name))
            .collect())
    }

    /// The files below `dir` at a commit whose names end so and that have one of these words.
    ///
    /// # Errors
    /// [`GitError::Git`] when the commit is not in the repository that holds `dir`.
    pub fn with_words_at(
        &self,
        commit: &Commit,
        dir: &Utf8Path,
        ending: &str,
        words: &[&str],
    ) -> Result<Vec<Utf8PathBuf>, GitError> {
        let (folder, _) = existing_folder(dir)?;
        let names = format!("*.{ending}");
        let mut arguments = vec!["grep", "-l", "-z", "-F", "--no-color"];
        arguments.extend(words.iter().flat_map(|word| ["-e", *word]));
        arguments.extend([commit.as_str(), "--", &names]);
        let output = self.run(&folder, &arguments)?;
        // 1: no file has one
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(refused(&folder, &arguments, &output));
        }
        let before = format!("{commit}:");
        let names = output.stdout.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        Ok(names.filter_map(|name| name.strip_prefix(&before)).map(|name| folder.join(name)).collect())
    }

    /// A file as it was at a commit, with the line ends a checkout would give it; `None` when it did not exist.
    ///
    /// # Errors
    /// [`GitError`]: git refuses, or the content is not a text that can be used.
    pub fn contents_at(&self, base: &Commit, path: &Utf8Path) -> Result<Option<SourceFile>, GitError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let (folder, missing) = existing_folder(parent)?;
        let object = format!("{base}:./{}", missing.join(name));
        let arguments = ["cat-file", "--filters", &object];
        let output = self.run(&folder, &arguments)?;
        if output.status.success() {
            return Ok(Some(SourceFile::from_bytes(path, output.stdout)?));
        }
        let message = stderr(&output);
        let absent = ["does not exist in", "exists on disk, but not in"];
        if absent.iter().any(|part| message.contains(part)) {
            return Ok(None);
        }
        Err(refused(&folder, &arguments, &output))
    }

    pub(super) fn commit(&self, reference: &str) -> Result<Option<Commit>, GitError> {
        let object = format!("{reference}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &object];
        let output = self.run(&self.work_tree, &arguments)?;
        // Older versions of git repeat `--end-of-options` in what they print; the hash is the last line.
        let hash = String::from_utf8_lossy(&output.stdout);
        let hash = hash.lines().next_back().unwrap_or_default();
        let known = output.status.success() && !hash.is_empty();
        Ok(known.then(|| Commit(hash.to_owned())))
    }

    pub(super) fn merge_base(&self, head: &Commit, tip: &Commit, branch: &str) -> Result<Commit, GitError> {
        let arguments = ["merge-base", head.as_str(), tip.as_str()];
        let output = self.run(&self.work_tree, &arguments)?;
        match output.status.code() {
            Some(0) => Ok(Commit(first_line(&output))),
            Some(1) if self.is_shallow()? => Err(self.shallow()),
            Some(1) => Err(GitError::Unrelated { branch: branch.to_owned(), work_tree: self.work_tree.clone() }),
            _ => Err(refused(&self.work_tree, &arguments, &output)),
        }
    }

    fn is_shallow(&self) -> Result<bool, GitError> {
        let output = self.run(&self.work_tree, &["rev-parse", "--is-shallow-repository"])?;
        Ok(first_line(&output) == "true")
    }

    fn shallow(&self) -> GitError {
        GitError::Shallow { work_tree: self.work_tree.clone() }
    }

    pub(super) fn run(&self, folder: &Utf8Path, arguments: &[&str]) -> Result<Output, GitError> {
        git(folder, arguments).map_err(|source| GitError::Io { folder: folder.to_owned(), source })
    }
}

fn git(folder: &Utf8Path, arguments: &[&str]) -> io::Result<Output> {
    command(folder, arguments).output()
}

/// git with these arguments in that folder, not yet started.
pub(super) fn command(folder: &Utf8Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    for variable in HOOK_VARIABLES {
        command.env_remove(variable);
    }
    command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// The nearest existing folder at or above `dir`, absolute, and what is missing below it (empty when nothing is).
fn existing_folder(dir: &Utf8Path) -> Result<(Utf8PathBuf, Utf8PathBuf), GitError> {
    let absolute = camino::absolute_utf8(dir).map_err(|source| GitError::Io { folder: dir.to_owned(), source })?;
    let folder = absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(&absolute).to_owned();
    let missing = absolute.strip_prefix(&folder).map(Utf8Path::to_owned).unwrap_or_default();
    Ok((folder, missing))
}

fn first_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

pub(super) fn refused(folder: &Utf8Path, arguments: &[&str], output: &Output) -> GitError {
    GitError::Git { command: arguments.join(" "), folder: folder.to_owned(), message: stderr(output) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A repository in a temporary folder, with a helper to run git in it.
    struct Repository {
        _dir: tempfile::TempDir,
        root: Utf8PathBuf,
    }

    impl Repository {
        fn new() -> Repository {
            let dir = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
            let repository = Repository { _dir: dir, root };
            repository.git("init -q -b main .");
            repository
        }

        fn git(&self, arguments: &str) {
            git_in(&self.root, arguments);
        }

        pub(super) fn commit(&self, path: &str) {
            write(&self.root.join(path), path);
            self.git("add -A");
            self.git("commit -q -m change");
        }

        fn scope(&self) -> WorkTree {
            WorkTree::discover(&self.root).unwrap().unwrap()
        }
    }

    fn git_in(folder: &Utf8Path, arguments: &str) {
        let who = "-c user.name=a -c user.email=a@b.c -c commit.gpgsign=false -c protocol.file.allow=always";
        let all: Vec<&str> = who.split(' ').chain(arguments.split(' ')).collect();
        let output = super::git(folder, &all).unwrap();
        assert!(output.status.success(), "{arguments}: {}", stderr(&output));
    }

    fn write(path: &Utf8Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The names of the files under `dir` that exist at the base.
    fn old(scope: &WorkTree, since: Option<&str>, dir: &Utf8Path) -> Vec<String> {
        let base = scope.base(since).unwrap().unwrap();
        let files = scope.existing_at(&base, dir).unwrap();
        let name = |path: &Utf8PathBuf| path.strip_prefix(dir).unwrap().to_string();
        files.iter().map(name).collect()
    }

    #[test]
    fn a_branch_is_compared_with_where_it_left_main() {
        let repository = Repository::new();
        repository.commit("migrations/1 é \"a\"/migration.sql");
        repository.git("checkout -q -b feature");
        repository.commit("migrations/2/migration.sql");
        repository.git("checkout -q main");
        repository.commit("migrations/3/migration.sql");
        repository.git("checkout -q feature");

        let scope = repository.scope();
        let dir = repository.root.join("migrations");
        assert_eq!(old(&scope, None, &dir), ["1 é \"a\"/migration.sql"]);
        assert_eq!(old(&scope, Some("HEAD"), &dir).len(), 2);
        assert_eq!(old(&scope, Some("main"), &dir).len(), 2);
    }

    #[test]
    fn on_main_only_what_is_not_committed_is_new() {
        let repository = Repository::new();
        repository.commit("m/1.sql");
        write(&repository.root.join("m/2.sql"), "");
        let scope = repository.scope();
        assert_eq!(old(&scope, None, &repository.root.join("m")), ["1.sql"]);
        let none: [&str; 0] = [];
        assert_eq!(old(&scope, None, &repository.root.join("gone")), none);
    }

    #[test]
    fn a_clone_asks_its_remote_first() {
        let repository = Repository::new();
        repository.commit("m/1.sql");
        let clone = repository.root.join("clone");
        repository.git("clone -q . clone");
        write(&clone.join("m/2.sql"), "");
        git_in(&clone, "add -A");
        git_in(&clone, "commit -q -m unpushed");
        let scope = WorkTree::discover(&clone).unwrap().unwrap();
        assert_eq!(old(&scope, None, &clone.join("m")), ["1.sql"]);
    }

    #[test]
    fn a_file_comes_back_as_it_was() {
        let repository = Repository::new();
        repository.commit("m/a b/é.sql");
        let scope = repository.scope();
        let base = scope.base(None).unwrap().unwrap();
        let path = repository.root.join("m/a b/é.sql");
        let text = |path: &Utf8Path| {
            let file = scope.contents_at(&base, path).unwrap();
            file.map(|file| file.text)
        };
        write(&path, "changed");
        assert_eq!(text(&path).as_deref(), Some("m/a b/é.sql"));
        fs::remove_dir_all(repository.root.join("m")).unwrap();
        assert_eq!(text(&path).as_deref(), Some("m/a b/é.sql"));
        assert_eq!(text(&repository.root.join("m/other.sql")), None);
        write(&repository.root.join("new.sql"), "");
        assert_eq!(text(&repository.root.join("new.sql")), None);
        assert_eq!(scope.existing_at(&base, &repository.root.join("m/a b")).unwrap(), [path].into());
    }

    #[test]
    fn without_a_commit_or_a_default_branch_nothing_is_known_to_be_old() {
        let repository = Repository::new();
        assert_eq!(repository.scope().base(None).unwrap(), None);
        repository.git("checkout -q -b trunk");
        repository.commit("m/1.sql");
        assert_eq!(repository.scope().base(None).unwrap(), None);
    }

    #[test]
    fn outside_a_work_tree_there_is_no_scope() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        assert_eq!(WorkTree::discover(root).unwrap(), None);
        assert_eq!(WorkTree::discover(&root.join("not/there")).unwrap(), None);
        git_in(root, "init -q --bare bare");
        assert_eq!(WorkTree::discover(&root.join("bare")).unwrap(), None);
    }

    #[test]
    fn worktrees_and_submodules_are_their_own_work_trees() {
        let repository = Repository::new();
        repository.commit("m/1.sql");
        repository.git("worktree add -q -b feature tree");
        repository.git("submodule --quiet add ./ sub");
        repository.git("commit -q -m submodule");
        for folder in ["tree", "sub"] {
            let folder = repository.root.join(folder);
            write(&folder.join("m/2.sql"), "");
            let scope = WorkTree::discover(&folder.join("m")).unwrap().unwrap();
            assert_eq!(scope.work_tree, folder);
            assert_eq!(old(&scope, None, &folder.join("m")), ["1.sql"]);
        }
    }

    #[test]
    fn a_shallow_clone_says_what_to_fetch() {
        let repository = Repository::new();
        repository.commit("m/1.sql");
        repository.git("checkout -q -b feature");
        repository.commit("m/2.sql");
        repository.git("checkout -q main");
        let url = format!("file://{}", repository.root);
        repository.git(&format!("clone -q --depth 1 -b feature {url} clone"));
        let clone = repository.root.join("clone");
        let scope = WorkTree::discover(&clone).unwrap().unwrap();
        assert!(matches!(scope.base(None), Err(GitError::Shallow { .. })));

        git_in(&clone, "fetch -q --depth 1 origin main:refs/remotes/origin/main");
        assert!(matches!(scope.base(None), Err(GitError::Shallow { .. })));
    }

    #[test]
    fn an_unknown_reference_is_named() {
        let repository = Repository::new();
        repository.commit("m/1.sql");
        let error = repository.scope().base(Some("--all")).unwrap_err();
        assert!(error.to_string().starts_with("--since --all: no such commit in"));
    }
}
