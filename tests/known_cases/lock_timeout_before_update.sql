-- prisma
-- lock_timeout bounds how long a statement waits, not how long it holds its lock.
-- expect: data-change
-- expect: work-under-lock
-- before.sql
CREATE TABLE "Suppression" ("id" TEXT NOT NULL, "reason" TEXT, CONSTRAINT "Suppression_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Suppression" SELECT g::text,null FROM generate_series(1, 40) g;

-- migration.sql
SET LOCAL lock_timeout = '3s';
ALTER TABLE "Suppression" ADD COLUMN "decidedBy" TEXT;
UPDATE "Suppression" SET "decidedBy" = 'system';
ALTER TABLE "Suppression" ADD CONSTRAINT "Suppression_decidedBy_check" CHECK ("decidedBy" IN ('system','person'));
ALTER TABLE "Suppression" ALTER COLUMN "decidedBy" SET NOT NULL;
