-- prisma
-- Dropping a column drops the indexes whose predicate reads it.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int, "b" int);
CREATE INDEX "U_a_idx" ON "U"(lower("a"::text)) WHERE "b" > 0;

-- rows
INSERT INTO "U" SELECT g, g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "U" DROP COLUMN "b";
CREATE INDEX "U_a_idx" ON "U"(lower("a"::text));
