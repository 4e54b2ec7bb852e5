//! Every file that safestep writes for a sample, before two judges that know nothing of it: PostgreSQL's own parser
//! (pglast; the bodies of `DO` blocks with PL/pgSQL's) and Squawk, a linter for migrations.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use bench::folder::{Folder, migration};
use bench::prisma::Sample;
use bench::variable;

/// Reads the files that its arguments name and prints what does not parse.
const PARSE: &str = r#"
import sys
import pglast
for path in sys.argv[1:]:
    sql = open(path, encoding="utf-8").read()
    try:
        for raw in pglast.parse_sql(sql):
            if isinstance(raw.stmt, pglast.ast.DoStmt):
                pglast.parse_plpgsql(sql[raw.stmt_location:][:raw.stmt_len or None])
    except pglast.parser.ParseError as error:
        print(path, error)
"#;

/// Rules of Squawk that rewritten files may break, and why.
const ALLOWED: [(&str, &str); 7] = [
    ("prefer-bigint-over-int", "the schema's own types are the author's"),
    ("prefer-identity", "serial is what Prisma writes"),
    ("prefer-robust-stmts", "CREATE TABLE as the author wrote it; VALIDATE and a concurrent build have no IF EXISTS"),
    ("require-concurrent-index-creation", "indexes of a table that the same migration makes"),
    ("require-enum-value-ordering", "the order is the author's"),
    (
        "require-lock-timeout",
        "set inside the DO block where a lock blocks; VALIDATE and concurrent builds block nobody",
    ),
    ("require-statement-timeout", "a validation or a build takes as long as the table is big"),
];

/// The files that safestep writes, in a folder that holds nothing else.
fn written() -> Result<(TempDir, Vec<PathBuf>)> {
    let folder = TempDir::with_prefix("safestep-test-")?;
    let mut paths = Vec::new();
    for sample in Sample::all()? {
        let report = Folder::of(&sample)?.report(&["--all", &migration(&sample)])?;
        for file in report["files"].as_array().context("files")? {
            let (Some(path), Some(after)) = (file["path"].as_str(), file["after"].as_str()) else { continue };
            let name = path.trim_start_matches("prisma/migrations/").replace('/', ".");
            let path = folder.path().join(name);
            std::fs::write(&path, after).with_context(|| path.display().to_string())?;
            paths.push(path);
        }
    }
    ensure!(!paths.is_empty(), "safestep wrote no file");
    Ok((folder, paths))
}

#[test]
fn postgresql_can_read_every_file() -> Result<()> {
    let python = variable("SAFESTEP_TEST_PYTHON")?;
    let (_folder, paths) = written()?;
    let output = Command::new(python).args(["-c", PARSE]).args(&paths).output().context("running python")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

#[test]
fn squawk_finds_only_what_is_meant() -> Result<()> {
    let squawk = variable("SAFESTEP_TEST_SQUAWK")?;
    let (_folder, mut paths) = written()?;
    // What passes through as its author wrote it was reported, with what to do about it.
    paths.retain(|path| {
        std::fs::read_to_string(path).is_ok_and(|sql| !sql.lines().next().unwrap_or_default().ends_with("as written"))
    });
    let output = Command::new(squawk)
        .args(["--reporter", "json", "--pg-version", "12"])
        .args(&paths)
        .output()
        .context("running squawk")?;
    let found: Vec<Value> = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("squawk: {}", String::from_utf8_lossy(&output.stderr)))?;
    let mut rules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in &found {
        let rule = finding["rule_name"].as_str().context("rule_name")?;
        rules.entry(rule).or_default().push(format!("{}:{}", finding["file"], finding["line"]));
    }
    for (rule, places) in &rules {
        println!("{:>4}  {rule}  {}", places.len(), places[0]);
    }
    let unknown: Vec<String> = rules
        .iter()
        .filter(|(rule, _)| !ALLOWED.iter().any(|(allowed, _)| allowed == *rule))
        .map(|(rule, places)| format!("{rule}: {}", places.join(" ")))
        .collect();
    ensure!(unknown.is_empty(), "{}", unknown.join("\n"));
    let unused: Vec<&str> = ALLOWED.iter().map(|(rule, _)| *rule).filter(|rule| !rules.contains_key(rule)).collect();
    ensure!(unused.is_empty(), "no file breaks {unused:?}: take them off the list");
    Ok(())
}
