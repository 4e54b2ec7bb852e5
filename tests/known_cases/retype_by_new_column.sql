-- prisma
-- A column that is added and renamed in one transaction has only its last name.
-- expect: retype-by-drop
-- not: rename-column
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" TEXT, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "a" ADD COLUMN "x_new" INTEGER;
ALTER TABLE "a" DROP COLUMN "x";
ALTER TABLE "a" RENAME COLUMN "x_new" TO "x";
