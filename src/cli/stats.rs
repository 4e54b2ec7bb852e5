//! `safestep stats`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::Failure;
use super::common::{absolute, here, write_file};
use super::printing::{Color, json_of, put, text_options};
use crate::output::{TextOptions, json};
use crate::project::{CONFIG_FILE, Config, with_row_counts};
use crate::report::Sizes;
use crate::source::{read_text, visible};
use crate::verify::{SIZES, sizes};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder: the nearest safestep.toml there or above it has the sizes
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,
    /// The database that the migrations will run on, or a standby of it; only reading transactions are used
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Read what the query gave instead of asking a database
    #[arg(long, value_name = "FILE")]
    from: Option<Utf8PathBuf>,
    /// Print the query, for a database that cannot be reached from here: psql -XAt -f QUERY > FILE
    #[arg(long)]
    query: bool,
    /// Write the numbers of rows into safestep.toml
    #[arg(long)]
    write: bool,
    /// The configuration file [default: the nearest safestep.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print the JSON schema of --format json and stop
    #[arg(long)]
    schema: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Show all tables
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Prints the sizes of all tables, and puts them into the configuration.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.schema {
        put(&json::sizes_schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.query {
        put(&format!("{};\n", SIZES.trim_end()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let here = here()?;
    let (config, file) = match &arguments.config {
        Some(file) => (Config::read(file)?, Some(absolute(file, &here))),
        None => Config::find(&absolute(&arguments.path, &here))?,
    };
    let (text, name) = match (&arguments.from, &arguments.database_url) {
        (Some(file), _) => (read_text(file).ok_or_else(|| unreadable(file))?, file.to_string()),
        (None, Some(url)) => (sizes(url)?, "the database".to_owned()),
        (None, None) => return Err(Failure::Usage("name --database-url, or a file with --from".into())),
    };
    let sizes = serde_json::from_str::<Sizes>(text.trim());
    let sizes =
        sizes.map_err(|error| Failure::Usage(format!("{name}: not what `safestep stats --query` gives: {error}")))?;
    put(&match arguments.format {
        Format::Json => json_of(&sizes)?,
        Format::Text => {
            let verbosity = i8::try_from(arguments.verbose).unwrap_or(1);
            sizes.render(config.tables.small_rows, &TextOptions { verbosity, ..text_options(arguments.color) })
        }
    })?;
    if arguments.write {
        let file = file.unwrap_or_else(|| absolute(&arguments.path, &here).join(CONFIG_FILE));
        write(&file, &sizes)?;
        anstream::eprintln!("wrote {}", visible(file.strip_prefix(&here).unwrap_or(&file).as_str()));
    }
    Ok(ExitCode::SUCCESS)
}

fn unreadable(file: &Utf8Path) -> Failure {
    Failure::Usage(format!("{file}: cannot be read as text in UTF-8"))
}

fn write(file: &Utf8Path, sizes: &Sizes) -> Result<(), Failure> {
    let counted = sizes.tables.iter().filter_map(|table| Some((table.key(), i64::try_from(table.rows?).ok()?)));
    let rows: BTreeMap<String, i64> = counted.collect();
    let before = match file.exists() {
        true => read_text(file).ok_or_else(|| unreadable(file))?,
        false => String::new(),
    };
    let after = with_row_counts(&before, &rows);
    write_file(file, after.ok_or_else(|| Failure::Usage(format!("{file}: [tables] rows is no table of numbers")))?)
}
