-- drizzle-folders
-- A query that reads a table with a quote in its name runs while another table is locked.
-- before.sql
CREATE TABLE posts (id text PRIMARY KEY);
CREATE TABLE "say ""hi""" (id serial PRIMARY KEY, n integer);

-- rows
INSERT INTO "say ""hi""" (n) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts DROP CONSTRAINT posts_pkey;
--> statement-breakpoint
ALTER TABLE "say ""hi""" ADD COLUMN email timestamptz;
--> statement-breakpoint
SELECT count(*) FROM "say ""hi""";
