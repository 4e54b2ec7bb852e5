BEGIN;
SET LOCAL lock_timeout = '3s';
ALTER TABLE "User" ADD COLUMN "kind" TEXT;
UPDATE "User" SET "kind" = 'regular' WHERE "kind" IS NULL;
COMMIT;
