-- prisma
-- DROP CONSTRAINT and ADD PRIMARY KEY of one ALTER TABLE change the key at once.
-- before.sql
CREATE TABLE "Branch" ("id" TEXT NOT NULL, "projectId" TEXT NOT NULL, CONSTRAINT "Branch_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Branch" SELECT g::text,'p' FROM generate_series(1, 40) g;

-- migration.sql
-- AlterTable
ALTER TABLE "Branch" DROP CONSTRAINT "Branch_pkey",
ADD CONSTRAINT "Branch_pkey" PRIMARY KEY ("projectId", "id");
