-- prisma
-- A prepared statement lives as long as its session.
-- expect: create-index
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "t" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
PREPARE x AS SELECT 1;
CREATE INDEX "i" ON "t"("a");
EXECUTE x;
