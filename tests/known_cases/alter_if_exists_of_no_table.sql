-- prisma
-- ALTER TABLE IF EXISTS of a table that is not there does nothing.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "U" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE IF EXISTS "nope" ADD CONSTRAINT "nope_chk" CHECK ("a" > 0);
