-- drizzle-journal
-- A trigger that is gone is not silenced.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE t DISABLE TRIGGER tr;
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
DROP TRIGGER IF EXISTS tr ON t;
