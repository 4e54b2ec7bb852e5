-- prisma
-- SET NOT NULL needs no key, and other columns may be NULL.
-- before.sql
CREATE TABLE "T" (a int, b int);

-- rows
INSERT INTO "T" SELECT g, nullif(g % 3, 0) FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "T" ALTER COLUMN a SET NOT NULL;
