-- drizzle-folders
-- REFERENCES in a CREATE TABLE needs a unique constraint on the other table at that moment, and several get names of their own.
-- before.sql
CREATE TABLE "A" ("id" int PRIMARY KEY, "code" text NOT NULL);
CREATE TABLE "B" ("id" int PRIMARY KEY);

-- rows
INSERT INTO "A" SELECT g, 'c' || g FROM generate_series(1, 30) g;
INSERT INTO "B" SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "A" ADD CONSTRAINT "A_code_key" UNIQUE ("code");
--> statement-breakpoint
CREATE TABLE "C" ("id" int PRIMARY KEY, "a_code" text REFERENCES "A"("code"), "b_id" int REFERENCES "B"("id"));
