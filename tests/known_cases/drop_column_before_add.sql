-- prisma
-- Of one ALTER TABLE, DROP COLUMN runs before ADD COLUMN, whatever is written first.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int, "b" int);

-- rows
INSERT INTO "t" SELECT g, g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" ADD COLUMN "a" text, DROP COLUMN "a", ALTER COLUMN "b" SET NOT NULL;
