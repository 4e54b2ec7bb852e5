//! RuboCop finds nothing in the files of a sequence that it does not find in the migration that they come from, in both layouts.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use bench::rails::{Project, Sample};

/// All cops. Strings are as Rails' generators write them; how long a method is says nothing of a migration, and what a step's comment
/// says is one line whatever its length.
const COPS: &str = "AllCops:
  NewCops: enable
  TargetRubyVersion: 2.7
  SuggestExtensions: false
Metrics:
  Enabled: false
Style/StringLiterals:
  EnforcedStyle: double_quotes
Layout/LineLength:
  AllowedPatterns: ['^\\s*#', '\\bSELECT\\b']
";

const RUN: &str = "gem 'rubocop'; require 'rubocop'; exit RuboCop::CLI.new.run(ARGV)";

#[test]
fn files_are_as_tidy_as_before() -> Result<()> {
    let place = TempDir::with_prefix("safestep-rubocop-")?;
    std::fs::write(place.path().join("cops.yml"), COPS)?;
    for sample in Sample::all()? {
        let naive = sample.project()?;
        write(place.path(), "naive", &sample, &naive)?;
        write(place.path(), "step", &sample, &naive.rewritten(15)?)?;
        write(place.path(), "phase", &sample, &naive.with_settings("layout = \"phase\"\n")?.rewritten(15)?)?;
    }
    let before = findings(place.path(), "naive")?;
    ensure!(!before.is_empty(), "RuboCop finds nothing at all");
    for folder in ["step", "phase"] {
        let found = findings(place.path(), folder)?;
        let new: Vec<_> = found.iter().filter(|(sample, cop, _)| !is_found(&before, sample, cop)).collect();
        ensure!(new.is_empty(), "{folder}: {new:#?}");
    }
    Ok(())
}

/// A sample, a cop, and where with what it says.
type Finding = (String, String, String);

fn is_found(findings: &BTreeSet<Finding>, sample: &str, cop: &str) -> bool {
    findings.iter().any(|(own, other, _)| own == sample && other == cop)
}

fn write(place: &Path, folder: &str, sample: &Sample, project: &Project) -> Result<()> {
    let to = place.join(folder).join(&sample.name);
    std::fs::create_dir_all(&to)?;
    for (path, text) in project.migrations()? {
        std::fs::write(to.join(path.file_name().context("a name")?), text)?;
    }
    Ok(())
}

fn findings(place: &Path, folder: &str) -> Result<BTreeSet<Finding>> {
    let output = Command::new(bench::variable("SAFESTEP_TEST_RUBOCOP")?)
        .args(["-e", RUN, "--", "--config", "cops.yml", "--cache", "false", "--format", "emacs", folder])
        .current_dir(place)
        .output()
        .context("running RuboCop")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // 1: it found something.
    let status = output.status.code().unwrap_or(-1);
    ensure!(status == 0 || status == 1, "RuboCop: exit {status}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    let finding = |line: &str| -> Option<Finding> {
        let (at, rest) = line.split_once(": ")?;
        let (_, rest) = rest.split_once(": ")?;
        let rest = rest.trim_start_matches("[Correctable] ");
        let (cop, _) = rest.split_once(": ")?;
        let sample = at.split(&format!("/{folder}/")).nth(1)?.split('/').next()?;
        Some((sample.to_owned(), cop.to_owned(), line.to_owned()))
    };
    Ok(said.lines().filter_map(finding).collect())
}
