//! Every Alembic sample, naive and rewritten, through the real Alembic on real servers: same schema, same rows, up, down and
//! up again, at once and step by step, over a database that the naive revision was at, and with every statement of every
//! step sent before and its row not written. `locks.rs` looks at what each step locks.
//!
//! On PostgreSQL 15 with the newest Alembic over psycopg2 all of this; elsewhere (other servers, drivers, an older Alembic, a
//! transaction for each revision) the samples in `SMOKE`, up and down: what their statements do is seen here, there it is
//! only whether they arrive.
//!
//! `SAFESTEP_TEST_ONLY=combo_many scripts/test --test alembic_upgrade -- --nocapture` runs some and shows the report.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use safestep::sql::split;
use tempfile::TempDir;

use bench::blocker;
use bench::comparison::Verdict;
use bench::proof::{Expected, must_look_the_same};
use bench::server::{Database, Server};
use bench::sides::{Pair as _, Side, Sides};
use bench::upgrade::{self, ALEMBIC, Alembic, Project, Sample, Step, VERSIONS};

/// Samples that a rewrite must change, of every kind.
const REWRITTEN: [&str; 7] = [
    "combo_many",
    "fk_add",
    "index_add",
    "make_required",
    "make_required_mapped_annotated",
    "unique_add",
    "unique_add_named",
];

/// What the naive form cannot do in the run's one transaction; a rewrite can.
const NEEDS_ITS_OWN_TRANSACTION: [&str; 2] = ["hand_enum_value", "index_add_postgres_opts"];

/// What is run on other servers, too, and by other means.
const SMOKE: [&str; 4] = ["combo_many", "index_add", "make_required", "unique_add"];

/// With all steps of a phase in one revision.
const IN_ONE: Alembic = Alembic { layout: "phase", ..ALEMBIC };

const THREADS: usize = 2;
const ROWS: u32 = 5;

#[test]
fn every_sample() -> Result<()> {
    run_all(&ALEMBIC, 15, &Sample::all()?, Ways::Every)
}

#[test]
fn on_the_oldest_server_and_the_newest() -> Result<()> {
    run_all(&ALEMBIC, 12, &Sample::of(&SMOKE)?, Ways::UpAndDown)?;
    run_all(&ALEMBIC, 18, &Sample::of(&SMOKE)?, Ways::UpAndDown)
}

#[test]
fn over_another_driver() -> Result<()> {
    let asyncpg = Alembic { driver: "asyncpg", template: "async", ..ALEMBIC };
    run_all(&asyncpg, 15, &Sample::of(&SMOKE)?, Ways::UpAndDown)?;
    run_all(&Alembic { driver: "psycopg", ..ALEMBIC }, 15, &Sample::of(&SMOKE)?, Ways::UpAndDown)
}

#[test]
fn with_a_transaction_for_each_revision() -> Result<()> {
    run_all(&Alembic { per_migration: true, ..ALEMBIC }, 15, &Sample::of(&SMOKE)?, Ways::UpAndDown)
}

#[test]
fn with_an_old_alembic() -> Result<()> {
    let old = Alembic { python: "SAFESTEP_TEST_ALEMBIC_OLD", ..ALEMBIC };
    run_all(&old, 15, &Sample::of(&SMOKE)?, Ways::UpAndDown)
}

/// A sequence in one revision, which begins again at its first statement whatever it has committed.
#[test]
fn every_sample_in_one_revision() -> Result<()> {
    run_all(&IN_ONE, 15, &Sample::all()?, Ways::Every)
}

#[test]
fn in_one_revision_by_other_means() -> Result<()> {
    let smoke = Sample::of(&SMOKE)?;
    run_all(&Alembic { per_migration: true, ..IN_ONE }, 15, &smoke, Ways::UpAndDown)?;
    run_all(&Alembic { driver: "asyncpg", template: "async", ..IN_ONE }, 15, &smoke, Ways::UpAndDown)?;
    run_all(&Alembic { python: "SAFESTEP_TEST_ALEMBIC_OLD", ..IN_ONE }, 12, &smoke, Ways::UpAndDown)?;
    run_all(&IN_ONE, 18, &smoke, Ways::UpAndDown)
}

/// `alembic upgrade --sql` prints a script that leaves the same.
#[test]
fn as_a_script() -> Result<()> {
    let server = Server::of(15)?;
    bench::on_each(&Sample::of(&SMOKE)?, THREADS, |sample| {
        let naive = sample.naive(&ALEMBIC)?;
        let rewritten = naive.rewritten(server.major)?;
        let pair = Pair { alembic: &ALEMBIC, server: &server, naive, rewritten, ways: Ways::Every };
        let history = pair.history(ROWS)?;
        let sides = pair.sides(&history)?;
        let database = server.copy(&history)?;
        let script = ALEMBIC.script(&pair.rewritten)?;
        let mut client = database.connect()?;
        // As psql sends it: one statement after the other.
        for piece in split(&script).pieces {
            let statement = piece.span.slice(&script);
            client.batch_execute(statement).with_context(|| statement.to_owned())?;
        }
        Expected::of(&sides.naive.database, &history, &[])?.must_be(&database)?;
        pair.must_be_done(&database)
    })
}

/// What is done with a rewrite.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    /// Up, down to what was before and up again.
    UpAndDown,
    /// Step by step, after failures and after the naive revision, too.
    Every,
}

fn run_all(alembic: &Alembic, major: u32, samples: &[Sample], ways: Ways) -> Result<()> {
    let server = Server::of(major)?;
    bench::on_each(samples, THREADS, |sample| {
        let start = Instant::now();
        let verdict = prove(alembic, &server, sample, ways)?;
        let name = &sample.name;
        println!(
            "PostgreSQL {major}  {:<8}  {name:<32} {verdict}  ({:.1} s)",
            alembic.driver,
            start.elapsed().as_secs_f32()
        );
        let must_change = REWRITTEN.contains(&name.as_str());
        ensure!(verdict != Verdict::Unchanged || !must_change, "safestep left the revision as it was");
        Ok(())
    })
    .with_context(|| format!("PostgreSQL {major}, {}", alembic.driver))
}

/// A revision naive and rewritten.
struct Pair<'a> {
    alembic: &'a Alembic,
    server: &'a Server,
    naive: Project,
    rewritten: Project,
    ways: Ways,
}

fn prove(alembic: &Alembic, server: &Server, sample: &Sample, ways: Ways) -> Result<Verdict> {
    let naive = sample.naive(alembic)?;
    let rewritten = naive.rewritten(server.major)?;
    rewritten.must_be_final(&naive, server.major)?;
    alembic.must_compile(&rewritten)?;
    if naive.revisions()? == rewritten.revisions()? {
        return Ok(Verdict::Unchanged);
    }
    let pair = Pair { alembic, server, naive, rewritten, ways };
    pair.verdict(ROWS, NEEDS_ITS_OWN_TRANSACTION.contains(&sample.name.as_str()))
}

impl bench::sides::Pair for Pair<'_> {
    fn history(&self, rows: u32) -> Result<Database> {
        let database = self.server.create()?;
        self.alembic.must(&self.naive, &database, &["upgrade", &self.naive.before])?;
        database.fill(rows)?;
        Ok(database)
    }

    fn sides(&self, history: &Database) -> Result<Sides> {
        let side = |project: &Project| -> Result<Side> {
            let database = self.server.copy(history)?;
            let ran = self.alembic.run(project, &database, &[&["upgrade", "head"]])?;
            Ok(Side { database, error: ran.error })
        };
        Ok(Sides { naive: side(&self.naive)?, rewritten: side(&self.rewritten)? })
    }

    fn must_be_the_same(&self, history: &Database, sides: &Sides) -> Result<()> {
        let (naive, rewritten) = (&sides.naive.database, &sides.rewritten.database);
        let expected = Expected::of(naive, history, &[])?;
        expected.must_be(rewritten)?;
        self.must_be_done(rewritten)?;
        let down = self.naive_down(naive)?;
        if self.ways == Ways::Every {
            self.must_check_the_same(naive, rewritten)?;
            self.must_go_step_by_step(history, &expected).context("step by step")?;
            self.must_bear_failures(history, &expected)?;
            if down.is_some() {
                let on_the_way = self.goes_down_after_failures(rewritten)?;
                self.must_be_down(history, &on_the_way, down.as_ref()).context("down after failures")?;
            }
            self.must_take_over(history, naive, down.as_ref(), &expected).context("after the naive revision")?;
        }
        self.must_go_down(history, rewritten, down.as_ref())?;
        must_look_the_same(naive, rewritten).context("up again")
    }

    /// It leaves what the naive statements leave one by one.
    fn must_be_possible(&self, history: &Database, sides: &Sides) -> Result<()> {
        let rewritten = &sides.rewritten.database;
        let reference = self.server.copy(history)?;
        for step in self.alembic.steps(&self.naive)? {
            let mut client = reference.connect()?;
            step.statements().try_for_each(|sql| client.batch_execute(sql))?;
        }
        let expected = Expected::of(&reference, history, &[])?;
        expected.must_be(rewritten)?;
        self.must_be_done(rewritten)?;
        if self.ways == Ways::Every {
            self.must_bear_failures(history, &expected)?;
        }
        self.alembic.must(&self.naive, &reference, &["stamp", "head"])?;
        let down = self.naive_down(&reference)?;
        self.must_go_down(history, rewritten, down.as_ref())?;
        must_look_the_same(&reference, rewritten).context("up again")
    }
}

impl Pair<'_> {
    /// Fails when there is anything left to run.
    fn must_be_done(&self, database: &Database) -> Result<()> {
        let steps = self.alembic.must(&self.rewritten, database, &["upgrade", "head"])?;
        ensure!(steps.is_empty(), "the second run does {steps:?}");
        Ok(())
    }

    /// Fails when Alembic sees something else between the model and the database than after the naive revision.
    fn must_check_the_same(&self, naive: &Database, rewritten: &Database) -> Result<()> {
        if self.alembic.python != ALEMBIC.python {
            return Ok(()); // it has no such command
        }
        let check = |project: &Project, database: &Database| -> Result<String> {
            let ran = self.alembic.run(project, database, &[&["check"]])?;
            let error = ran.error.unwrap_or_default();
            Ok(error.lines().filter(|line| line.contains("New upgrade operations")).collect())
        };
        let (naive, rewritten) = (check(&self.naive, naive)?, check(&self.rewritten, rewritten)?);
        ensure!(naive == rewritten, "alembic check: {naive:?} after the naive revision, and rewritten {rewritten:?}");
        Ok(())
    }

    fn must_go_step_by_step(&self, history: &Database, expected: &Expected) -> Result<()> {
        let database = self.server.copy(history)?;
        for _ in self.alembic.steps(&self.rewritten)? {
            self.alembic.must(&self.rewritten, &database, &["upgrade", "+1"])?;
        }
        expected.must_be_read(&database)?;
        self.must_be_done(&database)
    }

    /// Each step is begun once for each of its statements outside the run's transaction, which run up to that one: then the
    /// connection is gone. Then the step runs as it should.
    fn must_bear_failures(&self, history: &Database, expected: &Expected) -> Result<()> {
        let database = self.server.copy(history)?;
        for step in self.alembic.steps(&self.rewritten)? {
            for stopped in 1..=step.outside.len() {
                let mut client = database.connect()?;
                let mut sent = step.outside[..stopped].iter();
                let sent = sent.try_for_each(|sql| client.batch_execute(sql));
                sent.with_context(|| format!("{}: stopped behind statement {stopped}", step.title()))?;
            }
            let again = self.alembic.must(&self.rewritten, &database, &["upgrade", "+1"]);
            again.with_context(|| format!("{}: again", step.title()))?;
        }
        expected.must_be_read(&database).context("after failures")
    }

    /// A database where the naive revision ran has nothing to do, and goes down and up as any other.
    fn must_take_over(
        &self,
        history: &Database,
        naive: &Database,
        down: Option<&Database>,
        expected: &Expected,
    ) -> Result<()> {
        let database = self.server.copy(naive)?;
        self.must_be_done(&database)?;
        expected.must_be_read(&database)?;
        self.must_go_down(history, &database, down)?;
        must_look_the_same(naive, &database).context("up again")
    }

    /// Where the naive revision's own way down leads, if it leads anywhere.
    fn naive_down(&self, naive: &Database) -> Result<Option<Database>> {
        let database = self.server.copy(naive)?;
        let ran = self.alembic.run(&self.naive, &database, &[&["downgrade", &self.naive.before]])?;
        Ok(ran.ok().then_some(database))
    }

    /// Fails where a database is neither as before the revision nor where the naive revision's own way down leads.
    fn must_be_down(&self, history: &Database, database: &Database, down: Option<&Database>) -> Result<()> {
        let difference = must_look_the_same(history, database);
        match (difference, down) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) => Err(error),
            (Err(_), Some(down)) => must_look_the_same(down, database),
        }
    }

    /// The same as [`Pair::must_bear_failures`] on the way down; returns where it leads.
    fn goes_down_after_failures(&self, up: &Database) -> Result<Database> {
        let database = self.server.copy(up)?;
        for step in self.alembic.steps(&self.rewritten)?.iter().rev() {
            for stopped in 1..=step.back_outside.len() {
                let mut client = database.connect()?;
                let mut sent = step.back_outside[..stopped].iter();
                let sent = sent.try_for_each(|sql| client.batch_execute(sql));
                sent.with_context(|| format!("{}: stopped behind statement {stopped} of its way down", step.title()))?;
            }
            let again = self.alembic.must(&self.rewritten, &database, &["downgrade", "-1"]);
            again.with_context(|| format!("{}: down again", step.title()))?;
        }
        Ok(database)
    }

    /// Goes down to where the revision before was, and up again; `down` is where the naive revision's own way leads.
    fn must_go_down(&self, history: &Database, database: &Database, down: Option<&Database>) -> Result<()> {
        let ran = self.alembic.run(&self.rewritten, database, &[&["downgrade", &self.naive.before]])?;
        if !ran.ok() && down.is_none() {
            println!("cannot go down: {}", ran.error.unwrap_or_default().lines().last().unwrap_or_default());
            return Ok(());
        }
        ran.must_succeed().context("down")?;
        self.must_be_down(history, database, down).context("down")?;
        self.alembic.must(&self.rewritten, database, &["upgrade", "head"]).context("up again").map(drop)
    }
}

/// What a run is killed in: a brief step, a concurrent build, a scan, and steps in their author's words.
const KILLED: [&str; 3] = ["hand_batch", "make_required", "unique_add"];

/// At every step another session is in the way. There the connection is ended, or Alembic itself; and then the same command
/// goes on.
#[test]
fn a_run_that_is_killed_goes_on() -> Result<()> {
    let server = Server::of(15)?;
    bench::on_each(&Sample::of(&KILLED)?, THREADS, |sample| {
        let naive = sample.naive(&ALEMBIC)?;
        let rewritten = naive.rewritten(server.major)?;
        let pair = Pair { alembic: &ALEMBIC, server: &server, naive, rewritten, ways: Ways::Every };
        let history = pair.history(ROWS)?;
        let sides = pair.sides(&history)?;
        let expected = Expected::of(&sides.naive.database, &history, &[])?;
        let database = server.copy(&history)?;
        for (number, step) in ALEMBIC.steps(&pair.rewritten)?.iter().enumerate() {
            let how = if number % 2 == 0 { Killed::Connection } else { Killed::Alembic };
            kill(&pair.rewritten, &database, step, how).with_context(|| step.title().to_owned())?;
            ALEMBIC.must(&pair.rewritten, &database, &["upgrade", "+1"]).with_context(|| step.title().to_owned())?;
        }
        expected.must_be(&database)?;
        pair.must_be_done(&database)
    })
}

#[derive(Clone, Copy)]
enum Killed {
    Connection,
    Alembic,
}

/// Runs a step until it waits for a lock, and ends it there.
fn kill(project: &Project, database: &Database, step: &Step, how: Killed) -> Result<()> {
    let mut watcher = database.connect()?;
    let mut other = database.connect()?;
    let sent: Vec<&str> = step.statements().collect();
    blocker::block(&mut other, &sent.join("\n"))?;
    let mut process = ALEMBIC.program()?.start()?;
    process.give(&ALEMBIC.job(project, database, &[&["upgrade", "+1"]]))?;
    let pid = blocker::waiting(&mut watcher, &mut other)?;
    if let Killed::Alembic = how {
        process.kill()?;
    }
    blocker::end(&mut watcher, pid)?;
    if let Killed::Connection = how {
        ensure!(!upgrade::ran(&process.answer()?)?.ok(), "it was ended and says that it is done");
    }
    blocker::gone(&mut watcher, pid)?;
    other.batch_execute("ROLLBACK")?;
    Ok(())
}

fn revision(id: &str, follows: &str, labels: &str, depends_on: &str, upgrade: &str, downgrade: &str) -> String {
    format!(
        "\"\"\"{id}\"\"\"\nfrom alembic import op\n\nrevision = \"{id}\"\ndown_revision = {follows}\nbranch_labels = {labels}\n\
         depends_on = {depends_on}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    )
}

/// A revision with a label and something that it depends on, beside another branch, below a merge that does something, too.
/// Databases that were at any revision before the rewrite come to the same end.
#[test]
fn a_history_with_branches() -> Result<()> {
    let server = Server::of(15)?;
    let none = "None";
    let revisions = [
        (
            "a",
            none,
            none,
            none,
            "op.execute(\"CREATE TABLE t (id serial PRIMARY KEY, x int, y int, z int)\")",
            "op.drop_table(\"t\")",
        ),
        (
            "lib1",
            none,
            "(\"lib\",)",
            none,
            "op.execute(\"CREATE TABLE u (id int PRIMARY KEY)\")",
            "op.drop_table(\"u\")",
        ),
        (
            "r",
            "\"a\"",
            "\"feature\"",
            "\"lib1\"",
            "op.alter_column(\"t\", \"x\", nullable=False)",
            "op.alter_column(\"t\", \"x\", nullable=True)",
        ),
        ("b", "(\"a\",)", none, none, "op.create_index(\"t_y\", \"t\", [\"y\"])", "op.drop_index(\"t_y\")"),
        (
            "m",
            "(\"r\", \"b\")",
            none,
            none,
            "op.create_unique_constraint(\"t_z\", \"t\", [\"z\"])",
            "op.drop_constraint(\"t_z\", \"t\")",
        ),
        ("c", "\"m\"", none, "[\"r\"]", "op.create_index(\"t_x\", \"t\", [\"x\"])", "op.drop_index(\"t_x\")"),
    ];
    let files: Vec<(String, String)> = revisions
        .iter()
        .map(|(id, follows, labels, depends, up, down)| {
            (format!("{id}_.py"), revision(id, follows, labels, depends, up, down))
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let naive = Project::of(&ALEMBIC, &files, "r", "a")?;
    let mut rewritten = naive.rewritten(15)?;
    for other in ["m", "b"] {
        rewritten.revision = other.into();
        rewritten = rewritten.rewritten(15)?;
    }
    rewritten.must_be_final(&naive, 15)?;
    let (before, after) = (naive.revisions()?, rewritten.revisions()?);
    ensure!(after.len() > before.len() + 2, "{:?}", after.keys());
    for untouched in ["a_.py", "lib1_.py", "c_.py"] {
        let path = Path::new(VERSIONS).join(untouched);
        ensure!(before.get(&path) == after.get(&path), "{untouched} was changed");
    }
    let expected = server.create()?;
    ALEMBIC.must(&naive, &expected, &["upgrade", "heads"])?;
    let empty = server.create()?;
    for at in ["", "a", "r", "b", "lib1", "m", "c"] {
        let database = server.create()?;
        if !at.is_empty() {
            ALEMBIC.must(&naive, &database, &["upgrade", at])?;
        }
        let from = || format!("from {at:?}");
        ALEMBIC.must(&rewritten, &database, &["upgrade", "heads"]).with_context(from)?;
        must_look_the_same(&expected, &database).with_context(from)?;
        ensure!(ALEMBIC.must(&rewritten, &database, &["upgrade", "heads"])?.is_empty(), "there is more to do");
        ALEMBIC.must(&rewritten, &database, &["downgrade", "base"]).with_context(from)?;
        must_look_the_same(&empty, &database).with_context(from)?;
        ALEMBIC.must(&rewritten, &database, &["upgrade", "feature@head"]).with_context(from)?;
        ALEMBIC.must(&rewritten, &database, &["upgrade", "heads"]).with_context(from)?;
        must_look_the_same(&expected, &database).with_context(from)?;
    }
    Ok(())
}

/// What Alembic generates next follows the revision, and holds just what the model has more.
#[test]
fn the_next_revision_is_generated_as_before() -> Result<()> {
    let server = Server::of(15)?;
    for sample in Sample::of(&["make_required"])? {
        let project = sample.naive(&ALEMBIC)?.rewritten(15)?;
        let database = server.create()?;
        ALEMBIC.must(&project, &database, &["upgrade", "head"])?;
        let model = std::fs::read_to_string(project.folder().path().join("models.py"))?;
        let field = "    name=Column(Text,nullable=False)";
        ensure!(model.contains(field), "the model is another one");
        project.folder().write("models.py", model.replace(field, &format!("{field}\n    more=Column(Integer)")))?;
        let before = project.revisions()?;
        ALEMBIC.must(&project, &database, &["revision", "more"])?;
        let mut new = project.revisions()?;
        new.retain(|path, _| !before.contains_key(path));
        let [text] = new.values().map(String::as_str).collect::<Vec<_>>()[..] else { bail!("{:?}", new.keys()) };
        let follows = text.lines().find(|line| line.starts_with("down_revision")).unwrap_or_default();
        ensure!(follows.ends_with(&format!(" = '{}'", project.revision)), "{follows}");
        let calls: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("op.")).collect();
        let expected = [
            "op.add_column('users', sa.Column('more', sa.Integer(), nullable=True))",
            "op.drop_column('users', 'more')",
        ];
        ensure!(calls == expected, "{calls:?}");
    }
    Ok(())
}

/// `ruff check` finds nothing in a step that it does not find in the revision that the step comes from, and a revision that
/// `ruff format` leaves as it is becomes steps that it leaves as they are.
#[test]
fn files_are_as_tidy_as_before() -> Result<()> {
    let place = TempDir::with_prefix("safestep-ruff-")?;
    let ruff = |arguments: &[&str]| -> Result<(bool, String)> {
        let python = bench::variable(ALEMBIC.python)?;
        let program = Path::new(&python).with_file_name("ruff");
        let output =
            Command::new(program).args(arguments).current_dir(place.path()).output().context("running ruff")?;
        let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        Ok((output.status.success(), text))
    };
    let write = |folder: &str, sample: &Sample, project: &Project| -> Result<()> {
        let to = place.path().join(folder).join(&sample.name);
        std::fs::create_dir_all(&to)?;
        for (path, text) in project.revisions()? {
            std::fs::write(to.join(path.file_name().context("a name")?), text)?;
        }
        Ok(())
    };
    let samples = Sample::all()?;
    for sample in &samples {
        let naive = sample.naive(&ALEMBIC)?;
        write("naive", sample, &naive)?;
        write("formatted", sample, &naive)?;
        write("rewritten", sample, &naive.rewritten(15)?)?;
    }
    let (ok, said) = ruff(&["format", "--isolated", "--quiet", "formatted"])?;
    ensure!(ok, "{said}");
    for sample in &samples {
        let naive = sample.naive(&ALEMBIC)?;
        let mut revisions = naive.revisions()?;
        for (path, text) in &mut revisions {
            let file = Path::new("formatted").join(&sample.name).join(path.file_name().context("a name")?);
            *text = std::fs::read_to_string(place.path().join(file))?;
        }
        write("formatted-rewritten", sample, &naive.with(&revisions)?.rewritten(15)?)?;
    }
    let (ok, said) = ruff(&["format", "--isolated", "--check", "--diff", "formatted-rewritten"])?;
    ensure!(ok, "{said}");
    let findings = |folder: &str| -> Result<BTreeSet<(String, String)>> {
        let (_, said) = ruff(&["check", "--isolated", "--quiet", "--output-format", "concise", folder])?;
        let finding = |line: &str| {
            let (place, text) = line.split_once(' ')?;
            let sample = place.split('/').nth(1)?;
            Some((sample.to_owned(), text.to_owned()))
        };
        Ok(said.lines().filter_map(finding).collect())
    };
    let before = findings("naive")?;
    ensure!(!before.is_empty(), "ruff finds nothing at all");
    for folder in ["rewritten", "formatted-rewritten"] {
        let new: Vec<_> = findings(folder)?.into_iter().filter(|finding| !before.contains(finding)).collect();
        ensure!(new.is_empty(), "{folder}: {new:#?}");
    }
    Ok(())
}
