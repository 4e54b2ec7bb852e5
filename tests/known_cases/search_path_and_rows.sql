-- prisma
-- What gives rows cannot stand in a DO block, and so not be told its search_path there.
-- expect: set-not-null
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, a text);
CREATE TABLE t (id int PRIMARY KEY, a text);

-- rows
INSERT INTO app.t SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
SELECT count(*) FROM t;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
RESET search_path;
