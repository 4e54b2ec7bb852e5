-- prisma
-- A materialized view that is dropped and created in one transaction is always there.
-- expect: work-under-lock
-- before.sql
CREATE TABLE "Sub" ("id" SERIAL NOT NULL, "q" TEXT NOT NULL, CONSTRAINT "Sub_pkey" PRIMARY KEY ("id"));
CREATE MATERIALIZED VIEW "SubCount" AS SELECT "q", count(*) AS n FROM "Sub" GROUP BY "q";
CREATE UNIQUE INDEX "SubCount_q" ON "SubCount"("q");

-- rows
INSERT INTO "Sub"("q") SELECT g::text FROM generate_series(1, 40) g;

-- migration.sql
DROP MATERIALIZED VIEW "SubCount";
CREATE MATERIALIZED VIEW "SubCount" AS SELECT "q", count(*) AS n, max("id") AS last FROM "Sub" GROUP BY "q";
CREATE UNIQUE INDEX "SubCount_q" ON "SubCount"("q");
