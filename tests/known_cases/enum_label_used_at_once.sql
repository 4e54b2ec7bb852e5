-- prisma
-- A new label of an enum cannot be used in the transaction that adds it.
-- expect: add-enum-value
-- before.sql
CREATE TYPE "JobTask" AS ENUM ('A','B');
CREATE TABLE "JobConfig" ("id" SERIAL NOT NULL, "task" "JobTask" NOT NULL, "isEnabled" BOOLEAN NOT NULL, CONSTRAINT "JobConfig_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "JobConfig" ("task", "isEnabled") SELECT 'A', true FROM generate_series(1, 30) g;

-- migration.sql
-- AlterEnum
ALTER TYPE "JobTask" ADD VALUE 'C';

INSERT INTO "JobConfig" ("task", "isEnabled")
SELECT 'C', false
WHERE NOT EXISTS (SELECT 1 FROM "JobConfig" WHERE "task" = 'C');
