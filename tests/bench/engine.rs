//! Prisma's schema engine, asked over JSON-RPC what the Prisma command asks it.
//!
//! The command reads the project, starts the engine, sends it requests and puts the answers into words; what runs, what is
//! recorded and what differs is decided in the engine. The command takes a second of a core to start, the engine a tenth.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::prisma::{Project, Run};
use super::server::Database;
use super::variable;

/// A running engine with one project and one database, ended with this value.
pub struct Engine {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    asked: u32,
    /// What it printed beside its answers.
    printed: String,
    project: PathBuf,
}

/// What the engine says to a request, or why it refuses.
type Answer = std::result::Result<Value, String>;

/// What an answer must say.
type Says = fn(&Value) -> bool;

impl Engine {
    /// Starts one; `shadow` is an empty database for replays. With `log` the engine writes there what it is asked and
    /// sends.
    pub fn start(
        project: &Project,
        database: &Database,
        shadow: Option<&Database>,
        log: Option<&Path>,
    ) -> Result<Engine> {
        let folder = PathBuf::from(variable("SAFESTEP_TEST_PRISMA")?);
        let mut datasource = json!({ "url": database.url });
        if let Some(shadow) = shadow {
            datasource["shadowDatabaseUrl"] = json!(shadow.url);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(folder.join("schema-engine.mjs"));
        command
            .arg("--datamodels")
            .arg(project.model())
            .args(["--datasource", &datasource.to_string()])
            .env("PATH", format!("{}:{path}", folder.join("node").display()))
            .env("NODE_COMPILE_CACHE", folder.join("compiled"))
            .current_dir(project.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(log) = log {
            command.env("PRISMA_STANDIN_LOG", log);
        }
        let mut process = command.spawn().context("running schema-engine.mjs")?;
        let requests = process.stdin.take().context("the engine's standard input")?;
        let answers = BufReader::new(process.stdout.take().context("the engine's standard output")?);
        let project = project.root().to_owned();
        Ok(Engine { process, requests, answers, asked: 0, printed: String::new(), project })
    }

    /// `prisma migrate deploy`.
    pub fn deploy(mut self) -> Result<Run> {
        let request = json!({ "migrationsList": self.migrations("prisma/migrations")?, "filters": filters() });
        let applied = match self.ask("applyMigrations", &request)? {
            Ok(answer) => answer["appliedMigrationNames"].as_array().context("appliedMigrationNames")?.clone(),
            Err(why) => return Ok(Run { status: 1, text: why }),
        };
        let text = match applied.is_empty() {
            true => "No pending migrations to apply.".to_owned(),
            false => format!("applied: {applied:?}"),
        };
        Ok(Run { status: 0, text })
    }

    /// `prisma migrate dev`; where the command would ask a question or make a migration, it ends with status 130.
    pub fn dev(mut self) -> Result<Run> {
        let folder = json!({ "migrationsList": self.migrations("prisma/migrations")?, "filters": filters() });
        let mut with_model = folder.clone();
        with_model["schema"] = json!({ "files": self.model()? });
        let mut create = with_model.clone();
        (create["migrationName"], create["draft"]) = (json!(""), json!(false));
        let nothing_to_do: [(&str, &Value, Says); 5] = [
            ("devDiagnostic", &folder, |answer| answer["action"]["tag"] == "createMigration"),
            ("applyMigrations", &folder, |answer| answer["appliedMigrationNames"] == json!([])),
            ("evaluateDataLoss", &with_model, |answer| answer["migrationSteps"] == 0),
            ("createMigration", &create, |answer| answer["migrationScript"].is_null()),
            ("applyMigrations", &folder, |answer| answer["appliedMigrationNames"] == json!([])),
        ];
        for (method, request, is_nothing) in nothing_to_do {
            match self.ask(method, request)? {
                Ok(answer) if is_nothing(&answer) => {}
                Ok(answer) => return Ok(Run { status: 130, text: format!("{method}: {answer}") }),
                Err(why) => return Ok(Run { status: 1, text: why }),
            }
        }
        Ok(Run { status: 0, text: "Already in sync".to_owned() })
    }

    /// The script that `prisma migrate dev --create-only` writes for the model.
    pub fn create_only(mut self) -> Result<String> {
        let mut create = json!({ "migrationsList": self.migrations("prisma/migrations")?, "filters": filters() });
        create["schema"] = json!({ "files": self.model()? });
        (create["migrationName"], create["draft"]) = (json!("generated"), json!(true));
        match self.ask("createMigration", &create)? {
            Ok(answer) => Ok(answer["migrationScript"].as_str().context("nothing to create")?.to_owned()),
            Err(why) => bail!("{why}"),
        }
    }

    /// `prisma migrate diff --from-migrations prisma/migrations --to-schema prisma/schema.prisma --exit-code`.
    pub fn drift(mut self) -> Result<Run> {
        let mut from = self.migrations("prisma/migrations")?;
        from["tag"] = json!("migrations");
        let to = json!({ "tag": "schemaDatamodel", "files": self.model()? });
        let request = json!({ "from": from, "to": to, "script": false, "exitCode": true, "filters": filters() });
        match self.ask("diff", &request)? {
            Ok(answer) => {
                let status = i32::try_from(answer["exitCode"].as_i64().context("exitCode")?)?;
                Ok(Run { status, text: std::mem::take(&mut self.printed) })
            }
            Err(why) => Ok(Run { status: 1, text: why }),
        }
    }

    /// The folder as the command sends it.
    fn migrations(&self, folder: &str) -> Result<Value> {
        let path = self.project.join(folder);
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.push(entry.file_name().into_string().ok().context("a name that is not UTF-8")?);
            }
        }
        names.sort();
        let directories = names.into_iter().map(|name| -> Result<Value> {
            let sql = fs::read_to_string(path.join(&name).join("migration.sql")).with_context(|| name.clone())?;
            let file = json!({ "path": "migration.sql", "content": { "tag": "ok", "value": sql } });
            Ok(json!({ "path": name, "migrationFile": file }))
        });
        let lock = fs::read_to_string(path.join("migration_lock.toml"))?;
        Ok(json!({
            "baseDir": folder,
            "lockfile": { "path": "migration_lock.toml", "content": lock },
            "migrationDirectories": directories.collect::<Result<Vec<Value>>>()?,
            "shadowDbInitScript": "",
        }))
    }

    fn model(&self) -> Result<Value> {
        let path = "prisma/schema.prisma";
        Ok(json!([{ "path": path, "content": fs::read_to_string(self.project.join(path))? }]))
    }

    fn ask(&mut self, method: &str, request: &Value) -> Result<Answer> {
        self.asked += 1;
        let id = self.asked;
        let request = json!({ "id": id, "jsonrpc": "2.0", "method": method, "params": request });
        writeln!(self.requests, "{request}").context("the schema engine has ended")?;
        loop {
            let mut line = String::new();
            ensure!(self.answers.read_line(&mut line)? > 0, "the schema engine ended without an answer to {method}");
            let mut answer: Value = serde_json::from_str(&line).with_context(|| format!("{method}: {line:?}"))?;
            if answer["method"] == "print" {
                self.printed += answer["params"]["content"].as_str().unwrap_or_default();
            } else if answer["id"] != id {
                bail!("no answer to {method}: {line}");
            } else if answer["error"].is_null() {
                return Ok(Ok(answer["result"].take()));
            } else {
                let data = &answer["error"]["data"];
                let code = data["error_code"].as_str().unwrap_or_default();
                return Ok(Err(format!("{code} {}", data["message"].as_str().unwrap_or_default())));
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn filters() -> Value {
    json!({ "externalTables": [], "externalEnums": [] })
}
