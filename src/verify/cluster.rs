//! A throw-away server in a temporary folder.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::VerifyError;
use super::cleanup::{Cleanup, at_the_end};
use super::installation::{Installation, is_root};

/// A running server; it stops, and its folder goes, with this value or when a signal ends the program.
pub struct Cluster {
    /// Its major version.
    pub major: u32,
    /// `15.18`.
    pub version: String,
    config: postgres::Config,
    _stopped: Cleanup,
    _removed: Cleanup,
}

/// Nothing here outlives the run, so nothing is kept safe from a crash of the machine.
const SETTINGS: &str = "
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = '256MB'
shared_buffers = '128MB'
maintenance_work_mem = '128MB'
max_connections = 60
max_parallel_maintenance_workers = 0
jit = off
timezone = 'UTC'
log_min_messages = fatal
";

/// A socket's path must fit into 107 bytes; the name in the folder is 17 of them.
const MAX_FOLDER: usize = 85;

impl Cluster {
    /// Makes a cluster in a temporary folder and starts its server, as an account without privileges when root asks.
    ///
    /// A proof makes dozens of databases, which takes a tenth of the time where they never reach a disk: `small` ones go
    /// to a file system in memory, if there is one with room and `TMPDIR` names no other place.
    ///
    /// # Errors
    /// [`VerifyError`] when a program of the installation fails or the folder cannot be made.
    pub fn start(installation: &Installation, small: bool) -> Result<Cluster, VerifyError> {
        let account = account()?;
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("safestep-verify-");
        let temporary = match memory().filter(|_| small) {
            Some(memory) => builder.tempdir_in(memory).or_else(|_| builder.tempdir()),
            None => builder.tempdir(),
        };
        let temporary =
            temporary.map_err(|source| VerifyError::Io { path: Utf8PathBuf::from("a temporary folder"), source })?;
        let folder = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).map_err(|path| {
            VerifyError::Refused(format!("{}: the temporary folder's name is not UTF-8", path.display()))
        })?;
        let removed = at_the_end(move || remove(temporary));
        if let Some(account) = account {
            give(&folder, account)?;
        }
        let data = folder.join("data");
        let run = |name: &str, arguments: &[&str]| {
            let mut command = Command::new(installation.bin.join(name));
            command.args(arguments).current_dir(&folder).env("LC_ALL", "C");
            if let Some(libraries) = installation.libraries() {
                command.env("LD_LIBRARY_PATH", libraries.as_str());
            }
            become_account(&mut command, account);
            command
        };
        let mut stop = run("pg_ctl", &["-D", data.as_str(), "-m", "immediate", "-w", "stop"]);
        let stopped = at_the_end(move || {
            let _ = stop.output(); // a server that is down already, or was never up, is what is wanted
        });
        let initdb = ["-D", data.as_str(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        initialise(run("initdb", &initdb), &folder.join("initdb.log"))?;
        let mut config = postgres::Config::new();
        config.user("postgres").dbname("postgres").application_name("safestep");
        let address = if cfg!(unix) && folder.as_str().len() <= MAX_FOLDER {
            config.host_path(folder.as_std_path());
            format!("listen_addresses = ''\nunix_socket_directories = '{folder}'\n")
        } else {
            let port = free_port()?;
            config.host("127.0.0.1").port(port);
            format!("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {port}\n")
        };
        append(&data.join("postgresql.conf"), &format!("{SETTINGS}{address}"))?;
        let log = folder.join("log");
        let start = ["-D", data.as_str(), "-l", log.as_str(), "-w", "start"];
        // The server inherits its starter's output; a pipe would stay open as long as it runs.
        let status =
            run("pg_ctl", &start).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let message = log.lines().last().unwrap_or("the server does not start").to_owned();
            return Err(VerifyError::Program { program: "pg_ctl start".into(), message });
        }
        Ok(Cluster {
            major: installation.major,
            version: installation.version.clone(),
            config,
            _stopped: stopped,
            _removed: removed,
        })
    }

    /// How to reach its maintenance database.
    pub fn config(&self) -> &postgres::Config {
        &self.config
    }
}

/// Linux's file system in memory, when it has two gigabytes to spare.
fn memory() -> Option<&'static str> {
    const PLACE: &str = "/dev/shm";
    #[cfg(target_os = "linux")]
    if std::env::var_os("TMPDIR").is_none()
        && let Ok(room) = rustix::fs::statvfs(PLACE)
        && room.f_bavail.saturating_mul(room.f_frsize) > 2 << 30
    {
        return Some(PLACE);
    }
    None
}

/// Runs `initdb` to its end, or kills it when a signal ends the program first.
fn initialise(mut command: Command, log: &Utf8Path) -> Result<(), VerifyError> {
    let failed = |message: String| VerifyError::Program { program: "initdb".into(), message };
    let io = |source| VerifyError::Io { path: log.to_owned(), source };
    let output = std::fs::File::create(log).map_err(io)?;
    let errors = output.try_clone().map_err(io)?;
    let child = command.stdout(output).stderr(errors).spawn().map_err(|error| failed(error.to_string()))?;
    let child = Arc::new(Mutex::new(child));
    let killed = Arc::clone(&child);
    let _killed = at_the_end(move || {
        let mut child = killed.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill(); // it has ended already when nothing went wrong
        let _ = child.wait();
    });
    loop {
        let ended = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
        match ended.map_err(|error| failed(error.to_string()))? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                return Err(failed(log.lines().last().unwrap_or("it says nothing").to_owned()));
            }
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    }
}

/// Removes a folder that a program which is about to end may still write to.
fn remove(folder: tempfile::TempDir) {
    let path = folder.keep();
    for _ in 0..20 {
        let _ = std::fs::remove_dir_all(&path);
        if !path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn append(path: &Utf8Path, text: &str) -> Result<(), VerifyError> {
    let io = |source| VerifyError::Io { path: path.to_owned(), source };
    let before = std::fs::read_to_string(path).map_err(io)?;
    std::fs::write(path, before + text).map_err(io)
}

fn free_port() -> Result<u16, VerifyError> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|source| VerifyError::Io { path: "127.0.0.1".into(), source })
}

/// User and group that a root's server runs as.
type Account = (u32, u32);

fn account() -> Result<Option<Account>, VerifyError> {
    if !is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|user| user[0] == name)?;
        let mut number = |at: usize| fields.get_mut(at)?.parse().ok();
        Some((number(2)?, number(3)?))
    };
    let found = ["postgres", "nobody"].iter().find_map(|name| find(name));
    found.map(Some).ok_or_else(|| {
        VerifyError::Refused("PostgreSQL refuses to run as root, and there is no account postgres or nobody".into())
    })
}

fn become_account(command: &mut Command, account: Option<Account>) {
    #[cfg(unix)]
    if let Some((user, group)) = account {
        use std::os::unix::process::CommandExt;
        command.uid(user).gid(group);
    }
    #[cfg(not(unix))]
    let _ = (command, account);
}

fn give(folder: &Utf8Path, (user, group): Account) -> Result<(), VerifyError> {
    #[cfg(unix)]
    std::os::unix::fs::chown(folder, Some(user), Some(group))
        .map_err(|source| VerifyError::Io { path: folder.to_owned(), source })?;
    #[cfg(not(unix))]
    let _ = (folder, user, group);
    Ok(())
}
