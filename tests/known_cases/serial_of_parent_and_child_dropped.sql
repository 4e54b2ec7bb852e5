-- drizzle-folders
-- What a child has from its parent goes with it, and so does its default, which counts with the parent's sequence.
-- not: failing-statement
-- before.sql
CREATE TABLE t (id integer, a bigserial, n integer);
CREATE TABLE lines (n integer) INHERITS (t);

-- rows
INSERT INTO lines (id, n) SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE t DROP COLUMN a;
--> statement-breakpoint
ALTER TABLE lines ADD COLUMN a integer;
