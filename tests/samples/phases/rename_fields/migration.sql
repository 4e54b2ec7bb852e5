/*
  Warnings:

  - You are about to drop the column `about` on the `User` table. All the data in the column will be lost.
  - You are about to drop the column `name` on the `User` table. All the data in the column will be lost.
  - You are about to drop the column `nick` on the `User` table. All the data in the column will be lost.
  - You are about to drop the column `plan` on the `User` table. All the data in the column will be lost.
  - You are about to drop the column `seenAt` on the `User` table. All the data in the column will be lost.
  - A unique constraint covering the columns `[handle]` on the table `User` will be added. If there are existing duplicate values, this will fail.
  - Added the required column `fullName` to the `User` table without a default value. This is not possible if the table is not empty.

*/
-- DropIndex
DROP INDEX "User_name_email_idx";

-- DropIndex
DROP INDEX "User_nick_key";

-- AlterTable
ALTER TABLE "User" DROP COLUMN "about",
DROP COLUMN "name",
DROP COLUMN "nick",
DROP COLUMN "plan",
DROP COLUMN "seenAt",
ADD COLUMN     "bio" JSONB,
ADD COLUMN     "fullName" TEXT NOT NULL,
ADD COLUMN     "handle" VARCHAR(40),
ADD COLUMN     "lastSeenAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "tier" "Plan" NOT NULL DEFAULT 'FREE';

-- CreateIndex
CREATE UNIQUE INDEX "User_handle_key" ON "User"("handle");

-- CreateIndex
CREATE INDEX "User_fullName_email_idx" ON "User"("fullName", "email");
