//! Which file of the crate takes names from which: its `use` lines and the paths in its code.

use std::collections::{BTreeMap, BTreeSet};

/// A path of names, or a module as the path that leads to it.
type Path = Vec<String>;

/// The imports between the modules that are files.
pub struct Imports {
    /// What each module names, as paths from the crate's root.
    named: BTreeMap<Path, Vec<Path>>,
}

impl Imports {
    /// Of files, by their paths under `src`, with their code.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Imports {
        let files: BTreeMap<Path, &str> = files.into_iter().map(|(path, code)| (module(path), code)).collect();
        let paths =
            |at: &Path, code| paths_in(code).into_iter().filter_map(|path| from_root(at, path, &files)).collect();
        let named = files.iter().map(|(at, code)| (at.clone(), paths(at, code))).collect();
        Imports { named }
    }

    /// Files that take names from each other in a circle. A folder's own page (`mod.rs`) is in none: it hands on the names of
    /// its files and holds what all of them share.
    pub fn circle(&self) -> Option<Vec<String>> {
        let uses: BTreeMap<&Path, BTreeSet<&Path>> =
            self.named.keys().map(|module| (module, self.used_by(module))).collect();
        let circle = uses.keys().find_map(|start| way_back(start, &uses))?;
        Some(circle.iter().map(|module| module.join("::")).collect())
    }

    fn used_by<'a>(&'a self, module: &Path) -> BTreeSet<&'a Path> {
        let used = self.named[module].iter().filter_map(|path| self.home_of(path, 0));
        used.filter(|other| !other.starts_with(module) && !module.starts_with(other)).collect()
    }

    /// The module in which what a path names is defined: a folder's page hands on names of its files.
    fn home_of(&self, path: &[String], depth: usize) -> Option<&Path> {
        let length = (1..=path.len()).rev().find(|length| self.named.contains_key(&path[..*length]))?;
        let (module, named) = self.named.get_key_value(&path[..length])?;
        let handed_on = |name: &String| {
            let inside =
                |other: &&Path| other.len() > length && other.starts_with(module) && other.last() == Some(name);
            named.iter().find(inside).and_then(|other| self.home_of(other, depth + 1))
        };
        path.get(length).filter(|_| depth < 8).and_then(handed_on).or(Some(module))
    }
}

/// A way from a module to itself, the shortest.
fn way_back<'a>(start: &'a Path, uses: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> Option<Vec<&'a Path>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().into_iter().flat_map(|at| &uses[*at]).copied() {
            let longer: Vec<&Path> = way.iter().copied().chain([next]).collect();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// `sql/read.rs` → `sql::read`, `sql/mod.rs` → `sql`.
fn module(path: &str) -> Path {
    let path = path.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).split('/').map(str::to_owned).collect()
}

/// A path as it stands in a module, from the crate's root; `None` for other crates.
fn from_root(at: &[String], path: Path, files: &BTreeMap<Path, &str>) -> Option<Path> {
    let up = path.iter().take_while(|name| *name == "super").count();
    let child = [at, &path[..1]].concat();
    match path[0].as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([at, &path[1..]].concat()),
        "super" => Some([&at[..at.len().checked_sub(up)?], &path[up..]].concat()),
        _ => files.contains_key(&child).then(|| [at, &path[..]].concat()),
    }
}

/// The paths that a file names: those of its `use` lines, one for each name in braces, and those in its code.
fn paths_in(code: &str) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let used = statement.lines().position(|line| {
            let line = line.trim_start();
            let line =
                line.strip_prefix("pub").map_or(line, |line| line.split_once(' ').map_or(line, |(_, line)| line));
            line.starts_with("use ")
        });
        let Some(first) = used else {
            rest += statement;
            continue;
        };
        let lines: Vec<&str> = statement.lines().collect();
        rest += &lines[..first].join("\n");
        let tree = lines[first..].join(" ");
        let tree = tree.split_once("use ").map_or("", |(_, tree)| tree);
        expand(&[], tree.trim_end_matches(';'), &mut paths);
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = rest.split(|c| !is_part(c)).filter(|word| word.contains("::"));
    let words = words.map(|word| word.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect::<Path>());
    paths.extend(words.filter(|path| !path.is_empty()));
    paths
}

/// `a::{b, c::d}` → `a::b`, `a::c::d`.
fn expand(before: &[String], tree: &str, paths: &mut Vec<Path>) {
    let tree = tree.trim();
    if let Some(inside) = tree.strip_prefix('{') {
        let mut depth = 0usize;
        let inside = inside.strip_suffix('}').unwrap_or(inside);
        let parts = inside.split(|c| {
            depth = depth + usize::from(c == '{') - usize::from(c == '}');
            c == ',' && depth == 0
        });
        parts.filter(|part| !part.trim().is_empty()).for_each(|part| expand(before, part, paths));
        return;
    }
    let name = |name: &str| name.split(" as ").next().unwrap_or_default().trim().to_owned();
    match tree.split_once("::") {
        Some((first, rest)) => expand(&[before, &[name(first)]].concat(), rest, paths),
        None => paths.push([before, &[name(tree)]].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::Imports;

    fn circle(files: &[(&str, &str)]) -> Option<String> {
        Imports::of(files.iter().copied()).circle().map(|circle| circle.join(" "))
    }

    #[test]
    fn a_circle_is_found_through_braces_paths_and_names_handed_on() {
        let page = "mod a;\nmod b;\npub use a::Bolt;\npub(crate) use b::{Nut, Washer as Ring};";
        let a = "use std::fmt;\nuse super::{Nut, Tool};\npub struct Bolt;";
        assert_eq!(circle(&[("r/mod.rs", page), ("r/a.rs", a), ("r/b.rs", "pub struct Nut;")]), None);
        for b in ["use super::{Bolt};", "use crate::r::a::{self, Bolt};", "fn f() -> super::a::Bolt { todo!() }"] {
            let files = [("r/mod.rs", page), ("r/a.rs", a), ("r/b.rs", b)];
            assert_eq!(circle(&files).as_deref(), Some("r::a r::b r::a"), "{b}");
        }
    }

    #[test]
    fn a_folders_page_and_what_it_holds_are_no_circle() {
        let page = "mod a;\npub struct Tool;\nfn f() { a::f(Tool) }";
        assert_eq!(circle(&[("r/mod.rs", page), ("r/a.rs", "use super::Tool;\npub fn f(_: Tool) {}")]), None);
    }
}
