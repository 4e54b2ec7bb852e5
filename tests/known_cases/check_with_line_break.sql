-- prisma
-- A constant in a CHECK may hold a line break.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" text);

-- rows
INSERT INTO "U" SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "U" ADD CONSTRAINT "c" CHECK ("a" <> 'x
y');
