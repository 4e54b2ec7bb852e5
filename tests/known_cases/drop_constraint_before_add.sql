-- prisma
-- Of one ALTER TABLE, DROP CONSTRAINT runs before ADD CONSTRAINT, whatever is written first.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int, CONSTRAINT "c" CHECK ("a" > 0));

-- rows
INSERT INTO "t" SELECT g, g + 20 FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ("a" > 10), DROP CONSTRAINT "c";
