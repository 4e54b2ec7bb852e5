-- drizzle-journal
-- A file that begins again sets search_path again, in the same session as the chunks behind it.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t ("id" int PRIMARY KEY, a int, b text);
CREATE TABLE t ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g, 'x' FROM generate_series(1, 30) g;
INSERT INTO t SELECT g, NULL FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
--> statement-breakpoint
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
--> statement-breakpoint
CREATE INDEX "t_lower_idx" ON "t" (lower(b));
--> statement-breakpoint
CREATE TABLE "u" ("id" serial PRIMARY KEY, "t" int);
--> statement-breakpoint
ALTER TABLE "u" ADD CONSTRAINT "u_t_fk" FOREIGN KEY ("t") REFERENCES "t"("id");
