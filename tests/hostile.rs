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

/// Exit 2, and the thing is named.
fn is_named(ended: &Ended, name: &str, what: &str) -> Result<()> {
    must_be_civil(ended)?;
    ensure!(ended.status == 2, "exit {} instead of 2\n{}{}", ended.status, ended.out, ended.err);
    ensure!(ended.err.contains(name) && ended.err.contains(what), "not named: {}", ended.err);
    Ok(())
}

#[cfg(unix)]
#[test]
fn what_has_the_name_of_a_file_and_is_none_is_named() -> Result<()> {
    use std::os::unix::{fs::symlink, net::UnixListener};
    use std::path::Path;
    let pipe = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status()?;
        ensure!(made.success(), "mkfifo");
        Ok(())
    };
    let socket = |path: &Path| UnixListener::bind(path).map(drop).map_err(Into::into);
    let folder = |path: &Path| Ok(std::fs::create_dir(path)?);
    let circle = |path: &Path| Ok(symlink("migration.sql", path)?);
    let dangling = |path: &Path| Ok(symlink("nowhere", path)?);
    let device = |path: &Path| Ok(symlink("/dev/zero", path)?);
    type Make<'a> = &'a dyn Fn(&Path) -> Result<()>;
    let kinds: [(&str, Make<'_>); 6] = [
        ("is a pipe", &pipe),
        ("is a socket", &socket),
        ("is a folder", &folder),
        ("is a link that leads nowhere", &circle),
        ("is a link that leads nowhere", &dangling),
        ("is a link to /dev/zero", &device),
    ];
    for (what, make) in kinds {
        let project = Folder::new()?;
        project.write("prisma/migrations/20260101000000_init/migration.sql", "CREATE TABLE t (a int);\n")?;
        std::fs::create_dir(project.path().join(FILE).parent().context("no folder")?)?;
        make(&project.path().join(FILE))?;
        for command in [&["check"][..], &["rewrite"], &["rewrite", "--write"]] {
            let start = Instant::now();
            let ended = project.safestep(&[command, &["--all", MIGRATIONS]].concat())?;
            is_named(&ended, "20260102000000_hostile/migration.sql", what).with_context(|| what.to_owned())?;
            ensure!(start.elapsed() < LIMIT, "{what}: {:?}", start.elapsed());
        }
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_pipe_beside_the_migrations_is_not_waited_for() -> Result<()> {
    let places = [
        "prisma/migrations/migration_lock.toml",
        "prisma.config.ts",
        "drizzle.config.ts",
        "drizzle/meta/_journal.json",
        "safestep.toml",
        "package.json",
    ];
    for place in places {
        let project = Folder::empty()?;
        project.write(FILE, "CREATE INDEX i ON t (a);\n")?;
        let path = project.path().join(place);
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        ensure!(std::process::Command::new("mkfifo").arg(&path).status()?.success(), "mkfifo");
        let start = Instant::now();
        must_be_civil(&project.safestep(&["check", "--all"])?).context(place)?;
        ensure!(start.elapsed() < LIMIT, "{place}: {:?}", start.elapsed());
    }
    Ok(())
}

#[test]
fn a_tag_that_is_no_file_name_is_refused() -> Result<()> {
    let tags = [
        "../../outside",
        "/etc/passwd",
        "sub/0001_a",
        "..",
        "",
        ".",
        "0001_a\\b",
        "0001_a\nDROP TABLE t;",
        "0001\0",
        "0001_\u{202e}lqs",
    ];
    for tag in tags {
        let project = Folder::empty()?;
        let entry =
            |tag: &str| serde_json::json!({"idx": 0, "version": "7", "when": 5, "tag": tag, "breakpoints": true});
        let journal =
            serde_json::json!({"version": "7", "dialect": "postgresql", "entries": [entry("0000_a"), entry(tag)]});
        project.write("a/b/drizzle/meta/_journal.json", journal.to_string())?;
        project.write("a/b/drizzle/0000_a.sql", "CREATE TABLE t (a int);")?;
        project.write("a/outside.sql", "SELECT 'a secret';")?;
        let before = project.tree()?;
        for command in [&["check"][..], &["rewrite", "--write"]] {
            let ended = project.safestep(&[command, &["--all", "a/b/drizzle"]].concat())?;
            is_named(&ended, "drizzle/meta/_journal.json: the tag", "is no name of a file")
                .with_context(|| format!("{tag:?}"))?;
            ensure!(ended.err.lines().count() == 1, "{tag:?} breaks the line: {}", ended.err);
        }
        ensure!(project.tree()? == before, "{tag:?}: files were written");
    }
    Ok(())
}

/// What a name must never become: a statement, or a line of another's.
const INJECTED: &str = "DROP TABLE evil";

#[cfg(unix)]
#[test]
fn nothing_from_a_name_becomes_sql() -> Result<()> {
    let breaks = ["\n", "\r", "\r\n", "\u{2028}", "\u{85}"];
    for line_break in breaks {
        let name = format!("20260102000000_x{line_break}{INJECTED};{line_break}--> statement-breakpoint{line_break}y");
        let sql = format!(
            "ALTER TABLE \"a{line_break}{INJECTED}; --\" ALTER COLUMN \"b{line_break}{INJECTED}; --\" SET NOT NULL;\n\
             CREATE UNIQUE INDEX \"i{line_break}{INJECTED}; --\" ON t (a);\n"
        );
        for (folder, snapshot) in [(MIGRATIONS, false), ("drizzle", true)] {
            let project = Folder::empty()?;
            project.write(&format!("{folder}/{name}/migration.sql"), &sql)?;
            if snapshot {
                project.write(&format!("{folder}/{name}/snapshot.json"), "{\"dialect\": \"postgres\"}")?;
            }
            let ended = project.safestep(&["rewrite", "--write", "--all", folder])?;
            must_be_civil(&ended)?;
            ensure!(ended.status == 0, "{folder} {line_break:?}: {}", ended.err);
            let files = project.tree()?;
            let written = files.iter().filter(|(path, _)| path.extension() == Some("sql".as_ref()));
            let mut headers = 0;
            for (path, content) in written {
                let content = String::from_utf8(content.clone())?;
                headers += content.matches("-- ").count();
                let statements = safestep::sql::split(&content).pieces;
                for piece in &statements {
                    let statement = piece.span.slice(&content).trim_start();
                    ensure!(!statement.starts_with("DROP TABLE"), "{path:?} runs it:\n{content}");
                }
            }
            ensure!(headers > 0, "{folder}: nothing was rewritten: {}", ended.out);
            for command in [&["check"][..], &["rewrite"], &["rewrite", "--format", "markdown"]] {
                let ended = project.safestep(&[command, &["--all", folder]].concat())?;
                let steers = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{2028}' | '\u{202e}');
                ensure!(!(ended.out.clone() + &ended.err).contains(steers), "{command:?}: {:?}", ended.out);
            }
        }
    }
    Ok(())
}

#[test]
fn a_comment_that_looks_like_a_header_hides_nothing() -> Result<()> {
    let comments = [
        "-- Step 2 of our cleanup of users",
        "-- Step 2 of 3: tidy up",
        "-- Step 2 of 3 · add age · instant",
        "-- Steps 2 to 3 of 3 of the plan: tidy up",
    ];
    for comment in comments {
        let project = Folder::new()?;
        project.write("prisma/migrations/20260101000000_init/migration.sql", "CREATE TABLE t (a int);\n")?;
        project.write(FILE, format!("{comment}\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\n"))?;
        let ended = project.safestep(&["check", "--all"])?;
        ensure!(ended.status == 1 && ended.out.contains("set-not-null"), "{comment}: {}{}", ended.out, ended.err);
    }
    Ok(())
}

#[test]
fn letters_that_change_their_length_do_no_harm() -> Result<()> {
    let statements = [
        "ALTER TABLE t ADD COLUMN a İİİİİİİİİİ ARRAY;",
        "ALTER TABLE t ALTER COLUMN a TYPE İİİİ[] USING CAST(İİİİİİ AS İİİİ[]);",
        "ALTER TABLE İ ADD CONSTRAINT İ CHECK (İ > 'ŉŉŉ' AND lower(ẞ) = 'ß'), ADD UNIQUE (ﬀ);",
        "CREATE INDEX ON ŉ (ŉŉŉŉ(ﬀ), \"İ\") WHERE İ IS NOT NULL;",
        "DO $$ BEGIN IF İ THEN ALTER TABLE t ADD COLUMN ŉ ẞ ARRAY; END IF; END $$;",
        "ALTER TABLE t ADD COLUMN x U&\"\\0130\" ARRAY DEFAULT U&'\\0130';",
    ];
    statements.iter().try_for_each(|statement| survives_alone(statement))
}

fn survives_alone(statement: &str) -> Result<()> {
    let folder = Folder::new()?;
    folder.write(FILE, statement)?;
    let ended = folder.safestep(&["rewrite", "--all", MIGRATIONS])?;
    must_be_civil(&ended).with_context(|| statement.to_owned())?;
    ensure!(ended.status == 0, "{statement}: {}", ended.err);
    Ok(())
}
