-- prisma
-- What is set again at the end was not set all the time: between RESET and SET a bare name means what it means without.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, a int);
CREATE TABLE t (id int PRIMARY KEY, a int);

-- rows
INSERT INTO app.t SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO t SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app, public;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
RESET search_path;
ALTER TABLE t ADD COLUMN b int;
CREATE INDEX t_a_idx ON t(a);
CREATE VIEW v AS SELECT a FROM t;
SET search_path TO app, public;
ALTER TABLE t ADD COLUMN c int;
