-- prisma
-- A volatile default, behind a cast too, is computed for each row: the table is rewritten.
-- before.sql
CREATE TABLE "Workspace" ("id" TEXT NOT NULL, CONSTRAINT "Workspace_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Workspace" SELECT g::text FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "Workspace" ADD COLUMN "sqlKey" TEXT NOT NULL DEFAULT (gen_random_uuid())::text;

-- CreateIndex
CREATE UNIQUE INDEX "Workspace_sqlKey_key" ON "Workspace"("sqlKey");
