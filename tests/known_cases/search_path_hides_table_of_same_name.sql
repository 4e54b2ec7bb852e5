-- prisma
-- The first schema of search_path that has the table decides.
-- before.sql
CREATE SCHEMA app; CREATE TABLE app.t ("id" int PRIMARY KEY, a int); CREATE TABLE t ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO t SELECT g, NULL FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
