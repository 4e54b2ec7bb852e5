-- prisma
-- A check that a column is not NULL obliges new rows like NOT NULL, validated or not: between the two there is no gap.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, qty integer NOT NULL, name text);

-- rows
INSERT INTO items (id, qty, name) SELECT n, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ALTER COLUMN qty DROP NOT NULL;

UPDATE items SET name = 'x' WHERE name IS NOT NULL;

ALTER TABLE items ADD CONSTRAINT items_qty_check CHECK (qty IS NOT NULL) NOT VALID;
