-- prisma
-- A table and its column change their names at one moment when both commit together.
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "a" RENAME TO "b";
ALTER TABLE "b" RENAME COLUMN "x" TO "y";
CREATE INDEX "b_y_idx" ON "b"("y");
