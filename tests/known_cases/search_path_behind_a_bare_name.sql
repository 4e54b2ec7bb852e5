-- drizzle-journal
-- A file that begins again in the same session runs its beginning under what its end has set.
-- expect: set-not-null
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t ("id" int PRIMARY KEY, a int);
CREATE TABLE t ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO t SELECT g, NULL FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD COLUMN b int;
--> statement-breakpoint
SET search_path TO app;
--> statement-breakpoint
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
