-- prisma
-- Both names of an enum change in one transaction: nobody sees the one in between.
-- expect: replace-enum
-- not: rename-type
-- not: drop-type
-- before.sql
CREATE TYPE "s" AS ENUM ('A', 'B');
CREATE TABLE "a" ("id" SERIAL NOT NULL, "s" "s" NOT NULL, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("s") SELECT 'A' FROM generate_series(1, 30) g;

-- migration.sql
CREATE TYPE "s_new" AS ENUM ('A');
ALTER TABLE "a" ALTER COLUMN "s" TYPE "s_new" USING ("s"::text::"s_new");
ALTER TYPE "s" RENAME TO "s_old";
ALTER TYPE "s_new" RENAME TO "s";
DROP TYPE "s_old";
