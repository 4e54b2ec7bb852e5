//! What the code says of each framework's runner is what the real one does: what it sends at once, in which transaction, how a
//! file leaves it, where it goes on after a failure, and what becomes of a second one.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::thread;

use anyhow::{Context, Result, bail, ensure};
use safestep::framework::alembic::ALEMBIC as OUR_ALEMBIC;
use safestep::framework::drizzle::DRIZZLE;
use safestep::framework::prisma::PRISMA;
use safestep::framework::rails::RAILS;
use safestep::plan::{Begins, Leaves, Resumes, Runner, SecondRunner, Sends};

use bench::blocker::until;
use bench::drizzle::{self, Drizzle, Generation};
use bench::prisma::{self, By};
use bench::rails::{self, RAILS_7};
use bench::server::{Database, Server};
use bench::upgrade::{self, ALEMBIC};

/// A statement of a file.
#[derive(Clone, Copy)]
enum Statement<'a> {
    /// As it stands.
    Plain(&'a str),
    /// Committed by itself, with the words that leave the runner's transaction.
    Outside(&'a str),
}

use Statement::{Outside, Plain};

/// A framework with its real runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Real {
    Prisma,
    Drizzle(Generation),
    Alembic,
    Rails,
}

const ALL: [Real; 5] =
    [Real::Prisma, Real::Drizzle(Generation::Journal), Real::Drizzle(Generation::Folders), Real::Alembic, Real::Rails];

/// Files that are pending on a database.
struct Pending {
    project: Project,
    database: Database,
}

enum Project {
    Prisma(prisma::Project),
    Drizzle(Generation, drizzle::Project),
    Alembic(upgrade::Project),
    Rails(rails::Project),
}

impl Real {
    /// What the code says of it.
    fn data(self) -> Runner {
        match self {
            Real::Prisma => PRISMA.runner,
            Real::Drizzle(_) => DRIZZLE.runner,
            Real::Alembic => OUR_ALEMBIC.runner,
            Real::Rails => RAILS.runner,
        }
    }

    /// Files of these statements, which find a table where they write down what they see.
    fn pending(self, files: &[&[Statement<'_>]]) -> Result<Pending> {
        let server = Server::of(15)?;
        let names = ["first", "second"];
        let texts: Vec<String> = files.iter().map(|statements| self.text(statements)).collect();
        let named: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let (project, database) = match self {
            Real::Prisma => {
                let sample = prisma::Sample::named("fk_add");
                (Project::Prisma(prisma::Project::with_sequence(&sample, &named)?), sample.history(&server)?)
            }
            Real::Drizzle(generation) => {
                let sample = drizzle::Sample { name: "add_optional".into(), generation };
                let project = sample.history()?.and(generation, &named)?;
                (Project::Drizzle(generation, project), sample.database(&Drizzle::of(generation), &server, 1)?)
            }
            Real::Alembic => {
                let mut before = "None".to_owned();
                let mut revisions = Vec::new();
                for (name, text) in &named {
                    let head =
                        format!("from alembic import op\n\nrevision = \"{name}\"\ndown_revision = {before}\n\n\n");
                    revisions.push((format!("{name}_x.py"), format!("{head}def upgrade():\n{text}")));
                    before = format!("\"{name}\"");
                }
                let revisions: Vec<(&str, &str)> = revisions.iter().map(|(name, text)| (&**name, &**text)).collect();
                (Project::Alembic(upgrade::Project::of(&ALEMBIC, &revisions, names[0], "base")?), server.create()?)
            }
            Real::Rails => {
                let opts_out = |statements: &[Statement<'_>]| {
                    let is_outside = statements.iter().any(|statement| matches!(statement, Outside(_)));
                    if is_outside { "  disable_ddl_transaction!\n\n" } else { "" }
                };
                let migrations = named.iter().zip(files).map(|((name, text), statements)| {
                    let (first, rest) = name.split_at(1);
                    let class = format!("{}{rest}Change", first.to_uppercase());
                    let head =
                        format!("class {class} < ActiveRecord::Migration[7.2]\n{}  def up\n", opts_out(statements));
                    (format!("{name}_change"), format!("{head}{text}  end\nend\n"))
                });
                (Project::Rails(rails::Project::with(&migrations.collect::<Vec<_>>())?), server.create()?)
            }
        };
        database.connect()?.batch_execute(
            "CREATE TABLE seen (who text, query text DEFAULT current_query(), transaction bigint DEFAULT txid_current());
             CREATE TABLE mended ()",
        )?;
        Ok(Pending { project, database })
    }

    /// A file of these statements, as its author writes it.
    fn text(self, statements: &[Statement<'_>]) -> String {
        let each = |statement: &Statement<'_>| match (self, *statement) {
            (Real::Prisma, Plain(sql)) => format!("{sql};"),
            (Real::Prisma, Outside(sql)) => format!("{sql};\nCOMMIT;"),
            (Real::Drizzle(_), Plain(sql)) => format!("{sql};"),
            (Real::Drizzle(_), Outside(sql)) => ["COMMIT", sql, "BEGIN"].map(|sql| format!("{sql};")).join(BREAK),
            (Real::Alembic, Plain(sql)) => format!("    op.execute(\"{sql}\")\n"),
            (Real::Rails, Plain(sql) | Outside(sql)) => format!("    execute \"{sql}\"\n"),
            (Real::Alembic, Outside(sql)) => {
                format!("    with op.get_context().autocommit_block():\n        op.execute(\"{sql}\")\n")
            }
        };
        let mut each: Vec<String> = statements.iter().map(each).collect();
        // Since 7.4 Prisma's engine cuts a file into its statements, unless it finds one that it cannot read.
        if self == Real::Prisma && each.len() > 1 {
            each.push("DO 'BEGIN END';".into());
        }
        each.join(match self {
            Real::Prisma => "\n",
            Real::Drizzle(_) => BREAK,
            Real::Alembic | Real::Rails => "",
        })
    }
}

const BREAK: &str = "\n--> statement-breakpoint\n";

impl Pending {
    /// Runs what is pending; whether the runner says that all went well.
    fn run(&self) -> Result<bool> {
        Ok(match &self.project {
            Project::Prisma(project) => project.deploy(By::Engine(None), &self.database)?.succeeded(),
            Project::Drizzle(generation, project) => Drizzle::of(*generation).run("pg", project, &self.database)?.ok,
            Project::Alembic(project) => ALEMBIC.run(project, &self.database, &[&["upgrade", "head"]])?.ok(),
            Project::Rails(project) => RAILS_7.run(project, &self.database, &[&["db:migrate"]])?.ok(),
        })
    }

    /// Runs what is pending, and asks a question of the database.
    fn count(&self, query: &str) -> Result<i64> {
        ensure!(self.run()?, "the runner failed");
        Ok(self.database.connect()?.query_one(query, &[])?.get(0))
    }
}

const ONE: &str = "INSERT INTO seen (who) VALUES ('one')";
const TWO: &str = "INSERT INTO seen (who) VALUES ('two')";
const BUILD: &str = "CREATE INDEX CONCURRENTLY seen_idx ON seen (who)";

/// Asks each runner.
fn each(ask: impl Fn(Real, Runner) -> Result<()>) -> Result<()> {
    ALL.iter().try_for_each(|real| ask(*real, real.data()).with_context(|| format!("{real:?}")))
}

#[test]
fn what_is_sent_at_once() -> Result<()> {
    each(|real, data| {
        let together = "SELECT count(*) FROM seen WHERE query LIKE '%one%' AND query LIKE '%two%'";
        let together = real.pending(&[&[Plain(ONE), Plain(TWO)]])?.count(together)?;
        let expected = match data.sends {
            Sends::Files => 2,
            Sends::Chunks(_) | Sends::Calls => 0,
        };
        ensure!(together == expected, "{together} statements were sent with the other one; {:?}", data.sends);
        Ok(())
    })
}

#[test]
fn which_transaction_is_begun() -> Result<()> {
    each(|real, data| {
        let count = "SELECT count(DISTINCT transaction) FROM seen";
        let of_a_file = real.pending(&[&[Plain(ONE), Plain(TWO)]])?.count(count)?;
        ensure!(of_a_file == 1, "a file is {of_a_file} transactions");
        let transactions = real.pending(&[&[Plain(ONE)], &[Plain(TWO)]])?.count(count)?;
        let expected = match data.begins {
            Begins::Run => 1,
            Begins::Nothing | Begins::File => 2,
        };
        ensure!(transactions == expected, "{transactions} transactions for two files; {:?}", data.begins);
        Ok(())
    })
}

#[test]
fn how_a_file_leaves_the_transaction() -> Result<()> {
    each(|real, data| {
        let runs = |statements: &[Statement<'_>]| real.pending(&[statements])?.run();
        let (alone, beside) = (runs(&[Plain(BUILD)])?, runs(&[Plain(ONE), Plain(BUILD)])?);
        ensure!(!beside, "a concurrent build runs beside another statement");
        ensure!(alone == (data.leaves == Leaves::ByItself), "alone in its file: {alone}; {:?}", data.leaves);
        match data.leaves {
            Leaves::ByItself => {}
            Leaves::ByCommit | Leaves::ByBlock | Leaves::ByFile => {
                ensure!(runs(&[Plain(ONE), Outside(BUILD), Plain(TWO)])?, "{:?} does not leave it", data.leaves);
            }
        }
        Ok(())
    })
}

#[test]
fn where_it_goes_on_after_a_failure() -> Result<()> {
    each(|real, data| {
        let asks = "SELECT 1 / count(*) FROM mended";
        let add = "ALTER TABLE mended ADD COLUMN IF NOT EXISTS at timestamptz; INSERT INTO mended DEFAULT VALUES";
        let pending = real.pending(&[&[Outside(ONE)], &[Outside(TWO), Plain(asks)]])?;
        ensure!(!pending.run()?, "what fails does not fail");
        let mut client = pending.database.connect()?;
        client.batch_execute(add)?;
        match (data.resumes, &pending.project) {
            (Resumes::AtFileThatWasResolved, Project::Prisma(project)) => {
                ensure!(!pending.run()?, "it goes on though nobody resolved what failed");
                project.resolve("second", &pending.database)?;
            }
            (Resumes::AtFileThatWasResolved, _) => bail!("nobody knows how to resolve it"),
            (Resumes::AtFile | Resumes::AtBeginningOfFile, _) => {}
        }
        ensure!(pending.run()?, "it does not go on");
        let mut count = |who: &str| -> Result<i64> {
            Ok(client.query_one("SELECT count(*) FROM seen WHERE who = $1", &[&who])?.get(0))
        };
        let (first, second) = (count("one")?, count("two")?);
        ensure!(first == 1, "the file before the one that failed ran {first} times");
        ensure!(second == 2, "the file that failed began {second} times");
        Ok(())
    })
}

#[test]
fn what_becomes_of_a_second_runner() -> Result<()> {
    each(|real, data| {
        let pending = real.pending(&[&[Outside(ONE), Plain("INSERT INTO mended DEFAULT VALUES")]])?;
        let mut watcher = pending.database.connect()?;
        let mut holder = pending.database.connect()?;
        holder.batch_execute("BEGIN; LOCK TABLE mended IN EXCLUSIVE MODE")?;
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'mended'::regclass AND NOT granted";
        let locked_out = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                          WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()";
        let mut count = |query: &str| -> Result<i64> { Ok(watcher.query_one(query, &[])?.get(0)) };
        let (seen, ended_well) = thread::scope(|scope| -> Result<(SecondRunner, usize)> {
            let first = scope.spawn(|| pending.run());
            let met = until("the first runner does not meet who is in its way", || Ok(count(waiting)? == 1));
            let second = scope.spawn(|| pending.run());
            let mut seen = SecondRunner::RunsToo;
            let met = met.and_then(|()| {
                until("the runners do not meet", || {
                    let runs_too = count(waiting)? == 2;
                    let is_out = !runs_too && (second.is_finished() || count(locked_out)? == 1);
                    seen = if is_out { SecondRunner::LockedOut } else { SecondRunner::RunsToo };
                    Ok(runs_too || is_out)
                })
            });
            holder.batch_execute("COMMIT")?;
            let ended_well = [first, second].map(|run| run.join().is_ok_and(|ran| ran.is_ok_and(|ok| ok)));
            met?;
            Ok((seen, ended_well.into_iter().filter(|ok| *ok).count()))
        })?;
        ensure!(ended_well > 0, "both failed");
        ensure!(seen == data.second, "{seen:?}, and the code says {:?}", data.second);
        let begun: i64 = watcher.query_one("SELECT count(*) FROM seen", &[])?.get(0);
        let expected = if seen == SecondRunner::RunsToo { 2 } else { 1 };
        ensure!(begun == expected, "the file began {begun} times");
        ensure!(pending.run()?, "the same command does not end well afterwards");
        Ok(())
    })
}
