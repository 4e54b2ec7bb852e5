//! Phases one by one with the real Drizzle, both generations: `rewrite --write`, then `release` after each deploy. In every phase
//! drizzle-kit's `generate` and `check` have nothing to say, the code before and the code after both work, every chunk can be the
//! last one of a run that is killed, and at the end the database is what the naive migration leaves; of a rename, what it would
//! leave had it kept the values.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use bench::drizzle::{Drizzle, Generation, Project, Ran, Sample};
use bench::folder::Folder;
use bench::proof::Expected;
use bench::server::{Database, Server};

const GENERATIONS: [Generation; 2] = [Generation::Journal, Generation::Folders];
const SEPARATOR: &str = "--> statement-breakpoint";
const THREADS: usize = 2;

/// A sample, with what the code before the deploy and the code after it send. Each says `old` or `new` once in its values.
struct Case {
    sample: &'static str,
    old: &'static [&'static str],
    new: &'static [&'static str],
    /// Steps of each phase at the least.
    steps: [usize; 2],
    rename: Option<Renaming>,
}

/// What a rename says besides.
#[derive(Clone, Copy)]
struct Renaming {
    /// What the author declares.
    flags: &'static [&'static str],
    /// What the migration would be, were it to keep the values and run at once.
    kept: &'static str,
    /// What is so in every row until the old columns go.
    agree: &'static str,
}

const RENAMED: Renaming = Renaming {
    flags: &[],
    kept: r#"ALTER TABLE users RENAME COLUMN name TO full_name; ALTER TABLE users RENAME COLUMN nick TO handle;
        ALTER TABLE users RENAME COLUMN plan TO tier; ALTER TABLE users RENAME COLUMN about TO bio;
        ALTER TABLE users RENAME COLUMN seen_at TO last_seen_at"#,
    agree: r#"name = full_name AND nick IS NOT DISTINCT FROM handle AND plan = tier AND seen_at = last_seen_at
        AND about::text IS NOT DISTINCT FROM bio::text"#,
};

const OLD_NAMES: &[&str] = &[
    "INSERT INTO users (email, name, nick, plan, seen_at) VALUES ('old', 'old', 'old', 'paid', '2001-01-01')",
    "INSERT INTO users (email, name) VALUES ('old2', 'old')",
    r#"UPDATE users SET name = 'older', nick = NULL, about = '{"a": 1.0}' WHERE email = 'old'"#,
    r#"UPDATE users SET about = '{"a": 1.00}' WHERE email = 'old'"#,
    "SELECT id, name, nick, plan, about, seen_at FROM users ORDER BY name, email",
];

const NEW_NAMES: &[&str] = &[
    "INSERT INTO users (email, full_name, handle, tier, last_seen_at) VALUES ('new', 'new', 'new', 'paid', '2001-01-01')",
    "INSERT INTO users (email, full_name) VALUES ('new2', 'new')",
    r#"UPDATE users SET full_name = 'newer', handle = NULL, bio = '{"a": 1.0}', tier = 'free' WHERE email = 'new'"#,
    "SELECT id, full_name, handle, tier, bio, last_seen_at FROM users ORDER BY full_name, email",
    r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM users WHERE email = 'new' AND full_name = 'newer' AND handle IS NULL
       AND tier = 'free' AND bio::text = '{"a": 1.0}' AND last_seen_at = '2001-01-01'); END $$"#,
];

const CASES: [Case; 4] = [
    Case {
        sample: "drop_columns",
        old: &[
            "INSERT INTO teams DEFAULT VALUES",
            "INSERT INTO users (email, nick_name, plan, team_id) SELECT 'old', 'old', 'paid', max(id) FROM teams",
            "UPDATE users SET nick_name = 'older' WHERE email = 'old'",
            "SELECT id, email, nick_name, plan, team_id FROM users ORDER BY nick_name",
            // the key is still there
            "DELETE FROM teams WHERE id = (SELECT team_id FROM users WHERE email = 'old')",
            "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM users WHERE email = 'old'); END $$",
        ],
        new: &[
            "INSERT INTO users (email, age) VALUES ('new', 1)",
            "SELECT id, email, age FROM users",
            "DELETE FROM users WHERE email = 'new'",
        ],
        steps: [2, 3],
        rename: None,
    },
    Case {
        sample: "drop_tables",
        old: &[
            "INSERT INTO users (email) VALUES ('old')",
            "INSERT INTO posts (author_id, mood) SELECT max(id), 'sad' FROM users WHERE email = 'old'",
            "INSERT INTO comments (post_id, user_id, number, moods) SELECT max(posts.id), max(users.id), 7001, ARRAY['sad']::mood[] FROM posts, users WHERE email = 'old'",
            "UPDATE comments SET moods = NULL WHERE number = 7001",
            "DELETE FROM posts WHERE mood = 'sad' AND author_id = (SELECT max(id) FROM users WHERE email = 'old')",
            "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM comments WHERE number = 7001); END $$",
        ],
        new: &["INSERT INTO users (email) VALUES ('new')", "SELECT id, email FROM users"],
        steps: [0, 2],
        rename: None,
    },
    Case { sample: "rename_columns", old: OLD_NAMES, new: NEW_NAMES, steps: [5, 2], rename: Some(RENAMED) },
    Case {
        sample: "rename_as_add",
        old: OLD_NAMES,
        new: NEW_NAMES,
        steps: [5, 2],
        rename: Some(Renaming {
            flags: &[
                "--rename",
                "users.name=full_name",
                "--rename",
                "users.nick=handle",
                "--rename",
                "users.plan=tier",
                "--rename",
                "users.about=bio",
                "--rename",
                "users.seen_at=last_seen_at",
            ],
            kept: r#"ALTER TABLE users ADD COLUMN full_name text, ADD COLUMN handle varchar(40), ADD COLUMN tier plan,
                ADD COLUMN bio jsonb, ADD COLUMN last_seen_at timestamp(3);
                UPDATE users SET full_name = name, handle = nick, tier = plan, bio = about, last_seen_at = seen_at;
                ALTER TABLE users DROP COLUMN name, DROP COLUMN nick, DROP COLUMN plan, DROP COLUMN about, DROP COLUMN seen_at,
                ALTER COLUMN full_name SET NOT NULL, ALTER COLUMN tier SET NOT NULL, ALTER COLUMN tier SET DEFAULT 'free',
                ALTER COLUMN last_seen_at SET NOT NULL, ALTER COLUMN last_seen_at SET DEFAULT now()"#,
            ..RENAMED
        }),
    },
];

impl Case {
    fn named(name: &str) -> Result<&'static Case> {
        CASES.iter().find(|case| case.sample == name).context("a case")
    }
}

#[test]
fn phase_by_phase_on_postgresql_15() -> Result<()> {
    on_each(15, &["drop_columns", "drop_tables", "rename_columns", "rename_as_add"])
}

#[test]
fn phase_by_phase_on_postgresql_12() -> Result<()> {
    on_each(12, &["drop_columns", "rename_as_add"])
}

#[test]
fn phase_by_phase_on_postgresql_18() -> Result<()> {
    // From 18 on a renamed column's NOT NULL keeps the name that it had, and a new column has one of its own.
    on_each(18, &["drop_tables", "rename_as_add"])
}

fn on_each(major: u32, names: &[&str]) -> Result<()> {
    let only = std::env::var("SAFESTEP_TEST_ONLY").ok();
    let is_wanted = |name: &&&str| only.as_ref().is_none_or(|only| only.split(',').any(|wanted| wanted == **name));
    let samples: Vec<Sample> = names
        .iter()
        .filter(is_wanted)
        .flat_map(|name| GENERATIONS.map(|generation| Sample::phased(name, generation)))
        .collect();
    let server = Server::of(major)?;
    bench::on_each(&samples, THREADS, |sample| {
        let name = Path::new(&sample.name).file_name().and_then(|name| name.to_str()).context("a name")?;
        phase_by_phase(&server, sample, Case::named(name)?)
            .with_context(|| format!("{:?} {name} on {major}", sample.generation))
    })
}

/// Rewrites, then deploys and releases until nothing waits.
fn phase_by_phase(server: &Server, sample: &Sample, case: &Case) -> Result<()> {
    let drizzle = Drizzle::of(sample.generation);
    let project = sample.naive()?;
    let mut model = sample.model()?;
    let flags = case.rename.map_or(&[][..], |rename| rename.flags);
    let naive = project.copied()?;
    let migrations = project.migrations()?.len();
    write(&project, sample, flags)?;
    ensure!(project.migrations()?.len() == migrations, "the first phase takes the migration's place");
    let history = sample.database(&drizzle, server, 5)?;
    let database = server.copy(&history)?;
    for phase in 0..2 {
        let step = || format!("phase {}", phase + 1);
        let driver = ["pg", "kit", "postgres", "kit-postgres"][(phase + 2 * case.sample.len()) % 4];
        stopped_after_each_chunk(server, &drizzle, &project, &database, case, phase).with_context(step)?;
        drizzle.run(driver, &project, &database)?.must_succeed().with_context(|| format!("{} {driver}", step()))?;
        is_silent(&drizzle, &project, &model).with_context(step)?;
        let is_last = phase == 1;
        works_in(server, &database, case, is_last).with_context(step)?;
        must_be_final(&project).with_context(step)?;
        if is_last {
            ensure!(waiting(&project)?.is_empty(), "something waits");
            continue;
        }
        ensure!(waiting(&project)?.len() == 1, "nothing waits");
        let asked = succeeds(project.command(&["status", "--database-url", &database.url])?)?;
        ensure!(!asked.contains("fails"), "{asked}");
        // what others generate meanwhile comes before the phase that waits
        model.push_str("\nexport const more = pgTable(\"more\", { id: serial(\"id\").primaryKey() });\n");
        drizzle.kit(&["generate", "--name", "more"], &project, &model)?.must_succeed()?;
        ensure!(project.last()?.starts_with("CREATE TABLE \"more\""), "{}", project.last()?);
        release(&project, &database).with_context(step)?;
        is_silent(&drizzle, &project, &model).with_context(|| format!("{} released", step()))?;
        ensure!(!project.last()?.contains("CREATE TABLE \"more\""), "the phase comes last: {}", project.last()?);
    }
    let left: Vec<PathBuf> = fs::read_dir(project.root())?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    ensure!(left.iter().all(|path| !path.ends_with("drizzle-deferred")), "{left:?}");
    let expected = server.copy(&history)?;
    match case.rename {
        Some(rename) => expected.connect()?.batch_execute(rename.kept)?,
        None => drizzle.run("pg", &naive, &expected)?.must_succeed()?,
    }
    expected.connect()?.batch_execute("CREATE TABLE more (id serial PRIMARY KEY)")?;
    Expected::of(&expected, &history, &[])?.must_be(&database)
}

/// `rewrite --write` of the last migration.
fn write(project: &Project, sample: &Sample, flags: &[&str]) -> Result<()> {
    let last = project.migrations()?.pop().context("no migration")?;
    let last = match sample.generation {
        Generation::Journal => last.clone(),
        Generation::Folders => last.parent().context("a folder")?.to_owned(),
    };
    let last = last.to_str().context("a path that is not UTF-8")?.to_owned();
    succeeds(project.command(&[&["rewrite", "--write", "--all", &last], flags].concat())?)?;
    Ok(())
}

fn release(project: &Project, database: &Database) -> Result<()> {
    let refused = project.command(&["release"])?;
    ensure!(!refused.ok && refused.error.contains("--yes"), "{}", refused.error);
    let before = project.texts()?;
    succeeds(project.command(&["release", "--dry-run"])?)?;
    ensure!(project.texts()? == before, "a dry run writes");
    succeeds(project.command(&["release", "--yes", "--database-url", &database.url])?)?;
    Ok(())
}

/// A run that ends between two chunks leaves a database in which the code that runs works, and the same command goes on.
fn stopped_after_each_chunk(
    server: &Server,
    drizzle: &Drizzle,
    project: &Project,
    database: &Database,
    case: &Case,
    phase: usize,
) -> Result<()> {
    let text = project.last()?;
    let chunks: Vec<&str> = text.split(SEPARATOR).collect();
    let statements = chunks.iter().filter(|chunk| !is_frame(chunk)).count();
    let least = case.steps[phase];
    ensure!(statements >= least, "{statements} chunks in\n{text}");
    let whole = server.copy(database)?;
    drizzle.run("pg", project, &whole)?.must_succeed()?;
    let expected = Expected::of(&whole, database, &[])?;
    for (at, _) in chunks.iter().enumerate().filter(|(_, chunk)| !is_frame(chunk)) {
        let context = || format!("stopped after chunk {} of {}", at + 1, chunks.len());
        let stopped = server.copy(database)?;
        let mut client = stopped.connect()?;
        chunks[..=at].iter().try_for_each(|chunk| client.batch_execute(chunk)).with_context(context)?;
        drop(client);
        let running = if phase == 0 { case.old } else { case.new };
        works(server, &stopped, running).with_context(context)?;
        drizzle.run("pg", project, &stopped)?.must_succeed().with_context(context)?;
        expected.must_be(&stopped).with_context(context)?;
        drizzle.run("pg", project, &stopped)?.must_succeed().context("a second run")?;
    }
    Ok(())
}

/// A chunk that only ends the migrator's transaction or gives it back, or says something.
fn is_frame(chunk: &str) -> bool {
    let sql: Vec<&str> = chunk.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    matches!(sql.concat().trim(), "" | "COMMIT;" | "START TRANSACTION;")
}

/// The code that runs in a phase works, by itself and one behind the other, and of a rename both columns agree.
fn works_in(server: &Server, database: &Database, case: &Case, is_last: bool) -> Result<()> {
    let works = |code: &[&str]| works(server, database, code);
    works(case.new)?;
    if is_last {
        return Ok(());
    }
    let agree =
        case.rename.map(|rename| format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM users); END $$", rename.agree));
    let checked = |code: &[&'static str]| -> Vec<String> {
        code.iter().map(|sql| (*sql).to_owned()).chain(agree.clone()).collect()
    };
    for code in [checked(case.old), checked(case.new), [checked(case.old), checked(case.new)].concat()] {
        works(&code.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Statements of running code work. They run on a copy: a sequence would not go back with its transaction.
fn works(server: &Server, database: &Database, statements: &[&str]) -> Result<()> {
    let copy = server.copy(database)?;
    let mut client = copy.connect()?;
    statements.iter().try_for_each(|sql| client.batch_execute(sql).with_context(|| (*sql).to_owned()))
}

/// drizzle-kit has nothing to add to the folder, and nothing to say against it.
fn is_silent(drizzle: &Drizzle, project: &Project, model: &str) -> Result<()> {
    let before = project.texts()?;
    let check = drizzle.kit(&["check"], project, model)?;
    ensure!(check.ok && check.error.contains("fine"), "check: {}", check.error);
    let generated = drizzle.kit(&["generate"], project, model)?;
    ensure!(generated.ok && generated.error.contains("No schema changes"), "generate: {}", generated.error);
    ensure!(project.texts()? == before, "generate made another migration");
    Ok(())
}

/// Rewriting changes nothing any more, and nothing in the folder is a hazard.
fn must_be_final(project: &Project) -> Result<()> {
    for command in [&["rewrite", "--check", "--all"][..], &["check", "--all"]] {
        let run = project.command(command)?;
        ensure!(run.ok && run.error.contains("nothing dangerous"), "{command:?}: {}", run.error);
    }
    Ok(())
}

fn waiting(project: &Project) -> Result<Vec<Value>> {
    let text = succeeds(project.command(&["status", "--format", "json"])?)?;
    let status: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
    Ok(status["sequences"].as_array().context("sequences")?.clone())
}

fn succeeds(ran: Ran) -> Result<String> {
    ensure!(ran.ok, "{}", ran.error);
    Ok(ran.error)
}

/// What is deployed goes on while each phase runs: not one of its statements fails, and of a rename both columns agree at the gate.
#[test]
fn code_at_work_feels_no_phase() -> Result<()> {
    let server = Server::of(15)?;
    for (generation, name) in [
        (Generation::Journal, "drop_columns"),
        (Generation::Folders, "drop_tables"),
        (Generation::Journal, "rename_columns"),
        (Generation::Folders, "rename_as_add"),
    ] {
        let case = Case::named(name)?;
        let sample = Sample::phased(name, generation);
        let drizzle = Drizzle::of(generation);
        let project = sample.naive()?;
        project.write("safestep.toml", "[backfill]\nbatch_size = 10\npause = \"5ms\"\n")?;
        write(&project, &sample, case.rename.map_or(&[][..], |rename| rename.flags))?;
        let database = sample.database(&drizzle, &server, 300)?;
        let during = |running: &[&[&'static str]], work: &dyn Fn() -> Result<()>| -> Result<()> {
            let ended = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let at_work: Vec<_> =
                    running.iter().map(|code| scope.spawn(|| repeated(&database, code, &ended))).collect();
                let done = work();
                ended.store(true, Ordering::Relaxed);
                for code in at_work {
                    let times = code.join().map_err(|_| anyhow!("code panicked"))??;
                    ensure!(times > 0, "it did not run");
                }
                done
            })
        };
        let run = || drizzle.run("pg", &project, &database)?.must_succeed();
        during(&[case.old], &run).with_context(|| format!("{generation:?} {name}: expand"))?;
        let between = || {
            std::thread::sleep(Duration::from_secs(1));
            Ok(())
        };
        during(&[case.old, case.new], &between).with_context(|| format!("{generation:?} {name}: between"))?;
        if let Some(rename) = case.rename {
            let agree = format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM users); END $$", rename.agree);
            database.connect()?.batch_execute(&agree)?;
        }
        release(&project, &database)?;
        during(&[case.new], &run).with_context(|| format!("{generation:?} {name}: contract"))?;
    }
    Ok(())
}

/// Sends the statements of running code over and over, until something has ended; gives how often.
fn repeated(database: &Database, code: &[&str], ended: &AtomicBool) -> Result<u32> {
    let mut client = database.connect()?;
    let mut times = 0;
    while !ended.load(Ordering::Relaxed) {
        for sql in code {
            client.batch_execute(sql).with_context(|| (*sql).to_owned())?;
        }
        let own = if code.concat().contains("'old'") { "old%" } else { "new%" };
        client.execute("DELETE FROM users WHERE email LIKE $1", &[&own])?;
        times += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(times)
}

/// A sample in a folder with its configuration and the model that its last migration was generated from.
fn with_model(name: &str, generation: Generation) -> Result<(Folder, Sample)> {
    let sample = Sample::phased(name, generation);
    let (folder, _) = sample.folder()?;
    folder.write(
        "drizzle.config.ts",
        "export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }\n",
    )?;
    folder.write("src/schema.ts", sample.model()?)?;
    Ok((folder, sample))
}

fn written(folder: &Folder) -> Result<()> {
    let write = folder.safestep(&["rewrite", "--write", "--all"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    Ok(())
}

/// One screen, and the page for who does it.
#[test]
fn what_people_see() -> Result<()> {
    for (name, generation) in [
        ("drop_columns", Generation::Journal),
        ("drop_tables", Generation::Folders),
        ("rename_columns", Generation::Journal),
        ("rename_columns", Generation::Folders),
    ] {
        let (folder, _) = with_model(name, generation)?;
        let shown = folder.safestep(&["rewrite", "--all", "--color", "never"])?;
        let mut is_diff = false;
        let kept = shown.out.lines().filter(|line| {
            is_diff = line.starts_with("diff --git") || (is_diff && !line.is_empty());
            !is_diff
        });
        let shown: String = kept.flat_map(|line| [line, "\n"]).collect();
        let before = folder.tree()?;
        written(&folder)?;
        let status = folder.safestep(&["status"])?;
        let mut text = format!("──── safestep rewrite\n{shown}\n──── safestep status\n{}", status.out);
        for (path, content) in folder.tree()?.iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            text += &format!("\n──── {}\n{}", path.display(), String::from_utf8_lossy(content));
        }
        let released = folder
            .command()
            .args(["release", "--yes", "--color", "never"])
            .env("SOURCE_DATE_EPOCH", "1800000000")
            .output()?;
        ensure!(released.status.success(), "{released:?}");
        text += &format!("\n──── safestep release --yes\n{}", String::from_utf8_lossy(&released.stdout));
        for (path, content) in folder.tree()?.iter().filter(|(path, _)| path.starts_with("drizzle")) {
            let is_new = !before.contains_key(path);
            if is_new && path.extension().is_some_and(|ending| ending == "json") {
                let lines: Vec<String> = String::from_utf8_lossy(content).lines().take(12).map(str::to_owned).collect();
                text += &format!("\n──── {}\n{}\n  …\n", path.display(), lines.join("\n"));
            } else if path.ends_with("_journal.json") {
                text += &format!("\n──── {}\n{}\n", path.display(), String::from_utf8_lossy(content));
            }
        }
        let form = if generation == Generation::Journal { "drizzle-031" } else { "drizzle-1rc" };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots/phases");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("{form}_{name}"), text));
    }
    Ok(())
}

/// A change may not both stop using a column and drop it: what counts is the snapshot on the base branch.
#[test]
fn the_gate_is_checked_and_not_believed() -> Result<()> {
    for (generation, name) in GENERATIONS.into_iter().flat_map(|generation| CASES.map(|case| (generation, case.sample)))
    {
        let (folder, sample) = with_model(name, generation)?;
        let flags = Case::named(name)?.rename.map_or(&[][..], |rename| rename.flags);
        let all = folder.tree()?;
        let before = sample.without_last(sample.naive()?)?;
        folder.git(&["init", "--quiet", "--initial-branch", "main"])?;
        // what is deployed: the migration is not there
        fs::remove_dir_all(folder.path().join("drizzle"))?;
        before.copy_to(folder.path())?;
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "deployed"])?;
        folder.git(&["checkout", "--quiet", "-b", "change"])?;
        for (path, content) in all {
            folder.write(&path.to_string_lossy(), content)?;
        }
        let write = folder.safestep(&[&["rewrite", "--write"], flags].concat())?;
        ensure!(write.status == 0, "{}{}", write.out, write.err);
        let tree = folder.tree()?;
        let refused = folder.safestep(&["release", "--yes"])?;
        ensure!(refused.status == 1, "{generation:?} {name}: {}{}", refused.out, refused.err);
        ensure!(refused.out.contains("fails      the model on the base branch uses"), "{}", refused.out);
        ensure!(folder.tree()? == tree, "what is refused is not written");
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "the code no longer names it"])?;
        folder.git(&["branch", "--force", "main"])?;
        let released = folder.safestep(&["release", "--yes"])?;
        ensure!(released.status == 0, "{generation:?} {name}: {}{}", released.out, released.err);
    }
    Ok(())
}

/// A database that ran the naive migration has nothing to do before and after the release, and `adopt` says so.
#[test]
fn a_database_that_ran_the_naive_migration_has_nothing_to_do() -> Result<()> {
    let server = Server::of(15)?;
    for (generation, case) in
        GENERATIONS.into_iter().flat_map(|generation| CASES.iter().map(move |case| (generation, case)))
    {
        let context = || format!("{generation:?} {}", case.sample);
        let sample = Sample::phased(case.sample, generation);
        let drizzle = Drizzle::of(generation);
        let project = sample.naive()?;
        // the naive form of a rename that is a drop and an add fails on rows
        let database = sample.database(&drizzle, &server, if case.sample == "rename_as_add" { 0 } else { 3 })?;
        drizzle.run("pg", &project, &database)?.must_succeed()?;
        let naive = server.copy(&database)?;
        write(&project, &sample, case.rename.map_or(&[][..], |rename| rename.flags))?;
        let adopted = project.adopt(&database, &[]).with_context(context)?;
        ensure!(adopted.ok, "{}: {}", context(), adopted.error);
        ensure!(adopted.error.contains("it finds nothing to do there"), "{}: {}", context(), adopted.error);
        drizzle.run("pg", &project, &database)?.must_succeed().with_context(context)?;
        succeeds(project.command(&["release", "--yes"])?)?;
        drizzle.run("pg", &project, &database)?.must_succeed().with_context(context)?;
        Expected::of(&naive, &naive, &[])?.must_be(&database).with_context(context)?;
        let adopted = project.adopt(&database, &[])?;
        ensure!(adopted.ok, "{}: {}", context(), adopted.error);
    }
    Ok(())
}

/// The way without a migration is named with file and line, and drizzle-kit agrees with it.
#[test]
fn a_name_in_the_code_alone_needs_no_migration() -> Result<()> {
    for generation in GENERATIONS {
        let (folder, sample) = with_model("rename_columns", generation)?;
        let notes = folder.safestep(&["rewrite", "--all", "--format", "json"])?.out;
        let line = r#"write `handle: varchar(\"nick\", { length: 40 }),` for `handle: varchar(\"handle\", { length: 40 }),` in src/schema.ts:8"#;
        ensure!(notes.contains(line), "{notes}");
        let mut model = sample.model()?;
        for (new, old) in
            [("full_name", "name"), ("handle", "nick"), ("tier", "plan"), ("bio", "about"), ("last_seen_at", "seen_at")]
        {
            model = model.replace(&format!("(\"{new}\""), &format!("(\"{old}\""));
        }
        let project = sample.without_last(sample.naive()?)?;
        if generation == Generation::Journal {
            fs::remove_file(project.drizzle().join("meta/0001_snapshot.json"))?;
        }
        is_silent(&Drizzle::of(generation), &project, &model)?;
    }
    Ok(())
}

/// What the model still has is not dropped later behind its back.
#[test]
fn what_the_model_still_has_does_not_wait() -> Result<()> {
    for generation in GENERATIONS {
        let project = Sample { name: "drop_field".into(), generation }.history()?;
        let project = project.and(generation, &[("by_hand", "ALTER TABLE \"users\" DROP COLUMN \"name\";")])?;
        let shown = project.command(&["rewrite", "--all"])?;
        ensure!(!shown.error.contains("deferred"), "{}", shown.error);
        let said = shown.error.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(said.contains(r#"the model still has "users"."name""#), "{}", shown.error);
    }
    Ok(())
}

/// Files that wait are no migrations of anybody.
#[test]
fn what_waits_is_no_project() -> Result<()> {
    for generation in GENERATIONS {
        let (folder, _) = with_model("drop_columns", generation)?;
        written(&folder)?;
        let check = folder.safestep(&["check", "--all", "--format", "json"])?;
        let report: Value = serde_json::from_str(&check.out).with_context(|| check.out.clone())?;
        ensure!(report["framework"] == "drizzle" && !check.out.contains("prisma"), "{}", check.out);
    }
    Ok(())
}

/// Others leave alone what waits, also where the snapshots say that it is gone already.
#[test]
fn what_waits_is_reserved() -> Result<()> {
    let (folder, _) = with_model("drop_columns", Generation::Folders)?;
    written(&folder)?;
    let again = "ALTER TABLE \"users\" ALTER COLUMN \"plan\" DROP DEFAULT;\n--> statement-breakpoint\nALTER TABLE \"users\" ADD COLUMN \"other\" text;\n";
    folder.write("drizzle/20990101000000_again/migration.sql", again)?;
    let check = folder.safestep(&["check", "--all"])?;
    ensure!(check.out.contains("danger[reserved-object]: users.plan belongs to the sequence"), "{}", check.out);
    ensure!(check.out.matches("danger[").count() == 1, "{}", check.out);
    Ok(())
}
