//! `safestep adopt` with the real Prisma: a development database ran the naive migration, then the folder was rewritten.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Result, ensure};

use bench::prisma::{By, Project, Sample};
use bench::server::{Database, Server};

const BY: By = By::Command(None);

const LEDGER: &str =
    "SELECT string_agg(migration_name || ' ' || checksum, E'\\n' ORDER BY started_at) FROM _prisma_migrations";

/// A database that ran the naive migration, and the project after `rewrite --write`.
fn applied(sample: &str) -> Result<(Server, Database, Project)> {
    let server = Server::of(15)?;
    let sample = Sample::named(sample);
    let database = sample.history_with_rows(&server, 5)?;
    let run = Project::naive(&sample)?.deploy(BY, &database)?;
    ensure!(run.succeeded(), "{}", run.text);
    Ok((server, database, Project::rewritten(&sample, 15)?))
}

fn ledger(database: &Database) -> Result<String> {
    Ok(database.connect()?.query_one(LEDGER, &[])?.get(0))
}

#[test]
fn a_database_that_ran_the_naive_migration_is_in_sync_again() -> Result<()> {
    for (sample, files) in [("combo_many", "6 files stand for it"), ("index_add", "1 file stand")] {
        let (server, database, project) = applied(sample)?;
        let before = ledger(&database)?;
        let dry = project.adopt(&database, &["--dry-run"])?;
        ensure!(dry.succeeded() && dry.text.contains("_prisma_migrations"), "{}", dry.text);
        ensure!(ledger(&database)? == before, "--dry-run changed the ledger");

        let adopted = project.adopt(&database, &[])?;
        ensure!(adopted.succeeded() && adopted.text.contains(files), "{}", adopted.text);
        let dev = project.dev(BY, &database, &server.create()?)?;
        ensure!(dev.succeeded() && dev.text.contains("Already in sync"), "migrate dev:\n{}", dev.text);
        let deploy = project.deploy(BY, &database)?;
        ensure!(deploy.text.contains("No pending migrations"), "migrate deploy:\n{}", deploy.text);
        let again = project.adopt(&database, &[])?;
        ensure!(again.succeeded() && again.text.contains("nothing to adopt"), "{}", again.text);

        let empty = server.create()?;
        let deploy = project.deploy(BY, &empty)?;
        ensure!(deploy.succeeded(), "on an empty database:\n{}", deploy.text);
    }
    Ok(())
}

#[test]
fn another_schema_is_refused_and_the_ledger_stays() -> Result<()> {
    let (_server, database, project) = applied("combo_many")?;
    let before = ledger(&database)?;
    database.connect()?.batch_execute("ALTER TABLE \"User\" ADD COLUMN \"byHand\" int")?;
    let refused = project.adopt(&database, &[])?;
    ensure!(
        refused.status == 1 && refused.text.contains("\"byHand\" differs"),
        "exit {}\n{}",
        refused.status,
        refused.text
    );
    ensure!(ledger(&database)? == before, "the ledger changed");
    Ok(())
}

#[test]
fn a_failed_migration_is_refused() -> Result<()> {
    let (_server, database, project) = applied("combo_many")?;
    database
        .connect()?
        .batch_execute("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%combo%'")?;
    let refused = project.adopt(&database, &[])?;
    ensure!(refused.status == 2 && refused.text.contains("failed on this database"), "{}", refused.text);
    Ok(())
}
