//! Every Drizzle sample, naive and rewritten, through the real migrators on real servers: same schema, same rows, nothing
//! left to do. Both generations. On PostgreSQL 15 a rewrite runs over pg and postgres, in PGlite, and every second one with
//! drizzle-kit; every other driver, and the naive form as well, on the samples in `ON_EVERY_DRIVER`.
//!
//! What runs less often, and why that is enough:
//! - A sample in folders whose last migration becomes what the sample with a journal becomes runs over one driver, each over
//!   another one: what its statements do, and do when they run again, is seen there; here it is only whether the newer
//!   migrator sends them as the older one does, which depends on no statement.
//! - drizzle-kit holds drizzle-orm's migrators in its bundle: it reads the folder and asks pg or postgres as they do.
//! - The naive form runs twice in PGlite only where its rows are not those of the rewrite, to see which of them vary.
//!
//! `SAFESTEP_TEST_ONLY=combo_many scripts/test --test drizzle_migrate -- --nocapture` runs some and shows the report.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

use bench::comparison::Verdict;
use bench::drizzle::{Drizzle, Generation, Lite, Project, Ran, Sample};
use bench::proof::{Expected, must_be_same, must_keep};
use bench::server::{Database, Server};

/// Samples that a rewrite must change, of every kind.
const REWRITTEN: [&str; 38] = [
    "add_required_default_volatile",
    "add_serial",
    "check_add",
    "check_change",
    "combo_many",
    "enum_add_value_and_default",
    "fk_add",
    "fk_change_action",
    "hand_column_gone",
    "hand_do_guards",
    "hand_drop_parents",
    "hand_fill_nulls",
    "hand_fill_partitions",
    "hand_index_to_constraint",
    "hand_inline_references",
    "hand_line_breaks",
    "hand_new_tables",
    "hand_own_commit",
    "hand_own_transactions",
    "hand_policies",
    "hand_read_then_gone",
    "hand_renamed_after",
    "hand_rows_between",
    "hand_rows_first",
    "hand_rows_last",
    "hand_separators",
    "hand_table_gone",
    "hand_temporary",
    "hand_triggers",
    "hand_two_checks",
    "hand_unique_beside_drop",
    "hand_wrong_guard",
    "index_add",
    "index_add_concurrently",
    "index_change",
    "make_required",
    "make_required_with_default",
    "unique_add",
];

/// Samples with statements that belong into one transaction or session: they stay as they are.
const STAYS: [&str; 4] = ["hand_column_again", "hand_made_again", "hand_rename_circle", "hand_set_local"];

/// What the naive form cannot do in the migrators' one transaction; a rewrite can.
const NEEDS_ITS_OWN_TRANSACTION: [&str; 2] = ["enum_add_value_and_default", "index_add_concurrently"];

/// What the naive form cannot do in PGlite: it takes one statement at a time.
const SEVERAL_IN_A_CHUNK: [&str; 1] = ["hand_separators"];

/// Samples that are stopped after each of their chunks.
const STOPPED: [&str; 17] = [
    "add_required_default_volatile",
    "combo_many",
    "fk_change_action",
    "hand_column_gone",
    "hand_fill_partitions",
    "hand_index_to_constraint",
    "hand_temporary",
    "hand_new_tables",
    "hand_read_then_gone",
    "hand_renamed_after",
    "hand_rows_between",
    "hand_rows_first",
    "hand_table_gone",
    "hand_two_checks",
    "hand_unique_beside_drop",
    "index_change",
    "pk_composite_change",
];

const SEPARATOR: &str = "--> statement-breakpoint";

const ON_EVERY_DRIVER: [&str; 2] = ["combo_many", "enum_add_value_and_default"];

const DRIVERS: [&str; 6] = ["kit", "kit-postgres", "pg", "pg-client", "postgres", "postgres-1"];

/// The drivers over which a rewrite runs: every second one also with drizzle-kit, with one of its two.
fn for_every_sample(sample: &Sample) -> &'static [&'static str] {
    match sample.name.len() % 4 {
        0 => &["pg", "postgres", "kit"],
        1 => &["pg", "postgres", "kit-postgres"],
        _ => &["pg", "postgres"],
    }
}

const THREADS: usize = 2;

/// What a rewrite is run through.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    /// One driver: on copies of the same history the same as the naive form, and nothing left to do.
    One,
    /// Other drivers and PGlite too, before a failure, and after the naive file.
    Every,
}

#[test]
fn every_sample_with_a_journal() -> Result<()> {
    let journal = Generation::Journal;
    run_all(journal, 15, &Sample::all(journal)?, |_| Ok(("pg", Ways::Every)))?;
    run_all(journal, 12, &rewritten(journal)?, |_| Ok(("postgres", Ways::One)))
}

#[test]
fn every_sample_in_folders() -> Result<()> {
    let folders = Generation::Folders;
    let twins = AtomicUsize::new(0);
    run_all(folders, 15, &Sample::all(folders)?, |sample| {
        if !sample.has_a_twin(15)? {
            return Ok(("postgres", Ways::Every));
        }
        // drizzle-kit takes longest
        let one = ["pg", "postgres", "kit", "pg", "postgres", "kit-postgres"];
        Ok((one[twins.fetch_add(1, Ordering::Relaxed) % one.len()], Ways::One))
    })?;
    run_all(folders, 18, &rewritten(folders)?, |_| Ok(("pg", Ways::One)))
}

/// The samples that a rewrite must change.
fn rewritten(generation: Generation) -> Result<Vec<Sample>> {
    let mut samples = Sample::all(generation)?;
    samples.retain(|sample| REWRITTEN.contains(&sample.name.as_str()));
    Ok(samples)
}

/// Runs the samples on one server, each as `how` says, and fails with all their failures.
fn run_all(
    generation: Generation,
    major: u32,
    samples: &[Sample],
    how: impl Fn(&Sample) -> Result<(&'static str, Ways)> + Sync,
) -> Result<()> {
    let server = Server::of(major)?;
    let drizzle = Drizzle::of(generation);
    bench::on_each(samples, THREADS, |sample| {
        let (driver, ways) = how(sample)?;
        let verdict = prove(&drizzle, &server, sample, driver, ways).context(driver)?;
        println!("PostgreSQL {major}  {generation:?}  {driver}  {:<32} {verdict}", sample.name);
        let must_change = REWRITTEN.contains(&sample.name.as_str());
        ensure!(verdict != Verdict::Unchanged || !must_change, "safestep left the migration as it was");
        let must_stay = STAYS.contains(&sample.name.as_str());
        ensure!(verdict == Verdict::Unchanged || !must_stay, "safestep rewrote what must not run twice");
        Ok(())
    })
    .with_context(|| format!("PostgreSQL {major}, {generation:?}"))
}

fn prove(drizzle: &Drizzle, server: &Server, sample: &Sample, driver: &str, ways: Ways) -> Result<Verdict> {
    let (naive, rewritten) = (sample.naive()?, sample.rewritten(server.major)?);
    let before = naive.migrations()?.len() - 1;
    rewritten.must_be_final(server.major, before)?;
    if naive.texts()? == rewritten.texts()? {
        return Ok(Verdict::Unchanged);
    }
    let every = ways == Ways::Every;
    let history = sample.database(drizzle, server, 5)?;
    let sides = Sides::of(drizzle, server, &history, &naive, &rewritten, driver)?;
    match (sides.naive.1.ok, sides.rewritten.1.ok) {
        (true, true) => {
            let expected = Expected::of(&sides.naive.0, &history, &[])?;
            expected.must_be(&sides.rewritten.0)?;
            must_be_done(drizzle, driver, &rewritten, &sides.rewritten.0)?;
            if every {
                must_agree_everywhere(drizzle, server, sample, driver, &rewritten, &history, &expected)?;
                must_bear_repetition(drizzle, server, sample, driver, &rewritten, &history, &expected)?;
                if rewritten.migrations()?.len() > before + 1 {
                    drizzle.run(driver, &rewritten, &sides.naive.0)?.must_succeed().context("after the naive file")?;
                    expected.must_be(&sides.naive.0).context("after the naive file")?;
                }
            }
            Ok(Verdict::Same)
        }
        (false, true) if NEEDS_ITS_OWN_TRANSACTION.contains(&sample.name.as_str()) => {
            let reference = server.copy(&history)?;
            one_by_one(&naive, &reference)?;
            let expected = Expected::of(&reference, &history, &[])?;
            expected.must_be(&sides.rewritten.0)?;
            must_be_done(drizzle, driver, &rewritten, &sides.rewritten.0)?;
            if every {
                must_agree_everywhere(drizzle, server, sample, driver, &rewritten, &history, &expected)?;
            }
            Ok(Verdict::Possible)
        }
        (false, false) => {
            must_keep(&history, &sides.rewritten.0)?;
            if every {
                must_fail_everywhere(drizzle, server, sample, driver, &rewritten, &history)?;
            }
            let empty = sample.database(drizzle, server, 0)?;
            let sides = Sides::of(drizzle, server, &empty, &naive, &rewritten, driver)?;
            match (sides.naive.1.ok, sides.rewritten.1.ok) {
                (true, true) => {
                    let expected = Expected::of(&sides.naive.0, &empty, &[])?;
                    expected.must_be(&sides.rewritten.0).context("on empty tables")?;
                    if every {
                        must_agree_everywhere(drizzle, server, sample, driver, &rewritten, &empty, &expected)
                            .context("on empty tables")?;
                    }
                }
                (false, false) => return Ok(Verdict::Fails),
                _ => bail!("on empty tables: {}", sides.report()),
            }
            Ok(Verdict::FailsOnRows)
        }
        _ => bail!("{}", sides.report()),
    }
}

/// The rewrite over the other drivers, and in PGlite: there it leaves what the naive form leaves there, twice and from
/// nothing as well.
fn must_agree_everywhere(
    drizzle: &Drizzle,
    server: &Server,
    sample: &Sample,
    first: &str,
    rewritten: &Project,
    history: &Database,
    expected: &Expected,
) -> Result<()> {
    for driver in for_every_sample(sample).iter().copied().filter(|driver| *driver != first) {
        let database = server.copy(history)?;
        drizzle.run(driver, rewritten, &database)?.must_succeed().context(driver)?;
        expected.must_be_read(&database).context(driver)?;
    }
    let (before, naive) = (sample.history()?, sample.naive()?);
    let text = naive.last()?;
    let name = sample.name.as_str();
    let by_itself = NEEDS_ITS_OWN_TRANSACTION.contains(&name) || SEVERAL_IN_A_CHUNK.contains(&name);
    let naive_run = || match by_itself {
        true => [Lite::Migrate(&before), Lite::Rows(history), Lite::Chunks(text.split(SEPARATOR).collect())],
        false => [Lite::Migrate(&before), Lite::Rows(history), Lite::Migrate(&naive)],
    };
    let run = [Lite::Migrate(&before), Lite::Rows(history), Lite::Migrate(rewritten), Lite::Migrate(rewritten)];
    let left = drizzle.pglite(&[&naive_run(), &run, &[Lite::Migrate(rewritten)]])?;
    for (left, what) in left.iter().zip(["naive", "rewritten", "from nothing"]) {
        ensure!(left.error.is_none(), "pglite, {what}: {}", left.error.as_deref().unwrap_or_default());
    }
    let same = left.iter().all(|one| one.catalog == left[0].catalog);
    ensure!(same, "pglite: the schemas differ\n{:#?}", left.iter().map(|left| &left.catalog).collect::<Vec<_>>());
    if left[0].lines(&BTreeSet::new()) == left[1].lines(&BTreeSet::new()) {
        return Ok(());
    }
    let again = drizzle.pglite(&[&naive_run()])?;
    let varying = left[0].varying(&again[0]);
    let (expected, found) = (left[0].lines(&varying), left[1].lines(&varying));
    ensure!(expected == found, "pglite: the rows differ\n{expected:#?}\n{found:#?}");
    Ok(())
}

/// Where both forms fail on rows, the rewrite fails over the other drivers and in PGlite as well.
fn must_fail_everywhere(
    drizzle: &Drizzle,
    server: &Server,
    sample: &Sample,
    first: &str,
    rewritten: &Project,
    history: &Database,
) -> Result<()> {
    for driver in for_every_sample(sample).iter().copied().filter(|driver| *driver != first) {
        let database = server.copy(history)?;
        ensure!(!drizzle.run(driver, rewritten, &database)?.ok, "{driver}: it succeeds");
        must_keep(history, &database).context(driver)?;
    }
    let before = sample.history()?;
    let run = [Lite::Migrate(&before), Lite::Rows(history), Lite::Migrate(rewritten)];
    ensure!(drizzle.pglite(&[&run])?.iter().all(|left| left.error.is_some()), "pglite: it succeeds");
    Ok(())
}

/// Both forms on copies of a database.
struct Sides {
    naive: (Database, Ran),
    rewritten: (Database, Ran),
}

impl Sides {
    fn of(
        drizzle: &Drizzle,
        server: &Server,
        history: &Database,
        naive: &Project,
        rewritten: &Project,
        driver: &str,
    ) -> Result<Sides> {
        let side = |project: &Project| -> Result<(Database, Ran)> {
            let database = server.copy(history)?;
            let ran = drizzle.run(driver, project, &database)?;
            Ok((database, ran))
        };
        Ok(Sides { naive: side(naive)?, rewritten: side(rewritten)? })
    }

    fn report(&self) -> String {
        let side = |name: &str, ran: &Ran| match ran.ok {
            true => format!("{name} succeeds"),
            false => format!("{name} fails:\n{}", ran.error.trim()),
        };
        format!("{}, {}", side("naive", &self.naive.1), side("rewritten", &self.rewritten.1))
    }
}

/// The chunks of the naive migration, each by itself.
fn one_by_one(naive: &Project, database: &Database) -> Result<()> {
    let mut client = database.connect()?;
    naive.last()?.split(SEPARATOR).try_for_each(|chunk| Ok(client.batch_execute(chunk)?))
}

/// Fails when a second run does anything.
fn must_be_done(drizzle: &Drizzle, driver: &str, rewritten: &Project, database: &Database) -> Result<()> {
    let recorded = "SELECT count(*) FROM drizzle.__drizzle_migrations";
    let count = |database: &Database| -> Result<i64> { Ok(database.connect()?.query_one(recorded, &[])?.get(0)) };
    let before = count(database)?;
    drizzle.run(driver, rewritten, database)?.must_succeed().context("the second run")?;
    ensure!(count(database)? == before, "the second run recorded something");
    Ok(())
}

/// A later migration that fails takes this one's row in the ledger with it, and its work stays: the next run begins the
/// file at its first chunk again, and must leave what one run leaves.
fn must_bear_repetition(
    drizzle: &Drizzle,
    server: &Server,
    sample: &Sample,
    driver: &str,
    rewritten: &Project,
    history: &Database,
    once: &Expected,
) -> Result<()> {
    let database = server.copy(history)?;
    let ran = drizzle.run(driver, &rewritten.before_a_failure(sample.generation)?, &database)?;
    ensure!(!ran.ok, "a division by zero succeeded");
    drizzle.run(driver, rewritten, &database)?.must_succeed().context("running the file again")?;
    once.must_be(&database).context("running the file again")
}

#[test]
fn every_driver() -> Result<()> {
    let server = Server::of(15)?;
    for generation in [Generation::Journal, Generation::Folders] {
        let drizzle = Drizzle::of(generation);
        let mut samples = Sample::all(generation)?;
        samples.retain(|sample| ON_EVERY_DRIVER.contains(&sample.name.as_str()));
        bench::on_each(&samples, THREADS, |sample| {
            // Its other way is among those of `every_sample_…`.
            let kit = if sample.name.len().is_multiple_of(2) { "kit-postgres" } else { "kit" };
            for driver in DRIVERS.into_iter().filter(|driver| !driver.starts_with("kit") || *driver == kit) {
                prove(&drizzle, &server, sample, driver, Ways::One).context(driver)?;
            }
            Ok(())
        })
        .with_context(|| format!("{generation:?}"))?;
    }
    Ok(())
}

/// Five files that wait, behind a database with rows or in front of an empty one: what runs in one transaction when it is
/// naive runs to the same end step by step.
#[test]
fn several_files_are_pending() -> Result<()> {
    const FIVE: [(&str, &str); 5] = [
        ("required", "ALTER TABLE \"users\" ALTER COLUMN \"name\" SET NOT NULL;"),
        ("index", "CREATE INDEX \"users_name_idx\" ON \"users\" USING btree (\"name\");"),
        ("unique", "ALTER TABLE \"users\" ADD CONSTRAINT \"users_email_unique\" UNIQUE(\"email\");"),
        (
            "key",
            "ALTER TABLE \"posts\" ADD CONSTRAINT \"posts_fk\" FOREIGN KEY (\"user_id\") REFERENCES \"users\"(\"id\");",
        ),
        ("since", "ALTER TABLE \"users\" ADD COLUMN \"since\" timestamp DEFAULT clock_timestamp() NOT NULL;"),
    ];
    let server = Server::of(15)?;
    for generation in [Generation::Journal, Generation::Folders] {
        let drizzle = Drizzle::of(generation);
        let sample = Sample { name: "combo_many".into(), generation };
        let naive = sample.history()?.and(generation, &FIVE)?;
        let rewritten = naive.rewritten()?;
        let left =
            naive.texts()?.iter().zip(rewritten.texts()?).filter(|(naive, rewritten)| *naive == rewritten).count();
        ensure!(left == 1, "{left} files are as they were");
        for history in [sample.database(&drizzle, &server, 5)?, server.create()?] {
            for driver in ["kit", "pg", "postgres"] {
                let sides = Sides::of(&drizzle, &server, &history, &naive, &rewritten, driver)?;
                ensure!(sides.naive.1.ok && sides.rewritten.1.ok, "{driver}: {}", sides.report());
                must_be_same(&sides.naive.0, &sides.rewritten.0, &history, &[]).with_context(|| driver.to_owned())?;
                must_be_done(&drizzle, driver, &rewritten, &sides.rewritten.0)?;
            }
        }
    }
    Ok(())
}

/// All that is pending runs in one transaction, in which a new label cannot be used: it commits before a later file.
#[test]
fn a_label_is_used_by_a_later_pending_file() -> Result<()> {
    const ADDED: (&str, &str) = ("label", "ALTER TYPE \"role\" ADD VALUE 'guest';");
    const BETWEEN: (&str, &str) = ("between", "ALTER TABLE \"users\" ADD COLUMN \"note\" text;");
    let server = Server::of(15)?;
    for generation in [Generation::Journal, Generation::Folders] {
        let drizzle = Drizzle::of(generation);
        let sample = Sample { name: "enum_add_value_end".into(), generation };
        let history = sample.database(&drizzle, &server, 5)?;
        for used in [
            "UPDATE \"users\" SET \"role\" = 'guest' WHERE \"id\" = 1;",
            "ALTER TABLE \"users\" ALTER COLUMN \"role\" SET DEFAULT 'guest';",
        ] {
            let naive = sample.history()?.and(generation, &[ADDED, BETWEEN, ("used", used)])?;
            let rewritten = naive.rewritten()?;
            for driver in ["pg", "postgres", "kit"] {
                let sides = Sides::of(&drizzle, &server, &history, &naive, &rewritten, driver)?;
                ensure!(!sides.naive.1.ok, "{driver}: the naive files pass: {used}");
                ensure!(sides.rewritten.1.ok, "{driver}: {} {:?}", sides.report(), rewritten.texts()?);
                must_be_done(&drizzle, driver, &rewritten, &sides.rewritten.0)?;
            }
        }
    }
    Ok(())
}

/// A build that fails leaves an INVALID index. When the rows are mended, the same command goes on and leaves what the naive
/// migration leaves.
#[test]
fn the_same_command_goes_on() -> Result<()> {
    let server = Server::of(15)?;
    for generation in [Generation::Journal, Generation::Folders] {
        let drizzle = Drizzle::of(generation);
        let sample = Sample { name: "combo_many".into(), generation };
        let (naive, rewritten) = (sample.naive()?, sample.rewritten(15)?);
        let history = sample.database(&drizzle, &server, 5)?;
        for driver in ["pg", "postgres"] {
            let database = server.copy(&history)?;
            let twice = "INSERT INTO users (email, name) SELECT email, 'twice' FROM users LIMIT 1";
            database.connect()?.batch_execute(twice)?;
            ensure!(!drizzle.run(driver, &rewritten, &database)?.ok, "{driver}: a repeated email was accepted");
            let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
            let left: i64 = database.connect()?.query_one(invalid, &[])?.get(0);
            ensure!(left == 1, "{driver}: {left} invalid indexes are left");
            database.connect()?.batch_execute("DELETE FROM users WHERE name = 'twice'")?;
            drizzle.run(driver, &rewritten, &database)?.must_succeed().context("the same command")?;

            let reference = server.copy(&history)?;
            reference.connect()?.batch_execute(twice)?;
            reference.connect()?.batch_execute("DELETE FROM users WHERE name = 'twice'")?;
            drizzle.run(driver, &naive, &reference)?.must_succeed()?;
            must_be_same(&reference, &database, &history, &[]).with_context(|| driver.to_owned())?;
        }
    }
    Ok(())
}

/// Stopped by an error behind any chunk, the same command goes on and leaves what one run leaves.
#[test]
fn a_file_goes_on_after_any_chunk() -> Result<()> {
    let server = Server::of(15)?;
    for (generation, driver) in [(Generation::Journal, "pg"), (Generation::Folders, "postgres")] {
        let drizzle = Drizzle::of(generation);
        let mut samples = Sample::all(generation)?;
        let by_hand = |name: &str| generation == Generation::Journal || name.starts_with("hand_");
        samples.retain(|sample| STOPPED.contains(&sample.name.as_str()) && by_hand(&sample.name));
        bench::on_each(&samples, THREADS, |sample| {
            let (naive, rewritten) = (sample.naive()?, sample.rewritten(15)?);
            let history = sample.database(&drizzle, &server, 5)?;
            let once = server.copy(&history)?;
            drizzle.run(driver, &naive, &once)?.must_succeed()?;
            let once = Expected::of(&once, &history, &[])?;
            let before = naive.migrations()?.len() - 1;
            for (file, text) in rewritten.texts()?.iter().enumerate().skip(before) {
                for (stop, _) in text.match_indices(SEPARATOR) {
                    let failing = format!("{}{SEPARATOR}\nSELECT 1 / 0;{}", &text[..stop], &text[stop..]);
                    let database = server.copy(&history)?;
                    let ran = drizzle.run(driver, &rewritten.with_text(file, &failing)?, &database)?;
                    ensure!(!ran.ok && ran.error.contains("division by zero"), "{}", ran.error);
                    let place = || format!("file {file} stopped at byte {stop}");
                    drizzle.run(driver, &rewritten, &database)?.must_succeed().with_context(place)?;
                    once.must_be(&database).with_context(place)?;
                }
            }
            Ok(())
        })
        .with_context(|| format!("{generation:?}"))?;
    }
    Ok(())
}

/// Neither in a file that was rewritten in place nor in one that became two.
#[test]
fn drizzle_kit_sees_nothing_to_do() -> Result<()> {
    for generation in [Generation::Journal, Generation::Folders] {
        let drizzle = Drizzle::of(generation);
        for (name, files) in [("combo_many", 1), ("hand_rows_first", 2)] {
            let sample = Sample { name: name.into(), generation };
            let (rewritten, model) = (sample.rewritten(15)?, sample.model()?);
            let before = rewritten.migrations()?;
            ensure!(before.len() == sample.history()?.migrations()?.len() + files, "{before:?}");
            drizzle.kit(&["check"], &rewritten, &model)?.must_succeed().context("drizzle-kit check")?;
            let generated = drizzle.kit(&["generate"], &rewritten, &model)?;
            ensure!(generated.ok && generated.error.contains("No schema changes"), "generate: {}", generated.error);
            ensure!(rewritten.migrations()? == before, "generate made another migration");
            // A further change of the model gives just that change.
            let changed =
                format!("{model}\nexport const added = pgTable(\"added\", {{ id: serial(\"id\").primaryKey() }});\n");
            drizzle.kit(&["generate", "--name", "further"], &rewritten, &changed)?.must_succeed()?;
            let text = rewritten.last()?;
            ensure!(text.starts_with("CREATE TABLE \"added\"") && text.matches(';').count() == 1, "generate: {text}");
        }
    }
    Ok(())
}
