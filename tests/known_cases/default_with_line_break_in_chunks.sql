-- drizzle-journal
-- A string constant may hold a line break, in a migration of chunks as well.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY);

-- rows
INSERT INTO "U" SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "U" ADD COLUMN "tpl" text DEFAULT 'line1
line2';
