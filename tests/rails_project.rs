//! What stands beside the migrations of a Rails application: the ledger, what Rails wrote down of the schema, and `bin/rails`
//! itself as the command that `safestep verify` runs.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::fs;

use anyhow::{Context, Result, ensure};

use bench::rails::{Project, RAILS_6, RAILS_7, Rails, Sample};
use bench::server::{Database, Server};

/// Several files of every kind stand for it.
const SAMPLE: &str = "add_reference";

fn sample(name: &str) -> Result<Project> {
    Sample { name: name.to_owned() }.project()
}

fn adopt(project: &Project, database: &Database, more: &[&str]) -> Result<(i32, String)> {
    let ended = project.folder().safestep(&[&["adopt", "--database-url", &database.url], more].concat())?;
    Ok((ended.status, ended.out + &ended.err))
}

fn versions(database: &Database) -> Result<String> {
    let rows = "SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations";
    Ok(database.connect()?.query_one(rows, &[])?.get(0))
}

/// A database that ran the naive migrations, and the project after `rewrite --write`.
fn applied(name: &str) -> Result<(Database, Project, Project)> {
    let database = Server::of(15)?.create()?;
    let naive = sample(name)?;
    RAILS_7.must(&naive, &database, &["db:migrate"])?;
    let rewritten = naive.rewritten(15)?;
    ensure!(rewritten.steps()?.len() > 1, "{name} is one file");
    Ok((database, naive, rewritten))
}

#[test]
fn after_adopt_rails_has_nothing_to_do() -> Result<()> {
    for name in [SAMPLE, "change_column_null", "hand_unique_constraint"] {
        let (database, _, rewritten) = applied(name)?;
        let before = versions(&database)?;
        let (status, text) = adopt(&rewritten, &database, &["--dry-run"])?;
        ensure!(status == 0 && text.contains("INSERT INTO schema_migrations"), "exit {status}\n{text}");
        ensure!(versions(&database)? == before, "--dry-run changed the ledger");

        let (status, text) = adopt(&rewritten, &database, &[])?;
        let count = format!("{} files stand for it", rewritten.steps()?.len());
        ensure!(status == 0 && text.contains(&count), "exit {status}\n{text}");
        for command in ["db:migrate", "db:abort_if_pending_migrations"] {
            let out = RAILS_7.must(&rewritten, &database, &[command])?;
            ensure!(out.is_empty(), "{command}: {out}");
        }
        let (status, text) = adopt(&rewritten, &database, &[])?;
        ensure!(status == 0 && text.contains("nothing to adopt"), "exit {status}\n{text}");
        let all = format!("STEP={}", rewritten.steps()?.len());
        RAILS_7.run(&rewritten, &database, &[&["db:rollback", &all], &["db:migrate"]])?.must_succeed()?;
    }
    Ok(())
}

#[test]
fn another_schema_is_not_adopted() -> Result<()> {
    let (database, _, rewritten) = applied(SAMPLE)?;
    let before = versions(&database)?;
    database.connect()?.batch_execute("ALTER TABLE posts ADD COLUMN by_hand int")?;
    let (status, text) = adopt(&rewritten, &database, &[])?;
    ensure!(status == 1 && text.contains("by_hand differs"), "exit {status}\n{text}");
    ensure!(versions(&database)? == before, "the ledger changed");
    Ok(())
}

/// A database that is loaded from what Rails wrote down after the naive migration has nothing more to run.
#[test]
fn a_schema_rb_that_is_loaded_has_nothing_to_run() -> Result<()> {
    for (rails, major) in [(RAILS_7, 15), (RAILS_6, 15)] {
        let naive = sample(SAMPLE)?;
        let database = Server::of(major)?.create()?;
        rails.must(&naive, &database, &["db:migrate"])?;
        let rewritten = naive.rewritten(major)?;
        ensure!(rewritten.schema()? == naive.schema()?, "more than the version of schema.rb changes");
        let last = rewritten.versions()?.last().copied().unwrap_or_default();
        let text = fs::read_to_string(rewritten.folder().path().join("db/schema.rb"))?;
        let is_raised = text.replace('_', "").contains(&format!("(version: {last})"));
        ensure!(is_raised, "{text}");
        let loaded = Server::of(major)?.create()?;
        rails.must(&rewritten, &loaded, &["db:schema:load"])?;
        must_have_nothing_to_do(rails, &rewritten, &loaded)?;
    }
    Ok(())
}

#[test]
fn a_structure_sql_that_is_loaded_has_nothing_to_run() -> Result<()> {
    for rails in [RAILS_7, RAILS_6] {
        let naive = sample(SAMPLE)?;
        naive
            .folder()
            .write("config/initializers/format.rb", "Rails.application.config.active_record.schema_format = :sql\n")?;
        let database = Server::of(15)?.create()?;
        let mut job = Rails::job(&naive, &database, &[&["db:migrate"]]);
        let program = bench::variable("SAFESTEP_TEST_PG_DUMP")?;
        let folder = program.trim_end_matches("/pg_dump");
        job["environment"]["PATH"] = format!("{folder}:{}", std::env::var("PATH")?).into();
        rails.ask(&job)?.must_succeed()?;
        let rewritten = naive.rewritten(15)?;
        let path = rewritten.folder().path().join("db/structure.sql");
        let text = fs::read_to_string(&path).context("db/structure.sql")?;
        let loaded = Server::of(15)?.create()?;
        // psql's own commands are for psql.
        let sql: String = text.lines().filter(|line| !line.starts_with('\\')).map(|line| format!("{line}\n")).collect();
        loaded.connect()?.batch_execute(&sql)?;
        must_have_nothing_to_do(rails, &rewritten, &loaded)?;
    }
    Ok(())
}

fn must_have_nothing_to_do(rails: Rails, project: &Project, database: &Database) -> Result<()> {
    let all: Vec<String> = project.versions()?.iter().map(u64::to_string).collect();
    ensure!(versions(database)? == all.join(" "), "{} instead of {all:?}", versions(database)?);
    let out = rails.must(project, database, &["db:abort_if_pending_migrations"])?;
    ensure!(out.is_empty(), "{out}");
    Ok(())
}

fn verify(project: &Project) -> Result<(i32, String)> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    let ended = project.folder().safestep(&["verify", "--database-url", &url, "--rows", "100", "--all"])?;
    Ok((ended.status, ended.out + &ended.err))
}

/// A sequence in one file: `verify` kills each of its steps half-way and begins the file again, and takes it back.
#[test]
fn one_file_is_proved_step_by_step() -> Result<()> {
    let url = bench::variable("SAFESTEP_TEST_PG15")?;
    for name in ["add_column_volatile", "hand_unique_constraint"] {
        let project = Sample { name: name.to_owned() }.project()?.with_settings("layout = \"phase\"\n")?;
        let path = project.path()?;
        let path = path.to_str().context("a path that is not UTF-8")?;
        let arguments = ["verify", "--database-url", &url, "--rows", "100", "--interrupt", "--undo", "--all", path];
        let ended = project.folder().safestep(&arguments)?;
        let is_proved = ["interrupted", "undone"].iter().all(|word| ended.out.contains(word));
        ensure!(ended.status == 0 && is_proved, "{name}: exit {}\n{}{}", ended.status, ended.out, ended.err);
    }
    Ok(())
}

/// The application's own `bin/rails` runs both sides; nothing of that goes into the project.
#[test]
fn bin_rails_proves_what_only_ruby_knows() -> Result<()> {
    let migration = |name: &str, body: &str| {
        (
            name.to_owned(),
            format!(
                "class {} < ActiveRecord::Migration[7.0]\n  def up\n{body}  end\n\n  def down\n  end\nend\n",
                camelized(name)
            ),
        )
    };
    let project = Project::with(&[
        migration("make_t", "    create_table(:t) { |t| t.integer :a }\n"),
        migration(
            "change_t",
            "    connection.select_values(\"SELECT 't'\").each { |name| add_column name, :b, :integer }\n    add_index :t, :a\n",
        ),
    ])?;
    let ruby = bench::variable("SAFESTEP_TEST_RAILS_7")?;
    let (status, text) = verify(&project)?;
    ensure!(status == 1 && text.contains("NOT PROVED") && text.contains("under [verify]"), "exit {status}\n{text}");
    let command = format!("{ruby} bin/rails db:migrate VERSION={{version}}");
    project.folder().write("safestep.toml", format!("[verify]\ncommand = \"{command}\"\n"))?;
    let before = project.folder().tree()?;
    let (status, text) = verify(&project)?;
    ensure!(status == 0 && text.contains("files one by one: the same"), "exit {status}\n{text}");
    ensure!(project.folder().tree()? == before, "the project has changed");
    Ok(())
}

fn camelized(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}
