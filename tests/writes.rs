//! What writes and what does not: commands that only look change nothing, an interrupted write is reported and taken back
//! when that is asked for, a journal that came with a clone is not followed, and no link is written through.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use bench::folder::{Ended, Folder, MIGRATIONS, migration};
use bench::prisma::Sample;

/// Every file and folder with what it holds and when it was changed, git's own aside.
fn everything(folder: &Folder) -> Result<BTreeMap<PathBuf, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(place) = folders.pop() {
        for entry in fs::read_dir(&place)? {
            let path = entry?.path();
            let metadata = path.symlink_metadata()?;
            if metadata.is_dir() && path.file_name() != Some(".git".as_ref()) {
                folders.push(path.clone());
            }
            let content = if metadata.is_file() { fs::read(&path)? } else { Vec::new() };
            let (time, bits) = (metadata.modified()?, metadata.permissions());
            found.insert(path, format!("{time:?} {bits:?} {content:?}"));
        }
    }
    Ok(found)
}

/// The commands that only look.
fn looking() -> Vec<Vec<&'static str>> {
    let database = "--database-url=postgres://nobody@127.0.0.1:1/none";
    vec![
        vec!["check", "--all"],
        vec!["rewrite", "--all"],
        vec!["rewrite", "--all", "--check"],
        vec!["rewrite", "--all", "--format", "patch"],
        vec!["verify", "--all", database],
        vec!["adopt", database],
    ]
}

#[test]
fn commands_that_only_look_change_nothing() -> Result<()> {
    let folder = Folder::of(&Sample::named("combo_many"))?;
    let before = everything(&folder)?;
    for command in looking() {
        folder.safestep(&command)?;
        ensure!(everything(&folder)? == before, "{command:?} changes something");
    }
    folder.safestep(&["explain", "set-not-null"])?;
    ensure!(everything(&folder)? == before, "explain changes something");
    Ok(())
}

/// A Prisma folder whose rewrite makes and deletes files, and a Drizzle one whose rewrite changes them, both small.
fn projects() -> Result<Vec<(&'static str, Folder)>> {
    let prisma = Folder::new()?;
    prisma.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), "CREATE TABLE t (a int, b int);\n")?;
    prisma.write(
        &format!("{MIGRATIONS}/20260102000000_index/migration.sql"),
        "CREATE INDEX i ON t (a);\nALTER TABLE t ALTER COLUMN b SET NOT NULL;\n",
    )?;
    let drizzle = Folder::empty()?;
    let entry = |at: u32, tag: &str| {
        format!(r#"{{"idx": {at}, "version": "7", "when": 170000{at}000000, "tag": "{tag}", "breakpoints": true}}"#)
    };
    let entries = [entry(0, "0000_init"), entry(1, "0001_index")].join(", ");
    let journal = format!(r#"{{"version": "7", "dialect": "postgresql", "entries": [{entries}]}}"#);
    drizzle.write("drizzle/meta/_journal.json", journal)?;
    drizzle.write("drizzle/0000_init.sql", "CREATE TABLE t (a int, b int);")?;
    drizzle.write(
        "drizzle/0001_index.sql",
        "CREATE INDEX i ON t (a);--> statement-breakpoint\nCREATE INDEX j ON t (b);",
    )?;
    drizzle.write("safestep.toml", "layout = \"step\"\n")?;
    Ok(vec![("prisma", prisma), ("drizzle", drizzle)])
}

const WRITE: &[&str] = &["rewrite", "--write", "--all"];

/// The failpoints are in builds for tests only.
#[cfg(all(debug_assertions, unix))]
mod interrupted {
    use super::*;
    use std::sync::OnceLock;

    const SAYS: &str = "`safestep recover` puts them back";

    fn with_failpoint(folder: &Folder, arguments: &[&str], failpoint: &str) -> Result<(bool, String)> {
        let output = folder.command().args(arguments).env("SAFESTEP_FAILPOINT", failpoint).output()?;
        let killed = output.status.code().is_none();
        Ok((killed || output.status.success(), String::from_utf8(output.stderr)? + if killed { "killed" } else { "" }))
    }

    /// What a project becomes when nothing comes between.
    fn written(at: usize) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let (_, folder) = projects()?.swap_remove(at);
        let ended = folder.safestep(WRITE)?;
        ensure!(ended.status == 0, "{}", ended.err);
        folder.tree()
    }

    #[test]
    fn a_kill_at_any_call_leaves_the_old_files_or_the_new_ones() -> Result<()> {
        for at in 0..projects()?.len() {
            let after = written(at)?;
            let (mut old, mut new, mut reported) = (0, 0, 0);
            for call in 1.. {
                let (name, folder) = projects()?.swap_remove(at);
                let context = || format!("{name}, killed at call {call}");
                let before = folder.tree()?;
                ensure!(before != after, "nothing is rewritten");
                let (_, err) = with_failpoint(&folder, WRITE, &format!("kill:{call}"))?;
                if !err.ends_with("killed") {
                    ensure!(folder.tree()? == after, "{}: {err}", context());
                    ensure!(old > 20 && new > 4 && reported > 4, "{name}: {old} {new} {reported} of {call}");
                    break;
                }
                let left = everything(&folder)?;
                let is_project = |(path, _): &(&PathBuf, &Vec<u8>)| !path.to_string_lossy().contains(".safestep-");
                let seen = |tree: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<(PathBuf, Vec<u8>)> {
                    tree.iter().filter(is_project).map(|(path, text)| (path.clone(), text.clone())).collect()
                };
                let tree = folder.tree()?;
                let is_whole = seen(&tree) == seen(&before) || seen(&tree) == seen(&after);
                let ended = folder.safestep(&["check", "--all"])?;
                let says = ended.status == 2 && ended.err.contains(SAYS);
                ensure!(is_whole || says, "{}: nothing is said: {}{}", context(), ended.out, ended.err);
                ensure!(everything(&folder)? == left, "{}: check changes something", context());
                reported += usize::from(says);
                let ended = folder.safestep(&["recover"])?;
                ensure!(ended.status == 0, "{}: {}", context(), ended.err);
                match folder.tree()? {
                    tree if tree == before => old += 1,
                    tree if tree == after => new += 1,
                    tree => anyhow::bail!("{}: neither old nor new: {:#?}", context(), tree.keys()),
                }
            }
        }
        Ok(())
    }

    /// Killed at the last call that leaves it half-written: most is to be put back.
    fn half_written() -> Result<(Folder, BTreeMap<PathBuf, Vec<u8>>)> {
        static LAST: OnceLock<usize> = OnceLock::new();
        let killed_at = |call: usize| -> Result<_> {
            let (_, folder) = projects()?.swap_remove(0);
            let before = folder.tree()?;
            let (_, err) = with_failpoint(&folder, WRITE, &format!("kill:{call}"))?;
            Ok((folder, before, err.ends_with("killed")))
        };
        let mut last = LAST.get().copied();
        for call in 1.. {
            if last.is_some() && LAST.get().is_some() {
                break;
            }
            let (folder, _, killed) = killed_at(call)?;
            if !killed {
                break;
            }
            let journal = folder.path().join("prisma/.safestep-migrations/journal.json");
            last = if journal.exists() { Some(call) } else { last };
        }
        let last = *LAST.get_or_init(|| last.unwrap_or_default());
        let (folder, before, _) = killed_at(last)?;
        let ended = folder.safestep(&["check", "--all"])?;
        ensure!(ended.err.contains(SAYS), "call {last} leaves it whole: {}", ended.err);
        Ok((folder, before))
    }

    #[test]
    fn every_command_that_looks_says_it() -> Result<()> {
        let (folder, _) = half_written()?;
        let left = everything(&folder)?;
        for command in looking() {
            let ended = folder.safestep(&command)?;
            ensure!(ended.status == 2 && ended.err.contains(SAYS), "{command:?}: {}{}", ended.out, ended.err);
            ensure!(everything(&folder)? == left, "{command:?} changes something");
        }
        Ok(())
    }

    #[test]
    fn a_kill_while_it_is_taken_back_is_taken_back_too() -> Result<()> {
        for call in 1.. {
            let (folder, before) = half_written()?;
            let (_, err) = with_failpoint(&folder, &["recover"], &format!("kill:{call}"))?;
            let ended = folder.safestep(&["recover"])?;
            ensure!(ended.status == 0 && folder.tree()? == before, "call {call}: {}", ended.err);
            if !err.ends_with("killed") {
                ensure!(call > 10, "{call}");
                return Ok(());
            }
        }
        Ok(())
    }

    #[test]
    fn the_next_write_takes_an_interrupted_one_back_first() -> Result<()> {
        let (folder, _) = half_written()?;
        let ended = folder.safestep(WRITE)?;
        ensure!(ended.status == 0 && ended.err.contains("was interrupted"), "{}", ended.err);
        ensure!(folder.tree()? == written(0)?, "not what a rewrite gives");
        Ok(())
    }

    #[test]
    fn a_full_disk_changes_nothing() -> Result<()> {
        let after = written(0)?;
        for (refused, call) in (1..).enumerate() {
            let (_, folder) = projects()?.swap_remove(0);
            let before = folder.tree()?;
            let (succeeded, err) = with_failpoint(&folder, WRITE, &format!("full:{call}"))?;
            let tree = folder.tree()?;
            if succeeded && tree == after {
                ensure!(refused > 10, "{refused} of {call}");
                return Ok(());
            }
            ensure!(!succeeded && err.contains("free some space") && tree == before, "call {call}: {err}");
        }
        Ok(())
    }

    #[test]
    fn a_journal_that_comes_with_a_clone_is_not_followed() -> Result<()> {
        let (origin, before) = half_written()?;
        let half = origin.tree()?;
        origin.git(&["init", "--quiet"])?;
        origin.git(&["add", "--force", "."])?;
        origin.git(&["commit", "--quiet", "--message", "all of it"])?;
        let clone = Folder::empty()?;
        let from = origin.path().to_str().context("a path that is not UTF-8")?;
        clone.git(&["clone", "--quiet", from, "."])?;
        ensure!(clone.tree()? == half, "the clone has not got the journal");
        let left = everything(&clone)?;
        for command in looking().into_iter().chain([WRITE.to_vec(), vec!["recover"]]) {
            let ended = clone.safestep(&command)?;
            let says = ended.err.contains("prisma/.safestep-migrations: holds a journal") && ended.status == 2;
            ensure!(says, "{command:?}: exit {}\n{}", ended.status, ended.err);
            ensure!(everything(&clone)? == left, "{command:?} changes something");
        }
        // Where it was written it is.
        let ended = origin.safestep(&["recover"])?;
        ensure!(ended.status == 0 && origin.tree()? == before, "{}", ended.err);
        Ok(())
    }
}

#[test]
fn a_journal_written_by_hand_hides_no_hazard() -> Result<()> {
    let dangerous = "ALTER TABLE \"U\" ALTER COLUMN a SET NOT NULL;\n";
    let path = "20260102000000_change/migration.sql";
    let entry = format!(r#"{{"path": "{path}", "before": "SELECT 1;\n", "after": {}}}"#, serde_json::json!(dangerous));
    let journal = format!(r#"{{"entries": [{entry}], "new_folders": [], "old_folders": []}}"#);
    let with_witness = format!(r#"{{"made": {{"inode": 1, "time": [1, 1], "root": 1}}, "journal": {journal}}}"#);
    for journal in [journal, with_witness] {
        for place in ["prisma/.safestep-migrations", "prisma/migrations/.safestep", ".safestep-prisma"] {
            let folder = Folder::new()?;
            folder
                .write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), "CREATE TABLE \"U\" (a int);\n")?;
            folder.write(&format!("{MIGRATIONS}/{path}"), dangerous)?;
            folder.write(&format!("{place}/journal.json"), &journal)?;
            folder.write(&format!("{place}/mark"), "")?;
            folder.write(&format!("{place}/0.original"), "SELECT 1;\n")?;
            let before = everything(&folder)?;
            for command in looking().into_iter().chain([WRITE.to_vec(), vec!["recover"]]) {
                let ended = folder.safestep(&command)?;
                ensure!(
                    ended.status == 2 && ended.err.contains("holds a journal"),
                    "{place} {command:?}: {}",
                    ended.err
                );
                ensure!(everything(&folder)? == before, "{place} {command:?} changes something");
            }
        }
    }
    Ok(())
}

#[test]
fn nothing_to_recover_is_said() -> Result<()> {
    for (_, folder) in projects()? {
        let before = everything(&folder)?;
        let ended = folder.safestep(&["recover"])?;
        ensure!(ended.status == 0 && ended.out == "nothing to recover\n", "{}{}", ended.out, ended.err);
        ensure!(everything(&folder)? == before, "something changes");
    }
    Ok(())
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    const FILE: &str = "prisma/migrations/20260102000000_linked/migration.sql";
    const DANGEROUS: &str = "CREATE INDEX i ON t (a);\nCREATE INDEX j ON t (b);\n";

    fn link(folder: &Folder, target: impl AsRef<Path>, path: &str) -> Result<()> {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        symlink(target, path).context("symlink")
    }

    fn refused(folder: &Folder, arguments: &[&str], message: &str) -> Result<()> {
        let before = everything(folder)?;
        let Ended { status, out, err } = folder.safestep(arguments)?;
        ensure!(status == 2 && err.contains(message), "{arguments:?}: exit {status}\n{out}{err}");
        ensure!(everything(folder)? == before, "{arguments:?} changes something");
        Ok(())
    }

    #[test]
    fn a_migration_outside_the_project_is_not_read() -> Result<()> {
        let outside = tempfile::tempdir()?;
        let target = outside.path().join("secret.sql");
        fs::write(&target, "SELECT 'a secret';\n")?;
        let folder = Folder::new()?;
        link(&folder, &target, FILE)?;
        for command in [&["check", "--all"][..], &["rewrite", "--all"], WRITE] {
            refused(&folder, command, "20260102000000_linked/migration.sql: is a link to")?;
            ensure!(!folder.safestep(command)?.out.contains("secret"), "{command:?} prints it");
        }
        Ok(())
    }

    #[test]
    fn a_migration_inside_the_project_is_read_and_not_written_through() -> Result<()> {
        let folder = Folder::new()?;
        fs::create_dir(folder.path().join(".git"))?;
        folder.write("shared/index.sql", DANGEROUS)?;
        link(&folder, "../../../shared/index.sql", FILE)?;
        fs::remove_dir(folder.path().join(".git"))?;
        folder.write("package.json", "{}")?;
        let ended = folder.safestep(&["check", "--all"])?;
        ensure!(ended.status == 1 && ended.out.contains("create-index"), "{}{}", ended.out, ended.err);
        refused(&folder, WRITE, "migration.sql: is a symbolic link")
    }

    #[test]
    fn a_migrations_folder_that_is_a_link_is_written_to_when_it_is_named() -> Result<()> {
        for (linked, target) in [("prisma/migrations", "../real/migrations"), ("prisma", "real")] {
            let folder = Folder::empty()?;
            folder.write("real/migrations/migration_lock.toml", "provider = \"postgresql\"\n")?;
            folder.write("real/migrations/20260102000000_index/migration.sql", DANGEROUS)?;
            link(&folder, target, linked)?;
            let ended = folder.safestep(&["check", "--all", "."])?;
            ensure!(ended.status == 1, "it is not read: {}{}", ended.out, ended.err);
            refused(&folder, WRITE, "is a link, so nothing was written through it")?;
            let ended = folder.safestep(&[WRITE, &[MIGRATIONS]].concat())?;
            ensure!(ended.status == 0, "named, it is not written to: {}", ended.err);
            let naive = folder.path().join("real/migrations/20260102000000_index/migration.sql");
            ensure!(!naive.exists(), "{}", ended.out);
        }
        Ok(())
    }

    #[test]
    fn a_folder_that_is_a_link_out_of_the_project_is_not_read() -> Result<()> {
        let outside = Folder::empty()?;
        outside.write("20260102000000_x/migration.sql", DANGEROUS)?;
        outside.write("20260102000000_x/snapshot.json", "{}")?;
        let folder = Folder::empty()?;
        folder.write("drizzle/20260101000000_a/migration.sql", "SELECT 1;")?;
        folder.write("drizzle/20260101000000_a/snapshot.json", "{\"dialect\": \"postgres\"}")?;
        link(&folder, outside.path().join("20260102000000_x"), "drizzle/20260102000000_x")?;
        refused(&folder, &["check", "--all"], "drizzle/20260102000000_x: is a link to")
    }

    #[test]
    fn a_link_that_prisma_does_not_look_into_is_named() -> Result<()> {
        let folder = Folder::of(&Sample::named("index_add"))?;
        link(&folder, "../../other", "prisma/migrations/20270101000000_linked")?;
        fs::create_dir(folder.path().join("prisma/migrations/20280101000000_empty"))?;
        let ended = folder.safestep(&["check", "--all"])?;
        ensure!(ended.err.contains("20270101000000_linked: is a link"), "{}", ended.err);
        ensure!(ended.err.contains("20280101000000_empty: has no migration.sql"), "{}", ended.err);
        ensure!(ended.status == 1, "{}", ended.out);
        let path = migration(&Sample::named("index_add"));
        ensure!(folder.safestep(&["check", "--all", "--quiet", &path])?.err.is_empty(), "-q says it");
        Ok(())
    }
}
