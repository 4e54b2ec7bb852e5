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
        ("TRUNCATE p", "0A000"),
        ("UPDATE t SET nope = 1", "42703"),
        ("CREATE TABLE n (id text REFERENCES p)", "42804"),
        ("CREATE TABLE n (id int, o int, FOREIGN KEY (id, o) REFERENCES p)", "42830"),
        ("CREATE TABLE n (id int REFERENCES n (id))", "42830"),
        ("CREATE TABLE n (id int PRIMARY KEY, p text REFERENCES n)", "42804"),
        ("CREATE TABLE n (id int, UNIQUE (id, id))", "42701"),
        ("CREATE TABLE n (id int, CHECK (nope > 0))", "42703"),
        ("ALTER TABLE t ADD CHECK (a <> '' AND Nope > 0)", "42703"),
        ("ALTER TABLE t ADD x int PRIMARY KEY", "42P16"),
        ("CREATE INDEX ON t (lower(nope))", "42703"),
        ("CREATE INDEX ON t (a) WHERE nope IS NULL", "42703"),
        ("ALTER TABLE t VALIDATE CONSTRAINT t_pkey", "42809"),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
}

#[test]
fn what_columns_and_their_types_refuse() {
    let t = "CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (a int DEFAULT 1, b int, g int GENERATED ALWAYS AS (b * 2) STORED);
        CREATE TABLE u (x text, y text UNIQUE, e e DEFAULT 'x', j json); CREATE TABLE w (i int GENERATED ALWAYS AS IDENTITY);";
    // each with the SQLSTATE that PostgreSQL 15 gave
    for (script, code) in [
        ("INSERT INTO u (x) SELECT x, y FROM u", "42601"),
        ("INSERT INTO u (x, y) VALUES ('')", "42601"),
        ("INSERT INTO w SELECT * FROM u", "42601"),
        ("WITH gone AS (DELETE FROM u RETURNING *) INSERT INTO w SELECT * FROM gone", "42601"),
        ("INSERT INTO u (x, x) VALUES ('', '')", "42701"),
        ("INSERT INTO u (nope) VALUES ('')", "42703"),
        ("INSERT INTO t (a) SELECT x FROM u", "42804"),
        ("INSERT INTO t (a) VALUES (true)", "42804"),
        ("INSERT INTO u (e) SELECT x FROM u", "42804"),
        ("INSERT INTO t (g) VALUES (1)", "428C9"),
        ("INSERT INTO w (i) VALUES (1)", "428C9"),
        ("INSERT INTO u (x) VALUES ('') ON CONFLICT (x) DO NOTHING", "42P10"),
        ("CREATE TABLE n (a int NOT NULL, b int); INSERT INTO n (b) VALUES (1)", "23502"),
        ("CREATE TABLE n (a int NOT NULL, b int); INSERT INTO n VALUES (NULL, 1)", "23502"),
        ("CREATE TABLE n (a int DEFAULT 1 NOT NULL); INSERT INTO n SELECT NULL", "23502"),
        ("UPDATE t SET a = 1, a = 2", "42601"),
        ("ALTER TABLE u ALTER x TYPE uuid", "42804"),
        ("ALTER TABLE t ALTER a TYPE boolean USING a > 0", "42804"),
        ("ALTER TABLE u ALTER e TYPE int USING 1", "42804"),
        ("ALTER TABLE t ADD c boolean DEFAULT 1", "42804"),
        ("ALTER TABLE t ADD c int DEFAULT a", "0A000"),
        ("ALTER TABLE t ALTER b SET DEFAULT true", "42804"),
        ("ALTER TABLE t ADD ctid int", "42701"),
        ("ALTER TABLE t RENAME a TO xmin", "42701"),
        ("CREATE INDEX ON u (j)", "42704"),
        ("ALTER TABLE u ADD UNIQUE (j)", "42704"),
        ("CREATE TABLE n (p point PRIMARY KEY)", "42704"),
        ("CREATE INDEX ON t USING hash (a, b)", "0A000"),
        ("CREATE UNIQUE INDEX ON t USING brin (a)", "0A000"),
        ("CREATE INDEX ON t (a) WHERE now() > '2026-01-01'", "42P17"),
        ("CREATE INDEX ON t (a) WHERE EXISTS (SELECT 1)", "0A000"),
        ("ALTER TABLE t ADD CHECK (a IN (SELECT 1))", "0A000"),
        ("CREATE TABLE n (a int UNIQUE DEFERRABLE); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES n (a)", "55000"),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
    for script in [
        "INSERT INTO t SELECT * FROM w; INSERT INTO t (a, b) VALUES (1, '2'), (3, NULL); INSERT INTO t VALUES (1, 2, DEFAULT)",
        "INSERT INTO u (x) SELECT a FROM t; INSERT INTO t (a) SELECT count(*) FROM u; INSERT INTO u (j) SELECT '{}'",
        "CREATE TABLE n (a serial NOT NULL, b int DEFAULT 1 NOT NULL); INSERT INTO n VALUES (DEFAULT); INSERT INTO n (a) VALUES (1)",
        "CREATE TABLE n (a int NOT NULL); INSERT INTO n SELECT a FROM t; INSERT INTO n SELECT NULL WHERE false; CREATE TRIGGER s BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION s(); INSERT INTO n VALUES (NULL)",
        "INSERT INTO u (y) VALUES ('') ON CONFLICT (y) DO NOTHING; INSERT INTO t (a) SELECT t.a FROM t JOIN u ON true",
        "ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t ALTER a TYPE text; ALTER TABLE u ALTER e TYPE text",
        "ALTER TABLE u ALTER x TYPE int USING x::int; ALTER TABLE t ALTER a DROP DEFAULT, ALTER a TYPE boolean USING a > 0",
        "CREATE CAST (text AS uuid) WITH INOUT AS ASSIGNMENT; ALTER TABLE u ALTER x TYPE uuid",
        "CREATE INDEX ON u USING gin (j); CREATE INDEX ON u ((j ->> 'a')); CREATE INDEX ON t (a DESC) INCLUDE (b)",
        "ALTER TABLE t ADD c boolean DEFAULT false, ADD d text DEFAULT 1, ADD f timestamptz DEFAULT now()",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
}

#[test]
fn what_partitions_and_children_refuse() {
    let t = "CREATE TABLE p (id int, k text, c int) PARTITION BY RANGE (id); CREATE TABLE q PARTITION OF p DEFAULT;
        CREATE TABLE e (id int) PARTITION BY RANGE ((id + 1)); CREATE TABLE r (id int PRIMARY KEY);
        CREATE TABLE a (id int, CONSTRAINT a_id CHECK (id > 0)); CREATE TABLE b (y int) INHERITS (a);";
    for (script, code) in [
        ("CREATE UNIQUE INDEX ON p (k)", "0A000"),
        ("ALTER TABLE p ADD PRIMARY KEY (k)", "0A000"),
        ("ALTER TABLE e ADD UNIQUE (id)", "0A000"),
        ("CREATE TABLE n (id int PRIMARY KEY, k text) PARTITION BY LIST (k)", "0A000"),
        ("CREATE TABLE n (id int) PARTITION BY LIST (nope)", "42703"),
        ("ALTER TABLE p DROP COLUMN id", "42P16"),
        ("ALTER TABLE p RENAME id TO at; ALTER TABLE p ALTER at TYPE bigint", "42P16"),
        ("ALTER TABLE e DROP COLUMN id", "42P16"),
        ("ALTER TABLE ONLY p ALTER c SET NOT NULL", "42P16"),
        ("ALTER TABLE ONLY p ADD FOREIGN KEY (c) REFERENCES r", "42809"),
        ("ALTER TABLE p ADD CHECK (c > 0) NO INHERIT", "42P16"),
        ("ALTER TABLE p ADD n int GENERATED ALWAYS AS IDENTITY", "42P16"),
        ("SET default_tablespace = pg_default; CREATE INDEX ON p (id)", "0A000"),
        ("SET default_tablespace = pg_default; ALTER TABLE p ADD UNIQUE (id)", "0A000"),
        ("SET default_tablespace = 'pg_default'; CREATE TABLE n (id int) PARTITION BY LIST (id)", "0A000"),
        ("CREATE INDEX ON p (id) TABLESPACE pg_default", "0A000"),
        ("ALTER TABLE a INHERIT b", "42P07"),
        ("ALTER TABLE a INHERIT a", "42P07"),
        ("ALTER TABLE a RENAME TO c; ALTER TABLE c INHERIT b", "42P07"),
        ("ALTER TABLE p ATTACH PARTITION p DEFAULT", "42P07"),
        ("ALTER TABLE p INHERIT a", "42809"),
        ("ALTER TABLE q INHERIT a", "42809"),
        ("ALTER TABLE b INHERIT q", "42809"),
        ("ALTER TABLE b DROP CONSTRAINT a_id", "42P16"),
        ("ALTER TABLE b RENAME CONSTRAINT a_id TO b_id", "42P16"),
        ("ALTER TABLE ONLY a RENAME CONSTRAINT a_id TO b_id", "42P16"),
        ("ALTER TABLE b ADD CONSTRAINT c CHECK (y > 0); ALTER TABLE a ADD CONSTRAINT c CHECK (id < 9)", "42710"),
        (
            "ALTER TABLE b ADD CONSTRAINT c CHECK (id < 9) NO INHERIT; ALTER TABLE a ADD CONSTRAINT c CHECK (id < 9)",
            "42P17",
        ),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
    for script in [
        "CREATE UNIQUE INDEX ON p (k, id); ALTER TABLE p ADD PRIMARY KEY (id); ALTER TABLE p DROP COLUMN c; ALTER TABLE q ADD UNIQUE (k)",
        "SET default_tablespace = pg_default; CREATE INDEX ON q (id); RESET default_tablespace; CREATE INDEX ON p (id)",
        "SET default_tablespace = fast; CREATE INDEX ON p (id); SET default_tablespace = ''; CREATE INDEX ON p (k)",
        "ALTER TABLE b ADD CONSTRAINT a_id CHECK (id > 0); ALTER TABLE a DROP CONSTRAINT a_id",
        "ALTER TABLE b ADD CONSTRAINT c CHECK (id < 9); ALTER TABLE a ADD CONSTRAINT c CHECK (id < 9)",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
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
        "ALTER TABLE t ADD CHECK (t IS NOT NULL AND t.a <> current_user AND user <> '' AND (a)::text <> 'nope')",
        "ALTER TABLE t ADD c box; ALTER TABLE t ADD CHECK ((c).nope > 0 AND extract(epoch FROM now()) > 0)",
        "TRUNCATE p, t; TRUNCATE p CASCADE; TRUNCATE t",
        "CREATE TABLE n (id int PRIMARY KEY, p int REFERENCES n, q int REFERENCES n (id), FOREIGN KEY (q) REFERENCES p)",
        "ALTER TABLE t_a RENAME TO t_b; CREATE INDEX t_a ON t (a)",
        "CREATE UNIQUE INDEX n ON p (u); ALTER TABLE p ADD CONSTRAINT k UNIQUE USING INDEX n; ALTER TABLE p DROP CONSTRAINT k",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
}

#[test]
fn what_wants_another_kind_of_object() {
    let t = "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE VIEW v AS SELECT 1; CREATE MATERIALIZED VIEW m AS SELECT 1;
        CREATE SEQUENCE s; CREATE INDEX i ON t (a); CREATE TYPE e AS ENUM ('x'); CREATE TYPE c AS (a int); CREATE DOMAIN d AS int;";
    for (script, code) in [
        ("DROP TABLE v", "42809"),
        ("DROP TABLE IF EXISTS s", "42809"),
        ("DROP VIEW t", "42809"),
        ("DROP VIEW m", "42809"),
        ("DROP MATERIALIZED VIEW v", "42809"),
        ("DROP INDEX t", "42809"),
        ("DROP SEQUENCE t", "42809"),
        ("ALTER TABLE v ADD a int", "42809"),
        ("ALTER TABLE m ADD PRIMARY KEY (a)", "42809"),
        ("ALTER TABLE v ENABLE ROW LEVEL SECURITY", "42809"),
        ("ALTER TABLE t ADD x int REFERENCES v (a)", "42809"),
        ("CREATE INDEX ON v (a)", "42809"),
        ("CREATE OR REPLACE VIEW t AS SELECT 1", "42809"),
        ("ALTER VIEW m RENAME TO x", "42809"),
        ("REFRESH MATERIALIZED VIEW v", "42809"),
        ("REFRESH MATERIALIZED VIEW t", "0A000"),
        ("CREATE POLICY p ON v", "42809"),
        ("CREATE TRIGGER g BEFORE UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f()", "42809"),
        ("CREATE TRIGGER g INSTEAD OF UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "42809"),
        ("TRUNCATE v", "42809"),
        ("DELETE FROM m", "42809"),
        ("LOCK TABLE m", "42809"),
        ("REINDEX INDEX t", "42809"),
        ("CREATE TABLE n (LIKE i)", "42809"),
        ("CREATE TABLE n () INHERITS (v)", "42809"),
        ("ALTER TYPE c ADD VALUE 'y'", "42809"),
        ("ALTER TYPE t RENAME TO x", "42809"),
        ("ALTER DOMAIN e SET NOT NULL", "42809"),
        ("DROP TYPE t", "2BP01"),
        ("CREATE TYPE c AS ENUM ()", "42710"),
        ("CREATE VIEW e AS SELECT 1", "42710"),
        ("ALTER TABLE t RENAME TO e", "42710"),
        ("DROP TYPE c; DROP TYPE c", "42704"),
        ("DROP TYPE e; ALTER TABLE t ADD x e", "42704"),
        ("ALTER TABLE t ADD x e DEFAULT 'y'", "22P02"),
        ("ALTER TABLE t ADD x int DEFAULT 'y'", "22P02"),
        ("ALTER TABLE t ADD x boolean DEFAULT 'perhaps'", "22P02"),
        ("ALTER TABLE t ALTER a SET DEFAULT 'y', DROP a, ADD a bigserial", "22P02"),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
    for script in [
        "ALTER TABLE v ALTER a SET DEFAULT 1; ALTER TABLE v RENAME TO w; ALTER TABLE m RENAME COLUMN a TO b",
        "CREATE INDEX ON m (a); REINDEX TABLE m; DELETE FROM v; LOCK TABLE v",
        "CREATE TRIGGER g INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f(); CREATE OR REPLACE VIEW v AS SELECT 2",
        "ALTER TABLE unknown OWNER TO me; DROP VIEW unknown",
        "DROP TYPE c; CREATE TABLE c (a int); ALTER TABLE t ADD x e DEFAULT 'x', ADD y e[] DEFAULT '{x}'",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
}

#[test]
fn identities_sequences_and_defaults() {
    let t = "CREATE TABLE t (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, a int NOT NULL, g int GENERATED ALWAYS AS (a + 1) STORED, b text);
        CREATE SEQUENCE s; CREATE TABLE u (a int DEFAULT nextval('s'), b int DEFAULT nextval('t_id_seq'::regclass));";
    for (script, code) in [
        ("ALTER TABLE t ALTER g SET DEFAULT 1", "42601"),
        ("ALTER TABLE t ALTER n DROP DEFAULT", "42601"),
        ("ALTER TABLE t ALTER n DROP NOT NULL", "42601"),
        ("ALTER TABLE t ALTER a DROP IDENTITY", "55000"),
        ("ALTER TABLE t ALTER n DROP IDENTITY; ALTER TABLE t ALTER n DROP IDENTITY", "55000"),
        ("ALTER TABLE t ALTER a SET GENERATED ALWAYS", "55000"),
        ("ALTER TABLE t ALTER n ADD GENERATED ALWAYS AS IDENTITY", "55000"),
        ("ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY", "55000"),
        ("ALTER TABLE u ALTER a DROP DEFAULT; ALTER TABLE u ALTER a ADD GENERATED ALWAYS AS IDENTITY", "55000"),
        ("ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY; CREATE SEQUENCE t_a_seq", "42P07"),
        ("ALTER TABLE t ALTER b DROP EXPRESSION", "55000"),
        ("ALTER TABLE t ALTER a TYPE bigint", "0A000"),
        ("DROP SEQUENCE s", "2BP01"),
        ("DROP SEQUENCE t_n_seq CASCADE", "2BP01"),
        ("DROP TABLE t", "2BP01"),
        ("ALTER TABLE t DROP id", "2BP01"),
        ("ALTER SEQUENCE s RENAME TO t_n_seq", "42P07"),
        ("ALTER SEQUENCE s OWNED BY t.nope", "42703"),
        ("ALTER TABLE u ALTER a DROP DEFAULT; DROP SEQUENCE s; DROP SEQUENCE s", "42P01"),
        ("CREATE TABLE n (id int DEFAULT 1 GENERATED ALWAYS AS IDENTITY)", "42601"),
        ("CREATE TABLE n (id text GENERATED ALWAYS AS IDENTITY)", "22023"),
    ] {
        assert_eq!(refusal(&format!("{t} {script}")).as_deref(), Some(code), "{script}");
    }
    for script in [
        "ALTER TABLE t ALTER n DROP IDENTITY; CREATE SEQUENCE t_n_seq; ALTER TABLE t ALTER n SET DEFAULT 1",
        "ALTER TABLE t ALTER b DROP IDENTITY IF EXISTS; ALTER TABLE t ALTER b DROP EXPRESSION IF EXISTS",
        "ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME own); CREATE SEQUENCE t_a_seq",
        "DROP SEQUENCE s CASCADE; CREATE SEQUENCE s; ALTER TABLE u ALTER a ADD CHECK (a > 0)",
        "ALTER TABLE u ALTER b DROP DEFAULT; DROP TABLE t; CREATE SEQUENCE t_id_seq",
        "DROP TABLE t, u; DROP SEQUENCE s",
        "ALTER SEQUENCE s OWNED BY u.a; DROP TABLE u; CREATE SEQUENCE s",
        "CREATE SEQUENCE o OWNED BY u.a; DROP TABLE u; CREATE SEQUENCE o",
        "ALTER SEQUENCE t_id_seq RENAME TO numbers; CREATE SEQUENCE t_id_seq; ALTER TABLE u ALTER b DROP DEFAULT; DROP TABLE t; CREATE SEQUENCE numbers",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
}

/// What CASCADE takes along is not there to be dropped, and its name is free.
#[test]
fn what_goes_along() {
    let t = "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v;
        CREATE POLICY p ON t USING (a = 1);";
    for script in [
        "DROP TABLE t CASCADE; CREATE VIEW v AS SELECT 1; CREATE TABLE w (a int)",
        "DROP VIEW v CASCADE; CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 1",
        "ALTER TABLE t DROP a CASCADE; CREATE TABLE v (a int)",
        "ALTER POLICY p ON t RENAME TO q; CREATE POLICY p ON t; DROP POLICY q ON t",
    ] {
        assert_eq!(refusal(&format!("{t} {script}")), None, "{script}");
    }
    assert_eq!(refusal(&format!("{t} ALTER TABLE t DROP a CASCADE; DROP POLICY p ON t")).as_deref(), Some("42704"));
    assert_eq!(refusal(&format!("{t} ALTER POLICY p ON t RENAME TO q; DROP POLICY p ON t")).as_deref(), Some("42704"));
}

/// An index that an earlier migration would have made, where nothing else may have made one.
#[test]
fn an_index_that_a_known_history_does_not_have() {
    let drops = |history: &str, name: &str| {
        let mut schema = Schema::default();
        schema.begin_migration();
        operations(history).iter().for_each(|operation| schema.apply(operation));
        schema.begin_migration();
        let drop = operations(&format!("DROP INDEX {name}"));
        schema.check_applies(&drop[0], 15).err().map(|conflict| conflict.code.to_owned())
    };
    let t = "CREATE TABLE t (a int UNIQUE);";
    assert_eq!(drops(t, "nope").as_deref(), Some("42704"));
    for (history, name) in [
        ("", "nope"),
        (t, "elsewhere.nope"),
        ("CREATE TABLE t (a int UNIQUE); ALTER TABLE unknown ADD a int", "nope"),
        ("CREATE TABLE t (a int UNIQUE); DO $$ BEGIN EXECUTE 'CREATE INDEX nope ON t (a)'; END $$", "nope"),
        ("CREATE TABLE t (a int UNIQUE); SELECT make_indexes()", "nope"),
        ("CREATE TABLE t (a int UNIQUE); CREATE INDEX nope ON t (a)", "nope"),
    ] {
        assert_eq!(drops(history, name), None, "{history}");
    }
}
