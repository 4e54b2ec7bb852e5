-- prisma
-- SET lasts as long as the session: a timeout of one file holds for the files behind it.
-- before.sql
CREATE TABLE "Order" ("id" SERIAL NOT NULL, "ref" TEXT, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Order"("ref") SELECT md5(g::text) FROM generate_series(1, 40) g;

-- migration.sql
SET lock_timeout = '1s';
SET statement_timeout = '3s';
CREATE INDEX "Order_ref_idx" ON "Order"("ref");
ALTER TABLE "Order" ALTER COLUMN "ref" SET NOT NULL;
