-- CreateEnum
CREATE TYPE "state" AS ENUM ('new', 'in work', 'done');

-- CreateTable
CREATE TABLE "Task" (
    "id" SERIAL NOT NULL,
    "state" "state" NOT NULL DEFAULT 'in work',
    "before" "state",

    CONSTRAINT "Task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Bug" (
    "id" SERIAL NOT NULL,
    "state" "state",

    CONSTRAINT "Bug_pkey" PRIMARY KEY ("id")
);
