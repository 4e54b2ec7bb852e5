-- prisma
-- CREATE TABLE AS reads the columns that the table has at that moment.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "email" text, "a" int);

-- rows
INSERT INTO "U" SELECT g, 'm' || g, g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TABLE "backup" AS SELECT "id", "email" FROM "U";
ALTER TABLE "U" DROP COLUMN "email";
ALTER TABLE "U" ALTER COLUMN "a" SET NOT NULL;
