-- drizzle-folders
-- Each table that a copy goes to loses what is written between its copy and the end of where it comes from.
-- before.sql
CREATE TABLE logs (id integer PRIMARY KEY, name text);
CREATE TABLE lines (id integer PRIMARY KEY, name text);

-- rows
INSERT INTO logs SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE copies AS SELECT id, name FROM logs;
--> statement-breakpoint
INSERT INTO lines SELECT id, name FROM logs;
--> statement-breakpoint
ALTER TABLE logs ADD COLUMN age integer;
--> statement-breakpoint
UPDATE logs SET age = 1;
--> statement-breakpoint
DROP TABLE logs;
