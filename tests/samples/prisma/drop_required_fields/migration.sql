/*
  Warnings:

  - You are about to drop the column `nick_name` on the `users` table. All the data in the column will be lost.
  - You are about to drop the column `plan` on the `users` table. All the data in the column will be lost.

*/
-- DropIndex
DROP INDEX "users_nick_name_createdAt_idx";

-- AlterTable
ALTER TABLE "users" DROP COLUMN "nick_name",
DROP COLUMN "plan";
