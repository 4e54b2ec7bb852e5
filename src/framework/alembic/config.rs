//! `alembic.ini` and `pyproject.toml`: where the revisions are, and how new files are named.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::framework::FrameworkError;
use crate::source::{fence, read_text};

/// What a project's configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The file that says it; `None` for a script folder without one.
    pub file: Option<Utf8PathBuf>,
    /// The folder with `env.py`.
    pub script_location: Utf8PathBuf,
    /// The folders with the revisions.
    pub version_locations: Vec<Utf8PathBuf>,
    /// Folders below them count, too.
    pub is_recursive: bool,
    /// How a new file is named, such as `%(rev)s_%(slug)s`.
    pub file_template: String,
    /// How long the slug may be.
    pub slug_length: usize,
}

/// How `version_locations` is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Character(char),
    Space,
    NewLine,
    /// As before Alembic 1.16 where nothing is said: spaces and commas.
    SpaceOrComma,
}

type Section = BTreeMap<String, String>;

impl Configuration {
    /// The configuration of a project or of a script folder at `path`, when there is one: its `alembic.ini`, its
    /// `pyproject.toml`, Flask-Migrate's `migrations/alembic.ini`, or merely `env.py` beside `versions/`.
    ///
    /// # Errors
    /// When a file says something that Alembic does not take, or names a folder that is not there.
    pub fn find(path: &Utf8Path) -> Result<Option<Configuration>, FrameworkError> {
        let pyproject = path.join("pyproject.toml");
        let in_pyproject = match read_text(&pyproject) {
            Some(text) => section_of_pyproject(&pyproject, &text)?,
            None => None,
        };
        let ini = path.join("alembic.ini");
        if let Some(text) = read_text(&ini) {
            let mut section = section_of_ini(&text, "alembic").map_err(|why| unusable(&ini, &why))?;
            // With both, the project's table says where things are.
            if !section.contains_key("script_location")
                && let Some(table) = in_pyproject
            {
                section = table;
                return Configuration::of(&pyproject, &section).map(Some);
            }
            let has_own = section.contains_key("script_location") || path.join("env.py").is_file();
            if has_own {
                return Configuration::of(&ini, &section).map(Some);
            }
        } else if let Some(section) = in_pyproject {
            return Configuration::of(&pyproject, &section).map(Some);
        }
        let flask = path.join("migrations/alembic.ini");
        if path.join("migrations/env.py").is_file()
            && let Some(text) = read_text(&flask)
        {
            let section = section_of_ini(&text, "alembic").map_err(|why| unusable(&flask, &why))?;
            return Configuration::of(&flask, &section).map(Some);
        }
        if path.join("env.py").is_file() && path.join("versions").is_dir() {
            return Ok(Some(Configuration::with(None, path.to_owned(), &Section::new(), Vec::new())));
        }
        Ok(None)
    }

    fn of(file: &Utf8Path, section: &Section) -> Result<Configuration, FrameworkError> {
        let folder = file.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let script_location = match section.get("script_location") {
            // Flask-Migrate's is where its `alembic.ini` is.
            None => folder.clone(),
            // A path of the machine where it runs says nothing here; what stands beside the file does.
            Some(location) => script_folder(&folder, location, section)
                .or_else(|| folder.join("env.py").is_file().then(|| folder.clone()))
                .ok_or_else(|| {
                    let location = location.replace(HERE, "%(here)s");
                    unusable(file, &format!("script_location is {location}, and there is no env.py"))
                })?,
        };
        let mut locations = Vec::new();
        if let Some(text) = section.get("version_locations") {
            let separator = separator(section).map_err(|why| unusable(file, &why))?;
            for part in separated(text, separator) {
                let location = existing(&folder, part).or_else(|| fence::inside(&folder, joined(&folder, part)));
                locations.push(location.ok_or_else(|| {
                    unusable(file, "version_locations names a folder outside of the repository, which is not read")
                })?);
            }
        }
        Ok(Configuration::with(Some(file.to_owned()), script_location, section, locations))
    }

    fn with(
        file: Option<Utf8PathBuf>,
        script_location: Utf8PathBuf,
        section: &Section,
        locations: Vec<Utf8PathBuf>,
    ) -> Configuration {
        let versions = script_location.join("versions");
        let is_on = |key: &str| section.get(key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        Configuration {
            file,
            version_locations: if locations.is_empty() { vec![versions] } else { locations },
            is_recursive: is_on("recursive_version_locations"),
            file_template: section.get("file_template").cloned().unwrap_or_else(|| "%(rev)s_%(slug)s".to_owned()),
            slug_length: section.get("truncate_slug_length").and_then(|n| n.trim().parse().ok()).unwrap_or(40),
            script_location,
        }
    }

    /// The folder of the revisions; where there are several, the script folder that they belong to.
    pub fn folder(&self) -> Utf8PathBuf {
        match self.version_locations.as_slice() {
            [only] => only.clone(),
            _ => self.script_location.clone(),
        }
    }

    /// The files that Alembic takes for revisions, by path.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn revision_files(&self) -> Result<Vec<Utf8PathBuf>, FrameworkError> {
        let mut files = Vec::new();
        for folder in &self.version_locations {
            self.list(folder, &mut files)?;
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    fn list(&self, folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), FrameworkError> {
        let unlistable = |source| FrameworkError::Unlistable { path: folder.to_owned(), source };
        for entry in folder.read_dir_utf8().map_err(unlistable)? {
            let entry = entry.map_err(unlistable)?;
            let is_folder = entry.file_type().map_err(unlistable)?.is_dir();
            match is_folder {
                true if self.is_recursive && entry.file_name() != "__pycache__" => self.list(entry.path(), files)?,
                true => {}
                false if is_revision_name(entry.file_name()) => files.push(entry.path().to_owned()),
                false => {}
            }
        }
        Ok(())
    }
}

/// Whether Alembic takes a file of this name for a revision.
pub fn is_revision_name(name: &str) -> bool {
    name.ends_with(".py") && !name.starts_with("__init__") && !name.starts_with(".#")
}

fn unusable(file: &Utf8Path, why: &str) -> FrameworkError {
    FrameworkError::Unusable { path: file.to_owned(), why: why.to_owned() }
}

/// `[tool.alembic]`, when there is one; lists become lines.
fn section_of_pyproject(file: &Utf8Path, text: &str) -> Result<Option<Section>, FrameworkError> {
    if !text.contains("alembic") {
        return Ok(None);
    }
    let document: toml::Table = text.parse().map_err(|error| unusable(file, &format!("is no TOML: {error}")))?;
    let Some(table) = document.get("tool").and_then(|tool| tool.get("alembic")).and_then(toml::Value::as_table) else {
        return Ok(None);
    };
    let mut section = Section::new();
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Boolean(on) => on.to_string(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Array(parts) => parts.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join("\n"),
            _ => continue,
        };
        section.insert(key.clone(), text);
    }
    section.insert("path_separator".to_owned(), "newline".to_owned());
    interpolated(&section).map(Some).map_err(|why| unusable(file, &why))
}

/// A section of an ini file as Python's `configparser` reads it, with what `[DEFAULT]` says.
fn section_of_ini(text: &str, wanted: &str) -> Result<Section, String> {
    let (mut defaults, mut section) = (Section::new(), Section::new());
    let mut current: Option<&str> = None;
    let mut last: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) {
            continue;
        }
        let own = match current {
            Some("DEFAULT") => Some(&mut defaults),
            Some(name) if name == wanted => Some(&mut section),
            _ => None,
        };
        if line.starts_with([' ', '\t']) && !trimmed.is_empty() {
            if let (Some(own), Some(key)) = (own, &last) {
                let value = own.entry(key.clone()).or_default();
                *value += "\n";
                *value += trimmed;
            }
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            (current, last) = (Some(name.0), None);
        } else if let Some(at) = trimmed.find(['=', ':']) {
            let key = trimmed[..at].trim().to_lowercase();
            if let Some(own) = own {
                own.insert(key.clone(), trimmed[at + 1..].trim().to_owned());
            }
            last = Some(key);
        }
    }
    defaults.extend(section);
    interpolated(&defaults)
}

/// Values with `%(name)s` filled in; `%(here)s` stays for [`joined`], and `%%` is one percent sign.
fn interpolated(section: &Section) -> Result<Section, String> {
    let mut values = Section::new();
    for (key, value) in section {
        // Only what is read here: a URL may hold anything.
        let is_read =
            ["script_location", "version_locations", "file_template", "prepend_sys_path"].contains(&key.as_str());
        values.insert(key.clone(), if is_read { filled(value, section, 0)? } else { value.clone() });
    }
    Ok(values)
}

fn filled(value: &str, section: &Section, depth: usize) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(")s")) {
            match section.get(&name.to_lowercase()) {
                _ if name == "here" => out += HERE,
                Some(other) if depth < 10 => out += &filled(other, section, depth + 1)?,
                _ => return Err(format!("%({name})s in {value} names nothing")),
            }
            rest = after;
        } else {
            return Err(format!("a lone % stands in {value}: double it"));
        }
    }
    Ok(out + rest)
}

/// Stands for the folder of the file; no path can hold it.
const HERE: &str = "\0here";

/// A path of the configuration; one that begins nowhere begins where the file is.
fn joined(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    let mut joined = if path.starts_with('/') { Utf8PathBuf::from("/") } else { folder.to_owned() };
    for part in path.split('/') {
        match part {
            "" | "." | HERE => {}
            ".." if joined.file_name().is_some() => drop(joined.pop()),
            name => joined.push(name),
        }
    }
    joined
}

/// A folder that is there, named from where the file is or from above: commands may be given there.
fn existing(folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    let from = if path.contains(HERE) { 1 } else { usize::MAX };
    let places = folder.ancestors().take(from).filter_map(|base| fence::inside(folder, joined(base, path)));
    places.into_iter().find(|place| place.is_dir())
}

/// The script folder that `script_location` names: a path, or `package:folder`.
fn script_folder(folder: &Utf8Path, location: &str, section: &Section) -> Option<Utf8PathBuf> {
    let has_env =
        |found: &Utf8PathBuf| fence::inside(folder, found.clone()).is_some_and(|found| found.join("env.py").is_file());
    if let Some((package, inside)) = location.split_once(':').filter(|(package, _)| !package.contains(['/', '\\'])) {
        let path = format!("{}/{inside}", package.replace('.', "/"));
        let prepended = section.get("prepend_sys_path").map(String::as_str).unwrap_or_default();
        let bases = prepended.split([' ', ',', '\n', ':']).filter(|base| !base.is_empty()).chain([".", "src"]);
        return bases.map(|base| joined(&joined(folder, base), &path)).find(has_env);
    }
    let from = if location.contains(HERE) { 1 } else { usize::MAX };
    folder.ancestors().take(from).map(|base| joined(base, location)).find(has_env)
}

fn separator(section: &Section) -> Result<Separator, String> {
    let said = section.get("path_separator").or(section.get("version_path_separator"));
    // Alembic's own template has a comment behind the value.
    let said = said.map(|value| value.split('#').next().unwrap_or_default().trim());
    Ok(match said {
        None => Separator::SpaceOrComma,
        Some("space") => Separator::Space,
        Some("newline") => Separator::NewLine,
        Some("os") => Separator::Character(if cfg!(windows) { ';' } else { ':' }),
        Some(":") => Separator::Character(':'),
        Some(";") => Separator::Character(';'),
        Some(other) => return Err(format!("path_separator is {other}, which is none of space, newline, os, : and ;")),
    })
}

fn separated(text: &str, separator: Separator) -> impl Iterator<Item = &str> {
    let is_border = move |c: char| match separator {
        Separator::Character(border) => c == border,
        Separator::Space => c.is_whitespace(),
        Separator::NewLine => c == '\n',
        Separator::SpaceOrComma => c == ',' || c.is_whitespace(),
    };
    text.split(is_border).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Project(tempfile::TempDir);

    impl Project {
        fn new(files: &[(&str, &str)]) -> Project {
            let project = Project(tempfile::tempdir().unwrap());
            for (name, text) in files {
                let path = project.root().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            project
        }

        fn root(&self) -> &Utf8Path {
            Utf8Path::from_path(self.0.path()).unwrap()
        }

        fn found(&self) -> Configuration {
            Configuration::find(self.root()).unwrap().unwrap()
        }

        fn versions(&self) -> Vec<String> {
            let below = |path: &Utf8PathBuf| path.strip_prefix(self.root()).unwrap().to_string();
            self.found().version_locations.iter().map(below).collect()
        }
    }

    #[test]
    fn each_template_is_found() {
        for (files, versions) in [
            (
                &[("alembic.ini", "[alembic]\nscript_location = %(here)s/db\n"), ("db/env.py", "")][..],
                &["db/versions"][..],
            ),
            (&[("alembic.ini", "[DEFAULT]\nscript_location = db\n[alembic]\n"), ("db/env.py", "")], &["db/versions"]),
            (
                &[("alembic.ini", "[alembic]\nscript_location = app.db:mig\n"), ("src/app/db/mig/env.py", "")],
                &["src/app/db/mig/versions"],
            ),
            (
                &[("pyproject.toml", "[tool.alembic]\nscript_location = \"%(here)s/db\"\n"), ("db/env.py", "")],
                &["db/versions"],
            ),
            (
                &[
                    ("alembic.ini", "[alembic]\nsqlalchemy.url = x%y\n"),
                    (
                        "pyproject.toml",
                        "[tool.alembic]\nscript_location = \"db\"\nversion_locations = [\"%(here)s/a\", \"b\"]\n",
                    ),
                    ("db/env.py", ""),
                ],
                &["a", "b"],
            ),
            (&[("migrations/alembic.ini", "[alembic]\n"), ("migrations/env.py", "")], &["migrations/versions"]),
            (
                &[
                    ("migrations/alembic.ini", "[alembic]\nscript_location = /app/migrations\n"),
                    ("migrations/env.py", ""),
                ],
                &["migrations/versions"],
            ),
            (&[("env.py", ""), ("versions/a.py", "")], &["versions"]),
        ] {
            assert_eq!(Project::new(files).versions(), versions, "{files:?}");
        }
        assert_eq!(Configuration::find(Project::new(&[("setup.py", "")]).root()).unwrap(), None);
    }

    #[test]
    fn version_locations_are_cut_by_the_separator() {
        for (lines, versions) in [
            ("version_locations = %(here)s/a b,c", &["a", "b", "c"][..]),
            ("path_separator = os\nversion_locations = %(here)s/a:%(here)s/b c", &["a", "b c"]),
            ("version_path_separator = os  # Use os.pathsep.\nversion_locations = a:b", &["a", "b"]),
            ("path_separator = newline\nversion_locations =\n    a\n    # not b\n    c d", &["a", "c d"]),
            ("path_separator = space\nversion_locations = a b", &["a", "b"]),
        ] {
            let ini = format!("[alembic]\nscript_location = db\n{lines}\n[loggers]\nkeys = root\n");
            assert_eq!(Project::new(&[("alembic.ini", &ini), ("db/env.py", "")]).versions(), versions, "{lines}");
        }
    }

    #[test]
    fn files_are_listed_as_alembic_lists_them() {
        let files = ["a.py", "_x.py", "__init__.py", ".#a.py", "b.PY", "c.py.bak", "sub/d.py", "__pycache__/e.py"];
        let mut all: Vec<(String, &str)> = files.iter().map(|file| (format!("db/versions/{file}"), "")).collect();
        all.push(("db/env.py".into(), ""));
        for (option, expected) in
            [("", &["_x.py", "a.py"][..]), ("recursive_version_locations = true", &["_x.py", "a.py", "sub/d.py"])]
        {
            let ini = format!("[alembic]\nscript_location = db\nfile_template = %%(year)d_%%(rev)s\n{option}\n");
            let mut files: Vec<(&str, &str)> = all.iter().map(|(name, text)| (name.as_str(), *text)).collect();
            files.push(("alembic.ini", &ini));
            let project = Project::new(&files);
            let found = project.found();
            assert_eq!(found.file_template, "%(year)d_%(rev)s");
            let listed = found.revision_files().unwrap();
            let names: Vec<&str> = listed
                .iter()
                .map(|file| file.strip_prefix(project.root().join("db/versions")).unwrap().as_str())
                .collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn settings_lead_out_of_no_fenced_tree() {
        let outside = Project::new(&[("env.py", ""), ("other/env.py", "")]);
        let project = outside.root().join("project");
        let place = outside.root();
        for ini in [
            format!("[alembic]\nscript_location = alembic\nversion_locations = {place}\n"),
            "[alembic]\nscript_location = alembic\nversion_locations = ../other\n".to_owned(),
            format!("[alembic]\nscript_location = {place}\n"),
            "[alembic]\nscript_location = other\n".to_owned(),
            "[alembic]\nprepend_sys_path = ..\nscript_location = other:.\n".to_owned(),
        ] {
            std::fs::create_dir_all(project.join("alembic/versions")).unwrap();
            std::fs::write(project.join("alembic/env.py"), "").unwrap();
            std::fs::write(project.join("alembic.ini"), &ini).unwrap();
            assert!(Configuration::find(&project).is_ok(), "{ini}");
            fence::fence(&project).unwrap();
            assert!(Configuration::find(&project).is_err(), "{ini}");
            std::fs::remove_dir_all(&project).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (ini, error) in [
            ("script_location = nowhere", "script_location is nowhere, and there is no env.py"),
            ("script_location = %(there)s/db", "%(there)s in %(there)s/db names nothing"),
            ("script_location = db\nfile_template = %Y", "a lone % stands in %Y: double it"),
            ("script_location = db\npath_separator = tab\nversion_locations = a", "path_separator is tab"),
        ] {
            let project = Project::new(&[("alembic.ini", &format!("[alembic]\n{ini}\n")), ("db/env.py", "")]);
            let got = Configuration::find(project.root()).unwrap_err().to_string();
            assert!(got.contains(error), "{got}");
        }
    }
}
