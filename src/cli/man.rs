//! `safestep man`: what packages install for `man safestep`.

use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::Failure;
use super::printing::put;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The page, such as safestep-rewrite; without one, the names of all pages are printed
    page: Option<String>,
}

/// Prints a page as roff, for section 1.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let pages = pages();
    let name = |command: &Command| command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let Some(wanted) = &arguments.page else {
        put(&pages.iter().map(|page| name(page) + "\n").collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(command) = pages.into_iter().find(|page| name(page) == *wanted) else {
        return Err(Failure::Usage(format!("no page is called {wanted}: `safestep man` lists them")));
    };
    let io = |error| Failure::Io("the page".into(), error);
    let mut roff = Vec::new();
    let source = concat!("safestep ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(source).manual("safestep").render(&mut roff).map_err(io)?;
    put(&String::from_utf8_lossy(&roff))?;
    Ok(ExitCode::SUCCESS)
}

/// safestep itself, and each command that people see.
fn pages() -> Vec<Command> {
    let mut all = super::Cli::command().disable_help_subcommand(true);
    all.build();
    let commands: Vec<Command> = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    std::iter::once(all).chain(commands).collect()
}
