/*
  Warnings:

  - The values [in work] on the enum `state` will be removed. If these variants are still used in the database, this will fail.

*/
-- AlterEnum
BEGIN;
CREATE TYPE "state_new" AS ENUM ('new', 'done', 'closed');
ALTER TABLE "public"."Task" ALTER COLUMN "state" DROP DEFAULT;
ALTER TABLE "Task" ALTER COLUMN "state" TYPE "state_new" USING ("state"::text::"state_new");
ALTER TABLE "Task" ALTER COLUMN "before" TYPE "state_new" USING ("before"::text::"state_new");
ALTER TABLE "Bug" ALTER COLUMN "state" TYPE "state_new" USING ("state"::text::"state_new");
ALTER TYPE "state" RENAME TO "state_old";
ALTER TYPE "state_new" RENAME TO "state";
DROP TYPE "public"."state_old";
ALTER TABLE "Task" ALTER COLUMN "state" SET DEFAULT 'new';
COMMIT;

-- AlterTable
ALTER TABLE "Task" ALTER COLUMN "state" SET DEFAULT 'new';
