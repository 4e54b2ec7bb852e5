//! The promise: a sequence leaves the schema and the rows that the naive migration leaves, or fails where that one fails.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use safestep::verify::catalog::Catalog;
use safestep::verify::rows::{self, Contents};

use super::catalog;
use super::prisma::{By, Project, Run, Sample};
use super::server::{Database, LEDGERS, Server};

/// The server on which Prisma is asked what does not depend on the server.
const ASKED: u32 = 15;

/// How a sequence compares with the naive migration. Anything else is an error.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The files are the naive ones, byte for byte.
    Unchanged,
    /// Both succeed and leave the same.
    Same,
    /// Both fail on these rows (and the sequence keeps the rows); on empty tables they are the same.
    FailsOnRows,
    /// The naive migration fails on these rows or loses a value, the sequence keeps it; on empty tables they are the same.
    KeepsMore,
    /// Both fail, rows or not.
    Fails,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Verdict::Unchanged => "unchanged",
            Verdict::Same => "same schema, same rows",
            Verdict::FailsOnRows => "both fail on rows, same schema on empty tables",
            Verdict::KeepsMore => "keeps what the naive migration loses",
            Verdict::Fails => "both fail",
        })
    }
}

/// Samples whose naive migration drops a column and adds it again with another type, and that column: there a rewrite may
/// keep the values, and succeed where the naive migration fails on rows.
const LOSES: [(&str, &[&str]); 7] = [
    ("enum_rename", &["role"]),
    ("rename_field", &["fullName"]),
    ("rename_field_nullable", &["fullName"]),
    ("string_to_enum", &["role"]),
    ("type_scalar_to_list", &["n"]),
    ("type_string_to_int", &["n"]),
    ("type_string_to_int_nullable", &["n"]),
];

/// The columns whose values a sample's naive migration loses.
pub fn loses(sample: &Sample) -> &'static [&'static str] {
    LOSES.iter().find(|(name, _)| *name == sample.name).map_or(&[], |(_, columns)| columns)
}

/// What both sides left in their databases.
struct Outcome {
    naive: (Database, Run),
    sequence: (Database, Run),
}

/// Runs both projects with Prisma, with rows and where needed without, and compares.
pub fn prove(server: &Server, by: By, sample: &Sample, naive: &Project, sequence: &Project) -> Result<Verdict> {
    if naive.sequence()? == sequence.sequence()? {
        return Ok(Verdict::Unchanged);
    }
    let verdict = prove_with_rows(server, by, sample, naive, sequence).context("with rows")?;
    if !matches!(verdict, Verdict::FailsOnRows | Verdict::KeepsMore) {
        return Ok(verdict);
    }
    let history = sample.history(server)?;
    let outcome = Outcome::of(server, by, &history, naive, sequence)?;
    match outcome.ends() {
        (true, true) => {
            outcome.must_be_same(&history, &[]).context("on empty tables")?;
            must_be_done(server, by, sample, &outcome, naive, sequence).context("on empty tables")?;
            Ok(verdict)
        }
        (false, false) => Ok(Verdict::Fails),
        _ => bail!("on empty tables: {}", outcome.report()),
    }
}

fn prove_with_rows(server: &Server, by: By, sample: &Sample, naive: &Project, sequence: &Project) -> Result<Verdict> {
    let loses = loses(sample);
    let history = sample.history_with_rows(server, 5)?;
    let outcome = Outcome::of(server, by, &history, naive, sequence)?;
    match outcome.ends() {
        (true, true) => {
            outcome.must_be_same(&history, loses)?;
            must_be_done(server, by, sample, &outcome, naive, sequence)?;
            Ok(if loses.is_empty() { Verdict::Same } else { Verdict::KeepsMore })
        }
        (false, false) => {
            must_keep(&history, &outcome.sequence.0)?;
            Ok(Verdict::FailsOnRows)
        }
        (false, true) if !loses.is_empty() => Ok(Verdict::KeepsMore),
        _ => bail!("{}", outcome.report()),
    }
}

impl Outcome {
    /// Deploys both on copies of `history`, the naive one without Prisma where that is not asked.
    fn of(server: &Server, by: By, history: &Database, naive: &Project, sequence: &Project) -> Result<Outcome> {
        // What Prisma makes of the naive files is the same on every server: one is enough.
        let by_prisma = server.major == ASKED;
        let database = server.copy(history)?;
        let ended = if by_prisma { naive.deploy(by, &database)? } else { naive.send(&database)? };
        let naive = (database, ended);
        let database = server.copy(history)?;
        let ended = sequence.deploy(by, &database)?;
        Ok(Outcome { naive, sequence: (database, ended) })
    }

    /// Whether each side succeeded.
    fn ends(&self) -> (bool, bool) {
        (self.naive.1.succeeded(), self.sequence.1.succeeded())
    }

    fn report(&self) -> String {
        let side = |name: &str, run: &Run| match run.succeeded() {
            true => format!("{name} succeeds"),
            false => format!("{name} fails:\n{}", run.text.trim()),
        };
        format!("{}, {}", side("naive", &self.naive.1), side("sequence", &self.sequence.1))
    }

    fn must_be_same(&self, history: &Database, loses: &[&str]) -> Result<()> {
        must_be_same(&self.naive.0, &self.sequence.0, history, loses)
    }
}

/// What a naive migration leaves, read once and compared with what any number of other runs leave.
pub struct Expected<'a> {
    dump: String,
    read: Read<'a>,
}

/// What the library sees of it.
struct Read<'a> {
    catalog: Catalog,
    contents: Contents,
    /// Before the migration.
    before: Contents,
    /// The columns whose values the naive migration loses.
    loses: &'a [&'a str],
}

impl<'a> Expected<'a> {
    /// `history` is what the databases were copied from.
    pub fn of(naive: &Database, history: &Database, loses: &'a [&'a str]) -> Result<Expected<'a>> {
        Ok(Expected { dump: catalog::schema(naive)?, read: Read::of(naive, history, loses)? })
    }

    /// Fails when a database differs in its schema or its rows.
    ///
    /// The schema is compared twice: `pg_dump` knows nothing of how safestep reads a catalog.
    pub fn must_be(&self, database: &Database) -> Result<()> {
        if let Some(difference) = catalog::difference(&self.dump, &catalog::schema(database)?) {
            bail!("the schema differs\n{difference}");
        }
        self.read.must_be(database)
    }

    /// The same without `pg_dump`.
    pub fn must_be_read(&self, database: &Database) -> Result<()> {
        self.read.must_be(database)
    }
}

impl<'a> Read<'a> {
    fn of(naive: &Database, history: &Database, loses: &'a [&'a str]) -> Result<Read<'a>> {
        let (catalog, contents) = read(naive)?;
        Ok(Read { catalog, contents, before: self::contents(history)?, loses })
    }

    fn must_be(&self, database: &Database) -> Result<()> {
        let (catalog, contents) = read(database)?;
        let differences = self.catalog.differences(&catalog);
        ensure!(differences.is_empty(), "safestep sees a difference\n{differences:#?}");
        let difference = contents.difference(&self.contents, &self.before, self.loses);
        difference.map_or(Ok(()), |difference| bail!("the rows differ: {difference}"))
    }
}

/// Fails when two databases differ in their schema or their rows.
pub fn must_be_same(naive: &Database, sequence: &Database, history: &Database, loses: &[&str]) -> Result<()> {
    Expected::of(naive, history, loses)?.must_be(sequence)
}

/// Fails when two databases differ in their schema.
pub fn must_look_the_same(expected: &Database, database: &Database) -> Result<()> {
    if let Some(difference) = catalog::difference(&catalog::schema(expected)?, &catalog::schema(database)?) {
        bail!("the schema differs\n{difference}");
    }
    let differences = read(expected)?.0.differences(&read(database)?.0);
    ensure!(differences.is_empty(), "safestep sees a difference\n{differences:#?}");
    Ok(())
}

/// The same without `pg_dump`: what the library sees.
pub fn must_read_the_same(naive: &Database, sequence: &Database, history: &Database, loses: &[&str]) -> Result<()> {
    Read::of(naive, history, loses)?.must_be(sequence)
}

fn read(database: &Database) -> Result<(Catalog, Contents)> {
    let mut client = database.connect()?;
    let catalog = Catalog::read(&mut client, database.major, LEDGERS).context("a catalog")?;
    Ok((catalog, rows::read(&mut client, LEDGERS).context("reading rows")?))
}

/// Fails when a row or value of `before` is not in `after` any more.
pub fn must_keep(before: &Database, after: &Database) -> Result<()> {
    contents(after)?.missing(&contents(before)?).map_or(Ok(()), |missing| bail!("rows are not as they were: {missing}"))
}

fn contents(database: &Database) -> Result<Contents> {
    rows::read(&mut database.connect()?, LEDGERS).context("reading rows")
}

/// Fails when Prisma sees something left to do in the sequence that it did not see in the naive migration.
fn must_be_done(
    server: &Server,
    by: By,
    sample: &Sample,
    outcome: &Outcome,
    naive: &Project,
    sequence: &Project,
) -> Result<()> {
    if server.major != ASKED {
        return Ok(()); // files, ledger and model are the same on every server
    }
    let database = &outcome.sequence.0;
    // What Prisma generated has the model's schema; by hand there may be more, about which `migrate dev` would ask.
    if sample.by_hand() {
        let drift = sequence.drift(by, database, &server.create()?)?;
        if !drift.succeeded() {
            let naive_drifts = !naive.drift(by, database, &server.create()?)?.succeeded();
            ensure!(naive_drifts, "prisma migrate diff --from-migrations --to-schema:\n{}", drift.text);
            let again = sequence.deploy(by, database)?;
            ensure!(
                again.succeeded() && again.text.contains("No pending migrations"),
                "second deploy:\n{}",
                again.text
            );
            return Ok(());
        }
    }
    // It would run what is pending; it replays the files, and compares what they make with the database and the model.
    let dev = sequence.dev(by, database, &server.create()?)?;
    ensure!(dev.succeeded() && dev.text.contains("Already in sync"), "prisma migrate dev:\n{}", dev.text);
    Ok(())
}
