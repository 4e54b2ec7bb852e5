-- drizzle-journal
-- SET search_path decides which table the bare names of later chunks mean.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
--> statement-breakpoint
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
