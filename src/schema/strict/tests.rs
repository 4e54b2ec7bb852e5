use crate::operation::Operation;
use crate::schema::Schema;
use crate::sql::{read_statement, split};

fn operations(script: &str) -> Vec<Operation> {
    let statements = split(script).pieces.into_iter().map(|p| read_statement(p.span.slice(script)).operations);
    statements.flatten().map(|located| located.operation).collect()
}

/// What PostgreSQL says first to `script`: an error's code, or nothing.
fn refusal(script: &str) -> Option<String> {
    let mut schema = Schema::default();
    let found = operations(script).iter().find_map(|operation| schema.try_apply(operation, 15).err());
    found.map(|conflict| conflict.code.to_owned())
}

#[test]
fn what_postgresql_refuses() {
    let t = "CREATE TABLE p (id int PRIMARY KEY, u text UNIQUE, b text); CREATE TABLE t (id int PRIMARY KEY, a text, p int REFERENCES p);
        CREATE INDEX t_a ON t (a); CREATE TYPE e AS ENUM ('x', 'y'); CREATE TABLE m (s e);";
    // each with the SQLSTATE that a server gave
    for (script, code) in [
        ("CREATE TABLE t (a int)", "42P07"),
        ("CREATE TABLE t_a (a int)", "42P07"),
        ("CREATE TABLE e (a int)", "42710"),
        ("CREATE TABLE n (a int, CONSTRAINT t_a PRIMARY KEY (a))", "42P07"),
        ("CREATE TABLE n (a int PRIMARY KEY, PRIMARY KEY (a))", "42P16"),
        ("CREATE TABLE n (a text REFERENCES p (b))", "42830"),
        ("DROP TABLE p", "2BP01"),
        ("DROP TABLE p CASCADE; DROP TABLE p", "42P01"),
        ("ALTER TABLE t RENAME TO p", "42P07"),
        ("ALTER TABLE t ADD a int", "42701"),
        ("ALTER TABLE t DROP COLUMN nope", "42703"),
        ("ALTER TABLE p DROP COLUMN id", "2BP01"),
        ("ALTER TABLE t RENAME a TO p", "42701"),
        ("ALTER TABLE t ALTER id DROP NOT NULL", "42P16"),
        ("ALTER TABLE p ALTER id TYPE uuid USING gen_random_uuid()", "42804"),
        ("ALTER TABLE t ADD CONSTRAINT t_p_fkey CHECK (a > '')", "42710"),
        ("ALTER TABLE t ADD PRIMARY KEY (a)", "42P16"),
        ("ALTER TABLE t ADD CONSTRAINT t_a UNIQUE (a)", "42P07"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (b)", "42830"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)", "42804"),
        ("ALTER TABLE t DROP CONSTRAINT nope", "42704"),
        ("ALTER TABLE p DROP CONSTRAINT p_pkey", "2BP01"),
        ("CREATE INDEX t_a ON p (b)", "42P07"),
        ("CREATE INDEX ON t (nope)", "42703"),
        ("DROP INDEX p_pkey", "2BP01"),
        ("DROP INDEX t_a; DROP INDEX t_a", "42704"),
        ("ALTER INDEX t_a RENAME TO p_pkey", "42P07"),
        ("CREATE TYPE e AS ENUM ()", "42710"),
        ("ALTER TYPE e ADD VALUE 'x'", "42710"),
        ("ALTER TYPE e ADD VALUE 'z' BEFORE 'q'", "22023"),
        ("DROP TYPE e", "2BP01"),
        ("CREATE DOMAIN d AS int; ALTER DOMAIN d RENAME TO e", "42710"),
        ("CREATE DOMAIN d AS int; CREATE TABLE n (a d); ALTER DOMAIN d RENAME TO f; DROP DOMAIN f", "2BP01"),
        ("CREATE VIEW t AS SELECT 1", "42P07"),
        ("CREATE POLICY o ON t; CREATE POLICY o ON t", "42710"),
        ("DROP POLICY o ON t", "42704"),
        ("CREATE TABLE q (a int) PARTITION BY LIST (a); CREATE INDEX CONCURRENTLY ON q (a)", "0A000"),
        ("ALTER TABLE p SET UNLOGGED", "42P16"),
        ("CREATE UNLOGGED TABLE n (id int PRIMARY KEY); ALTER TABLE p ADD x int REFERENCES n", "42P16"),
        (
            "CREATE UNLOGGED TABLE n (id int PRIMARY KEY, n int REFERENCES p); ALTER TABLE n ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES n; CREATE UNLOGGED TABLE o (n int REFERENCES n); ALTER TABLE o SET LOGGED",
            "42P16",
        ),
        ("CREATE TEMPORARY TABLE n (id int REFERENCES p)", "42P16"),
        ("CREATE POLICY o ON t USING (a = ''); ALTER TABLE t DROP COLUMN a", "2BP01"),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
}

#[test]
fn what_passes() {
    let t = "CREATE TABLE p (id int PRIMARY KEY, u text UNIQUE); CREATE TABLE t (id int PRIMARY KEY, a text, p int REFERENCES p);
        CREATE INDEX t_a ON t (a);";
    for script in [
        "DROP INDEX t_a; CREATE INDEX t_a ON p (u)",
        "ALTER TABLE t DROP COLUMN a; CREATE TABLE t_a (id int)",
        "DROP TABLE t; CREATE TABLE t_pkey (id int); DROP TABLE p",
        "ALTER TABLE p DROP CONSTRAINT p_pkey CASCADE; ALTER TABLE p ADD PRIMARY KEY (u)",
        "ALTER TABLE t ADD CONSTRAINT p_u_key CHECK (a > '')",
        "ALTER TABLE unknown ADD a int; ALTER TABLE unknown DROP b; DROP INDEX nobody_knows; DROP TABLE nor_this",
        "ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME a TO b; ALTER TABLE s DROP b",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int; CREATE INDEX IF NOT EXISTS t_a ON t (a); CREATE TABLE IF NOT EXISTS t ()",
        "CREATE UNIQUE INDEX n ON p (u); ALTER TABLE p ADD CONSTRAINT k UNIQUE USING INDEX n; ALTER TABLE p DROP CONSTRAINT k",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
}
