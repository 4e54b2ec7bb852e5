-- prisma
-- A partitioned table can have CHECK … NOT VALID, and no foreign key NOT VALID before PostgreSQL 18.
-- expect: add-foreign-key
-- before.sql
CREATE TABLE "Slot" ("id" BIGINT NOT NULL, "variationId" BIGINT, "at" DATE NOT NULL) PARTITION BY RANGE ("at");
CREATE TABLE "Slot_2026" PARTITION OF "Slot" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE "Variation" ("id" BIGINT NOT NULL, CONSTRAINT "Variation_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Variation" SELECT g FROM generate_series(1, 40) g;
INSERT INTO "Slot" SELECT g,g,'2026-05-05' FROM generate_series(1, 40) g;

-- migration.sql
-- AlterTable
ALTER TABLE "Slot" ALTER COLUMN "variationId" SET NOT NULL;

-- AddForeignKey
ALTER TABLE "Slot" ADD CONSTRAINT "Slot_variationId_fkey" FOREIGN KEY ("variationId") REFERENCES "Variation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
