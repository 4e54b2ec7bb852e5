-- prisma
-- LOCK TABLE holds its lock until the transaction ends.
-- expect: lock-table
-- expect: data-change
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT nullif(g % 3, 0) FROM generate_series(1, 30) g;

-- migration.sql
BEGIN;
LOCK TABLE "a" IN ACCESS EXCLUSIVE MODE;
UPDATE "a" SET "x" = 0 WHERE "x" IS NULL;
COMMIT;
