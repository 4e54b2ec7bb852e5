//! `safestep recover`.

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failure;
use super::common::{absolute, here, take_back};
use crate::source::visible;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project root or migrations folder that was being written
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,
}

/// Puts back what an interrupted write had begun to change, and names it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let here = here()?;
    let path = absolute(&arguments.path, &here);
    if !path.exists() {
        return Err(Failure::Usage(format!("{path}: no such file or folder")));
    }
    let restored = take_back(&path)?;
    let name = |file: &Utf8Path| file.strip_prefix(&here).unwrap_or(file).to_string();
    match restored.len() {
        0 => anstream::println!("nothing to recover"),
        _ => anstream::println!("an interrupted rewrite was taken back:"),
    }
    restored.iter().for_each(|file| anstream::println!("  {}", visible(&name(file))));
    Ok(ExitCode::SUCCESS)
}
