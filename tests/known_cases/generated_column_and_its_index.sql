-- prisma
-- A stored generated column rewrites the table.
-- expect: add-generated-column
-- before.sql
CREATE TABLE "Activity" ("id" TEXT NOT NULL, "name" TEXT, CONSTRAINT "Activity_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Activity" SELECT g::text,g::text FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "Activity" ADD COLUMN "searchVector" tsvector GENERATED ALWAYS AS (to_tsvector('simple', COALESCE("name", ''))) STORED;
CREATE INDEX "Activity_searchVector_idx" ON "Activity" USING GIN ("searchVector");
