-- prisma
-- ADD COLUMN and DROP COLUMN each wait for ACCESS EXCLUSIVE on a table.
-- expect: drop-column
-- expect: missing-lock-timeout
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));
CREATE TABLE "b" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "b_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;
INSERT INTO "b" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "a" ADD COLUMN "y" INTEGER;
ALTER TABLE "b" DROP COLUMN "x";
