//! Files and folders that no person would write: no panic, no signal, an exit code that means something, nothing written.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use bench::folder::{Ended, Folder, MIGRATIONS};

/// The migration under test.
const FILE: &str = "prisma/migrations/20260102000000_hostile/migration.sql";
/// Longer than any of these may take, on a slow machine and without optimisation.
const LIMIT: Duration = Duration::from_secs(60);

/// What may be in a migration, and whether it can be read (exit 0 or 1) or not (exit 2 with a message).
fn contents() -> Vec<(&'static str, Vec<u8>, bool)> {
    let utf16: Vec<u8> = "\u{feff}SELECT 1;".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // without optimisation it reads a megabyte in four seconds
    let large = if cfg!(debug_assertions) { 1_000_000 } else { 20_000_000 };
    let row = "(1, 'it''s a row; not a statement', NULL),\n";
    vec![
        ("empty", Vec::new(), true),
        ("comments only", b"-- nothing\n/* here */\n".to_vec(), true),
        ("no line end", b"SELECT 1".to_vec(), true),
        ("UTF-8 byte order mark", b"\xef\xbb\xbfCREATE TABLE t (id int PRIMARY KEY);\n".to_vec(), false),
        ("unterminated string", b"CREATE TABLE t (id int);\nSELECT 'it never ends;\n".to_vec(), false),
        ("unterminated dollar quote", b"DO $$ BEGIN\n".to_vec(), false),
        ("nested parentheses", nested("SELECT ", "(", "1", ")"), true),
        ("unclosed parentheses", nested("SELECT ", "(", "1", ""), true),
        ("nested comments", nested("", "/*", "", "*/"), true),
        ("nested default", nested("CREATE TABLE t (a int DEFAULT ", "(", "1", ")"), true),
        ("nested check", nested("ALTER TABLE t ADD CHECK (a > ", "(", "1", ")"), true),
        ("statements that are none", ")) ;".repeat(10_000).into(), true),
        ("a large insert", format!("INSERT INTO t VALUES\n{}(2);", row.repeat(large / row.len())).into(), true),
        ("invalid UTF-8", b"SELECT '\xff\xfe\xfa';\n".to_vec(), false),
        ("UTF-16", utf16, false),
        ("binary", (0..=255).cycle().take(4096).collect(), false),
    ]
}

fn nested(before: &str, open: &str, middle: &str, close: &str) -> Vec<u8> {
    format!("{before}{}{middle}{}", open.repeat(100_000), close.repeat(100_000)).into()
}

#[test]
fn no_content_breaks_it() -> Result<()> {
    let mut failed = Vec::new();
    for (name, content, readable) in contents() {
        if let Err(error) = survives(&content, readable) {
            failed.push(format!("{name}: {error:#}"));
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

fn survives(content: &[u8], readable: bool) -> Result<()> {
    let folder = Folder::new()?;
    folder.write(FILE, content)?;
    let before = folder.tree()?;
    for arguments in [&["check"][..], &["rewrite"], &["rewrite", "--check"], &["rewrite", "--write"]] {
        let start = Instant::now();
        let ended = folder.safestep(&[arguments, &["--all", MIGRATIONS]].concat())?;
        must_be_civil(&ended).with_context(|| arguments.join(" "))?;
        ensure!(start.elapsed() < LIMIT, "{}: {:?}", arguments.join(" "), start.elapsed());
        ensure!(readable == (ended.status != 2), "{}: exit {}\n{}", arguments.join(" "), ended.status, ended.err);
        ensure!(readable || ended.err.contains("20260102000000_hostile"), "no file is named: {}", ended.err);
    }
    ensure!(folder.tree()? == before, "files were written");
    Ok(())
}

/// No signal, no panic, an exit code from the manual, and an error that says something.
fn must_be_civil(ended: &Ended) -> Result<()> {
    ensure!((0..=2).contains(&ended.status), "exit {}\n{}", ended.status, tail(&ended.err));
    ensure!(!ended.err.contains("panicked"), "{}", tail(&ended.err));
    ensure!(ended.status != 2 || ended.err.starts_with("error: "), "exit 2 without a message: {}", tail(&ended.err));
    Ok(())
}

fn tail(text: &str) -> String {
    text.chars().take(500).collect()
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_to_its_own_folder_ends() -> Result<()> {
    let folder = Folder::new()?;
    folder.write(FILE, "SELECT 1;\n")?;
    std::os::unix::fs::symlink("..", folder.path().join("prisma/migrations/20260103000000_up"))?;
    std::os::unix::fs::symlink("20260104000000_self", folder.path().join("prisma/migrations/20260104000000_self"))?;
    let before = folder.tree()?;
    for path in [".", "prisma", MIGRATIONS] {
        must_be_civil(&folder.safestep(&["rewrite", "--write", "--all", path])?).context(path)?;
    }
    ensure!(folder.tree()? == before, "files were written");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_stays_whole() -> Result<()> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new()?;
    folder.write(FILE, "CREATE INDEX i ON t (a);\nCREATE INDEX j ON t (b);\n")?;
    let before = folder.tree()?;
    let migrations = folder.path().join(MIGRATIONS);
    set_permissions(&migrations, Permissions::from_mode(0o555))?;
    let is_root = std::fs::write(migrations.join("probe"), "").is_ok(); // root writes everywhere
    let ended = if is_root { None } else { Some(folder.safestep(&["rewrite", "--write", "--all", MIGRATIONS])?) };
    set_permissions(&migrations, Permissions::from_mode(0o755))?;
    let Some(ended) = ended else { return Ok(()) };
    must_be_civil(&ended)?;
    ensure!(ended.status == 2, "exit {} instead of 2", ended.status);
    ensure!(folder.tree()? == before, "files were written");
    Ok(())
}
