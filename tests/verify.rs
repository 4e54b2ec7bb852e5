//! `safestep verify` on every sample and on sequences that are broken on purpose, with a server of its own; and that
//! nothing is left behind.
//!
//! A Drizzle sample in folders whose sequence is that of the sample with a journal is proved there; with
//! `SAFESTEP_TEST_EVERY=1` in folders as well.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::drizzle::{self, Generation};
use bench::folder::{Folder, MIGRATIONS, migration};
use bench::prisma::Sample;

const THREADS: usize = 4;
/// Enough for two batches of a backfill.
const ROWS: &str = "1100";

#[test]
fn every_sample_is_proved_on_postgresql_15() -> Result<()> {
    let killed = AtomicU64::new(0);
    bench::on_each(&Sample::all()?, THREADS, |sample| {
        killed
            .fetch_add(must_be_proved(15, &sample.name, &Folder::of(sample)?, &migration(sample))?, Ordering::Relaxed);
        Ok(())
    })?;
    let killed = killed.into_inner();
    ensure!(killed > 140 || std::env::var_os("SAFESTEP_TEST_ONLY").is_some(), "only {killed} steps were held up");
    Ok(())
}

#[test]
fn some_samples_are_proved_on_the_oldest_and_the_newest() -> Result<()> {
    let names = [
        "combo_many",
        "fk_change_action",
        "hand_fill_partitions",
        "hand_fill_without_key",
        "hand_names",
        "hand_names_taken",
        "hand_unique_constraint",
        "make_required_with_default",
    ];
    let samples = names.map(Sample::named);
    [12, 18].into_iter().try_for_each(|major| {
        bench::on_each(&samples, THREADS, |sample| {
            must_be_proved(major, &sample.name, &Folder::of(sample)?, &migration(sample)).map(drop)
        })
    })
}

#[test]
fn every_drizzle_sample_with_a_journal_is_proved() -> Result<()> {
    bench::on_each(&drizzle::Sample::all(Generation::Journal)?, THREADS, |sample| {
        let (folder, migration) = sample.folder()?;
        must_be_proved(15, &sample.name, &folder, &migration).map(drop)
    })
}

#[test]
fn every_drizzle_sample_in_folders_is_proved() -> Result<()> {
    let every = std::env::var_os("SAFESTEP_TEST_EVERY").is_some();
    let proved = AtomicU64::new(0);
    bench::on_each(&drizzle::Sample::all(Generation::Folders)?, THREADS, |sample| {
        if !every && sample.has_a_twin(18)? {
            return Ok(());
        }
        let (folder, migration) = sample.folder()?;
        must_be_proved(18, &sample.name, &folder, &migration)?;
        proved.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })?;
    let proved = proved.into_inner();
    ensure!(proved > 20 || std::env::var_os("SAFESTEP_TEST_ONLY").is_some(), "only {proved} samples were proved");
    Ok(())
}

/// Proves a sample, kills and takes back its steps; returns how many were killed.
fn must_be_proved(major: u32, name: &str, folder: &Folder, migration: &str) -> Result<u64> {
    let (url, oldest) = (bench::variable(&format!("SAFESTEP_TEST_PG{major}"))?, major.min(14).to_string());
    let mut arguments = vec!["verify", "--all", "--interrupt", "--undo", "--rows", ROWS, "--format", "json"];
    arguments.extend(["--postgres", &oldest, "--database-url", &url, migration]);
    let ended = folder.safestep(&arguments)?;
    ensure!(ended.status == 0, "exit {}\n{}{}", ended.status, ended.out, ended.err);
    let report: Value = serde_json::from_str(&ended.out).context("--format json")?;
    let proofs = report["proofs"].as_array().context("proofs")?;
    for proof in proofs {
        println!(
            "{name:<32} {:<14} {} objects, {} rows, {} steps, {} interrupted, {} undone, {:.1} s",
            proof["verdict"].as_str().unwrap_or_default(),
            proof["catalog_objects"],
            proof["rows"],
            proof["steps"].as_array().map_or(0, Vec::len),
            proof["interrupted"],
            proof["undone"],
            proof["seconds"].as_f64().unwrap_or_default(),
        );
    }
    Ok(proofs.iter().filter_map(|proof| proof["interrupted"].as_u64()).sum())
}

const PEOPLE: &str = "CREATE TABLE people (id int PRIMARY KEY, name text, age int);\n";
const SPLIT: &str = "ALTER TABLE people DROP COLUMN name, ADD COLUMN first text, ADD COLUMN last text;\n";
const SPLIT_SETTINGS: &str = "[values]\n\"people.first\" = \"split_part(name, ' ', 1)\"\n\"people.last\" = \"nullif(substr(name, strpos(name, ' ') + 1), name)\"\n";
const RENAMED: &str = "ALTER TABLE people DROP COLUMN name, ADD COLUMN full_name text;\n";
const RENAMED_SETTINGS: &str = "[renames]\n\"people.name\" = \"full_name\"\n";
const CHANGE: &str = "prisma/migrations/20260102000000_change/migration.sql";

/// A project in which something is dropped and added whose values are to stay.
fn with_values_that_stay(change: &str, settings: &str) -> Result<Folder> {
    let folder = Folder::new()?;
    let model = "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel people {\n  id Int @id\n  age Int?\n  first String?\n  last String?\n  full_name String?\n}\n";
    folder.write("prisma/schema.prisma", model)?;
    folder.write("prisma/migrations/20260101000000_init/migration.sql", PEOPLE)?;
    folder.write(CHANGE, change)?;
    folder.write("safestep.toml", settings)?;
    Ok(folder)
}

#[test]
fn what_a_sequence_carries_over_is_proved() -> Result<()> {
    for (name, change, settings) in [("split", SPLIT, SPLIT_SETTINGS), ("renamed", RENAMED, RENAMED_SETTINGS)] {
        let folder = with_values_that_stay(change, settings)?;
        ensure!(must_be_proved(15, name, &folder, CHANGE)? > 2, "{name}: hardly a step was held up");
    }
    Ok(())
}

#[test]
fn a_value_that_is_carried_over_wrong_is_caught() -> Result<()> {
    let folder = with_values_that_stay(SPLIT, SPLIT_SETTINGS)?;
    folder.write("original/20260101000000_init/migration.sql", PEOPLE)?;
    folder.write("original/20260102000000_change/migration.sql", SPLIT)?;
    let ended = folder.safestep(&["rewrite", "--write", "--collapse", "--all", CHANGE])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let verify = || folder.safestep(&["verify", "--against", "original", "--database-url", &url]);
    let ended = verify()?;
    ensure!(ended.status == 0, "{}{}", ended.out, ended.err);
    let (path, text) = folder
        .tree()?
        .into_iter()
        .find(|(path, _)| path.to_string_lossy().contains("fill"))
        .context("the file that fills")?;
    let text = String::from_utf8(text)?;
    let wrong = text.replace("split_part(name, ' ', 1)", "split_part(name, ' ', 2)");
    ensure!(wrong != text, "{text}");
    folder.write(path.to_str().context("UTF-8")?, wrong)?;
    let ended = verify()?;
    ensure!(ended.status == 1 && ended.out.contains("people: a row differs"), "{}{}", ended.out, ended.err);
    Ok(())
}

/// A rewritten sample, the original beside it in `original/`, and what `verify --against original` says of it.
struct Written {
    folder: Folder,
    name: String,
}

impl Written {
    fn of(sample: &str) -> Result<Written> {
        let sample = Sample::named(sample);
        let folder = Folder::of(&sample)?;
        let name = format!("20261120105114_{}", sample.name);
        folder.write("original/20260101000000_init/migration.sql", sample.read("before.sql")?)?;
        folder.write(&format!("original/{name}/migration.sql"), sample.read("migration.sql")?)?;
        let ended = folder.safestep(&["rewrite", "--write", "--all", &migration(&sample)])?;
        ensure!(ended.status == 0, "{}", ended.err);
        Ok(Written { folder, name })
    }

    fn file(&self, step: &str) -> String {
        format!("{MIGRATIONS}/{}_{step}/migration.sql", self.name)
    }

    /// Replaces a text in a step's file.
    fn edit(&self, step: &str, from: &str, to: &str) -> Result<()> {
        let path = self.folder.path().join(self.file(step));
        let before = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        ensure!(before.contains(from), "{step} has no {from:?}:\n{before}");
        self.folder.write(&self.file(step), before.replace(from, to))
    }

    fn verify(&self, more: &[&str]) -> Result<(i32, String)> {
        let url = bench::variable("SAFESTEP_TEST_PG15")?;
        let arguments = ["verify", "--against", "original", "--database-url", &url];
        let ended = self.folder.safestep(&[&arguments[..], more].concat())?;
        Ok((ended.status, ended.out + &ended.err))
    }

    fn must_be_caught(&self, what: &str) -> Result<()> {
        let (status, text) = self.verify(&["--interrupt"])?;
        ensure!(status == 1 && text.contains(what), "{what:?} is not what it says: exit {status}\n{text}");
        Ok(())
    }
}

#[test]
fn what_is_on_disk_is_proved_against_the_original() -> Result<()> {
    let (status, text) = Written::of("combo_many")?.verify(&["--interrupt", "--undo"])?;
    ensure!(status == 0 && text.contains("6 steps undone in reverse: the schema before"), "exit {status}\n{text}");
    let bad_rows = "bad rows      NULLs stop step 2, duplicates stop step 4, orphans stop step 6; no row is touched";
    ensure!(text.contains(bad_rows) && text.contains(" ms at 10,000 (naive: "), "{text}");
    Ok(())
}

#[test]
fn originals_that_are_not_there_are_no_proof() -> Result<()> {
    let written = Written::of("combo_many")?;
    std::fs::remove_dir_all(written.folder.path().join(format!("original/{}", written.name)))?;
    let (status, text) = written.verify(&[])?;
    ensure!(status == 2 && text.contains("6 migrations of the folder stand for none"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn a_dropped_default_is_caught() -> Result<()> {
    let written = Written::of("make_required_with_default")?;
    written.edit("01_user_name_default", "ALTER TABLE \"User\" ALTER COLUMN \"name\" SET DEFAULT 'x';", "")?;
    written.must_be_caught("column public.\"User\".name differs")
}

#[test]
fn a_swapped_name_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    written.edit("04_user_email_index", "\"User_email_key\" ON", "\"User_mail_key\" ON")?;
    written.must_be_caught("index public.\"User_email_key\" differs")
}

#[test]
fn a_validation_that_is_left_out_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    std::fs::remove_dir_all(
        written.folder.path().join(written.file("06_post_validate_author_id_fkey")).parent().context("a folder")?,
    )?;
    written.must_be_caught("not validated")
}

#[test]
fn an_index_that_is_left_invalid_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    let spoil = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"Post_authorId_idx\"'::regclass;\n";
    written.folder.write(&written.file("08_spoil"), spoil)?;
    written.must_be_caught("INVALID")
}

#[test]
fn a_lost_row_and_a_changed_value_are_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    written.folder.write(&written.file("08_lose"), "DELETE FROM \"Post\" WHERE \"id\" = 1;\n")?;
    written.must_be_caught("\"Post\" has 999 rows instead of 1000")?;
    written.folder.write(&written.file("08_lose"), "UPDATE \"User\" SET \"name\" = 'somebody' WHERE \"id\" = 1;\n")?;
    written.must_be_caught("\"User\": a row differs")
}

#[test]
fn removing_duplicates_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    let remove = "DELETE FROM \"User\" a USING \"User\" b WHERE a.\"email\" = b.\"email\" AND a.\"id\" > b.\"id\";\n";
    written.folder.write(&written.file("00_clean"), remove)?;
    written.must_be_caught("rows with duplicates: ")
}

#[test]
fn what_is_missing_for_a_while_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    let for_a_while = |away: &str, back: &str| {
        written.folder.write(&written.file("00_away"), format!("SET lock_timeout = '1s';\n{away};\n"))?;
        written.folder.write(&written.file("09_back"), format!("SET lock_timeout = '1s';\n{back};\n"))
    };
    for_a_while(
        r#"ALTER TABLE "User" ALTER "email" DROP NOT NULL"#,
        r#"ALTER TABLE "User" ALTER "email" SET NOT NULL"#,
    )?;
    written.must_be_caught("_00_away: after it NOT NULL of public.\"User\".email is not there")?;
    for_a_while(r#"ALTER TABLE "Post" RENAME TO "Old""#, r#"ALTER TABLE "Old" RENAME TO "Post""#)?;
    written.must_be_caught("_00_away: after it table public.\"Post\" is not there")?;
    for_a_while(r#"ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY"#, r#"ALTER TABLE "Post" DISABLE ROW LEVEL SECURITY"#)?;
    written.must_be_caught("a reader under row security sees fewer rows of public.\"Post\"")?;
    let for_a_transaction = r#"DO $$ BEGIN
  PERFORM set_config('lock_timeout', '1s', false);
  SET LOCAL ROLE pg_monitor;
  CREATE TEMPORARY TABLE nothing () ON COMMIT DROP;
  COMMIT;
  SET LOCAL session_replication_role = replica;
  ALTER TABLE "User" ALTER "email" DROP NOT NULL;
  COMMIT;
  SET LOCAL session_replication_role = replica;
  ALTER TABLE "User" ALTER "email" SET NOT NULL;
END $$"#;
    written.folder.write(&written.file("00_away"), for_a_transaction)?;
    written.folder.write(&written.file("09_back"), "SELECT 1;")?;
    written.must_be_caught("_00_away: within it NOT NULL of public.\"User\".email is not there")
}

#[test]
fn a_validation_in_the_transaction_of_its_constraint_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    let together = "NOT VALID;\n            ALTER TABLE \"Post\" VALIDATE CONSTRAINT \"Post_authorId_fkey\";";
    written.edit("05_user_name_not_null_and_more", "NOT VALID;", together)?;
    written.must_be_caught("reads or writes the rows of")
}

#[test]
fn a_scan_in_one_of_several_transactions_is_caught() -> Result<()> {
    let written = Written::of("hand_several_tables")?;
    let scan = "ADD COLUMN \"founded\" DATE;\n            PERFORM count(*) FROM \"Team\";";
    written.edit("01_user_add_bio_and_more", "ADD COLUMN \"founded\" DATE;", scan)?;
    written.must_be_caught("reads or writes the rows of \"Team\" while it holds ACCESS EXCLUSIVE on \"Team\"")
}

#[test]
fn a_transaction_that_cannot_be_run_again_is_caught() -> Result<()> {
    let written = Written::of("hand_several_tables")?;
    let guard = "IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('\"Post\"') AND attname = 'summary' AND atttypid = 'TEXT'::regtype)";
    written.edit("01_user_add_bio_and_more", guard, "IF true")?;
    written.must_be_caught("column \"summary\" of relation \"Post\" already exists")
}

#[test]
fn a_plain_index_build_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    written.edit("03_post_author_id_index", "CREATE INDEX CONCURRENTLY", "CREATE INDEX")?;
    written.must_be_caught("while it holds SHARE on \"Post\"")
}

#[test]
fn a_missing_lock_timeout_is_caught() -> Result<()> {
    let written = Written::of("combo_many")?;
    written.edit("01_user_add_age", "PERFORM set_config('lock_timeout', '100ms', true);", "")?;
    written.must_be_caught("without a lock_timeout")
}

#[test]
fn a_step_that_cannot_be_run_again_is_caught() -> Result<()> {
    let written = Written::of("make_required_with_default")?;
    written.edit("02_user_fill_name", "BEGIN\n  SELECT", "BEGIN\n  CREATE TABLE \"Half\" ();\n  COMMIT;\n  SELECT")?;
    written.edit("02_user_fill_name", "  END LOOP;\nEND\n$", "  END LOOP;\n  DROP TABLE \"Half\";\nEND\n$")?;
    written.must_be_caught("was killed and run again: ")
}

/// A folder for temporary files of `safestep verify`, in which nothing may be left.
struct Watched {
    folder: Folder,
    temporary: tempfile::TempDir,
}

impl Watched {
    fn new() -> Result<Watched> {
        let folder = Folder::of(&Sample::named("fk_add"))?;
        let temporary = tempfile::TempDir::with_prefix("safestep-test-")?;
        make_open(temporary.path())?;
        Ok(Watched { folder, temporary })
    }

    fn verify(&self) -> std::process::Command {
        let mut command = self.folder.command();
        command.args(["verify", "--all"]).env("TMPDIR", self.temporary.path());
        command
    }

    /// Starts a run that takes its time, and waits until its server is there.
    fn start(&self) -> Result<std::process::Child> {
        let nothing = std::process::Stdio::null;
        let child = self.verify().args(["--rows", "100000"]).stdout(nothing()).stderr(nothing()).spawn()?;
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while self.server()?.is_none() && std::time::Instant::now() < end {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        ensure!(self.server()?.is_some(), "no server was started");
        Ok(child)
    }

    /// The process number of its server.
    fn server(&self) -> Result<Option<String>> {
        let folders = std::fs::read_dir(self.temporary.path())?.flatten();
        let file = folders.map(|folder| folder.path().join("data/postmaster.pid")).find(|file| file.is_file());
        let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        Ok(text.lines().next().map(str::to_owned))
    }

    fn must_be_clean(&self, when: &str) -> Result<()> {
        std::thread::sleep(std::time::Duration::from_millis(500)); // a killed program's own children see that it is gone
        let left: Vec<_> = std::fs::read_dir(self.temporary.path())?.flatten().map(|entry| entry.file_name()).collect();
        ensure!(left.is_empty(), "{when}: {left:?} is left behind");
        let processes = std::process::Command::new("ps").args(["-eo", "args"]).output().context("running ps")?;
        let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
        let folder = self.temporary.path().to_string_lossy().into_owned();
        let left: Vec<&str> = processes.lines().filter(|line| line.contains(&folder)).collect();
        ensure!(left.is_empty(), "{when}: still running:\n{}", left.join("\n"));
        Ok(())
    }
}

#[test]
fn a_server_of_its_own_is_gone_afterwards() -> Result<()> {
    let watched = Watched::new()?;
    let output = watched.verify().output().context("running safestep")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(String::from_utf8_lossy(&output.stdout).contains("proved on PostgreSQL"), "nothing was proved");
    watched.must_be_clean("after success")?;
    // early, while the cluster is made, and late, while it works
    for (signal, later) in [("INT", 0), ("TERM", 2_000)] {
        let mut child = watched.start()?;
        std::thread::sleep(std::time::Duration::from_millis(later));
        std::process::Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status()?;
        let status = child.wait()?;
        ensure!(!status.success(), "SIG{signal} came too late: the test tests nothing");
        watched.must_be_clean(&format!("after SIG{signal}"))?;
    }
    Ok(())
}

#[test]
fn nothing_is_left_after_a_failure() -> Result<()> {
    let watched = Watched::new()?;
    let mut child = watched.start()?;
    let server = loop {
        match watched.server()?.unwrap_or_default().parse::<u32>() {
            Ok(number) => break number.to_string(),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20)), // initdb's own, a negative number
        }
    };
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    std::process::Command::new("kill").args(["-QUIT", &server]).status()?;
    ensure!(child.wait()?.code() == Some(2), "a server that goes away is an error");
    watched.must_be_clean("after its server went away")?;

    // No file may grow beyond 64 kB: to initdb that is a disk without room.
    let program = watched.verify().get_program().to_owned();
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", "ulimit -f 64; trap '' XFSZ; exec \"$0\" verify --all"]).arg(program);
    let output = limited.current_dir(watched.folder.path()).env("TMPDIR", watched.temporary.path()).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code() == Some(2) && text.starts_with("error: initdb failed: "), "{}: {text}", output.status);
    watched.must_be_clean("after a full disk")
}

/// Lets the account that the server runs as come in.
fn make_open(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777))?;
    Ok(())
}

#[test]
fn a_server_that_cannot_be_used_is_named() -> Result<()> {
    let folder = Folder::of(&Sample::named("fk_add"))?;
    let ended = folder.safestep(&["verify", "--all", "--database-url", "postgresql://nobody@127.0.0.1:1/x"])?;
    ensure!(ended.status == 2 && ended.err.starts_with("error: --database-url: "), "{}", ended.err);
    let ended = folder.safestep(&["verify", "--all", "--postgres-bin", "/nowhere"])?;
    ensure!(
        ended.status == 2 && ended.err.contains("no PostgreSQL server programs found in /nowhere"),
        "{}",
        ended.err
    );
    Ok(())
}

#[test]
fn values_drawn_at_random_are_no_difference() -> Result<()> {
    let folder = Folder::new()?;
    let init = "CREATE TABLE \"User\" (\"id\" INTEGER PRIMARY KEY);\nCREATE TABLE \"Tag\" (\"id\" TEXT PRIMARY KEY, \"userId\" INTEGER NOT NULL);\n";
    let change = "CREATE INDEX \"Tag_userId_idx\" ON \"Tag\"(\"userId\");\nINSERT INTO \"Tag\" SELECT md5(random()::text), \"id\" FROM \"User\";\n";
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), init)?;
    folder.write(&format!("{MIGRATIONS}/20260102000000_change/migration.sql"), change)?;
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let ended = folder.safestep(&["verify", "--all", "--rows", "50", "--database-url", &url])?;
    ensure!(ended.status == 0 && ended.out.contains("1 proved, none differs"), "{}{}", ended.out, ended.err);
    Ok(())
}

#[test]
fn rewrite_proves_before_it_writes() -> Result<()> {
    let sample = Sample::named("combo_many");
    let folder = Folder::of(&sample)?;
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let path = migration(&sample);
    let ended = folder.safestep(&["rewrite", "--verify", "--write", "--all", "--database-url", &url, &path])?;
    ensure!(
        ended.status == 0 && ended.out.contains("proved on PostgreSQL 15"),
        "exit {}\n{}{}",
        ended.status,
        ended.out,
        ended.err
    );
    let files = folder.tree()?.keys().filter(|path| path.ends_with("migration.sql")).count();
    ensure!(files == 7, "{files} files");
    let markdown = folder.safestep(&["verify", "--all", "--format", "markdown", "--database-url", &url])?;
    ensure!(markdown.status == 0 && markdown.out.starts_with("| migration |"), "{}{}", markdown.out, markdown.err);
    Ok(())
}
