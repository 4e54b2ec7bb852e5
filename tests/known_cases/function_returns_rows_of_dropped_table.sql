-- prisma
-- A function that returns rows of a table goes before it.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
CREATE TABLE parts (id int PRIMARY KEY);
CREATE FUNCTION all_parts() RETURNS SETOF parts LANGUAGE sql AS 'SELECT * FROM parts';
CREATE INDEX u_a ON u (a);
DROP FUNCTION IF EXISTS all_parts();
DROP TABLE parts;
