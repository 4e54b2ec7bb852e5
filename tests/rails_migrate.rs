//! Every Rails sample, naive and rewritten, through the real `bin/rails` on real servers: same schema, same rows, same schema.rb,
//! up, down and up again, at once and step by step, and killed at each step.
//!
//! On PostgreSQL 15 with Rails 7.2 all of this, also in one file (`layout = "phase"`); with Rails 6.1, and on other servers, up and
//! down: what the statements do is seen here, there it is only whether they arrive. A file of one step is killed by the test that
//! holds it with a lock; in a file of several every place is tried.
//!
//! `SAFESTEP_TEST_ONLY=add_index scripts/test --test rails_migrate -- --nocapture` runs some and shows the report.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use bench::blocker;
use bench::comparison::Verdict;
use bench::proof::{Expected, must_look_the_same};
use bench::rails::{
    Gem, ONLINE_MIGRATIONS, Project, RAILS_6, RAILS_7, Rails, Running, SAFE_PG_MIGRATIONS, STRONG_MIGRATIONS, Sample,
};
use bench::server::{Database, Server};
use bench::sides::{Pair as _, Side, Sides};

/// Samples that a rewrite must change, of every kind.
const REWRITTEN: [&str; 8] = [
    "add_check_constraint",
    "add_column_volatile",
    "add_foreign_key",
    "add_index",
    "add_reference",
    "change_column_null",
    "hand_unique_constraint",
    "remove_index",
];

/// What is run on other servers, too.
const SMOKE: [&str; 4] = ["add_column_volatile", "add_reference", "change_column_null", "hand_unique_constraint"];

const THREADS: usize = 2;
const ROWS: u32 = 5;

#[test]
fn every_sample() -> Result<()> {
    run_all(RAILS_7, 15, Sample::all()?, Ways::Every, BY_STEP)
}

#[test]
fn with_an_older_rails() -> Result<()> {
    run_all(RAILS_6, 15, Sample::all()?, Ways::UpAndDown, BY_STEP)
}

#[test]
fn on_the_oldest_server_and_the_newest() -> Result<()> {
    run_all(RAILS_7, 12, Sample::of(&SMOKE)?, Ways::UpAndDown, BY_STEP)?;
    run_all(RAILS_7, 18, Sample::of(&SMOKE)?, Ways::UpAndDown, BY_STEP)
}

/// Everywhere else an application is loaded once and moves from folder to folder.
#[test]
fn by_rails_own_command() -> Result<()> {
    let own = Rails { alone: true, ..RAILS_7 };
    run_all(own, 15, Sample::of(&["add_reference"])?, Ways::UpAndDown, BY_STEP)?;
    run_all(Rails { alone: true, ..RAILS_6 }, 15, Sample::of(&["add_reference"])?, Ways::UpAndDown, IN_ONE)
}

/// A sequence in one file, which begins again at its first step wherever it was killed.
#[test]
fn every_sample_in_one_file() -> Result<()> {
    run_all(RAILS_7, 15, Sample::all()?, Ways::Every, IN_ONE)
}

#[test]
fn in_one_file_with_an_older_rails() -> Result<()> {
    run_all(RAILS_6, 15, Sample::of(&REWRITTEN)?, Ways::UpAndDown, IN_ONE)?;
    run_all(RAILS_6, 12, Sample::of(&SMOKE)?, Ways::Every, IN_ONE)
}

/// Settings: a file for each step, or one that may begin again.
const BY_STEP: &str = "";
const IN_ONE: &str = "layout = \"phase\"\n";

/// What is done with a rewrite.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    /// Up, down to what was before and up again.
    UpAndDown,
    /// Step by step, each of them down and up again, too.
    Every,
}

fn run_all(rails: Rails, major: u32, mut samples: Vec<Sample>, ways: Ways, settings: &str) -> Result<()> {
    let server = Server::of(major)?;
    samples.retain(|sample| rails.ruby == RAILS_7.ruby || !sample.name.starts_with("newer_"));
    bench::on_each(&samples, THREADS, |sample| {
        let start = Instant::now();
        let verdict = prove(rails, &server, sample, ways, settings)?;
        let (name, seconds) = (&sample.name, start.elapsed().as_secs_f32());
        println!("PostgreSQL {major}  {}  {name:<32} {verdict}  ({seconds:.1} s)", rails.ruby);
        let must_change = REWRITTEN.contains(&name.as_str());
        ensure!(verdict != Verdict::Unchanged || !must_change, "safestep left the migration as it was");
        Ok(())
    })
    .with_context(|| format!("PostgreSQL {major}, {}", rails.ruby))
}

/// A migration naive and rewritten.
struct Pair<'a> {
    rails: Rails,
    server: &'a Server,
    naive: Project,
    rewritten: Project,
    ways: Ways,
}

fn prove(rails: Rails, server: &Server, sample: &Sample, ways: Ways, settings: &str) -> Result<Verdict> {
    let naive = sample.project()?;
    let rewritten = naive.with_settings(settings)?.rewritten(server.major)?;
    rewritten.must_be_final(&naive, server.major)?;
    rails.must_compile(&rewritten)?;
    if naive.migrations()? == rewritten.migrations()? {
        return Ok(Verdict::Unchanged);
    }
    if settings == IN_ONE && rewritten.migrations()? == naive.rewritten(server.major)?.migrations()? {
        return Ok(Verdict::Same); // in one step, which is seen elsewhere
    }
    let pair = Pair { rails, server, naive, rewritten, ways };
    pair.verdict(ROWS, sample.name == NEEDS_ITS_OWN_TRANSACTION)
}

/// What the naive form cannot do in its one transaction; a rewrite can.
const NEEDS_ITS_OWN_TRANSACTION: &str = "hand_enum_value";

impl bench::sides::Pair for Pair<'_> {
    fn history(&self, rows: u32) -> Result<Database> {
        let database = self.server.create()?;
        let version = format!("VERSION={}", self.naive.before);
        self.rails.must(&self.naive, &database, &["db:migrate", &version])?;
        database.fill(rows)?;
        Ok(database)
    }

    fn sides(&self, history: &Database) -> Result<Sides> {
        let side = |project: &Project| -> Result<Side> {
            let database = self.server.copy(history)?;
            let ran = self.rails.run(project, &database, &[&["db:migrate"]])?;
            Ok(Side { database, error: ran.must_succeed().err().map(|error| error.to_string()) })
        };
        Ok(Sides { naive: side(&self.naive)?, rewritten: side(&self.rewritten)? })
    }

    fn must_be_the_same(&self, history: &Database, sides: &Sides) -> Result<()> {
        let (naive, rewritten) = (&sides.naive.database, &sides.rewritten.database);
        let expected = Expected::of(naive, history, &[])?;
        expected.must_be(rewritten)?;
        let (of_naive, of_rewritten) = (self.naive.schema()?, self.rewritten.schema()?);
        let is_same = match self.replaces_a_column()? {
            true => sorted(&of_naive) == sorted(&of_rewritten), // it is the last one then
            false => of_naive == of_rewritten,
        };
        ensure!(is_same, "schema.rb differs\n{of_naive}\n\n{of_rewritten}");
        self.must_be_done(rewritten)?;
        let down = self.naive_down(naive)?;
        if self.ways == Ways::Every {
            let steps = self.rewritten.steps()?;
            if steps.len() > 1 {
                self.must_go_step_by_step(history, &expected).context("step by step")?;
            }
            if steps.iter().any(|(_, text)| !killed_at_each_place(text, "up").is_empty()) {
                self.must_bear_all_kills(history, rewritten, &expected, down.as_ref())?;
            }
        }
        self.must_go_down(history, rewritten, down.as_ref())?;
        must_look_the_same(naive, rewritten).context("up again")
    }

    fn must_be_possible(&self, _: &Database, sides: &Sides) -> Result<()> {
        self.must_be_done(&sides.rewritten.database)
    }
}

/// Its lines, whatever the order of columns is.
fn sorted(schema: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = schema.lines().collect();
    lines.sort_unstable();
    lines
}

impl Pair<'_> {
    /// Fails when there is anything left to run.
    fn must_be_done(&self, database: &Database) -> Result<()> {
        let out = self.rails.must(&self.rewritten, database, &["db:migrate"])?;
        ensure!(out.is_empty(), "the second run does {out}");
        Ok(())
    }

    /// Each step up, down, and up again.
    fn must_go_step_by_step(&self, history: &Database, expected: &Expected) -> Result<()> {
        let database = self.server.copy(history)?;
        let mut commands = Vec::new();
        for (version, text) in self.rewritten.steps()? {
            let up = vec!["db:migrate".to_owned(), format!("VERSION={version}")];
            commands.push(up.clone());
            // Its author's words may take back more.
            let can_come_again = !["IrreversibleMigration", " · as written"].iter().any(|sign| text.contains(sign));
            if can_come_again {
                commands.extend([vec!["db:rollback".to_owned()], up]);
            }
        }
        let commands: Vec<Vec<&str>> =
            commands.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
        let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
        self.rails.run(&self.rewritten, &database, &commands)?.must_succeed()?;
        expected.must_be_read(&database)?;
        self.must_be_done(&database)
    }

    /// Up from `history` and, where the naive migration has a way down, down from `rewritten`.
    fn must_bear_all_kills(
        &self,
        history: &Database,
        rewritten: &Database,
        expected: &Expected,
        down: Option<&Database>,
    ) -> Result<()> {
        let up = self.must_bear_kills(history, "up").context("killed on the way up")?;
        expected.must_be(&up).context("killed on the way up")?;
        let Some(down) = down else { return Ok(()) };
        let on_the_way = self.must_bear_kills(rewritten, "down").context("killed on the way down")?;
        self.must_be_down(history, &on_the_way, Some(down)).context("killed on the way down")
    }

    /// Each file of several steps is killed before every step, and before the end of every block; then the same command goes on.
    /// Returns where it leads from `database`.
    fn must_bear_kills(&self, database: &Database, way: &str) -> Result<Database> {
        let database = self.server.copy(database)?;
        let mut steps = self.rewritten.steps()?;
        if way == "down" {
            steps.reverse();
        }
        for (version, text) in steps {
            let target = format!("VERSION={version}");
            let command: &[&str] = if way == "up" { &["db:migrate", &target] } else { &["db:rollback"] };
            for (at, killed) in killed_at_each_place(&text, way).iter().enumerate() {
                let project = self.rewritten.with_text(&self.rewritten.path_of(version)?, killed)?;
                let ran = self.rails.run(&project, &database, &[command])?;
                ensure!(!ran.ok(), "{way}, place {at}: it was killed and says that it is done");
            }
            self.rails.must(&self.rewritten, &database, command)?;
        }
        Ok(database)
    }

    /// A column that is renamed goes, and another one is in its place.
    fn replaces_a_column(&self) -> Result<bool> {
        Ok(self.rewritten.steps()?.iter().any(|(_, text)| text.contains("_sync\"()")))
    }

    /// Where the naive migration's own way down leads, if it leads anywhere and the rewrite can follow: a column that was renamed by way
    /// of another one cannot come back.
    fn naive_down(&self, naive: &Database) -> Result<Option<Database>> {
        if self.replaces_a_column()? {
            return Ok(None);
        }
        let database = self.server.copy(naive)?;
        let ran = self.rails.run(&self.naive, &database, &[&["db:rollback"]])?;
        Ok(ran.ok().then_some(database))
    }

    /// Fails where a database is neither as before the migration nor where the naive migration's own way down leads.
    fn must_be_down(&self, history: &Database, database: &Database, down: Option<&Database>) -> Result<()> {
        match (must_look_the_same(history, database), down) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) => Err(error),
            (Err(_), Some(down)) => must_look_the_same(down, database),
        }
    }

    /// Goes down to where the version before was, and up again; `down` is where the naive migration's own way leads.
    fn must_go_down(&self, history: &Database, database: &Database, down: Option<&Database>) -> Result<()> {
        let steps = format!("STEP={}", self.rewritten.steps()?.len());
        let ran = self.rails.run(&self.rewritten, database, &[&["db:rollback", &steps]])?;
        if !ran.ok() && down.is_none() {
            println!("cannot go down: {}", ran.error());
            self.rails.must(&self.rewritten, database, &["db:migrate"]).context("up again")?;
            return Ok(());
        }
        ran.must_succeed().context("down")?;
        self.must_be_down(history, database, down).context("down")?;
        self.rails.must(&self.rewritten, database, &["db:migrate"]).context("up again").map(drop)
    }
}

/// The text of a file of several steps with a death in it: before each step of a method, and before the end of each of its
/// blocks. None of any other file.
fn killed_at_each_place(text: &str, method: &str) -> Vec<String> {
    const DEATH: &str = "    Process.kill(\"KILL\", Process.pid)\n";
    if text.matches("# Step ").count() < 2 {
        return Vec::new();
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let begins = format!("  def {method}\n");
    let from = lines.iter().position(|line| **line == begins).map_or(lines.len(), |at| at + 1);
    let length = lines[from..].iter().position(|line| *line == "  end\n").unwrap_or(0);
    let is_place = |line: &str| line.starts_with("    # Step ") || line == "    end\n";
    let places = (from..from + length).filter(|at| is_place(lines[*at]));
    places.map(|at| [&lines[..at], &[DEATH], &lines[at..]].concat().concat()).collect()
}

/// What a run is killed in: a brief step, a concurrent build, a scan and a backfill.
const KILLED: [&str; 3] = ["add_column_volatile", "add_reference", "hand_unique_constraint"];

/// At every step another session is in the way. There the connection is ended, or Rails itself; and then the same command goes
/// on.
#[test]
fn a_run_that_is_killed_goes_on() -> Result<()> {
    let server = Server::of(15)?;
    bench::on_each(&Sample::of(&KILLED)?, THREADS, |sample| {
        let naive = sample.project()?;
        let rewritten = naive.rewritten(server.major)?;
        let pair = Pair { rails: RAILS_7, server: &server, naive, rewritten, ways: Ways::Every };
        let history = pair.history(ROWS)?;
        let sides = pair.sides(&history)?;
        let expected = Expected::of(&sides.naive.database, &history, &[])?;
        let database = server.copy(&history)?;
        for (number, (version, text)) in pair.rewritten.steps()?.iter().enumerate() {
            let how = if number % 2 == 0 { Killed::Connection } else { Killed::Rails };
            let version = format!("VERSION={version}");
            let command = ["db:migrate", version.as_str()];
            kill(&pair.rewritten, &database, text, &command, how).with_context(|| version.clone())?;
            pair.rails.must(&pair.rewritten, &database, &command).with_context(|| version.clone())?;
        }
        expected.must_be(&database)?;
        pair.must_be_done(&database)
    })
}

#[derive(Clone, Copy)]
enum Killed {
    Connection,
    Rails,
}

/// Runs a step until it waits for a lock, and ends it there.
fn kill(project: &Project, database: &Database, text: &str, command: &[&str], how: Killed) -> Result<()> {
    let mut watcher = database.connect()?;
    let mut other = database.connect()?;
    let builds = text.lines().any(|line| line.trim_start().starts_with("add_index") && line.contains("concurrently"));
    blocker::block(&mut other, if builds { "CONCURRENTLY" } else { text })?;
    let mut process = RAILS_7.program()?.start()?;
    let running = Running::begin(&mut process, &Rails::job(project, database, &[command]))?;
    let pid = blocker::waiting(&mut watcher, &mut other)?;
    if let Killed::Rails = how {
        running.kill_command()?;
    }
    blocker::end(&mut watcher, pid)?;
    ensure!(!running.answer()?.ok(), "it was ended and says that it is done");
    blocker::gone(&mut watcher, pid)?;
    other.batch_execute("ROLLBACK")?;
    Ok(())
}

/// Another index that has the name is none that was built before: neither one of another table or of other columns, nor one that
/// is partial.
#[test]
fn another_index_under_the_name_is_an_error() -> Result<()> {
    let server = Server::of(15)?;
    let naive = Sample { name: "add_index_unique".to_owned() }.project()?;
    let rewritten = naive.rewritten(server.major)?;
    let pair = Pair { rails: RAILS_7, server: &server, naive, rewritten, ways: Ways::UpAndDown };
    let history = pair.history(ROWS)?;
    for (index, is_it) in [
        ("UNIQUE INDEX index_users_on_email_and_name ON users (email, name)", true),
        ("INDEX index_users_on_email_and_name ON users (email, name)", false),
        ("UNIQUE INDEX index_users_on_email_and_name ON users (name, email)", false),
        ("UNIQUE INDEX index_users_on_email_and_name ON users (email, name) WHERE name > ''", false),
    ] {
        let database = server.copy(&history)?;
        database.connect()?.batch_execute(&format!("CREATE {index}"))?;
        let ran = pair.rails.run(&pair.rewritten, &database, &[&["db:migrate"]])?;
        ensure!(ran.ok() == is_it, "{index}: {}", ran.error());
        ensure!(is_it || ran.out.contains("is another index"), "{index}: {}", ran.out);
    }
    Ok(())
}

/// What runs under each gem: what they look at, each in another way.
const UNDER_GEMS: [(Gem, &str, &[&str]); 4] = [
    (STRONG_MIGRATIONS, "", &["add_reference", "change_column_null", "hand_gem_stops"]),
    (STRONG_MIGRATIONS, "StrongMigrations.check_down = true\n", &["hand_gem_stops"]),
    (ONLINE_MIGRATIONS, "", &["add_reference", "change_column_null", "hand_gem_stops"]),
    (SAFE_PG_MIGRATIONS, "", &["add_column_volatile", "change_column_null_default", "hand_unique_constraint"]),
];

/// The naive migration runs without the gem, which would stop at it; the rewritten one with it.
#[test]
#[ignore = "needs unpacked gems: SAFESTEP_TEST_GEMS=FOLDER, with strong_migrations-2.8.0/lib and the like in it"]
fn under_gems_that_see_to_migrations() -> Result<()> {
    let server = Server::of(15)?;
    for (gem, initializer, names) in UNDER_GEMS {
        bench::on_each(&Sample::of(names)?, THREADS, |sample| {
            let plain = sample.project()?;
            let naive = plain.with_gem(gem, initializer)?;
            let rewritten = naive.rewritten(server.major)?;
            rewritten.must_be_final(&naive, server.major)?;
            RAILS_7.must_compile(&rewritten)?;
            ensure!(naive.migrations()? != rewritten.migrations()?, "{} is left as it is", sample.name);
            let pair = Pair { rails: RAILS_7, server: &server, naive: plain, rewritten, ways: Ways::UpAndDown };
            let verdict = pair.verdict(ROWS, false)?;
            ensure!(verdict == Verdict::Same, "{verdict}");
            Ok(())
        })
        .with_context(|| gem.0)?;
    }
    Ok(())
}

/// What strong_migrations stops at where it is not assured, it does not stop at in a rewrite only because of that.
#[test]
fn assurance_stands_only_where_a_gem_stops() -> Result<()> {
    for (name, expected) in [("add_index", 0), ("add_reference", 0), ("change_column_null", 0), ("hand_gem_stops", 4)] {
        let project = Sample { name: name.to_owned() }.project()?.with_gem(STRONG_MIGRATIONS, "")?.rewritten(15)?;
        let steps = project.steps()?;
        let assured: usize = steps.iter().map(|(_, text)| text.matches("safety_assured").count()).sum();
        ensure!(assured == expected, "{name}: {assured} times\n{steps:#?}");
    }
    Ok(())
}

/// online_migrations gives a build on the migration a `lock_timeout`, within which an older transaction has not ended.
#[test]
#[ignore = "needs unpacked gems: SAFESTEP_TEST_GEMS=FOLDER, with strong_migrations-2.8.0/lib and the like in it"]
fn a_build_waits_for_older_transactions_under_online_migrations() -> Result<()> {
    let server = Server::of(15)?;
    let plain = Sample { name: "add_index".to_owned() }.project()?;
    let rewritten = plain.with_gem(ONLINE_MIGRATIONS, "")?.rewritten(server.major)?;
    let pair = Pair { rails: RAILS_7, server: &server, naive: plain, rewritten, ways: Ways::UpAndDown };
    let database = pair.history(ROWS)?;
    let mut older = database.connect()?;
    older.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users")?;
    let waits = thread::spawn(move || {
        thread::sleep(Duration::from_secs(2));
        older.batch_execute("COMMIT")
    });
    let out = RAILS_7.must(&pair.rewritten, &database, &["db:migrate"])?;
    ensure!(waits.join().is_ok_and(|ended| ended.is_ok()), "the older transaction");
    ensure!(!out.contains("Retrying") && !out.contains("Recreating"), "{out}");
    pair.must_be_done(&database)
}

/// What a gem makes safe while it runs stays as it is, and sends what was read: no statement that safestep would take for
/// dangerous.
#[test]
#[ignore = "needs unpacked gems: SAFESTEP_TEST_GEMS=FOLDER, with strong_migrations-2.8.0/lib and the like in it"]
fn what_a_gem_makes_safe_stays_as_it_is() -> Result<()> {
    let server = Server::of(15)?;
    let by_default = "StrongMigrations.safe_by_default = true\n";
    for (gem, initializer, samples) in [
        (SAFE_PG_MIGRATIONS, "", &["add_reference", "add_check_constraint", "change_column_null"] as &[&str]),
        (STRONG_MIGRATIONS, by_default, &["add_index", "remove_index"]),
    ] {
        for &name in samples {
            let plain = Sample { name: name.to_owned() }.project()?;
            let naive = plain.with_gem(gem, initializer)?;
            let rewritten = naive.rewritten(server.major)?;
            ensure!(
                naive.migrations()? == rewritten.migrations()?,
                "{} under {}: {:#?}",
                name,
                gem.0,
                rewritten.steps()?
            );
            let pair = Pair { rails: RAILS_7, server: &server, naive: plain, rewritten, ways: Ways::UpAndDown };
            let database = pair.history(0)?;
            let log = naive.folder().path().join("sql.log");
            let mut job = Rails::job(&naive, &database, &[&["db:migrate"]]);
            job["environment"]["RAILS_LOG"] = log.to_string_lossy().into();
            RAILS_7.ask(&job)?.must_succeed()?;
            let sent = std::fs::read_to_string(&log)?;
            let statements: Vec<String> = naive.reading()?;
            ensure!(!statements.is_empty(), "{name}: nothing was read");
            let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (sent, mut from) = (spaced(&sent), 0);
            for statement in statements {
                let statement = spaced(statement.trim_end_matches(';'));
                let found = sent[from..].find(&statement);
                from += found.with_context(|| format!("{name} under {}: {statement} is not in\n{sent}", gem.0))?;
            }
        }
    }
    Ok(())
}
