-- prisma
-- CREATE TEMP TABLE leaves nothing behind when its session ends.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "U" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TEMP TABLE k AS SELECT 1 AS x;
CREATE INDEX "ux" ON "U"("a");
