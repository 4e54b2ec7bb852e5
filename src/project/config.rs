//! `safestep.toml`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::described;
use super::rates::RatesConfig;
use super::sections::{BackfillConfig, Layout, ReviewConfig, TablesConfig, VerifyConfig};
use super::setting::{self, Level, Millis};
use crate::source::{Position, SourceError, SourceFile};

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "safestep.toml";

/// The settings of safestep for the migrations in this folder and below it. Every key is optional.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "safestep.toml")]
pub struct Config {
    /// The framework whose migrations these are; found out from the files when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub framework: Option<String>,
    /// The oldest major version of PostgreSQL that the migrations must run on, 12 to 18.
    #[serde(deserialize_with = "setting::postgres_version")]
    #[schemars(range(min = 12, max = 18))]
    pub postgres: u32,
    /// The longest wait of one attempt at a strong lock, such as "100ms"; others wait behind it for so long. "off" leaves it to the
    /// role or the connection.
    #[serde(deserialize_with = "setting::duration_or_off", serialize_with = "setting::or_off")]
    #[schemars(schema_with = "described::duration_or_off")]
    pub lock_timeout: Option<Millis>,
    /// Attempts at a lock, where a step can try again by itself; then the step fails.
    #[serde(deserialize_with = "setting::at_least_one")]
    #[schemars(range(min = 1))]
    pub lock_attempts: u32,
    /// How steps become files; each framework has a default of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Layout")]
    pub layout: Option<Layout>,
    /// What is known of the sizes of tables: small ones are changed directly.
    pub tables: TablesConfig,
    /// How many rows a second the server gets through: with `tables.rows` a report says how long a step takes.
    pub rates: RatesConfig,
    /// How existing rows are filled in.
    pub backfill: BackfillConfig,
    /// How `safestep verify` proves a rewrite.
    pub verify: VerifyConfig,
    /// How `safestep review` speaks on a pull request.
    pub review: ReviewConfig,
    /// What migrations that are programs find in environment variables.
    pub environment: BTreeMap<String, String>,
    /// What existing rows get in a column that becomes required: "table.column" = "an SQL expression".
    #[serde(deserialize_with = "setting::by_column")]
    #[schemars(schema_with = "described::by_column")]
    pub values: BTreeMap<String, String>,
    /// Columns that are dropped and added but are the same: "table.old_column" = "new_column"; tables: "old_table" = "new_table".
    #[serde(deserialize_with = "setting::by_column_or_table")]
    #[schemars(schema_with = "described::by_column_or_table")]
    pub renames: BTreeMap<String, String>,
    /// How single rules report; a rule that is not named keeps its own level.
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

impl Default for Config {
    fn default() -> Self {
        Config {
            framework: None,
            postgres: 14,
            lock_timeout: Some(Millis(100)),
            lock_attempts: 60,
            layout: None,
            tables: TablesConfig::default(),
            rates: RatesConfig::default(),
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

    /// The JSON schema of `safestep.toml`. `frameworks` are the names that `framework` may have; `rules` are the ids that may stand
    /// in `[rules]`, each with what it is about.
    pub fn schema<'a>(frameworks: &[&str], rules: impl Iterator<Item = (&'a str, String)>) -> Value {
        let mut schema = schema_for!(Config).to_value();
        let level = schema["properties"]["rules"]["additionalProperties"].clone();
        let rule = |(id, description): (&str, String)| {
            let mut one = level.clone();
            one["description"] = Value::String(description);
            (id.to_owned(), one)
        };
        schema["properties"]["rules"]["properties"] = Value::Object(rules.map(rule).collect());
        schema["properties"]["rules"]["additionalProperties"] = Value::Bool(false);
        schema["properties"]["framework"]["enum"] = frameworks.iter().copied().map(Value::from).collect();
        schema
    }

    /// Whether a table, named with or without its schema, is known to be small. The list `small` decides before
    /// `rows`; where only the bare name is known, every table of that name must be small.
    pub fn is_small(&self, table: &str) -> bool {
        let tables = &self.tables;
        if tables.small.iter().any(|name| same_name(name, table)) {
            return true;
        }
        self.rows_of(table).is_some_and(|rows| rows <= tables.small_rows)
    }

    /// How many rows a table has, named with or without its schema, if that is known; where several tables of that name
    /// are, those of the biggest.
    pub fn rows_of(&self, table: &str) -> Option<u64> {
        let rows = &self.tables.rows;
        let namesakes = || rows.iter().filter(|(name, _)| same_name(name, table)).map(|(_, rows)| *rows);
        rows.get(table).copied().or_else(|| namesakes().max())
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
    use crate::project::Nulls;

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
