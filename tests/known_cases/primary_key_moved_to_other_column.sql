-- prisma
-- DROP CONSTRAINT and ADD PRIMARY KEY of two statements: the table has a key at every moment when both commit together.
-- before.sql
CREATE TABLE "item" ("id" SERIAL NOT NULL, "code" TEXT NOT NULL, CONSTRAINT "item_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "item" ("code") SELECT 'c' || g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "item" DROP CONSTRAINT "item_pkey";
ALTER TABLE "item" ADD CONSTRAINT "item_pkey" PRIMARY KEY ("code");
CREATE INDEX "item_id_idx" ON "item"("id");
