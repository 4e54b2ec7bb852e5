//! Which Alembic a project uses, as its lock file or its requirements tell.
//!
//! `create_index(if_not_exists=…)` and `drop_index(if_exists=…)` are honoured from 1.11 on; 1.10 and older take the argument
//! and leave it out of the statement (measured with 1.7.7, 1.8.1, 1.9.4, 1.10.4, 1.11.3 and 1.20.1).

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::read_text;

/// `1.13` of `1.13.2`.
pub(super) type Version = (u32, u32);

/// The first one that honours `if_not_exists` and `if_exists` of indexes.
pub(super) const CHECKS_FOR_INDEX: Version = (1, 11);

/// What is known of a folder: many revisions ask.
static KNOWN: LazyLock<Mutex<HashMap<Utf8PathBuf, Option<Version>>>> = LazyLock::new(Mutex::default);

/// The oldest Alembic that runs the revisions of a folder, where the project says so.
pub(super) fn of(folder: &Utf8Path) -> Option<Version> {
    let known = KNOWN.lock().ok().and_then(|known| known.get(folder).copied());
    known.unwrap_or_else(|| {
        let found = folder.ancestors().take(DEPTH).find_map(in_folder);
        if let Ok(mut known) = KNOWN.lock() {
            known.insert(folder.to_owned(), found);
        }
        found
    })
}

/// How far above its revisions a project's lock file may be.
const DEPTH: usize = 6;

/// A lock file tells what runs, requirements what may.
const FILES: [&str; 8] = [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "requirements.txt",
    "requirements/requirements.txt",
    "requirements.in",
    "pyproject.toml",
];

fn in_folder(folder: &Utf8Path) -> Option<Version> {
    FILES.iter().find_map(|file| version_in(&read_text(&folder.join(file))?))
}

fn version_in(text: &str) -> Option<Version> {
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let rest = line.strip_prefix("name = ").filter(|name| name.trim_matches('"') == "alembic");
        if rest.is_some() {
            return lines.next()?.strip_prefix("version = ").and_then(number);
        }
        // `alembic==1.13.1`, `"alembic>=1.13",`, `alembic = "^1.13"`, `"alembic": {` and its version behind it
        let Some(rest) = line.trim_start_matches('"').strip_prefix("alembic") else { continue };
        if rest.starts_with("\": {") {
            return lines
                .take_while(|line| !line.starts_with('}'))
                .find_map(|line| line.strip_prefix("\"version\":").and_then(number));
        }
        if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            continue;
        }
        let is_least = ["==", ">=", "~=", "= \"^", "= \"~", "= \">=", "= \"=="]
            .iter()
            .any(|sign| rest.trim_start().starts_with(sign));
        if is_least {
            return number(rest);
        }
    }
    None
}

/// The first version in a text.
fn number(text: &str) -> Option<Version> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut parts = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next().and_then(|part| part.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_projects_say() {
        for (text, expected) in [
            (
                "[[package]]\nname = \"aiohttp\"\nversion = \"3.1\"\n[[package]]\nname = \"alembic\"\nversion = \"1.16.4\"\n",
                Some((1, 16)),
            ),
            ("flask==3\nalembic==1.10.4\n", Some((1, 10))),
            ("dependencies = [\n  \"alembic>=1.13.1,<2\",\n]", Some((1, 13))),
            ("alembic = \"^1.9\"", Some((1, 9))),
            (
                "{\n \"alembic\": {\n  \"hashes\": [\n   \"sha256:1\"\n  ],\n  \"version\": \"==1.12.0\"\n }\n}",
                Some((1, 12)),
            ),
            ("alembic-utils==0.8\nalembic<2\nalembic", None),
            ("alembic!=1.5", None),
        ] {
            assert_eq!(version_in(text), expected, "{text}");
        }
    }
}
