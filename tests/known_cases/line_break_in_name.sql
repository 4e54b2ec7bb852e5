-- prisma
-- A quoted name may hold a line break.
-- before.sql
CREATE TABLE "x
y" ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO "x
y" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "x
y" ALTER COLUMN a SET NOT NULL;
