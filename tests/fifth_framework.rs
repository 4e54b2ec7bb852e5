//! A fifth framework, `toy/`, in a language that nobody knows: it is given to safestep from outside and goes through rewrite,
//! write, verify and adopt. What it needs beside its folder is a fault of the seams.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;
mod toy;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use safestep::adopt::{Adopted, adopt};
use safestep::disk::apply;
use safestep::framework::Framework;
use safestep::framework::migration::Migration;
use safestep::pipeline::{Options, Run, Scope, ScopeOptions, resolve, run};
use safestep::project::{Baseline, Config};
use safestep::report::Verdict;
use safestep::verify::{self, Candidate, Wanted, prove};

use bench::server::Server;
use toy::TOY;

static FRAMEWORKS: &[&Framework] = &[&TOY];

const INIT: &str = "sql\nCREATE TABLE t (id int PRIMARY KEY, a int, b int);\nend\n";
const MORE: &str = "\
# the list is sorted by it
make-index t_a ON t (a)
sql
ALTER TABLE t ADD CONSTRAINT a_is_positive CHECK (a > 0);
end
# Step 2 of 3 · more · as written
sql
COMMENT ON TABLE t IS 'toys';
end
";

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Result<Project> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("001-init.toy"), INIT)?;
        std::fs::write(folder.path().join("002-more.toy"), MORE)?;
        Ok(Project { folder })
    }

    fn root(&self) -> Result<&Utf8Path> {
        Utf8Path::from_path(self.folder.path()).context("UTF-8")
    }

    fn scope(&self) -> Result<Scope> {
        let options = ScopeOptions { frameworks: FRAMEWORKS, all: true, ..ScopeOptions::default() };
        Ok(resolve(self.root()?, &options)?)
    }

    fn rewritten(&self) -> Result<Run> {
        let scope = self.scope()?;
        let options = Options { config: Config::default(), base: scope.folder.clone(), baseline: Baseline::default() };
        let run =
            run(scope.framework, &scope.history, &|found| scope.chosen.contains(&found.file), &options, &|_, _| ());
        ensure!(run.errors.is_empty(), "{:?}", run.errors);
        Ok(run)
    }

    fn read(&self) -> Result<Vec<Migration>> {
        self.scope()?.history.iter().map(|found| Ok(TOY.read(found)?)).collect()
    }
}

fn names(migrations: &[Migration]) -> Vec<&str> {
    migrations.iter().map(|migration| migration.name.as_str()).collect()
}

#[test]
fn it_is_rewritten_written_proved_and_adopted() -> Result<()> {
    let server = Server::of(15)?;
    let (project, database) = (Project::new()?, server.create()?);
    let naive = project.read()?;
    ensure!(names(&naive) == ["001-init", "002-more"], "{:?}", names(&naive));
    let mut session = database.connect()?;
    session.batch_execute("CREATE TABLE toys (number serial, name text)")?;
    for migration in &naive {
        migration.sent.iter().try_for_each(|sent| session.batch_execute(&migration.sql_of(sent)))?;
        session.execute("INSERT INTO toys (name) VALUES ($1)", &[&migration.name])?;
    }

    let run = project.rewritten()?;
    let report = run.report();
    let rules: Vec<&str> =
        report.migrations.iter().flat_map(|m| &m.hazards).map(|hazard| hazard.rule.as_str()).collect();
    ensure!(rules == ["create-index", "add-check"], "{rules:?}");
    apply(&run.changes(), project.root()?)?;
    let folder = project.read()?;
    ensure!(folder.len() > 3 && folder[1].name.starts_with("002-more_01_"), "{:?}", names(&folder));
    let texts: Vec<&str> = folder.iter().map(Migration::text).collect();
    let index = texts.iter().find(|text| text.contains("make-index CONCURRENTLY")).context("the index")?;
    ensure!(index.contains("# the list is sorted by it\nmake-index CONCURRENTLY t_a ON t"), "{index}");
    ensure!(index.starts_with("# Step ") && index.contains("\n# Undo: DROP INDEX"), "{index}");
    ensure!(!texts.concat().contains("\n--"), "a comment of another language:\n{}", texts.join("\n\n"));
    ensure!(texts.iter().any(|text| text.contains("sql\nDO $safestep$\n")), "{texts:?}");
    let own = texts.iter().find(|text| text.contains("COMMENT ON")).context("the comment")?;
    ensure!(own.contains("\n# Step 2 of 3 · more · as written\nsql\nCOMMENT ON TABLE t IS 'toys';\nend\n"), "{own}");
    ensure!(project.rewritten()?.changes().is_empty(), "a rewrite of a rewrite changes something");

    let history = [Candidate::new(&naive[0], Vec::new()), Candidate::new(&naive[1], folder[1..].iter().collect())];
    let ledger = TOY.folder.ledger(&Utf8PathBuf::new())?;
    let tables = ledger.tables();
    let wanted = Wanted {
        rows: 50,
        seed: 0,
        interrupt: true,
        undo: true,
        lock_timeout: Some(100.0),
        own_runner: None,
        ledgers: &tables,
    };
    let proofs = prove(&verify::Server::at(&database.url)?, &history, &wanted, &|_, _| ())?;
    let [proof] = proofs.as_slice() else { anyhow::bail!("{} proofs", proofs.len()) };
    ensure!(proof.verdict == Verdict::Same && proof.problems.is_empty(), "{proof:#?}");
    ensure!(proof.interrupted.is_some_and(|steps| steps > 2) && proof.steps.len() > 3, "{proof:#?}");
    ensure!(proof.steps.iter().all(|step| step.file.contains(", step ")), "{proof:#?}");

    let adopted = adopt(TOY.folder, ledger.as_ref(), &folder, &[], &database.url, false)?;
    ensure!(
        matches!(&adopted, Adopted::Recorded { adoptions, .. } if adoptions[0].new.len() == folder.len() - 1),
        "{adopted:?}"
    );
    let rows = session.query("SELECT name FROM toys ORDER BY number", &[])?;
    let known: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    ensure!(known == names(&folder), "{known:?}");
    ensure!(matches!(adopt(TOY.folder, ledger.as_ref(), &folder, &[], &database.url, false)?, Adopted::Nothing(_)));
    Ok(())
}

#[test]
fn it_is_one_small_folder() -> Result<()> {
    let mut lines = 0;
    for file in std::fs::read_dir(Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/toy"))? {
        lines += std::fs::read_to_string(file?.path())?.lines().count();
    }
    ensure!(lines < 150, "{lines} lines");
    Ok(())
}
