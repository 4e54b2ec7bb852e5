//! What an application says beside its migrations: where they are, of which database, and which Rails and which gems run them.
//! Its files are read, never run: what is not plain is not known.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::database_yml::DatabaseYml;
use super::gems::Gems;
use super::operations::{Inflections, Version};
use crate::framework::config_file::below;
use crate::source::read_text;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its folder.
    pub root: Utf8PathBuf,
    /// Its databases that have migrations, the first one first.
    pub databases: Vec<Database>,
    /// The Active Record that is locked.
    pub rails: Option<Version>,
    /// The gems that see to its migrations.
    pub gems: Gems,
    /// `table_name_prefix`.
    pub prefix: String,
    /// `table_name_suffix`.
    pub suffix: String,
    /// `schema_migrations_table_name`.
    pub ledger: String,
    /// How its words are made plural and singular.
    pub inflections: Inflections,
    /// `PostgreSQLAdapter.datetime_type`.
    pub datetime: String,
    /// An adapter of another database, where no other is named and no gem for PostgreSQL is there.
    pub other_adapter: Option<String>,
}

/// The migrations of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name; empty for the first one.
    pub name: String,
    /// Its folders, which are there.
    pub folders: Vec<Utf8PathBuf>,
}

/// How far above its migrations an application may be: `engines/blog/db/migrate/old/2019/…`.
const DEPTH: usize = 8;

/// What is known of folders: many migrations ask.
static KNOWN: LazyLock<Mutex<HashMap<Utf8PathBuf, Option<Arc<Project>>>>> = LazyLock::new(Mutex::default);

impl Project {
    /// The application that a file or folder belongs to.
    pub fn around(path: &Utf8Path) -> Option<Arc<Project>> {
        let folder = path.parent().unwrap_or(path);
        if let Some(known) = KNOWN.lock().ok().and_then(|known| known.get(folder).cloned()) {
            return known;
        }
        let found = path.ancestors().take(DEPTH).find_map(Project::at).map(Arc::new);
        if let Ok(mut known) = KNOWN.lock() {
            known.insert(folder.to_owned(), found.clone());
        }
        found
    }

    /// The application whose folder that is.
    pub fn at(root: &Utf8Path) -> Option<Project> {
        let root = if root.as_str().is_empty() { Utf8Path::new(".") } else { root };
        let is_root =
            ["config/application.rb", "config/environment.rb", "config/database.yml", "bin/rails", "Rakefile"]
                .iter()
                .any(|file| root.join(file).is_file());
        if !is_root {
            return None;
        }
        let yml = read_text(&root.join("config/database.yml")).map(|text| DatabaseYml::read(&text)).unwrap_or_default();
        let ruby = configuration(root);
        let databases = databases(root, &yml, &ruby);
        if databases.is_empty() {
            return None;
        }
        let lock = read_text(&root.join("Gemfile.lock")).unwrap_or_default();
        let has = |gem: &str| version_of(&lock, gem).is_some();
        let rails = version_of(&lock, "activerecord").and_then(|version| version.parse().ok());
        let string = |name: &str| ruby.iter().find_map(|text| assigned(text, name));
        let is_other = |adapter: &String| OTHERS.contains(&adapter.as_str());
        let other_adapter = yml
            .adapters
            .first()
            .filter(|_| yml.adapters.iter().all(is_other) && !has("pg") && !has("activerecord-jdbcpostgresql-adapter"));
        let mut inflections = Inflections::default();
        for text in ruby.iter().filter(|text| text.contains("Inflector")) {
            inflections.read(text);
        }
        Some(Project {
            root: root.to_owned(),
            databases,
            rails,
            gems: Gems::read(has, rails, &ruby),
            prefix: string("table_name_prefix").unwrap_or_default(),
            suffix: string("table_name_suffix").unwrap_or_default(),
            datetime: ruby.iter().find_map(|text| datetime_type(text)).unwrap_or_else(|| "timestamp".to_owned()),
            inflections,
            ledger: string("schema_migrations_table_name").unwrap_or_else(|| super::ledger::TABLES[0].to_owned()),
            other_adapter: other_adapter.cloned(),
        })
    }

    /// The folder that holds all of its migrations.
    pub fn folder(&self) -> Utf8PathBuf {
        let mut folders = self.databases.iter().flat_map(|database| &database.folders);
        let Some(first) = folders.next() else { return self.root.clone() };
        let mut common = first.clone();
        for folder in folders {
            while !folder.starts_with(&common) && common.pop() {}
        }
        common
    }

    /// The database that a folder or a file belongs to.
    pub fn database_of(&self, path: &Utf8Path) -> Option<&Database> {
        self.databases.iter().find(|database| database.folders.iter().any(|folder| path.starts_with(folder)))
    }
}

/// Adapters of other databases.
const OTHERS: [&str; 7] = ["mysql2", "trilogy", "mysql", "sqlite3", "sqlserver", "oracle_enhanced", "oracle"];

/// The Ruby files that configure Active Record.
fn configuration(root: &Utf8Path) -> Vec<String> {
    let mut files = vec![root.join("config/application.rb"), root.join("config/environment.rb")];
    for folder in ["config/initializers", "config/environments"] {
        let entries = root.join(folder).read_dir_utf8().into_iter().flatten().flatten();
        let mut own: Vec<Utf8PathBuf> = entries.map(|entry| entry.path().to_owned()).collect();
        own.retain(|path| path.extension() == Some("rb"));
        own.sort();
        files.extend(own);
    }
    files.iter().filter_map(|file| read_text(file)).collect()
}

fn databases(root: &Utf8Path, yml: &DatabaseYml, ruby: &[String]) -> Vec<Database> {
    let of_yml = |name: &str| {
        let paths = yml.migrations_paths.iter().find(|(own, _)| own == name);
        paths.map(|(_, paths)| paths.iter().map(|path| below(root, path)).collect::<Vec<_>>())
    };
    let mut first = of_yml("").unwrap_or_else(|| vec![root.join("db/migrate")]);
    first.extend(ruby.iter().flat_map(|text| added_paths(text)).map(|path| below(root, &path)));
    first.push(root.join("db/post_migrate"));
    let mut all = vec![Database { name: String::new(), folders: first }];
    for (name, _) in yml.migrations_paths.iter().filter(|(name, _)| !name.is_empty()) {
        all.push(Database { name: name.clone(), folders: of_yml(name).unwrap_or_default() });
    }
    // As `rails generate migration --database animals` makes them, where the configuration is not plain or not in the repository.
    let entries = root.join("db").read_dir_utf8().into_iter().flatten().flatten();
    let mut others: Vec<String> = entries.map(|entry| entry.file_name().to_owned()).collect();
    others.sort();
    for (folder, name) in others.iter().filter_map(|folder| Some((folder, folder.strip_suffix("_migrate")?))) {
        let path = root.join("db").join(folder);
        let is_known = all.iter().any(|database| database.folders.contains(&path));
        if !is_known && !folder.starts_with('.') {
            all.push(Database { name: name.to_owned(), folders: vec![path] });
        }
    }
    let mut seen = BTreeSet::new();
    for database in &mut all {
        database.folders.retain(|folder| folder.is_dir() && seen.insert(folder.clone()));
    }
    all.retain(|database| !database.folders.is_empty());
    all
}

/// `paths["db/migrate"] << "lib/db/migrate"`: the folders that a configuration adds, in plain strings.
fn added_paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in code(text) {
        let at =
            ["paths[\"db/migrate\"]", "paths['db/migrate']"].iter().find_map(|key| Some(line.find(key)? + key.len()));
        let Some(at) = at else { continue };
        let parts: Vec<&str> = line[at..].split(['"', '\'']).collect();
        let is_plain = !line[at..].contains("#{") && !line[at..].contains("ENV");
        found.extend(
            parts.iter().skip(1).step_by(2).filter(|path| is_plain && !path.is_empty()).map(|&path| path.to_owned()),
        );
    }
    found
}

/// The string that is assigned to a setting, where it is plain.
fn assigned(text: &str, name: &str) -> Option<String> {
    code(text).find_map(|line| {
        let at = line.find(name)? + name.len();
        let value = line[at..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let inside = value[1..].split(quote).next()?;
        (!inside.contains("#{")).then(|| inside.to_owned())
    })
}

/// `ActiveRecord::ConnectionAdapters::PostgreSQLAdapter.datetime_type = :timestamptz`
fn datetime_type(text: &str) -> Option<String> {
    code(text).find_map(|line| {
        let (_, value) = line.split_once(".datetime_type")?;
        let name = value.trim_start().strip_prefix('=')?.trim_start().strip_prefix(':')?;
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        Some(name[..end].to_owned())
    })
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#'))
}

/// The version of a gem in a `Gemfile.lock`.
fn version_of<'a>(lock: &'a str, gem: &str) -> Option<&'a str> {
    // Six blanks stand before what a gem needs.
    let own = lock.lines().find_map(|line| line.strip_prefix("    ")?.strip_prefix(gem)?.strip_prefix(" ("));
    own.and_then(|rest| rest.split(')').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_tells_what_runs() {
        let lock = "GEM\n  specs:\n    activerecord (7.2.2.1)\n      activemodel (= 7.2.2.1)\n    pg (1.5.6)\n    strong_migrations (2.1.0)\n      activerecord (>= 6.1)\n";
        assert_eq!(version_of(lock, "activerecord").and_then(|version| version.parse().ok()), Some(Version(7, 2)));
        assert!(version_of(lock, "strong_migrations").is_some() && version_of(lock, "activemodel").is_none());
    }

    #[test]
    fn settings_are_read_where_they_are_plain() {
        let text = "  # config.active_record.table_name_prefix = 'old_'\n  config.active_record.table_name_prefix = \"pp_\"\n\
                    config.paths['db/migrate'] << 'lib/db/migrate' << \"x/#{y}\"\n config.paths[\"db/migrate\"] << \"db/post_migrate\"";
        assert_eq!(assigned(text, "table_name_prefix").as_deref(), Some("pp_"));
        assert_eq!(assigned(text, "table_name_suffix"), None);
        assert_eq!(added_paths(text), ["db/post_migrate"]);
    }
}
