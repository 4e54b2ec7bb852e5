-- drizzle-journal
-- A statistics object goes with any of its columns and with its table, and its name is free again.
-- not: failing-statement
-- before.sql
CREATE TABLE people (id integer PRIMARY KEY, amount integer, x integer);
CREATE TABLE old (a integer, b integer);
CREATE STATISTICS of_old ON a, b FROM old;

-- rows
INSERT INTO people SELECT n, n, n FROM generate_series(1, 30) n;

-- migration.sql
CREATE STATISTICS st ON id, amount FROM people;
--> statement-breakpoint
ALTER TABLE people DROP COLUMN amount;
--> statement-breakpoint
CREATE STATISTICS st ON id, x FROM people;
--> statement-breakpoint
DROP TABLE old;
--> statement-breakpoint
CREATE STATISTICS of_old ON id, x FROM people;
