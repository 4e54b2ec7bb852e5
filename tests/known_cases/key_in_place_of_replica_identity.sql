-- prisma
-- A unique index that is its table's replica identity, has a comment or is stored otherwise is more than the key that takes its place.
-- before.sql
CREATE TABLE lines (id integer NOT NULL, a integer NOT NULL, b integer NOT NULL, c integer NOT NULL);
CREATE UNIQUE INDEX lines_id_key ON lines (id);
CREATE UNIQUE INDEX lines_a_key ON lines (a);
CREATE UNIQUE INDEX lines_b_key ON lines (b);
ALTER INDEX lines_a_key SET (fillfactor = 70);
COMMENT ON INDEX lines_b_key IS 'one for each';
CREATE TABLE orders (id integer NOT NULL);
CREATE UNIQUE INDEX orders_id_key ON orders (id);
ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_id_key;
ALTER TABLE orders CLUSTER ON orders_id_key;

-- rows
INSERT INTO lines SELECT n, n, n, n FROM generate_series(1, 30) n;
INSERT INTO orders SELECT n FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX orders_id_key;
ALTER TABLE orders ADD CONSTRAINT orders_id_unique UNIQUE (id);
DROP INDEX lines_a_key;
ALTER TABLE lines ADD CONSTRAINT lines_a_unique UNIQUE (a);
ALTER TABLE lines ADD CONSTRAINT lines_b_unique UNIQUE (b);
DROP INDEX lines_b_key;
