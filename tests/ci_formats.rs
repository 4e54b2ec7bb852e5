//! What CI services read of `safestep check`: valid by its schema, with paths from the top of the repository; and the baseline.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use bench::folder::{Folder, MIGRATIONS};
use bench::variable;

/// The project stands in a folder of its repository whose name needs escapes.
const PROJECT: &str = "apps/a, b";
const CHANGE: &str = "20260102000000_change/migration.sql";
const INIT: &str = "CREATE TABLE \"User\" (id int PRIMARY KEY, name text, email text);\n";
const NAIVE: &str = "ALTER TABLE \"User\" ALTER COLUMN name SET NOT NULL;\n\n-- é 🙂\nCREATE INDEX i ON \"User\" (email);\n\
                     ALTER TABLE \"User\" DROP COLUMN email;\nDO $$ BEGIN PERFORM 1; END $$;\n";

fn repository(migration: &str) -> Result<Folder> {
    let folder = Folder::empty()?;
    folder.git(&["init", "--quiet"])?;
    let project = format!("{PROJECT}/{MIGRATIONS}");
    folder.write(&format!("{project}/migration_lock.toml"), "provider = \"postgresql\"\n")?;
    folder.write(&format!("{project}/20260101000000_init/migration.sql"), INIT)?;
    folder.write(&format!("{project}/{CHANGE}"), migration)?;
    Ok(folder)
}

/// What `check` prints of the whole history in a format, from inside of the project.
fn checked(folder: &Folder, arguments: &[&str]) -> Result<(i32, String, String)> {
    let mut command = folder.command();
    command.current_dir(folder.path().join(PROJECT)).args(["check", "--all"]).args(arguments);
    let output = command.output().context("running safestep")?;
    let text = |bytes| String::from_utf8(bytes).context("not UTF-8");
    Ok((output.status.code().unwrap_or(-1), text(output.stdout)?, text(output.stderr)?))
}

fn reported(folder: &Folder, format: &str) -> Result<String> {
    let (status, out, err) = checked(folder, &["--format", format])?;
    ensure!(status == 1, "exit {status}: {err}");
    Ok(out)
}

/// Runs Python with what was printed as its input.
fn python(script: &str, argument: &str, input: &str) -> Result<String> {
    let folder = Folder::empty()?;
    folder.write("input", input)?;
    let mut command = Command::new(variable("SAFESTEP_TEST_PYTHON")?);
    let output = command.args(["-c", script, argument]).arg(folder.path().join("input")).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn sarif_is_valid() -> Result<()> {
    const VALIDATE: &str = "import json, sys, jsonschema\n\
        schema, log = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])\n\
        checker = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())\n\
        for error in checker.iter_errors(log): print(error.json_path, error.message)";
    let schema = format!("{}/sarif-2.1.0.json", variable("SAFESTEP_TEST_SCHEMAS")?);
    let log = reported(&repository(NAIVE)?, "sarif")?;
    let errors = python(VALIDATE, &schema, &log)?;
    ensure!(errors.is_empty(), "{errors}\n{log}");
    let broken = log.replace("\"level\": \"error\"", "\"level\": \"fatal\"");
    ensure!(!python(VALIDATE, &schema, &broken)?.is_empty(), "the schema finds nothing");

    let log: Value = serde_json::from_str(&log)?;
    let run = &log["runs"][0];
    let results = run["results"].as_array().context("results")?;
    let rules: Vec<&Value> = results.iter().map(|result| &result["ruleId"]).collect();
    ensure!(rules == ["set-not-null", "create-index", "drop-column"], "{rules:?}");
    for result in results {
        let at = result["ruleIndex"].as_u64().and_then(|at| usize::try_from(at).ok()).context("ruleIndex")?;
        ensure!(run["tool"]["driver"]["rules"][at]["id"] == result["ruleId"], "{result}");
    }
    let place = &results[1]["locations"][0]["physicalLocation"];
    ensure!(place["artifactLocation"]["uri"] == format!("apps/a%2C%20b/{MIGRATIONS}/{CHANGE}"), "{place}");
    ensure!(
        place["region"]["startLine"] == 4 && place["region"]["snippet"]["text"] == "CREATE INDEX i ON \"User\" (email)",
        "{place}"
    );
    let unread = &run["invocations"][0]["toolExecutionNotifications"];
    ensure!(unread.as_array().is_some_and(|unread| unread.len() <= 1), "{unread}");
    Ok(())
}

/// Applying the fix of the log gives the folder that `rewrite --write` gives.
#[test]
fn the_fix_of_a_log_is_the_rewrite() -> Result<()> {
    let folder = repository(NAIVE)?;
    let log: Value = serde_json::from_str(&reported(&folder, "sarif")?)?;
    let fixes: Vec<&Value> =
        log["runs"][0]["results"].as_array().context("results")?.iter().filter_map(|r| r.get("fixes")).collect();
    ensure!(fixes.len() == 1, "{fixes:#?}");
    let mut expected = folder.tree()?;
    for change in fixes[0][0]["artifactChanges"].as_array().context("changes")? {
        let path = change["artifactLocation"]["uri"].as_str().context("uri")?.replace("%2C", ",").replace("%20", " ");
        let replacement = &change["replacements"][0];
        let before = expected.remove(std::path::Path::new(&path)).unwrap_or_default();
        let region = &replacement["deletedRegion"];
        let lines = String::from_utf8(before)?.matches('\n').count() + 1;
        ensure!(region["startLine"] == 1 && region["startColumn"] == 1, "{region}");
        ensure!(region["endLine"] == lines && region["endColumn"] == 1, "{region}");
        if let Some(text) = replacement["insertedContent"]["text"].as_str() {
            expected.insert(path.into(), text.into());
        }
    }
    let mut command = folder.command();
    let ended = command.current_dir(folder.path().join(PROJECT)).args(["rewrite", "--all", "--write"]).output()?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    ensure!(folder.tree()? == expected, "the fix is another one");
    Ok(())
}

#[test]
fn github_finds_the_lines() -> Result<()> {
    let out = reported(&repository(NAIVE)?, "github")?;
    let place = format!("file=apps/a%2C b/{MIGRATIONS}/{CHANGE},line=4,endLine=4,col=1,endColumn=32");
    ensure!(out.contains(&format!("::error {place},title=safestep%3A create-index::every write")), "{out}");
    ensure!(out.lines().count() >= 4 && out.lines().rev().skip(1).all(|line| line.starts_with("::")), "{out}");
    Ok(())
}

#[test]
fn gitlab_knows_a_hazard_that_moves() -> Result<()> {
    let issues = |text: &str| -> Result<Vec<Value>> {
        Ok(serde_json::from_str::<Vec<Value>>(&reported(&repository(text)?, "gitlab")?)?)
    };
    let naive = issues(NAIVE)?;
    let fields = ["check_name", "description", "fingerprint", "location", "severity"];
    for issue in &naive {
        let issue = issue.as_object().context("no object")?;
        ensure!(issue.keys().all(|key| fields.contains(&key.as_str())) && issue.len() == fields.len(), "{issue:?}");
        ensure!(["info", "minor", "major", "critical", "blocker"].iter().any(|known| issue["severity"] == *known));
        ensure!(issue["location"]["path"] == format!("{PROJECT}/{MIGRATIONS}/{CHANGE}"), "{issue:?}");
    }
    let moved = issues(&format!("-- moved\n\n{}", NAIVE.replace("ALTER COLUMN name", "  ALTER  COLUMN\n name")))?;
    let prints = |issues: &[Value]| issues.iter().map(|issue| issue["fingerprint"].clone()).collect::<Vec<_>>();
    ensure!(prints(&naive) == prints(&moved), "{naive:#?}\n{moved:#?}");
    ensure!(moved[0]["location"]["lines"] == json!({ "begin": 3, "end": 4 }), "{:#}", moved[0]);
    let twice = issues(&format!("{NAIVE}CREATE INDEX j ON \"User\" (name);\nCREATE INDEX j ON \"User\" (name);\n"))?;
    let mut all = prints(&twice);
    all.sort_by_key(ToString::to_string);
    all.dedup();
    ensure!(all.len() == twice.len(), "two hazards have one fingerprint: {twice:#?}");
    Ok(())
}

#[test]
fn junit_has_a_test_for_each_migration() -> Result<()> {
    const COUNT: &str = "import sys, xml.etree.ElementTree as tree\n\
        suites = tree.parse(sys.argv[2]).getroot()\n\
        suite, = suites\n\
        cases = list(suite)\n\
        failed = [case.get('name') for case in cases if case.find('failure') is not None]\n\
        assert [suites.tag, suite.tag] + [case.tag for case in cases] == ['testsuites', 'testsuite'] + ['testcase'] * len(cases)\n\
        assert suite.get('tests') == suites.get('tests') == str(len(cases))\n\
        assert suite.get('failures') == suites.get('failures') == str(len(failed))\n\
        print(len(cases), *failed)\n\
        print(*[case.find('failure').get('message') for case in cases if case.find('failure') is not None])";
    let folder = repository(NAIVE)?;
    ensure!(
        python(COUNT, "", &reported(&folder, "junit")?)?
            .starts_with("2 20260102000000_change\nset-not-null, create-index, drop-column\n")
    );
    folder.write(
        &format!("{PROJECT}/safestep.toml"),
        "[rules]\nset-not-null = \"warn\"\ncreate-index = \"warn\"\ndrop-column = \"warn\"\n",
    )?;
    let (status, out, _) = checked(&folder, &["--format", "junit"])?;
    ensure!(status == 0 && out.contains("<system-out>") && python(COUNT, "", &out)?.trim() == "2", "{out}");
    Ok(())
}

#[test]
fn a_baseline_hides_what_it_has() -> Result<()> {
    let folder = repository(NAIVE)?;
    let file = format!("{PROJECT}/baseline.json");
    let (status, out, err) = checked(&folder, &["--baseline", "baseline.json", "--write-baseline"])?;
    ensure!(status == 0 && out == "baseline.json: 3 hazards\n", "{out}{err}");
    let written = String::from_utf8(folder.tree()?[std::path::Path::new(&file)].clone())?;
    ensure!(written.lines().filter(|line| line.contains("\"rule\":")).count() == 3, "{written}");
    for format in ["text", "json", "github"] {
        let (status, out, err) = checked(&folder, &["--baseline", "baseline.json", "--format", format])?;
        ensure!(status == 0 && !out.contains("create-index"), "{out}");
        ensure!(err == "note: 3 hazards in baseline.json, not told here\n", "{err}");
    }
    let more = format!("{NAIVE}CREATE INDEX j ON \"User\" (name);\n");
    folder.write(&format!("{PROJECT}/{MIGRATIONS}/{CHANGE}"), more)?;
    let (status, out, _) = checked(&folder, &["--baseline", "baseline.json"])?;
    ensure!(status == 1 && out.contains("1 danger ") && out.contains("[create-index]"), "{out}");
    let (_, again, _) = checked(&folder, &["--baseline", "baseline.json", "--write-baseline"])?;
    ensure!(again == "baseline.json: 4 hazards\n", "{again}");
    Ok(())
}

#[test]
fn what_cannot_be_done_is_said() -> Result<()> {
    let folder = repository(NAIVE)?;
    let (status, _, err) = checked(&folder, &["--baseline", "nothing.json"])?;
    ensure!(status == 2 && err.contains("nothing.json") && err.contains("--write-baseline"), "{err}");
    folder.write(&format!("{PROJECT}/baseline.json"), "[1]")?;
    let (status, _, err) = checked(&folder, &["--baseline", "baseline.json"])?;
    ensure!(status == 2 && err.contains("baseline.json:1:"), "{err}");
    let (status, _, err) = checked(&folder, &["--write-baseline"])?;
    ensure!(status == 2 && err.contains("--baseline"), "{err}");
    for command in ["rewrite", "verify"] {
        let ended = folder.safestep(&[command, "--format", "sarif", PROJECT])?;
        ensure!(ended.status == 2 && ended.err.contains("text, json"), "{}", ended.err);
    }
    Ok(())
}
