-- CreateEnum
CREATE TYPE "Access" AS ENUM ('NONE', 'ALL');

-- CreateTable
CREATE TABLE "Plan" (
    "id" SERIAL NOT NULL,
    "access" "Access",
    "email" TEXT,

    CONSTRAINT "Plan_pkey" PRIMARY KEY ("id")
);
