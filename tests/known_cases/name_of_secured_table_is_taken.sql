-- drizzle-journal
-- Row security hides the rows of a table that has it neither before nor after, when another one takes its name.
-- before.sql
CREATE TABLE "User" (id serial PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, b integer);

-- rows
INSERT INTO "User" (name) SELECT n::text FROM generate_series(1, 30) n;
INSERT INTO orders (id, b) SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
DROP TABLE "User" CASCADE;
--> statement-breakpoint
ALTER TABLE orders RENAME TO "User";
--> statement-breakpoint
UPDATE "User" AS t SET b = -1 WHERE t.b IS NOT NULL;
