//! What safestep promises of every rewrite, on every sample and with the real binary: it is final, it loses nothing, the
//! patch is the write, what may have run stays, and line ends and colours are the reader's.
//!
//! Files that no person would write are in `hostile.rs`; what the rewrites do to a database is in `prisma_deploy.rs`.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use safestep::sql::split;
use serde_json::Value;

use bench::drizzle::{self, Generation};
use bench::folder::{Folder, MIGRATIONS, migration};
use bench::lost::lost;
use bench::prisma::Sample;
use bench::values;

const SEPARATOR: &str = "--> statement-breakpoint";

/// Runs `test` on every sample and fails with all failures.
fn on_every_sample(test: impl Fn(&Sample) -> Result<()> + Sync) -> Result<()> {
    bench::on_each(&Sample::all()?, 1, test)
}

#[test]
fn a_rewrite_is_final() -> Result<()> {
    on_every_sample(|sample| {
        let folder = Folder::of(sample)?;
        let write = ["rewrite", "--write", "--all", "--collapse", MIGRATIONS];
        let first = folder.safestep(&write)?;
        ensure!(first.status == 0, "--write: exit {}\n{}", first.status, first.err);
        let once = folder.tree()?;
        let check = folder.safestep(&["rewrite", "--check", "--all", "--collapse", MIGRATIONS])?;
        ensure!(check.status == 0, "--check after --write: exit {}\n{}{}", check.status, check.out, check.err);
        let second = folder.safestep(&write)?;
        ensure!(second.status == 0, "--write again: exit {}\n{}", second.status, second.err);
        ensure!(folder.tree()? == once, "--write again changes files\n{}", second.out);
        Ok(())
    })
}

#[test]
fn no_operation_is_lost() -> Result<()> {
    on_every_sample(|sample| {
        let report = Folder::of(sample)?.report(&["--all", &migration(sample)])?;
        lost(&sample.read("migration.sql")?, &report).map(drop)
    })
}

/// The same on whole histories: `SAFESTEP_TEST_HISTORIES=/a/project:/another cargo test --test promises -- --nocapture`.
/// The bundled example is always one of them.
#[test]
fn no_operation_is_lost_in_a_history() -> Result<()> {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/prisma");
    let others = std::env::var("SAFESTEP_TEST_HISTORIES").unwrap_or_default();
    for project in others.split(':').filter(|path| !path.is_empty()).chain([example]) {
        let mut command = Folder::new()?.command();
        command.current_dir(project).args(["rewrite", "--all", "--collapse", "--format", "json"]);
        let output = command.output().context("running safestep")?;
        let report: Value = serde_json::from_slice(&output.stdout).context("--format json")?;
        let migrations = report["migrations"].as_array().context("migrations")?;
        let mut statements = 0;
        for report in migrations {
            let path = report["path"].as_str().context("path")?;
            let path = std::path::Path::new(project).join(path);
            let file = if path.is_dir() { path.join("migration.sql") } else { path.clone() };
            let source = std::fs::read_to_string(file)?;
            statements += lost(&source, report).with_context(|| path.display().to_string())?;
        }
        let hazards: Vec<&Value> =
            migrations.iter().flat_map(|m| m["hazards"].as_array().into_iter().flatten()).collect();
        let rewritten = hazards.iter().filter(|hazard| hazard["rewritten"] == true).count();
        let opaque: usize = migrations.iter().map(|m| m["opaque"].as_array().map_or(0, Vec::len)).sum();
        println!(
            "{project}: {} migrations, {statements} statements, {} hazards, {rewritten} rewritten, {opaque} opaque",
            migrations.len(),
            hazards.len()
        );
    }
    Ok(())
}

#[test]
fn a_literal_that_changes_is_lost() {
    let source = "ALTER TABLE t ADD COLUMN a text DEFAULT 'two\n  lines';";
    let kept = "DO $x$\nBEGIN\n      ALTER TABLE t ADD COLUMN a text DEFAULT 'two\n  lines';\nEND\n$x$";
    assert_eq!(values::lost(source, kept), None);
    assert_eq!(
        values::lost(source, &kept.replace("\n  lines", "\n      lines")),
        Some("the value 'two\n  lines' is in no file".to_owned())
    );
    let function = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 'a' $$;";
    assert!(values::lost(function, &function.replace("SELECT", "  SELECT")).is_some());
    let block = "DO $$ BEGIN ALTER TABLE t ADD COLUMN a text DEFAULT 'x'; END $$;";
    assert_eq!(values::lost(block, "ALTER TABLE t ADD COLUMN a text DEFAULT 'x';"), None);
}

#[test]
fn no_comment_is_lost() -> Result<()> {
    on_every_sample(|sample| {
        let source = sample.read("migration.sql")?;
        let report = Folder::of(sample)?.report(&["--all", &migration(sample)])?;
        let files = report["files"].as_array().context("files")?;
        let output: String = files.iter().filter_map(|file| file["after"].as_str()).collect();
        let pieces = split(&source).pieces;
        let comments = pieces.iter().flat_map(|piece| piece.leading.slice(&source).lines().map(str::trim));
        for comment in comments.filter(|_| !files.is_empty()) {
            ensure!(output.contains(comment), "the comment {comment:?} is in no file");
        }
        Ok(())
    })
}

/// Every Drizzle sample with its source, whose chunks end in a semicolon in place of the separator, and its report.
fn on_every_drizzle_sample(test: impl Fn(&str, &Value) -> Result<()>) -> Result<()> {
    for generation in [Generation::Journal, Generation::Folders] {
        for sample in drizzle::Sample::all(generation)? {
            let (folder, path) = sample.folder()?;
            let source = std::fs::read_to_string(folder.path().join(&path))?;
            let end = format!(";{}", " ".repeat(SEPARATOR.len() - 1));
            let mut ended = String::new();
            for (at, chunk) in source.split(SEPARATOR).enumerate() {
                let is_ended = split(&ended).pieces.last().is_none_or(|p| p.span.slice(&ended).ends_with(';'));
                ended += if at == 0 || is_ended { "" } else { &end };
                ended += chunk;
            }
            let report = folder.report(&["--all", &path])?;
            test(&ended, &report).with_context(|| format!("{generation:?} {}", sample.name))?;
        }
    }
    Ok(())
}

#[test]
fn no_operation_and_no_comment_of_drizzle_is_lost() -> Result<()> {
    on_every_drizzle_sample(|source, report| {
        let files = report["files"].as_array().context("files")?;
        let output: String = files.iter().filter_map(|file| file["after"].as_str()).collect();
        let script = split(source);
        let leading = script.pieces.iter().map(|piece| piece.leading).chain([script.trailing]);
        let comments = leading.flat_map(|span| span.slice(source).lines().map(str::trim));
        for comment in comments.filter(|_| !files.is_empty()) {
            ensure!(output.contains(comment), "the comment {comment:?} is not in the file");
        }
        lost(source, report).map(drop)
    })
}

#[test]
fn the_patch_is_the_write() -> Result<()> {
    on_every_sample(|sample| {
        let (written, patched) = (Folder::of(sample)?, Folder::of(sample)?);
        let path = migration(sample);
        let ended = written.safestep(&["rewrite", "--write", "--all", &path])?;
        ensure!(ended.status == 0, "--write: exit {}\n{}", ended.status, ended.err);
        patched.git(&["init", "--quiet"])?;
        let patch = patched.safestep(&["rewrite", "--format", "patch", "--all", &path])?;
        ensure!(patch.status == 0, "--format patch: exit {}\n{}", patch.status, patch.err);
        if !patch.out.is_empty() {
            patched.write(".git/safestep.patch", &patch.out)?;
            patched.git(&["apply", ".git/safestep.patch"])?;
        }
        ensure!(patched.tree()? == written.tree()?, "git apply leaves other files than --write");
        Ok(())
    })
}

#[test]
fn a_patch_made_in_a_subfolder_applies() -> Result<()> {
    let sample = Sample::named("combo_many");
    let (written, patched) = (Folder::of(&sample)?, Folder::of(&sample)?);
    written.safestep(&["rewrite", "--write", "--all", &migration(&sample)])?;
    patched.git(&["init", "--quiet"])?;
    let mut command = patched.command();
    command.current_dir(patched.path().join("prisma")).args(["rewrite", "--format", "patch", "--all"]);
    let patch = command.output().context("running safestep")?;
    patched.write(".git/safestep.patch", patch.stdout)?;
    patched.git(&["apply", ".git/safestep.patch"])?;
    ensure!(patched.tree()? == written.tree()?, "git apply leaves other files than --write");
    Ok(())
}

#[test]
fn what_is_on_the_base_branch_stays() -> Result<()> {
    let sample = Sample::named("combo_many");
    let folder = Folder::of(&sample)?;
    folder.git(&["init", "--quiet", "--initial-branch", "main"])?;
    folder.git(&["add", "."])?;
    folder.git(&["commit", "--quiet", "--message", "all of it"])?;
    folder.git(&["switch", "--quiet", "--create", "work"])?;
    let before = folder.tree()?;
    let path = migration(&sample);
    let refused = folder.safestep(&["rewrite", "--write", &path])?;
    ensure!(refused.status == 2, "exit {} instead of 2\n{}{}", refused.status, refused.out, refused.err);
    ensure!(refused.err.contains("base branch"), "the message does not say why: {}", refused.err);
    ensure!(folder.tree()? == before, "files were written");
    let folder_only = folder.safestep(&["rewrite", "--write", MIGRATIONS])?;
    ensure!(folder_only.status == 0 && folder.tree()? == before, "nothing is new, yet: {}", folder_only.out);
    let allowed = folder.safestep(&["rewrite", "--write", "--all", &path])?;
    ensure!(allowed.status == 0, "--all: exit {}\n{}", allowed.status, allowed.err);
    ensure!(folder.tree()? != before, "--all wrote nothing");
    Ok(())
}

#[test]
fn line_ends_stay() -> Result<()> {
    on_every_sample(|sample| {
        let path = migration(sample);
        let folder = Folder::of(sample)?;
        // A line break in a quoted name is part of it, so the tables have the same.
        let before = format!("{}/20260101000000_init/migration.sql", bench::folder::MIGRATIONS);
        for (file, text) in [(before, "before.sql"), (format!("{path}/migration.sql"), "migration.sql")] {
            folder.write(&file, sample.read(text)?.replace('\n', "\r\n"))?;
        }
        let report = folder.report(&["--all", &path])?;
        for file in report["files"].as_array().context("files")? {
            let after = file["after"].as_str().unwrap_or_default();
            let bare = after.replace("\r\n", "").contains(['\r', '\n']);
            ensure!(!bare, "{}: a line does not end in CR LF", file["path"]);
        }
        let unix = Folder::of(sample)?.report(&["--all", &path])?;
        // A line break in a literal is part of its value, and escaped in comments.
        let text = |report: &Value| {
            let escaped = report["files"].to_string().replace("\\\\r", "").replace("\\\\+00000D", "");
            escaped.replace("\\r\\n", "\\n")
        };
        ensure!(text(&report) == text(&unix), "another rewrite than with LF");
        Ok(())
    })
}

#[test]
fn pipes_and_no_color_get_no_escapes() -> Result<()> {
    let sample = Sample::named("combo_many");
    let folder = Folder::of(&sample)?;
    let path = migration(&sample);
    for format in ["text", "json", "patch", "markdown"] {
        for no_color in [false, true] {
            let mut command = folder.command();
            command.args(["rewrite", "--all", "--format", format, &path]);
            if no_color {
                command.env("NO_COLOR", "1");
            }
            let output = command.output().context("running safestep")?;
            ensure!(!output.stdout.is_empty(), "{format}: nothing was printed");
            let escape = output.stdout.iter().chain(&output.stderr).any(|&byte| byte == 0x1b);
            ensure!(!escape, "{format}, NO_COLOR {no_color}: an escape");
        }
    }
    let always = folder.safestep(&["rewrite", "--all", "--color", "always", &path])?;
    ensure!(always.out.contains('\u{1b}'), "--color always has no escape: the test tests nothing");
    Ok(())
}

/// The report on SQL that comes without a folder.
fn report_on(sql: &str) -> Result<Value> {
    let folder = Folder::new()?;
    let mut child = folder
        .command()
        .args(["rewrite", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("running safestep")?;
    child.stdin.take().context("stdin")?.write_all(sql.as_bytes())?;
    let output = child.wait_with_output()?;
    serde_json::from_slice(&output.stdout).context("--format json")
}

#[test]
fn standard_input_gives_what_the_file_gives() -> Result<()> {
    let report = report_on(&Sample::named("index_add").read("migration.sql")?)?;
    ensure!(report.to_string().contains("CREATE INDEX CONCURRENTLY"), "{report}");
    Ok(())
}

/// A history rarely tells everything: what is done to a table that it does not make is rewritten all the same.
#[test]
fn a_table_that_no_migration_makes_is_one_that_is_there() -> Result<()> {
    for sql in [
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL;",
        "ALTER TABLE t ADD CHECK (a > 0);",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), ADD CONSTRAINT u UNIQUE (b);",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id);",
        "ALTER TABLE t ADD COLUMN n serial;",
        "ALTER TABLE t ADD COLUMN u uuid NOT NULL DEFAULT gen_random_uuid();",
        "ALTER TABLE t ADD COLUMN b integer UNIQUE;",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL; CREATE INDEX ON t (a);",
        "ALTER TABLE s.t DROP CONSTRAINT c; ALTER TABLE s.t ADD CONSTRAINT c CHECK (a > 1);",
        "CREATE UNIQUE INDEX i ON t (a); DROP INDEX j;",
    ] {
        let report = report_on(sql)?;
        let hazards = report["migrations"][0]["hazards"].as_array().context("hazards")?;
        let left: Vec<&Value> = hazards.iter().filter(|hazard| hazard["rewritten"] != true).collect();
        ensure!(!hazards.is_empty() && left.is_empty(), "{sql} is left as it is: {left:?}");
    }
    Ok(())
}

/// Nothing is there for a moment that more may use than the migration says.
#[test]
fn what_is_made_comes_with_who_may_use_it() -> Result<()> {
    let made = "CREATE TABLE notes (id bigint PRIMARY KEY, body text);";
    for (first, closes) in [
        (made, "ALTER TABLE notes ENABLE ROW LEVEL SECURITY"),
        (made, "REVOKE ALL ON notes FROM PUBLIC"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1';", "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC"),
        ("DROP VIEW v; CREATE VIEW v AS SELECT 1 AS one;", "GRANT SELECT ON v TO PUBLIC"),
        ("DROP VIEW v; CREATE VIEW v AS SELECT 1 AS one;", "ALTER VIEW v OWNER TO app"),
    ] {
        let report = report_on(&format!("{first}\nCREATE INDEX i ON users (name);\n{closes};\n"))?;
        let files = report["migrations"][0]["files"].as_array().context("files")?;
        let content = |file: &Value| file["after"].as_str().unwrap_or_default().to_owned();
        let closing = files.iter().map(content).find(|content| content.contains(closes)).context("the second")?;
        ensure!(files.len() > 1 && closing.contains("CREATE "), "{first} and {closes} are apart: {report}");
    }
    Ok(())
}
