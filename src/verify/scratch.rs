//! Databases that are made for one purpose and go with their value.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Error, SimpleQueryMessage};

use super::address::Address;
use super::cleanup::{Cleanup, at_the_end};
use super::{Cluster, Doing, VerifyError};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A server on which scratch databases can be made.
pub struct Server {
    /// Its major version.
    pub major: u32,
    /// `15.18`.
    pub version: String,
    admin: Arc<Admin>,
    /// How a database is copied.
    strategy: &'static str,
    _cluster: Option<Cluster>,
}

/// Sessions that make and drop databases, kept for the next one.
struct Admin {
    address: Address,
    idle: Mutex<Vec<Client>>,
}

impl Admin {
    fn of(address: Address) -> Arc<Admin> {
        Arc::new(Admin { address, idle: Mutex::new(Vec::new()) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Client) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut client = match idle.filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.address.connect()?,
        };
        let done = work(&mut client);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        done
    }
}

/// Copying the files is faster than copying pages through the log, but waits for two checkpoints: they cost nothing where
/// nothing is flushed to disk.
fn strategy(major: u32, flushes: bool) -> &'static str {
    if major >= 15 && !flushes { " STRATEGY file_copy" } else { "" }
}

/// A scratch database; it is dropped with this value, or when a signal ends the program.
pub struct Scratch {
    name: String,
    address: Address,
    /// Sessions that only looked, kept for the next look: a new one costs the server more than most looks.
    idle: Mutex<Vec<Client>>,
    _dropped: Cleanup,
}

/// A session that looks at a scratch database; it is used again. Nothing that it sets stays set.
pub struct Look<'a> {
    /// There until it is given back.
    client: Option<Client>,
    database: &'a Scratch,
}

impl Server {
    /// A throw-away server.
    pub fn of(cluster: Cluster) -> Server {
        let (major, version) = (cluster.major, cluster.version.clone());
        let admin = Admin::of(Address::local(cluster.config().clone()));
        Server { major, version, admin, strategy: strategy(major, false), _cluster: Some(cluster) }
    }

    /// A server that runs already. Only databases that safestep makes there are touched.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when the URL is none or the account may not create databases, [`VerifyError::Sql`] when
    /// the server cannot be reached.
    pub fn at(url: &str) -> Result<Server, VerifyError> {
        let address = Address::of(url)?;
        let mut client = address.connect().doing("--database-url")?;
        let may = "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
                   EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)), current_user::text,
                   current_setting('fsync') = 'on'";
        let row = client.query_one(may, &[]).doing("asking for the server's version")?;
        if !row.get::<_, bool>(2) {
            return Err(VerifyError::Refused(format!(
                "--database-url: {} may not create databases there, and safestep touches no other; ALTER ROLE … CREATEDB, or name another server",
                row.get::<_, String>(3)
            )));
        }
        let major = u32::try_from(row.get::<_, i32>(1)).unwrap_or_default();
        let strategy = strategy(major, row.get(4));
        Ok(Server { major, version: row.get(0), admin: Admin::of(address), strategy, _cluster: None })
    }

    /// A new, empty database.
    pub fn create(&self) -> Result<Scratch, VerifyError> {
        self.create_from("template0")
    }

    /// A new database with everything that `original` holds. Nobody may be connected to that one.
    pub fn copy(&self, original: &Scratch) -> Result<Scratch, VerifyError> {
        original.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.admin.with(|client| await_nobody(client, &original.name)).doing("waiting for sessions to end")?;
        self.create_from(&original.name)
    }

    fn create_from(&self, template: &str) -> Result<Scratch, VerifyError> {
        let name = format!("safestep_verify_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}{}", self.strategy);
        self.admin.with(|client| client.batch_execute(&create)).doing("making a scratch database")?;
        let (admin, gone) = (Arc::clone(&self.admin), name.clone());
        let dropped = at_the_end(move || {
            let _ = admin.with(|client| {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
                let _ = client.execute(end, &[&gone]);
                client.batch_execute(&format!("DROP DATABASE IF EXISTS {gone}"))
            });
        });
        let (address, idle) = (self.admin.address.database(&name), Mutex::new(Vec::new()));
        Ok(Scratch { name, address, idle, _dropped: dropped })
    }
}

/// How long sessions that were closed may take to end; CREATE DATABASE gives them as much again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until the sessions of a database, which were closed, have ended. CREATE DATABASE would look again only after a tenth of
/// a second.
fn await_nobody(client: &mut Client, database: &str) -> Result<(), Error> {
    let somebody = format!(
        "SELECT FROM pg_stat_get_activity(NULL) WHERE datid = (SELECT oid FROM pg_database WHERE datname = '{database}')
         AND backend_type IS DISTINCT FROM 'autovacuum worker'"
    );
    let end = Instant::now() + PATIENCE;
    let is_row = |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
    while client.simple_query(&somebody)?.iter().any(is_row) && Instant::now() < end {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

impl Scratch {
    /// A new session, as a runner has one.
    pub fn connect(&self) -> Result<Client, VerifyError> {
        self.address.connect().doing("connecting to a scratch database")
    }

    /// Where it is, as a URL.
    pub fn url(&self) -> String {
        self.address.url()
    }

    /// A session for looking, new or not.
    pub fn look(&self) -> Result<Look<'_>, VerifyError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let client = idle.filter(|client| !client.is_closed()).map_or_else(|| self.connect(), Ok)?;
        Ok(Look { client: Some(client), database: self })
    }
}

impl Deref for Look<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("it is given back when this is dropped")
    }
}

impl DerefMut for Look<'_> {
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("it is given back when this is dropped")
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.database.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.client.take());
    }
}
