-- prisma
-- ADD COLUMN … NOT NULL without a default fails on any row, and takes the rename before it back.
-- expect: add-required-column
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "a" RENAME TO "b";
ALTER TABLE "b" ADD COLUMN "y" TEXT NOT NULL;
CREATE INDEX "b_x_idx" ON "b"("x");
