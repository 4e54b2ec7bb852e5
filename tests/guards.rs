//! Another object under the name that a step gives is an error, as it is for the naive migration; what the step itself made
//! is none.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};

use bench::drizzle::{Generation, Sample};
use bench::server::{Database, Server};

/// A Drizzle sample, what is in its way, and what the server says of it.
const IN_THE_WAY: [(&str, &str, &str); 8] = [
    (
        "add_optional",
        "ALTER TABLE users ADD COLUMN name integer",
        "column \"name\" of relation \"users\" already exists",
    ),
    (
        "fk_add",
        "ALTER TABLE posts ADD CONSTRAINT posts_user_id_users_id_fk CHECK (user_id > 0)",
        "constraint \"posts_user_id_users_id_fk\" for relation \"posts\" already exists",
    ),
    (
        "fk_add",
        "ALTER TABLE posts ADD CONSTRAINT posts_user_id_users_id_fk FOREIGN KEY (id) REFERENCES users (id)",
        "constraint \"posts_user_id_users_id_fk\" for relation \"posts\" already exists",
    ),
    (
        "index_add",
        "CREATE INDEX users_name_idx ON users (name, id)",
        "\"users_name_idx\" is not valid, or not the index",
    ),
    (
        "index_add",
        "CREATE UNIQUE INDEX users_name_idx ON users (name)",
        "\"users_name_idx\" is not valid, or not the index",
    ),
    ("index_add", "CREATE TABLE other (name text); CREATE INDEX users_name_idx ON other (name)", "not the index"),
    ("add_serial", "CREATE SEQUENCE users_seq_seq", "relation \"users_seq_seq\" already exists"),
    ("unique_add", "CREATE TABLE users_name_unique ()", "\"users_name_unique\" is not valid, or not the index"),
];

#[test]
fn what_is_in_the_way_is_an_error() -> Result<()> {
    let server = Server::of(15)?;
    for (sample, object, error) in IN_THE_WAY {
        let (database, chunks) = before(&server, sample)?;
        send(&database, std::slice::from_ref(&object.to_owned())).context(object)?;
        let said = send(&database, &chunks).err().map(|error| format!("{error:#}")).unwrap_or_default();
        ensure!(said.contains(error), "{sample}, {object}: {error:?} is not what it says: {said:?}");
    }
    Ok(())
}

#[test]
fn what_the_sequence_made_is_none() -> Result<()> {
    for major in [12, 15, 18] {
        let server = Server::of(major)?;
        for (sample, _, _) in IN_THE_WAY {
            let (database, chunks) = before(&server, sample)?;
            (0..2).try_for_each(|_| send(&database, &chunks)).with_context(|| format!("{sample} on {major}"))?;
        }
    }
    Ok(())
}

/// A database where the history of a sample ran, and the chunks of its sequence.
fn before(server: &Server, name: &str) -> Result<(Database, Vec<String>)> {
    let sample = Sample { name: name.to_owned(), generation: Generation::Journal };
    let history = sample.history()?.texts()?;
    let database = server.create()?;
    send(&database, &chunks(&history))?;
    let rewritten = sample.rewritten(server.major.min(14))?.texts()?;
    Ok((database, chunks(&rewritten[history.len()..])))
}

fn chunks(files: &[String]) -> Vec<String> {
    files.iter().flat_map(|file| file.split("--> statement-breakpoint")).map(str::to_owned).collect()
}

/// Sends chunk by chunk in one session, as a migrator does.
fn send(database: &Database, chunks: &[String]) -> Result<()> {
    let mut session = database.connect()?;
    chunks.iter().try_for_each(|chunk| {
        session.batch_execute(chunk).map_err(|error| match error.as_db_error() {
            Some(error) => anyhow::anyhow!("{}: {chunk}", error.message()),
            None => error.into(),
        })
    })
}
