//! The bench must notice what it is there to notice: hand-written sequences for one sample, a right one and broken ones.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use anyhow::{Context, Result, ensure};

use bench::prisma::{By, Project, Sample};
use bench::proof::{self, Verdict};
use bench::server::Server;

/// `combo_many` as it should be, one statement per file.
const RIGHT: [(&str, &str); 9] = [
    ("01", r#"ALTER TABLE "User" ADD CONSTRAINT "User_name_not_null" CHECK ("name" IS NOT NULL) NOT VALID"#),
    ("02", r#"ALTER TABLE "User" VALIDATE CONSTRAINT "User_name_not_null""#),
    ("03", r#"ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL, DROP CONSTRAINT "User_name_not_null""#),
    ("04", r#"ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL DEFAULT 0"#),
    ("05", r#"CREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post"("authorId")"#),
    ("06", r#"CREATE UNIQUE INDEX CONCURRENTLY "User_email_key" ON "User"("email")"#),
    (
        "07",
        r#"ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id")
           ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID"#,
    ),
    ("08", r#"ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_authorId_fkey""#),
    ("09", "-- nothing to do"),
];

#[test]
fn a_right_sequence_is_accepted() -> Result<()> {
    ensure!(verdict("combo_many", &RIGHT)? == Verdict::Same);
    Ok(())
}

#[test]
fn a_forgotten_validation_is_noticed() -> Result<()> {
    must_be_noticed("combo_many", &without("08"), "NOT VALID")
}

#[test]
fn a_forgotten_index_is_noticed() -> Result<()> {
    must_be_noticed("combo_many", &without("05"), "Post_authorId_idx")
}

#[test]
fn a_changed_value_is_noticed() -> Result<()> {
    let broken = replaced("09", r#"UPDATE "User" SET "email" = 'gone' WHERE "id" = 3"#);
    must_be_noticed("combo_many", &broken, "row differs")
}

#[test]
fn a_lost_row_is_noticed() -> Result<()> {
    let broken = replaced("09", r#"DELETE FROM "Post" WHERE "id" = 5"#);
    must_be_noticed("combo_many", &broken, "4 rows instead of 5")
}

#[test]
fn a_moved_sequence_is_noticed() -> Result<()> {
    let broken = replaced("09", r#"SELECT setval('"User_id_seq"', 1)"#);
    must_be_noticed("combo_many", &broken, "User_id_seq")
}

#[test]
fn a_failing_step_is_noticed() -> Result<()> {
    must_be_noticed("combo_many", &replaced("09", "SELECT 1 / 0"), "sequence fails")
}

#[test]
fn a_value_lost_before_a_common_failure_is_noticed() -> Result<()> {
    let broken = [
        ("01", r#"UPDATE "User" SET "id" = "id" + 100"#),
        ("02", r#"ALTER TABLE "User" ADD COLUMN "name" TEXT NOT NULL"#),
    ];
    must_be_noticed("add_required_no_default", &broken, "row differs")
}

#[test]
fn a_common_failure_on_rows_is_accepted() -> Result<()> {
    let same = [("01", r#"ALTER TABLE "User" ADD COLUMN "name" TEXT NOT NULL"#)];
    ensure!(verdict("add_required_no_default", &same)? == Verdict::FailsOnRows);
    Ok(())
}

#[test]
fn children_and_partitions_have_rows_of_their_own() -> Result<()> {
    let database = Server::of(15)?.create()?;
    let mut client = database.connect()?;
    client.batch_execute(
        "CREATE TABLE parent (a text); CREATE TABLE child (id int) INHERITS (parent);
         CREATE TABLE days (at date NOT NULL, kind text NOT NULL, n int) PARTITION BY RANGE (at);
         CREATE TABLE days_2001 PARTITION OF days FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
         CREATE TABLE days_2002 PARTITION OF days FOR VALUES FROM ('2002-01-01') TO ('2003-01-01') PARTITION BY LIST (kind);
         CREATE TABLE days_2002_x PARTITION OF days_2002 FOR VALUES IN ('x', 'y');
         CREATE TABLE numbers (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE numbers_5000 PARTITION OF numbers FOR VALUES FROM (5000) TO (6000)",
    )?;
    database.fill(7)?;
    for table in ["ONLY parent", "child", "days_2001", "days_2002_x", "numbers_5000"] {
        let rows: i64 = client.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0);
        ensure!(rows == 7, "{table} has {rows} rows");
    }
    let apart = "SELECT (SELECT max(ctid) FROM ONLY parent) < (SELECT min(ctid) FROM child) AND
         (SELECT min((ctid::text::point)[0]) FROM child) > 20";
    ensure!(client.query_one(apart, &[])?.get::<_, bool>(0), "the child's rows stand where its parent's do");
    Ok(())
}

fn verdict(sample: &str, files: &[(&str, &str)]) -> Result<Verdict> {
    let sample = Sample::named(sample);
    let (naive, sequence) = (Project::naive(&sample)?, Project::with_sequence(&sample, files)?);
    proof::prove(&Server::of(15)?, By::Engine(None), &sample, &naive, &sequence)
}

fn must_be_noticed(sample: &str, files: &[(&str, &str)], word: &str) -> Result<()> {
    let error = verdict(sample, files).err().context("not noticed")?;
    ensure!(format!("{error:#}").contains(word), "noticed, but not said: {error:#}");
    Ok(())
}

/// [`RIGHT`] with nothing in file `name`.
fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    replaced(name, "-- forgotten")
}

/// [`RIGHT`] with other text in file `name`.
fn replaced(name: &str, sql: &'static str) -> Vec<(&'static str, &'static str)> {
    RIGHT.map(|(file, right)| (file, if file == name { sql } else { right })).to_vec()
}
