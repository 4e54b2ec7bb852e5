//! The command line: one file per subcommand. Arguments in, the pipeline called, an output chosen.

mod adopt;
mod check;
mod common;
mod completions;
mod explain;
mod failure;
mod init;
mod man;
mod preflight;
mod printing;
mod recover;
mod release;
mod review;
mod rewrite;
mod schema;
mod servers;
mod stats;
mod status;
mod traffic;
mod verify;
mod waiting;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::source::visible_lines;

pub use failure::Failure;

/// Rewrites naive migrations into sequences of small production-safe files for PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "safestep", version, max_term_width = 100, propagate_version = true)]
#[command(after_long_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  clean, or done
  1  a hazard was found, a rewrite would change something, or something differs
  2  bad usage, input that cannot be read, an I/O error";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the diff of the rewrite; --write applies it
    Rewrite(rewrite::Arguments),
    /// Show the hazards only; exit 1 if there are any
    Check(check::Arguments),
    /// Prove the rewrite on a real PostgreSQL: same schema, same data, the locks that it says
    Verify(verify::Arguments),
    /// Ask a database which rows would make the sequences fail today; nothing is changed there
    Preflight(preflight::Arguments),
    /// Ask a database how big its tables are; --write puts it into safestep.toml
    Stats(stats::Arguments),
    /// Tell the ledger of a development database that ran the naive migration about the files that stand for it
    Adopt(adopt::Arguments),
    /// Say on a pull request what is dangerous in its migrations, with the rewrite
    Review(review::Arguments),
    /// Say what waits for a deploy, and what is known of that
    Status(status::Arguments),
    /// Bring the next phase of a sequence into the folder, once the deploy before it is out
    Release(release::Arguments),
    /// Take back a write that was interrupted
    Recover(recover::Arguments),
    /// Set a repository up: settings, a script, a hook, a job in its CI; --write makes the files
    Init(init::Arguments),
    /// Print what a rule does and why, or the list of rules
    Explain(explain::Arguments),
    /// Print the JSON schema of safestep.toml, or of what a command prints as JSON
    Schema(schema::Arguments),
    /// Print the completions for a shell
    Completions(completions::Arguments),
    /// Print a manual page
    #[command(hide = true)]
    Man(man::Arguments),
}

/// Parses the arguments, runs the command and prints what went wrong.
///
/// Exit codes: 0 clean or done; 1 hazards found or a rewrite would change something; 2 bad usage, unreadable input, I/O error.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Rewrite(arguments) => rewrite::run(&arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Preflight(arguments) => preflight::run(&arguments),
        Command::Adopt(arguments) => adopt::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Release(arguments) => release::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Recover(arguments) => recover::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    };
    crate::verify::cleanup::finish();
    match result {
        Ok(code) => code,
        Err(failure) => {
            anstream::eprintln!("error: {}", visible_lines(&failure.to_string()));
            ExitCode::from(2)
        }
    }
}
