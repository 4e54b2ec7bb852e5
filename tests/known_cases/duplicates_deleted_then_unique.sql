-- prisma
-- A unique index can be built once the duplicates are gone.
-- before.sql
CREATE TABLE "Points" ("id" TEXT NOT NULL, "solveId" TEXT, "reason" TEXT NOT NULL, "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Points_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Points"("id","solveId","reason") SELECT g::text,(g/2)::text,'missed' FROM generate_series(1, 40) g;

-- migration.sql
DELETE FROM "Points" a USING "Points" b
WHERE a."solveId" = b."solveId" AND a."reason" = b."reason" AND (a."at", a."id") > (b."at", b."id");

-- CreateIndex
CREATE UNIQUE INDEX "Points_solveId_reason_key" ON "Points"("solveId", "reason");
