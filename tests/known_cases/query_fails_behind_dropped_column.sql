-- prisma
-- A query that fills a table may fail: what takes a table away does not commit before it.
-- before.sql
CREATE TABLE items (id integer);
CREATE TABLE orders (id integer, size date);

-- rows
INSERT INTO orders SELECT n, date '2024-01-01' + n FROM generate_series(1, 30) n;
INSERT INTO items SELECT n FROM generate_series(1, 30) n;

-- migration.sql
DROP TABLE IF EXISTS items;
CREATE TABLE items (
  size date
);
ALTER TABLE orders DROP COLUMN size;
CREATE TEMPORARY TABLE kept AS SELECT id, size AS was FROM items;
