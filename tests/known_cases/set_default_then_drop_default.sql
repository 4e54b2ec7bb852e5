-- prisma
-- Of one ALTER TABLE, SET DEFAULT and DROP DEFAULT run in the order in which they are written.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int NOT NULL DEFAULT 1, "b" int);

-- rows
INSERT INTO "t" SELECT g, g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" ALTER COLUMN "b" SET DEFAULT 7, ALTER COLUMN "b" SET NOT NULL, ALTER COLUMN "b" DROP DEFAULT;
