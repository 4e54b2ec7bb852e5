-- prisma
-- A copy counts with the sequence of a serial column only where that column still does.
-- not: failing-statement
-- before.sql
CREATE TABLE summary (id serial, n integer);

-- rows
INSERT INTO summary (n) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE summary ALTER COLUMN id DROP DEFAULT;
CREATE TABLE fresh (LIKE summary INCLUDING DEFAULTS);
DROP TABLE summary;
