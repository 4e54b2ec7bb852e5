//! Writers of both codes while the phases run.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use super::cases::Case;
use crate::bench::prisma::{By, Project, Sample};
use crate::bench::server::{Database, Server};
use crate::succeeds;

/// Six writers on rows of their own: the code before while the first phase runs, both kinds between the phases, the code after while
/// the last one runs. What each has committed is there at the end, in both columns as long as there are two.
#[test]
fn concurrent_writers_lose_nothing() -> Result<()> {
    let old = Names { table: "\"User\"", columns: ["\"name\"", "\"nick\"", "\"plan\""] };
    let new = Names { table: "\"User\"", columns: ["\"fullName\"", "\"handle\"", "\"tier\""] };
    written_by_both("rename_fields", old, new)
}

/// The same where the table gets another name.
#[test]
fn concurrent_writers_of_a_renamed_table_lose_nothing() -> Result<()> {
    let columns = ["\"name\"", "\"nick\"", "\"plan\""];
    written_by_both("rename_model", Names { table: "\"User\"", columns }, Names { table: "\"Account\"", columns })
}

fn written_by_both(name: &str, old: Names, new: Names) -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::declared(name);
    let rename = Case::of(name)?.rename.context("a rename")?;
    let project = Project::naive(&sample)?;
    fs::write(project.root().join("safestep.toml"), "[backfill]\nbatch_size = 10\npause = \"5ms\"\n")?;
    succeeds(project.safestep(&[&["rewrite", "--write", "--all"], rename.flags].concat())?)?;
    let database = sample.history_with_rows(&server, 500)?;
    let running = Running { code: RwLock::new(Code::Before), old, new };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let (running, database) = (&running, &database);
                scope.spawn(move || running.write(database, writer))
            })
            .collect();
        let phases = || -> Result<()> {
            succeeds(project.deploy(By::Engine(None), &database)?)?;
            running.now(Code::Both);
            std::thread::sleep(Duration::from_secs(2));
            succeeds(project.safestep(&["release", "--yes", "--database-url", &database.url])?)?;
            let agree = format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM {}); END $$", rename.agree, new.table);
            database.connect()?.batch_execute(&agree)?;
            running.now(Code::After);
            succeeds(project.deploy(By::Engine(None), &database)?)
        };
        let ran = phases();
        running.now(Code::Ended);
        let mut expected = BTreeMap::new();
        for writer in writers {
            expected.extend(writer.join().map_err(|_| anyhow!("a writer panicked"))??);
        }
        ran?;
        let [name, nick, plan] = new.columns;
        let rows =
            format!(r#"SELECT "email", {name}, {nick}, {plan}::text FROM {} WHERE "email" LIKE 'writer%'"#, new.table);
        let rows = database.connect()?.query(&rows, &[])?;
        let found: BTreeMap<String, Written> =
            rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3)))).collect();
        ensure!(expected.len() > 50, "{} rows", expected.len());
        ensure!(found == expected, "{found:#?}\n{expected:#?}");
        Ok(())
    })
}

/// The values of a row: name, nick, plan.
type Written = (String, Option<String>, String);

/// The code that runs.
pub(super) enum Code {
    Before,
    Both,
    After,
    Ended,
}

/// What code calls the table and three columns of it.
#[derive(Clone, Copy)]
struct Names {
    table: &'static str,
    columns: [&'static str; 3],
}

/// What runs now: who sends a statement holds it, so that none is under way when the code before has ended.
struct Running {
    code: RwLock<Code>,
    old: Names,
    new: Names,
}

impl Running {
    fn now(&self, code: Code) {
        *self.code.write().unwrap_or_else(PoisonError::into_inner) = code;
    }

    /// Writes rows of its own until nothing runs any more, and gives what is committed.
    fn write(&self, database: &Database, writer: u64) -> Result<BTreeMap<String, Written>> {
        let mut client = database.connect()?;
        let mut rows: BTreeMap<String, Written> = BTreeMap::new();
        let mut seed = writer + 1;
        let mut random = |below: u64| {
            // Knuth's MMIX
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for number in 0u32.. {
            let code = self.code.read().unwrap_or_else(PoisonError::into_inner);
            let is_new = match *code {
                Code::Before => false,
                Code::Both => random(2) == 0,
                Code::After => true,
                Code::Ended => return Ok(rows),
            };
            let Names { table, columns: [name, nick, plan] } = if is_new { self.new } else { self.old };
            let value = format!("{writer}-{number}");
            let tier = if random(2) == 0 { "FREE" } else { "PAID" };
            let some = rows.keys().nth(usize::try_from(random(rows.len().max(1) as u64))?).cloned();
            let Some(email) = some.filter(|_| random(3) > 0) else {
                let email = format!("writer{value}");
                let (sql, row) = match random(2) {
                    0 => (
                        format!(r#"INSERT INTO {table} ("email", {name}) VALUES ('{email}', '{value}')"#),
                        (value, None, "FREE".to_owned()),
                    ),
                    _ => (
                        format!(
                            r#"INSERT INTO {table} ("email", {name}, {nick}, {plan}) VALUES ('{email}', '{value}', '{value}', '{tier}')"#
                        ),
                        (value.clone(), Some(value), tier.to_owned()),
                    ),
                };
                client.batch_execute(&sql).with_context(|| sql.clone())?;
                rows.insert(email, row);
                continue;
            };
            let row = rows.get_mut(&email).context("a row")?;
            let set = match random(4) {
                0 => {
                    row.0.clone_from(&value);
                    format!("{name} = '{value}'")
                }
                1 => {
                    row.1 = None;
                    format!("{nick} = NULL")
                }
                2 => {
                    row.1 = Some(value.clone());
                    format!("{nick} = '{value}'")
                }
                _ => {
                    tier.clone_into(&mut row.2);
                    format!("{plan} = '{tier}'")
                }
            };
            let sql = format!(r#"UPDATE {table} SET {set} WHERE "email" = '{email}'"#);
            // what is taken back is not there
            let lost = format!(r#"BEGIN; UPDATE {table} SET {name} = 'lost' WHERE "email" = '{email}'; ROLLBACK"#);
            client.batch_execute(&lost).with_context(|| lost.clone())?;
            client.batch_execute(&sql).with_context(|| sql.clone())?;
            drop(code);
        }
        Ok(rows)
    }
}
