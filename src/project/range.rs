//! The commits of a pull request: what they change, and the files as they are at the end of them.
//!
//! What is read is what git has, never what the work tree holds: no filter of the repository runs, no link is followed, no
//! submodule is looked into. The commits may come from somebody whom nobody knows.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::RangeInclusive;
use std::process::Stdio;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::git::{Commit, GitError, WorkTree, command, refused};
use crate::source::MAX_BYTES;

/// More files than this are not copied.
const MOST_FILES: usize = 500_000;
/// Nor more bytes.
const MOST_BYTES: u64 = 2 << 30;

/// The two commits between which a pull request's changes lie, as the service that shows it compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Where the pull request left the branch that it goes to.
    pub base: Commit,
    /// Its last commit.
    pub head: Commit,
}

/// What a range does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The base does not have it.
    Added,
    /// The base has it with other content.
    Modified,
}

/// What is at a path of a commit and was not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// A symbolic link.
    Link,
    /// A file of more than [`MAX_BYTES`].
    TooLarge,
}

impl WorkTree {
    /// The changes of `head` since it left `base`.
    ///
    /// # Errors
    /// [`GitError`]: one of them is no commit here, they have no common one, or the clone is too shallow to tell.
    pub fn range(&self, base: &str, head: &str) -> Result<Range, GitError> {
        let commit = |reference: &str| {
            let unknown =
                || GitError::UnknownCommit { reference: reference.to_owned(), work_tree: self.work_tree.clone() };
            self.commit(reference)?.ok_or_else(unknown)
        };
        let (tip, head) = (commit(base)?, commit(head)?);
        Ok(Range { base: self.merge_base(&head, &tip, base)?, head })
    }

    /// The files that the range adds and changes, by their paths from the top of the work tree. Links and submodules are among
    /// them; names that are not UTF-8 are not.
    ///
    /// # Errors
    /// When git refuses.
    pub fn changed_in(&self, range: &Range) -> Result<BTreeMap<Utf8PathBuf, Changed>, GitError> {
        let arguments =
            ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=AMT", range.base.as_str(), range.head.as_str()];
        let output = self.run(&self.work_tree, &arguments)?;
        if !output.status.success() {
            return Err(refused(&self.work_tree, &arguments, &output));
        }
        let mut words = output.stdout.split(|byte| *byte == 0);
        let mut changed = BTreeMap::new();
        // `:100644 100644 <blob> <blob> M`, then the path.
        while let (Some(what), Some(path)) = (words.next(), words.next()) {
            let change = if what.ends_with(b"A") { Changed::Added } else { Changed::Modified };
            if let Ok(path) = std::str::from_utf8(path) {
                changed.insert(path.into(), change);
            }
        }
        Ok(changed)
    }

    /// The lines of a file at the range's end that its diff shows, counted from 1: what it adds, with three lines around.
    ///
    /// # Errors
    /// When git refuses.
    pub fn lines_shown(&self, range: &Range, path: &Utf8Path) -> Result<Vec<RangeInclusive<usize>>, GitError> {
        let (base, head) = (range.base.as_str(), range.head.as_str());
        let arguments = [
            "--literal-pathspecs",
            "diff-tree",
            "-r",
            "-p",
            "-U3",
            "--text",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            base,
            head,
            "--",
            path.as_str(),
        ];
        let output = self.run(&self.work_tree, &arguments)?;
        if !output.status.success() {
            return Err(refused(&self.work_tree, &arguments, &output));
        }
        let patch = String::from_utf8_lossy(&output.stdout);
        Ok(patch.lines().filter_map(lines_of_hunk).collect())
    }

    /// Writes the files under `inside` (all of them where it is empty) as they are at a commit into the folder `to`, and says
    /// what is no file there or was left out.
    ///
    /// # Errors
    /// When git refuses, there is too much, or a file cannot be written.
    pub fn copy_of(
        &self,
        commit: &Commit,
        inside: &Utf8Path,
        to: &Utf8Path,
    ) -> Result<BTreeMap<Utf8PathBuf, LeftOut>, GitError> {
        let mut arguments = vec!["--literal-pathspecs", "ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str()];
        if !inside.as_str().is_empty() {
            arguments.extend(["--", inside.as_str()]);
        }
        let output = self.run(&self.work_tree, &arguments)?;
        if !output.status.success() {
            return Err(refused(&self.work_tree, &arguments, &output));
        }
        let (mut files, mut left_out, mut bytes) = (Vec::new(), BTreeMap::new(), 0);
        for entry in output.stdout.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok()) {
            let Some((what, path)) = entry.split_once('\t') else { continue };
            let [mode, _, blob, size] = what.split_whitespace().collect::<Vec<_>>()[..] else { continue };
            let path = Utf8Path::new(path);
            match (mode, size.parse::<u64>()) {
                _ if !is_plain(path) => {}
                ("120000", _) => drop(left_out.insert(path.to_owned(), LeftOut::Link)),
                ("100644" | "100755", Ok(size)) if size > MAX_BYTES => {
                    left_out.insert(path.to_owned(), LeftOut::TooLarge);
                }
                ("100644" | "100755", Ok(size)) => {
                    bytes += size;
                    files.push((blob.to_owned(), to.join(path)));
                }
                _ => {} // a submodule
            }
        }
        if files.len() > MOST_FILES || bytes > MOST_BYTES {
            return Err(GitError::TooMuch { commit: commit.to_string(), files: MOST_FILES, bytes: MOST_BYTES });
        }
        self.write_blobs(files).map_err(|source| GitError::Io { folder: self.work_tree.clone(), source })?;
        Ok(left_out)
    }

    /// Writes each blob to its path, byte for byte as git has it.
    fn write_blobs(&self, files: Vec<(String, Utf8PathBuf)>) -> io::Result<()> {
        let mut git = command(&self.work_tree, &["cat-file", "--batch"]);
        let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(mut asked), Some(answered)) = (git.stdin.take(), git.stdout.take()) else { return Ok(()) };
        let blobs: String = files.iter().map(|(blob, _)| format!("{blob}\n")).collect();
        let asking = std::thread::spawn(move || asked.write_all(blobs.as_bytes()));
        let mut answered = BufReader::new(answered);
        let written = files.iter().try_for_each(|(_, path)| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, next_blob(&mut answered)?)
        });
        drop(answered); // git ends, and with it the other thread's writing, when nobody reads any more
        drop(asking.join());
        git.wait()?;
        written
    }
}

/// The content of the next object that `git cat-file --batch` prints: `<hash> blob <bytes>`, a line break, the bytes, another.
fn next_blob(answered: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = String::new();
    answered.by_ref().take(200).read_line(&mut head)?;
    let size = match head.split_whitespace().collect::<Vec<_>>()[..] {
        [_, "blob", size] => size.parse::<usize>().ok().filter(|size| *size as u64 <= MAX_BYTES),
        _ => None,
    };
    let size = size.ok_or_else(|| io::Error::other(format!("git cat-file answers {:?}", head.trim_end())))?;
    let mut content = vec![0; size + 1];
    answered.read_exact(&mut content)?;
    content.truncate(size);
    Ok(content)
}

/// Whether a path of a commit can be a path on disk: a tree may be made by hand to lead out of its folder or into `.git`.
fn is_plain(path: &Utf8Path) -> bool {
    path.components().all(|part| matches!(part, Utf8Component::Normal(name) if !name.eq_ignore_ascii_case(".git")))
        && !path.as_str().contains(['\\', '\0'])
}

/// The lines on the new side of a hunk, by its first line: `@@ -1,2 +3,4 @@`.
pub fn lines_of_hunk(line: &str) -> Option<RangeInclusive<usize>> {
    let new = line.strip_prefix("@@ -")?.split_once(" +")?.1.split_once(" @@")?.0;
    let (first, count) = new.split_once(',').unwrap_or((new, "1"));
    let (first, count) = (first.parse::<usize>().ok()?, count.parse::<usize>().ok()?);
    (count > 0).then(|| first..=first + count - 1)
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(root: &Utf8Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(root)
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn repository() -> (tempfile::TempDir, WorkTree) {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        git(&root, &["init", "-q", "-b", "main", "."]);
        let lines: String = (1..=20).map(|line| format!("{line}\n")).collect();
        fs::write(root.join("old.sql"), &lines).unwrap();
        git(&root, &["add", "."]);
        git(&root, &["commit", "-q", "-m", "base"]);
        git(&root, &["checkout", "-q", "-b", "topic"]);
        fs::write(root.join("old.sql"), lines.replace("10\n", "ten\n@@ -1 +1 @@\n")).unwrap();
        fs::create_dir(root.join("a b")).unwrap();
        fs::write(root.join("a b/[é].sql"), "1\r\n2").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("link.sql")).unwrap();
        git(&root, &["add", "."]);
        git(&root, &["commit", "-q", "-m", "topic"]);
        git(&root, &["checkout", "-q", "main"]);
        fs::write(root.join("later.sql"), "x").unwrap();
        git(&root, &["add", "."]);
        git(&root, &["commit", "-q", "-m", "later"]);
        (folder, WorkTree { work_tree: root })
    }

    #[test]
    fn a_range_begins_where_the_branch_left() {
        let (_folder, tree) = repository();
        let range = tree.range("main", "topic").unwrap();
        let changed = tree.changed_in(&range).unwrap();
        let changed: Vec<(&str, Changed)> = changed.iter().map(|(path, change)| (path.as_str(), *change)).collect();
        let expected = [("a b/[é].sql", Changed::Added), ("link.sql", Changed::Added), ("old.sql", Changed::Modified)];
        assert_eq!(changed, expected);
        assert_eq!(tree.lines_shown(&range, "a b/[é].sql".into()).unwrap(), [1..=2]);
        assert_eq!(tree.lines_shown(&range, "old.sql".into()).unwrap(), [7..=14]);
        let error = tree.range("main", "--nothing").unwrap_err().to_string();
        assert!(error.starts_with("--nothing: no such commit in "), "{error}");
    }

    #[test]
    fn a_copy_is_what_git_has_without_links() {
        let (_folder, tree) = repository();
        // What the work tree holds is another thing.
        fs::write(tree.work_tree.join("old.sql"), "edited").unwrap();
        let head = tree.range("main", "topic").unwrap().head;
        let copy = tempfile::tempdir().unwrap();
        let to = Utf8Path::from_path(copy.path()).unwrap();
        let left_out = tree.copy_of(&head, "".into(), to).unwrap();
        assert_eq!(left_out, BTreeMap::from([("link.sql".into(), LeftOut::Link)]));
        assert_eq!(fs::read(to.join("a b/[é].sql")).unwrap(), b"1\r\n2");
        assert!(fs::read_to_string(to.join("old.sql")).unwrap().contains("ten\n"));
        assert!(to.join("link.sql").symlink_metadata().is_err() && !to.join("later.sql").exists());
    }

    /// A tree made by hand: git itself makes none with such names.
    #[test]
    fn a_tree_cannot_lead_out_of_its_folder() {
        let (_folder, tree) = repository();
        let root = &tree.work_tree;
        let blob = git(root, &["rev-parse", "topic:old.sql"]);
        let bytes: Vec<u8> = (0..40).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap()).collect();
        let entry = |name: &str| [format!("100644 {name}\0").as_bytes(), &bytes].concat();
        fs::write(root.join("tree"), [entry(".."), entry(".GIT"), entry("fine.sql")].concat()).unwrap();
        let made = git(root, &["hash-object", "-t", "tree", "-w", "--literally", "tree"]);
        let commit = git(root, &["commit-tree", &made, "-m", "hostile"]);
        let head = tree.commit(&commit).unwrap().unwrap();
        let copy = tempfile::tempdir().unwrap();
        let to = Utf8PathBuf::from_path_buf(copy.path().join("in")).unwrap();
        tree.copy_of(&head, "".into(), &to).unwrap();
        let names: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["fine.sql"]);
    }
}
