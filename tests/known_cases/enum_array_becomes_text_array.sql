-- prisma
-- An array of an enum becomes an array of text by a rewrite of the table.
-- expect: change-column-type
-- expect: drop-type
-- before.sql
CREATE TYPE "Step" AS ENUM ('WELCOME','RUN');
CREATE TABLE "UserOnboarding" ("id" TEXT NOT NULL, "completedSteps" "Step"[] DEFAULT ARRAY[]::"Step"[], CONSTRAINT "UserOnboarding_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "UserOnboarding" SELECT g::text,'{WELCOME}' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "UserOnboarding" ALTER COLUMN "completedSteps" DROP DEFAULT;
ALTER TABLE "UserOnboarding" ALTER COLUMN "completedSteps" TYPE TEXT[] USING "completedSteps"::TEXT[];
ALTER TABLE "UserOnboarding" ALTER COLUMN "completedSteps" SET DEFAULT ARRAY[]::TEXT[];
DROP TYPE "Step";
