-- drizzle-journal
-- A table that a query made is there: it is not made again.
-- expect: failing-statement
-- before.sql
CREATE TABLE logs (id integer NOT NULL, email text);

-- rows
INSERT INTO logs SELECT n, n::text FROM generate_series(1, 30) n;

-- migration.sql
CREATE TEMPORARY TABLE kept AS SELECT id, email AS was FROM logs;
--> statement-breakpoint
CREATE TEMPORARY TABLE kept AS SELECT id AS was FROM logs;
--> statement-breakpoint
ALTER TABLE logs ADD CONSTRAINT wide UNIQUE (id, email);
