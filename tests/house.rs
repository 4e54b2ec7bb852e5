//! `ARCHITECTURE.md` says which room uses which: no line of the code does otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use house::imports::Imports;

mod house {
    pub mod imports;
}

/// What each room may use, as the code map says it.
fn code_map() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().skip_while(|line| !line.starts_with("| room |")).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [names, _, uses] = cells[..] else { break };
        let above: BTreeSet<String> = rooms.keys().cloned().collect();
        let uses = match uses {
            "all of the above" | "the rooms above" => above.clone(),
            list => without_parentheses(list).split(',').map(|room| room.trim().to_owned()).collect(),
        };
        let uses: BTreeSet<String> = uses.into_iter().filter(|room| !room.is_empty()).collect();
        ensure!(uses.is_subset(&above), "{names} uses a room that is not above it: {uses:?}");
        let folders = names.split('`').filter_map(|name| name.strip_suffix('/'));
        rooms.extend(folders.filter(|name| !name.contains('/')).map(|name| (name.to_owned(), uses.clone())));
    }
    Ok(rooms)
}

fn without_parentheses(text: &str) -> String {
    text.split('(').map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => sources(&path, found)?,
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
    Ok(())
}

/// The code of a file without its comments and its unit tests, with the file's room and path.
fn code() -> Result<Vec<(String, String, String)>> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files)?;
    let mut code = Vec::new();
    for file in files {
        let path = file.strip_prefix(root().join("src"))?.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file)?;
        let is_test = |line: &str| line.starts_with("#[cfg(") && line.contains("test");
        let lines = text.lines().take_while(|line| !is_test(line));
        let lines: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with("//")).collect();
        let room = path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if !["tests.rs", "example.rs"].iter().any(|name| path.ends_with(name)) {
            code.push((room, path, lines.join("\n")));
        }
    }
    ensure!(code.len() > 150, "only {} files were found", code.len());
    Ok(code)
}

/// The rooms of this crate that a text names.
fn rooms_named_in(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split("crate::").skip(1).map(move |rest| rest.split(|c| !is_part(c)).next().unwrap_or_default())
}

#[test]
fn a_room_uses_what_the_code_map_says() -> Result<()> {
    let map = code_map()?;
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let code = code()?;
    for (room, path, text) in code.iter().filter(|(room, ..)| room != "lib" && room != "main") {
        let may = map.get(room).with_context(|| format!("{path}: the code map has no room {room}"))?;
        for other in rooms_named_in(text).filter(|other| other != room) {
            ensure!(may.contains(other), "{path} uses {other}, and {room} may use {may:?}");
            used.entry(room).or_default().insert(other);
        }
    }
    for (room, may) in map.iter().filter(|(room, _)| *room != "pipeline" && *room != "cli") {
        let unused: Vec<&String> = may
            .iter()
            .filter(|other| !used.get(room.as_str()).is_some_and(|used| used.contains(other.as_str())))
            .collect();
        ensure!(unused.is_empty(), "{room} does not use {unused:?}, as the code map says");
    }
    Ok(())
}

#[test]
fn only_the_frameworks_room_knows_a_framework() -> Result<()> {
    for (room, path, text) in code()?.iter().filter(|(room, ..)| room != "framework") {
        for name in ["prisma", "drizzle", "alembic", "rails"] {
            let line = text.lines().find(|line| line.to_lowercase().contains(name));
            ensure!(line.is_none(), "{path} names {name}: {line:?} ({room})");
        }
    }
    Ok(())
}

#[test]
fn only_the_headers_room_knows_what_a_comment_says() -> Result<()> {
    for (_, path, text) in code()?.iter().filter(|(_, path, _)| path != "framework/header.rs") {
        let literals = |line: &str| {
            let literals = line.split('"').skip(1).step_by(2);
            literals.map(|text| text.trim_start_matches(['-', '#', ' ']).to_owned()).collect::<Vec<_>>()
        };
        for words in ["Step", "Undo: ", "If it fails"] {
            let line = text.lines().find(|line| literals(line).iter().any(|text| text.starts_with(words)));
            ensure!(line.is_none(), "{path} knows {words}: {line:?}");
        }
        let is_own_sentence = |line: &&str| line.contains("-- The migrator goes on in a transaction");
        let line = text.lines().find(|line| line.contains("\"-- ") && !is_own_sentence(line));
        ensure!(line.is_none(), "{path} writes a comment: {line:?}");
    }
    Ok(())
}

#[test]
fn files_of_a_room_use_each_other_one_way() -> Result<()> {
    let code = code()?;
    let circle = Imports::of(code.iter().map(|(_, path, text)| (path.as_str(), text.as_str()))).circle();
    ensure!(circle.is_none(), "these files use each other: {circle:?}");
    Ok(())
}
