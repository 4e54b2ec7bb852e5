-- drizzle-journal
-- A function's body may hold a SET, which its caller keeps; what stands in its SET clause is put back.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "name" TEXT);
CREATE SCHEMA app;
CREATE TABLE app."users" ("id" SERIAL PRIMARY KEY, "name" TEXT);

-- rows
INSERT INTO "users" ("name") SELECT 'n' || i FROM generate_series(1, 30) i;
INSERT INTO app."users" ("name") SELECT 'n' || i FROM generate_series(1, 30) i;

-- migration.sql
CREATE FUNCTION puts_back() RETURNS void LANGUAGE plpgsql SET search_path = app AS $$ BEGIN PERFORM count(*) FROM users; END $$;
--> statement-breakpoint
CREATE FUNCTION use_app() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  SET search_path TO app, public;
END $$;
--> statement-breakpoint
SELECT puts_back();
--> statement-breakpoint
CREATE INDEX "users_name" ON "users"("name");
--> statement-breakpoint
DO $$ BEGIN PERFORM use_app(); END $$;
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "n" TEXT NOT NULL DEFAULT 'x';
--> statement-breakpoint
CREATE INDEX "users_id_name" ON "users"("id", "name");
