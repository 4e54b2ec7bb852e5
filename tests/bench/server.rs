//! The servers that `scripts/servers` started, and databases that vanish when they go out of scope.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use postgres::{Client, NoTls};
use safestep::verify::filling::{Filling, Rows, fill};

/// What the frameworks keep for themselves.
pub const LEDGERS: &[&str] =
    &["_prisma_migrations", "__drizzle_migrations", "alembic_version", "schema_migrations", "ar_internal_metadata"];

/// A running server of one major version.
pub struct Server {
    /// 12, 15 or 18.
    pub major: u32,
    url: String,
}

/// A database of a [`Server`], dropped with this value.
pub struct Database {
    /// What `DATABASE_URL` would hold.
    pub url: String,
    /// The server's major version.
    pub major: u32,
    name: String,
    server_url: String,
}

static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// Sessions that made or dropped a database, by their URL, kept for the next one.
static IDLE: Mutex<Vec<(String, Client)>> = Mutex::new(Vec::new());

fn with_session<T>(url: &str, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
    let idle = {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().position(|(of, client)| of == url && !client.is_closed()).map(|at| idle.swap_remove(at).1)
    };
    let mut client = idle.map_or_else(|| connect(url), Ok)?;
    let done = work(&mut client);
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push((url.to_owned(), client));
    done
}

impl Server {
    /// The server of this major version; fails when `scripts/test` did not start one.
    pub fn of(major: u32) -> Result<Server> {
        let url = super::variable(&format!("SAFESTEP_TEST_PG{major}"))?;
        Ok(Server { major, url })
    }

    /// A new, empty database.
    pub fn create(&self) -> Result<Database> {
        self.create_from("template1")
    }

    /// A new database with everything that `original` holds.
    pub fn copy(&self, original: &Database) -> Result<Database> {
        self.create_from(&original.name)
    }

    fn create_from(&self, template: &str) -> Result<Database> {
        let name = format!("bench_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        // Nothing is flushed here: copying files is faster than copying pages through the log.
        let strategy = if self.major >= 15 { " STRATEGY file_copy" } else { "" };
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}");
        with_session(&self.url, |client| Ok(client.batch_execute(&create)?))
            .with_context(|| format!("copying database {template}"))?;
        let server = self.url.strip_suffix("/postgres").context("a server's url ends in /postgres")?;
        Ok(Database { url: format!("{server}/{name}"), major: self.major, name, server_url: self.url.clone() })
    }
}

impl Database {
    /// A new session.
    pub fn connect(&self) -> Result<Client> {
        connect(&self.url)
    }

    /// Puts `rows` rows into every table.
    pub fn fill(&self, rows: u32) -> Result<()> {
        let filling = Filling { rows, seed: 0, ledgers: LEDGERS, only: None, kind: Rows::Good };
        let filled = fill(&mut self.connect()?, &filling)?;
        ensure!(filled.empty.is_empty(), "without rows: {:?}", filled.empty);
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = with_session(&self.server_url, |admin| {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            admin.execute(end, &[&self.name])?;
            Ok(admin.batch_execute(&format!("DROP DATABASE {}", self.name))?)
        });
        if let Err(error) = dropped {
            eprintln!("{} stays behind: {error:#}", self.name);
        }
    }
}

fn connect(url: &str) -> Result<Client> {
    Client::connect(url, NoTls).with_context(|| format!("{url}: is it running? scripts/servers start"))
}
