-- prisma
-- A unique index can become a constraint without being built again.
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "a_x_key" ON "a"("x");

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
DROP INDEX "a_x_key";
ALTER TABLE "a" ADD CONSTRAINT "a_x_key" UNIQUE ("x");
