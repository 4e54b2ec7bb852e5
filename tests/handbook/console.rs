//! Blocks of a shell in a page: each command behind `$ ` prints what stands under it. A line `…` stands for any lines.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::book::Page;

const OPEN: &str = "```console\n";

/// Runs the commands of a page one after another in a copy of `examples/`, and returns how many there are. With
/// `INSTA_UPDATE=always` what is printed takes the place of what is not so.
pub fn check(page: &Page) -> Result<usize> {
    let folder = TempDir::with_prefix("safestep-handbook-")?;
    let (mut written, mut commands, mut wrong) = (String::new(), 0, Vec::new());
    let mut parts = page.text.split(OPEN);
    written.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (block, behind) = part.split_once("```\n").with_context(|| format!("{}: an open block", page.path))?;
        if commands == 0 {
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
            let copied = Command::new("cp").arg("-r").arg(examples).arg(folder.path()).status()?;
            ensure!(copied.success(), "the examples were not copied");
        }
        written.push_str(OPEN);
        for one in block.split("$ ").skip(1) {
            let (command, expected) = one.split_once('\n').with_context(|| format!("{}: {one}", page.path))?;
            let printed = printed(folder.path(), command)?;
            let (lines, are): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), printed.lines().collect());
            let is_so = matches(&lines, &are);
            if !is_so {
                wrong.push(format!("$ {command}\n{printed}"));
            }
            written.push_str(&format!("$ {command}\n{}", if is_so { expected } else { &printed }));
            commands += 1;
        }
        written.push_str("```\n");
        written.push_str(behind);
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&page.file, written)?;
    } else {
        let again = "INSTA_UPDATE=always cargo test --test handbook writes it";
        ensure!(wrong.is_empty(), "{} says something else ({again}):\n{}", page.file.display(), wrong.join("\n"));
    }
    Ok(commands)
}

fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match expected {
        [] => printed.is_empty(),
        ["…", rest @ ..] => (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..])),
        [line, rest @ ..] => {
            printed.first().is_some_and(|first| first.trim_end() == line.trim_end()) && matches(rest, &printed[1..])
        }
    }
}

fn printed(folder: &Path, command: &str) -> Result<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_safestep")).parent().context("a folder")?;
    let path = format!("{}:{}", program.display(), std::env::var("PATH")?);
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(folder).env("PATH", path);
    shell.env("COLUMNS", "100").env("LC_ALL", "C.UTF-8");
    for variable in ["CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        shell.env_remove(variable);
    }
    String::from_utf8(shell.output()?.stdout).context("not UTF-8")
}
