-- drizzle-journal
-- What is in pg_temp is gone with the session: tables, functions and sequences.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
CREATE TEMP SEQUENCE num;
--> statement-breakpoint
CREATE TABLE pg_temp."keep" AS SELECT "id", "name" FROM "users";
--> statement-breakpoint
CREATE FUNCTION pg_temp.marked(x text) RETURNS text LANGUAGE sql AS $$ SELECT 'z' || x $$;
--> statement-breakpoint
CREATE INDEX "posts_title" ON "posts"("title");
--> statement-breakpoint
UPDATE "users" u SET "name" = pg_temp.marked(k."name"), "age" = nextval('num') FROM pg_temp."keep" k WHERE k."id" = u."id" AND u."id" < 2;
