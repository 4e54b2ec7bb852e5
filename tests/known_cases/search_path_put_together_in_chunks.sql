-- drizzle-journal
-- A SET may be put together when it runs, and INSERT may call set_config.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
CREATE SCHEMA app;
CREATE TABLE app."users" ("id" SERIAL PRIMARY KEY, "name" TEXT);
CREATE TABLE "log" ("path" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
DO $$ BEGIN EXECUTE format('SET search_path TO %I', 'app'); END $$;
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "n" TEXT NOT NULL DEFAULT 'x';
--> statement-breakpoint
INSERT INTO public."log" SELECT set_config('search_path', 'public', false);
--> statement-breakpoint
CREATE INDEX "users_name" ON "users"("name");
