//! `safestep.toml`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::setting::{self, Level, Millis};
use crate::source::{Position, SourceError, SourceFile};

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "safestep.toml";

/// The settings of a project. Every key is optional.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The framework whose migrations these are; detected when absent.
    pub framework: Option<String>,
    /// The oldest PostgreSQL major version the migrations must run on, 12 to 18.
    #[serde(deserialize_with = "setting::postgres_version")]
    pub postgres: u32,
    /// The longest one attempt at a strong lock may wait, and stall others; `None` (`"off"`) sets no timeout.
    #[serde(deserialize_with = "setting::duration_or_off")]
    pub lock_timeout: Option<Millis>,
    /// Attempts at a lock, where a step can retry by itself.
    #[serde(deserialize_with = "setting::at_least_one")]
    pub lock_attempts: u32,
    /// How steps become files; the framework's own default when absent.
    pub layout: Option<Layout>,
    /// What is known of the sizes of tables.
    pub tables: TablesConfig,
    /// How rows are filled in.
    pub backfill: BackfillConfig,
    /// How a rewrite is proved.
    pub verify: VerifyConfig,
    /// How a pull request is reviewed.
    pub review: ReviewConfig,
    /// What revisions find in environment variables.
    pub environment: BTreeMap<String, String>,
    /// Answers that only a person knows: `table.column` → SQL expression.
    #[serde(deserialize_with = "setting::by_column")]
    pub values: BTreeMap<String, String>,
    /// Drop and add pairs that are really renames: `table.old_column` → new column, `old_table` → new table.
    #[serde(deserialize_with = "setting::by_column_or_table")]
    pub renames: BTreeMap<String, String>,
    /// Rule id → how it reports; rules that are absent keep their own level.
    pub rules: BTreeMap<String, Level>,
    /// Where the phases behind a deploy go; a flag decides, never the file.
    #[serde(skip)]
    pub phases: Phases,
}

/// Where the phases behind a deploy go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phases {
    /// They wait beside the migrations, where the framework can do with that.
    #[default]
    Deferred,
    /// All come into the folder at once.
    Together,
}

/// How the steps of a sequence become files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A file for each unit that the framework runs by itself.
    Step,
    /// A file for each phase.
    Phase,
}

/// `[tables]`: which tables are small enough to be changed directly. Unknown tables count as big.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TablesConfig {
    /// Tables that are small whatever `rows` says, with or without their schema.
    pub small: Vec<String>,
    /// Number of rows by table, as `safestep stats` measured them.
    #[serde(deserialize_with = "setting::row_counts")]
    pub rows: BTreeMap<String, u64>,
    /// At or under this number of rows a table is small.
    pub small_rows: u64,
}

/// `[backfill]`: how existing rows are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackfillConfig {
    /// Rows per batch; bounds how long a writer of the same rows waits.
    #[serde(deserialize_with = "setting::at_least_one")]
    pub batch_size: u64,
    /// Pause between two batches.
    pub pause: Millis,
    /// What becomes of NULLs when a column with a default becomes NOT NULL.
    pub nulls: Nulls,
    /// What becomes of triggers and rules that filling rows would fire.
    pub triggers: Triggers,
}

/// `[verify]`: how a rewrite is proved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyConfig {
    /// The command that runs migrations up to `{revision}` or `{version}` on the database that `DATABASE_URL` names, for frameworks whose
    /// files are programs.
    #[serde(deserialize_with = "setting::command")]
    pub command: Option<String>,
}

/// `[review]`: how a pull request is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewConfig {
    /// The most comments at lines that are open at once; what they have no room for is in the summary.
    #[serde(deserialize_with = "setting::at_most_100")]
    pub max_comments: usize,
}

/// What becomes of NULLs when a column with a default becomes NOT NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nulls {
    /// They are filled with the default first.
    Default,
    /// They are left to the author.
    Off,
}

/// What becomes of triggers and rules that fire when rows are filled by UPDATE, which the naive migration does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Triggers {
    /// The migration stays as it is until somebody says that they may fire.
    Ask,
    /// They fire, and a note names them.
    Fire,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            framework: None,
            postgres: 14,
            lock_timeout: Some(Millis(100)),
            lock_attempts: 60,
            layout: None,
            tables: TablesConfig::default(),
            backfill: BackfillConfig::default(),
            verify: VerifyConfig::default(),
            review: ReviewConfig::default(),
            environment: BTreeMap::new(),
            values: BTreeMap::new(),
            renames: BTreeMap::new(),
            rules: BTreeMap::new(),
            phases: Phases::default(),
        }
    }
}

impl Default for ReviewConfig {
    fn default() -> Self {
        ReviewConfig { max_comments: 10 }
    }
}

impl Default for TablesConfig {
    fn default() -> Self {
        TablesConfig { small: Vec::new(), rows: BTreeMap::new(), small_rows: 100_000 }
    }
}

impl Default for BackfillConfig {
    fn default() -> Self {
        BackfillConfig { batch_size: 1_000, pause: Millis(100), nulls: Nulls::Default, triggers: Triggers::Ask }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read as text.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is not what `safestep.toml` may hold.
    #[error("{path}:{position}: {message}")]
    Invalid {
        /// The file.
        path: Utf8PathBuf,
        /// Where the wrong value or key is.
        position: Position,
        /// What was found and what was expected.
        message: String,
    },
    /// The folder to start from has no absolute path.
    #[error("{path}: cannot be made absolute: {source}")]
    NoDirectory {
        /// The folder.
        path: Utf8PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl Config {
    /// The settings for a folder: those of the nearest `safestep.toml` in it or above it, with that file's path, or
    /// the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] when there is such a file and it cannot be used.
    pub fn find(start_dir: &Utf8Path) -> Result<(Config, Option<Utf8PathBuf>), ConfigError> {
        let start = camino::absolute_utf8(start_dir)
            .map_err(|source| ConfigError::NoDirectory { path: start_dir.to_owned(), source })?;
        let nearest = start.ancestors().map(|folder| folder.join(CONFIG_FILE)).find(|path| path.is_file());
        match nearest {
            Some(path) => Ok((Config::parse(&SourceFile::read(&path)?)?, Some(path))),
            None => Ok((Config::default(), None)),
        }
    }

    /// The settings in one file that a person named.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or used.
    pub fn read(path: &Utf8Path) -> Result<Config, ConfigError> {
        Config::parse(&SourceFile::read_as_named(path)?)
    }

    /// The settings in a text.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with the line, the column and what was expected.
    pub fn parse(file: &SourceFile) -> Result<Config, ConfigError> {
        toml::from_str(&file.text).map_err(|error| ConfigError::Invalid {
            path: file.path.clone(),
            position: file.position(error.span().map_or(0, |span| span.start)),
            message: error.message().replace('\n', "; "),
        })
    }

    /// Whether a table, named with or without its schema, is known to be small. The list `small` decides before
    /// `rows`; where only the bare name is known, every table of that name must be small.
    pub fn is_small(&self, table: &str) -> bool {
        let tables = &self.tables;
        if tables.small.iter().any(|name| same_name(name, table)) {
            return true;
        }
        if let Some(rows) = tables.rows.get(table) {
            return *rows <= tables.small_rows;
        }
        let most = tables.rows.iter().filter(|(name, _)| same_name(name, table)).map(|(_, rows)| *rows).max();
        most.is_some_and(|rows| rows <= tables.small_rows)
    }

    /// The SQL expression that fills a column's existing rows, if the author gave one. `table` may have its schema.
    pub fn value_for(&self, table: &str, column: &str) -> Option<&str> {
        for_column(&self.values, table, column)
    }

    /// The new name of a column that is renamed by a drop and an add, if the author said so.
    pub fn renamed_to(&self, table: &str, column: &str) -> Option<&str> {
        for_column(&self.renames, table, column)
    }

    /// How a rule reports, if the author said so.
    pub fn level(&self, rule: &str) -> Option<Level> {
        self.rules.get(rule).copied()
    }
}

/// The text for a column; `None` also when only the bare table name is known and several schemas' keys fit it.
fn for_column<'a>(texts: &'a BTreeMap<String, String>, table: &str, column: &str) -> Option<&'a str> {
    if let Some(exact) = texts.get(&format!("{table}.{column}")) {
        return Some(exact);
    }
    let mut namesakes = texts
        .iter()
        .filter(|(key, _)| key.rsplit_once('.').is_some_and(|(name, of)| of == column && same_name(name, table)));
    let (_, text) = namesakes.next()?;
    namesakes.next().is_none().then_some(text.as_str())
}

/// Whether two table names can mean the same table: equal, or equal but for a schema that only one of them has.
fn same_name(a: &str, b: &str) -> bool {
    let is_bare_name_of = |full: &str, bare: &str| {
        !bare.contains('.') && full.strip_suffix(bare).is_some_and(|schema| schema.ends_with('.'))
    };
    a == b || is_bare_name_of(a, b) || is_bare_name_of(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Config {
        Config::parse(&SourceFile::new("safestep.toml", text)).unwrap()
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let error = Config::parse(&SourceFile::new("safestep.toml", text)).unwrap_err();
        assert_eq!(error.to_string(), format!("safestep.toml:{message}"));
    }

    #[test]
    fn every_key_is_read() {
        let config = parse(
            r#"
            framework = "prisma"
            postgres = 16
            lock_timeout = "2s"
            lock_attempts = 5
            layout = "phase"
            [tables]
            small = ["countries", "settings"]
            rows = { orders = 80_000_000, "billing.plans" = 12 }
            small_rows = 1_000
            [backfill]
            batch_size = 10_000
            pause = "0ms"
            nulls = "off"
            [verify]
            command = "alembic upgrade {revision}"
            [review]
            max_comments = 3
            [environment]
            REGION = "eu"
            [values]
            "orders.status" = "'pending'"
            [renames]
            "users.user_name" = "display_name"
            [rules]
            rename-table = "off"
            "#,
        );
        assert_eq!(config.framework.as_deref(), Some("prisma"));
        assert_eq!(config.environment, BTreeMap::from([("REGION".to_owned(), "eu".to_owned())]));
        assert_eq!((config.postgres, config.lock_attempts), (16, 5));
        assert_eq!(config.lock_timeout, Some(Millis(2_000)));
        assert_eq!(config.layout, Some(Layout::Phase));
        assert_eq!(config.backfill.batch_size, 10_000);
        assert_eq!(config.backfill.nulls, Nulls::Off);
        assert_eq!(config.verify.command.as_deref(), Some("alembic upgrade {revision}"));
        assert_eq!(config.review.max_comments, 3);
        assert_eq!(config.renamed_to("users", "user_name"), Some("display_name"));
        assert_eq!(config.level("rename-table"), Some(Level::Off));
        assert_eq!(config.level("drop-table"), None);
    }

    #[test]
    fn absent_keys_have_their_defaults() {
        assert_eq!(parse(""), Config::default());
        assert_eq!(parse("[backfill]\npause = \"100ms\""), Config::default());
        assert_eq!(parse("lock_timeout = \"off\"").lock_timeout, None);
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_what_was_expected() {
        refused("postgres = 14\nlock_timeout = 100", "2:16: a duration needs quotes and a unit: \"100ms\"");
        refused("lock_timeout = \"0s\"", "1:16: zero means no timeout to PostgreSQL; write \"off\" for that");
        refused(
            "postgres = 11",
            "1:12: `postgres` is the oldest major version the migrations must run on, 12 to 18, not 11",
        );
        refused("[verify]\ncommand = \"x\"", "2:11: the command must say where it takes {revision} or {version}");
        refused("[backfill]\nbatch_size = 0", "2:14: expected a number of at least 1");
        refused("[review]\nmax_comments = 101", "2:16: expected a number of comments, at most 100");
        refused("[tables]\nbig = []", "2:1: unknown field `big`, expected one of `small`, `rows`, `small_rows`");
        refused("[rules]\nrename-table = \"no\"", "2:16: unknown variant `no`, expected one of `off`, `warn`, `error`");
        refused(
            "[values]\norders.status = \"'new'\"",
            "2:1: expected text in quotes, found a table with the key `status`; a name with a dot \
                 needs quotes: \"table.status\"",
        );
        refused(
            "[renames]\n\"a.b.c.d\" = \"e\"",
            "1:1: expected a key \"table\", \"table.column\" or \"schema.table.column\", not \"a.b.c.d\"",
        );
    }

    #[test]
    fn tables_are_known_with_and_without_their_schema() {
        let config = parse(
            r#"
            [tables]
            small = ["countries", "app.flags"]
            rows = { orders = 100_000, events = 100_001, "a.logs" = 1, "b.logs" = 900_000 }
            "#,
        );
        let small = |table| config.is_small(table);
        assert!(small("countries") && small("public.countries"));
        assert!(small("flags") && small("app.flags") && !small("other.flags"));
        assert!(small("orders") && !small("events"));
        assert!(small("a.logs") && !small("b.logs") && !small("logs"));
        assert!(!small("unknown") && !small("s") && !small("public.ountries"));
    }

    #[test]
    fn the_exact_table_answers_before_its_namesakes() {
        let config = parse("[values]\n\"orders.status\" = \"'a'\"\n\"shop.orders.status\" = \"'b'\"");
        assert_eq!(config.value_for("orders", "status"), Some("'a'"));
        assert_eq!(config.value_for("shop.orders", "status"), Some("'b'"));
        assert_eq!(config.value_for("old.orders", "status"), Some("'a'"));
        assert_eq!(config.value_for("orders", "state"), None);

        let ambiguous = parse("[values]\n\"a.t.c\" = \"1.0\"\n\"b.t.c\" = \"2.0\"");
        assert_eq!(ambiguous.value_for("t", "c"), None);
    }

    #[test]
    fn the_nearest_file_wins() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let deep = root.join("app/prisma/migrations");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.join(CONFIG_FILE), "postgres = 13").unwrap();
        assert_eq!(Config::find(&deep).unwrap().0.postgres, 13);

        std::fs::write(root.join("app").join(CONFIG_FILE), "postgres = 17").unwrap();
        let (config, path) = Config::find(&deep).unwrap();
        assert_eq!(config.postgres, 17);
        assert_eq!(path, Some(root.join("app").join(CONFIG_FILE)));
    }
}
