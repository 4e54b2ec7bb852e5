//! Phases one by one with the real Alembic: `rewrite --write`, then `release` after each deploy. In every phase `alembic check` has
//! nothing to say with the lines that the runbook gives for `env.py`, the code before and the code after both work, every statement
//! can be the last one of a run that is killed, and at the end the database is what the naive revision leaves; of a rename, what it
//! would leave had it kept the values.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use bench::proof::{Expected, must_look_the_same};
use bench::server::{Database, Server};
use bench::upgrade::{ALEMBIC, Alembic, Project, Sample, VERSIONS};

const THREADS: usize = 2;

/// A sample, with what the code before the deploy and the code after it send. Each says `old` or `new` once in its values.
struct Case {
    sample: &'static str,
    old: &'static [&'static str],
    new: &'static [&'static str],
    /// Statements of each phase at the least.
    statements: [usize; 2],
    becomes: Option<Becoming>,
}

/// What is said of columns whose values go on in others.
#[derive(Clone, Copy)]
struct Becoming {
    /// What the author declares, beside the revision or in `safestep.toml`.
    flags: &'static [&'static str],
    settings: &'static str,
    /// What the revision would be, were it to keep the values and run at once.
    kept: &'static str,
    /// What is so in every row until the old columns go.
    agree: &'static str,
}

const RENAMED: Becoming = Becoming {
    flags: &[],
    settings: "",
    kept: "ALTER TABLE users RENAME COLUMN name TO full_name; ALTER TABLE users RENAME COLUMN nick TO handle;
        ALTER TABLE users RENAME COLUMN plan TO tier; ALTER TABLE users RENAME COLUMN about TO bio;
        ALTER TABLE users RENAME COLUMN seen_at TO last_seen_at",
    agree: "name = full_name AND nick IS NOT DISTINCT FROM handle AND plan = tier AND seen_at = last_seen_at
        AND about::text IS NOT DISTINCT FROM bio::text",
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

const CASES: [Case; 5] = [Case {
    sample: "drop_columns",
    old: &[
        "INSERT INTO teams DEFAULT VALUES",
        "INSERT INTO users (email, nick_name, plan, team_id) SELECT 'old', 'old', 'paid', max(id) FROM teams",
        "UPDATE users SET nick_name = 'older' WHERE email = 'old'",
        "SELECT id, email, nick_name, plan, team_id, seen_at FROM users ORDER BY nick_name",
        // the key is still there
        "DELETE FROM teams WHERE id = (SELECT team_id FROM users WHERE email = 'old')",
        "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM users WHERE email = 'old'); END $$",
    ],
    new: &[
        "INSERT INTO users (email, age) VALUES ('new', 1)",
        "SELECT id, email, age, seen_at FROM users",
        "DELETE FROM users WHERE email = 'new'",
    ],
    statements: [1, 3],
    becomes: None,
},
    Case {
        sample: "drop_tables",
        old: &[
            "INSERT INTO posts (title, mood) VALUES ('old', 'sad')",
            "INSERT INTO users (email, pinned_id) SELECT 'old', id FROM posts WHERE title = 'old'",
            "INSERT INTO comments (post_id, user_id) SELECT posts.id, users.id FROM posts, users WHERE title = 'old' AND email = 'old'",
            "UPDATE posts SET mood = 'glad' WHERE title = 'old'",
            "DELETE FROM posts WHERE title = 'old'",
            "DO $$ BEGIN ASSERT (SELECT pinned_id IS NULL FROM users WHERE email = 'old'); END $$",
        ],
        new: &["INSERT INTO users (email) VALUES ('new')", "SELECT id, email, pinned_id FROM users"],
        statements: [0, 2],
        becomes: None,
    },
    Case { sample: "rename_columns", old: OLD_NAMES, new: NEW_NAMES, statements: [5, 2], becomes: Some(RENAMED) },
    Case {
        sample: "rename_as_add",
        old: OLD_NAMES,
        new: NEW_NAMES,
        statements: [5, 2],
        becomes: Some(Becoming {
            flags: &[
                "--rename", "users.name=full_name",
                "--rename", "users.nick=handle",
                "--rename", "users.plan=tier",
                "--rename", "users.about=bio",
                "--rename", "users.seen_at=last_seen_at",
            ],
            kept: "ALTER TABLE users ADD COLUMN full_name text, ADD COLUMN handle varchar(40), ADD COLUMN tier varchar(20),
                ADD COLUMN bio json, ADD COLUMN last_seen_at timestamptz;
                UPDATE users SET full_name = name, handle = nick, tier = plan, bio = about, last_seen_at = seen_at;
                ALTER TABLE users DROP COLUMN name, DROP COLUMN nick, DROP COLUMN plan, DROP COLUMN about, DROP COLUMN seen_at,
                ALTER COLUMN full_name SET NOT NULL, ALTER COLUMN tier SET NOT NULL, ALTER COLUMN tier SET DEFAULT 'free',
                ALTER COLUMN last_seen_at SET NOT NULL, ALTER COLUMN last_seen_at SET DEFAULT now()",
            ..RENAMED
        }),
    },
    Case {
        sample: "split_column",
        old: &[
            "INSERT INTO users (email, name) VALUES ('old', 'Old One')",
            "UPDATE users SET name = 'Older One' WHERE email = 'old'",
            "SELECT id, email, name FROM users ORDER BY name",
        ],
        new: &[
            "INSERT INTO users (email, first_name, last_name) VALUES ('new', 'New', 'One')",
            "UPDATE users SET last_name = 'Two' WHERE email = 'new'",
            "DO $$ BEGIN ASSERT (SELECT first_name = 'New' AND last_name = 'Two' FROM users WHERE email = 'new'); END $$",
        ],
        statements: [3, 1],
        becomes: Some(Becoming {
            flags: &[],
            settings: "[values]\n\"users.first_name\" = \"split_part(name, ' ', 1)\"\n\"users.last_name\" = \"nullif(substr(name, strpos(name, ' ') + 1), name)\"\n",
            kept: "ALTER TABLE users ADD COLUMN first_name text, ADD COLUMN last_name text;
                UPDATE users SET first_name = split_part(name, ' ', 1), last_name = nullif(substr(name, strpos(name, ' ') + 1), name);
                ALTER TABLE users DROP COLUMN name",
            agree: "email NOT LIKE 'old%' OR (first_name = 'Older' AND last_name = 'One')",
        }),
    },
];

impl Case {
    fn named(name: &str) -> Result<&'static Case> {
        CASES.iter().find(|case| case.sample == name).context("a case")
    }

    fn flags(&self) -> &'static [&'static str] {
        self.becomes.map_or(&[], |becomes| becomes.flags)
    }

    /// The project as its author has it.
    fn project(&self, alembic: &Alembic) -> Result<Project> {
        let project = Sample::phased(self.sample).naive(alembic)?;
        if let Some(Becoming { settings, .. }) = self.becomes.filter(|becomes| !becomes.settings.is_empty()) {
            project.folder().write("safestep.toml", settings)?;
        }
        Ok(project)
    }
}

#[test]
fn phase_by_phase_on_postgresql_15() -> Result<()> {
    on_each(15, &CASES.map(|case| case.sample))
}

#[test]
fn phase_by_phase_on_postgresql_12() -> Result<()> {
    on_each(12, &["drop_columns"])
}

#[test]
fn phase_by_phase_on_postgresql_18() -> Result<()> {
    on_each(18, &["drop_columns"])
}

fn on_each(major: u32, names: &[&str]) -> Result<()> {
    let only = std::env::var("SAFESTEP_TEST_ONLY").ok();
    let is_wanted = |name: &&&str| only.as_ref().is_none_or(|only| only.split(',').any(|wanted| wanted == **name));
    let samples: Vec<Sample> = names.iter().filter(is_wanted).map(|name| Sample::phased(name)).collect();
    let server = Server::of(major)?;
    bench::on_each(&samples, THREADS, |sample| {
        let name = sample.name.rsplit('/').next().unwrap_or_default();
        phase_by_phase(&server, Case::named(name)?).with_context(|| format!("{name} on {major}"))
    })
}

/// Rewrites, then deploys and releases until nothing waits.
fn phase_by_phase(server: &Server, case: &Case) -> Result<()> {
    let mut project = case.project(&ALEMBIC)?;
    let naive = project.with(&project.revisions()?)?;
    let history = history(server, &naive, 5)?;
    let own_environment = fs::read_to_string(project.folder().path().join("alembic/env.py"))?;
    write(&project, case)?;
    must_be_final(&project)?;
    let database = server.copy(&history)?;

    works_after_each_statement(server, &project, &database, case, 0).context("the first phase")?;
    ALEMBIC.must(&project, &database, &["upgrade", "head"])?;
    works_in(server, &database, case, false).context("the first phase")?;
    ensure!(!is_silent(&project, &database)?, "Alembic sees nothing of what waits");
    hide(&project, &own_environment)?;
    ensure!(is_silent(&project, &database)?, "the lines for env.py hide too little");
    let first_phase = server.copy(&database)?;

    // what others generate meanwhile comes before the phase that waits
    let model = fs::read_to_string(project.folder().path().join("models.py"))?;
    let more = "\n\nclass More(Base):\n    __tablename__ = \"more\"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n";
    project.folder().write("models.py", model + more)?;
    ALEMBIC.must(&project, &database, &["revision", "more"])?;
    ALEMBIC.must(&project, &database, &["upgrade", "head"])?;
    let before_release = server.copy(&database)?;
    project.before = head(&project)?;
    ensure!(waiting(&project)?.len() == 1, "nothing waits");
    let asked = succeeds(&project, &["status", "--database-url", &database.url])?;
    ensure!(!asked.contains("fails"), "{asked}");
    release(&project, &database)?;
    project.revision = head(&project)?;
    must_be_final(&project)?;
    ensure!(waiting(&project)?.is_empty(), "something waits");
    ensure!(!project.folder().path().join("alembic/deferred").exists(), "the folder of what waits is still there");
    project.folder().write("alembic/env.py", own_environment)?;

    works_after_each_statement(server, &project, &database, case, 1).context("the last phase")?;
    ALEMBIC.must(&project, &database, &["upgrade", "head"])?;
    works_in(server, &database, case, true).context("the last phase")?;
    ensure!(is_silent(&project, &database)?, "Alembic sees something of what is gone");

    let expected = server.copy(&history)?;
    match case.becomes {
        Some(becomes) => expected.connect()?.batch_execute(becomes.kept)?,
        None => drop(ALEMBIC.must(&naive, &expected, &["upgrade", "head"])?),
    }
    expected.connect()?.batch_execute("CREATE TABLE more (id serial PRIMARY KEY)")?;
    Expected::of(&expected, &history, &[])?.must_be(&database)?;

    goes_down_again(server, &project, (&database, &before_release), (&first_phase, &history), case)
}

/// What was there before the revision, with rows.
fn history(server: &Server, naive: &Project, rows: u32) -> Result<Database> {
    let database = server.create()?;
    ALEMBIC.must(naive, &database, &["upgrade", &naive.before])?;
    database.fill(rows)?;
    Ok(database)
}

/// `rewrite --write` of the last revision.
fn write(project: &Project, case: &Case) -> Result<()> {
    let before = project.revisions()?.len();
    succeeds(project, &[&["rewrite", "--write", "--all"], case.flags()].concat())?;
    let (after, own) = (project.revisions()?, &project.revision);
    ensure!(after.len() >= before && after.keys().any(|path| path.to_string_lossy().contains(own)), "{own} is gone");
    Ok(())
}

fn release(project: &Project, database: &Database) -> Result<()> {
    let refused = project.folder().safestep(&["release"])?;
    ensure!(refused.status == 1 && refused.err.contains("--yes"), "{}{}", refused.out, refused.err);
    let before = project.folder().tree()?;
    succeeds(project, &["release", "--dry-run"])?;
    ensure!(project.folder().tree()? == before, "a dry run writes");
    succeeds(project, &["release", "--yes", "--database-url", &database.url]).map(drop)
}

/// The lines of the runbook in `env.py`.
fn hide(project: &Project, environment: &str) -> Result<()> {
    let runbook = fs::read_to_string(waiting_folder(project)?.join("RUNBOOK.md"))?;
    let lines = runbook.split("```").find(|part| part.contains("include_object")).context("no lines for env.py")?;
    let (imports, rest) = environment.split_once("target_metadata = ").context("no metadata")?;
    let (metadata, rest) = rest.split_once('\n').context("no line")?;
    let with_hook = rest
        .replace("target_metadata=target_metadata", "target_metadata=target_metadata, include_object=include_object");
    ensure!(with_hook.matches("include_object=").count() == 2, "two calls of context.configure");
    project.folder().write("alembic/env.py", format!("{imports}target_metadata = {metadata}\n{lines}\n{with_hook}"))
}

/// The folder of the only sequence that waits.
fn waiting_folder(project: &Project) -> Result<PathBuf> {
    let mut entries = fs::read_dir(project.folder().path().join("alembic/deferred"))?;
    Ok(entries.next().context("nothing waits")??.path())
}

/// `alembic check` finds no difference between the models and a database.
fn is_silent(project: &Project, database: &Database) -> Result<bool> {
    let error = ALEMBIC.run(project, database, &[&["check"]])?.error;
    match error {
        None => Ok(true),
        Some(error) if error.contains("New upgrade operations") => Ok(false),
        Some(error) => Err(anyhow!(error)),
    }
}

/// A run that ends behind a statement leaves a database in which the code that runs works, and the same command goes on.
fn works_after_each_statement(
    server: &Server,
    project: &Project,
    database: &Database,
    case: &Case,
    phase: usize,
) -> Result<()> {
    let running = if phase == 0 { case.old } else { case.new };
    let whole = server.copy(database)?;
    ALEMBIC.must(project, &whole, &["upgrade", "head"])?;
    let expected = Expected::of(&whole, database, &[])?;
    let mut sent = 0;
    let on_the_way = server.copy(database)?;
    for step in ALEMBIC.steps(project)? {
        // the steps of a declared rename are those of one by hand
        let stops = if case.sample == "rename_as_add" { 0 } else { step.outside.len() };
        for stopped in 1..=stops {
            let context = || format!("{}: stopped behind statement {stopped}", step.title());
            let copy = server.copy(&on_the_way)?;
            let mut client = copy.connect()?;
            step.outside[..stopped].iter().try_for_each(|sql| client.batch_execute(sql)).with_context(context)?;
            drop(client);
            works(server, &copy, running).with_context(context)?;
            ALEMBIC.must(project, &copy, &["upgrade", "head"]).with_context(context)?;
            expected.must_be(&copy).with_context(context)?;
        }
        ALEMBIC.must(project, &on_the_way, &["upgrade", "+1"])?;
        works(server, &on_the_way, running).with_context(|| format!("behind {}", step.title()))?;
        sent += step.outside.len() + step.inside.len();
    }
    ensure!(sent >= case.statements[phase], "{sent} statements");
    Ok(())
}

/// The code that runs in a phase works, by itself and one behind the other, and where values go on in other columns these agree.
fn works_in(server: &Server, database: &Database, case: &Case, is_last: bool) -> Result<()> {
    works(server, database, case.new)?;
    if is_last {
        return Ok(());
    }
    let agree = case
        .becomes
        .map(|becomes| format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM users); END $$", becomes.agree));
    let checked = |code: &[&'static str]| -> Vec<String> {
        code.iter().map(|sql| (*sql).to_owned()).chain(agree.clone()).collect()
    };
    for code in [checked(case.old), [checked(case.old), checked(case.new)].concat()] {
        works(server, database, &code.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Statements of running code work. They run on a copy: a sequence would not go back with its transaction.
fn works(server: &Server, database: &Database, statements: &[&str]) -> Result<()> {
    let copy = server.copy(database)?;
    let mut client = copy.connect()?;
    statements.iter().try_for_each(|sql| client.batch_execute(sql).with_context(|| (*sql).to_owned()))
}

/// The last phase is taken back to what the first one left: what was dropped comes back empty, an old name with its values. Without
/// rows all of it is taken back to what was before.
fn goes_down_again(
    server: &Server,
    project: &Project,
    (database, before_release): (&Database, &Database),
    (first_phase, history): (&Database, &Database),
    case: &Case,
) -> Result<()> {
    // rows that point at rows which are gone keep their key from coming back
    let back = if case.sample == "drop_tables" { emptied(server, database)? } else { server.copy(database)? };
    ALEMBIC.must(project, &back, &["downgrade", &project.before]).context("down")?;
    must_look_the_same(before_release, &back).context("down")?;
    works(server, &back, case.old).context("down")?;
    works(server, &back, case.new).context("down")?;
    if case.sample.starts_with("rename") {
        Expected::of(before_release, before_release, &[])?.must_be(&back).context("down")?;
    }
    ALEMBIC.must(project, &back, &["upgrade", "head"]).context("up again")?;
    must_look_the_same(database, &back).context("up again")?;
    for (from, context) in [(&back, "to the beginning"), (first_phase, "from the first phase to the beginning")] {
        let empty = emptied(server, from)?;
        ALEMBIC.must(project, &empty, &["downgrade", &first_of(project)?]).context(context)?;
        must_look_the_same(history, &empty).context(context)?;
    }
    Ok(())
}

/// A copy without rows.
fn emptied(server: &Server, database: &Database) -> Result<Database> {
    let empty = server.copy(database)?;
    empty.connect()?.batch_execute(
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
           AND relname <> 'alembic_version' LOOP EXECUTE format('TRUNCATE %s CASCADE', t); END LOOP; END $$",
    )?;
    Ok(empty)
}

/// Rewriting changes nothing any more, and nothing in the folder is a hazard.
fn must_be_final(project: &Project) -> Result<()> {
    for command in [&["rewrite", "--check", "--all"][..], &["check", "--all"]] {
        let said = succeeds(project, command)?;
        ensure!(said.contains("nothing dangerous"), "{command:?}: {said}");
    }
    Ok(())
}

fn waiting(project: &Project) -> Result<Vec<Value>> {
    let text = succeeds(project, &["status", "--format", "json"])?;
    let status: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
    Ok(status["sequences"].as_array().context("sequences")?.clone())
}

fn succeeds(project: &Project, arguments: &[&str]) -> Result<String> {
    let ended = project.folder().safestep(arguments)?;
    ensure!(ended.status == 0, "{arguments:?}: {}{}", ended.out, ended.err);
    Ok(ended.out + &ended.err)
}

/// The revision that no other follows.
fn head(project: &Project) -> Result<String> {
    let texts: Vec<String> = project.revisions()?.into_values().collect();
    let value = |text: &str, name: &str| -> Option<String> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.rsplit(['\'', '"']).nth(1).map(str::to_owned)
    };
    let followed: Vec<String> = texts.iter().filter_map(|text| value(text, "down_revision")).collect();
    let ids = texts.iter().filter_map(|text| value(text, "revision"));
    let heads: Vec<String> = ids.filter(|id| !followed.contains(id)).collect();
    ensure!(heads.len() == 1, "{heads:?}");
    heads.into_iter().next().context("a head")
}

/// The revision that follows none.
fn first_of(project: &Project) -> Result<String> {
    let texts: Vec<String> = project.revisions()?.into_values().collect();
    let is_first =
        |text: &&String| text.lines().any(|line| line.starts_with("down_revision") && line.ends_with("None"));
    let first = texts.iter().find(is_first).context("no first revision")?;
    let line = first.lines().find(|line| line.starts_with("revision")).context("an id")?;
    line.rsplit(['\'', '"']).nth(1).map(str::to_owned).context(VERSIONS)
}

/// A database that ran the naive revision has nothing to do before and after the release, in either layout, and `adopt` says so.
#[test]
fn a_database_at_the_revision_has_nothing_to_do() -> Result<()> {
    let server = Server::of(15)?;
    for (case, layout) in CASES.iter().zip(["step", "phase"].into_iter().cycle()) {
        let context = || format!("{} {layout}", case.sample);
        let mut project = case.project(&Alembic { layout, ..ALEMBIC })?;
        // the naive form of a rename that is a drop and an add fails on rows
        let database = history(&server, &project, if case.sample == "rename_as_add" { 0 } else { 3 })?;
        ALEMBIC.must(&project, &database, &["upgrade", "head"]).with_context(context)?;
        let naive = server.copy(&database)?;
        write(&project, case)?;
        let adopt = || succeeds(&project, &["adopt", "--database-url", &database.url]);
        let adopted = adopt().with_context(context)?;
        ensure!(adopted.contains(&format!("nothing to adopt: the database is at {}", project.revision)), "{adopted}");
        let ran = ALEMBIC.must(&project, &database, &["upgrade", "head"]).with_context(context)?;
        ensure!(ran.is_empty(), "{}: {ran:?}", context());
        succeeds(&project, &["release", "--yes"])?;
        project.revision = head(&project)?;
        let ran = ALEMBIC.must(&project, &database, &["upgrade", "head"]).with_context(context)?;
        ensure!(!ran.is_empty(), "{}: nothing is released", context());
        Expected::of(&naive, &naive, &[])?.must_be(&database).with_context(context)?;
    }
    Ok(())
}

/// What is deployed goes on while each phase runs: not one of its statements fails, and where values go on in other columns these
/// agree at the gate.
#[test]
fn code_at_work_feels_no_phase() -> Result<()> {
    let server = Server::of(15)?;
    for name in ["drop_tables", "rename_columns"] {
        let case = Case::named(name)?;
        let project = case.project(&ALEMBIC)?;
        project.folder().write("safestep.toml", "[backfill]\nbatch_size = 10\npause = \"5ms\"\n")?;
        let database = history(&server, &project, 100)?;
        write(&project, case)?;
        let during = |running: &[&[&'static str]]| -> Result<()> {
            let ended = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let at_work: Vec<_> =
                    running.iter().map(|code| scope.spawn(|| repeated(&database, code, &ended))).collect();
                std::thread::sleep(Duration::from_millis(200));
                let done = ALEMBIC.must(&project, &database, &["upgrade", "head"]);
                std::thread::sleep(Duration::from_millis(200));
                ended.store(true, Ordering::Relaxed);
                for code in at_work {
                    let times = code.join().map_err(|_| anyhow!("code panicked"))??;
                    ensure!(times > 0, "it did not run");
                }
                done.map(drop)
            })
        };
        during(&[case.old]).with_context(|| format!("{name}: the first phase"))?;
        // nothing is left to run: both at once
        during(&[case.old, case.new]).with_context(|| format!("{name}: between"))?;
        if let Some(becomes) = case.becomes {
            let agree = format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM users); END $$", becomes.agree);
            database.connect()?.batch_execute(&agree)?;
        }
        succeeds(&project, &["release", "--yes", "--database-url", &database.url])?;
        during(&[case.new]).with_context(|| format!("{name}: the last phase"))?;
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

/// A change may not both stop using a column and drop it: what counts are the models on the base branch, with file and line.
#[test]
fn the_gate_is_checked_and_not_believed() -> Result<()> {
    for (sample, line) in [
        ("drop_columns", "users.nick_name (models.py:22)"),
        ("drop_tables", "posts (models.py:17)"),
        ("rename_columns", "users.name (models.py:16)"),
    ] {
        let case = Case::named(sample)?;
        let project = case.project(&ALEMBIC)?;
        let folder = project.folder();
        let before = fs::read_to_string(samples().join(sample).join("before.py"))?;
        let (own, after) = (Sample::phased(sample).migration()?, fs::read_to_string(folder.path().join("models.py"))?);
        let revision = fs::read_to_string(folder.path().join(&own))?;
        fs::remove_file(folder.path().join(&own))?;
        folder.write("models.py", before)?;
        folder.git(&["init", "--quiet", "--initial-branch", "main"])?;
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "deployed"])?;
        folder.git(&["checkout", "--quiet", "-b", "change"])?;
        folder.write(&own, revision)?;
        folder.write("models.py", after)?;
        succeeds(&project, &[&["rewrite", "--write"], case.flags()].concat())?;
        let tree = folder.tree()?;
        let refused = folder.safestep(&["release", "--yes"])?;
        ensure!(refused.status == 1, "{sample}: {}{}", refused.out, refused.err);
        ensure!(
            refused.out.contains(&format!("fails      the model on the base branch uses {line}")),
            "{}",
            refused.out
        );
        ensure!(folder.tree()? == tree, "what is refused is not written");
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "the code no longer names it"])?;
        folder.git(&["branch", "--force", "main"])?;
        succeeds(&project, &["release", "--yes"])?;
    }
    Ok(())
}

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples/phases/alembic")
}

/// The way without a revision is named with file and line, and Alembic agrees with it.
#[test]
fn a_name_in_the_code_alone_needs_no_revision() -> Result<()> {
    let server = Server::of(15)?;
    let case = Case::named("rename_columns")?;
    let project = case.project(&ALEMBIC)?;
    let database = history(&server, &project, 1)?;
    let report = succeeds(&project, &["rewrite", "--all", "--format", "json"])?;
    let mut model = fs::read_to_string(project.folder().path().join("models.py"))?;
    for (new, old) in
        [("full_name", "name"), ("handle", "nick"), ("tier", "plan"), ("bio", "about"), ("last_seen_at", "seen_at")]
    {
        let line =
            model.lines().find(|line| line.trim_start().starts_with(&format!("{new}: "))).context(new)?.to_owned();
        let (head, rest) = line.split_once("mapped_column(").context("a column")?;
        let named = format!("{head}mapped_column(\"{old}\", {rest}");
        let number = model.lines().position(|other| other == line).context(new)? + 1;
        let said = format!("write `{}` for `{}` in models.py:{number}", named.trim(), line.trim());
        ensure!(report.contains(&said.replace('"', "\\\"")), "{said}: {report}");
        model = model.replace(&line, &named);
    }
    project.folder().write("models.py", model)?;
    fs::remove_file(project.folder().path().join(Sample::phased(case.sample).migration()?))?;
    ensure!(is_silent(&project, &database)?, "Alembic sees a difference");
    Ok(())
}

/// `verify` proves all phases in a row, also with the project's own runner, which knows what waits by the ids that it would get.
#[test]
fn verify_proves_what_waits() -> Result<()> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let program = bench::variable("SAFESTEP_TEST_ALEMBIC")?.replace("/python", "/alembic");
    let folder = bench::alembic::empty_project()?;
    for (path, content) in Sample::phased("drop_columns").folder()?.tree()? {
        if path.starts_with(VERSIONS) {
            folder.write(path.to_str().context("a path that is not UTF-8")?, content)?;
        }
    }
    folder.write("safestep.toml", format!("[verify]\ncommand = \"{program} upgrade {{revision}}\"\n"))?;
    let ended =
        folder.safestep(&["verify", "--database-url", &url, "--rows", "100", "--all", "--interrupt", "--undo"])?;
    let text = ended.out + &ended.err;
    ensure!(ended.status == 0 && text.contains(" one by one: the same"), "exit {}\n{text}", ended.status);
    ensure!(text.contains("same result") && text.contains("cannot be taken back with rows"), "{text}");
    Ok(())
}

/// Others leave alone what waits, files that wait are no revisions, and behind two heads nothing is released.
#[test]
fn what_waits_is_reserved_and_follows_one_head() -> Result<()> {
    let project = Case::named("drop_columns")?.project(&ALEMBIC)?;
    write(&project, Case::named("drop_columns")?)?;
    let other = |follows: &str| {
        format!(
            "\"\"\"other\"\"\"\nfrom alembic import op\n\nrevision = \"other\"\ndown_revision = \"{follows}\"\n\n\n\
             def upgrade():\n    op.alter_column(\"users\", \"plan\", server_default=None)\n\n\ndef downgrade():\n    pass\n"
        )
    };
    project.folder().write("alembic/versions/other.py", other(&project.revision))?;
    let check = project.folder().safestep(&["check", "--all"])?;
    let said = "danger[reserved-object]: users.plan belongs to the sequence";
    ensure!(check.out.contains(said) && check.out.matches("danger[").count() == 1, "{}", check.out);
    ensure!(check.out.contains("in 1 of 3 migrations"), "{}", check.out);
    project.folder().write("alembic/versions/other.py", other(&project.before))?;
    let refused = project.folder().safestep(&["release", "--yes"])?;
    let heads = "there are 2 heads";
    ensure!(
        refused.status != 0 && refused.err.contains(heads) && refused.err.contains("alembic merge"),
        "{}",
        refused.err
    );
    Ok(())
}

/// One screen, and the page for who does it.
#[test]
fn what_people_see() -> Result<()> {
    // what is declared reads as what is written by hand
    for case in CASES.iter().filter(|case| case.sample != "rename_as_add") {
        let folder = Sample::phased(case.sample).folder()?;
        if let Some(Becoming { settings, .. }) = case.becomes.filter(|becomes| !becomes.settings.is_empty()) {
            folder.write("safestep.toml", settings)?;
        }
        let shown = folder.safestep(&[&["rewrite", "--all", "--color", "never"], case.flags()].concat())?;
        let mut is_diff = false;
        let kept = shown.out.lines().filter(|line| {
            is_diff = line.starts_with("diff --git") || (is_diff && !line.is_empty());
            !is_diff
        });
        let shown: String = kept.flat_map(|line| [line, "\n"]).collect();
        let before = folder.tree()?;
        let write = folder.safestep(&[&["rewrite", "--write", "--all"], case.flags()].concat())?;
        ensure!(write.status == 0, "{}{}", write.out, write.err);
        let status = folder.safestep(&["status"])?;
        let mut text = format!("──── safestep rewrite\n{shown}\n──── safestep status\n{}", status.out);
        for (path, content) in folder.tree()?.iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            text += &format!("\n──── {}\n{}", path.display(), String::from_utf8_lossy(content));
        }
        let before = folder.tree()?;
        let mut release = folder.command();
        let released =
            release.args(["release", "--yes", "--color", "never"]).env("SOURCE_DATE_EPOCH", "1800000000").output()?;
        ensure!(released.status.success(), "{released:?}");
        text += &format!("\n──── safestep release --yes\n{}", String::from_utf8_lossy(&released.stdout));
        for (path, content) in folder.tree()?.iter().filter(|(path, _)| !before.contains_key(*path)) {
            let head: Vec<String> = String::from_utf8_lossy(content).lines().take(22).map(str::to_owned).collect();
            text += &format!("\n──── {}\n{}\n…\n", path.display(), head.join("\n"));
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots/phases");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("alembic_{}", case.sample), text));
    }
    Ok(())
}
