//! A project with Alembic as its people meet it: `verify`, `adopt` and `check` beside its `env.py`, on PostgreSQL 15 and with
//! the real Alembic.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::process::Command;

use anyhow::{Context, Result, ensure};

use bench::alembic;
use bench::folder::Folder;
use bench::proof::must_look_the_same;
use bench::server::{Database, Server};

const THREADS: usize = 2;

fn verify(folder: &Folder, more: &[&str]) -> Result<(i32, String)> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let ended = folder.safestep(&[&["verify", "--database-url", &url, "--rows", "200"], more].concat())?;
    Ok((ended.status, ended.out + &ended.err))
}

/// The `alembic` beside the Python that has it.
fn program() -> Result<String> {
    Ok(bench::variable("SAFESTEP_TEST_ALEMBIC")?.replace("/python", "/alembic"))
}

fn uses_command(folder: &Folder) -> Result<()> {
    folder.write("safestep.toml", format!("[verify]\ncommand = \"{} upgrade {{revision}}\"\n", program()?))
}

fn revision(id: &str, follows: &str, upgrade: &str, downgrade: &str) -> String {
    let indented = |body: &str| body.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "\"\"\"{id}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = \"{id}\"\ndown_revision = {follows}\n\n\n\
         def upgrade():\n{}\n\ndef downgrade():\n{}",
        indented(upgrade),
        indented(downgrade)
    )
}

/// A table, and an index on it.
fn small() -> Result<Folder> {
    let folder = alembic::empty_project()?;
    let table =
        "op.create_table(\"t\", sa.Column(\"id\", sa.Integer(), primary_key=True), sa.Column(\"a\", sa.Integer()))";
    folder.write("alembic/versions/first.py", revision("first", "None", table, "op.drop_table(\"t\")"))?;
    let index = "op.create_index(\"i\", \"t\", [\"a\"])";
    folder.write("alembic/versions/second.py", revision("second", "\"first\"", index, "op.drop_index(\"i\")"))?;
    Ok(folder)
}

#[test]
fn both_ways_to_prove_a_sample_agree() -> Result<()> {
    let samples = ["combo_many", "index_add", "make_required"].map(str::to_owned);
    bench::on_each(&samples, THREADS, |sample| {
        let folder = alembic::project(sample)?;
        uses_command(&folder)?;
        let (status, text) = verify(&folder, &["--all", "--interrupt", "--undo"])?;
        ensure!(status == 0 && text.contains(" one by one: the same"), "exit {status}\n{text}");
        ensure!(text.contains("same result") && text.contains("undone in reverse: the schema before"), "{text}");
        Ok(())
    })
}

#[test]
fn the_example_is_proved() -> Result<()> {
    let example = Folder::empty()?;
    let status = Command::new("cp").arg("-R").arg("examples/alembic").arg(example.path()).status()?;
    ensure!(status.success(), "cp");
    let (status, text) = verify(&example, &["--all", "--interrupt", "--undo", "alembic"])?;
    ensure!(status == 0 && text.contains("6 steps undone in reverse: the schema before"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn what_git_has_is_proved_against_what_was_written() -> Result<()> {
    let folder = alembic::project("combo_many")?;
    uses_command(&folder)?;
    let git = |arguments: &[&str]| -> Result<()> {
        let who = ["-c", "user.email=a@b.c", "-c", "user.name=a"];
        let status = Command::new("git").args(who).args(arguments).current_dir(folder.path()).status()?;
        ensure!(status.success(), "git {arguments:?}");
        Ok(())
    };
    git(&["init", "-q"])?;
    git(&["add", "-A"])?;
    git(&["commit", "-qm", "naive"])?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let (status, text) = verify(&folder, &["--all", "--against", "HEAD"])?;
    ensure!(status == 0 && text.contains("6 files one by one: the same"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn what_only_python_knows_is_proved_by_the_command_alone() -> Result<()> {
    let folder = small()?;
    let upgrade = "for table, in op.get_bind().execute(sa.text(\"SELECT 't'\")):\n    op.execute(f\"ALTER TABLE {table} ADD b int\")\n\
                   op.create_index(\"j\", \"t\", [\"a\"])";
    let downgrade = "op.drop_index(\"j\")\nop.drop_column(\"t\", \"b\")";
    folder.write("alembic/versions/third.py", revision("third", "\"second\"", upgrade, downgrade))?;
    let (status, text) = verify(&folder, &["--all"])?;
    let place = "alembic/versions/third.py:10:5: an f-string with table, which is changed: only running the file tells what it sends";
    ensure!(status == 1 && text.contains("third   NOT PROVED") && text.contains(place), "exit {status}\n{text}");
    ensure!(text.contains("set command under [verify] in safestep.toml"), "{text}");
    ensure!(text.contains("second   proved"), "{text}");
    uses_command(&folder)?;
    let (status, text) = verify(&folder, &["--all"])?;
    ensure!(
        status == 0 && text.contains("2 files one by one: the same; locks were not looked at"),
        "exit {status}\n{text}"
    );
    Ok(())
}

#[test]
fn a_difference_that_only_the_command_shows_is_caught() -> Result<()> {
    let folder = small()?;
    let upgrade = "for table, in op.get_bind().execute(sa.text(\"SELECT 't'\")):\n    op.execute(f\"ALTER TABLE {table} ADD b int\")\n\
                   op.create_index(\"j\", \"t\", [\"a\"])";
    folder.write("alembic/versions/third.py", revision("third", "\"second\"", upgrade, "pass"))?;
    uses_command(&folder)?;
    for file in ["first", "second", "third"] {
        let text = std::fs::read(folder.path().join(format!("alembic/versions/{file}.py")))?;
        folder.write(&format!("original/{file}.py"), text)?;
    }
    let changed = revision("third", "\"second\"", &upgrade.replace("ADD b int", "ADD b bigint"), "pass");
    folder.write("alembic/versions/third.py", changed)?;
    let (status, text) = verify(&folder, &["--all", "--against", "original"])?;
    ensure!(status == 1 && text.contains("run by the command: column public.t.b differs"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn a_command_for_another_database_or_other_files_is_refused() -> Result<()> {
    let folder = small()?;
    folder.write("safestep.toml", "[verify]\ncommand = \"true {revision}\"\n")?;
    let (status, text) = verify(&folder, &["--all"])?;
    ensure!(status == 2 && text.contains("must use the database that DATABASE_URL names"), "exit {status}\n{text}");
    let there = folder.path().display().to_string();
    let command = format!("cd '{there}' && {} upgrade {{revision}}", program()?);
    folder.write("safestep.toml", format!("[verify]\ncommand = \"{command}\"\n"))?;
    let (status, text) = verify(&folder, &["--all"])?;
    ensure!(status == 2 && text.contains("does not take the migrations from the folder"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn a_revision_meets_what_it_follows_and_not_its_siblings() -> Result<()> {
    let folder = small()?;
    let required = "op.alter_column(\"t\", \"a\", nullable=False)";
    folder.write("alembic/versions/left.py", revision("left", "\"first\"", required, "pass"))?;
    folder.write("alembic/versions/right.py", revision("right", "\"first\"", required, "pass"))?;
    let both = "op.drop_index(\"i\", table_name=\"t\")\nop.drop_column(\"t\", \"a\")";
    folder.write("alembic/versions/merge.py", revision("merge", "(\"left\", \"right\", \"second\")", both, "pass"))?;
    let ended = folder.safestep(&["check", "--all", "--format", "json"])?;
    let report: serde_json::Value = serde_json::from_str(&ended.out).context(ended.err)?;
    let migrations = report["migrations"].as_array().context("migrations")?;
    let rules_of = |name: &str| -> Vec<&str> {
        let own = migrations.iter().filter(|one| one["name"] == name).flat_map(|one| one["hazards"].as_array());
        own.flatten().filter_map(|hazard| hazard["rule"].as_str()).collect()
    };
    // Whichever of them runs first scans the table.
    ensure!(rules_of("left") == ["set-not-null"] && rules_of("right") == ["set-not-null"], "{report}");
    let of_merge = rules_of("merge");
    ensure!(of_merge.contains(&"drop-column") && !of_merge.contains(&"failing-statement"), "{of_merge:?}");
    Ok(())
}

#[test]
fn a_database_at_the_revision_needs_no_adoption() -> Result<()> {
    let database = Server::of(15)?.create()?;
    let folder = small()?;
    let url = database.url.clone();
    let adopt = |folder: &Folder| {
        let ended = folder.safestep(&["adopt", "--database-url", &url])?;
        Ok::<_, anyhow::Error>((ended.status, ended.out + &ended.err))
    };
    let upgraded = Command::new(program()?)
        .args(["upgrade", "head"])
        .env("DATABASE_URL", &url)
        .current_dir(folder.path())
        .output()
        .context("alembic")?;
    ensure!(upgraded.status.success(), "{}", String::from_utf8_lossy(&upgraded.stderr));
    let upgrade = "op.create_check_constraint(\"c\", \"t\", \"a > 0\")\nop.create_index(\"i\", \"t\", [\"a\"])";
    folder.write("alembic/versions/second.py", revision("second", "\"first\"", upgrade, "pass"))?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0 && ended.out.contains("files written"), "{}{}", ended.out, ended.err);
    let (status, text) = adopt(&folder)?;
    let said =
        "nothing to adopt: the database is at second; a revision that was rewritten keeps its id for its last step";
    ensure!(status == 0 && text.contains(said), "exit {status}\n{text}");
    let (status, text) = adopt(&alembic_with_another()?)?;
    ensure!(
        status == 2 && text.contains("the database is at second, and no file here has this id"),
        "exit {status}\n{text}"
    );
    Ok(())
}

/// `version_table` and `version_table_schema`, also where constants of `env.py` say them.
#[test]
fn a_ledger_of_another_name_is_found() -> Result<()> {
    let database = Server::of(15)?.create()?;
    database.connect()?.batch_execute("CREATE SCHEMA app")?;
    let folder = small()?;
    let env = std::fs::read_to_string(folder.path().join("alembic/env.py"))?;
    let env = env
        .replace("import os\n", "import os\n\nTABLE = \"runs\"\n")
        .replace("connection=connection", "connection=connection, version_table=TABLE, version_table_schema=\"app\"");
    folder.write("alembic/env.py", env)?;
    let mut upgrade = Command::new(program()?);
    upgrade.args(["upgrade", "head"]).env("DATABASE_URL", &database.url).current_dir(folder.path());
    let upgraded = upgrade.output().context("alembic")?;
    ensure!(upgraded.status.success(), "{}", String::from_utf8_lossy(&upgraded.stderr));
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let ended = folder.safestep(&["adopt", "--database-url", &database.url])?;
    ensure!(
        ended.status == 0 && ended.out.contains("nothing to adopt: the database is at second"),
        "{}{}",
        ended.out,
        ended.err
    );
    Ok(())
}

/// `verify` runs the project's own command beside a ledger of another name in a schema of its own, and a table whose name has the
/// ledger's in it is compared.
#[test]
fn a_command_with_a_ledger_of_another_name_proves() -> Result<()> {
    let folder = small()?;
    uses_command(&folder)?;
    let env = std::fs::read_to_string(folder.path().join("alembic/env.py"))?;
    for configured in ["version_table=\"runs\"", "version_table=\"runs\", version_table_schema=\"app\""] {
        let configured = format!("connection=connection, {configured}");
        folder.write("alembic/env.py", env.replace("connection=connection", &configured))?;
        let upgrade = "op.create_table(\"test_runs\", sa.Column(\"id\", sa.Integer(), primary_key=True))\n\
                       op.alter_column(\"t\", \"a\", nullable=False)";
        let downgrade = "op.alter_column(\"t\", \"a\", nullable=True)\nop.drop_table(\"test_runs\")";
        folder.write("alembic/versions/third.py", revision("third", "\"second\"", upgrade, downgrade))?;
        let (status, text) = verify(&folder, &["--all", "--interrupt", "--undo", "alembic/versions/third.py"])?;
        ensure!(status == 0 && text.contains("third   proved") && !text.contains("note: "), "exit {status}\n{text}");
        ensure!(text.contains("files one by one: the same") && text.contains("same data     2 tables"), "{text}");
    }
    Ok(())
}

/// A project as Flask-Migrate makes it, with its own commands: generated, rewritten, proved by `flask db`, run up and down, and
/// nothing new for the next revision.
#[test]
fn a_project_of_flask_migrate() -> Result<()> {
    let server = Server::of(15)?;
    let (naive, rewritten) = (server.create()?, server.create()?);
    let folder = Folder::empty()?;
    let app = |columns: &str| format!("{FLASK_APP}{columns}");
    let flask = |database: &Database, arguments: &[&str]| -> Result<String> {
        let program = bench::variable("SAFESTEP_TEST_ALEMBIC")?.replace("/python", "/flask");
        let output = Command::new(program)
            .args([&["db"], arguments].concat())
            .env("DATABASE_URL", &database.url)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(folder.path())
            .output()
            .context("flask")?;
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "flask db {arguments:?}: {said}");
        Ok(said)
    };
    folder.write("app.py", app("    name = db.Column(db.String(120))\n"))?;
    flask(&naive, &["init"])?;
    flask(&naive, &["migrate", "--message", "first"])?;
    for database in [&naive, &rewritten] {
        flask(database, &["upgrade"])?;
        database.fill(20)?;
    }
    let before = server.copy(&rewritten)?;
    folder.write(
        "app.py",
        app("    name = db.Column(db.String(120), nullable=False, index=True)\n    email = db.Column(db.Text)\n"),
    )?;
    flask(&naive, &["migrate", "--message", "second"])?;
    flask(&naive, &["upgrade"])?;
    let program = bench::variable("SAFESTEP_TEST_ALEMBIC")?.replace("/python", "/flask");
    folder.write("safestep.toml", format!("[verify]\ncommand = \"{program} db upgrade {{revision}}\"\n"))?;
    let (status, text) = verify(&folder, &["--all", "--interrupt", "--undo"])?;
    ensure!(status == 0 && text.contains("files one by one: the same"), "exit {status}\n{text}");
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(
        ended.status == 0 && ended.out.contains("2 dangers in 1 of 2 migrations, all rewritten"),
        "{}{}",
        ended.out,
        ended.err
    );
    flask(&rewritten, &["upgrade"])?;
    must_look_the_same(&naive, &rewritten)?;
    ensure!(!flask(&naive, &["upgrade"])?.contains("Running upgrade"), "a database at the revision runs it again");
    flask(&rewritten, &["check"])?;
    let more = flask(&rewritten, &["migrate", "--message", "third"])?;
    ensure!(more.contains("No changes in schema detected"), "{more}");
    let steps = folder.tree()?.keys().filter(|path| path.starts_with("migrations/versions")).count() - 1;
    flask(&rewritten, &["downgrade", "--", &format!("-{steps}")])?;
    must_look_the_same(&before, &rewritten).context("down")?;
    flask(&rewritten, &["upgrade"])?;
    must_look_the_same(&naive, &rewritten).context("up again")
}

const FLASK_APP: &str = r#"import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"#;

/// A chain that was written for another `env.py`.
#[test]
fn blocks_that_env_py_does_not_allow_are_named() -> Result<()> {
    let folder = small()?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    ensure!(ended.status == 0 && ended.out.contains("1 file changed"), "{}{}", ended.out, ended.err);
    let said = "second leaves the run's transaction and cannot here: alembic/env.py:10:5 begins a transaction";
    ensure!(!folder.safestep(&["check", "--all"])?.out.contains(said), "there is nothing to say");
    let env = std::fs::read_to_string(folder.path().join("alembic/env.py"))?;
    folder.write("alembic/env.py", env.replace("connectable.connect()", "connectable.begin()"))?;
    let ended = folder.safestep(&["check", "--all"])?;
    let text = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(text.contains(said), "{}{}", ended.out, ended.err);
    Ok(())
}

#[test]
fn a_commit_of_alembics_connection_is_named() -> Result<()> {
    let folder = small()?;
    let upgrade = "bind = op.get_bind()\nbind.commit()\nop.create_index(\"j\", \"t\", [\"a\"])";
    folder.write("alembic/versions/third.py", revision("third", "\"second\"", upgrade, "op.drop_index(\"j\")"))?;
    let ended = folder.safestep(&["rewrite", "--all", "alembic/versions/third.py"])?;
    let text = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "commit() of Alembic's connection, which ends the transaction that Alembic goes by: the revision's row is lost, and an \
                autocommit_block() of a later one in the same run fails at 11:5";
    ensure!(text.contains(said) && text.contains("1 danger, left to you"), "{}", ended.out);
    Ok(())
}

fn alembic_with_another() -> Result<Folder> {
    let folder = alembic::empty_project()?;
    folder.write("alembic/versions/other.py", revision("other", "None", "pass", "pass"))?;
    Ok(folder)
}

#[test]
fn what_env_py_does_around_the_migrations_is_named() -> Result<()> {
    let env = std::fs::read_to_string(alembic::empty_project()?.path().join("alembic/env.py"))?;
    let run = "        with context.begin_transaction():\n            context.run_migrations()\n";
    for (from, to, said) in [
        (
            "connectable.connect()",
            "connectable.begin()",
            "alembic/env.py:10:5 begins a transaction around the migrations (connectable.begin())",
        ),
        (
            run,
            "        context.run_migrations(engine_name=\"a\")\n",
            "alembic/env.py:13:9 runs the migrations of several databases",
        ),
        (
            run,
            "        connection.exec_driver_sql(\"SELECT pg_advisory_lock(1)\")\n        with context.begin_transaction():\n            context.run_migrations()\n",
            "alembic/env.py:13:36 lets a second runner wait in pg_advisory_lock",
        ),
    ] {
        let folder = small()?;
        ensure!(env.contains(from), "{env}");
        folder.write("alembic/env.py", env.replace(from, to))?;
        let before = folder.tree()?;
        let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
        let text = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected = format!("left as it is: {said}");
        ensure!(text.contains(&expected) && text.contains("left to you"), "{expected}\n{}", ended.out);
        ensure!(folder.tree()? == before, "something was written");
    }
    let folder = small()?;
    let lost = "        connection.exec_driver_sql(\"SELECT pg_advisory_xact_lock(1)\")\n";
    folder.write("alembic/env.py", env.replace(run, &format!("{lost}{run}")))?;
    let ended = folder.safestep(&["rewrite", "--all", "--write"])?;
    let note = "note: alembic/env.py:13:36 takes an advisory lock that the first autocommit_block() gives back";
    ensure!(
        ended.out.contains("1 danger in 1 of 2 migrations, rewritten") && ended.out.contains(note),
        "{}",
        ended.out
    );
    Ok(())
}

#[test]
fn an_environment_variable_that_the_settings_say_decides() -> Result<()> {
    let folder = small()?;
    let upgrade = "import os\nif os.environ[\"REGION\"] == \"eu\":\n    op.create_index(\"j\", \"t\", [\"a\"])";
    folder.write("alembic/versions/third.py", revision("third", "\"second\"", upgrade, "op.drop_index(\"j\")"))?;
    let third = "alembic/versions/third.py";
    let opaque = |folder: &Folder| -> Result<(usize, bool)> {
        let report = folder.report(&["--all", third])?;
        let rewritten = report["hazards"].as_array().is_some_and(|all| all.iter().all(|one| one["rewritten"] == true));
        Ok((report["opaque"].as_array().context("opaque")?.len(), rewritten))
    };
    ensure!(opaque(&folder)? == (1, false), "nobody says what REGION is");
    folder.write("safestep.toml", "[environment]\nREGION = \"us\"\n")?;
    ensure!(folder.report(&["--all", third])?["hazards"].as_array().is_some_and(Vec::is_empty), "nothing runs");
    folder.write(
        "safestep.toml",
        format!("[environment]\nREGION = \"eu\"\n\n[verify]\ncommand = \"{} upgrade {{revision}}\"\n", program()?),
    )?;
    ensure!(opaque(&folder)? == (0, true), "REGION is said");
    // The command finds it, too.
    let (status, text) = verify(&folder, &["--all", third])?;
    ensure!(status == 0 && text.contains("1 file one by one: the same"), "exit {status}\n{text}");
    Ok(())
}

#[test]
fn a_name_that_only_the_metadata_knows_is_not_said_to_be_missing() -> Result<()> {
    let folder = small()?;
    let env = std::fs::read_to_string(folder.path().join("alembic/env.py"))?;
    let env = env.replace("connection=connection", "connection=connection, target_metadata=load()");
    folder.write("alembic/env.py", env)?;
    let unique = "op.create_table(\"u\", sa.Column(\"a\", sa.Integer()), sa.UniqueConstraint(\"a\"))";
    folder.write("alembic/versions/third.py", revision("third", "\"second\"", unique, "pass"))?;
    let drop = "op.drop_constraint(\"uq_u_a\", \"u\", type_=\"unique\")\nop.create_unique_constraint(None, \"u\", [\"a\"])\n\
                op.add_column(\"u\", sa.Column(\"b\", sa.Integer(), index=True))";
    folder.write("alembic/versions/fourth.py", revision("fourth", "\"third\"", drop, "pass"))?;
    let report = folder.report(&["--all", "alembic/versions/fourth.py"])?;
    let hazards = report["hazards"].as_array().context("hazards")?;
    ensure!(hazards.iter().all(|hazard| hazard["rule"] != "failing-statement"), "{hazards:#?}");
    for rule in ["add-unique", "create-index"] {
        let own = hazards.iter().find(|hazard| hazard["rule"] == rule).context(rule)?;
        let help = own["help"].as_str().unwrap_or_default();
        ensure!(help.starts_with("left as it is: the metadata gives a name") && own["rewritten"] == false, "{own:#}");
    }
    Ok(())
}

#[test]
fn a_revision_says_what_it_is_in_any_assignment() -> Result<()> {
    let folder = small()?;
    let text = revision("third", "\"second\"", "op.alter_column(\"t\", \"a\", nullable=False)", "pass");
    let text = text
        .replace("revision = \"third\"\ndown_revision = \"second\"", "revision, down_revision = \"third\", \"second\"");
    ensure!(text.contains("revision, down_revision ="), "{text}");
    folder.write("alembic/versions/third.py", text)?;
    let ended = folder.safestep(&["rewrite", "--all", "--write", "alembic/versions/third.py"])?;
    ensure!(ended.status == 0, "{}", ended.err);
    let written = std::fs::read_to_string(folder.path().join("alembic/versions/third.py"))?;
    let line = written.lines().find(|line| line.starts_with("revision, down_revision")).context("no ids")?;
    ensure!(line.starts_with("revision, down_revision = \"third\", \"") && !line.contains("second"), "{line}");
    let database = Server::of(15)?.create()?;
    let mut upgrade = Command::new(program()?);
    upgrade.args(["upgrade", "head"]).env("DATABASE_URL", &database.url).current_dir(folder.path());
    let upgraded = upgrade.output().context("alembic")?;
    ensure!(upgraded.status.success(), "{}", String::from_utf8_lossy(&upgraded.stderr));
    Ok(())
}
