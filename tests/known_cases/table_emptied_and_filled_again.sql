-- prisma
-- A table that is emptied and filled again is not seen empty.
-- before.sql
CREATE TABLE "Kind" (id integer NOT NULL, name text);
CREATE TABLE "Log" (id integer NOT NULL, kind integer);

-- rows
INSERT INTO "Kind" SELECT n, n::text FROM generate_series(1, 12) n;
INSERT INTO "Log" SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE "Kind" ADD COLUMN "label" text;
TRUNCATE "Kind";
CREATE INDEX "Log_kind" ON "Log" ("kind");
INSERT INTO "Kind" ("id", "name", "label") SELECT n, n::text, 'x' FROM generate_series(1, 12) n;
