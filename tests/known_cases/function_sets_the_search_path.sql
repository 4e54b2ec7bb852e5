-- prisma
-- A function of the history may leave a parameter set for all that stands behind its call.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "name" TEXT);
CREATE SCHEMA app;
CREATE TABLE app."users" ("id" SERIAL PRIMARY KEY, "name" TEXT);
CREATE FUNCTION use_app() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$;

-- rows
INSERT INTO app."users" ("name") SELECT 'n' || i FROM generate_series(1, 30) i;

-- migration.sql
SELECT public.use_app();
ALTER TABLE "users" ADD COLUMN "n" TEXT NOT NULL DEFAULT 'x';
CREATE INDEX "users_name" ON "users"("name");
