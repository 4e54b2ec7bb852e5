//! What a repository gets when safestep comes to it: settings, a script, a hook, a job in its CI. Each is a change of files that
//! is shown before it is made; what is there stays as it is.

mod package;
mod yaml;

use std::collections::BTreeSet;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::disk::{Action, FileChange};
use crate::pipeline::Project;
use crate::project::CONFIG_FILE;

const SETTINGS: &str = include_str!("safestep.toml");
const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const HOOK: &str = include_str!("pre-commit.yml");

/// What may be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `safestep.toml`, with every setting as a comment.
    Settings,
    /// A script in `package.json` that makes a migration and rewrites it.
    Script,
    /// A hook of <https://pre-commit.com>.
    PreCommit,
    /// A workflow of GitHub Actions.
    Github,
    /// A job of GitLab CI.
    Gitlab,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Part; 5] = [Part::Settings, Part::Script, Part::PreCommit, Part::Github, Part::Gitlab];
}

/// What comes of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Files change like that.
    Changes(Vec<FileChange>),
    /// The file is there and has it.
    IsThere(Utf8PathBuf),
    /// The file is not written as safestep can change it: these lines belong in it.
    ByHand(Utf8PathBuf, String),
    /// Nothing in the repository asks for it.
    NotAsked,
}

/// What a part comes to in the repository at `root`, which has these projects. `wanted` says that somebody asks for it, though
/// nothing there does.
///
/// # Errors
/// When a file that is there cannot be read.
pub fn offer(part: Part, root: &Utf8Path, projects: &[Project], wanted: bool) -> io::Result<Offer> {
    match part {
        Part::Settings => in_new_file(&root.join(CONFIG_FILE), settings(projects)),
        Part::Script => package::script(root, projects),
        Part::PreCommit => {
            let path = root.join(".pre-commit-config.yaml");
            match read(&path)? {
                Some(text) => Ok(yaml::with_hook(&path, &text, &hook(root, projects))),
                None if wanted => {
                    in_new_file(&path, format!("repos:\n{}", yaml::indented(&hook(root, projects), "  ")))
                }
                None => Ok(Offer::NotAsked),
            }
        }
        Part::Github => match wanted || root.join(".github").is_dir() {
            true => in_new_file(&root.join(".github/workflows/safestep.yml"), of_this_version(GITHUB)),
            false => Ok(Offer::NotAsked),
        },
        Part::Gitlab => {
            let path = root.join(".gitlab-ci.yml");
            match read(&path)? {
                Some(text) => Ok(yaml::with_job(&path, &text, &of_this_version(GITLAB))),
                None if wanted => in_new_file(&path, of_this_version(GITLAB).trim_start().to_owned()),
                None => Ok(Offer::NotAsked),
            }
        }
    }
}

/// Every setting as a comment, with the schema that editors complete them by.
fn settings(projects: &[Project]) -> String {
    let framework = projects.first().map_or("", |project| project.framework.name);
    // The comments behind the values stand under each other.
    let example = format!("{:<26}", format!("framework = \"{framework}\""));
    of_this_version(SETTINGS).replace("framework = \"FRAMEWORK\"   ", &example)
}

fn of_this_version(text: &str) -> String {
    text.replace("VERSION", env!("CARGO_PKG_VERSION"))
}

/// The hook runs when a file of some migrations folder is committed.
fn hook(root: &Utf8Path, projects: &[Project]) -> String {
    let folder = |project: &Project| {
        let inside = project.folder.strip_prefix(root).unwrap_or(&project.folder);
        pattern(inside.as_str())
    };
    let folders: BTreeSet<String> = projects.iter().map(folder).collect();
    let folders: Vec<String> = folders.into_iter().collect();
    HOOK.replace("FILES", &yaml::quoted(&format!("^({})", folders.join("|"))))
}

/// A regular expression of Python for paths in this folder.
fn pattern(folder: &str) -> String {
    let mut pattern = String::new();
    for c in folder.chars() {
        if !c.is_alphanumeric() && !matches!(c, '/' | '_' | ' ') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if folder.is_empty() { pattern } else { pattern + "/" }
}

fn in_new_file(path: &Utf8Path, content: String) -> io::Result<Offer> {
    Ok(match path.symlink_metadata().is_ok() {
        true => Offer::IsThere(path.to_owned()),
        false => Offer::Changes(vec![FileChange { path: path.to_owned(), action: Action::Create { content } }]),
    })
}

fn modified(path: &Utf8Path, before: &str, content: String) -> Offer {
    Offer::Changes(vec![FileChange {
        path: path.to_owned(),
        action: Action::Modify { before: before.to_owned(), content },
    }])
}

/// The text of a file; `None` where there is none.
fn read(path: &Utf8Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(error.kind(), format!("{path}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{Config, Layout};

    #[test]
    fn the_settings_are_the_defaults() {
        assert_eq!(toml::from_str::<Config>(SETTINGS).unwrap(), Config::default());
        // With the signs away: the examples are what is meant as such, all else stays the default.
        let all: Vec<&str> = SETTINGS.lines().skip(3).map(|line| line.trim_start_matches(['#', ' '])).collect();
        let mut all: Config = toml::from_str(&all.join("\n")).unwrap();
        assert_eq!(all.framework.take().as_deref(), Some("FRAMEWORK"));
        assert_eq!(all.layout.take(), Some(Layout::Step));
        assert_eq!(all.verify.command.take().as_deref(), Some("bin/migrate {version}"));
        assert_eq!(std::mem::take(&mut all.environment).len(), 1);
        assert!(all.rules.remove("rename-table").is_some());
        assert_eq!(std::mem::take(&mut all.values).len(), 1);
        assert_eq!(std::mem::take(&mut all.renames).len(), 1);
        assert_eq!(std::mem::take(&mut all.tables.rows).len(), 1);
        assert_eq!(std::mem::take(&mut all.tables.small), ["countries"]);
        assert!(std::mem::take(&mut all.rates).fill.is_some());
        assert_eq!(all, Config::default());
    }

    #[test]
    fn a_folder_as_a_pattern() {
        assert_eq!(pattern("apps/a.b/db-1"), r"apps/a\.b/db\-1/");
        assert_eq!(pattern(""), "");
    }
}
