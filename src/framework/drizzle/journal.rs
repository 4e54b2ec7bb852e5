//! `meta/_journal.json` of the 0.x layout: which files are migrations, and in which order they run.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::{Found, FrameworkError};
use crate::source::{SourceFile, is_hostile, is_there, visible};

/// The versions that safestep knows, as drizzle-kit 0.19 to 0.31 write them.
const VERSIONS: [&str; 3] = ["5", "6", "7"];

#[derive(Deserialize)]
struct Journal {
    version: String,
    dialect: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    tag: String,
    #[serde(default, deserialize_with = "whole")]
    when: Option<i64>,
}

/// A number that is none must not keep a folder from being listed.
fn whole<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    Ok(serde_json::Value::deserialize(value)?.as_i64())
}

#[derive(Deserialize)]
struct Dialect {
    dialect: Option<String>,
}

pub(super) fn of(folder: &Utf8Path) -> Utf8PathBuf {
    folder.join("meta/_journal.json")
}

/// The entries' tags in a journal's text, in their order.
pub(super) fn tags_in(path: &Utf8Path, text: &str) -> Result<Vec<String>, FrameworkError> {
    let journal: Journal = parsed(path, text)?;
    Ok(journal.entries.into_iter().map(|entry| entry.tag).collect())
}

/// What the migrator goes by: the entries' tags and times, in their order.
pub(super) fn times(folder: &Utf8Path) -> Result<Vec<(String, i64)>, FrameworkError> {
    let path = of(folder);
    times_in(&path, &SourceFile::read(&path)?.text)
}

/// The same of a journal's text.
pub(super) fn times_in(path: &Utf8Path, text: &str) -> Result<Vec<(String, i64)>, FrameworkError> {
    let journal: Journal = parsed(path, text)?;
    let time = |entry: Entry| match entry.when {
        Some(when) => Ok((entry.tag, when)),
        None => Err(FrameworkError::Unusable {
            path: path.to_owned(),
            why: format!("{} has no whole number as its `when`: the migrator cannot record it", entry.tag),
        }),
    };
    journal.entries.into_iter().map(time).collect()
}

/// The journal's entries in their order, which is the order in which they run, whatever their numbers and times say. A
/// file that no entry names is never run.
pub(super) fn list(folder: &Utf8Path) -> Result<Vec<Found>, FrameworkError> {
    let path = of(folder);
    let journal: Journal = read(&path)?;
    check(&path, &journal.dialect)?;
    let unusable = |why: String| Err(FrameworkError::Unusable { path: path.clone(), why });
    if !VERSIONS.contains(&journal.version.as_str()) {
        return unusable(format!("journal version {} is not known here: run `drizzle-kit up`", journal.version));
    }
    // With `prefix: "none"` all snapshots have one name, and drizzle-kit generates every table again.
    if folder.join("meta/_snapshot.json").is_file() && journal.entries.iter().any(|e| e.tag.starts_with('_')) {
        let why = "`prefix: \"none\"` keeps one snapshot for all migrations, so the next one creates every table again: \
                   choose another prefix";
        return unusable(why.into());
    }
    let mut found = Vec::new();
    for Entry { tag, .. } in journal.entries {
        if !is_file_name(&tag) {
            return unusable(format!(
                "the tag \"{}\" is no name of a file in this folder, so nothing is read: mend the journal",
                visible(&tag)
            ));
        }
        let file = folder.join(format!("{tag}.sql"));
        if !is_there(&file) {
            return unusable(format!(
                "names {tag}, but {file} is not there: the migrator stops before it runs anything"
            ));
        }
        found.push(Found::next(tag, file));
    }
    Ok(found)
}

/// A tag with a slash, a line break or nothing in it would name another file than it seems to, or one outside the folder.
fn is_file_name(tag: &str) -> bool {
    let parts = tag.contains(['/', '\\']) || (cfg!(windows) && tag.contains(':'));
    !parts && !tag.trim_matches('.').is_empty() && !tag.contains(is_hostile)
}

/// Fails when a snapshot says that it is for another database. One that says nothing, or is not there, is no reason.
pub(super) fn check_dialect(snapshot: &Utf8Path) -> Result<(), FrameworkError> {
    if !snapshot.is_file() {
        return Ok(());
    }
    match read::<Dialect>(snapshot)?.dialect {
        Some(dialect) => check(snapshot, &dialect),
        None => Ok(()),
    }
}

fn check(path: &Utf8Path, dialect: &str) -> Result<(), FrameworkError> {
    match dialect {
        "pg" | "postgres" | "postgresql" => Ok(()),
        other => Err(FrameworkError::OtherDatabase { path: path.to_owned(), provider: other.to_owned() }),
    }
}

fn read<T: DeserializeOwned>(path: &Utf8Path) -> Result<T, FrameworkError> {
    parsed(path, &SourceFile::read(path)?.text)
}

fn parsed<T: DeserializeOwned>(path: &Utf8Path, text: &str) -> Result<T, FrameworkError> {
    serde_json::from_str(text).map_err(|error| FrameworkError::Unusable {
        path: path.to_owned(),
        why: format!("is not what drizzle-kit writes: {error}"),
    })
}
