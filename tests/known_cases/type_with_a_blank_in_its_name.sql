-- prisma
-- What casts to a type stands behind it, also where the name is no word.
-- before.sql
CREATE TABLE items (id integer NOT NULL, qty text);
CREATE TABLE users (id serial, qty text);

-- rows
INSERT INTO items SELECT n, 'open' FROM generate_series(1, 30) n;

-- migration.sql
CREATE INDEX items_qty_idx ON items (qty);

ALTER TABLE users DROP COLUMN qty;

CREATE TYPE "Order Status" AS ENUM ('open', 'closed');
ALTER TABLE items ADD COLUMN label text;
UPDATE items SET label = qty::"Order Status"::text WHERE label IS NULL;
