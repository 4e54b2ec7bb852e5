//! Drizzle with `layout = "step"`, a file for each step: through the real migrators the same schema and rows as the naive
//! migration, nothing left to do for drizzle-kit, and `safestep adopt` for databases that ran the naive one.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use bench::drizzle::{Drizzle, Generation, Project, Sample};
use bench::proof::{Expected, must_be_same, must_keep, must_read_the_same};
use bench::server::{Database, Server};

const GENERATIONS: [Generation; 2] = [Generation::Journal, Generation::Folders];

/// Samples, each with the driver that runs it and the number of files that its last migration becomes.
const SAMPLES: [(&str, &str, usize); 9] = [
    ("combo_many", "kit", 6),
    ("make_required", "pg", 3),
    ("unique_add", "pg", 2),
    ("add_required_default_volatile", "postgres", 5),
    // Half of it does harm where all of it was done, and 1.0 would run a half.
    ("index_change", "pg", 0),
    ("hand_rows_last", "pg", 4),
    // What must run once goes into the file before it.
    ("hand_rows_first", "postgres", 4),
    ("hand_rows_between", "pg", 5),
    // Transactions of its author's stay in one file.
    ("hand_own_transactions", "pg", 1),
];

/// What the naive form cannot do in the migrators' one transaction.
const NEEDS_ITS_OWN_TRANSACTION: [&str; 2] = ["enum_add_value_and_default", "index_add_concurrently"];

struct Case {
    drizzle: Drizzle,
    server: Server,
    naive: Project,
    steps: Project,
    /// The migrations before ran, and every table has rows.
    history: Database,
}

impl Case {
    fn of(name: &str, generation: Generation) -> Result<Case> {
        let sample = Sample { name: name.into(), generation };
        let (drizzle, server) = (Drizzle::of(generation), Server::of(15)?);
        let (naive, steps) = (sample.apart()?, sample.apart()?);
        steps.rewrite(15)?;
        let history = server.create()?;
        drizzle.run("pg", &sample.without_last(sample.apart()?)?, &history)?.must_succeed().context("the history")?;
        history.fill(5)?;
        Ok(Case { drizzle, server, naive, steps, history })
    }

    /// A database that ran the naive migration.
    fn naive(&self, driver: &str) -> Result<Database> {
        let database = self.server.copy(&self.history)?;
        self.drizzle.run(driver, &self.naive, &database)?.must_succeed().context("naive")?;
        Ok(database)
    }

    fn run_steps(&self, driver: &str, database: &Database) -> Result<()> {
        self.drizzle.run(driver, &self.steps, database)?.must_succeed()
    }
}

/// What the ledger holds, a line for each row, by time.
fn ledger(database: &Database) -> Result<Vec<String>> {
    let query = "SELECT concat_ws(' ', created_at, to_jsonb(l) ->> 'name', hash) FROM drizzle.__drizzle_migrations AS l
                 ORDER BY created_at";
    Ok(database.connect()?.query(query, &[])?.iter().map(|row| row.get(0)).collect())
}

#[test]
fn the_same_through_the_real_migrators() -> Result<()> {
    for generation in GENERATIONS {
        for (sample, driver, files) in SAMPLES {
            // Of what is written by hand, only that where names and times make a difference is there in both.
            if generation == Generation::Folders && !generation.samples().join(sample).is_dir() {
                continue;
            }
            let files = match (sample, generation) {
                ("index_change", Generation::Journal) => 3,
                ("index_change", Generation::Folders) => 1,
                _ => files,
            };
            same(sample, generation, driver, files).with_context(|| format!("{generation:?} {sample} {driver}"))?;
        }
    }
    Ok(())
}

fn same(sample: &str, generation: Generation, driver: &str, files: usize) -> Result<()> {
    let case = Case::of(sample, generation)?;
    case.steps.all_must_be_final()?;
    let new = case.steps.migrations()?.len() - case.naive.migrations()?.len() + 1;
    ensure!(new == files, "{new} files");
    let (naive, database) = (case.naive(driver)?, case.server.copy(&case.history)?);
    case.run_steps(driver, &database)?;
    let expected = Expected::of(&naive, &case.history, &[])?;
    expected.must_be(&database)?;
    let rows = ledger(&database)?;
    ensure!(rows.len() == case.steps.migrations()?.len(), "the ledger: {rows:#?}");
    case.run_steps(driver, &database).context("the second run")?;
    ensure!(ledger(&database)? == rows, "the second run recorded something");

    // A database that ran the naive file skips the parts, or runs them as no-ops.
    let before = ledger(&naive)?;
    case.run_steps(driver, &naive).context("after the naive file")?;
    expected.must_be(&naive).context("after the naive file")?;
    let ran = ledger(&naive)?.len() - before.len();
    let files = if generation == Generation::Journal { 0 } else { files - 1 };
    ensure!(ran == files, "after the naive file {ran} files ran");
    Ok(())
}

/// Every other sample that becomes several files: over one driver or the other the same schema and rows, or the same
/// failure; recorded once; and no change to a database that ran the naive one.
#[test]
fn every_sample_that_becomes_several_files() -> Result<()> {
    for (generation, least) in GENERATIONS.into_iter().zip([22, 9]) {
        let mut samples = Sample::all(generation)?;
        samples.retain(|sample| !SAMPLES.iter().any(|(name, ..)| *name == sample.name));
        let several = AtomicUsize::new(0);
        bench::on_each(&samples, 2, |sample| {
            let (naive, steps) = (sample.apart()?, sample.apart()?);
            steps.rewrite(15)?;
            if steps.migrations()?.len() == naive.migrations()?.len() {
                return Ok(());
            }
            let case = Case::of(&sample.name, generation)?;
            let number = several.fetch_add(1, Ordering::Relaxed);
            let driver = if number.is_multiple_of(2) { "pg" } else { "postgres" };
            let (naive, found) = (case.server.copy(&case.history)?, case.server.copy(&case.history)?);
            let ran = case.drizzle.run(driver, &case.naive, &naive)?;
            let steps = case.drizzle.run(driver, &case.steps, &found)?;
            println!("{generation:?} {driver:<8} {:<32} naive {}, steps {}", sample.name, ran.ok, steps.ok);
            match (ran.ok, steps.ok) {
                (true, true) => {
                    must_read_the_same(&naive, &found, &case.history, &[])?;
                    let rows = ledger(&found)?;
                    case.run_steps(driver, &found).context("the second run")?;
                    ensure!(ledger(&found)? == rows, "the second run recorded something");
                    case.run_steps(driver, &naive).context("after the naive file")?;
                    must_read_the_same(&found, &naive, &case.history, &[]).context("after the naive file")
                }
                (false, false) => must_keep(&case.history, &found),
                (false, true) if NEEDS_ITS_OWN_TRANSACTION.contains(&sample.name.as_str()) => Ok(()),
                (true, false) => bail!("{}", steps.error),
                (false, true) => bail!("only the naive one fails: {}", ran.error),
            }
        })
        .with_context(|| format!("{generation:?}"))?;
        let several = several.into_inner();
        ensure!(several >= least || std::env::var_os("SAFESTEP_TEST_ONLY").is_some(), "{generation:?}: only {several}");
    }
    Ok(())
}

#[test]
fn drizzle_kit_sees_nothing_to_do() -> Result<()> {
    for generation in GENERATIONS {
        let case = Case::of("combo_many", generation)?;
        let model = Sample { name: "combo_many".into(), generation }.model()?;
        let kit = |arguments: &[&str], model: &str| case.drizzle.kit(arguments, &case.steps, model);
        let check = kit(&["check"], &model)?;
        ensure!(check.ok && check.error.contains("fine"), "{generation:?} check: {}", check.error);
        let before = case.steps.migrations()?;
        let generated = kit(&["generate"], &model)?;
        ensure!(generated.ok && generated.error.contains("No schema changes"), "generate: {}", generated.error);
        ensure!(case.steps.migrations()? == before, "generate made another migration");
        // A further change of the model gives just that change, and it runs.
        let changed =
            format!("{model}\nexport const added = pgTable(\"added\", {{ id: serial(\"id\").primaryKey() }});\n");
        kit(&["generate", "--name", "further"], &changed)?.must_succeed()?;
        let text = case.steps.last()?;
        ensure!(text.starts_with("CREATE TABLE \"added\"") && text.matches(';').count() == 1, "generate: {text}");
        let check = kit(&["check"], &changed)?;
        ensure!(check.ok && check.error.contains("fine"), "{generation:?} check: {}", check.error);
        case.run_steps("pg", &case.history)?;
        let there = "SELECT to_regclass('added') IS NOT NULL";
        ensure!(case.history.connect()?.query_one(there, &[])?.get::<_, bool>(0), "the further migration did not run");
    }
    Ok(())
}

/// The parts' snapshots are what `drizzle-kit up` to 1.0 needs.
#[test]
fn a_folder_of_steps_can_be_upgraded() -> Result<()> {
    let case = Case::of("combo_many", Generation::Journal)?;
    let model = Sample { name: "combo_many".into(), generation: Generation::Journal }.model()?;
    let parts = case.steps.migrations()?.len();
    case.run_steps("pg", &case.history)?;
    let newer = Drizzle::of(Generation::Folders);
    newer.kit(&["up"], &case.steps, &model)?.must_succeed().context("drizzle-kit up")?;
    let after = case.steps.migrations()?.len();
    ensure!(after == parts, "{parts} migrations became {after}");
    newer.run("pg", &case.steps, &case.history)?.must_succeed().context("the upgraded folder")?;
    ensure!(ledger(&case.history)?.len() == parts, "the upgraded folder ran again");
    Ok(())
}

/// What is done stays done, and the next run begins with the file that failed.
#[test]
fn the_same_command_goes_on() -> Result<()> {
    for generation in GENERATIONS {
        let case = Case::of("combo_many", generation)?;
        let database = case.server.copy(&case.history)?;
        let twice = "INSERT INTO users (email, name) SELECT email, 'twice' FROM users LIMIT 1";
        let mend = "DELETE FROM users WHERE name = 'twice'";
        database.connect()?.batch_execute(twice)?;
        ensure!(!case.drizzle.run("pg", &case.steps, &database)?.ok, "a repeated email was accepted");
        let (recorded, all) = (ledger(&database)?.len(), case.steps.migrations()?.len());
        ensure!(recorded > 1 && recorded < all, "{recorded} of {all} are recorded");
        database.connect()?.batch_execute(mend)?;
        case.run_steps("pg", &database).context("the same command")?;
        ensure!(ledger(&database)?.len() == all, "not every file is recorded once");
        let reference = case.server.copy(&case.history)?;
        reference.connect()?.batch_execute(&format!("{twice}; {mend}"))?;
        case.drizzle.run("pg", &case.naive, &reference)?.must_succeed()?;
        must_be_same(&reference, &database, &case.history, &[])?;
    }
    Ok(())
}

#[test]
fn after_adopt_there_is_nothing_to_do() -> Result<()> {
    for generation in GENERATIONS {
        let case = Case::of("combo_many", generation)?;
        let database = case.naive("kit")?;
        let before = ledger(&database)?;
        let dry = case.steps.adopt(&database, &["--dry-run"])?;
        ensure!(dry.ok && dry.error.contains("DELETE FROM \"drizzle\".\"__drizzle_migrations\""), "{}", dry.error);
        ensure!(ledger(&database)? == before, "--dry-run changed the ledger");

        let adopted = case.steps.adopt(&database, &[])?;
        ensure!(adopted.ok && adopted.error.contains("6 files stand for it"), "{}", adopted.error);
        let after = ledger(&database)?;
        // What the migrator itself writes for the same files.
        let fresh = case.server.create()?;
        case.run_steps("pg", &fresh)?;
        ensure!(after == ledger(&fresh)?, "the ledger: {after:#?}");
        case.run_steps("kit", &database)?;
        ensure!(ledger(&database)? == after, "drizzle-kit migrate did something");
        let again = case.steps.adopt(&database, &[])?;
        ensure!(again.ok && again.error.contains("nothing to adopt"), "{}", again.error);
    }
    Ok(())
}

/// Where the parts' times lie behind the naive one's, only adopting keeps them from running again.
#[test]
fn parts_without_room_before_them_are_adopted() -> Result<()> {
    let (drizzle, server) = (Drizzle::of(Generation::Journal), Server::of(15)?);
    let sample = Sample { name: "combo_many".into(), generation: Generation::Journal };
    let (naive, steps) = (sample.naive()?, sample.naive()?);
    steps.write("safestep.toml", "layout = \"step\"\n")?;
    steps.rewrite(15)?;
    let database = sample.database(&drizzle, &server, 5)?;
    drizzle.run("pg", &naive, &database)?.must_succeed()?;
    steps.adopt(&database, &[])?.must_succeed()?;
    let adopted = ledger(&database)?;
    ensure!(adopted.len() == 7, "the ledger: {adopted:#?}");
    drizzle.run("pg", &steps, &database)?.must_succeed()?;
    ensure!(ledger(&database)? == adopted, "something ran");
    Ok(())
}

#[test]
fn another_schema_is_not_adopted() -> Result<()> {
    for generation in GENERATIONS {
        let case = Case::of("make_required", generation)?;
        let database = case.naive("pg")?;
        let before = ledger(&database)?;
        database.connect()?.batch_execute("ALTER TABLE users ADD COLUMN by_hand int")?;
        let refused = case.steps.adopt(&database, &[])?;
        ensure!(!refused.ok && refused.error.contains("by_hand differs"), "{}", refused.error);
        ensure!(ledger(&database)? == before, "the ledger changed");
    }
    Ok(())
}

#[test]
fn a_file_rewritten_in_place_needs_no_adopting_but_the_schema_is_compared() -> Result<()> {
    for generation in GENERATIONS {
        let (drizzle, server) = (Drizzle::of(generation), Server::of(15)?);
        let sample = Sample { name: "make_required".into(), generation };
        let database = sample.database(&drizzle, &server, 5)?;
        drizzle.run("pg", &sample.naive()?, &database)?.must_succeed()?;
        let rewritten = sample.rewritten(15)?;
        let looked = rewritten.adopt(&database, &[])?;
        ensure!(looked.ok && looked.error.contains("nothing to adopt: the schema is"), "{}", looked.error);
        database.connect()?.batch_execute("ALTER TABLE users ALTER COLUMN name DROP NOT NULL")?;
        let refused = rewritten.adopt(&database, &[])?;
        ensure!(!refused.ok && refused.error.contains("not adopted"), "{}", refused.error);
    }
    Ok(())
}

#[test]
fn the_ledger_may_be_another_table() -> Result<()> {
    let case = Case::of("make_required", Generation::Journal)?;
    let database = case.naive("pg")?;
    database.connect()?.batch_execute(
        "CREATE TABLE done (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
         INSERT INTO done (hash, created_at) SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id;
         DROP SCHEMA drizzle CASCADE",
    )?;
    let nowhere = case.steps.adopt(&database, &[])?;
    ensure!(!nowhere.ok && nowhere.error.contains("no migration ever ran there"), "{}", nowhere.error);
    let config = "export default { dialect: 'postgresql', migrations: { table: 'done', schema: 'public' } }";
    case.steps.write("drizzle.config.ts", config)?;
    case.steps.adopt(&database, &[])?.must_succeed()?;
    let rows: i64 = database.connect()?.query_one("SELECT count(*) FROM done", &[])?.get(0);
    ensure!(rows == 4, "{rows} rows");
    Ok(())
}

/// Everything that changes is in the patch: applied with git it leaves what `--write` leaves.
#[test]
fn the_patch_is_the_write() -> Result<()> {
    for generation in GENERATIONS {
        let sample = Sample { name: "make_required".into(), generation };
        let (folder, _) = sample.folder_apart()?;
        folder.git(&["init", "-q"])?;
        let patch = folder.safestep(&["rewrite", "--all", "--format", "patch", "drizzle"])?;
        ensure!(patch.status == 0 && !patch.out.is_empty(), "{}", patch.err);
        let before = folder.tree()?;
        let written = folder.safestep(&["rewrite", "--all", "--write", "drizzle"])?;
        ensure!(written.status == 0, "{}", written.err);
        let after = folder.tree()?;
        for path in after.keys() {
            std::fs::remove_file(folder.path().join(path))?;
        }
        for (path, content) in &before {
            folder.write(path.to_str().context("a path")?, content)?;
        }
        folder.write(".git/safestep.patch", &patch.out)?;
        folder.git(&["apply", ".git/safestep.patch"])?;
        ensure!(folder.tree()? == after, "{generation:?}: the patch leaves something else");
        ensure!(after.len() > before.len() + 1, "{generation:?}: {} files", after.len());
    }
    Ok(())
}

#[test]
fn a_ledger_without_names_is_upgraded_first() -> Result<()> {
    let case = Case::of("make_required", Generation::Folders)?;
    let database = case.naive("pg")?;
    database.connect()?.batch_execute("ALTER TABLE drizzle.__drizzle_migrations DROP COLUMN name")?;
    let before = ledger(&database)?;
    let refused = case.steps.adopt(&database, &[])?;
    ensure!(!refused.ok && refused.error.contains("run the 1.0 migrator once"), "{}", refused.error);
    ensure!(ledger(&database)? == before, "the ledger changed");
    Ok(())
}

/// A data change gets a file of its own in any layout: a database that ran the naive file knows both afterwards.
#[test]
fn what_runs_once_is_adopted_with_its_other_half() -> Result<()> {
    for generation in GENERATIONS {
        let (drizzle, server) = (Drizzle::of(generation), Server::of(15)?);
        let sample = Sample { name: "hand_rows_first".into(), generation };
        let database = sample.database(&drizzle, &server, 5)?;
        drizzle.run("pg", &sample.naive()?, &database)?.must_succeed()?;
        let rewritten = sample.rewritten(15)?;
        rewritten.adopt(&database, &[])?.must_succeed()?;
        let adopted = ledger(&database)?;
        ensure!(adopted.len() == 3, "the ledger: {adopted:#?}");
        let before = database.connect()?.query_one("SELECT string_agg(name, ',' ORDER BY id) FROM users", &[])?;
        drizzle.run("pg", &rewritten, &database)?.must_succeed()?;
        ensure!(ledger(&database)? == adopted, "something ran");
        let after = database.connect()?.query_one("SELECT string_agg(name, ',' ORDER BY id) FROM users", &[])?;
        ensure!(before.get::<_, Option<String>>(0) == after.get::<_, Option<String>>(0), "rows were changed again");
    }
    Ok(())
}

/// Numbers may have moved: the original in git still finds what stands for it, and so does what came behind it.
#[test]
fn renumbered_migrations_are_proved_against_git() -> Result<()> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    for layout in ["phase", "step"] {
        let sample = Sample { name: "hand_rows_between".into(), generation: Generation::Journal };
        let (folder, _) = sample.folder_apart()?;
        folder.write("safestep.toml", format!("layout = \"{layout}\"\n"))?;
        let path = folder.path().join("drizzle/meta/_journal.json");
        let mut journal: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let later = json!({ "idx": 2, "version": "7", "when": 4_070_908_800_000_i64, "tag": "0002_later" });
        journal["entries"].as_array_mut().context("entries")?.push(later);
        std::fs::write(&path, journal.to_string())?;
        folder.write("drizzle/0002_later.sql", "ALTER TABLE \"posts\" ADD COLUMN \"later\" integer;")?;
        folder.git(&["init", "-q"])?;
        folder.git(&["add", "-A"])?;
        folder.git(&["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"])?;
        let written = folder.safestep(&["rewrite", "--all", "--write", "drizzle"])?;
        ensure!(written.status == 0 && written.out.contains("0002_later is 000"), "{}{}", written.out, written.err);
        let proved =
            folder.safestep(&["verify", "--against", "HEAD", "--rows", "20", "--database-url", &url, "drizzle"])?;
        ensure!(
            proved.status == 0 && proved.out.contains("2 proved, none differs"),
            "{layout}: {}{}",
            proved.out,
            proved.err
        );
    }
    Ok(())
}
