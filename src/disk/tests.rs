//! A rewrite of a small tree, undisturbed, failing at every operation and crashing at every operation.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::calls::Call;
use super::*;

/// `root` is `<temporary folder>/migrations`, so that the place beside it is seen as well.
struct Tree {
    dir: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Tree {
    fn new() -> Tree {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
        let root = root.join("migrations");
        let tree = Tree { dir, root };
        tree.write("1_init/migration.sql", "init");
        tree.write("2_big/migration.sql", "naive");
        tree.write("lock.toml", "old");
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn change(&self, path: &str, action: Action) -> FileChange {
        FileChange { path: self.root.join(path), action }
    }

    fn create(&self, path: &str, content: &str) -> FileChange {
        let content = content.into();
        self.change(path, Action::Create { content })
    }

    fn modify(&self, path: &str, before: &str, content: &str) -> FileChange {
        let (before, content) = (before.into(), content.into());
        self.change(path, Action::Modify { before, content })
    }

    fn delete(&self, path: &str, before: &str) -> FileChange {
        let before = before.into();
        self.change(path, Action::Delete { before })
    }

    /// One migration becomes two, in the order in which a person would write it down.
    fn rewrite(&self) -> Vec<FileChange> {
        vec![
            self.delete("2_big/migration.sql", "naive"),
            self.create("2_big_01/migration.sql", "first"),
            self.create("2_big_02/deep/migration.sql", "second"),
            self.modify("lock.toml", "old", "new"),
        ]
    }

    /// Everything in and beside the root: files with permissions and text, folders with permissions.
    fn all(&self) -> BTreeMap<Utf8PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![Utf8PathBuf::from_path_buf(self.dir.path().into()).unwrap()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir_utf8().unwrap() {
                let path = entry.unwrap().into_path();
                let bits = fs::symlink_metadata(&path).unwrap().permissions();
                if path.is_dir() {
                    found.insert(path.clone(), format!("{bits:?}"));
                    folders.push(path);
                } else {
                    let text = fs::read_to_string(&path).unwrap();
                    found.insert(path, format!("{bits:?} {text}"));
                }
            }
        }
        found
    }

    fn files(&self) -> Vec<String> {
        let all = self.all();
        let files = all.keys().filter(|path| path.is_file());
        files.map(|path| path.strip_prefix(self.root.parent().unwrap()).unwrap().to_string()).collect()
    }

    #[track_caller]
    fn refuses(&self, change: FileChange, message: &str) {
        let before = self.all();
        let good = self.create("good.sql", "");
        let error = apply(&[good, change], &self.root).unwrap_err().to_string();
        let error = error.replace(self.root.as_str(), "ROOT");
        assert!(error.contains(message), "{error}");
        assert_eq!(self.all(), before);
    }
}

/// Stops before call `n`, counted over its whole life.
fn stop_at(n: usize, stop: fn() -> io::Error) -> impl FnMut(&Call<'_>) -> io::Result<()> {
    let mut count = 0;
    move |_| {
        count += 1;
        if count == n { Err(stop()) } else { Ok(()) }
    }
}

/// Stops before the call that would commit.
fn stop_at_commit(call: &Call<'_>) -> io::Result<()> {
    if call.path.ends_with("committed.json") { Err(crash()) } else { Ok(()) }
}

/// A crash when everything is in its place and nothing is committed: there is most to put back.
fn crash_before_commit(tree: &Tree) {
    let mut stop = stop_at_commit;
    let mut writer = Writer::new(&mut stop);
    let ended = catch_unwind(AssertUnwindSafe(|| apply_with(&tree.rewrite(), &tree.root, &mut writer)));
    assert!(ended.is_err());
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

/// A crash runs no rollback; unwinding is the nearest thing inside one process.
fn crash() -> io::Error {
    std::panic::resume_unwind(Box::new("crash"))
}

/// What the tree looks like after the rewrite has gone through.
fn rewritten() -> Vec<(String, String)> {
    let tree = Tree::new();
    apply(&tree.rewrite(), &tree.root).unwrap();
    relative(&tree)
}

fn relative(tree: &Tree) -> Vec<(String, String)> {
    let base = tree.root.parent().unwrap().to_owned();
    let all = tree.all().into_iter();
    all.map(|(path, text)| (path.strip_prefix(&base).unwrap().to_string(), text)).collect()
}

#[test]
fn a_rewrite_is_written_and_leaves_nothing_else_behind() {
    let tree = Tree::new();
    apply(&tree.rewrite(), &tree.root).unwrap();
    assert_eq!(
        tree.files(),
        [
            "migrations/1_init/migration.sql",
            "migrations/2_big_01/migration.sql",
            "migrations/2_big_02/deep/migration.sql",
            "migrations/lock.toml",
        ]
    );
    assert!(!tree.root.join("2_big").exists());
    assert_eq!(fs::read_to_string(tree.root.join("lock.toml")).unwrap(), "new");
    assert_eq!(recover(&tree.root).unwrap(), Vec::<Utf8PathBuf>::new());
}

/// How many calls an undisturbed rewrite makes.
fn calls() -> usize {
    let tree = Tree::new();
    let mut count = 0;
    let mut counting = |_: &Call<'_>| {
        count += 1;
        Ok(())
    };
    apply_with(&tree.rewrite(), &tree.root, &mut Writer::new(&mut counting)).unwrap();
    count
}

#[test]
fn a_failure_at_any_call_changes_nothing() {
    let (after, calls) = (rewritten(), calls());
    assert!(calls > 40, "{calls}");
    let mut failed = 0;
    for n in 1..=calls {
        let tree = Tree::new();
        let before = relative(&tree);
        let mut stop = stop_at(n, full);
        let ended = apply_with(&tree.rewrite(), &tree.root, &mut Writer::new(&mut stop));
        match ended {
            // There was another way; or it was done, and the next write cleans up.
            Ok(()) => {
                recover(&tree.root).unwrap();
                assert_eq!(relative(&tree), after, "call {n}");
            }
            Err(error) => {
                assert!(error.to_string().contains("free some space"), "{error}");
                assert_eq!(relative(&tree), before, "call {n}");
                failed += 1;
            }
        }
    }
    assert!(failed > 20, "{failed} of {calls}");
}

#[test]
fn a_disk_that_is_full_from_any_call_on_changes_nothing() {
    let after = rewritten();
    let mut failed = 0;
    for n in 1..=calls() {
        let tree = Tree::new();
        let before = relative(&tree);
        let mut count = 0;
        let mut fill = |call: &Call<'_>| {
            count += 1;
            if count >= n && call.takes_space { Err(full()) } else { Ok(()) }
        };
        match apply_with(&tree.rewrite(), &tree.root, &mut Writer::new(&mut fill)) {
            Ok(()) => assert_eq!(relative(&tree), after, "call {n}"),
            Err(error) => {
                assert!(error.to_string().contains("free some space"), "{error}");
                assert_eq!(relative(&tree), before, "call {n}");
                failed += 1;
            }
        }
    }
    assert!(failed > 20, "{failed}");
}

#[test]
fn a_crash_at_any_call_leaves_the_tree_before_or_after() {
    let after = rewritten();
    let (mut rolled_back, mut kept, mut interrupted) = (0, 0, 0);
    for n in 1..=calls() {
        let tree = Tree::new();
        let before = relative(&tree);
        let mut stop = stop_at(n, crash);
        let mut writer = Writer::new(&mut stop);
        let run = catch_unwind(AssertUnwindSafe(|| apply_with(&tree.rewrite(), &tree.root, &mut writer)));
        assert!(run.is_err());
        // Who only reads is told, or sees what was there before or is there after, and changes nothing.
        let left = tree.all();
        match check(&tree.root.join("1_init")) {
            Ok(()) => {
                let seen = |tree: Vec<(String, String)>| -> Vec<(String, String)> {
                    tree.into_iter().filter(|(path, _)| path.starts_with("migrations")).collect()
                };
                let now = seen(relative(&tree));
                assert!(now == seen(before.clone()) || now == seen(after.clone()), "call {n}: {now:#?}");
            }
            Err(DiskError::Interrupted { root }) => {
                assert_eq!(root, tree.root);
                interrupted += 1;
                let error = apply(&tree.rewrite(), &tree.root).unwrap_err();
                assert!(matches!(error, DiskError::Interrupted { .. }), "{error}");
            }
            Err(error) => panic!("call {n}: {error}"),
        }
        assert_eq!(tree.all(), left, "call {n}");
        recover(&tree.root.join("1_init")).unwrap();
        let now = relative(&tree);
        assert!(now == before || now == after, "call {n}: {now:#?}");
        match now == before {
            true => rolled_back += 1,
            false => kept += 1,
        }
    }
    assert!(rolled_back > 30 && kept > 5 && interrupted > 8, "{rolled_back} {kept} {interrupted}");
}

#[test]
fn a_crash_while_recovering_is_recovered_too() {
    for n in 1.. {
        let tree = Tree::new();
        let before = relative(&tree);
        crash_before_commit(&tree);
        assert_ne!(relative(&tree), before);

        let mut stop = stop_at(n, crash);
        let mut writer = Writer::new(&mut stop);
        let run = catch_unwind(AssertUnwindSafe(|| recover_with(&tree.root, &mut writer)));
        recover(&tree.root).unwrap();
        assert_eq!(relative(&tree), before, "call {n}");
        if run.is_ok() {
            assert!(n > 12, "stopped at {n}");
            return;
        }
    }
}

#[test]
fn originals_that_are_gone_are_written_anew() {
    for n in 1.. {
        let tree = Tree::new();
        let before = relative(&tree);
        crash_before_commit(&tree);
        let staging = tree.root.parent().unwrap().join(".safestep-migrations");
        for name in ["0.original", "1.original", "2.original", "3.original"] {
            let _ = fs::remove_file(staging.join(name));
        }
        let mut stop = stop_at(n, crash);
        let mut writer = Writer::new(&mut stop);
        let run = catch_unwind(AssertUnwindSafe(|| recover_with(&tree.root, &mut writer)));
        recover(&tree.root).unwrap();
        assert_eq!(relative(&tree), before, "call {n}");
        if run.is_ok() {
            return;
        }
    }
}

#[test]
fn an_edit_after_a_crash_is_not_overwritten() {
    let tree = Tree::new();
    crash_before_commit(&tree);
    tree.write("lock.toml", "mine");
    let found = tree.all();
    let error = recover(&tree.root).unwrap_err();
    assert!(matches!(error, DiskError::EditedAfterCrash { .. }), "{error}");
    assert_eq!(tree.all(), found);

    tree.write("lock.toml", "old");
    recover(&tree.root).unwrap();
    assert_eq!(relative(&tree), relative(&Tree::new()));
}

#[test]
fn a_failure_that_cannot_be_taken_back_keeps_the_originals() {
    let tree = Tree::new();
    let mut committing = false;
    let mut stop = |call: &Call<'_>| {
        committing |= call.path.ends_with("committed.json");
        if committing { Err(full()) } else { Ok(()) }
    };
    let mut writer = Writer::new(&mut stop);
    let error = apply_with(&tree.rewrite(), &tree.root, &mut writer).unwrap_err();
    assert!(matches!(error, DiskError::HalfDone { .. }), "{error}");
    recover(&tree.root).unwrap();
    assert_eq!(relative(&tree), relative(&Tree::new()));
}

#[test]
fn what_is_not_as_expected_is_refused() {
    let tree = Tree::new();
    tree.refuses(tree.modify("lock.toml", "older", "new"), "ROOT/lock.toml: was changed or removed meanwhile");
    tree.refuses(tree.delete("gone.sql", "x"), "ROOT/gone.sql: was changed or removed meanwhile");
    tree.refuses(tree.create("lock.toml", "x"), "ROOT/lock.toml: exists already");
    tree.refuses(tree.create("good.sql", "x"), "ROOT/good.sql: is in the list of changes twice");
    tree.refuses(tree.create("lock.toml/a.sql", "x"), "ROOT/lock.toml/a.sql: ROOT/lock.toml is not a folder");
    tree.refuses(tree.create("../beside.sql", "x"), "is not inside ROOT");
    tree.refuses(tree.create("/tmp/elsewhere.sql", "x"), "is not inside ROOT");
    tree.refuses(tree.create("1_init", "x"), "ROOT/1_init");
}

#[test]
fn a_change_during_staging_is_noticed() {
    let tree = Tree::new();
    let edited = tree.root.join("lock.toml");
    let mut edit = |call: &Call<'_>| match call.path.file_name() {
        Some("0.new") => fs::write(&edited, "edited"),
        _ => Ok(()),
    };
    let mut writer = Writer::new(&mut edit);
    let error = apply_with(&tree.rewrite(), &tree.root, &mut writer).unwrap_err();
    assert!(matches!(error, DiskError::ChangedMeanwhile { .. }), "{error}");
    assert_eq!(fs::read_to_string(&edited).unwrap(), "edited");
    assert_eq!(tree.files().len(), 3);
}

#[test]
fn a_file_that_appears_at_the_last_moment_survives() {
    let tree = Tree::new();
    let target = tree.root.join("2_big_02/deep/migration.sql");
    let mut appear = |call: &Call<'_>| match call.path == target && !target.exists() {
        true => fs::write(&target, "theirs"),
        false => Ok(()),
    };
    let mut writer = Writer::new(&mut appear);
    apply_with(&tree.rewrite(), &tree.root, &mut writer).unwrap_err();
    assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
    assert_eq!(tree.files().len(), 4);
}

#[test]
fn two_writers_exclude_each_other() {
    let tree = Tree::new();
    let _held = lock(&tree.root).unwrap();
    let error = apply(&tree.rewrite(), &tree.root).unwrap_err();
    assert!(matches!(error, DiskError::Busy { .. }), "{error}");
    assert_eq!(tree.files().len(), 3);
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    let tree = Tree::new();
    let mut never = |call: &Call<'_>| -> io::Result<()> { panic!("wrote {}", call.path) };
    let change = tree.modify("lock.toml", "old", "old");
    apply_with(&[change], &tree.root, &mut Writer::new(&mut never)).unwrap();
}

#[test]
fn a_folder_with_other_files_stays() {
    let tree = Tree::new();
    tree.write("2_big/README.md", "notes");
    apply(&[tree.delete("2_big/migration.sql", "naive")], &tree.root).unwrap();
    assert!(tree.root.join("2_big/README.md").exists());
}

/// A copy of everything in a folder, as a clone or an archive would bring it.
fn copied(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir(to).unwrap();
    for entry in from.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[test]
fn a_journal_that_came_with_a_copy_is_not_followed() {
    let tree = Tree::new();
    crash_before_commit(&tree);
    let copy = tempfile::tempdir().unwrap();
    let copy = Utf8PathBuf::from_path_buf(copy.path().canonicalize().unwrap()).unwrap().join("copy");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    copied(tree.root.parent().unwrap(), &copy);
    let root = copy.join("migrations");
    let change = FileChange { path: root.join("a.sql"), action: Action::Create { content: "x".into() } };
    for error in
        [check(&root).unwrap_err(), recover(&root).map(drop).unwrap_err(), apply(&[change], &root).unwrap_err()]
    {
        assert!(
            matches!(&error, DiskError::Foreign { staging } if *staging == copy.join(".safestep-migrations")),
            "{error}"
        );
    }
    assert!(root.join("2_big_01/migration.sql").exists() && !root.join("a.sql").exists());
    // The real one still is.
    assert!(matches!(check(&tree.root), Err(DiskError::Interrupted { .. })));
    recover(&tree.root).unwrap();
    assert_eq!(relative(&tree), relative(&Tree::new()));
}

#[test]
fn a_journal_that_somebody_wrote_by_hand_is_not_followed() {
    let written = [
        "{",
        "{}",
        r#"{"entries":[{"path":"lock.toml","before":"evil","after":"old"}],"new_folders":[],"old_folders":[]}"#,
        r#"{"made":{"inode":0,"time":[0,0],"root":0},"journal":{"entries":[{"path":"lock.toml","before":"evil","after":"old"}],"new_folders":[],"old_folders":[]}}"#,
    ];
    for journal in written {
        for mark in [true, false] {
            let tree = Tree::new();
            let staging = tree.root.parent().unwrap().join(".safestep-migrations");
            fs::create_dir(&staging).unwrap();
            fs::write(staging.join("journal.json"), journal).unwrap();
            if mark {
                fs::write(staging.join("mark"), "").unwrap();
            }
            let before = tree.all();
            assert!(matches!(check(&tree.root), Err(DiskError::Foreign { .. })), "{journal}");
            assert!(matches!(recover(&tree.root), Err(DiskError::Foreign { .. })), "{journal}");
            assert!(matches!(apply(&tree.rewrite(), &tree.root), Err(DiskError::Foreign { .. })), "{journal}");
            assert_eq!(tree.all(), before);
        }
    }
}

#[test]
fn what_has_the_name_of_the_staging_folder_is_left_alone() {
    for what in ["notes.txt", "1.new/deep", "0.original.txt"] {
        let tree = Tree::new();
        let path = format!("../.safestep-migrations/{what}");
        tree.write(&path, "theirs");
        let before = tree.all();
        check(&tree.root).unwrap();
        assert_eq!(recover(&tree.root).unwrap(), Vec::<Utf8PathBuf>::new());
        let error = apply(&tree.rewrite(), &tree.root).unwrap_err();
        assert!(matches!(error, DiskError::InTheWay { .. }), "{error}");
        assert_eq!(tree.all(), before);
    }
}

#[test]
fn a_journal_that_leads_out_of_the_root_is_refused() {
    for path in ["../x", "/tmp/x", "", "a/../../x"] {
        let tree = Tree::new();
        let root = canonical(&tree.root).unwrap();
        let mut no_failure = failpoint;
        let mut writer = Writer::new(&mut no_failure);
        let staging = Staging::create(&root, &mut writer).unwrap();
        let journal = format!(
            r#"{{"entries":[{{"path":"{path}","before":null,"after":null}}],"new_folders":[],"old_folders":[]}}"#
        );
        let journal: Journal = serde_json::from_str(&journal).unwrap();
        staging.write_journal(&journal, &root, &mut writer).unwrap();
        assert!(matches!(check(&root), Err(DiskError::Interrupted { .. })));
        assert!(matches!(recover(&root), Err(DiskError::Outside { .. })), "{path}");
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn permissions_stay() {
        let tree = Tree::new();
        let path = tree.root.join("lock.toml");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        apply(&tree.rewrite(), &tree.root).unwrap();
        let mode = |path: &str| {
            let metadata = fs::metadata(tree.root.join(path)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode("lock.toml"), 0o640);
        assert_eq!(mode("2_big_01/migration.sql"), mode("1_init/migration.sql"));
    }

    #[test]
    fn links_are_not_followed_out_of_the_root() {
        let tree = Tree::new();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), tree.root.join("out")).unwrap();
        symlink("1_init", tree.root.join("in")).unwrap();
        symlink("lock.toml", tree.root.join("link.toml")).unwrap();
        tree.refuses(tree.create("out/a.sql", "x"), "ROOT/out: is a symbolic link");
        tree.refuses(tree.create("in/a.sql", "x"), "ROOT/in: is a symbolic link");
        tree.refuses(tree.modify("link.toml", "old", "x"), "ROOT/link.toml: is a symbolic link");
        tree.refuses(tree.delete("link.toml", "old"), "ROOT/link.toml: is a symbolic link");
    }

    #[test]
    fn nothing_is_taken_back_through_a_link() {
        let tree = Tree::new();
        crash_before_commit(&tree);
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("migration.sql"), "first").unwrap();
        fs::remove_dir_all(tree.root.join("2_big_01")).unwrap();
        symlink(outside.path(), tree.root.join("2_big_01")).unwrap();
        let error = recover(&tree.root).unwrap_err();
        assert!(matches!(error, DiskError::Symlink { .. }), "{error}");
        assert_eq!(fs::read_to_string(outside.path().join("migration.sql")).unwrap(), "first");
    }

    #[test]
    fn a_staging_folder_that_is_a_link_is_not_followed() {
        let tree = Tree::new();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), tree.root.parent().unwrap().join(".safestep-migrations")).unwrap();
        check(&tree.root).unwrap();
        let error = apply(&tree.rewrite(), &tree.root).unwrap_err();
        assert!(matches!(error, DiskError::InTheWay { .. }), "{error}");
        assert_eq!(outside.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_pipe_where_a_file_is_to_be_is_not_waited_for() {
        let tree = Tree::new();
        let pipe = tree.root.join("pipe.sql");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = apply(&[tree.create("pipe.sql", "x")], &tree.root).unwrap_err();
        assert!(matches!(error, DiskError::Exists { .. }), "{error}");
        let error = apply(&[tree.modify("pipe.sql", "x", "y")], &tree.root).unwrap_err();
        assert!(matches!(error, DiskError::Exists { .. }), "{error}");
    }

    #[test]
    fn a_root_may_be_named_through_a_link() {
        let tree = Tree::new();
        let link = tree.root.parent().unwrap().join("link");
        symlink(&tree.root, &link).unwrap();
        let change = FileChange { path: link.join("a.sql"), action: Action::Create { content: "x".into() } };
        apply(&[change], &link).unwrap();
        assert!(tree.root.join("a.sql").exists());
    }

    #[test]
    fn a_read_only_folder_is_named_and_nothing_is_lost() {
        let tree = Tree::new();
        let folder = tree.root.join("2_big");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
        let writable = fs::write(folder.join("probe"), "").is_ok();
        if writable {
            // Permissions do not bind the superuser.
            return;
        }
        let before = tree.all();
        let error = apply(&tree.rewrite(), &tree.root).unwrap_err().to_string();
        assert!(error.contains("2_big/migration.sql: cannot delete"), "{error}");
        assert_eq!(tree.all(), before);
    }
}
