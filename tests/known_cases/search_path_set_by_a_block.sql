-- prisma
-- A block may set a parameter for all that stands behind it.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
CREATE SCHEMA app;
CREATE TABLE app."users" ("id" SERIAL PRIMARY KEY, "name" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
DO $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$;
ALTER TABLE "users" ADD COLUMN "n" TEXT NOT NULL DEFAULT 'x';
CREATE INDEX "users_name" ON "users"("name");
