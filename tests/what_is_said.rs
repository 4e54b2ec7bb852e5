//! What is said of a sequence is true of the sequence, not of the migration that it came from.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Result, ensure};

use bench::folder::{Folder, MIGRATIONS};

/// What `safestep rewrite --write` prints of a Prisma migration behind another one, and the folder after it.
fn said(before: &str, migration: &str) -> Result<(Folder, String)> {
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), before)?;
    folder.write(&format!("{MIGRATIONS}/20260102000000_change/migration.sql"), migration)?;
    let ended = folder.safestep(&["rewrite", "--write", "--all", "--verbose"])?;
    ensure!(ended.status == 0, "{}{}", ended.out, ended.err);
    Ok((folder, ended.out))
}

#[test]
fn a_file_that_is_written_over_is_shown_as_it_was() -> Result<()> {
    let folder = Folder::empty()?;
    let entry = |at: u32, tag: &str| {
        format!(r#"{{"idx": {at}, "version": "7", "when": 170000{at}000000, "tag": "{tag}", "breakpoints": true}}"#)
    };
    let entries = [entry(0, "0000_init"), entry(1, "0001_change")].join(", ");
    let journal = format!(r#"{{"version": "7", "dialect": "postgresql", "entries": [{entries}]}}"#);
    folder.write("drizzle/meta/_journal.json", journal)?;
    folder.write("drizzle/0000_init.sql", "CREATE TABLE t (a int, b int);")?;
    let narrower = "ALTER TABLE t ALTER COLUMN a SET DATA TYPE smallint;";
    folder.write("drizzle/0001_change.sql", format!("{narrower}--> statement-breakpoint\nCREATE INDEX j ON t (b);"))?;
    let ended = folder.safestep(&["rewrite", "--write", "--all"])?;
    ensure!(folder.tree()?.values().any(|text| text.starts_with(b"-- change: ")), "nothing was written: {}", ended.out);
    ensure!(ended.out.contains(&format!("1 │ {narrower}")), "{}", ended.out);
    Ok(())
}

#[test]
fn what_stays_behind_a_lock_is_left() -> Result<()> {
    let (_, out) = said(
        "CREATE TABLE t (id int PRIMARY KEY, s text, CONSTRAINT t_s CHECK (s IN ('a', 'b')));",
        "ALTER TABLE t DROP CONSTRAINT t_s;\nUPDATE t SET s = 'c' WHERE s = 'b';\n\
         ALTER TABLE t ADD CONSTRAINT t_s CHECK (s IN ('a', 'c'));\n",
    )?;
    let of_update = out.split("[work-under-lock]").nth(1).unwrap_or_default();
    ensure!(of_update.contains("left as it is: between its steps t lacks check t_s"), "{out}");
    Ok(())
}

#[test]
fn what_runs_before_the_lock_is_not_left() -> Result<()> {
    let (_, out) = said(
        "CREATE TABLE t (id int PRIMARY KEY, whole text NOT NULL);",
        "ALTER TABLE t ADD COLUMN part text;\nUPDATE t SET part = split_part(whole, ' ', 1);\n\
         ALTER TABLE t ALTER COLUMN part SET NOT NULL;\nALTER TABLE t DROP COLUMN whole;\n\
         CREATE INDEX t_part ON t (part);\n",
    )?;
    ensure!(out.contains("change_02_update_t/") && !out.contains("[work-under-lock]"), "{out}");
    ensure!(out.contains("2 rewritten"), "{out}");
    Ok(())
}

#[test]
fn rows_are_asked_for_when_the_author_has_mended_them() -> Result<()> {
    let (folder, out) = said(
        "CREATE TABLE t (id int PRIMARY KEY, s text, n int, CONSTRAINT t_s CHECK (s IN ('a', 'b')));",
        "ALTER TABLE t DROP CONSTRAINT t_s;\nUPDATE t SET s = 'c' WHERE s = 'b';\n\
         ALTER TABLE t ADD CONSTRAINT t_s CHECK (s IN ('a', 'c'));\nALTER TABLE t ALTER COLUMN n SET NOT NULL;\n",
    )?;
    ensure!(out.contains("must meet s IN ('a', 'c') once the UPDATE t at line 2 has run"), "{out}");
    ensure!(out.contains("t.n must hold no NULL\n"), "another column has to be mended first: {out}");
    let tree = folder.tree()?;
    let files: Vec<_> = tree.values().map(|text| String::from_utf8_lossy(text)).collect();
    ensure!(
        files.iter().any(|text| text.contains("this must find nothing once its rows are changed, or step ")),
        "{files:#?}"
    );
    Ok(())
}
