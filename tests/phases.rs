//! Phases one by one with the real Prisma: `rewrite --write`, then `release` after each deploy. In every phase the generator has
//! nothing to add, the code before and the code after both work, and at the end the database is what the naive migration leaves; of
//! a rename, what it would leave had it kept the values.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;
mod phases {
    pub mod access;
    pub mod cases;
    pub mod labels;
    pub mod steps;
    pub mod writers;
}

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::Folder;
use bench::prisma::{By, Project, Run, Sample};
use bench::proof::Expected;
use bench::server::{Database, Server};
use phases::cases::{CASES, Case};

const THREADS: usize = 2;

#[test]
fn a_column_leaves_in_phases_on_postgresql_15() -> Result<()> {
    all_phases(15)
}

#[test]
fn a_column_leaves_in_phases_on_postgresql_12() -> Result<()> {
    all_phases(12)
}

#[test]
fn a_column_leaves_in_phases_on_postgresql_18() -> Result<()> {
    all_phases(18)
}

fn all_phases(major: u32) -> Result<()> {
    let server = Server::of(major)?;
    // From 18 on the NOT NULL of a column keeps the name that it had first.
    let runs = |case: &&Case| {
        major < 18 || !["rename_by_hand", "widen_column", "remove_label", "remove_labels"].contains(&case.sample)
    };
    let samples: Vec<Sample> = CASES.iter().filter(runs).filter(Case::is_asked_for).map(Case::sample).collect();
    bench::on_each(&samples, THREADS, |sample| {
        let case = Case::of(&sample.name)?;
        phase_by_phase(&server, sample, case)
    })
}

/// What the sample holds is what Prisma generates for its model.
#[test]
fn prisma_generates_what_the_samples_hold() -> Result<()> {
    let server = Server::of(15)?;
    for name in ["rename_fields", "rename_model", "remove_label", "remove_labels"] {
        let sample = Sample::declared(name);
        let project = Project::naive(&sample)?;
        let generated = project.create_only(&sample.history(&server)?, &server.create()?)?;
        ensure!(generated == sample.read("migration.sql")?, "{generated}");
    }
    Ok(())
}

/// Rewrites, then deploys and releases until nothing waits.
fn phase_by_phase(server: &Server, sample: &Sample, case: &Case) -> Result<()> {
    let naive = Project::naive(sample)?;
    let project = Project::naive(sample)?;
    let model = fs::read_to_string(project.model())?;
    let path = format!("prisma/migrations/{}", project.migration);
    let flags = case.rename.map_or(&[][..], |rename| rename.flags);
    succeeds(project.safestep(&[&["rewrite", "--write", "--all", &path], flags].concat())?)?;
    let in_model = case.rename.is_none_or(|rename| rename.in_model);
    ensure!((fs::read_to_string(project.model())? != model) == in_model, "the model of the first phase");
    let history = sample.history_with_rows(server, 5)?;
    let database = server.copy(&history)?;
    let mut released = 0;
    for (phase, files) in case.files.iter().enumerate() {
        let step = || format!("phase {}", phase + 1);
        succeeds(project.deploy(By::Engine(None), &database)?).with_context(step)?;
        let count = project.sequence()?.len() - released;
        ensure!(count == *files, "{}: {count} files and not {files}", step());
        released += count;
        is_silent(server, &project, &database).with_context(step)?;
        let is_last = phase + 1 == case.files.len();
        work(server, &database, case.new).with_context(step)?;
        if !is_last {
            let agree = case.rename.map(|rename| {
                let (_, table) = case.new[0].split_once("INSERT INTO ").unwrap_or_default();
                let table = table.split(' ').next().unwrap_or_default();
                format!("DO $$ BEGIN ASSERT (SELECT bool_and({}) FROM {table}); END $$", rename.agree)
            });
            let checked = |code: &[&'static str]| -> Vec<String> {
                code.iter().map(|sql| (*sql).to_owned()).chain(agree.clone()).collect()
            };
            for code in [checked(case.old), checked(case.new), [checked(case.old), checked(case.new)].concat()] {
                work(server, &database, &code.iter().map(String::as_str).collect::<Vec<_>>()).with_context(step)?;
            }
        }
        must_be_final(&project).with_context(step)?;
        let waiting = waiting(&project)?;
        ensure!(waiting.len() == usize::from(!is_last), "{}: what waits is {waiting:?}", step());
        if !is_last {
            let asked = project.safestep(&["status", "--database-url", &database.url])?;
            ensure!(asked.succeeded() && !asked.text.contains("fails"), "{}", asked.text);
            let refused = project.safestep(&["release"])?;
            ensure!(refused.status == 1 && refused.text.contains("--yes"), "{}", refused.text);
            let before = project.sequence()?;
            succeeds(project.safestep(&["release", "--dry-run"])?)?;
            ensure!(project.sequence()? == before, "a dry run writes");
            succeeds(project.safestep(&["release", "--yes", "--database-url", &database.url])?)?;
        }
    }
    ensure!(fs::read_to_string(project.model())? == model, "the model is not what its author wrote");
    ensure!(!project.root().join("prisma/deferred").exists(), "prisma/deferred stays behind");
    let expected = server.copy(&history)?;
    match case.rename {
        Some(rename) => expected.connect()?.batch_execute(rename.kept)?,
        None => succeeds(naive.send(&expected)?)?,
    }
    Expected::of(&expected, &history, &[])?.must_be(&database)
}

/// A write that went past the trigger is in one column alone: the last phase does not run, whoever released it.
#[test]
fn the_last_phase_loses_no_value() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::declared("rename_by_hand");
    let project = Project::naive(&sample)?;
    succeeds(project.safestep(&["rewrite", "--write", "--all"])?)?;
    let database = sample.history_with_rows(&server, 5)?;
    succeeds(project.deploy(By::Engine(None), &database)?)?;
    let mut client = database.connect()?;
    client.batch_execute(
        r#"SET session_replication_role = replica; UPDATE "Post" SET "title" = 'kept' WHERE "id" = 1"#,
    )?;
    let before = project.sequence()?;
    succeeds(project.safestep(&["release", "--yes"])?)?;
    let deploy = project.deploy(By::Engine(None), &database)?;
    let why = r#""Post"."title" and "Post"."headline" must agree in every row before "Post"."title" goes"#;
    ensure!(!deploy.succeeded() && deploy.text.contains(why), "{}", deploy.text);
    client.batch_execute(r#"UPDATE "Post" SET "headline" = "title" WHERE "headline" <> "title""#)?;
    let sequence = project.sequence()?;
    let refused = sequence.keys().find(|name| !before.contains_key(*name)).context("the file that refused")?;
    project.resolve_migration(refused, &database)?;
    succeeds(project.deploy(By::Engine(None), &database)?)?;
    let kept = client.query_one(r#"SELECT "headline" FROM "Post" WHERE "id" = 1"#, &[])?;
    ensure!(kept.get::<_, String>(0) == "kept");
    Ok(())
}

/// `migrate diff`, `migrate dev` and `migrate status` have nothing to say; the command itself says so once.
fn is_silent(server: &Server, project: &Project, database: &Database) -> Result<()> {
    let by = By::Engine(None);
    let drift = project.drift(by, database, &server.create()?)?;
    ensure!(drift.status == 0, "migrate diff: {}", drift.text);
    let dev = project.dev(by, database, &server.create()?)?;
    ensure!(dev.status == 0 && dev.text.contains("Already in sync"), "migrate dev: {}", dev.text);
    if server.major == 15 {
        let status = project.status(database)?;
        ensure!(status.status == 0 && status.text.contains("up to date"), "migrate status: {}", status.text);
    }
    Ok(())
}

/// Statements of running code work. They run on a copy: a sequence would not go back with its transaction.
fn work(server: &Server, database: &Database, statements: &[&str]) -> Result<()> {
    let copy = server.copy(database)?;
    let mut client = copy.connect()?;
    statements.iter().try_for_each(|sql| client.batch_execute(sql).with_context(|| (*sql).to_owned()))
}

/// Rewriting changes nothing any more, and nothing in the folder is a hazard.
fn must_be_final(project: &Project) -> Result<()> {
    for command in [&["rewrite", "--check", "--all"][..], &["check", "--all"]] {
        let run = project.safestep(command)?;
        ensure!(run.status == 0 && run.text.contains("nothing dangerous"), "{command:?}: {}", run.text);
    }
    Ok(())
}

fn waiting(project: &Project) -> Result<Vec<Value>> {
    let run = project.safestep(&["status", "--format", "json"])?;
    let status: Value = serde_json::from_str(&run.text).with_context(|| run.text.clone())?;
    Ok(status["sequences"].as_array().context("sequences")?.clone())
}

fn succeeds(run: Run) -> Result<()> {
    ensure!(run.succeeded(), "exit {}\n{}", run.status, run.text);
    Ok(())
}

const NAME: &str = "20261120105114_drop_required_fields";

/// A sample with its model, in a folder.
fn with_model() -> Result<Folder> {
    let sample = Sample::named("drop_required_fields");
    let folder = Folder::of(&sample)?;
    folder.write("prisma/schema.prisma", sample.read("after.prisma")?)?;
    Ok(folder)
}

fn written() -> Result<Folder> {
    let folder = with_model()?;
    let write = folder.safestep(&["rewrite", "--write", "--all"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    Ok(folder)
}

/// One screen, and the page for who does it.
#[test]
fn what_people_see() -> Result<()> {
    seen(&Sample::named("drop_required_fields"))
}

#[test]
fn what_people_see_of_a_rename() -> Result<()> {
    seen(&Sample::declared("rename_by_hand"))
}

#[test]
fn what_people_see_of_tables() -> Result<()> {
    seen(&Sample::declared("drop_models"))
}

#[test]
fn what_people_see_of_a_split() -> Result<()> {
    seen(&Sample::declared("split_field"))
}

#[test]
fn what_people_see_of_a_label_that_goes() -> Result<()> {
    seen(&Sample::declared("remove_label"))
}

#[test]
fn what_people_see_of_a_renamed_table() -> Result<()> {
    seen(&Sample::declared("rename_model"))
}

fn seen(sample: &Sample) -> Result<()> {
    let rename = Case::of(&sample.name).ok().and_then(|case| case.rename);
    let flags = rename.map_or(&[][..], |rename| rename.flags);
    let folder = Folder::of(sample)?;
    folder.write("prisma/schema.prisma", sample.read("after.prisma")?)?;
    let shown = folder.safestep(&[&["rewrite", "--all", "--color", "never"], flags].concat())?;
    let ends = ["\n\n1 danger", "\n\n2 dangers", "\n\n3 dangers", "\n\n6 dangers"];
    let (_, end) = ends.iter().find_map(|end| shown.out.rsplit_once(end)).context("the end")?;
    let write = folder.safestep(&[&["rewrite", "--write", "--all"], flags].concat())?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    let status = folder.safestep(&["status"])?;
    let own = folder.path().join(format!("prisma/deferred/20261120105114_{}", sample.name));
    let runbook = fs::read_to_string(own.join("RUNBOOK.md"))?;
    let stored = fs::read_to_string(own.join("sequence.toml"))?;
    let model = fs::read_to_string(folder.path().join("prisma/schema.prisma"))?;
    let parts = [
        ("the end of safestep rewrite", format!("…{end}")),
        ("safestep status", status.out),
        ("RUNBOOK.md", runbook),
        ("sequence.toml", stored),
        ("schema.prisma", model),
    ];
    let text: String = parts.iter().map(|(name, text)| format!("──── {name}\n{text}\n")).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/phases");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(sample.name.as_str(), text));
    Ok(())
}

/// The patch is the write, also of what waits.
#[test]
fn the_patch_is_the_write() -> Result<()> {
    let folder = with_model()?;
    let patch = folder.safestep(&["rewrite", "--all", "--format", "patch"])?;
    folder.write("rewrite.patch", &patch.out)?;
    folder.git(&["init", "--quiet"])?;
    folder.git(&["apply", "rewrite.patch"])?;
    fs::remove_file(folder.path().join("rewrite.patch"))?;
    ensure!(folder.tree()? == written()?.tree()?, "{}", patch.out);
    Ok(())
}

/// A change may not both stop using a column and drop it: what counts is what the base branch says.
#[test]
fn the_gate_is_checked_and_not_believed() -> Result<()> {
    let sample = Sample::named("drop_required_fields");
    let folder = with_model()?;
    let after = sample.read("after.prisma")?;
    let field = "createdAt DateTime @default(now())";
    ensure!(after.contains(field), "{after}");
    let before = after.replace(field, &format!("{field}\n  nickName String @map(\"nick_name\")"));
    let migration = format!("prisma/migrations/{NAME}/migration.sql");
    folder.git(&["init", "--quiet", "--initial-branch", "main"])?;
    // what is deployed: the migration is not there, and the model uses the column
    fs::remove_dir_all(folder.path().join(format!("prisma/migrations/{NAME}")))?;
    folder.write("prisma/schema.prisma", &before)?;
    folder.git(&["add", "."])?;
    folder.git(&["commit", "--quiet", "-m", "deployed"])?;
    folder.git(&["checkout", "--quiet", "-b", "change"])?;
    folder.write(&migration, sample.read("migration.sql")?)?;
    folder.write("prisma/schema.prisma", &after)?;
    let write = folder.safestep(&["rewrite", "--write"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    let tree = folder.tree()?;
    let refused = folder.safestep(&["release", "--yes"])?;
    ensure!(refused.status == 1, "{}{}", refused.out, refused.err);
    ensure!(refused.out.contains("fails      the model on the base branch uses users.nick_name"), "{}", refused.out);
    ensure!(refused.out.contains("holds      the model on the base branch does not use users.plan"), "{}", refused.out);
    ensure!(folder.tree()? == tree, "what is refused is not written");
    folder.git(&["add", "."])?;
    folder.git(&["commit", "--quiet", "-m", "the code no longer names it"])?;
    folder.git(&["branch", "--force", "main"])?;
    let released = folder.safestep(&["release", "--yes"])?;
    ensure!(released.status == 0, "{}{}", released.out, released.err);
    Ok(())
}

/// What only a database knows is asked there.
#[test]
fn a_view_in_the_way_forbids_the_release() -> Result<()> {
    let server = Server::of(15)?;
    let sample = Sample::named("drop_required_fields");
    let database = sample.history(&server)?;
    let folder = written()?;
    let release = ["release", "--yes", "--database-url", &database.url];
    // the first phase has not run there
    let refused = folder.safestep(&release)?;
    let line = "fails      code that does not name \"users\".\"nick_name\" can insert (1 found)";
    ensure!(refused.status == 1 && refused.out.contains(line), "{}{}", refused.out, refused.err);
    let mut client = database.connect()?;
    client.batch_execute(
        r#"ALTER TABLE users ALTER nick_name DROP NOT NULL; CREATE VIEW v AS SELECT nick_name FROM users"#,
    )?;
    let refused = folder.safestep(&release)?;
    let line = "fails      no view that stays reads \"users\".\"nick_name\" (1 found)";
    ensure!(refused.status == 1 && refused.out.contains(line), "{}{}", refused.out, refused.err);
    client.batch_execute("DROP VIEW v")?;
    let released = folder.safestep(&release)?;
    ensure!(released.status == 0, "{}{}", released.out, released.err);
    Ok(())
}

/// A generator that finds the column gone from the model drops it again; others may not touch it either.
#[test]
fn what_waits_is_reserved() -> Result<()> {
    let folder = written()?;
    let later = "prisma/migrations/20261201000000_again/migration.sql";
    folder.write(
        later,
        "ALTER TABLE \"users\" DROP COLUMN \"plan\";\nALTER TABLE \"users\" ADD COLUMN \"other\" TEXT;\n",
    )?;
    let check = folder.safestep(&["check", "--all"])?;
    let words = format!("danger[reserved-object]: users.plan belongs to the sequence {NAME}");
    ensure!(check.status == 1 && check.out.contains(&words), "{}{}", check.out, check.err);
    ensure!(check.out.contains("1 danger"), "{}", check.out);
    // what made the column and its index is history
    ensure!(!check.out.contains("20260101000000_init"), "{}", check.out);
    Ok(())
}

/// The column that takes its place stays what it is as well; what is built on it is nobody's trouble.
#[test]
fn both_names_of_a_rename_are_reserved() -> Result<()> {
    let sample = Sample::declared("rename_by_hand");
    let folder = Folder::of(&sample)?;
    folder.write("prisma/schema.prisma", sample.read("after.prisma")?)?;
    let write = folder.safestep(&["rewrite", "--write", "--all"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    folder.write(
        "prisma/migrations/20261201000000_again/migration.sql",
        "ALTER TABLE \"Post\" ALTER COLUMN \"headline\" SET DEFAULT '';\n\
         CREATE INDEX CONCURRENTLY \"Post_headline_idx\" ON \"Post\"(\"headline\");\n",
    )?;
    let check = folder.safestep(&["check", "--all"])?;
    ensure!(check.out.contains("danger[reserved-object]: \"Post\".\"headline\" belongs"), "{}", check.out);
    ensure!(check.out.matches("reserved-object").count() == 1, "{}", check.out);
    Ok(())
}

/// All that is on a table that waits, that points at it or that is of its type stays as it is.
#[test]
fn a_table_that_waits_is_reserved() -> Result<()> {
    let sample = Sample::declared("drop_models");
    let folder = Folder::of(&sample)?;
    folder.write("prisma/schema.prisma", sample.read("after.prisma")?)?;
    let write = folder.safestep(&["rewrite", "--write", "--all"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    folder.write(
        "prisma/migrations/20261201000000_again/migration.sql",
        "DROP TABLE \"Profile\";\nCREATE TABLE \"Team\" (id int);\nALTER TYPE \"Mood\" ADD VALUE 'X';\n\
         ALTER TABLE \"Invoice\" ADD COLUMN \"tag\" TEXT REFERENCES \"Tag\"(\"name\");\n",
    )?;
    let check = folder.safestep(&["check", "--all"])?;
    let said = check.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in ["\"Profile\"", "\"Team\"", "\"Mood\"", "\"Tag\""] {
        let words = format!("{name} belongs to the sequence");
        ensure!(said.contains(&words), "{name}: {}", check.out);
    }
    Ok(())
}

/// Where the phase before is not in the folder, the next one would run first.
#[test]
fn phases_keep_their_order() -> Result<()> {
    let folder = written()?;
    let first = fs::read_dir(folder.path().join("prisma/migrations"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().contains("drop_required_fields_01"))
        .context("the first phase")?;
    fs::remove_dir_all(first)?;
    let refused = folder.safestep(&["release", "--yes"])?;
    ensure!(refused.status == 2 && refused.err.contains("is not among the migrations"), "{}", refused.err);
    Ok(())
}

/// Nothing is known of what the application uses: the drop stays in its migration, with the reason.
#[test]
fn without_a_model_nothing_waits() -> Result<()> {
    let folder = Folder::of(&Sample::named("drop_required_fields"))?;
    let shown = folder.safestep(&["rewrite", "--all"])?;
    ensure!(!shown.out.contains("deferred"), "{}", shown.out);
    folder.write("prisma/schema.prisma", "model Other {\n  id Int @id\n}\n")?;
    let shown = folder.safestep(&["rewrite", "--all"])?;
    ensure!(!shown.out.contains("prisma/deferred") && shown.out.contains("no model is that of"), "{}", shown.out);
    Ok(())
}

/// All at once, where nobody runs old code.
#[test]
fn together_everything_is_in_the_folder() -> Result<()> {
    let folder = with_model()?;
    let model = fs::read(folder.path().join("prisma/schema.prisma"))?;
    let write = folder.safestep(&["rewrite", "--write", "--all", "--collapse"])?;
    ensure!(write.status == 0, "{}{}", write.out, write.err);
    ensure!(!folder.path().join("prisma/deferred").exists(), "something waits");
    ensure!(fs::read(folder.path().join("prisma/schema.prisma"))? == model, "the model changes");
    let status = folder.safestep(&["status"])?;
    ensure!(status.out == "nothing waits for a deploy\n", "{}", status.out);
    Ok(())
}

/// A write that is killed is whole after `recover`, what waits and the model included.
#[test]
fn a_killed_write_is_taken_back() -> Result<()> {
    let before = with_model()?.tree()?;
    let after = written()?.tree()?;
    for call in [5, 12, 18, 24, 30, 36] {
        let folder = with_model()?;
        let mut command = folder.command();
        let ended =
            command.args(["rewrite", "--write", "--all"]).env("SAFESTEP_FAILPOINT", format!("kill:{call}")).output()?;
        let recovered = folder.safestep(&["recover"])?;
        ensure!(recovered.status == 0, "{}", recovered.err);
        let tree = folder.tree()?;
        ensure!(tree == before || tree == after, "kill:{call} ({:?}): neither as before nor as after", ended.status);
    }
    Ok(())
}
