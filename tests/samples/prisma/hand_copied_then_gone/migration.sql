-- Keep the names, then make room
CREATE TABLE "NamesBefore" AS SELECT "id", "name" FROM "User";

-- AlterTable
ALTER TABLE "User" DROP COLUMN "name";

-- AlterTable
ALTER TABLE "User" ALTER COLUMN "age" SET NOT NULL;

-- CreateIndex
CREATE INDEX "User_age_idx" ON "User"("age");
