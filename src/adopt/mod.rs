//! A development database that ran the naive migration already, and a folder that holds the sequence: when the schema is
//! what the folder makes, that is recorded in the framework's ledger.

use postgres::{Client, SimpleQueryMessage};

use crate::framework::Folder;
use crate::framework::ledger::{Applied, Ledger, Row};
use crate::framework::migration::Migration;
use crate::verify::address::{Address, schema};
use crate::verify::catalog::Catalog;
use crate::verify::{Doing, Server, VerifyError};

/// What is to be recorded in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The migration that the ledger knows.
    pub old: String,
    /// The migrations that stand for it in the folder, in order; the same name when it was rewritten in place.
    pub new: Vec<String>,
}

/// The phases of a migration that wait for a deploy.
#[derive(Debug)]
pub struct Waiting {
    /// The migration as its author wrote it.
    pub migration: String,
    /// Their files, as they will stand in the folder.
    pub files: Vec<Migration>,
}

/// What came of it.
#[derive(Debug)]
pub enum Adopted {
    /// The ledger and the folder agree; why, as the rest of a sentence.
    Nothing(String),
    /// It was recorded in the ledger, or with a dry run would be, by these statements.
    Recorded {
        /// What stands for what.
        adoptions: Vec<Adoption>,
        /// The statements, in order.
        statements: Vec<String>,
        /// The migrations of which the phases that wait have nothing to do there.
        ahead: Vec<String>,
    },
    /// The runner does not look at what rewritten migrations hold; the schema is what the folder makes.
    InPlace {
        /// The migrations that were rewritten in place.
        names: Vec<String>,
        /// Those of which the phases that wait have nothing to do there.
        ahead: Vec<String>,
    },
    /// The database is not what the folder makes; nothing was changed.
    Differs {
        /// The differences, a line each.
        differences: Vec<String>,
        /// The migrations of the folder that have not run there.
        pending: Vec<String>,
    },
}

/// Compares the database at `database_url` with what the folder makes, and when they agree records it in the ledger. `kept` says
/// how the folder's migrations are kept. Where it ran a migration of which something in `waiting` waits, it is ahead of the folder:
/// what waits counts as well.
///
/// # Errors
/// [`VerifyError`] when the server cannot be used, a migration failed there, or the ledger knows a migration for which
/// nothing stands in the folder.
pub fn adopt(
    kept: &dyn Folder,
    ledger: &dyn Ledger,
    folder: &[Migration],
    waiting: &[Waiting],
    database_url: &str,
    dry_run: bool,
) -> Result<Adopted, VerifyError> {
    let mut client = Address::of(database_url)?.connect().doing("--database-url")?;
    let recorded = recorded(ledger, &mut client)?;
    let applied = ledger.applied(&recorded, folder);
    let adoptions = adoptions(kept, ledger, &applied, folder)?;
    if adoptions.is_empty() {
        return Ok(Adopted::Nothing(ledger.agrees(&recorded)));
    }
    let server = Server::at(database_url)?;
    let is_there = |name: &str| {
        applied.iter().any(|a| a.name == name) || adoptions.iter().any(|a| a.new.iter().any(|new| new == name))
    };
    let expected = server.create()?;
    let mut session = expected.connect()?;
    if let Some(schema) = schema(database_url) {
        session.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).doing("making the schema")?;
    }
    if let Some(schema) = ledger.schema() {
        session.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).doing("making the ledger's schema")?;
    }
    let has_run = |waiting: &&Waiting| adoptions.iter().any(|adoption| adoption.old == waiting.migration);
    let ahead: Vec<&Waiting> = waiting.iter().filter(has_run).collect();
    let in_folder = folder.iter().filter(|migration| is_there(&migration.name));
    for migration in in_folder.chain(ahead.iter().flat_map(|waiting| &waiting.files)) {
        replay(&mut session, migration).doing(format!("replaying {}", migration.name))?;
    }
    let expected = Catalog::read(&mut session, server.major, &ledger.tables())?;
    let found = Catalog::read(&mut client, server.major, &ledger.tables())?;
    let differences = expected.differences_in_words(&found);
    if !differences.is_empty() {
        let names = folder.iter().map(|migration| &migration.name).filter(|name| !is_there(name));
        return Ok(Adopted::Differs { differences, pending: names.cloned().collect() });
    }
    let ahead: Vec<String> = ahead.into_iter().map(|waiting| waiting.migration.clone()).collect();
    let statement = |adoption: &Adoption| {
        let stands = |migration: &&Migration| adoption.new.contains(&migration.name);
        ledger.adoption(&adoption.old, &folder.iter().filter(stands).collect::<Vec<_>>())
    };
    let statements: Vec<String> = adoptions.iter().filter_map(statement).collect();
    if statements.is_empty() {
        let names = adoptions.into_iter().map(|adoption| adoption.old).collect();
        return Ok(Adopted::InPlace { names, ahead });
    }
    if let Some(obstacle) = ledger.obstacle()
        && !rows(&mut client, &obstacle.query).doing("reading the ledger")?.is_empty()
    {
        return Err(VerifyError::Refused(obstacle.why));
    }
    if !dry_run {
        write(ledger, &mut client, &statements)?;
    }
    Ok(Adopted::Recorded { adoptions, statements, ahead })
}

/// The rows of the ledger.
fn recorded(ledger: &dyn Ledger, client: &mut Client) -> Result<Vec<Row>, VerifyError> {
    let there = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&ledger.place()]);
    if !there.doing("reading the ledger")?.get::<_, bool>(0) {
        return Err(VerifyError::Refused("--database-url: no migration ever ran there".into()));
    }
    rows(client, &ledger.rows()).doing("reading the ledger")
}

/// The rows of an answer, their values as text.
fn rows(client: &mut Client, query: &str) -> Result<Vec<Row>, postgres::Error> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
        _ => None,
    };
    Ok(client.simple_query(query)?.iter().filter_map(row).collect())
}

/// As the runner sends it.
fn replay(session: &mut Client, migration: &Migration) -> Result<(), postgres::Error> {
    let mut is_outside = !migration.runner.is_in_transaction();
    if !is_outside {
        session.batch_execute("BEGIN")?;
    }
    for sent in &migration.sent {
        // What its file puts outside the runner's transaction ends it before.
        if migration.runner.is_in_transaction() && sent.is_outside != is_outside {
            is_outside = sent.is_outside;
            session.batch_execute(if is_outside { "COMMIT" } else { "BEGIN" })?;
        }
        session.batch_execute(&migration.sql_of(sent))?;
    }
    match is_outside {
        true => Ok(()),
        false => session.batch_execute("COMMIT"),
    }
}

/// All of it in one transaction, while no deploy runs.
fn write(ledger: &dyn Ledger, client: &mut Client, statements: &[String]) -> Result<(), VerifyError> {
    let mut transaction = client.transaction().doing("BEGIN")?;
    let free: bool = transaction.query_one(&ledger.lock(), &[]).doing("locking the ledger")?.get(0);
    if !free {
        return Err(VerifyError::Refused("a migration runs on this database; try again when it is done".into()));
    }
    for statement in statements {
        let rows = transaction.execute(statement, &[]).doing("telling the ledger")?;
        if rows == 0 {
            return Err(VerifyError::Refused("the ledger changed meanwhile; nothing was changed".into()));
        }
    }
    transaction.commit().doing("COMMIT")
}

/// What the ledger knows and the folder calls otherwise.
fn adoptions(
    kept: &dyn Folder,
    ledger: &dyn Ledger,
    applied: &[Applied],
    folder: &[Migration],
) -> Result<Vec<Adoption>, VerifyError> {
    let mut adoptions = Vec::new();
    let names: Vec<&str> = applied.iter().map(|known| known.name.as_str()).collect();
    for (at, known) in applied.iter().enumerate() {
        if !known.finished {
            return Err(VerifyError::Refused(format!(
                "{} failed on this database: resolve it first, then adopt",
                known.name
            )));
        }
        if !known.is_changed && folder.iter().any(|on_disk| on_disk.name == known.name) {
            continue;
        }
        let is_known = |name: &str| applied.iter().any(|other| other.name == name && other.name != known.name);
        let stand_for = kept.stand_for(at, &names, folder).into_iter().map(|at| folder[at].name.clone());
        let new: Vec<String> = stand_for.filter(|name| !is_known(name)).collect();
        if new.is_empty() {
            return Err(VerifyError::Refused(ledger.unknown(&known.name)));
        }
        adoptions.push(Adoption { old: known.name.clone(), new });
    }
    Ok(adoptions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::PLAIN;
    use crate::source::SourceFile;

    fn applied(name: &str, is_changed: bool) -> Applied {
        Applied { name: name.into(), finished: true, is_changed }
    }

    fn on_disk(names: &[&str]) -> Vec<Migration> {
        names.iter().map(|name| PLAIN.folder.read(name, SourceFile::new("migration.sql", "")).unwrap()).collect()
    }

    #[test]
    fn what_stands_for_a_migration_is_found_by_its_name() {
        let folder = on_disk(&["1_init", "2_a_01_x", "2_a_02_y", "3_b", "4_c"]);
        let ledger = [applied("1_init", false), applied("2_a", false), applied("3_b", true)];
        let plain = PLAIN.folder.ledger("".as_ref()).unwrap();
        let found = |applied: &[Applied]| adoptions(PLAIN.folder, plain.as_ref(), applied, &folder);
        let adoption =
            |old: &str, new: &[&str]| Adoption { old: old.into(), new: new.iter().map(|n| (*n).into()).collect() };
        assert_eq!(found(&ledger).unwrap(), [adoption("2_a", &["2_a_01_x", "2_a_02_y"]), adoption("3_b", &["3_b"])]);
        assert!(found(&[applied("9_gone", false)]).is_err());
    }
}
