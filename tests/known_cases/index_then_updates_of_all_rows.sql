-- prisma
-- UPDATE … WHERE a new column IS NULL writes every row.
-- expect: data-change
-- expect: work-under-lock
-- before.sql
CREATE TABLE "Trip" ("id" SERIAL NOT NULL, "route" TEXT NOT NULL, CONSTRAINT "Trip_pkey" PRIMARY KEY ("id"));
CREATE TABLE "StopTime" ("id" SERIAL NOT NULL, "tripId" INTEGER NOT NULL, CONSTRAINT "StopTime_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Trip"("route") SELECT g::text FROM generate_series(1, 40) g;
INSERT INTO "StopTime"("tripId") SELECT g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "StopTime" ADD COLUMN "route" TEXT, ADD COLUMN "kind" TEXT;
CREATE INDEX "StopTime_route_idx" ON "StopTime"("route");
UPDATE "StopTime" s SET "route" = t."route" FROM "Trip" t WHERE s."tripId" = t."id";
UPDATE "StopTime" SET "kind" = 'regular' WHERE "kind" IS NULL;
