-- prisma
-- SET LOCAL search_path ends with the transaction: a later file does not see it.
-- expect: set-not-null
-- before.sql
CREATE SCHEMA app; CREATE TABLE app.t ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
SET LOCAL search_path TO app;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
