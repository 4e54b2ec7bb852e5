-- prisma
-- DROP COLUMN fails while the condition of a trigger reads the column.
-- expect: failing-statement
-- before.sql
CREATE TABLE "Project" ("id" TEXT NOT NULL, "name" TEXT, "isArchived" BOOLEAN NOT NULL DEFAULT false, CONSTRAINT "Project_pkey" PRIMARY KEY ("id"));
CREATE FUNCTION project_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER "project_upd" AFTER UPDATE ON "Project" FOR EACH ROW WHEN (OLD."isArchived" IS DISTINCT FROM NEW."isArchived") EXECUTE FUNCTION project_touch();

-- rows
INSERT INTO "Project" SELECT g::text,'x',g%2=0 FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "Project" ADD COLUMN "archivedAt" TIMESTAMP(3);
UPDATE "Project" SET "archivedAt" = now() WHERE "isArchived";
ALTER TABLE "Project" DROP COLUMN "isArchived";
