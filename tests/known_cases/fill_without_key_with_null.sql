-- prisma
-- A default that comes to NULL leaves the rows as they are: a loop that waits for them has no end.
-- before.sql
CREATE FUNCTION "tenant_now"() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN RETURN nullif(current_setting('app.tenant', true), ''); END $$;
CREATE TABLE "t" ("x" INTEGER);

-- rows
INSERT INTO "t" SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" ADD COLUMN "tenant" TEXT DEFAULT tenant_now();
