//! The JSON schemas in `schemas/` are those of the code, and what safestep prints and reads is valid by them.
//! `INSTA_UPDATE=always cargo test --test schemas` writes them anew: a field may come; what changes its meaning or goes needs the
//! next version.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::drizzle::{self, Generation};
use bench::folder::{Folder, MIGRATIONS, migration};
use bench::prisma::Sample;
use bench::server::Server;
use bench::{rails, upgrade};

const NAMES: [&str; 7] = ["settings", "report", "verify", "traffic", "preflight", "stats", "status"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path_of(name: &str) -> PathBuf {
    root().join("schemas/v1").join(format!("{name}.json"))
}

#[test]
fn the_files_are_what_the_command_prints() -> Result<()> {
    let folder = Folder::empty()?;
    for name in NAMES {
        let (path, printed) = (path_of(name), folder.safestep(&["schema", name])?.out);
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::create_dir_all(root().join("schemas/v1"))?;
            std::fs::write(&path, &printed)?;
        }
        let written = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        ensure!(written == printed, "{name}: write it anew with INSTA_UPDATE=always cargo test --test schemas");
    }
    let files = std::fs::read_dir(root().join("schemas/v1"))?.count();
    ensure!(files == NAMES.len(), "{files} files for {} schemas", NAMES.len());
    for (command, name) in [("check", "report"), ("verify", "verify"), ("stats", "stats")] {
        let printed = folder.safestep(&[command, "--schema"])?.out;
        ensure!(printed == std::fs::read_to_string(path_of(name))?, "{command} --schema is another one");
    }
    Ok(())
}

/// What is wrong with each of these by a schema: as many texts as documents, empty where nothing is.
fn errors(name: &str, documents: &[Value]) -> Result<Vec<String>> {
    const VALIDATE: &str = "import json, sys, jsonschema\n\
        schema, documents = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])\n\
        kind = jsonschema.validators.validator_for(schema)\n\
        kind.check_schema(schema)\n\
        validator = kind(schema)\n\
        print(json.dumps(['; '.join(e.json_path + ' ' + e.message for e in validator.iter_errors(d)) for d in documents]))";
    let folder = Folder::empty()?;
    folder.write("documents.json", serde_json::to_string(documents)?)?;
    let mut command = Command::new(bench::variable("SAFESTEP_TEST_PYTHON")?);
    let output =
        command.args(["-c", VALIDATE]).arg(path_of(name)).arg(folder.path().join("documents.json")).output()?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let errors: Vec<String> = serde_json::from_slice(&output.stdout)?;
    ensure!(errors.len() == documents.len(), "{name}: {} answers", errors.len());
    Ok(errors)
}

fn must_be_valid(name: &str, documents: &[Value]) -> Result<()> {
    let wrong: Vec<(usize, String)> =
        errors(name, documents)?.into_iter().enumerate().filter(|(_, error)| !error.is_empty()).collect();
    ensure!(wrong.is_empty(), "not valid by {name}: {wrong:#?}\n{:#}", documents[wrong[0].0]);
    Ok(())
}

fn report(folder: &Folder, path: &str) -> Result<Value> {
    let ended = folder.safestep(&["rewrite", "--all", "--format", "json", path])?;
    serde_json::from_str(&ended.out).with_context(|| format!("{path}: {}", ended.err))
}

#[test]
fn the_report_of_every_sample_is_valid() -> Result<()> {
    let mut reports = Vec::new();
    for sample in Sample::all()? {
        reports.push(report(&Folder::of(&sample)?, &migration(&sample))?);
    }
    for generation in [Generation::Journal, Generation::Folders] {
        for sample in drizzle::Sample::all(generation)? {
            let (folder, path) = sample.folder()?;
            reports.push(report(&folder, &path)?);
        }
    }
    for sample in upgrade::Sample::all()? {
        reports.push(report(&sample.folder()?, &sample.migration()?)?);
    }
    for sample in rails::Sample::all()? {
        let project = sample.project()?;
        let path = project.path()?;
        reports.push(report(project.folder(), path.to_str().context("a path that is not UTF-8")?)?);
    }
    must_be_valid("report", &reports)?;
    // The schema would see what is not so.
    for (field, value) in [
        ("/version", 2.into()),
        ("/migrations/0/steps", Value::Null),
        ("/migrations/0/hazards/0/severity", "bad".into()),
    ] {
        let mut broken = reports
            .iter()
            .find(|report| report.pointer("/migrations/0/hazards/0").is_some())
            .context("hazards")?
            .clone();
        *broken.pointer_mut(field).context(field)? = value;
        ensure!(!errors("report", &[broken])?[0].is_empty(), "{field} may be anything");
    }
    Ok(())
}

/// A model, its history and a migration that drops a column: one step now, one behind a deploy.
fn with_phases() -> Result<Folder> {
    let folder = Folder::new()?;
    folder.write(
        "prisma/schema.prisma",
        "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel User {\n  id   Int    @id\n  name String\n}\n",
    )?;
    folder.write(
        &format!("{MIGRATIONS}/20260101000000_init/migration.sql"),
        "CREATE TABLE \"User\" (id int PRIMARY KEY, name text NOT NULL, nick text);\n",
    )?;
    folder.write(
        &format!("{MIGRATIONS}/20260102000000_change/migration.sql"),
        "ALTER TABLE \"User\" DROP COLUMN nick;\nCREATE INDEX i ON \"User\" (name);\n",
    )?;
    Ok(folder)
}

#[test]
fn what_the_other_commands_print_is_valid() -> Result<()> {
    let folder = with_phases()?;
    let database = Server::of(15)?.create()?;
    let url = ["--database-url", &database.url];
    let json = ["--format", "json"];
    let all = |arguments: &[&[&str]]| -> Result<Value> {
        let ended = folder.safestep(&arguments.concat())?;
        serde_json::from_str(&ended.out).with_context(|| format!("{arguments:?}: {}{}", ended.out, ended.err))
    };
    let few = ["--rows", "300"];
    let proofs = all(&[&["verify", "--all", "--interrupt", "--undo"], &json, &url, &few])?;
    ensure!(proofs["proofs"][0]["steps"].is_array(), "{proofs:#}");
    must_be_valid("verify", &[proofs])?;
    must_be_valid("traffic", &[all(&[&["verify", "--all", "--traffic"], &json, &url, &few])?])?;
    database.connect()?.batch_execute("CREATE TABLE \"User\" (id int PRIMARY KEY, name text NOT NULL, nick text)")?;
    must_be_valid("stats", &[all(&[&["stats"], &json, &url])?])?;
    must_be_valid("preflight", &[all(&[&["preflight", "--all"], &json, &url])?])?;
    let written = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(written.status == 0, "{}", written.err);
    let (alone, asked) = (all(&[&["status"], &json])?, all(&[&["status"], &json, &url])?);
    ensure!(alone["sequences"].as_array().is_some_and(|all| all.len() == 1), "{alone:#}");
    must_be_valid("status", &[alone, asked])
}

/// The `toml` blocks of a page that are settings: those of another file say its name in their first line.
fn settings_in(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| !block.starts_with("# Cargo.toml") && !block.starts_with("# pyproject.toml"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => pages(&path, found)?,
            false if path.extension().is_some_and(|extension| extension == "md") => found.push(path),
            false => {}
        }
    }
    Ok(())
}

fn as_json(settings: &str) -> Result<Value> {
    Ok(serde_json::to_value(toml::from_str::<toml::Value>(settings)?)?)
}

#[test]
fn every_documented_configuration_is_valid() -> Result<()> {
    let mut files = vec![root().join("README.md")];
    pages(&root().join("docs"), &mut files)?;
    let mut documents = Vec::new();
    for file in files {
        let page = std::fs::read_to_string(&file)?;
        for block in settings_in(&page) {
            documents.push(as_json(block).with_context(|| format!("{}:\n{block}", file.display()))?);
        }
    }
    ensure!(documents.len() >= 2, "{} configurations were found", documents.len());
    must_be_valid("settings", &documents)?;
    must_be_valid("settings", &[written_by_init()?])
}

/// What `init` writes, with every setting taken out of its comment.
fn written_by_init() -> Result<Value> {
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), "CREATE TABLE t (a int);\n")?;
    let ended = folder.safestep(&["init", "--only", "settings", "--write"])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let text = std::fs::read_to_string(folder.path().join("safestep.toml"))?;
    let schema =
        format!("#:schema https://unpkg.com/safestep@{}/schemas/v1/settings.json\n", env!("CARGO_PKG_VERSION"));
    ensure!(text.starts_with(&schema), "{text}");
    let lines: Vec<&str> = text.lines().skip(3).map(|line| line.trim_start_matches(['#', ' '])).collect();
    as_json(&lines.join("\n"))
}

#[test]
fn every_setting_is_described_and_in_what_init_writes() -> Result<()> {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path_of("settings"))?)?;
    let written = written_by_init()?;
    let mut count = 0;
    let mut must_be_there = |path: String, key: &str, setting: &Value, written: &Value| -> Result<()> {
        ensure!(setting["description"].as_str().is_some_and(|text| text.len() > 10), "{path}{key} is not described");
        ensure!(written.get(key).is_some(), "{path}{key} is not in what init writes");
        count += 1;
        Ok(())
    };
    for (key, setting) in schema["properties"].as_object().context("properties")? {
        must_be_there(String::new(), key, setting, &written)?;
        let table = setting["$ref"].as_str().and_then(|to| schema.pointer(to.trim_start_matches('#')));
        for (inner, setting) in table.and_then(|table| table["properties"].as_object()).into_iter().flatten() {
            must_be_there(format!("{key}."), inner, setting, &written[key])?;
        }
    }
    ensure!(count >= 20, "{count} settings");
    let rules = schema["properties"]["rules"]["properties"].as_object().context("rules")?;
    ensure!(rules.len() == safestep::rewrite::RULES.len(), "{} rules", rules.len());
    Ok(())
}

/// What the parser takes the schema takes, and what it refuses the schema refuses.
#[test]
fn the_schema_of_the_settings_says_what_the_parser_says() -> Result<()> {
    let good = [
        "",
        "framework = \"rails\"\npostgres = 18\nlock_timeout = \"off\"\nlayout = \"phase\"",
        "lock_timeout = \"2 s\"\nlock_attempts = 1\n[backfill]\npause = \"0ms\"\nnulls = \"off\"\ntriggers = \"fire\"",
        "[tables]\nsmall = [\"a\"]\nrows = { a = 0, \"b.c\" = 80_000_000 }\nsmall_rows = 0",
        "[verify]\ncommand = \"alembic upgrade {revision}\"\n[review]\nmax_comments = 0\n[environment]\nA = \"\"",
        "[values]\n\"s.t.c\" = \"1\"\n[renames]\n\"t.a\" = \"b\"\nusers = \"people\"\n[rules]\nadd-check = \"warn\"",
    ];
    let bad = [
        "framework = \"django\"",
        "postgres = 11",
        "postgres = \"14\"",
        "lock_timeout = 100",
        "lock_timeout = \"0s\"",
        "lock_timeout = \"2 minutes\"",
        "lock_attempts = 0",
        "layout = \"file\"",
        "unknown = 1",
        "[tables]\nbig = []",
        "[tables]\nrows = { a = -1 }",
        "[tables]\nrows = { a = \"5\" }",
        "[rates]\nscan = 0",
        "[backfill]\nbatch_size = 0",
        "[backfill]\npause = \"off\"",
        "[backfill]\nnulls = \"ask\"",
        "[verify]\ncommand = \"make migrate\"",
        "[review]\nmax_comments = 101",
        "[environment]\nA = 1",
        "[values]\norders.status = \"'new'\"",
        "[values]\n\"orders.status\" = \" \"",
        "[renames]\n\"a.b.c.d\" = \"x\"",
        "[rules]\nadd-check = \"no\"",
        "[rules]\nno-such-rule = \"off\"",
    ];
    let folder = Folder::new()?;
    folder.write(&format!("{MIGRATIONS}/20260101000000_init/migration.sql"), "CREATE TABLE t (a int);\n")?;
    let documents = |texts: &[&str]| texts.iter().map(|text| as_json(text)).collect::<Result<Vec<_>>>();
    let accepts = |text: &str| -> Result<bool> {
        folder.write("safestep.toml", text)?;
        // A framework that these are not, and a layout that it has not, are another matter.
        let ended = folder.safestep(&["check", "--all"])?;
        Ok(ended.status == 0 || text.contains("framework = \"rails\""))
    };
    must_be_valid("settings", &documents(&good)?)?;
    for text in good {
        ensure!(accepts(text)?, "{text}");
    }
    for (text, error) in bad.iter().zip(errors("settings", &documents(&bad)?)?) {
        ensure!(!error.is_empty(), "the schema takes {text}");
        ensure!(!accepts(text)?, "the parser takes {text}");
    }
    Ok(())
}
