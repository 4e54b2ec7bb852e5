-- prisma
-- LIKE copies columns and NOT NULL as they are at that moment.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "U" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "U" ADD COLUMN "z" text;
CREATE TABLE "U2" (LIKE "U");
ALTER TABLE "U" ALTER COLUMN "a" SET NOT NULL;
